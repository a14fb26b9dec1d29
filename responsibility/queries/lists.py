"""Issued lists and items for pages, for 我的工作, and for other apps."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Count, Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from organization.enums import PostKind
from organization.models import Post
from responsibility.enums import IssuedItemState, IssuedState, ItemKind, ProposalState
from responsibility.models import IssuedItem, IssuedList, ItemProposal, ListProposal
from responsibility.rules.numerals import chinese_number


@dataclass
class Group:
    """A category of an issued list with its items."""

    no: int
    name: str
    items: list[IssuedItem] = field(default_factory=list)

    @property
    def words(self) -> str:
        return f"{chinese_number(self.no)}、{self.name}" if self.no else self.name or "未分类"


# What a row of the list pages and their exports shows; the long texts of forty duties stay in the database.
LIST_ROW = (
    *("title", "subject", "state", "year", "acknowledge_due_on", "issued_at", "acknowledged_at"),
    *("unit__name", "unit__party_name", "post__title", "post__person__name"),
)
ITEM_ROW = (
    *("content", "no", "category_name", "kind", "per", "times", "event", "due_on", "due_words"),
    *("responsible_leader", "lead_office", "issued_list__title", "issued_list__subject"),
    *("issued_list__unit__name", "issued_list__post__person__name"),
)


def list_rows(user: Any) -> QuerySet[IssuedList]:
    """The issued lists in the reader's scope with what a row of the list page shows."""
    open_items = IssuedItem.objects.filter(issued_list=OuterRef("pk"), state=IssuedItemState.OPEN).order_by()
    waiting = ItemProposal.objects.filter(proposal__issued_list=OuterRef("pk"), state=ProposalState.OPEN)
    return (
        IssuedList.objects.visible_to(user, "list.view")
        .select_related("unit", "post__person")
        .only(*LIST_ROW)
        .annotate(
            item_count=_counted(open_items),
            individual_count=_counted(open_items.filter(kind=ItemKind.INDIVIDUAL)),
            has_changes=Exists(waiting),
        )
    )


def _counted(rows: QuerySet[Any]) -> Coalesce:
    counted = rows.values("issued_list").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def item_rows(user: Any) -> QuerySet[IssuedItem]:
    """The issued items in the reader's scope."""
    return (
        IssuedItem.objects.visible_to(user, "list.view")
        .filter(state=IssuedItemState.OPEN)
        .select_related("issued_list__unit", "issued_list__post__person")
        .only(*ITEM_ROW)
    )


def items_of(issued: IssuedList) -> list[IssuedItem]:
    """The items in the order of the list, each with the number of letter clauses that rest on it."""
    return list(
        issued.items.filter(state=IssuedItemState.OPEN)
        .select_related("source", "issued_list__unit")
        .annotate(clause_count=Count("clauses", filter=~Q(clauses__letter__state="withdrawn")))
        .order_by("no")
    )


def grouped(items: list[IssuedItem]) -> list[Group]:
    """Items under their categories."""
    groups: list[Group] = []
    for item in items:
        if not groups or (groups[-1].no, groups[-1].name) != (item.category_no, item.category_name):
            groups.append(Group(item.category_no, item.category_name))
        groups[-1].items.append(item)
    return groups


def open_proposals(issued: IssuedList) -> QuerySet[ListProposal]:
    return issued.proposals.filter(decided_at__isnull=True).prefetch_related("items")


@dataclass(frozen=True)
class Waiting:
    """What waits for somebody: an issued list to acknowledge, or changes from above to decide."""

    issued: IssuedList
    kind: str  # "acknowledge" or "changes"
    due_on: date | None
    changes: int = 0


def waiting_lists(user: Any, today: date) -> list[Waiting]:
    """What waits for this account about lists, nearest deadline first: two statements, none for an officer.

    Personal lists wait for the holder of the post, collective ones for the head of the unit; changes from above wait
    for the same persons.
    """
    if user.person_id is None:
        return []
    posts = list(Post.objects.held(today).filter(person_id=user.person_id).values_list("pk", "unit_id", "kind"))
    if not posts:
        return []
    mine = Q(post_id__in=[pk for pk, _, _ in posts])
    if headed := [unit for _, unit, kind in posts if kind == PostKind.HEAD]:
        mine |= Q(post__isnull=True, unit_id__in=headed)
    changes = (
        ItemProposal.objects.filter(proposal__issued_list=OuterRef("pk"), state=ProposalState.OPEN)
        .order_by()
        .values("proposal__issued_list")
        .annotate(n=Count("pk"))
        .values("n")
    )
    lists = (
        IssuedList.objects.filter(mine)
        .in_force()
        .annotate(changes=Coalesce(Subquery(changes, output_field=IntegerField()), 0))
        .filter(Q(state=IssuedState.ISSUED) | Q(changes__gt=0))
        .select_related("unit", "post__person")
        .order_by("acknowledge_due_on", "pk")
    )
    found: list[Waiting] = []
    for issued in lists:
        changes_open: int = getattr(issued, "changes", 0)
        if changes_open:
            found.append(Waiting(issued, "changes", None, changes_open))
        if issued.state == IssuedState.ISSUED:
            found.append(Waiting(issued, "acknowledge", issued.acknowledge_due_on))
    return sorted(found, key=lambda one: (one.due_on is None, one.due_on or today))


def returned_lists(user: Any) -> QuerySet[IssuedList]:
    """Lists that holders have returned and that this account may issue again or withdraw."""
    rows = IssuedList.objects.visible_to(user, "list.issue").filter(state=IssuedState.RETURNED)
    return rows.select_related("unit", "post__person").order_by(F("acknowledge_due_on").asc(), "pk")


def progress_of(user: Any, year: int) -> dict[str, int]:
    """How many lists of the year in scope are in which state; one statement."""
    rows = IssuedList.objects.visible_to(user, "list.view").filter(year=year).order_by()
    return {row["state"]: row["n"] for row in rows.values("state").annotate(n=Count("pk"))}


@dataclass(frozen=True)
class Link:
    """One station on the way between a duty above and what carries it below."""

    words: str
    note: str
    url: str
    pk: int


def chain_of(item: IssuedItem) -> list[Link]:
    """From the upper list down to this item: the upper item it carries further, the library item, lists further below."""
    source = item.source
    if source is None:
        return []
    links = []
    if source.upper_id and source.upper:
        upper = source.upper
        links.append(
            Link(f"{upper.list}第 {upper.no} 项：{upper.content}", "承接的上级事项", "library_show", upper.list_id)
        )
    origin = source.list
    links.append(Link(f"{origin}第{origin.version}版第 {source.no} 项", "清单库事项", "library_show", origin.pk))
    below = source.carried_by.select_related("list__unit").order_by("list_id")[:20]
    links += [
        Link(f"{one.list.unit.name}《{one.list}》第 {one.no} 项", "下级清单承接", "library_show", one.list_id)
        for one in below
    ]
    return links

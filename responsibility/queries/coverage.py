"""Who carries what a published list asks for: upper items without a carrier below, units that have not acknowledged."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, Q, QuerySet

from responsibility.enums import IssuedItemState, IssuedState
from responsibility.models import IssuedItem, IssuedList, ListItem, ResponsibilityList
from responsibility.queries.targets import candidates


@dataclass(frozen=True)
class ItemCoverage:
    """One upper item and how many lists below carry it."""

    item: ListItem
    carriers: int
    acknowledged: int
    clauses: int
    carried_by_lists: int
    holders: int

    @property
    def missing(self) -> int:
        return max(self.holders - self.carriers, 0)

    @property
    def is_bare(self) -> bool:
        """Nobody below carries it, neither an issued list nor a list of a lower unit."""
        return not self.carriers and not self.carried_by_lists


@dataclass(frozen=True)
class HolderCoverage:
    """One unit or post: its issued list if there is one, and which items it lacks."""

    holder: Any
    issued: IssuedList | None
    keys: frozenset[str]
    item_keys: tuple[str, ...]

    @property
    def marks(self) -> list[bool]:
        return [key in self.keys for key in self.item_keys]

    @property
    def carried(self) -> int:
        return sum(self.marks)

    @property
    def lacking(self) -> list[int]:
        """The numbers of the items it does not carry."""
        return [no for no, mark in enumerate(self.marks, start=1) if not mark]


@dataclass
class Coverage:
    """The whole matrix of one list as far as the reader's scope goes."""

    target: ResponsibilityList
    items: list[ItemCoverage] = field(default_factory=list)
    eligible: int = 0
    issued: int = 0
    acknowledged: int = 0
    returned: int = 0
    overdue: int = 0

    @property
    def bare(self) -> list[ItemCoverage]:
        return [one for one in self.items if one.is_bare]

    @property
    def without_list(self) -> int:
        return max(self.eligible - self.issued, 0)

    @property
    def waiting(self) -> int:
        return self.issued - self.acknowledged - self.returned


def issued_in_scope(target: ResponsibilityList, user: Any) -> QuerySet[IssuedList]:
    return IssuedList.objects.visible_to(user, "list.view").in_force().filter(lineage=target.lineage)


def holders_in_scope(target: ResponsibilityList, user: Any, *, today: date) -> QuerySet[Any]:
    """Units or posts to which the list can go, as far as the reader sees them."""
    return candidates(target, today=today).visible_to(user, "unit.view")  # type: ignore[attr-defined]


def coverage_of(target: ResponsibilityList, user: Any, *, today: date) -> Coverage:
    """Counts for the head of the page and one line per item; six statements, whatever the number of units."""
    lists = issued_in_scope(target, user)
    counted = lists.aggregate(
        issued=Count("pk"),
        acknowledged=Count("pk", filter=Q(state=IssuedState.ACKNOWLEDGED)),
        returned=Count("pk", filter=Q(state=IssuedState.RETURNED)),
        overdue=Count("pk", filter=Q(state=IssuedState.ISSUED, acknowledge_due_on__lt=today)),
    )
    eligible = holders_in_scope(target, user, today=today).count()
    items = list(target.items.select_related("category").annotate(carried=Count("carried_by")).order_by("no"))
    below = _below(lists, [item.key for item in items])
    nothing = {"carriers": 0, "acknowledged": 0, "clauses": 0}
    lines = [
        ItemCoverage(
            item, carried_by_lists=item.carried, holders=counted["issued"], **below.get(str(item.key), nothing)
        )
        for item in items
    ]
    return Coverage(target, lines, eligible, **counted)


def _below(lists: QuerySet[IssuedList], keys: Iterable[Any]) -> dict[str, dict[str, int]]:
    """By key: lists that carry it, of them acknowledged, letter clauses that rest on it. A list has each key once."""
    carried = IssuedItem.objects.filter(
        issued_list__in=lists.order_by().values("pk"), key__in=list(keys), state=IssuedItemState.OPEN
    ).order_by()
    rows = carried.values("key").annotate(
        carriers=Count("pk"), acknowledged=Count("pk", filter=Q(issued_list__state=IssuedState.ACKNOWLEDGED))
    )
    clauses = carried.filter(clauses__isnull=False).values("key").annotate(n=Count("clauses"))
    by_key = {row["key"]: row["n"] for row in clauses}
    return {
        str(row["key"]): {
            "carriers": row["carriers"],
            "acknowledged": row["acknowledged"],
            "clauses": by_key.get(row["key"], 0),
        }
        for row in rows
    }


def holder_lines(target: ResponsibilityList, holders: Iterable[Any]) -> list[HolderCoverage]:
    """The matrix lines of these units or posts: two statements for a page of them."""
    rows = list(holders)
    by_holder = "unit_id" if target.goes_to_units else "post_id"
    lists = IssuedList.objects.in_force().filter(
        lineage=target.lineage, **{f"{by_holder}__in": [row.pk for row in rows]}
    )
    known = {getattr(one, by_holder): one for one in lists}
    carried: dict[int, frozenset[str]] = defaultdict(frozenset)
    open_items = IssuedItem.objects.filter(
        issued_list__in=[one.pk for one in known.values()], state=IssuedItemState.OPEN
    )
    for row in open_items.order_by().values("issued_list").annotate(keys=ArrayAgg("key")):
        carried[row["issued_list"]] = frozenset(map(str, row["keys"]))
    keys = tuple(str(key) for key in target.items.order_by("no").values_list("key", flat=True))
    return [
        HolderCoverage(row, one := known.get(row.pk), carried[one.pk] if one else frozenset(), keys) for row in rows
    ]

"""What a draft is made of: who signs with whom, which items may become clauses, which standard text applies."""

from datetime import date
from typing import Any

from django.db.models import Case, Count, Exists, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from organization.enums import PostKind
from organization.models import Post, User
from responsibility.enums import IssuedItemState, IssuedState, LetterKind, LetterState
from responsibility.models import IssuedItem, Letter, LetterTemplate
from responsibility.rules.letter_text import standard_text
from responsibility.rules.letters import Side, pair_of

# Letters in which a unit answers, not only a person: the unit's own list may be carried over.
UNIT_LETTERS = (LetterKind.COMMITTEE_UNIT, LetterKind.TOWN_VILLAGE)
RECIPIENTS = (PostKind.HEAD, PostKind.MEMBER, PostKind.DISCIPLINE, PostKind.DEPARTMENT)
# Whoever leads the supervising body co-signs.
SUPERVISING = (PostKind.HEAD, PostKind.DISCIPLINE, PostKind.MEMBER)


def items_for(recipient: Post, kind: str, year: int) -> QuerySet[IssuedItem]:
    """The items in force of the recipient's own lists of the year, in the order of the lists."""
    own = Q(issued_list__post=recipient)
    if kind in UNIT_LETTERS:
        own |= Q(issued_list__post__isnull=True)
    items = IssuedItem.objects.filter(own, issued_list__unit_id=recipient.unit_id, year=year)
    items = items.filter(state=IssuedItemState.OPEN).exclude(issued_list__state=IssuedState.WITHDRAWN)
    return items.select_related("issued_list").order_by("issued_list__post_id", "issued_list_id", "no")


def template_for(kind: str, year: int, *, supervised: bool) -> tuple[str, list[dict[str, Any]]]:
    """Title and sections of the office's newest text for the kind in the year, else for every year, else our own."""
    own = LetterTemplate.objects.filter(kind=kind).filter(Q(year=year) | Q(year__isnull=True)).first()
    if own is not None:
        return own.title, own.sections
    ours = standard_text(kind, supervised=supervised)
    return ours.title, [section.as_json() for section in ours.sections]


def standard_supervisor(issuer: Post, recipient: Post, kind: str, *, on: date) -> Post | None:
    """Who co-signs by custom: the body that supervises the recipient's unit, in letters between committees only.

    Letters inside a unit have no third signature unless somebody asks for it: each one costs the supervising body time.
    """
    if kind != LetterKind.COMMITTEE_UNIT or recipient.unit.supervisor_id is None:
        return None
    return supervising_posts(issuer, recipient, on=on).first()


def supervising_posts(issuer: Post, recipient: Post, *, on: date) -> QuerySet[Post]:
    """The posts that may co-sign for the body that supervises the recipient's unit, its leader first."""
    posts = Post.objects.held(on).filter(unit=recipient.unit.supervisor, kind__in=SUPERVISING)
    posts = posts.exclude(person_id__in=[issuer.person_id, recipient.person_id])
    return (
        posts.select_related("unit", "person").order_by("kind", "id") if recipient.unit.supervisor_id else posts.none()
    )


def issuing_posts(recipient: Post, *, on: date) -> list[Post]:
    """Who may issue a letter to this post today: the own head or members, else those of the nearest unit above."""
    ids = [int(part) for part in recipient.unit_path.strip("/").split("/")]
    posts = Post.objects.held(on).filter(unit_id__in=ids, kind__in=(PostKind.HEAD, PostKind.MEMBER))
    found = [
        post
        for post in posts.select_related("unit", "person")
        if pair_of(_side(post), _side(recipient)).kind is not None
    ]
    depth = {unit_id: n for n, unit_id in enumerate(ids)}
    return sorted(found, key=lambda post: (-depth[post.unit_id], post.kind != PostKind.HEAD, post.pk))


def _side(post: Post) -> Side:
    return Side(post.unit.kind, post.kind, post.unit.path, post.person_id, post.title)


def possible_recipients(user: User, year: int, *, on: date) -> QuerySet[Post]:
    """The posts for which the account may draft letters, each with `items` (of own lists) and `has_letter` this year."""
    letters = Letter.objects.filter(recipient_post_id=OuterRef("pk"), year=year).exclude(state=LetterState.WITHDRAWN)
    own = Q(issued_list__post_id=OuterRef("pk"))
    units = Q(issued_list__post__isnull=True, issued_list__unit_id=OuterRef("unit_id"))
    return (
        Post.objects.visible_to(user, "letter.draft")
        .held(on)
        .filter(kind__in=RECIPIENTS)
        .exclude(kind=PostKind.HEAD, unit__parent__isnull=True)  # above the head of the whole there is nobody to issue
        .annotate(
            has_letter=Exists(letters),
            own_items=_count_items(own, year)
            + Case(When(kind=PostKind.HEAD, then=_count_items(units, year)), default=Value(0)),
        )
        .select_related("unit", "person")
    )


def _count_items(whose: Q, year: int) -> Coalesce:
    items = IssuedItem.objects.filter(whose, year=year, state=IssuedItemState.OPEN)
    by_year = items.exclude(issued_list__state=IssuedState.WITHDRAWN).order_by().values("year")
    return Coalesce(Subquery(by_year.annotate(number=Count("pk")).values("number")), 0)

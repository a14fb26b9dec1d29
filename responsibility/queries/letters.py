"""Reads of letters: for lists and object pages, for what waits, and for the numbers of the office."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.db.models import Count, F, Prefetch, Q, QuerySet
from django.utils import timezone

from organization.access import outermost, prefixes
from organization.models import Person, User
from responsibility.enums import LetterKind, LetterState, SignatureState
from responsibility.models import IssuedList, Letter, Signature

SIGN, RETURNED, DRAFT = "sign", "returned", "draft"
YEARS_BACK = 6
# What a row of the list shows; half of a list page's time would go into columns nobody reads.
LISTED = (
    "number",
    "year",
    "title",
    "kind",
    "state",
    "stage",
    "closed",
    "version",
    "due_on",
    "signed_at",
    "drafted_at",
    "recipient_unit__name",
    "recipient_post__title",
    "recipient_post__person__name",
    "supervisor_unit__name",
)
MOST_WAITING = 100  # nobody works through more on one page; the list has the rest


def with_places(letters: QuerySet[Letter]) -> QuerySet[Letter]:
    """Each letter with the places of its present version as `places`, in one more statement for all of them."""
    present = Signature.objects.filter(version=F("letter__version")).order_by("stage_order", "order")
    present = present.only("letter_id", "version", "stage_order", "state", "person_name", "post_title", "unit_name")
    return letters.prefetch_related(Prefetch("signatures", queryset=present, to_attr="places"))


def listed_letters(user: User, action: str = "letter.view") -> QuerySet[Letter]:
    """The letters the account may see, as a list shows them."""
    letters = Letter.objects.visible_to(user, action)
    letters = letters.select_related("recipient_unit", "recipient_post__person", "supervisor_unit")
    return with_places(letters.only(*LISTED))


def shown_letter(letters: QuerySet[Letter]) -> QuerySet[Letter]:
    """Letters with everything an object page names."""
    return letters.select_related(
        "issuer_unit",
        "issuer_post__person",
        "issuer_post__unit",
        "recipient_unit",
        "recipient_post__person",
        "recipient_post__unit",
        "supervisor_unit",
        "supervisor_post__person",
        "supervisor_post__unit",
        "document",
        "drafted_by__person",
        "renewed_from",
    )


def waited_for(places: Sequence[Signature], stage: int | None) -> list[Signature]:
    """Who has to sign next, of the places of the present version."""
    return [place for place in places if place.stage_order == stage and place.state == SignatureState.WAITING]


def years_with_letters(today: date) -> list[tuple[int, str]]:
    """The years a list offers, newest first: the next, this and those before for which letters are usually asked."""
    return [(year, str(year)) for year in range(today.year + 1, today.year - YEARS_BACK, -1)]


# ---------------------------------------------------------------------------------------------- what waits


@dataclass(frozen=True)
class WaitingLetter:
    """One thing a person has to do about a letter: sign it, redo a returned one, or send his draft."""

    what: str
    letter: Letter
    reason: str = ""

    @property
    def due_on(self) -> date:
        return self.letter.due_on


def waiting_letters(user: User, today: date) -> list[WaitingLetter]:
    """What waits for the account, the earliest deadline first: to sign (only where his stage is open and he still
    holds the post), returned letters he drafted or issued, and his drafts; at most 100 of each.
    """
    waiting = [WaitingLetter(SIGN, letter) for letter in _to_sign(user, today)[:MOST_WAITING]]
    mine = Q(drafted_by=user)
    if user.person_id:
        mine |= Q(issuer_post__person_id=user.person_id)
    own = Letter.objects.filter(mine, state__in=[LetterState.RETURNED, LetterState.DRAFT])
    own = own.select_related("recipient_unit", "issuer_unit").defer("sections", "search_text")
    own = own.prefetch_related(_returned_places())
    for letter in own.order_by("due_on", "id")[:MOST_WAITING]:
        returned = letter.state == LetterState.RETURNED
        reason = next((p.reason for p in getattr(letter, "returned_places", []) if p.version == letter.version), "")
        waiting.append(WaitingLetter(RETURNED if returned else DRAFT, letter, reason if returned else ""))
    return sorted(waiting, key=lambda each: (each.due_on, each.letter.pk))


def _returned_places() -> "Prefetch[Any]":
    returned = Signature.objects.filter(state=SignatureState.RETURNED)
    return Prefetch("signatures", queryset=returned, to_attr="returned_places")


def _to_sign(user: User, today: date) -> QuerySet[Letter]:
    if user.person_id is None:
        return Letter.objects.none()
    held = Q(post__started_on__lte=today) & (Q(post__ended_on__isnull=True) | Q(post__ended_on__gt=today))
    places = Signature.objects.filter(
        held, person_id=user.person_id, state=SignatureState.WAITING, stage_order=F("letter__stage")
    ).filter(version=F("letter__version"))
    letters = Letter.objects.filter(state=LetterState.SIGNING, pk__in=places.values("letter_id"))
    letters = letters.select_related("recipient_unit", "issuer_unit").defer("sections", "search_text")
    return letters.order_by("due_on", "id")


def letters_waiting_for_others(user: User, limit: int = 10) -> list[Letter]:
    """Letters on which the account has done its part (signed, drafted or sent) and others have not; with `places`."""
    mine = Q(drafted_by=user)
    if user.person_id:
        signed = Signature.objects.filter(person_id=user.person_id, state=SignatureState.SIGNED)
        mine |= Q(pk__in=signed.values("letter_id"))
    letters = Letter.objects.filter(mine, state__in=[LetterState.SIGNING, LetterState.SIGNED])
    if user.person_id:
        turn = Signature.objects.filter(
            person_id=user.person_id, state=SignatureState.WAITING, stage_order=F("letter__stage")
        )
        letters = letters.exclude(pk__in=turn.values("letter_id"))
    letters = letters.select_related("recipient_unit").defer("sections", "search_text")
    return list(with_places(letters).order_by("due_on", "id")[:limit])


# ---------------------------------------------------------------------------------------------- numbers


@dataclass(frozen=True)
class LevelRate:
    """How far the letters of one level have come; `signed` counts those on which all have signed."""

    kind: str
    label: str
    total: int
    signed: int
    signing: int
    returned: int
    draft: int
    late: int

    @property
    def percent(self) -> int:
        """Rounded down, so that 100 is said only of all."""
        return self.signed * 100 // self.total if self.total else 0


def sign_rates(user: User, year: int, *, today: date | None = None) -> list[LevelRate]:
    """签订率 by level over the letters of the year that the account may see; levels without letters are left out."""
    day = today or timezone.localdate()
    done = Q(state__in=[LetterState.SIGNED, LetterState.SEALED])
    open_letters = Q(state__in=[LetterState.DRAFT, LetterState.SIGNING, LetterState.RETURNED])
    letters = Letter.objects.visible_to(user, "letter.view").filter(year=year).exclude(state=LetterState.WITHDRAWN)
    rows = (
        letters.order_by()
        .values("kind")
        .annotate(
            total=Count("pk"),
            signed=Count("pk", filter=done),
            signing=Count("pk", filter=Q(state=LetterState.SIGNING)),
            returned=Count("pk", filter=Q(state=LetterState.RETURNED)),
            draft=Count("pk", filter=Q(state=LetterState.DRAFT)),
            late=Count("pk", filter=open_letters & Q(due_on__lt=day)),
        )
    )
    by_kind = {row["kind"]: row for row in rows}
    return [LevelRate(label=LetterKind(kind).label, **by_kind[kind]) for kind in LetterKind.values if kind in by_kind]


@dataclass(frozen=True)
class SignerLoad:
    """How many letters of a year one person signs, beside the number from which the office is warned (减负)."""

    count: int
    limit: int

    @property
    def over(self) -> bool:
        return self.count > self.limit


def signer_load(person_id: int, year: int) -> SignerLoad:
    """The letters of the year in which the person is the one who promises; counted as `crowded_signers` counts."""
    letters = Letter.objects.filter(recipient_post__person_id=person_id, year=year)
    promised = letters.exclude(state=LetterState.WITHDRAWN).count()
    return SignerLoad(promised, settings.LVZE_LETTERS_PER_SIGNER)


def crowded_signers(user: User, year: int) -> list[tuple[Person, int]]:
    """Recipients with more letters of the year than the limit, the most first, in the account's scope."""
    letters = Letter.objects.visible_to(user, "letter.view").filter(year=year).exclude(state=LetterState.WITHDRAWN)
    counts = letters.order_by().values("recipient_post__person").annotate(letters=Count("pk"))
    over = {
        row["recipient_post__person"]: row["letters"]
        for row in counts.filter(letters__gt=settings.LVZE_LETTERS_PER_SIGNER)
    }
    people = Person.objects.in_bulk(over)
    return sorted(((people[pk], number) for pk, number in over.items()), key=lambda pair: -pair[1])


@dataclass(frozen=True)
class Stalled:
    """A letter out for signing and who holds it up since when."""

    letter: Letter
    waiting_for: list[Signature]


def stalled_letters(user: User, *, limit: int = 10) -> list[Stalled]:
    """The letters out for signing in the account's scope with the earliest deadlines, and who is waited for."""
    letters = listed_letters(user).filter(state=LetterState.SIGNING).order_by("due_on", "id")[:limit]
    return [Stalled(letter, waited_for(getattr(letter, "places", []), letter.stage)) for letter in letters]


# ---------------------------------------------------------------------------------------------- what hangs on it


@dataclass(frozen=True)
class Below:
    """The letters one level down: how many there are and how many are signed by all."""

    total: int
    signed: int


def letters_below(letter: Letter) -> Below:
    """The letters of the same year that the recipient himself has issued."""
    lower = Letter.objects.filter(issuer_post_id=letter.recipient_post_id, year=letter.year)
    lower = lower.exclude(state=LetterState.WITHDRAWN).exclude(pk=letter.pk)
    done = Q(state__in=[LetterState.SIGNED, LetterState.SEALED])
    counts = lower.aggregate(total=Count("pk"), signed=Count("pk", filter=done))
    return Below(**counts)


def lists_behind(letter: Letter) -> list[tuple[IssuedList, int]]:
    """The issued lists from which the clauses come, with how many clauses each."""
    clauses: dict[int, int] = defaultdict(int)
    for list_id in letter.clauses.values_list("item__issued_list_id", flat=True):
        clauses[list_id] += 1
    lists = IssuedList.objects.filter(pk__in=clauses).select_related("unit", "post__person").order_by("pk")
    return [(issued, clauses[issued.pk]) for issued in lists]


def letter_before(letter: Letter) -> Letter | None:
    """Last year's letter of the same two units at the same level, or the one this continues."""
    if letter.renewed_from_id:
        return letter.renewed_from
    same = Letter.objects.filter(
        issuer_unit_id=letter.issuer_unit_id,
        recipient_unit_id=letter.recipient_unit_id,
        recipient_post__person_id=letter.recipient_post.person_id,
        kind=letter.kind,
        year__lt=letter.year,
    )
    return same.exclude(state=LetterState.WITHDRAWN).order_by("-year", "-pk").first()


def reaches_everything(user: User, action: str) -> bool:
    """Whether the account's scope for the action is the whole of some tree (an office, not a unit)."""
    return any(path.count("/") == 1 for path in outermost(prefixes(user, action)))

"""What the discipline office sees at a glance: how far lists and letters have come, what stalls, where."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import Case, Count, Exists, F, Max, Min, OuterRef, Q, QuerySet, Value, When
from django.urls import reverse

from common.words import count_of, local_day
from engines.imports.models import ImportRun, RunState
from organization.access import prefixes
from organization.enums import DISCIPLINE_KINDS, UnitKind
from organization.models import Unit, User
from organization.queries.charges import faulty_units
from responsibility.enums import IssuedState, LetterState, SignatureState, SigningSide, Subject
from responsibility.models import IssuedList, Letter, ResponsibilityList, Signature
from responsibility.queries.letters import LevelRate, sign_rates
from responsibility.queries.lists import progress_of

NAMED = 3  # whoever else is waited for is counted
MAPPED = 240  # units drawn one by one; beyond, only those with something to do
DONE, MOVING, OPEN, LATE, NOTHING = "已签订", "签订中", "未认领", "逾期", "未下达"
KINDS = {DONE: "green", MOVING: "yellow", OPEN: "yellow", LATE: "red", NOTHING: "none"}


@dataclass(frozen=True)
class Level:
    """签订率 of one level, with how many letters each signer has."""

    label: str
    total: int
    signed: int
    percent: str
    per_signer: str
    href: str


@dataclass(frozen=True)
class Stall:
    """What does not move: how many, for whom it waits, since how many days, and the list of just these."""

    words: str
    waits_for: str
    days: int
    late: bool
    href: str

    @property
    def days_words(self) -> str:
        return count_of(self.days, "天")


@dataclass(frozen=True)
class Mapped:
    """A unit on the map; `kind` is the shape of the light, `word` says what it stands for."""

    name: str
    href: str
    kind: str
    word: str


@dataclass
class Overview:
    """Everything the page shows and the export writes."""

    year: int
    strip: list[tuple[str, str, str, str]] = field(default_factory=list)
    levels: list[Level] = field(default_factory=list)
    total: Level | None = None
    burden: str = ""
    stalls: list[Stall] = field(default_factory=list)
    groups: list[tuple[str, list[Mapped]]] = field(default_factory=list)
    legend: list[tuple[str, str, int]] = field(default_factory=list)
    units: int = 0
    drawn: int = 0


def overview(user: User, *, today: date) -> Overview:
    """The numbers of the year as far as the account's scope goes; the same few statements for a county and a province."""
    year = today.year
    rates = sign_rates(user, year, today=today)
    page = Overview(year)
    page.levels, page.total = _levels(user, rates, year)
    page.burden = _burden(user, year)
    page.stalls = sorted(
        [*_stalled_lists(user, year, today), *_stalled_letters(user, year, today)], key=lambda s: -s.days
    )
    page.strip = _strip(user, year, today, page.total)
    _draw_map(page, user, today)
    return page


def _letters(**conditions: Any) -> str:
    return f"{reverse('letter_list')}?{urlencode(conditions, doseq=True)}"


def _lists(**conditions: Any) -> str:
    return f"{reverse('list_list')}?{urlencode(conditions, doseq=True)}"


# ---- the numbers on top


def _strip(user: User, year: int, today: date, total: Level | None) -> list[tuple[str, str, str, str]]:
    lists = progress_of(user, year)
    withdrawn = lists.pop(IssuedState.WITHDRAWN, 0)
    issued, done = sum(lists.values()), lists.get(IssuedState.ACKNOWLEDGED, 0)
    signed = (
        (total.percent, f"{total.total} 份中已签 {total.signed} 份", _letters(year=year))
        if total
        else ("—", "还没有责任书", "")
    )
    acknowledged = (
        f"{done} 份",
        f"{issued} 份中 {issued - done} 份未认领" + (f"，另撤回 {withdrawn} 份" if withdrawn else ""),
        _lists(year=year, state=[IssuedState.ISSUED, IssuedState.RETURNED]),
    )
    covered, eligible = _coverage(user, year, today)
    faulty = faulty_units(user, on=today).count()
    return [
        ("责任书签订率", *signed),
        ("清单认领", *acknowledged),
        (
            "主体责任清单覆盖",
            f"{covered} 家",
            f"应下达 {eligible} 家（含本级），缺 {eligible - covered} 家",
            _coverage_page(user, year),
        ),
        ("分工问题", f"{faulty} 家", f"{eligible} 家中主要负责人直接分管或领域无人分管", reverse("charge_findings")),
        *_imported(user),
    ]


def _imported(user: User) -> list[tuple[str, str, str, str]]:
    """What the account's own last import of units left to be looked at; nobody else can open its page."""
    run = ImportRun.objects.filter(state=RunState.COMMITTED, kind="units", requested_by=user).order_by("-id").first()
    if run is None:
        return []
    words = f"最近一次导入 {run.row_count:,} 行中提请核对"
    return [("名册核对", f"{run.check_total} 处", words, reverse("import_show", args=[run.pk]))]


def _coverage_page(user: User, year: int) -> str:
    lists = ResponsibilityList.objects.visible_to(user, "list.view").published()
    found = (
        lists.filter(year=year, subject=Subject.COMMITTEE).order_by("unit_path").values_list("pk", flat=True).first()
    )
    return reverse("list_coverage", args=[found]) if found else ""


def _subjects(user: User, today: date) -> QuerySet[Unit]:
    """The units that answer with a party organisation of their own, as far as the account sees."""
    units = Unit.objects.visible_to(user, "unit.view").active(today)
    return units.exclude(kind__in=DISCIPLINE_KINDS).exclude(party_name="").exclude(kind=UnitKind.SECTION)


def _coverage(user: User, year: int, today: date) -> tuple[int, int]:
    """(units with a collective list of the year, units that should have one)."""
    with_list = IssuedList.objects.in_force().filter(year=year, subject=Subject.COMMITTEE).values("unit_id")
    counted = _subjects(user, today).aggregate(all=Count("pk"), covered=Count("pk", filter=Q(pk__in=with_list)))
    return counted["covered"], counted["all"]


# ---- 签订率 by level


def _levels(user: User, rates: list[LevelRate], year: int) -> tuple[list[Level], Level | None]:
    signers = _signers(user, year)
    levels = [
        Level(
            rate.label,
            rate.total,
            rate.signed,
            _percent(rate.signed, rate.total),
            _mean(*signers.get(rate.kind, (0, 0))),
            _letters(year=year, kind=rate.kind),
        )
        for rate in rates
    ]
    if not levels:
        return [], None
    total, signed = sum(level.total for level in levels), sum(level.signed for level in levels)
    everybody = (sum(places for places, _ in signers.values()), _people(user, year))
    return levels, Level("合计", total, signed, _percent(signed, total), _mean(*everybody), _letters(year=year))


def _recipients(user: User, year: int) -> QuerySet[Letter]:
    letters = Letter.objects.visible_to(user, "letter.view").filter(year=year)
    return letters.exclude(state=LetterState.WITHDRAWN).order_by()


def _signers(user: User, year: int) -> dict[str, tuple[int, int]]:
    """Per level: letters, and persons who sign them for the unit that answers."""
    rows = _recipients(user, year).values("kind")
    rows = rows.annotate(letters=Count("pk"), people=Count("recipient_post__person", distinct=True))
    return {row["kind"]: (row["letters"], row["people"]) for row in rows}


def _people(user: User, year: int) -> int:
    return _recipients(user, year).aggregate(n=Count("recipient_post__person", distinct=True))["n"] or 0


def _burden(user: User, year: int) -> str:
    """How near the warning limit of letters per person and year is (减负)."""
    limit = settings.LVZE_LETTERS_PER_SIGNER
    rows = _recipients(user, year).values("recipient_post__person").annotate(n=Count("pk"))
    most = rows.aggregate(most=Max("n"))["most"] or 0
    over = rows.filter(n__gt=limit).count() if most > limit else 0
    told = f"每人每年作为责任方签订份数的提醒线为 {limit} 份，目前最多 {most} 份。"
    return told + (f"超过提醒线的有 {over} 人，请核实是否层层签订。" if over else "")


def _percent(part: int, whole: int) -> str:
    """One decimal, rounded down, so that 100.0% is said only of all."""
    return f"{part * 1000 // whole / 10:.1f}%" if whole else "—"


def _mean(letters: int, people: int) -> str:
    return f"{letters / people:.1f}" if people else "—"


# ---- 卡在哪里


def _stalled_lists(user: User, year: int, today: date) -> Iterator[Stall]:
    rows = IssuedList.objects.visible_to(user, "list.view").filter(year=year).order_by()
    waiting = rows.filter(state__in=[IssuedState.ISSUED, IssuedState.RETURNED])
    told = waiting.values("state", "subject").annotate(
        n=Count("pk"), since=Min("issued_at"), due_on=Min("acknowledge_due_on")
    )
    for row in told:
        these = waiting.filter(state=row["state"], subject=row["subject"])
        collective = row["subject"] == Subject.COMMITTEE
        names = these.values_list("unit__name" if collective else "post__person__name", flat=True)
        returned = row["state"] == IssuedState.RETURNED
        subject = Subject(row["subject"]).label
        yield Stall(
            f"{subject}清单{'退回待处理' if returned else '未认领'}，{count_of(row['n'], '家' if collective else '份')}",
            "下达单位重新下达或撤回"
            if returned
            else _named(list(names.order_by("unit_path", "pk")[: NAMED + 1]), row["n"]),
            (today - local_day(row["since"])).days,
            row["due_on"] < today,
            _lists(year=year, state=row["state"], subject=row["subject"]),
        )


SIDES = {
    SigningSide.ISSUER: ("责任书待下达方签署", "both"),
    SigningSide.RECIPIENT: ("责任书待责任方签署", "both"),
    SigningSide.SUPERVISOR: ("责任书待会签", "cosign"),
}


def _stalled_letters(user: User, year: int, today: date) -> Iterator[Stall]:
    letters = Letter.objects.visible_to(user, "letter.view").filter(year=year)
    yield from _unsigned(letters, year, today)
    others = (LetterState.RETURNED, LetterState.DRAFT)
    rows = letters.filter(state__in=others).order_by().values("state")
    for row in rows.annotate(n=Count("pk"), since=Max("edited_at"), due_on=Min("due_on")):
        returned = row["state"] == LetterState.RETURNED
        yield Stall(
            f"责任书{'退回未修改' if returned else '拟稿未发起'}，{count_of(row['n'], '份')}",
            "、".join(_drafters(letters.filter(state=row["state"]))),
            (today - local_day(row["since"])).days,
            row["due_on"] < today,
            _letters(year=year, state=row["state"]),
        )


def _drafters(letters: QuerySet[Letter]) -> list[str]:
    people = letters.order_by().values_list("drafted_by__person__name", "drafted_by__display_name").distinct()
    return [name or shown for name, shown in people[: NAMED + 1]]


def _unsigned(letters: QuerySet[Letter], year: int, today: date) -> Iterator[Stall]:
    """Letters out for signing by who is waited for, since the last thing that happened to them."""
    places = Signature.objects.filter(
        state=SignatureState.WAITING,
        letter__in=letters.filter(state=LetterState.SIGNING).order_by().values("pk"),
        version=F("letter__version"),
        letter__versions__version=F("letter__version"),
        stage_order=F("letter__stage"),
    ).order_by()
    rows = places.values("side").annotate(
        n=Count("letter", distinct=True), since=Min("letter__versions__frozen_at"), due_on=Min("letter__due_on")
    )
    for row in rows:
        who = places.filter(side=row["side"]).values("person_name", "unit_name").annotate(n=Count("pk")).order_by("-n")
        names = [f"{one['person_name']}（{one['unit_name']}）" for one in who[: NAMED + 1]]
        words, state = SIDES[SigningSide(row["side"])]
        yield Stall(
            f"{words}，{count_of(row['n'], '份')}",
            _named(names, who.count() if len(names) > NAMED else len(names)),
            (today - local_day(row["since"])).days,
            row["due_on"] < today,
            _letters(year=year, state=state),
        )


def _named(names: list[str], total: int) -> str:
    shown = "、".join(names[:NAMED])
    return f"{shown}等 {total} 人（家）" if total > NAMED else shown


# ---- the map


def _draw_map(page: Overview, user: User, today: date) -> None:
    """Each unit by how far its list and its own letter of the year have come; counted and cut off by the database."""
    root = min((path.count("/") for path in prefixes(user, "unit.view")), default=0)
    units = _subjects(user, today).filter(depth__gte=root).annotate(word=_how_far(page.year, today)).order_by()
    counts = {row["word"]: row["n"] for row in units.values("word").annotate(n=Count("pk"))}
    page.units = sum(counts.values())
    shown = units if page.units <= MAPPED else units.exclude(word=DONE)
    groups: dict[str, list[Mapped]] = defaultdict(list)
    for unit in shown.order_by("order", "code").values("pk", "name", "kind", "word")[:MAPPED]:
        href = reverse("unit_show", args=[unit["pk"]])
        groups[UnitKind(unit["kind"]).label].append(Mapped(unit["name"], href, KINDS[unit["word"]], unit["word"]))
        page.drawn += 1
    page.groups = list(groups.items())
    page.legend = [(kind, word, counts[word]) for word, kind in KINDS.items() if word in counts]


def _how_far(year: int, today: date) -> Case:
    """The word for a unit: its collective list of the year, then the letter by which it answers upwards."""
    lists = IssuedList.objects.in_force().filter(unit_id=OuterRef("pk"), year=year, post__isnull=True)
    letters = Letter.objects.filter(recipient_unit_id=OuterRef("pk"), year=year).exclude(
        issuer_unit=F("recipient_unit")
    )
    signed = Exists(letters.filter(state__in=[LetterState.SIGNED, LetterState.SEALED]))
    acknowledged = Exists(lists.filter(state=IssuedState.ACKNOWLEDGED))
    open_letter = Q(state__in=[LetterState.SIGNING, LetterState.RETURNED, LetterState.DRAFT])
    late = Exists(lists.filter(state=IssuedState.ISSUED, acknowledge_due_on__lt=today)) | Exists(
        letters.filter(open_letter, due_on__lt=today)
    )
    return Case(
        When(acknowledged & signed, then=Value(DONE)),
        When(late, then=Value(LATE)),
        When(acknowledged, then=Value(MOVING)),
        When(Exists(lists), then=Value(OPEN)),
        default=Value(NOTHING),
    )

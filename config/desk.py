"""What lies on somebody's desk: what waits for him, what he has done and waits for others, how his lists stand."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Q
from django.urls import reverse

from common.words import Due, action_words, cn_date, cn_day, due, local_day, person_post
from engines.audit.models import AuditEntry
from engines.imports.models import ImportRun, RunState
from engines.jobs.models import Job, JobState
from organization.access import Hold, beneath, holds_of, prefixes
from organization.enums import PostKind, Role
from organization.models import Post, User
from responsibility.enums import IssuedItemState, IssuedState, ItemKind, LetterState
from responsibility.models import IssuedList, Letter, ListPermission
from responsibility.queries import letters as letter_queries
from responsibility.queries import lists as list_queries

SHOWN = 20  # what waits beyond that is counted and linked
EXPIRING = timedelta(days=14)
FAILED_SINCE = timedelta(days=14)
LOOKED_BACK = 5_000  # entries of the trail, so that the page costs the same in a province
RECENT = 5
OTHERS = 6
# What has happened to these is of interest to a unit; reading and accounts are not.
RECENT_NOUNS = {
    "letter.view": ("responsibility.letter",),
    "list.view": ("responsibility.issuedlist",),
    "unit.view": ("organization.unit", "organization.post"),
}
LETTER_ACTS = {
    letter_queries.SIGN: ("签订责任书", "阅读并签署", "letter_sign"),
    letter_queries.RETURNED: ("退回的责任书", "查看并修改", "letter_show"),
    letter_queries.DRAFT: ("责任书拟稿", "继续拟稿", "letter_show"),
}


@dataclass(frozen=True)
class Todo:
    """One row of 等我办理; `href` leads to the act itself."""

    due: Due
    due_on: date | None
    title: str
    note: str
    act: str
    href: str


@dataclass(frozen=True)
class Elsewhere:
    """Something the account has done its part of."""

    title: str
    note: str
    due: Due
    href: str


@dataclass(frozen=True)
class OwnList:
    """A list that the person or his unit answers for, with how many duties it has."""

    title: str
    holder: str
    items: int
    individual: int
    acknowledged: bool
    state: str
    href: str


@dataclass(frozen=True)
class Recent:
    """An act on something of the reader's unit."""

    words: str
    title: str
    who: str
    at: datetime
    href: str


def waiting(user: User, *, today: date) -> list[Todo]:
    """Everything that waits for this account, the nearest deadline first, without a deadline last."""
    rows = [*_letters(user, today), *_lists(user, today), *_returned(user, today), *_imports(user), *_jobs(user, today)]
    return sorted(rows, key=lambda row: (row.due_on is None, row.due_on or today))


def _letters(user: User, today: date) -> Iterator[Todo]:
    for row in letter_queries.waiting_letters(user, today):
        letter = row.letter
        kind, act, url = LETTER_ACTS[row.what]
        parties = f"{letter.issuer_unit.party}与{letter.recipient_unit.party}"
        note = f"{kind} · {parties}" + (f"，退回理由：{_short(row.reason)}" if row.reason else "")
        title = f"{letter.year}年度{letter.title}" if str(letter.year) not in letter.title else letter.title
        yield Todo(due(row.due_on, today=today), row.due_on, title, note, act, reverse(url, args=[letter.pk]))


def _lists(user: User, today: date) -> Iterator[Todo]:
    for row in list_queries.waiting_lists(user, today):
        issued, href = row.issued, reverse("list_show", args=[row.issued.pk])
        if row.kind == "changes":
            note = f"上级清单有变更 · {issued.holder_words}"
            yield Todo(due(row.due_on, today=today), row.due_on, str(issued), note, f"决定 {row.changes} 处变更", href)
        else:
            note = f"认领清单 · {cn_day(issued.issued_at)}下达，认领前可以增加个性事项"
            yield Todo(due(row.due_on, today=today), row.due_on, str(issued), note, "认领清单", href)


def _returned(user: User, today: date) -> Iterator[Todo]:
    """Lists that came back to the office."""
    if not user.may_somewhere("list.issue"):
        return
    for issued in list_queries.returned_lists(user)[: SHOWN + 1]:
        note = f"退回的清单 · {issued.holder_words}，理由：{_short(issued.return_reason)}"
        href = reverse("list_show", args=[issued.pk])
        due_on = issued.acknowledge_due_on
        yield Todo(due(due_on, today=today), due_on, str(issued), note, "重新下达或撤回", href)


def _imports(user: User) -> Iterator[Todo]:
    runs = ImportRun.objects.filter(requested_by=user, state__in=[RunState.PREVIEWED, RunState.REFUSED])
    for run in runs.order_by("-id")[:5]:
        counts = (
            f"须改正 {run.error_total} 处，提请核对 {run.check_total} 处"
            if run.state == RunState.PREVIEWED
            else run.refusal
        )
        act = "查看并提交" if run.state == RunState.PREVIEWED else "查看原因"
        note = f"导入{run.label} · {cn_day(run.created_at)}上传，{counts}"
        yield Todo(Due("", "none"), None, f"导入：{run.file_name}", note, act, reverse("import_show", args=[run.pk]))


def _jobs(user: User, today: date) -> Iterator[Todo]:
    failed = Job.objects.filter(requested_by=user, state=JobState.FAILED)
    for job in failed.order_by("-id")[:5]:
        if job.finished_at and today - local_day(job.finished_at) <= FAILED_SINCE:
            note = f"后台任务没有完成 · {_short(job.error)}"
            yield Todo(Due("未完成", "late"), None, job.label, note, "查看并重试", reverse("job_show", args=[job.pk]))


def elsewhere(user: User, *, today: date) -> list[Elsewhere]:
    """已由我办结，等待他人: letters signed, sent or drafted by the account on which others are to act."""
    return [
        Elsewhere(
            f"{letter.number or letter.title}（{letter.recipient_unit.name}）",
            _awaited(user, letter),
            due(letter.due_on, today=today),
            reverse("letter_show", args=[letter.pk]),
        )
        for letter in letter_queries.letters_waiting_for_others(user, limit=OTHERS)
    ]


def _awaited(user: User, letter: Any) -> str:
    mine = [place for place in letter.places if place.person_id == user.person_id and place.signed_at]
    done = f"我于{cn_day(mine[0].signed_at)}签署" if mine else "由我拟稿"
    if letter.state == LetterState.SIGNED:
        return f"{done}，已签齐，正在生成封存文件"
    people = letter_queries.waited_for(letter.places, letter.stage)
    words = "、".join(person_post(place.person_name, place.post_title, place.unit_name) for place in people[:3])
    return f"{done}，等待{words}签署"


def own_lists(user: User, *, today: date, year: int) -> list[OwnList]:
    """The lists of the year that the person's posts hold, and of the units he heads or assists."""
    if user.person_id is None:
        return []
    posts = list(Post.objects.held(today).filter(person_id=user.person_id).values_list("pk", "unit_id", "kind"))
    collective = [unit for _, unit, kind in posts if kind in (PostKind.HEAD, PostKind.CLERK)]
    mine = Q(post_id__in=[pk for pk, _, _ in posts]) | Q(post__isnull=True, unit_id__in=collective)
    open_item = Q(items__state=IssuedItemState.OPEN)
    rows = (
        IssuedList.objects.in_force()
        .filter(mine, year=year)
        .select_related("unit", "post__person")
        .annotate(
            open_items=Count("items", filter=open_item),
            own_items=Count("items", filter=open_item & Q(items__kind=ItemKind.INDIVIDUAL)),
        )
        .order_by("post_id", "pk")
    )
    return [
        OwnList(
            row.title,
            row.holder_words,
            row.open_items,
            row.own_items,
            row.state == IssuedState.ACKNOWLEDGED,
            row.get_state_display(),
            reverse("list_show", args=[row.pk]),
        )
        for row in rows
    ]


def recent(user: User) -> list[Recent]:
    """The last acts on letters, lists, units and posts, each as far as the account may see that noun; among the newest
    of the trail. What is only lent shows nothing here."""
    newest = AuditEntry.objects.order_by("-id").values_list("pk", flat=True).first()
    within = Q(pk__in=[])
    for action, nouns in RECENT_NOUNS.items():
        for path in prefixes(user, action):
            within |= beneath("unit_path", path) & Q(target_type__in=nouns)
    if newest is None or not prefixes(user, "unit.view"):
        return []
    entries = AuditEntry.objects.filter(within, pk__gt=newest - LOOKED_BACK)
    entries = entries.exclude(action="letter.seal").exclude(action__endswith=".read").order_by("-id")
    return [
        Recent(action_words(entry.action), entry.target_title, entry.actor_name, entry.at, _place_of(entry))
        for entry in entries[:RECENT]
    ]


PAGES = {
    "responsibility.letter": "letter_show",
    "responsibility.issuedlist": "list_show",
    "organization.unit": "unit_show",
}


def _place_of(entry: AuditEntry) -> str:
    page = PAGES.get(entry.target_type)
    return reverse(page, args=[entry.target_id]) if page else ""


def roles(user: User) -> list[tuple[str, str]]:
    """(role, through what and until when) for everything the account holds today."""
    return [(Role(hold.role).label, _through(hold)) for hold in _distinct(holds_of(user))]


def _distinct(holds: Sequence[Hold]) -> Iterable[Hold]:
    """A dispatched group holds its role once per unit it supervises; the desk says it once."""
    return {(hold.role, hold.via): hold for hold in holds}.values()


def _through(hold: Hold) -> str:
    return hold.via + (f"，至{cn_date(hold.until)}" if hold.until else "")


def expiring(user: User, *, today: date) -> list[str]:
    """Sentences about own grants that end soon."""
    grants = user.grants.filter(started_on__lte=today, ended_on__gt=today, ended_on__lte=today + EXPIRING)
    return [
        f"您在{grant.unit.name}的「{grant.get_role_display()}」授权到{cn_date(grant.ended_on)}为止，如仍需要，请联系安全管理员。"
        for grant in grants.select_related("unit").order_by("ended_on")
    ]


def lent_to(user: User) -> list[tuple[str, str]]:
    """(title, address) of single objects lent to the account."""
    letters = Letter.objects.filter(loans__user_id=user.pk).select_related("recipient_unit")
    ids = ListPermission.objects.filter(user_id=user.pk).values("content_object_id")
    lists = IssuedList.objects.filter(pk__in=ids).select_related("unit", "post__person")
    return [
        *((str(letter), reverse("letter_show", args=[letter.pk])) for letter in letters[:SHOWN]),
        *((str(issued), reverse("list_show", args=[issued.pk])) for issued in lists[:SHOWN]),
    ]


def _short(text: str, longest: int = 60) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"

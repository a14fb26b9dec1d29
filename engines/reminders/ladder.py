"""The ladder: on which days which deadlines are spoken of, and to whom; changed by the office, never by a release."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from common.errors import DomainError, Stale
from engines.audit.record import record
from engines.reminders.models import Audience, Rung

ONE_DAY = timedelta(days=1)
LONGEST_GAP = 30  # calendar days that a collection makes up for
# (offset, audience, repeat_every, repeat_limit): the published defaults, 10 and 5 working days before and on the day.
DEFAULTS = (
    (-10, Audience.OWNER, 0, 0),
    (-5, Audience.OWNER, 0, 0),
    (0, Audience.OWNER, 0, 0),
    (1, Audience.OWNER, 5, 6),
    (3, Audience.SUPERIOR, 10, 3),
    (5, Audience.OFFICE, 10, 3),
)
FACTS = ("offset", "audience", "repeat_every", "repeat_limit", "is_active")


@dataclass(frozen=True)
class Firing:
    """Obligations due on that day are spoken of today, to that audience, as this many working days off."""

    due_on: date
    offset: int
    audience: str


def offsets_of(rung: Rung) -> list[int]:
    """All working-day distances at which a rung speaks."""
    return [rung.offset + n * rung.repeat_every for n in range(rung.repeat_limit + 1)]


def firings(rungs: Iterable[Rung], *, since: date, today: date, is_working: Callable[[date], bool]) -> list[Firing]:
    """What is said on the days after `since` up to `today`; of several missed days only the latest word is said.

    Nothing is said on a day off: what is due on one is spoken of on the working day before it.
    """
    latest: dict[tuple[date, str], int] = {}
    for day in _working_days(max(since, today - timedelta(days=LONGEST_GAP)), today, is_working):
        for rung in rungs:
            for offset in offsets_of(rung):
                for due_on in due_days(day, offset, is_working):
                    key = (due_on, rung.audience)
                    latest[key] = max(offset, latest.get(key, offset))
    return [Firing(due_on, offset, audience) for (due_on, audience), offset in sorted(latest.items())]


def due_days(day: date, offset: int, is_working: Callable[[date], bool]) -> list[date]:
    """The deadlines that are `offset` working days off on a working day: one, and the days off that follow it."""
    step = -ONE_DAY if offset > 0 else ONE_DAY
    left = abs(offset)
    while left:
        day += step
        left -= is_working(day)
    found = [day]
    while not is_working(found[-1] + ONE_DAY):
        found.append(found[-1] + ONE_DAY)
    return found


def _working_days(since: date, today: date, is_working: Callable[[date], bool]) -> Iterator[date]:
    day = since
    while day < today:
        day += ONE_DAY
        if is_working(day):
            yield day


@transaction.atomic
def save_rung(rung: Rung | None, *, facts: dict[str, Any], reason: str, by: Any, now: datetime) -> Rung:
    """Adds a rung (`rung=None`) or changes one. Who may do this is decided by the caller.

    Refuses a second rung for the same day and audience, repetitions before the deadline or without an end.
    """
    changed = Rung() if rung is None else Rung.objects.select_for_update().filter(pk=rung.pk).first()
    if changed is None:
        raise Stale("这一级提醒已不存在。")
    before = {} if rung is None else _told(changed)
    for name in FACTS:
        setattr(changed, name, facts.get(name, getattr(changed, name)))
    _check(changed)
    changed.changed_by, changed.changed_at = by, now
    try:
        with transaction.atomic():
            changed.save()
    except IntegrityError as error:
        raise DomainError("同一天对同一对象已有一级提醒，请修改原有的一级。", field="offset") from error
    action = "reminder.rung_add" if rung is None else "reminder.rung_change"
    record(action, changed, actor=by, now=now, before=before, after=_told(changed), reason=reason)
    return changed


def _told(rung: Rung) -> dict[str, Any]:
    return {name: getattr(rung, name) for name in FACTS}


def _check(rung: Rung) -> None:
    if not -60 <= rung.offset <= 60:
        raise DomainError("提醒日距期限不超过 60 个工作日。", field="offset")
    if bool(rung.repeat_every) != bool(rung.repeat_limit):
        raise DomainError("重复提醒须同时写明间隔和次数。", field="repeat_every")
    if rung.repeat_every and rung.offset < 1:
        raise DomainError("只有逾期后的提醒可以重复。", field="repeat_every")


def plant(rows: Sequence[tuple[int, str, int, int]] = DEFAULTS, *, model: Any = Rung) -> None:
    """The published defaults, where there is no rung at all yet."""
    if not model.objects.exists():
        model.objects.bulk_create(
            model(offset=offset, audience=audience, repeat_every=every, repeat_limit=limit)
            for offset, audience, every, limit in rows
        )

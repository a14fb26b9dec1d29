"""Dates, deadlines, counts and persons in the office's own words."""

import datetime as dt
from dataclasses import dataclass

from django.utils import timezone

from common.workdays import working_days_left

NBSP = "\u00a0"
SOON = 3  # working days from which a deadline is shown as near
WEEKDAYS = "一二三四五六日"


@dataclass(frozen=True)
class Due:
    """A deadline in words; `tone` is none, soon or late."""

    words: str
    tone: str


def local_day(value: dt.date | dt.datetime) -> dt.date:
    """The day of a date or of a moment in the time zone of the house."""
    if isinstance(value, dt.datetime):
        return timezone.localtime(value).date() if timezone.is_aware(value) else value.date()
    return value


def cn_date(value: dt.date | dt.datetime | None) -> str:
    """2026年3月31日; "" for None."""
    if value is None:
        return ""
    day = local_day(value)
    return f"{day.year}年{day.month}月{day.day}日"


def cn_day(value: dt.date | dt.datetime | None) -> str:
    """3月31日, where the year is known from the page; "" for None."""
    if value is None:
        return ""
    day = local_day(value)
    return f"{day.month}月{day.day}日"


def cn_weekday(value: dt.date | dt.datetime) -> str:
    """星期二."""
    return f"星期{WEEKDAYS[local_day(value).weekday()]}"


def cn_moment(value: dt.datetime | None) -> str:
    """2026年3月31日 09:40; "" for None."""
    if value is None:
        return ""
    moment = timezone.localtime(value) if timezone.is_aware(value) else value
    return f"{cn_date(moment)} {moment:%H:%M}"


def count_of(number: int, measure: str) -> str:
    """`5 项` joined by a no-break space, so that a count never loses its measure word at a line's end."""
    return f"{number:,}{NBSP}{measure}"


def due(due_on: dt.date | None, *, today: dt.date, done_on: dt.date | dt.datetime | None = None) -> Due:
    """Says how a deadline stands today, in working days ahead and in calendar days behind.

    What was done is measured at the day it was done: 按期, or how many days late.
    """
    if due_on is None:
        return Due("", "none")
    if done_on is not None:
        late = (local_day(done_on) - due_on).days
        return Due(f"逾期 {count_of(late, '天')}办结", "none") if late > 0 else Due("按期", "none")
    if due_on < today:
        return Due(f"逾期 {count_of((today - due_on).days, '天')}", "late")
    if due_on == today:
        return Due("今天到期", "soon")
    left = working_days_left(today, due_on)
    if left == 0:  # only days off lie between
        return Due(f"还有 {count_of((due_on - today).days, '天')}", "soon")
    return Due(f"还有 {count_of(left, '个工作日')}", "soon" if left <= SOON else "none")


def person_post(name: str, *facts: str) -> str:
    """姓名（职务，单位）; empty facts are left out."""
    inner = "，".join(fact for fact in facts if fact)
    return f"{name}（{inner}）" if inner else name


_ACTIONS: dict[str, str] = {}


def name_actions(names: dict[str, str]) -> None:
    """Gives audit actions the words a timeline shows: `{"letter.sign": "签署责任书"}`. Called by apps in ready()."""
    _ACTIONS.update(names)


def action_words(action: str) -> str:
    """The words of an audit action; a plain 办理 for one that nobody has named."""
    return _ACTIONS.get(action, "办理")


def named_actions() -> dict[str, str]:
    """Every action that has words, for the filter of the audit list."""
    return dict(_ACTIONS)

"""Working days of the Chinese calendar (调休 included), for deadlines in words."""

import datetime as dt
from collections.abc import Callable
from functools import lru_cache

import chinese_calendar

# Year → day → worked or not, where an arrangement says so; None for a year it does not hold.
Published = Callable[[int], dict[dt.date, bool] | None]


def _nothing(year: int) -> dict[dt.date, bool] | None:
    return None


_published: Published = _nothing


def follow(published: Published) -> None:
    """Takes the house's own table of holidays before the library's; called once, by the engine that keeps it."""
    global _published
    _published = published
    forget()


def forget() -> None:
    """Drops what was worked out, because the table has changed."""
    _usual.cache_clear()
    _left.cache_clear()


def is_working_day(day: dt.date) -> bool:
    """Whether offices work on `day`; a year whose holidays are not yet published counts Monday to Friday."""
    days = _published(day.year)
    if days is None:
        return _usual(day)
    return days.get(day, day.weekday() < 5)


def is_published(year: int) -> bool:
    """Whether the holidays of the year are known; otherwise a count of its working days is only likely."""
    if _published(year) is not None:
        return True
    try:
        chinese_calendar.is_workday(dt.date(year, 1, 1))
    except NotImplementedError:
        return False
    return True


@lru_cache(maxsize=4096)
def _usual(day: dt.date) -> bool:
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return day.weekday() < 5


def working_days_left(today: dt.date, due_on: dt.date) -> int:
    """Working days after `today` up to and including `due_on`; 0 when it is not in the future."""
    _published(today.year)  # notices a changed table, which empties the caches
    return _left(today, due_on)


@lru_cache(maxsize=4096)
def _left(today: dt.date, due_on: dt.date) -> int:
    days = (due_on - today).days
    return sum(is_working_day(today + dt.timedelta(days=n)) for n in range(1, days + 1))

"""Working days of the Chinese calendar (调休 included), for deadlines in words."""

import datetime as dt
from functools import lru_cache

import chinese_calendar


@lru_cache(maxsize=4096)
def is_working_day(day: dt.date) -> bool:
    """Whether offices work on `day`; a year whose holidays are not yet published counts Monday to Friday."""
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return day.weekday() < 5


@lru_cache(maxsize=4096)
def working_days_left(today: dt.date, due_on: dt.date) -> int:
    """Working days after `today` up to and including `due_on`; 0 when it is not in the future."""
    days = (due_on - today).days
    return sum(is_working_day(today + dt.timedelta(days=n)) for n in range(1, days + 1))

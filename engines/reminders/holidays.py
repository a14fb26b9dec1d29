"""The published holidays: the table, its copy beside the files for reading without a statement, and importing a year.

The table is the truth. Pages count working days hundreds of times, so they read a small file under VAR that is written
again with every change and every morning; until there is one, the years that the library knows are taken from it.
"""

import json
import os
import tempfile
import time
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from common import workdays
from common.errors import DomainError
from engines.audit.record import record
from engines.reminders.arrangement import Named, read_arrangement
from engines.reminders.models import Holiday, HolidayYear

LOOK_AGAIN = 15.0  # seconds a process relies on the file without looking at its date
Years = dict[int, dict[date, bool]]


class _Copy:
    """What this process knows of the file, and when it last looked."""

    path: Path | None = None
    stamp: tuple[int, int] | None = None
    looked = 0.0
    years: Years | None = None


_copy = _Copy()


def published_days(year: int) -> dict[date, bool] | None:
    """Day → worked or not, for the days of the year on which the table has something to say; None for a year it lacks."""
    return _current().get(year)


def copy_path() -> Path:
    return Path(settings.VAR) / "calendar" / "holidays.json"


def _current() -> Years:
    path, moment = copy_path(), time.monotonic()
    if _copy.years is not None and path == _copy.path and moment - _copy.looked < LOOK_AGAIN:
        return _copy.years
    try:
        found = path.stat()
        stamp = (found.st_mtime_ns, found.st_size)
    except OSError:
        stamp = None
    if path != _copy.path or stamp != _copy.stamp or _copy.years is None:
        fresh = _read(path) if stamp else {}
        if _copy.years is not None and fresh != _copy.years:
            workdays.forget()
        _copy.years = fresh
    _copy.path, _copy.stamp, _copy.looked = path, stamp, moment
    return _copy.years


def _read(path: Path) -> Years:
    try:
        kept: dict[str, dict[str, bool]] = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}  # half a disk or a hand in it: the library speaks until tomorrow's copy
    return {int(year): {date.fromisoformat(day): works for day, works in days.items()} for year, days in kept.items()}


def write_copy() -> Years:
    """Writes the table beside the files, whole or not at all; returns what it holds. One statement."""
    years: Years = {}
    rows = HolidayYear.objects.order_by("year", "days__day").values_list("year", "days__day", "days__is_working")
    for year, day, works in rows:
        days = years.setdefault(year, {})
        if day is not None:
            days[day] = works
    path = copy_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({year: {day.isoformat(): works for day, works in days.items()} for year, days in years.items()})
    if not path.exists() or path.read_text() != text:
        handle, draft = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "w") as file:
            file.write(text)
        os.replace(draft, path)
    _copy.looked = 0.0
    return years


@transaction.atomic
def import_year(year: int, *, text: str, source_document: str, by: Any, now: datetime) -> HolidayYear:
    """Puts the arrangement of the notice in the place of what was known of the year.

    Refuses a text with any fault and one without a day off. Who may do this is decided by the caller.
    """
    read = read_arrangement(text, year)
    if read.faults:
        raise DomainError("".join(read.faults), field="text")
    if not source_document.strip():
        raise DomainError("请写明通知的文号。", field="source_document")
    outside = [named.day for named in read.days if named.day.year != year]
    if outside:
        raise DomainError(f"{outside[0]:%Y-%m-%d} 不在{year}年，请单独导入那一年。", field="year")
    kept, made = HolidayYear.objects.select_for_update().update_or_create(
        year=year, defaults={"source_document": source_document.strip(), "imported_by": by, "imported_at": now}
    )
    before = {} if made else {"days": _told(Holiday.objects.filter(year=kept))}
    Holiday.objects.filter(year=kept).delete()
    days = [Holiday(day=n.day, year=kept, is_working=n.is_working, name=n.name) for n in read.days]
    Holiday.objects.bulk_create(days)
    after = {"source_document": kept.source_document, "days": _told(days)}
    record("calendar.import", kept, actor=by, now=now, before=before, after=after, title=f"{year}年节假日安排")
    transaction.on_commit(write_copy)
    return kept


def _told(days: Any) -> dict[str, str]:
    return {day.day.isoformat(): f"{day.name}{'上班' if day.is_working else '放假'}" for day in days}


def library_days(year: int) -> list[Named]:
    """What the seeding library knows of a year; [] for one it does not know."""
    import chinese_calendar.constants as known

    names = {each.value: each.chinese for each in known.Holiday}
    off = [Named(day, False, names[name]) for day, name in known.holidays.items() if day.year == year]
    worked = [Named(day, True, names[name]) for day, name in known.workdays.items() if day.year == year]
    return sorted([*off, *worked], key=lambda named: named.day)

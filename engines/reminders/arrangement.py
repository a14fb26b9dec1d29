"""Reads the State Council's notice on the holidays of a year (节假日安排) as it is published, day by day."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

WEEKDAYS = "一二三四五六日"
# 「一、元旦：」 or 「元旦：」 at the beginning of a line; the name is the holiday.
HEADING = re.compile(r"^\s*(?:[一二三四五六七八九十]+、)?\s*([^：:，。；0-9]{2,14})[：:]\s*(?=\d)")
DAY = r"(?:(\d{4})年)?(?:(\d{1,2})月)?(\d{1,2})日(?:[（(]([^）)]*)[）)])?"
SPAN = re.compile(DAY + rf"(?:\s*[至到—–~-]\s*{DAY})?")
SHUT, OPEN = "放假", "上班"


@dataclass(frozen=True)
class Named:
    """A day named by the notice."""

    day: date
    is_working: bool
    name: str


@dataclass(frozen=True)
class Arrangement:
    """What was read, in order, and what could not be believed, each in a sentence."""

    days: tuple[Named, ...]
    faults: tuple[str, ...]


def read_arrangement(text: str, year: int) -> Arrangement:
    """The days off and the days worked instead that the notice names for `year`.

    A weekday printed beside a date must be its weekday; a day named twice differently, or outside the year, is a fault.
    """
    found: dict[date, Named] = {}
    faults: list[str] = []
    for line in text.splitlines():
        heading = HEADING.match(line)
        if heading:
            for named in _of_line(line[heading.end() :], heading[1].strip(), year, faults):
                _keep(named, found, faults)
    if not found and not faults:
        faults.append(
            "没有读到放假安排。请把通知全文粘贴进来，每个节日单独一行，如「一、元旦：1月1日至3日放假调休，共3天。」"
        )
    return Arrangement(tuple(found[day] for day in sorted(found)), tuple(faults))


def _of_line(text: str, name: str, year: int, faults: list[str]) -> list[Named]:
    named: list[Named] = []
    for sentence in re.split(r"[。；;]", text):
        is_working = OPEN in sentence
        if not is_working and SHUT not in sentence:
            continue
        month: int | None = None
        before = len(named)
        for match in SPAN.finditer(sentence):
            days, month = _span(match, month, year, faults)
            named += [Named(day, is_working, name) for day in days]
        if not is_working:
            _check_count(sentence, len(named) - before, name, faults)
    return named


def _span(match: re.Match[str], month: int | None, year: int, faults: list[str]) -> tuple[list[date], int | None]:
    first, month = _day(match.groups()[:4], month, year, faults)
    if first is None:
        return [], month
    if match[7] is None:
        return [first], month
    last, month = _day(match.groups()[4:], month, year, faults)
    if last is None or not 0 <= (last - first).days <= 15:
        faults.append(f"「{match[0]}」的起止日期不对。")
        return [], month
    return [first + timedelta(days=n) for n in range((last - first).days + 1)], month


def _day(
    parts: tuple[str | None, ...], month: int | None, year: int, faults: list[str]
) -> tuple[date | None, int | None]:
    own_year, own_month, number, note = parts
    month = int(own_month) if own_month else month
    try:
        day = date(int(own_year) if own_year else year, month or 0, int(number or 0))
    except ValueError:
        faults.append(f"没有「{month or '?'}月{number}日」这一天。")
        return None, month
    printed = re.search(rf"周([{WEEKDAYS}])", note or "")
    if printed and printed[1] != WEEKDAYS[day.weekday()]:
        faults.append(
            f"{day.year}年{day.month}月{day.day}日是周{WEEKDAYS[day.weekday()]}，通知里写的是周{printed[1]}，请核对年度和文字。"
        )
    return day, month


def _check_count(sentence: str, read: int, name: str, faults: list[str]) -> None:
    """「共3天」 is the notice's own sum."""
    told = re.search(r"共\s*(\d+)\s*天", sentence)
    if told and int(told[1]) != read:
        faults.append(f"{name}写明共 {told[1]} 天，读到 {read} 天，请核对文字。")


def _keep(named: Named, found: dict[date, Named], faults: list[str]) -> None:
    known = found.setdefault(named.day, named)
    if known.is_working != named.is_working:
        faults.append(f"{named.day.month}月{named.day.day}日既写放假又写上班，请核对。")

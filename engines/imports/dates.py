"""Reads a date however it was typed: text in many forms, Excel's day number, or a real date."""

import re
import unicodedata
from datetime import date, datetime, timedelta

SEPARATED = re.compile(r"^(\d{4})\s*[-/.、年]\s*(\d{1,2})\s*[-/.、月]\s*(\d{1,2})\s*[日号]?\.?$")
PACKED = re.compile(r"^(\d{4})(\d{2})(\d{2})$")
TIME_OF_DAY = re.compile(r"[ T]+\d{1,2}:\d{2}(:\d{2})?(\.\d+)?$")
DAY_NUMBER = re.compile(r"^\d{5}(\.0+)?$")
MONTH_ONLY = re.compile(r"^\d{4}\s*[-/.年]\s*\d{1,2}\s*月?$|^\d{4}(0[1-9]|1[0-2])$")
YEAR_ONLY = re.compile(r"^\d{4}\s*年?$")
DAY_FIRST = re.compile(r"^\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}$")
FIRST, LAST = date(1900, 1, 1), date(2100, 12, 31)
EPOCH, EPOCH_1904 = date(1899, 12, 30), date(1904, 1, 1)
FORM = "请按「2026-03-01」的样式填写年、月、日。"


class NotADate(ValueError):
    """The sentence that says why, and in `remedy` what to type."""

    def __init__(self, words: str, remedy: str = FORM) -> None:
        super().__init__(words)
        self.words, self.remedy = words, remedy


def read_date(raw: object, *, date1904: bool = False) -> date:
    """The date meant. Refuses with NotADate what is incomplete, ambiguous, impossible or outside 1900–2100."""
    if isinstance(raw, datetime):
        return _within(raw.date())
    if isinstance(raw, date):
        return _within(raw)
    if isinstance(raw, bool):
        raise NotADate("不是日期。")
    if isinstance(raw, int | float):
        return _from_number(float(raw), date1904)
    return _from_text(unicodedata.normalize("NFKC", str(raw)).strip(), date1904)


def _from_number(number: float, date1904: bool) -> date:
    whole = int(number)
    if whole == number and PACKED.match(str(whole)):
        return _from_text(str(whole), date1904)
    if 190_000 <= whole <= 210_012 or (1900 <= number < 2101):
        raise NotADate("只有年月或年份，没有写到日。")
    if not 1 <= whole <= 80_000:
        raise NotADate("不是日期。")
    return _within((EPOCH_1904 if date1904 else EPOCH) + timedelta(days=whole))


def _from_text(text: str, date1904: bool) -> date:
    text = TIME_OF_DAY.sub("", text)
    match = SEPARATED.match(text) or PACKED.match(text)
    if match:
        return _within(_existing(*(int(part) for part in match.groups())))
    if DAY_NUMBER.match(text):
        return _from_number(float(text), date1904)
    if MONTH_ONLY.match(text) or YEAR_ONLY.match(text):
        raise NotADate("只有年月或年份，没有写到日。")
    if DAY_FIRST.match(text):
        raise NotADate("年月日的次序不明确。", "请把四位年份写在最前面，例如「2026-03-01」。")
    raise NotADate("不是日期。")


def _existing(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise NotADate(f"没有{year}年{month}月{day}日这一天。") from None


def _within(day: date) -> date:
    if not FIRST <= day <= LAST:
        raise NotADate(f"年份 {day.year} 不在 1900 至 2100 之间。")
    return day

"""Turns the content of one cell into the value its column declares, or into a note that says what is wrong."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from engines.imports.dates import NotADate, read_date
from engines.imports.nearest import nearest
from engines.imports.problems import Severity, shown
from engines.imports.spec import Column, Kind, folded
from engines.imports.text import CONTROL, PRIVATE, clean, clean_code, clean_name, is_plain

NOTHING = frozenset({"无", "/", "-", "--", "—", "——", "空", "N/A", "n/a"})
STILL = frozenset({"至今", "现任", "在任", "今"})
ISO_DATE = re.compile(r"^\d{4}-\d{2}-\d{2}$")
MOBILE = re.compile(r"^1[3-9]\d{9}$")
LANDLINE = re.compile(r"^(0\d{2,3}-?)?[1-9]\d{6,7}(-\d{1,6})?$")
EXACT_UP_TO = 10**15  # Excel keeps 15 digits


@dataclass(frozen=True, slots=True)
class Note:
    """A value with something to say about it. `topic` groups notes of the same sort within a column."""

    severity: Severity
    words: str
    remedy: str = ""
    value: Any = None
    topic: str = ""


Parser = Callable[[Any], Any]


def parser_for(column: Column, *, date1904: bool = False) -> Parser:
    """A function from a non-empty cell to the value, or to a Note. It never raises."""
    if column.kind == Kind.DATE:
        return lambda raw: _date(raw, column, date1904)
    if column.kind == Kind.CHOICE:
        known = {folded(label): value for label, value in column.choices.items()}
        known |= {folded(value): value for value in column.choices.values()}
        return lambda raw: _choice(raw, column, known)
    parse = {Kind.INT: _int, Kind.PHONE: _phone, Kind.CODE: _code, Kind.NAME: _name, Kind.TEXT: _text}[column.kind]
    return lambda raw: parse(raw, column)


def empty_of(column: Column) -> Any:
    """What an empty cell becomes: "" where text is kept, None for the rest."""
    return "" if column.kind in (Kind.TEXT, Kind.NAME, Kind.CODE, Kind.PHONE) else None


def _error(words: str, remedy: str = "") -> Note:
    return Note(Severity.ERROR, words, remedy)


def as_text(raw: Any) -> str:
    """What the cell shows, near enough: 13800000000.0 is 13800000000, a date is written as one."""
    if isinstance(raw, bool):
        return "TRUE" if raw else "FALSE"
    if isinstance(raw, float):
        return str(int(raw)) if raw.is_integer() and abs(raw) < 1e21 else repr(raw)
    if isinstance(raw, datetime):
        return raw.date().isoformat() if raw.time() == time(0) else raw.isoformat(" ", "minutes")
    if isinstance(raw, date | time):
        return raw.isoformat()
    if isinstance(raw, timedelta):
        return f"{raw.total_seconds() / 86400:g}"
    return str(raw)


def _text(raw: Any, column: Column, cleaner: Callable[[str], str] | None = None) -> Any:
    if type(raw) is str:
        text = raw
        if cleaner:
            text = cleaner(raw)
        elif not is_plain(raw):
            text = clean(raw, multiline=column.multiline)
    elif isinstance(raw, float | int) and not isinstance(raw, bool) and abs(raw) >= EXACT_UP_TO:
        return _error("这个数字超过 15 位，表格已丢失末尾几位。", "请先把单元格设为「文本」格式，再重新填写。")
    else:
        text = as_text(raw)
    return _checked(text, column)


def _checked(text: str, column: Column) -> Any:
    if not text:
        return empty_of(column)
    if len(text) > column.max_length:
        return _error(f"共 {len(text):,} 字，超过 {column.max_length:,} 字的上限。", "请删减后再导入。")
    if text.isprintable():
        return text
    if CONTROL.search(text):
        return _error("含有看不见的控制字符。", "请删去这一格，重新键入内容。")
    if PRIVATE.search(text):
        words = "含有本机自造字，在其他电脑上可能显示不出。"
        return Note(Severity.CHECK, words, "请改用标准的生僻字；已按原样读取。", text, "private")
    return text


def _name(raw: Any, column: Column) -> Any:
    return _text(raw, column, clean_name)


def _code(raw: Any, column: Column) -> Any:
    if not column.required and raw in NOTHING:
        return ""
    return _text(raw, column, clean_code)


def _date(raw: Any, column: Column, date1904: bool) -> Any:
    if type(raw) is str:
        text = clean(raw)
        if not text or (not column.required and (text in NOTHING or text in STILL)):
            return None
    try:
        day = read_date(raw if type(raw) is not str else text, date1904=date1904)
    except NotADate as refusal:
        return _error(refusal.words, refusal.remedy)
    if isinstance(raw, date) or (type(raw) is str and ISO_DATE.match(text)):
        return day
    return Note(Severity.CHECK, f"日期已按 {day:%Y-%m-%d} 识别。", "无误则不用改。", day, "date")


def _int(raw: Any, column: Column) -> Any:
    text = clean_code(as_text(raw)).replace(",", "")
    if not text or (not column.required and text in NOTHING):
        return None
    if re.fullmatch(r"[+-]?\d{1,9}(\.0+)?", text):
        return int(text.partition(".")[0])
    return _error("应填整数。", "请只填数字，例如「3」。")


def _choice(raw: Any, column: Column, known: dict[str, str]) -> Any:
    text = clean(as_text(raw))
    if not text:
        return None
    value = known.get(folded(text))
    if value is not None:
        return value
    if not column.required and text in NOTHING:
        return None
    return _error(f"{column.header}「{shown(text)}」不在可选范围。", choice_remedy(text, column.labels))


def choice_remedy(text: str, labels: list[str]) -> str:
    near = nearest(text, dict.fromkeys(labels, ""))
    listed = "、".join(f"「{label}」" for label in labels[:12]) + ("等" if len(labels) > 12 else "")
    return f"{near}可填{listed}。" if near else f"可填{listed}。"


def _phone(raw: Any, column: Column) -> Any:
    if type(raw) is float and raw.is_integer() and MOBILE.match(whole := str(int(raw))):
        return whole
    text = clean_code(as_text(raw))
    if not text or (not column.required and text in NOTHING):
        return ""
    plain = text.removeprefix("+86").removeprefix("0086")
    packed = plain.replace("-", "")
    if MOBILE.match(packed):
        return packed
    if LANDLINE.match(plain):
        return plain
    return _error("不是有效的电话号码。", "手机号为 11 位数字；固定电话请带区号。")

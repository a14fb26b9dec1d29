"""Writes workbooks for people: headed, dated, signed with the exporter's name, and with nothing in them that runs."""

import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

import xlsxwriter
from django.utils import timezone
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from common.errors import DomainError

MAX_ROWS = 1_048_576
MAX_TEXT = 32_767
CUT_NOTE = "……（原文过长，此处有删节）"
# A cell that begins so would be read as a formula once somebody saves the sheet as CSV or types into it.
RISKY = ("=", "+", "-", "@", "\t", "\r")
HALF_CHARACTER = re.compile("[\ud800-\udfff]")  # no encoding can write one
FONT = "宋体"

Kind = Literal["text", "number", "percent", "date", "moment"]
Line = Literal["first", "last", "none"]


@dataclass(frozen=True)
class Column:
    """One column: its label, width in characters, and how its values are shown."""

    label: str
    width: float = 16
    kind: Kind = "text"


@dataclass(frozen=True)
class Sheet:
    """One sheet; `rows` may be a generator, it is written as it comes."""

    name: str
    columns: Sequence[Column]
    rows: Iterable[Sequence[Any]]
    title: str = ""
    notes: Sequence[str] = field(default=())


def workbook(
    sheets: Iterable[Sheet], *, exporter: str = "", now: datetime | None = None, line: Line = "first"
) -> bytes:
    """Return an .xlsx of the sheets.

    `exporter` is the real name of who takes the data out: it stands in a row (`line` says where) and in the printed
    footer as 「由 姓名 于 … 导出」; it needs `now`. Text stays text whatever it begins with; no link is made. Refuses more
    rows than Excel can hold; a text over 32,767 characters is cut and says so.
    """
    mark = export_mark(exporter, now) if exporter and now else ""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(
        out,
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "nan_inf_to_errors": True,
        },
    )
    if now:
        book.set_properties({"created": timezone.localtime(now).replace(tzinfo=None), "author": exporter})
    looks = _Looks(book)
    taken: set[str] = set()
    try:
        for sheet in sheets:
            _write_sheet(book.add_worksheet(legal_name(sheet.name, taken)), sheet, looks, mark, line)
    finally:
        book.close()  # also after a refusal: the rows written so far lie in temporary files
    return out.getvalue()


def export_mark(exporter: str, now: datetime) -> str:
    """Return the line that says who took the data out and when."""
    moment = timezone.localtime(now)
    return f"由 {exporter} 于 {moment.year}年{moment.month}月{moment.day}日 {moment:%H:%M} 导出"


def legal_name(name: str, taken: set[str]) -> str:
    """Return a sheet name Excel accepts, not yet in `taken`, and add it there."""
    plain = re.sub(r"[\[\]:*?/\\\x00-\x1f]", " ", name).strip().strip("'") or "工作表"
    plain = "历史" if plain.lower() == "history" else plain
    number, legal = 1, plain[:31]
    while legal.lower() in taken:
        number += 1
        suffix = f"（{number}）"
        legal = plain[: 31 - len(suffix)] + suffix
    taken.add(legal.lower())
    return legal


class _Looks:
    """The cell formats of one workbook."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        base = {"font_name": FONT, "font_size": 11, "valign": "vcenter"}
        cell = base | {"text_wrap": True, "border": 1, "border_color": "#9AA3AB"}
        self.title: Format = book.add_format(base | {"font_size": 16, "bold": True})
        self.note: Format = book.add_format(base | {"font_size": 9, "font_color": "#5C6770"})
        self.header: Format = book.add_format(cell | {"bold": True, "bg_color": "#EEF0F3", "align": "center"})
        self.text: Format = book.add_format(cell | {"num_format": "@"})
        self.quoted: Format = book.add_format(cell | {"num_format": "@", "quote_prefix": True})
        self.number: Format = book.add_format(cell)
        self.percent: Format = book.add_format(cell | {"num_format": "0.0%"})
        self.date: Format = book.add_format(cell | {"num_format": "yyyy-mm-dd", "align": "center"})
        self.moment: Format = book.add_format(cell | {"num_format": "yyyy-mm-dd hh:mm", "align": "center"})


def _write_sheet(page: Worksheet, sheet: Sheet, looks: _Looks, mark: str, line: Line) -> None:
    for number, column in enumerate(sheet.columns):
        page.set_column(number, number, column.width)
    above = [sheet.title] * bool(sheet.title) + [mark] * (line == "first" and bool(mark))
    for row, words in enumerate(above):
        _text(page, row, 0, words, looks.title if row == 0 and sheet.title else looks.note)
    head = len(above)
    for number, column in enumerate(sheet.columns):
        _text(page, head, number, column.label, looks.header)
    page.freeze_panes(head + 1, 0)
    row = head
    for row, values in enumerate(sheet.rows, start=head + 1):
        if row >= MAX_ROWS - len(sheet.notes) - 1:
            raise DomainError("行数超过 Excel 的上限（1,048,576 行），没有导出。", remedy="请先筛选，再分次导出。")
        for number, (column, value) in enumerate(zip(sheet.columns, values, strict=True)):
            _cell(page, row, number, value, column.kind, looks)
    if sheet.columns:
        page.autofilter(head, 0, max(row, head), len(sheet.columns) - 1)
    below = [*sheet.notes, *([mark] * (line == "last" and bool(mark)))]
    for offset, words in enumerate(below, start=1):
        _text(page, row + offset, 0, words, looks.note)
    _print_setup(page, sheet, head, mark)


def _print_setup(page: Worksheet, sheet: Sheet, head: int, mark: str) -> None:
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.repeat_rows(head)
    if sum(column.width for column in sheet.columns) > 90:
        page.set_landscape()
    # & begins a code in a footer; && is the sign itself. Excel holds 255 characters there.
    page.set_footer(f"&L{mark.replace('&', '&&')[:200]}&R第 &P 页，共 &N 页")


def _cell(page: Worksheet, row: int, column: int, value: Any, kind: Kind, looks: _Looks) -> None:
    if isinstance(value, str) and value:
        _text(page, row, column, value, looks.quoted if value.startswith(RISKY) else looks.text)
    elif value is None or value == "":
        page.write_blank(row, column, None, looks.text if kind == "text" else getattr(looks, kind))
    elif isinstance(value, bool):
        page.write_string(row, column, "是" if value else "否", looks.text)
    elif isinstance(value, datetime):
        local = timezone.localtime(value).replace(tzinfo=None) if timezone.is_aware(value) else value
        page.write_datetime(row, column, local, looks.date if kind == "date" else looks.moment)
    elif isinstance(value, date) and value.year >= 1900:  # Excel knows no earlier day
        page.write_datetime(row, column, datetime(value.year, value.month, value.day), looks.date)  # noqa: DTZ001
    elif isinstance(value, int | float | Decimal) and _exact(value):
        page.write_number(row, column, float(value), looks.percent if kind == "percent" else looks.number)
    else:
        _cell(page, row, column, str(value) or None, "text", looks)


def _exact(value: int | float | Decimal) -> bool:
    # Excel keeps 15 digits: a longer number (an identity card, a code) would lose its end, so it stays text.
    if isinstance(value, float):
        return True
    return Decimal(value).is_finite() and len(Decimal(value).as_tuple().digits) <= 15


def _text(page: Worksheet, row: int, column: int, words: str, look: Format) -> None:
    whole = HALF_CHARACTER.sub("", words)
    if len(whole) > MAX_TEXT:
        whole = whole[: MAX_TEXT - len(CUT_NOTE)] + CUT_NOTE
    page.write_string(row, column, whole, look)

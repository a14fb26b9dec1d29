"""Gives an uploaded workbook back with its problems beside the cells, and a sheet that lists them all."""

import io
from collections import defaultdict
from collections.abc import Iterable
from copy import copy
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import xlsxwriter
from openpyxl import load_workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.worksheet.worksheet import Worksheet

from engines.imports.container import Container, open_container
from engines.imports.header import PROBLEM_TITLE, SEARCHED_ROWS
from engines.imports.limits import Limits
from engines.imports.problems import Problem, column_index, column_letter
from engines.imports.spec import folded
from engines.imports.workbook import Workbook

RED, YELLOW = "F8D7DA", "FFF3CD"  # pale enough to read black on; the word stands beside, colour alone says nothing
AUTHOR = "履责导入核对"
LIST_HEADERS = ("位置", "填写内容", "要求", "问题", "怎样改")
LIST_WIDTHS = (20, 30, 10, 48, 60)
FULL_COPY_CELLS = 60_000  # above it openpyxl would take minutes and gigabytes
MERGED_AREA = 200_000
COMMENTS = 2_000  # of one sheet; WPS becomes slow beyond
BY_CELL = dict[tuple[int, int], list[Problem]]


def with_problems(source: bytes | Path, problems: Iterable[Problem], *, limits: Limits | None = None) -> bytes:
    """The workbook as .xlsx bytes: problem cells coloured and commented, the words of each row in a last column
    「导入问题」, and a first sheet 「导入问题」 that lists everything with links.

    A workbook of ordinary size keeps its looks. A very large one comes back as a plain copy of its contents.
    Formulas come back as the values they held, and no text becomes a formula. Marks of an earlier round are removed.
    """
    container = open_container(source, limits=limits or Limits.standard())
    found = list(problems)
    small = sum(sheet.cells for sheet in container.sheets.values()) <= FULL_COPY_CELLS
    tame = sum(sheet.merged_area for sheet in container.sheets.values()) <= MERGED_AREA
    if small and tame:
        try:
            return _full_copy(container, found)
        except Exception:  # noqa: BLE001, S110 - openpyxl stumbles over some styles of WPS; the contents still come back
            pass
    return _plain_copy(container, found)


def _by_sheet(problems: Iterable[Problem]) -> dict[str, list[Problem]]:
    sheets: dict[str, list[Problem]] = defaultdict(list)
    for problem in problems:
        if problem.row:
            sheets[problem.sheet].append(problem)
    return sheets


def _by_cell(problems: Iterable[Problem]) -> BY_CELL:
    cells: BY_CELL = defaultdict(list)
    for problem in problems:
        if problem.column:
            cells[problem.row, column_index(problem.column)].append(problem)
    return cells


def _by_row(problems: Iterable[Problem]) -> dict[int, list[Problem]]:
    rows: dict[int, list[Problem]] = defaultdict(list)
    for problem in problems:
        rows[problem.row].append(problem)
    return rows


def _words(problem: Problem, *, at: bool = False) -> str:
    place = f"{problem.column}{problem.row} " if at and problem.column else ""
    return f"{place}{problem.severity.label}：{problem.words}{problem.remedy}"


def _joined(problems: list[Problem], *, at: bool = False) -> str:
    return "\n".join(_words(problem, at=at) for problem in problems)[:32_000]


def _worst(problems: list[Problem]) -> str:
    return RED if any(problem.is_error for problem in problems) else YELLOW


def _link(problem: Problem) -> str:
    cell = f"{problem.column or 'A'}{problem.row or 1}"
    return "#'{}'!{}".format(problem.sheet.replace("'", "''"), cell)


# The full copy: openpyxl, looks kept --------------------------------------------------------------------------------


def _full_copy(container: Container, problems: list[Problem]) -> bytes:
    container.clean.seek(0)
    book = load_workbook(container.clean, data_only=True, keep_links=False)
    for name in [name for name in book.sheetnames if folded(name) == folded(PROBLEM_TITLE)]:
        del book[name]
    book.defined_names.clear()
    by_sheet = _by_sheet(problems)
    for sheet in book.worksheets:
        _remove_marks(sheet)
        _defuse(sheet)
        _mark(sheet, by_sheet.get(sheet.title, []))
    _list_problems(book.create_sheet(PROBLEM_TITLE, 0), problems, set(book.sheetnames))
    for sheet in book.worksheets:
        sheet.sheet_view.tabSelected = False
    book.active = 0
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


def _remove_marks(sheet: Worksheet) -> None:
    for row in sheet.iter_rows():
        for cell in row:
            if cell.comment is not None and cell.comment.author == AUTHOR:
                cell.comment = None
            if cell.has_style and cell.fill.fgColor.rgb in (f"00{RED}", f"00{YELLOW}", f"FF{RED}", f"FF{YELLOW}"):
                cell.fill = PatternFill()
    place = _old_place(sheet)
    if place is not None:
        sheet.delete_cols(place)


def _old_place(sheet: Worksheet) -> int | None:
    for row in sheet.iter_rows(max_row=SEARCHED_ROWS):
        for cell in row:
            if isinstance(cell.value, str) and folded(cell.value) == folded(PROBLEM_TITLE):
                return int(cell.column)
    return None


def _defuse(sheet: Worksheet) -> None:
    """No formula, link or rule of the upload survives: values only, and text that looks like a formula stays text."""
    for row in sheet.iter_rows():
        for cell in row:
            if cell.data_type == "f" or (isinstance(cell.value, str) and cell.value.startswith("=")):
                text = cell.value if isinstance(cell.value, str) else str(getattr(cell.value, "text", ""))
                cell.value, cell.data_type = text, "s"
                cell.quotePrefix = True
            if getattr(cell, "hyperlink", None) is not None:
                cell.hyperlink = None
    sheet.data_validations.dataValidation = [
        rule for rule in sheet.data_validations.dataValidation if rule.type == "list"
    ]


def _mark(sheet: Worksheet, problems: list[Problem]) -> None:
    if not problems:
        return
    commented = 0
    merged = {(row, col): area for area in sheet.merged_cells.ranges for row, col in [(area.min_row, area.min_col)]}
    for (row, column), found in sorted(_by_cell(problems).items()):
        cell = sheet.cell(row, column + 1)
        if not hasattr(cell, "fill") or (type(cell).__name__ == "MergedCell" and (row, column + 1) not in merged):
            continue
        cell.fill = PatternFill("solid", fgColor=_worst(found))
        if commented < COMMENTS:
            cell.comment = Comment(_joined(found), AUTHOR, width=360, height=40 + 40 * len(found))
            commented += 1
    _mark_rows(sheet, problems)


def _mark_rows(sheet: Worksheet, problems: list[Problem]) -> None:
    place = _last_column(sheet) + 1
    rows = _by_row(problems)
    header = min(*rows, SEARCHED_ROWS)
    title = sheet.cell(_header_row(sheet, header), place, PROBLEM_TITLE)
    title.font = Font(bold=True)
    for number, found in rows.items():
        if number == title.row:
            continue
        cell = sheet.cell(number, place)
        cell.value, cell.data_type = _joined(found, at=True), "s"
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        cell.fill = PatternFill("solid", fgColor=_worst(found))
    sheet.column_dimensions[column_letter(place - 1)].width = 60


def _last_column(sheet: Worksheet) -> int:
    filled = [cell.column for row in sheet.iter_rows() for cell in row if cell.value is not None]
    return max(filled, default=1)


def _header_row(sheet: Worksheet, at_most: int) -> int:
    """The fullest of the first rows: where the headers stand, if any row does."""
    counts = {
        row[0].row: sum(cell.value is not None for cell in row) for row in sheet.iter_rows(max_row=SEARCHED_ROWS) if row
    }
    return max(counts, key=lambda row: (counts[row], -row), default=at_most)


def _list_problems(sheet: Worksheet, problems: list[Problem], known: set[str]) -> None:
    sheet.append(LIST_HEADERS)
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    for number, problem in enumerate(problems, start=2):
        for column, text in enumerate(_line(problem), start=1):
            cell = sheet.cell(number, column)
            cell.value, cell.data_type = text, "s"
            cell.alignment = Alignment(wrap_text=True, vertical="top")
        if problem.sheet in known:
            first = sheet.cell(number, 1)
            first.hyperlink = _link(problem)
            font = copy(first.font)
            first.font = Font(name=font.name, size=font.size, color="1D4ED8", underline="single")
        sheet.cell(number, 3).fill = PatternFill("solid", fgColor=_worst([problem]))
    for index, width in enumerate(LIST_WIDTHS):
        sheet.column_dimensions[column_letter(index)].width = width
    sheet.freeze_panes = "A2"


def _line(problem: Problem) -> tuple[str, str, str, str, str]:
    return problem.address, problem.value or "（空）", problem.severity.label, problem.words, problem.remedy


# The plain copy: contents only, written as it goes ------------------------------------------------------------------


def _plain_copy(container: Container, problems: list[Problem]) -> bytes:
    source = Workbook(container)
    by_sheet = _by_sheet(problems)
    packed = io.BytesIO()
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "nan_inf_to_errors": True,
        "default_date_format": "yyyy-mm-dd",
    }
    book = xlsxwriter.Workbook(packed, options)
    formats = {
        "head": book.add_format({"bold": True}),
        "wrap": book.add_format({"text_wrap": True, "valign": "top"}),
        "link": book.add_format({"font_color": "#1D4ED8", "underline": 1, "valign": "top"}),
        RED: book.add_format({"bg_color": f"#{RED}"}),
        YELLOW: book.add_format({"bg_color": f"#{YELLOW}"}),
    }
    _plain_list(book.add_worksheet(PROBLEM_TITLE), problems, set(source.sheet_names), formats)
    for name in source.sheet_names:
        _plain_sheet(book.add_worksheet(name), source.grid(name).rows, by_sheet.get(name, []), formats)
    book.close()
    return packed.getvalue()


def _plain_list(sheet: Any, problems: list[Problem], known: set[str], formats: dict[str, Any]) -> None:
    sheet.freeze_panes(1, 0)
    for index, width in enumerate(LIST_WIDTHS):
        sheet.set_column(index, index, width)
    for index, title in enumerate(LIST_HEADERS):
        sheet.write_string(0, index, title, formats["head"])
    for number, problem in enumerate(problems, start=1):
        place, *rest = _line(problem)
        if problem.sheet in known and number <= 60_000:  # Excel's own limit of links in a sheet is near
            sheet.write_url(number, 0, f"internal:{_link(problem)[1:]}", formats["link"], place)
        else:
            sheet.write_string(number, 0, place)
        for index, text in enumerate(rest, start=1):
            sheet.write_string(number, index, text, formats[_worst([problem])] if index == 2 else formats["wrap"])


def _plain_sheet(sheet: Any, rows: list[list[Any]], problems: list[Problem], formats: dict[str, Any]) -> None:
    """Row after row and never back: that is what keeps a large copy small in memory."""
    cells, by_row = _by_cell(problems), _by_row(problems)
    commented = set(sorted(cells)[:COMMENTS])
    old = next((i for row in rows[:SEARCHED_ROWS] for i, raw in enumerate(row) if _is_old(raw)), None)
    place = old if old is not None else max((len(row) for row in rows[:1]), default=0)
    header = max(range(min(SEARCHED_ROWS, len(rows))), key=lambda i: sum(raw != "" for raw in rows[i]), default=0)
    sheet.set_column(place, place, 60)
    for number in range(max(len(rows), max(by_row, default=0))):
        row = rows[number] if number < len(rows) else []
        for index, raw in enumerate(row):
            found = cells.get((number + 1, index))
            if index != place:
                _write(sheet, number, index, raw, formats[_worst(found)] if found else None)
            if found and (number + 1, index) in commented:
                sheet.write_comment(number, index, _joined(found), {"author": AUTHOR, "x_scale": 3})
        if number == header and by_row:
            sheet.write_string(number, place, PROBLEM_TITLE, formats["head"])
        elif number + 1 in by_row:
            sheet.write_string(number, place, _joined(by_row[number + 1], at=True), formats[_worst(by_row[number + 1])])


def _is_old(raw: Any) -> bool:
    return isinstance(raw, str) and folded(raw) == folded(PROBLEM_TITLE)


def _write(sheet: Any, row: int, column: int, raw: Any, style: Any) -> None:
    if raw == "":
        if style:
            sheet.write_blank(row, column, None, style)
    elif isinstance(raw, bool):
        sheet.write_boolean(row, column, raw, style)
    elif isinstance(raw, int | float):
        sheet.write_number(row, column, raw, style)
    elif isinstance(raw, datetime | date | time | timedelta):
        sheet.write_datetime(row, column, raw, style)
    else:
        sheet.write_string(row, column, str(raw)[:32_767], style)

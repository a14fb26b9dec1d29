"""Finds the header row under title rows, and which column stands where."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from engines.imports.nearest import nearest
from engines.imports.problems import Problem, Severity, column_letter, shown
from engines.imports.spec import SheetSpec, folded, without_hint

SEARCHED_ROWS = 10
PROBLEM_TITLE = "导入问题"  # the column and the sheet that a returned workbook carries; read again without complaint


@dataclass
class Header:
    """`row` is the index of the header row; `places` maps column keys to column indices."""

    row: int
    places: dict[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def find_header(sheet: str, rows: Sequence[Sequence[Any]], spec: SheetSpec) -> Header | None:
    """The row among the first ten that names most of the columns; None where none of them names two (or the only one)."""
    best = max(range(min(SEARCHED_ROWS, len(rows))), key=lambda i: len(_places(rows[i], spec)), default=None)
    if best is None:
        return None
    places = _places(rows[best], spec)
    if len(places) < min(2, len(spec.columns)):
        return None
    header = Header(row=best, places=places)
    header.problems += _missing(sheet, header, rows[best], spec)
    header.problems += _unknown(sheet, header, rows[best], spec)
    return header


def _places(row: Sequence[Any], spec: SheetSpec) -> dict[str, int]:
    exact: dict[str, int] = {}
    loose: dict[str, int] = {}
    for index, cell in enumerate(row):
        if cell != "":
            exact.setdefault(folded(cell), index)
            loose.setdefault(without_hint(cell), index)
    places: dict[str, int] = {}
    for names in (exact, loose):
        for column in spec.columns:
            found = [names[name] for name in column.names if name in names and names[name] not in places.values()]
            if found and column.key not in places:
                places[column.key] = min(found)
    return places


def _missing(sheet: str, header: Header, row: Sequence[Any], spec: SheetSpec) -> list[Problem]:
    problems = []
    spare = {str(cell): "" for index, cell in enumerate(row) if cell != "" and index not in header.places.values()}
    for column in spec.columns:
        if column.key in header.places or not (column.required or column.key in spec.key):
            continue
        near = nearest(column.header, spare, at_least=50.0)
        remedy = f"请在第 {header.row + 1} 行的表头中增加这一列，或把对应的列改名为「{column.header}」。{near}"
        problems.append(
            Problem(
                sheet, header.row + 1, "", "", Severity.ERROR, f"缺少「{column.header}」一列，整张表没有读取。", remedy
            )
        )
    return problems


def _unknown(sheet: str, header: Header, row: Sequence[Any], spec: SheetSpec) -> list[Problem]:
    problems = []
    taken = {index: key for key, index in header.places.items()}
    twice = {name: spec.column(key).header for key in header.places for name in spec.column(key).names}
    absent = {column.header: "" for column in spec.columns if column.key not in header.places}
    for index, cell in enumerate(row):
        if cell == "" or index in taken or folded(cell) == folded(PROBLEM_TITLE):
            continue
        letter, severity = column_letter(index), Severity.CHECK
        if folded(cell) in twice:
            severity, words = Severity.ERROR, f"「{twice[folded(cell)]}」一列重复出现。"
            remedy = "请删去多余的一列，否则无法判断以哪一列为准。"
        else:
            words = f"「{shown(cell)}」不是模板中的列，没有读取。"
            remedy = nearest(str(cell), absent) or "不需要导入则不用改。"
        problems.append(Problem(sheet, header.row + 1, letter, shown(cell), severity, words, remedy))
    return problems

"""An excerpt of a sheet around its problems, taken while the preview is made, so that no page reads the workbook again."""

from collections.abc import Sequence
from typing import Any

from engines.imports.problems import Problem, column_letter
from engines.imports.values import as_text
from engines.imports.workbook import Workbook

EXCERPT_ROWS = 12
LONGEST = 60  # characters of a cell; the whole text stands in the workbook


def excerpt_of_sheet(book: Workbook, sheet: str, problems: Sequence[Problem]) -> dict[str, Any]:
    """The header and the first rows with problems, as cells.

    {"letters": [...], "header": [...], "rows": [{"number": 27, "cells": ["…"], "marks": ["bad"|"warn"|""]}]}
    """
    grid = book.grid(sheet).rows
    marks: dict[tuple[int, str], str] = {}
    for problem in problems:
        if problem.is_error or (problem.row, problem.column) not in marks:
            marks[problem.row, problem.column] = "bad" if problem.is_error else "warn"
    letters = [column_letter(index) for index in range(len(grid[0]) if grid else 0)]
    header = max(grid[:10], key=lambda row: sum(cell != "" for cell in row), default=[])
    numbers = sorted({problem.row for problem in problems})[:EXCERPT_ROWS]
    rows = [
        {
            "number": number,
            "cells": [_short(as_text(cell)) for cell in grid[number - 1]],
            "marks": [marks.get((number, letter), "") for letter in letters],
        }
        for number in numbers
        if number <= len(grid)
    ]
    return {"letters": letters, "header": [_short(as_text(cell)) for cell in header], "rows": rows}


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}……（共 {len(text):,} 字）"

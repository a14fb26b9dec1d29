"""What pages read of an import: lines of its preview, an excerpt of the sheet around the problems."""

from typing import Any

from engines.documents import store
from engines.imports.kinds import kind_named
from engines.imports.models import ImportPage, ImportRun
from engines.imports.problems import Problem, column_letter
from engines.imports.values import as_text
from engines.imports.workbook import open_workbook

EXCERPT_ROWS = 12


def problems_of(run: ImportRun, *, page: int = 1) -> list[Problem]:
    """Up to 200 problems, errors first."""
    found = run.pages.filter(content=ImportPage.Content.PROBLEMS, number=page).first()
    return [Problem.from_dict(line) for line in found.lines] if found else []


def acts_of(run: ImportRun, *, sheet: str = "", does: str = "", page: int = 1) -> list[dict[str, Any]]:
    """Up to 200 acts per sheet and sort (keys: does, sheet, row, model, key, title, before, after)."""
    pages = run.pages.filter(content=ImportPage.Content.ACTS, number=page).order_by("id")
    if sheet:
        pages = pages.filter(sheet=sheet)
    if does:
        pages = pages.filter(does=does)
    return [line for found in pages for line in found.lines]


def excerpt_of(run: ImportRun, sheet: str) -> dict[str, Any] | None:
    """The header and the first rows with problems of one sheet, as cells; None where the sheet is not there.

    {"letters": [...], "header": [...], "rows": [{"number": 27, "cells": ["…"], "marks": ["bad"|"warn"|""]}]}
    """
    specs = {spec.name for spec in kind_named(run.kind).specs}
    book = open_workbook(store.read(run.file))
    if sheet not in book.sheet_names or not specs:
        return None
    grid = book.grid(sheet).rows
    found = [problem for problem in problems_of(run) if problem.sheet == sheet and problem.row]
    numbers = sorted({problem.row for problem in found})[:EXCERPT_ROWS]
    marks: dict[tuple[int, str], str] = {}
    for problem in found:
        if problem.is_error or (problem.row, problem.column) not in marks:
            marks[problem.row, problem.column] = "bad" if problem.is_error else "warn"
    letters = [column_letter(index) for index in range(len(grid[0]) if grid else 0)]
    header = max(grid[:10], key=lambda row: sum(cell != "" for cell in row), default=[])
    rows = [
        {
            "number": number,
            "cells": [as_text(cell) for cell in grid[number - 1]],
            "marks": [marks.get((number, letter), "") for letter in letters],
        }
        for number in numbers
        if number <= len(grid)
    ]
    return {"letters": letters, "header": [as_text(cell) for cell in header], "rows": rows}

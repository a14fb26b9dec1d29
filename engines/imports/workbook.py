"""Reads a checked workbook by its declared sheets: rows with values, and every problem at its cell."""

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook

from common.errors import DomainError
from engines.imports.container import DAMAGED, DAMAGED_REMEDY, Container, open_container
from engines.imports.header import PROBLEM_TITLE, find_header
from engines.imports.limits import Limits
from engines.imports.nearest import nearest
from engines.imports.problems import Problem, Severity, column_letter, shown
from engines.imports.reading import Grid, Reading, SheetReader
from engines.imports.sheetxml import SheetFacts
from engines.imports.spec import SheetSpec, folded


class Workbook:
    """An opened workbook. Nothing is kept of it but the checked bytes; each sheet is read when asked for."""

    def __init__(self, container: Container) -> None:
        self.container = container
        try:
            container.clean.seek(0)
            self._book = CalamineWorkbook.from_filelike(container.clean)
        except (CalamineError, OSError, ValueError):
            raise DomainError(DAMAGED, remedy=DAMAGED_REMEDY) from None

    @property
    def sheet_names(self) -> list[str]:
        return [name for name in self._book.sheet_names if folded(name) != folded(PROBLEM_TITLE)]

    def grid(self, name: str) -> Grid:
        try:
            sheet = self._book.get_sheet_by_name(name)
            rows = sheet.to_python(skip_empty_area=False)
            merges = sheet.merged_cell_ranges or []
        except (CalamineError, OSError, ValueError):
            raise DomainError(f"工作表「{name}」读不下去。", remedy=DAMAGED_REMEDY) from None
        return Grid(name, rows, merges, self.container.sheets.get(name, SheetFacts()))

    def read(self, specs: Sequence[SheetSpec]) -> Reading:
        """All declared sheets. What is wrong is a Problem in the reading; only an unreadable file raises."""
        reading = Reading()
        with _without_collector():
            for spec in specs:
                self._read_sheet(spec, reading)
        return reading

    def _read_sheet(self, spec: SheetSpec, reading: Reading) -> None:
        name = next((name for name in self.sheet_names if folded(name) in spec.names), None)
        if name is None:
            if spec.required:
                reading.broken.append(spec.name)
                reading.add(self._no_sheet(spec))
            return
        grid = self.grid(name)
        header = find_header(name, grid.rows, spec)
        if header is None:
            if spec.required or any(any(cell != "" for cell in row) for row in grid.rows):
                reading.broken.append(spec.name)
                reading.add(_no_header(name, grid, spec))
            return
        for problem in header.problems:
            reading.add(problem)
        if any(problem.is_error for problem in header.problems):
            reading.broken.append(spec.name)
        else:
            SheetReader(grid, header, spec, date1904=self.container.date1904).read_into(reading)

    def _no_sheet(self, spec: SheetSpec) -> Problem:
        there = "、".join(f"「{name}」" for name in self.sheet_names[:10])
        near = nearest(spec.name, dict.fromkeys(self.sheet_names, ""))
        remedy = f"文件中有工作表{there}。{near}请把对应的工作表改名为「{spec.name}」。"
        return Problem(spec.name, 0, "", "", Severity.ERROR, f"没有找到工作表「{spec.name}」。", remedy)


def open_workbook(source: bytes | Path, *, limits: Limits | None = None) -> Workbook:
    """Opens after all checks. Refuses with DomainError, in a sentence with what to do, whatever is not a sound .xlsx:

    another type (by content, whatever the name), a password, old .xls, damage, too many bytes, a zip bomb,
    a document type or entity in any XML part, macros, a cell so far out that reading would fill the memory.
    Links to other files are never followed; formulas count with the value they held when saved.
    """
    return Workbook(open_container(source, limits=limits or Limits.standard()))


def _no_header(name: str, grid: Grid, spec: SheetSpec) -> Problem:
    wanted = "、".join(column.header for column in spec.columns)
    first = next((row for row in grid.rows if any(cell != "" for cell in row)), [])
    words = "前 10 行中没有找到表头。" if first else "工作表是空的。"
    remedy = f"表头应在前 10 行之内，列名为：{wanted}。"
    return Problem(name, 1, column_letter(0), shown(first[0] if first else ""), Severity.ERROR, words, remedy)


@contextmanager
def _without_collector() -> Iterator[None]:
    """A million fresh objects make the collector walk them all again and again for nothing."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()

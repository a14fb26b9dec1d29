"""Rows out of one sheet: merged blocks filled, cells turned into values, duplicates and gaps found."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from engines.imports.header import Header
from engines.imports.problems import Problem, Severity, column_letter, shown
from engines.imports.sheetxml import SheetFacts
from engines.imports.spec import Column, SheetSpec
from engines.imports.values import Note, as_text, empty_of, parser_for

KEPT_PROBLEMS = 20_000  # of one file; beyond that only counted
SAME_TOPIC = 5  # remarks of one sort in one column before they are summed up
MISSING = object()


Merge = tuple[tuple[int, int], tuple[int, int]]


@dataclass
class Grid:
    """One sheet as the reader gives it: rows of raw cells from A1 on, and merged ranges (zero-based, inclusive)."""

    name: str
    rows: list[list[Any]]
    merges: list[Merge]
    facts: SheetFacts


class SheetHead:
    """What all rows of a sheet share."""

    __slots__ = ("letters", "name", "spec")

    def __init__(self, name: str, spec: SheetSpec, letters: Mapping[str, str]) -> None:
        self.name, self.spec, self.letters = name, spec, letters


class Row:
    """One row: `values` by column key (optional columns that the sheet lacks are there, empty)."""

    __slots__ = ("bad", "head", "number", "values")

    def __init__(self, head: SheetHead, number: int, values: dict[str, Any]) -> None:
        self.head, self.number, self.values = head, number, values
        self.bad = False

    def __getitem__(self, key: str) -> Any:
        return self.values[key]

    def __repr__(self) -> str:
        return f"<Row {self.sheet} {self.number} {self.values}>"

    @property
    def sheet(self) -> str:
        return self.head.name

    @property
    def cells(self) -> dict[str, str]:
        """Column key → address within the sheet, of the columns that the sheet has."""
        return {key: f"{letter}{self.number}" for key, letter in self.head.letters.items()}

    def problem(self, key: str, words: str, remedy: str = "", *, severity: Severity = Severity.ERROR) -> Problem:
        """A problem at this row's cell of that column ("" for the row); an error marks the row as bad."""
        if severity == Severity.ERROR:
            self.bad = True
        value = self.values.get(key) if key else ""
        return Problem(self.sheet, self.number, self.head.letters.get(key, ""), shown(value), severity, words, remedy)


class Reading:
    """All rows and problems of one file. Problems beyond the first 20,000 are counted, not kept."""

    def __init__(self) -> None:
        self.by: Any = None  # the importing account; None is a command typed on the server
        self.problems: list[Problem] = []
        self.totals: Counter[Severity] = Counter()
        self.broken: list[str] = []  # declared sheets that are missing or could not be read at all
        self._rows: dict[str, list[Row]] = {}
        self._titles: dict[str, str] = {}

    def add(self, problem: Problem) -> None:
        self.totals[problem.severity] += 1
        if len(self.problems) < KEPT_PROBLEMS:
            self.problems.append(problem)

    def extend(self, problems: Iterable[Problem]) -> None:
        for problem in problems:
            self.add(problem)

    def put_rows(self, spec: SheetSpec, title: str, rows: list[Row]) -> None:
        self._rows[spec.name] = rows
        self._titles[spec.name] = title

    def title(self, sheet: str) -> str:
        """What the sheet of that declared name is called in the file."""
        return self._titles.get(sheet, sheet)

    def has(self, sheet: str) -> bool:
        """Whether the sheet of that declared name was there and could be read."""
        return sheet in self._rows

    def rows(self, sheet: str) -> list[Row]:
        """Every row of the sheet of that declared name, bad ones too."""
        return self._rows.get(sheet, [])

    def good(self, sheet: str) -> list[Row]:
        return [row for row in self.rows(sheet) if not row.bad]

    @property
    def sheets(self) -> list[str]:
        return list(self._rows)

    @property
    def row_count(self) -> int:
        return sum(len(rows) for rows in self._rows.values())

    @property
    def bad_count(self) -> int:
        return sum(row.bad for rows in self._rows.values() for row in rows)

    @property
    def has_errors(self) -> bool:
        return self.totals[Severity.ERROR] > 0

    def sorted_problems(self) -> list[Problem]:
        """Errors first, then by sheet as declared, row and column."""
        order = {title: index for index, title in enumerate(self._titles.values())}
        return sorted(
            self.problems, key=lambda p: (not p.is_error, order.get(p.sheet, -1), p.row, len(p.column), p.column)
        )


class SheetReader:
    """Works column by column, which is what keeps a hundred thousand rows under a second."""

    def __init__(self, grid: Grid, header: Header, spec: SheetSpec, *, date1904: bool) -> None:
        self.grid, self.header, self.spec, self.date1904 = grid, header, spec, date1904
        self.first = header.row + 1
        self.letters = {key: column_letter(index) for key, index in header.places.items()}
        self.found: dict[int, list[Problem]] = defaultdict(list)  # row index → problems
        self.skipped: set[int] = set()

    def read_into(self, reading: Reading) -> None:
        self._fill_merged()
        columns = {column.key: self._column(column) for column in self.spec.columns}
        rows = self._rows(columns)
        self._find_gaps(rows)
        rows = self._find_duplicates(rows)
        alive = {row.number - 1 for row in rows}
        for index in sorted(self.found):
            if index in alive or index in self.skipped or index < self.first:
                reading.extend(self.found[index])
        reading.put_rows(self.spec, self.grid.name, rows)

    def _problem(self, index: int, key: str, value: Any, note: Note) -> None:
        letter = self.letters.get(key, "")
        problem = Problem(
            self.grid.name, index + 1, letter, shown(as_text(value)), note.severity, note.words, note.remedy
        )
        self.found[index].append(problem)

    # Merged cells ---------------------------------------------------------------------------------------------

    def _fill_merged(self) -> None:
        """A block merged downwards stands for the same value in every row, as people read it; each is reported.

        A row merged over most of the columns is a section title and no data. Other sideways merges keep their
        value in the first cell.
        """
        budget = len(self.grid.rows) * max(len(self.letters), 1)
        mapped = {index: key for key, index in self.header.places.items()}
        last = len(self.grid.rows) - 1
        for (start, left), (end, right) in sorted(self.grid.merges):
            top, bottom = max(start, self.first), min(end, last)
            budget -= max(bottom - top + 1, 0)
            if bottom < top or budget < 0:  # blocks that overlap again and again are not honest
                continue
            if right > left and self._is_title(top, left, right, mapped):
                self._skip_title(top, bottom, left)
            elif left in mapped and bottom > top:
                self._fill_down(top, bottom, left, mapped[left])

    def _is_title(self, top: int, left: int, right: int, mapped: dict[int, str]) -> bool:
        covered = sum(left <= index <= right for index in mapped)
        beside = any(self.grid.rows[top][index] != "" for index in mapped if not left <= index <= right)
        return covered * 2 >= len(mapped) and not beside

    def _skip_title(self, top: int, bottom: int, left: int) -> None:
        self.skipped.update(range(top, bottom + 1))
        value = self.grid.rows[top][left] if left < len(self.grid.rows[top]) else ""
        note = Note(Severity.CHECK, "这一行是合并的标题行，没有当作数据。", "确是数据的，请取消合并后逐格填写。")
        self._problem(top, "", value, note)

    def _fill_down(self, top: int, bottom: int, left: int, key: str) -> None:
        value = self.grid.rows[top][left]
        if value == "":
            return
        for index in range(top + 1, bottom + 1):
            self.grid.rows[index][left] = value
        words = f"第 {top + 1} 至 {bottom + 1} 行是合并单元格，已按「{shown(as_text(value))}」填入每一行。"
        self._problem(top, key, value, Note(Severity.CHECK, words, "无误则不用改。"))

    # Cells ----------------------------------------------------------------------------------------------------

    def _column(self, column: Column) -> list[Any]:
        place = self.header.places.get(column.key)
        empty = empty_of(column)
        rows = self.grid.rows[self.first :]
        if place is None:
            return [empty] * len(rows)
        parse = parser_for(column, date1904=self.date1904)
        known: dict[str, Any] = {"": empty}
        values: list[Any] = []
        topics: dict[str, list[int]] = defaultdict(list)
        for offset, row in enumerate(rows):
            raw = row[place]
            if type(raw) is str:
                value = known.get(raw, MISSING)
                if value is MISSING:
                    value = known[raw] = parse(raw)
            else:
                value = parse(raw)
            if type(value) is Note:
                self._take_note(offset + self.first, column, raw, value, topics)
                value = empty if value.value is None else value.value
            values.append(value)
        self._sum_up(column, topics)
        self._cells_without_value(column, place)
        return values

    def _take_note(self, index: int, column: Column, raw: Any, note: Note, topics: dict[str, list[int]]) -> None:
        if note.severity == Severity.CHECK and note.topic:
            topics[note.topic].append(index)
            if len(topics[note.topic]) > SAME_TOPIC:
                return
        self._problem(index, column.key, raw, note)

    def _sum_up(self, column: Column, topics: dict[str, list[int]]) -> None:
        for indices in topics.values():
            if len(indices) > SAME_TOPIC:
                more = len(indices) - SAME_TOPIC
                words = f"「{column.header}」一列自此往下另有 {more:,} 格情况相同，不再逐一列出。"
                self._problem(indices[SAME_TOPIC], column.key, "", Note(Severity.CHECK, words, "无误则不用改。"))

    def _cells_without_value(self, column: Column, place: int) -> None:
        facts = self.grid.facts
        for (row, col), error in facts.errors.items():
            if col == place and row > self.first:
                note = Note(Severity.ERROR, f"单元格显示错误 {error}。", "请改正公式，或直接填写内容。")
                self._problem(row - 1, column.key, error, note)
        for row, col in facts.uncalculated:
            if col == place and row > self.first:
                words = "这一格是公式，文件中没有保存它的结果。"
                note = Note(Severity.ERROR, words, "请用 Excel 或 WPS 打开并保存一次，或把公式改成固定内容。")
                self._problem(row - 1, column.key, "（公式）", note)

    # Rows -----------------------------------------------------------------------------------------------------

    def _rows(self, columns: dict[str, list[Any]]) -> list[Row]:
        head = SheetHead(self.grid.name, self.spec, self.letters)
        keys = list(columns)
        rows = []
        for offset, values in enumerate(zip(*columns.values(), strict=True)):
            index = offset + self.first
            if index in self.skipped:
                continue
            if not any(values) and index not in self.found and all(value in ("", None) for value in values):
                continue
            row = Row(head, index + 1, dict(zip(keys, values, strict=True)))
            if index in self.found:
                row.bad = any(problem.is_error for problem in self.found[index])
            rows.append(row)
        return rows

    def _find_gaps(self, rows: list[Row]) -> None:
        for column in self.spec.columns:
            if not column.required:
                continue
            key, letter = column.key, self.letters.get(column.key, "")
            for row in rows:
                if row.values[key] in ("", None) and not self._told(row, letter):
                    note = Note(Severity.ERROR, f"没有填写{column.header}。", "这一列必须填写。")
                    self._problem(row.number - 1, key, "", note)
                    row.bad = True

    def _told(self, row: Row, letter: str) -> bool:
        found = self.found.get(row.number - 1, ())
        return any(problem.column == letter and problem.is_error for problem in found)

    def _find_duplicates(self, rows: list[Row]) -> list[Row]:
        """Rows with the key of an earlier row: word for word the same is imported once, else it is an error."""
        if not self.spec.key:
            return rows
        key_of = itemgetter(*self.spec.key) if len(self.spec.key) > 1 else lambda values: (values[self.spec.key[0]],)
        first: dict[tuple[Any, ...], Row] = {}
        kept = []
        for row in rows:
            key = key_of(row.values)
            earlier = first.setdefault(key, row)
            if earlier is row or row.bad or all(part in ("", None) for part in key):
                kept.append(row)
            elif earlier.values == row.values:
                note = Note(Severity.CHECK, f"与第 {earlier.number} 行完全相同，只导入一次。", "可以删去这一行。")
                self._problem(row.number - 1, self.spec.key[0], key[0], note)
                self.skipped.add(row.number - 1)
            else:
                self._duplicate(row, earlier, key)
                kept.append(row)
        return kept

    def _duplicate(self, row: Row, earlier: Row, key: tuple[Any, ...]) -> None:
        named = "、".join(
            f"{self.spec.column(name).header}「{shown(part)}」"
            for name, part in zip(self.spec.key, key, strict=True)
            if part
        )
        note = Note(Severity.ERROR, f"与第 {earlier.number} 行重复：{named}。", "请删去其中一行，或改正写错的一格。")
        self._problem(row.number - 1, self.spec.key[0], key[0], note)
        row.bad = True

"""Reads from a sheet's XML what the fast reader does not tell: extent, formulas without a value, error cells."""

import posixpath
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from xml.etree import ElementTree
from xml.parsers import expat

from common.errors import DomainError
from engines.imports.limits import Limits
from engines.imports.problems import column_index

COLUMNS = re.compile(rb'<c r="([A-Z]{1,3})[0-9]')
# Row numbers from 200,000 in what is left when only the bytes that can delimit an address are kept.
FAR_ROW = re.compile(rb"""=["'](?:[2-9][0-9]{5}|[0-9]{7})""")
NOT_IN_ADDRESSES = bytes(byte for byte in range(256) if byte not in b"=\"'0123456789:.{-")
FAR_ROW_FROM = 200_000
USED_STRING = re.compile(rb"<(?:\w+:)?v>\s*(\d+)\s*</")
STRING_END = re.compile(rb"</(?:\w+:)?si\s*>")
MERGED = re.compile(rb"""<(?:\w+:)?mergeCell\s[^>]*?ref\s*=\s*["']([A-Za-z]+)(\d+):([A-Za-z]+)(\d+)["']""")
SHARED_STRINGS = "sharedstrings"  # also sharedStrings2.xml, which some servers write
CELL_ADDRESS = re.compile(r"^([A-Za-z]{1,3})(\d{1,7})$")
TOLD_CELLS = 20_000  # cells of one sheet remembered as faulty; beyond that the sentence about the sheet is enough


@dataclass(frozen=True)
class SheetFacts:
    """`errors`: (row, column) → the error shown in the cell; `uncalculated`: formulas that hold no value."""

    errors: dict[tuple[int, int], str] = field(default_factory=dict)
    uncalculated: frozenset[tuple[int, int]] = frozenset()
    merged_area: int = 0
    cells: int = 0


@dataclass(frozen=True)
class Catalogue:
    sheets: dict[str, str]
    date1904: bool


def facts_of_sheet(content: bytes, limits: Limits) -> SheetFacts:
    """What the fast reader would not tell about the sheet.

    Refuses a sheet whose rectangle is larger than the limits, since one far cell would make the reader
    allocate everything between. The quick look covers what Excel, WPS and the usual libraries write;
    whatever it cannot be sure of is walked cell by cell.
    """
    columns = COLUMNS.findall(content)
    widest = max((column_index(letters.decode()) + 1 for letters in set(columns)), default=0)
    unsure = not _plainly_addressed(content, len(columns)) or _may_have_far_rows(content, limits)
    unsure = unsure or widest * limits.rows > limits.cells
    walk = None
    if unsure or b"<f" in content or b't="e"' in content or b"t='e'" in content:
        walk = _Walk(content)
        _refuse_extent(walk.last_row, walk.widest, limits)
    return SheetFacts(
        errors=walk.errors if walk else {},
        uncalculated=frozenset(walk.uncalculated) if walk else frozenset(),
        merged_area=_merged_area(content),
        cells=walk.cells if walk else len(columns),
    )


def _plainly_addressed(content: bytes, addressed: int) -> bool:
    """Whether every row and cell carries its address in the usual spelling, so that counting them is enough."""
    cells = sum(content.count(b"<c" + end) for end in (b" ", b">", b"/", b"\n", b"\r", b"\t"))
    rows = content.count(b"<row") - content.count(b"<rowBreaks")
    return cells == addressed and rows == content.count(b'<row r="') and b":sheetData" not in content


def _may_have_far_rows(content: bytes, limits: Limits) -> bool:
    return limits.rows < FAR_ROW_FROM or FAR_ROW.search(content.translate(None, NOT_IN_ADDRESSES)) is not None


def _refuse_extent(last_row: int, widest: int, limits: Limits) -> None:
    if last_row > limits.rows or last_row * widest > limits.cells:
        raise DomainError(
            f"有一张工作表用到了第 {last_row:,} 行、第 {widest:,} 列，超出可读取的范围（每张表最多 {limits.rows:,} 行）。",
            remedy="多半是表格下方或右侧很远处留有内容或格式。请删除这些行列并保存；数据确实很多的，请分成几个文件。",
        )


class _Walk:
    """Walks one sheet cell by cell and places cells as the fast reader does, with or without addresses."""

    def __init__(self, content: bytes) -> None:
        self.errors: dict[tuple[int, int], str] = {}
        self.uncalculated: set[tuple[int, int]] = set()
        self.last_row = self.widest = self.cells = 0
        self._row, self._column = 0, -1
        self._type, self._formula, self._in_value, self._value = "", False, False, ""
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        try:
            parser.Parse(content, True)
        except expat.ExpatError:
            raise DomainError(
                "工作表内部格式有错，读不下去。", remedy="请用 Excel 或 WPS 打开原文件，另存一份后重新上传。"
            ) from None

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        tag = tag.rpartition(":")[2]
        if tag == "row":
            given = attributes.get("r", "")
            self._row = int(given) if given.isdigit() else self._row + 1
            self._column = -1
            self.last_row = max(self.last_row, self._row)
        elif tag == "c":
            self._place(attributes.get("r", ""))
            self._type, self._formula, self._value = attributes.get("t", ""), False, ""
        elif tag == "f":
            self._formula = True
        elif tag == "v":
            self._in_value = True

    def _place(self, address: str) -> None:
        self.cells += 1
        if match := CELL_ADDRESS.match(address):
            self._column, self._row = column_index(match.group(1)), int(match.group(2))
        else:
            self._column += 1
        self.last_row = max(self.last_row, self._row)
        self.widest = max(self.widest, self._column + 1)

    def _text(self, text: str) -> None:
        if self._in_value:
            self._value += text

    def _end(self, tag: str) -> None:
        tag = tag.rpartition(":")[2]
        if tag == "v":
            self._in_value = False
        elif tag == "c" and len(self.errors) + len(self.uncalculated) < TOLD_CELLS:
            if self._type == "e":
                self.errors[self._row, self._column] = self._value.strip()
            elif self._formula and not self._value and self._type != "str":
                self.uncalculated.add((self._row, self._column))


def _merged_area(content: bytes) -> int:
    if b"mergeCell" not in content:
        return 0
    area = 0
    for left, top, right, bottom in MERGED.findall(content):
        width = column_index(right.decode()) - column_index(left.decode()) + 1
        area += max(width, 0) * max(int(bottom) - int(top) + 1, 0)
    return area


class StringBudget:
    """Counts long shared strings as often as sheets use them, since the reader copies each use.

    A megabyte written once and used a million times would otherwise fill the memory.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._long: dict[bytes, int] = {}
        self._spent = 0

    def learn(self, shared_strings: bytes) -> None:
        sizes = [len(text) for text in STRING_END.split(shared_strings)]
        for index, size in enumerate(sizes):
            if size > self._limits.long_text:
                key = str(index).encode()
                self._long[key] = max(size, self._long.get(key, 0))

    def spend(self, sheet: bytes) -> None:
        if not self._long:
            return
        used = Counter(USED_STRING.findall(sheet))
        self._spent += sum(size * used[index] for index, size in self._long.items())
        if self._spent > self._limits.expanded_text_bytes:
            raise DomainError(
                "工作簿里同一段很长的文字被大量重复引用，展开后过于庞大，已停止读取。",
                remedy="请检查是否误把长文字向下填充到许多行。",
            )


def catalogue_of(parts: dict[str, bytes]) -> Catalogue:
    """Sheet titles and the parts they stand in. Refuses a workbook whose catalogue is damaged or odd.

    The reader follows the same relations, so every part it will take as XML must be one that was checked as XML.
    """
    root = _relations(parts, "_rels/.rels", "/")
    book_part = next((part for kind, part in root.values() if kind == "officeDocument"), "")
    book = _tree(parts, book_part)
    folder, name = str(PurePosixPath(book_part).parent), PurePosixPath(book_part).name
    relations = _relations(parts, f"{folder}/_rels/{name}.rels", f"/{folder}")
    sheets: dict[str, str] = {}
    for item in _all(book, "sheet"):
        title, key = item.get("name", ""), next((v for k, v in item.attrib.items() if k.endswith("}id")), "")
        if title in sheets or key not in relations:
            raise _bad_catalogue()
        sheets[title] = relations[key][1]
    strings = [part for kind, part in relations.values() if kind == "sharedStrings"]
    if not sheets or not all(part.lower().endswith(".xml") for part in (book_part, *sheets.values(), *strings)):
        raise _bad_catalogue()
    if any(SHARED_STRINGS not in part.lower() for part in strings):
        raise _bad_catalogue()
    date1904 = any(item.get("date1904", "0") in ("1", "true") for item in _all(book, "workbookPr"))
    return Catalogue(sheets=sheets, date1904=date1904)


def _tree(parts: dict[str, bytes], name: str) -> ElementTree.Element:
    try:
        return ElementTree.fromstring(parts[name])  # noqa: S314 - no part with a DTD gets this far
    except (KeyError, ElementTree.ParseError):
        raise _bad_catalogue() from None


def _relations(parts: dict[str, bytes], name: str, folder: str) -> dict[str, tuple[str, str]]:
    """Id → (last word of the type, part)."""
    return {
        item.get("Id", ""): (item.get("Type", "").rpartition("/")[2], _part_name(item.get("Target", ""), folder))
        for item in _tree(parts, name)
    }


def _all(tree: ElementTree.Element, tag: str) -> list[ElementTree.Element]:
    return [item for item in tree.iter() if isinstance(item.tag, str) and item.tag.rpartition("}")[2] == tag]


def _part_name(target: str, folder: str) -> str:
    return posixpath.normpath(posixpath.join(folder, target)).lstrip("/")


def _bad_catalogue() -> DomainError:
    return DomainError(
        "工作簿的目录缺失或已损坏，没有读取。", remedy="请用 Excel 或 WPS 打开原文件，另存一份后重新上传。"
    )

"""Exports: text stays text, dates are dates, and the sheet says who took it out."""

import io
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from openpyxl.utils.escape import unescape
from openpyxl.worksheet.worksheet import Worksheet

from common.errors import DomainError
from engines.documents import sheet as sheets
from engines.documents.sheet import Column, Sheet, legal_name, workbook


def opened(*given: Sheet, **more: Any) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(workbook(given, **more)))


def page(*rows: list[Any], kind: Any = "text", **more: Any) -> Worksheet:
    columns = [Column("甲", kind=kind) for _ in rows[0]]
    active = opened(Sheet("表", columns, rows), **more).active
    assert isinstance(active, Worksheet)
    return active


@pytest.mark.parametrize(
    "words",
    ["=1+1", "=HYPERLINK(\"https://evil.example\")", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "https://example.com", "mailto:a@b",
     "{=1}", "'=1", "_x0041_", "a\nb", "𠮷𬭚", "007", "1e5"],
)  # fmt: skip
def test_text_stays_text_whatever_it_begins_with(words: str) -> None:
    cell = page([words])["A2"]
    assert cell.data_type == "s"
    assert unescape(cell.value) == words
    assert cell.hyperlink is None


@pytest.mark.parametrize("words", ["=1+1", "+1", "-1", "@a", "\t1", "\r1"])
def test_risky_text_is_quoted_so_that_editing_does_not_run_it(words: str) -> None:
    assert page([words])["A2"].quotePrefix


def test_values_keep_their_kind(now: datetime) -> None:
    row = [date(2026, 3, 31), now, 12, Decimal("3.5"), True, None, "", 110101199003077518, date(1899, 1, 1)]
    got = [cell.value for cell in page(row)[2]]
    assert got[0] == datetime(2026, 3, 31)
    assert got[1] == datetime(2026, 11, 21, 9, 30)
    assert got[2:7] == [12, 3.5, "是", None, None]
    assert got[7] == "110101199003077518", "a number Excel would round stays text"
    assert got[8] == "1899-01-01"


def test_dates_are_shown_as_dates() -> None:
    assert page([date(2026, 3, 31)])["A2"].number_format == "yyyy-mm-dd"
    assert page([Decimal("0.125")], kind="percent")["A2"].number_format == "0.0%"


@pytest.mark.parametrize(("line", "row"), [("first", 1), ("last", 3), ("none", None)])
def test_the_sheet_says_who_took_it_out(now: datetime, line: Any, row: int | None) -> None:
    active = page(["值"], exporter="李&文", now=now, line=line)
    words = "由 李&文 于 2026年11月21日 09:30 导出"
    found = [cell.row for line_of in active.iter_rows() for cell in line_of if cell.value == words]
    assert found == ([row] if row else [])
    assert "李&&文" in (active.oddFooter.left.text or "")


def test_title_header_frozen_rows_and_notes_stand_in_order(now: datetime) -> None:
    given = Sheet("表", [Column("单位", 30), Column("状态")], [["财政局", "已签"]], title="签订情况", notes=["注：甲"])
    active = opened(given, exporter="李文", now=now).active
    assert isinstance(active, Worksheet)
    assert [active.cell(n, 1).value for n in range(1, 6)] == [
        "签订情况",
        "由 李文 于 2026年11月21日 09:30 导出",
        "单位",
        "财政局",
        "注：甲",
    ]
    assert active.freeze_panes == "A4"
    assert active.auto_filter.ref == "A3:B4"
    assert active.print_title_rows == "$3:$3"


def test_a_text_too_long_for_a_cell_is_cut_and_says_so() -> None:
    value = page(["字" * 40_000])["A2"].value
    assert len(value) == 32_767
    assert value.endswith("（原文过长，此处有删节）")


def test_characters_no_workbook_can_hold_do_not_break_it() -> None:
    assert page(["甲\ud800乙"])["A2"].value == "甲乙"
    assert page(["甲\x01乙"])["A2"].value is not None


def test_more_rows_than_excel_holds_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MAX_ROWS", 5)
    with pytest.raises(DomainError, match="没有导出"):
        workbook([Sheet("表", [Column("甲")], [["x"]] * 10)])


def test_rows_may_come_one_by_one() -> None:
    def rows() -> Iterator[list[int]]:
        yield from ([n] for n in range(1000))

    active = opened(Sheet("表", [Column("序号", kind="number")], rows())).active
    assert isinstance(active, Worksheet)
    assert active.max_row == 1001


def test_a_row_that_does_not_fit_the_columns_is_a_fault() -> None:
    with pytest.raises(ValueError, match="zip"):
        workbook([Sheet("表", [Column("甲")], [["x", "y"]])])


@pytest.mark.parametrize(
    ("given", "legal"),
    [
        ("市直[部门]:*?/\\", "市直 部门"),
        ("", "工作表"),
        ("'引号'", "引号"),
        ("History", "历史"),
        ("字" * 40, "字" * 31),
        ("a\x00b", "a b"),
    ],
)
def test_sheet_names_are_made_legal(given: str, legal: str) -> None:
    assert legal_name(given, set()) == legal


def test_two_sheets_of_one_name_are_told_apart() -> None:
    taken: set[str] = set()
    names = [legal_name("字" * 40, taken), legal_name("字" * 40, taken), legal_name("A", taken), legal_name("a", taken)]
    assert names == ["字" * 31, "字" * 28 + "（2）", "A", "a（2）"]
    assert opened(*[Sheet("同名", [Column("甲")], []) for _ in range(3)]).sheetnames == [
        "同名",
        "同名（2）",
        "同名（3）",
    ]


def test_a_sheet_without_rows_still_has_its_header() -> None:
    active = opened(Sheet("表", [Column("甲"), Column("乙")], [])).active
    assert isinstance(active, Worksheet)
    assert [cell.value for cell in active[1]] == ["甲", "乙"]

"""The workbook comes back with its problems beside the cells, harmless, and can be corrected and sent again."""

import io
from typing import Any

import openpyxl
import pytest

from engines.imports import annotate
from engines.imports.annotate import AUTHOR, RED, YELLOW, with_problems
from engines.imports.problems import Problem, Severity
from engines.imports.spec import Column, Kind, SheetSpec
from engines.imports.template import blank_workbook
from engines.imports.workbook import open_workbook
from tests.engines.imports.workbooks import changed, parts_of, xlsx

SPEC = SheetSpec(
    "人员职务",
    (
        Column("code", "单位编码", kind=Kind.CODE, required=True),
        Column("name", "姓名", kind=Kind.NAME, required=True),
        Column("on", "任职日期", kind=Kind.DATE),
        Column("note", "备注"),
    ),
    key=("code", "name"),
)
ROWS = [
    ["任职名册"],
    ["单位编码", "姓名", "任职日期", "备注"],
    ["YC-D01", "孙一然", "2026-02-30", "=cmd|'/c calc'!A1"],
    ["YC-D02", "𠮷野", "2026.3.1", "+86"],
    ["YC-D03", "赵宁之", "2026-03-01", ""],
]


def make(arrange: Any = None) -> bytes:
    return xlsx({"人员职务": ROWS, "说明": [["填表说明"]]}, arrange)


def problems_of(data: bytes) -> list[Problem]:
    return open_workbook(data).read([SPEC]).sorted_problems()


def as_book(data: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(data))


@pytest.fixture(params=["full", "plain"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both copies must keep the same promises; the limit decides which one is made."""
    if request.param == "plain":
        monkeypatch.setattr(annotate, "FULL_COPY_CELLS", 0)
    return str(request.param)


def test_problem_cells_are_coloured_commented_and_written_beside_the_row(way: str) -> None:
    data = make()
    book = as_book(with_problems(data, problems_of(data)))
    assert book.sheetnames == ["导入问题", "人员职务", "说明"]
    sheet = book["人员职务"]
    assert [cell.value for cell in sheet[2]] == ["单位编码", "姓名", "任职日期", "备注", "导入问题"]
    assert sheet["C3"].fill.fgColor.rgb.endswith(RED)
    assert sheet["C4"].fill.fgColor.rgb.endswith(YELLOW)
    assert "没有2026年2月30日这一天" in sheet["C3"].comment.text
    assert sheet["E3"].value.startswith("C3 须改正：没有2026年2月30日这一天。")
    assert sheet["E4"].value.startswith("C4 请核对：日期已按 2026-03-01 识别。")
    assert sheet["E5"].value is None
    assert [sheet["B4"].value, sheet["D4"].value] == ["𠮷野", "+86"]


def test_the_first_sheet_lists_every_problem_with_a_link(way: str) -> None:
    data = make()
    sheet = as_book(with_problems(data, problems_of(data)))["导入问题"]
    listed = [[cell.value for cell in row[:3]] for row in sheet.iter_rows(min_row=2)]
    assert listed == [["人员职务 C3", "2026-02-30", "须改正"], ["人员职务 C4", "2026.3.1", "请核对"]]
    link = sheet["A2"].hyperlink
    assert (link.location or link.target.lstrip("#")) == "'人员职务'!C3"
    assert link.target is None or link.target.startswith("#")


def test_no_text_becomes_a_formula_and_formulas_become_values(way: str) -> None:
    def arrange(book: Any, made: Any) -> None:
        made["人员职务"].write_formula("D5", '=HYPERLINK("http://evil","x")', None, "看这里")
        made["说明"].write_formula("B1", "=1+1", None, 2)

    data = make(arrange)
    hostile = Problem("人员职务", 3, "D", "=1+1", Severity.ERROR, "=cmd|' /C calc'!A0", "@SUM(1)")
    returned = with_problems(data, [*problems_of(data), hostile])
    book = as_book(returned)
    for sheet in book.worksheets:
        assert [cell.coordinate for row in sheet.iter_rows() for cell in row if cell.data_type == "f"] == []
    assert book["人员职务"]["D3"].value == "=cmd|'/c calc'!A1"
    assert (book["人员职务"]["D5"].value, book["说明"]["B1"].value) == ("看这里", 2)
    assert not [name for name, part in parts_of(returned).items() if b"<f>" in part or b"externalLink" in part]


def test_the_returned_workbook_reads_as_the_original_did(way: str) -> None:
    data = make()
    before = open_workbook(data).read([SPEC])
    again = open_workbook(with_problems(data, problems_of(data))).read([SPEC])
    assert [row.values for row in again.rows("人员职务")] == [row.values for row in before.rows("人员职务")]
    assert again.sorted_problems() == before.sorted_problems()


def test_corrected_and_sent_again_it_loses_its_old_marks(way: str) -> None:
    data = make()
    returned = as_book(with_problems(data, problems_of(data)))
    returned["人员职务"]["C3"] = "2026-02-28"
    returned["人员职务"]["C4"] = "2026-03-01"
    packed = io.BytesIO()
    returned.save(packed)
    corrected = packed.getvalue()
    assert problems_of(corrected) == []
    sheet = as_book(with_problems(corrected, []))["人员职务"]
    assert [cell.value for cell in sheet[2] if cell.value] == ["单位编码", "姓名", "任职日期", "备注"]
    assert sheet["C3"].comment is None
    assert not sheet["C3"].fill.fgColor.rgb.endswith(RED)


def test_a_workbook_of_ordinary_size_keeps_its_looks_and_other_peoples_comments() -> None:
    def arrange(book: Any, made: Any) -> None:
        made["人员职务"].set_column(1, 1, 33)
        made["人员职务"].merge_range("A1:D1", "任职名册", book.add_format({"bold": True, "bg_color": "#00FF00"}))
        made["人员职务"].write_comment("B3", "请核实", {"author": "组织科"})

    data = make(arrange)
    sheet = as_book(with_problems(data, problems_of(data)))["人员职务"]
    assert sheet.column_dimensions["B"].width == pytest.approx(33, abs=1)
    assert sheet["A1"].fill.fgColor.rgb.endswith("00FF00")
    assert sheet["A1"].font.bold
    assert sheet["B3"].comment.text.endswith("请核实")
    assert sheet["C3"].comment.author == AUTHOR


def test_a_problem_of_a_whole_sheet_stands_in_the_list(way: str) -> None:
    data = xlsx({"其他": [["a"]]})
    sheet = as_book(with_problems(data, problems_of(data)))["导入问题"]
    assert [cell.value for cell in sheet[2]][:4:3] == ["人员职务", "没有找到工作表「人员职务」。"]


def test_an_enormous_merge_does_not_reach_openpyxl() -> None:
    def merge(xml: bytes) -> bytes:
        return xml.replace(b"</sheetData>", b'</sheetData><mergeCells><mergeCell ref="A2:XFD1048576"/></mergeCells>')

    data = changed(make(), "xl/worksheets/sheet2.xml", merge)
    assert as_book(with_problems(data, problems_of(data)))["人员职务"]["C3"].comment is not None


def test_the_blank_template_reads_back_without_a_problem() -> None:
    choice = Column("kind", "职务类别", kind=Kind.CHOICE, choices={"主要负责人": "HEAD", "班子成员": "MEMBER"})
    spec = SheetSpec("人员职务", (*SPEC.columns, choice), key=SPEC.key)
    data = blank_workbook([spec])
    reading = open_workbook(data).read([spec])
    assert (reading.problems, reading.rows("人员职务")) == ([], [])
    sheet = as_book(data)["人员职务"]
    assert "样式：2026-03-01" in sheet["C1"].comment.text
    assert sheet.data_validations.dataValidation[0].formula1 == '"{}"'.format(",".join(choice.labels))

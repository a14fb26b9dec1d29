"""Every oddity of real workbooks is either understood or named at its cell; rows around it are read."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest

from engines.imports.problems import Problem, Severity
from engines.imports.reading import Reading
from engines.imports.spec import Column, Kind, SheetSpec
from engines.imports.workbook import open_workbook
from tests.engines.imports.workbooks import hand_made, inline, rows_of, xlsx

POSTS = SheetSpec(
    "人员职务",
    (
        Column("unit", "单位编码", kind=Kind.CODE, required=True, max_length=40),
        Column("name", "姓名", kind=Kind.NAME, required=True, max_length=40),
        Column("title", "职务", aliases=("职务名称",), required=True, max_length=120),
        Column(
            "kind", "职务类别", kind=Kind.CHOICE, choices={"主要负责人": "HEAD", "班子成员": "MEMBER", "一把手": "HEAD"}
        ),
        Column("started_on", "任职日期", kind=Kind.DATE, required=True),
        Column("ended_on", "免职日期", kind=Kind.DATE),
        Column("phone", "手机", kind=Kind.PHONE),
        Column("order", "排序", kind=Kind.INT),
        Column("duty", "职责", max_length=3000, multiline=True),
    ),
    key=("unit", "name", "title"),
)
HEADERS = [column.header for column in POSTS.columns]
ROW: dict[str, Any] = {
    "单位编码": "YC-D01", "姓名": "孙一然", "职务": "局长", "职务类别": "主要负责人", "任职日期": "2024-03-01",
    "免职日期": "", "手机": "13000000000", "排序": 1, "职责": "主持全面工作",
}  # fmt: skip


def row(**cells: Any) -> list[Any]:
    return list({**ROW, **cells}.values())


def read(*rows: list[Any], arrange: Callable[[Any, Any], None] | None = None, above: int = 0) -> Reading:
    """The sheet 人员职务 with a header row; row numbers begin at 2 (+ `above` title rows)."""
    titles = [["任职名册"]] * above
    data = xlsx(
        {"人员职务": [*titles, HEADERS, *rows]},
        (lambda book, made: arrange(book, made["人员职务"])) if arrange else None,
    )
    return open_workbook(data).read([POSTS])


def told(reading: Reading) -> list[tuple[str, str, str]]:
    return [(problem.address, problem.severity.value, problem.words) for problem in reading.problems]


def only(reading: Reading) -> Problem:
    assert len(reading.problems) == 1, told(reading)
    return reading.problems[0]


def test_a_sound_row_becomes_values_with_addresses() -> None:
    reading = read(row())
    (found,) = reading.rows("人员职务")
    assert reading.problems == []
    assert found.values == {
        "unit": "YC-D01", "name": "孙一然", "title": "局长", "kind": "HEAD", "started_on": date(2024, 3, 1),
        "ended_on": None, "phone": "13000000000", "order": 1, "duty": "主持全面工作",
    }  # fmt: skip
    assert (found.number, found.cells["started_on"], found.bad) == (2, "E2", False)


UNDERSTOOD: list[tuple[str, str, Any, str, Any]] = [
    ("code with trailing spaces", "单位编码", " YC-D01\u3000 ", "unit", "YC-D01"),
    ("code in full width", "单位编码", "ＹＣ－Ｄ０１", "unit", "YC-D01"),
    ("code with a long dash", "单位编码", "YC—D01", "unit", "YC-D01"),
    ("code stored as a number", "单位编码", 1001, "unit", "1001"),
    ("code with a byte order mark", "单位编码", "\ufeffYC-D01", "unit", "YC-D01"),
    ("name aligned by a full-width space", "姓名", "沈\u3000一", "name", "沈一"),
    ("name with a typed dot", "姓名", "阿不都•热西提", "name", "阿不都·热西提"),
    ("name of CJK Extension B", "姓名", "𠮷𡈽野", "name", "𠮷𡈽野"),
    ("name of a rare character", "姓名", "李喆堃䶮", "name", "李喆堃䶮"),
    ("name written in pieces (NFD)", "姓名", "Andre\u0301", "name", "Andr\u00e9"),
    ("name with a hidden direction mark", "姓名", "孙\u202e一然", "name", "孙一然"),
    ("line break inside a post's title", "职务", "党组成员、\n副局长", "title", "党组成员、副局长"),
    ("no-break space", "职务", "副\u00a0局长\u00a0", "title", "副 局长"),
    ("a title that is a number", "职务", 2024.0, "title", "2024"),
    ("line breaks where they are wanted", "职责", "一、主持 \r\n二、分管", "duty", "一、主持\n二、分管"),
    ("choice by another label", "职务类别", "一把手", "kind", "HEAD"),
    ("choice by its code", "职务类别", "member", "kind", "MEMBER"),
    ("choice with spaces", "职务类别", " 班子 成员", "kind", "MEMBER"),
    ("date as a real date", "任职日期", datetime(2026, 3, 1, 8, 30), "started_on", date(2026, 3, 1)),
    ("ISO date text", "任职日期", "2026-03-01", "started_on", date(2026, 3, 1)),
    ("optional date: still in office", "免职日期", "至今", "ended_on", None),
    ("optional date: a dash", "免职日期", "——", "ended_on", None),
    ("phone as a number", "手机", 13800000000, "phone", "13800000000"),
    ("phone with country code and spaces", "手机", "+86 138 0000 0000", "phone", "13800000000"),
    ("landline", "手机", "0394-7210000", "phone", "0394-7210000"),
    ("no phone", "手机", "无", "phone", ""),
    ("number as text", "排序", " 12 ", "order", 12),
    ("number as full-width text", "排序", "１２", "order", 12),
    ("number with a decimal zero", "排序", 12.0, "order", 12),
    ("zero", "排序", 0, "order", 0),
    ("text that looks like a formula stays text", "职责", "=1+1", "duty", "=1+1"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("header", "cell", "key", "value"), [c[1:] for c in UNDERSTOOD], ids=[c[0] for c in UNDERSTOOD]
)
def test_what_people_type_is_understood_without_a_word(header: str, cell: Any, key: str, value: Any) -> None:
    reading = read(row(**{header: cell}))
    assert told(reading) == []
    assert reading.rows("人员职务")[0][key] == value


DATES_AS_TYPED: list[Any] = [
    "2026-3-1", "2026/3/1", "2026.3.1", "2026.03.01", "2026年3月1日", "2026年03月01号", "20260301", "２０２６－３－１",
    " 2026-03-01 00:00:00", "46082", 46082, 20260301,
]  # fmt: skip


@pytest.mark.parametrize("typed", DATES_AS_TYPED)
def test_dates_as_text_or_day_numbers_are_recognised_and_said(typed: Any) -> None:
    reading = read(row(任职日期=typed))
    assert reading.rows("人员职务")[0]["started_on"] == date(2026, 3, 1)
    problem = only(reading)
    assert (problem.address, problem.severity) == ("人员职务 E2", Severity.CHECK)
    assert problem.words == "日期已按 2026-03-01 识别。"
    assert reading.good("人员职务")


def test_day_numbers_follow_the_workbooks_own_epoch() -> None:
    xml = rows_of(HEADERS).replace("</sheetData>", "")
    cells = "".join(inline(f"{letter}2", text) for letter, text in (("A", "YC"), ("B", "孙一然"), ("C", "局长")))
    data = hand_made(
        f'{xml}<row r="2">{cells}<c r="E2"><v>44620</v></c></row></sheetData>',
        name="人员职务",
        pr='<workbookPr date1904="1"/>',
    )
    assert open_workbook(data).read([POSTS]).rows("人员职务")[0]["started_on"] == date(2026, 3, 1)


WRONG: list[tuple[str, str, Any, str, str]] = [
    ("no code", "单位编码", "", "A2", "没有填写单位编码"),
    ("only spaces", "单位编码", " \u3000 ", "A2", "没有填写单位编码"),
    ("10,000 characters", "职务", "长" * 10_000, "C2", "共 10,000 字，超过 120 字的上限"),
    ("10,000 characters in a long text", "职责", "长" * 10_000, "I2", "共 10,000 字，超过 3,000 字的上限"),
    ("control character", "职务", "局\x07长", "C2", "控制字符"),
    ("unknown choice", "职务类别", "副书记", "D2", "职务类别「副书记」不在可选范围"),
    ("a day that does not exist", "任职日期", "2026-02-30", "E2", "没有2026年2月30日"),
    ("a month that does not exist", "任职日期", "2026年13月1日", "E2", "没有2026年13月1日"),
    ("month only", "任职日期", "2026年3月", "E2", "没有写到日"),
    ("month only as a number", "任职日期", 2026.3, "E2", "没有写到日"),
    ("year only", "任职日期", 2026, "E2", "没有写到日"),
    ("day first", "任职日期", "1/3/2026", "E2", "次序不明确"),
    ("words for a date", "任职日期", "去年底", "E2", "不是日期"),
    ("a required date that is open", "任职日期", "至今", "E2", "不是日期"),
    ("a far year", "任职日期", "2926-03-01", "E2", "不在 1900 至 2100 之间"),
    ("truth for a date", "任职日期", True, "E2", "不是日期"),
    ("ten digits", "手机", 1380000000, "G2", "不是有效的电话号码"),
    ("words for a number", "排序", "第一", "H2", "应填整数"),
    ("half a number", "排序", 1.5, "H2", "应填整数"),
    ("a number with lost digits", "职责", 412727199001011234, "I2", "超过 15 位"),
]  # fmt: skip


@pytest.mark.parametrize(("header", "cell", "at", "words"), [c[1:] for c in WRONG], ids=[c[0] for c in WRONG])
def test_what_cannot_be_understood_is_said_at_its_cell(header: str, cell: Any, at: str, words: str) -> None:
    reading = read(row(**{header: cell}), row(姓名="赵宁之"))
    problem = only(reading)
    assert problem.address == f"人员职务 {at}"
    assert problem.severity == Severity.ERROR
    assert words in problem.words
    assert problem.remedy
    assert len(problem.value) <= 80
    assert [found["name"] for found in reading.good("人员职务")] == ["赵宁之"]


def test_an_unknown_choice_names_what_may_stand_there_and_the_nearest() -> None:
    assert only(read(row(职务类别="班子成"))).remedy == "最接近的是「班子成员」。可填「主要负责人」、「班子成员」。"


def test_a_character_of_somebodys_own_font_is_kept_and_pointed_at() -> None:
    reading = read(row(姓名="李\ue863"))
    assert reading.rows("人员职务")[0]["name"] == "李\ue863"
    assert only(reading).severity == Severity.CHECK


def test_a_formula_counts_with_the_value_it_held() -> None:
    reading = read(row(), arrange=lambda book, sheet: sheet.write_formula("C2", '="副"&"局长"', None, "副局长"))
    assert reading.rows("人员职务")[0]["title"] == "副局长"
    assert reading.problems == []


@pytest.mark.parametrize(("typed", "words"), [("<f>1+1</f><v></v>", "公式"), ("<f>1+1</f>", "公式")])
def test_a_formula_without_a_value_is_said_at_its_cell(typed: str, words: str) -> None:
    xml = rows_of(HEADERS, ["YC", "孙一然", "局长", "", "2026-03-01"]).replace(
        inline("C2", "局长"), f'<c r="C2">{typed}</c>'
    )
    problem = only(open_workbook(hand_made(xml, name="人员职务")).read([POSTS]))
    assert (problem.address, problem.severity) == ("人员职务 C2", Severity.ERROR)
    assert words in problem.words


@pytest.mark.parametrize("error", ["#REF!", "#DIV/0!", "#N/A", "#NAME?"])
def test_an_error_cell_is_said_at_its_cell_even_in_an_optional_column(error: str) -> None:
    xml = rows_of(HEADERS, ["YC", "孙一然", "局长", "", "2026-03-01", "", "x"])
    xml = xml.replace(inline("G2", "x"), f'<c r="G2" t="e"><v>{error}</v></c>')
    reading = open_workbook(hand_made(xml, name="人员职务")).read([POSTS])
    assert told(reading) == [("人员职务 G2", "error", f"单元格显示错误 {error}。")]
    assert reading.good("人员职务") == []


def test_blank_rows_between_and_below_are_no_rows() -> None:
    reading = read(row(), [], ["  ", "\u3000"], row(姓名="赵宁之"), [], [])
    assert [found.number for found in reading.rows("人员职务")] == [2, 5]
    assert reading.problems == []


def test_title_rows_and_merged_cells_above_the_header_are_passed_over() -> None:
    reading = read(row(), above=3, arrange=lambda book, sheet: sheet.merge_range("A1:I1", "云川市任职名册"))
    assert [found.number for found in reading.rows("人员职务")] == [5]
    assert reading.problems == []


def test_a_block_merged_downwards_stands_for_every_row_and_is_said_once() -> None:
    def merge(book: Any, sheet: Any) -> None:
        sheet.merge_range("A2:A4", "YC-D01")

    reading = read(row(), row(单位编码="", 姓名="赵宁之"), row(单位编码="", 姓名="孔言清"), arrange=merge)
    assert [found["unit"] for found in reading.rows("人员职务")] == ["YC-D01"] * 3
    problem = only(reading)
    assert (problem.address, problem.severity) == ("人员职务 A2", Severity.CHECK)
    assert "第 2 至 4 行是合并单元格，已按「YC-D01」填入每一行" in problem.words


def test_a_row_merged_over_the_sheet_is_a_section_title_and_no_data() -> None:
    def merge(book: Any, sheet: Any) -> None:
        sheet.merge_range("A2:I2", "一、市直部门")

    reading = read([], row(), arrange=merge)
    assert [found.number for found in reading.rows("人员职务")] == [3]
    assert "合并的标题行" in only(reading).words


def test_columns_may_stand_in_any_order_under_other_spellings() -> None:
    headers = ["手机（选填）", " 任职日期：", "姓 名", "*单位编码", "职务名称"]
    data = xlsx({"人员职务 ": [headers, ["13000000000", "2026-03-01", "孙一然", "YC", "局长"]]})
    reading = open_workbook(data).read([POSTS])
    assert told(reading) == []
    (found,) = reading.rows("人员职务")
    assert (found["unit"], found["phone"], found["kind"], found["duty"]) == ("YC", "13000000000", None, "")
    assert found.cells["unit"] == "D2"


def test_a_missing_sheet_is_named_with_what_is_there() -> None:
    problem = only(open_workbook(xlsx({"人员职位": [HEADERS, row()]})).read([POSTS]))
    assert (problem.address, problem.words) == ("人员职务", "没有找到工作表「人员职务」。")
    assert "「人员职位」" in problem.remedy
    assert "最接近的是「人员职位」" in problem.remedy


def test_a_missing_column_is_named_and_the_sheet_is_left_alone() -> None:
    headers = [header if header != "任职日期" else "任职时间" for header in HEADERS]
    reading = open_workbook(xlsx({"人员职务": [["名册"], headers, row()]})).read([POSTS])
    errors = [problem for problem in reading.problems if problem.is_error]
    assert [(p.address, p.words) for p in errors] == [("人员职务 第 2 行", "缺少「任职日期」一列，整张表没有读取。")]
    assert "最接近的是「任职时间」" in errors[0].remedy
    assert reading.broken == ["人员职务"]
    assert reading.rows("人员职务") == []


def test_a_column_that_stands_twice_is_an_error() -> None:
    reading = open_workbook(xlsx({"人员职务": [[*HEADERS, "姓名"], [*row(), "赵宁之"]]})).read([POSTS])
    assert ("人员职务 J1", "error", "「姓名」一列重复出现。") in told(reading)
    assert reading.broken == ["人员职务"]


def test_an_unknown_column_is_passed_over_and_said() -> None:
    reading = open_workbook(xlsx({"人员职务": [[*HEADERS, "备考"], [*row(), "x"]]})).read([POSTS])
    assert told(reading) == [("人员职务 J1", "check", "「备考」不是模板中的列，没有读取。")]
    assert len(reading.good("人员职务")) == 1


@pytest.mark.parametrize("rows", [[], [["随便"], ["写写"]]], ids=["empty", "no header"])
def test_a_sheet_without_a_header_is_said(rows: list[list[str]]) -> None:
    reading = open_workbook(xlsx({"人员职务": rows})).read([POSTS])
    assert only(reading).is_error
    assert "列名为：单位编码、姓名" in only(reading).remedy


def test_a_key_that_stands_twice_names_the_earlier_row() -> None:
    reading = read(row(), row(姓名="赵宁之"), row(手机="13000000009"))
    problem = only(reading)
    assert (problem.address, problem.severity) == ("人员职务 A4", Severity.ERROR)
    assert problem.words == "与第 2 行重复：单位编码「YC-D01」、姓名「孙一然」、职务「局长」。"
    assert [found.number for found in reading.good("人员职务")] == [2, 3]


def test_a_row_that_stands_twice_word_for_word_is_imported_once() -> None:
    reading = read(row(), row())
    assert [found.number for found in reading.rows("人员职务")] == [2]
    assert told(reading) == [("人员职务 A3", "check", "与第 2 行完全相同，只导入一次。")]


def test_many_remarks_of_one_sort_are_summed_up_but_errors_are_not() -> None:
    reading = read(*[row(姓名=f"孙{n}", 任职日期="2026.3.1", 手机="1") for n in range(50)])
    checks = [problem for problem in reading.problems if not problem.is_error]
    assert len(checks) == 6
    assert "另有 45 格情况相同" in checks[-1].words
    assert reading.totals[Severity.ERROR] == 50


def test_problems_are_sorted_errors_first_then_as_they_stand() -> None:
    reading = read(row(任职日期="2026.3.1"), row(姓名="赵宁之", 手机="1", 排序="x"))
    assert [problem.address for problem in reading.sorted_problems()] == ["人员职务 G3", "人员职务 H3", "人员职务 E2"]


def test_overlapping_merges_do_not_run_away() -> None:
    merges = "".join(f'<mergeCell ref="A2:A{180_000 + n}"/>' for n in range(300))
    xml = rows_of(HEADERS, ["YC", "孙一然", "局长", "", "2026-03-01"]) + f"<mergeCells>{merges}</mergeCells>"
    assert len(open_workbook(hand_made(xml, name="人员职务")).read([POSTS]).rows("人员职务")) == 1


def test_the_column_of_a_returned_workbook_is_read_over() -> None:
    data = xlsx({"导入问题": [["位置"]], "人员职务": [[*HEADERS, "导入问题"], [*row(), "须改正：…"]]})
    book = open_workbook(data)
    assert book.sheet_names == ["人员职务"]
    assert book.read([POSTS]).problems == []

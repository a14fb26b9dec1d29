"""Every fault of a workbook is told at its cell with what to do; sound rows are imported all the same."""

from datetime import date
from io import BytesIO
from typing import Any

import pytest
from openpyxl import Workbook

from common.errors import DomainError
from engines.imports.models import ImportRun
from engines.imports.problems import Problem
from engines.imports.queries import problems_of
from engines.imports.runs import commit_import, preview_import, start_import, undo_import
from organization.enums import Role
from organization.models import Charge, Person, Post, Unit
from organization.services import people, units
from tests.factories.organization import (
    NOW,
    TODAY,
    make_charge,
    make_person,
    make_post,
    make_region,
    make_unit,
    make_user,
)

pytestmark = pytest.mark.django_db

UNIT = (
    "单位编码",
    "单位名称",
    "单位类别",
    "党组织名称",
    "党组织类别",
    "上级单位编码",
    "监督单位编码",
    "成立日期",
    "排序",
)
POST = ("单位编码", "姓名", "职务", "职务类别", "职级", "任职日期", "免职日期", "手机")
CHARGE = ("单位编码", "姓名", "分管领域", "备注")


def unit_row(code: str, name: str = "", parent: str = "YC", **other: Any) -> tuple[Any, ...]:
    kind, founded = other.get("kind", "政府部门"), other.get("founded", "2020-01-01")
    return code, name or f"单位{code}", kind, "", "无", parent, other.get("supervisor", ""), founded, 1


def post_row(unit: str, name: str, **other: Any) -> tuple[Any, ...]:
    title, kind = other.get("title", "局长"), other.get("kind", "主要负责人")
    return unit, name, title, kind, "", other.get("start", "2024-01-01"), other.get("end"), other.get("phone", "")


def workbook(
    units: list[tuple[Any, ...]], posts: list[tuple[Any, ...]] = (), charges: list[tuple[Any, ...]] = ()
) -> bytes:
    book = Workbook()
    for sheet, header, rows in (("单位", UNIT, units), ("人员职务", POST, posts), ("班子分工", CHARGE, charges)):
        page = book.create_sheet(sheet)
        for row in (header, *rows):
            page.append(row)
    del book["Sheet"]
    packed = BytesIO()
    book.save(packed)
    return packed.getvalue()


def previewed(*sheets: Any, by: Any = None) -> ImportRun:
    run = start_import("units", workbook(*sheets), "名册.xlsx", by=by, now=NOW, enqueued=False)
    return preview_import(run, now=NOW)


def at(run: ImportRun, address: str) -> Problem:
    found = {problem.address: problem for problem in problems_of(run)}
    assert address in found, found
    return found[address]


@pytest.fixture
def city() -> Unit:
    return make_region(code="YC")


UNIT_FAULTS = [
    ([unit_row("A", parent="YC1")], "单位 F2", "上级单位编码「YC1」不存在", "最接近的是 YC 云川市"),
    ([unit_row("A", parent="A")], "单位 F2", "不能以自己为上级单位", ""),
    ([unit_row("A", parent="B"), unit_row("B", parent="A")], "单位 F2", "成了一个圈", ""),
    ([unit_row("A"), unit_row("A", name="另一个")], "单位 A3", "重复", ""),
    ([unit_row("A", supervisor="ZZ")], "单位 G2", "监督单位编码「ZZ」不存在", ""),
    ([unit_row("A", kind="局")], "单位 C2", "不在可选范围", ""),
    ([unit_row("A", founded="")], "单位 H2", "没有填写成立日期", ""),
    ([unit_row("A", founded="2027-01-01")], "单位 H2", "晚于今天", ""),
    ([unit_row("")], "单位 A2", "没有填写单位编码", ""),
    ([unit_row("A", founded="")], "单位 H2", "没有填写成立日期", ""),
]


@pytest.mark.parametrize(("rows", "address", "words", "remedy"), UNIT_FAULTS)
def test_a_fault_of_a_unit_is_told_at_its_cell(city: Unit, rows: Any, address: str, words: str, remedy: str):
    problem = at(previewed(rows), address)
    assert problem.is_error
    assert words in problem.words
    assert remedy in problem.remedy


POST_FAULTS = [
    ([post_row("ZZ", "孔一言")], "人员职务 A2", "单位编码「ZZ」不存在", True),
    ([post_row("YC", "孔一言", start="2026-05-01", end="2026-03-15")], "人员职务 G2", "早于 F2 的任职日期", True),
    ([post_row("YC", "孔一言", kind="副书记")], "人员职务 D2", "不在可选范围", True),
    ([post_row("YC", "孔一言", phone="123")], "人员职务 H2", "电话号码", True),
    (
        [post_row("YC", "孔一言", phone="13900000001"), post_row("YC", "孔二言", phone="13900000001")],
        "人员职务 H3",
        "又写给孔一言",
        True,
    ),
    ([post_row("YC", "孔一言")], "人员职务 H2", "没有手机号", False),
    ([post_row("YC", "孔一言", start="2019-01-01")], "人员职务 F2", "早于单位的成立日期", False),
]


@pytest.mark.parametrize(("rows", "address", "words", "is_error"), POST_FAULTS)
def test_a_fault_of_a_post_is_told_at_its_cell(city: Unit, rows: Any, address: str, words: str, is_error: bool):
    problem = at(previewed([], rows), address)
    assert (problem.is_error, words in problem.words) == (is_error, True), problem


def test_a_number_of_somebody_else_and_a_namesake_elsewhere_are_told_apart(city: Unit):
    make_post(city, person=make_person("孔一言", phone="13900000001"))
    other = make_unit(city, code="YC-D1")
    run = previewed(
        [],
        [post_row("YC-D1", "孔二言", phone="13900000001"), post_row("YC-D1", "孔一言", phone="13900000002")],
    )
    assert "已由孔一言使用" in at(run, "人员职务 H2").words
    assert "系统中另有孔一言" in at(run, "人员职务 B3").words
    commit_import(run, by=None, now=NOW, skip_bad=True)
    assert Person.objects.filter(name="孔一言").count() == 2
    assert Post.objects.get(unit=other).person.phone == "13900000002"


CHARGE_FAULTS = [
    (("YC", "孔一言", "财务", ""), "班子分工 B2", "不在这个单位任职"),
    (("YC", "孔三言", "财务", ""), "班子分工 B2", "任职已经终止"),
    (("YC", "孔二言", "财物", ""), "班子分工 C2", "没有登记"),
    (("YC", "孔二言", "财物", ""), "班子分工 C2", "最接近的是「财务」"),
    (("ZZ", "孔二言", "财务", ""), "班子分工 A2", "不存在"),
]


@pytest.mark.parametrize(("row", "address", "words"), CHARGE_FAULTS)
def test_a_fault_of_a_charge_is_told_at_its_cell(city: Unit, row: Any, address: str, words: str):
    make_post(city, person=make_person("孔二言"))
    make_post(city, person=make_person("孔三言"), ended_on=date(2025, 1, 1))
    problem = at(previewed([], [], [row]), address)
    assert problem.is_error
    assert words in problem.words + problem.remedy


def test_a_child_of_a_faulty_row_waits_for_its_parent(city: Unit):
    run = previewed([unit_row("A", founded=""), unit_row("B", parent="A"), unit_row("C")])
    assert "第 2 行须改正" in at(run, "单位 F3").words
    commit_import(run, by=None, now=NOW, skip_bad=True)
    assert set(Unit.objects.values_list("code", flat=True)) == {"YC", "C"}


def test_rows_come_in_any_order_and_stand_beneath_their_parents(city: Unit):
    commit_import(previewed([unit_row("B", parent="A"), unit_row("A")]), by=None, now=NOW)
    a, b = Unit.objects.get(code="A"), Unit.objects.get(code="B")
    assert (b.path, b.depth) == (f"{city.pk}/{a.pk}/{b.pk}/", 2)


def test_renaming_moving_and_ending_in_the_workbook_are_changes_of_that_day_and_can_be_undone(city: Unit):
    old, new = make_unit(city, code="A", name="甲局"), make_unit(city, code="B", name="乙局")
    child = make_unit(old, code="C", name="丙科", party_name="", party_kind="none")
    below = make_unit(child, code="D", name="丁股")
    post = make_post(child, person=make_person("孔一言"), title="科长")
    charge = make_charge(post, "财务")
    run = previewed(
        [unit_row("C", name="丙处", parent="B")],
        [post_row("C", "孔一言", title="科长", end="2026-11-01")],
    )
    assert {name: (c["change"], c["end"]) for name, c in run.counts.items() if c["rows"]} == {
        "单位": (1, 0),
        "人员职务": (0, 1),
    }
    run = commit_import(run, by=None, now=NOW)
    for obj in (child, below, post, charge):
        obj.refresh_from_db()
    assert (child.name, child.parent) == ("丙处", new)
    assert below.path == f"{city.pk}/{new.pk}/{child.pk}/{below.pk}/"
    assert (post.ended_on, charge.ended_on, post.unit_path) == (date(2026, 11, 1), date(2026, 11, 1), child.path)
    assert [v.name for v in child.versions.all()] == ["丙科", "丙处"]
    assert "丙科" in child.search_text
    undo_import(run, by=None, now=NOW)
    for obj in (child, below, post, charge):
        obj.refresh_from_db()
    assert (child.name, child.parent, child.versions.count()) == ("丙科", old, 1)
    assert below.path == f"{city.pk}/{old.pk}/{child.pk}/{below.pk}/"
    assert below.depth == 3
    assert (post.ended_on, charge.ended_on, post.unit_path) == (None, None, child.path)


def test_a_column_the_sheet_lacks_leaves_its_facts_alone(city: Unit):
    unit = make_unit(city, code="A", name="甲局", party_name="中共甲局党组", order=7)
    book = Workbook()
    book.active.title = "单位"
    for row in (("单位编码", "单位名称", "单位类别"), ("A", "甲局", "政府部门")):
        book.active.append(row)
    packed = BytesIO()
    book.save(packed)
    run = start_import("units", packed.getvalue(), "甲.xlsx", by=None, now=NOW, enqueued=False)
    assert preview_import(run, now=NOW).change_total == 0
    unit.refresh_from_db()
    assert (unit.party_name, unit.order, unit.parent) == ("中共甲局党组", 7, city)


def test_an_account_imports_only_beneath_what_it_manages(city: Unit):
    mine, other = make_unit(city, code="A"), make_unit(city, code="B")
    by = make_user(Role.DISCIPLINE_OFFICE, mine)
    run = previewed(
        [unit_row("A1", parent="A"), unit_row("B1", parent="B"), unit_row("B", name="改名")],
        [post_row("B", "孔一言"), post_row("A", "孔二言")],
        by=by,
    )
    assert "不在您的管理范围" in at(run, "单位 F3").words
    assert "不在您的管理范围" in at(run, "单位 A4").words
    assert "不在您的管理范围" in at(run, "人员职务 A2").words
    commit_import(run, by=by, now=NOW, skip_bad=True)
    assert Unit.objects.filter(code="A1").exists()
    assert not Unit.objects.filter(code="B1").exists()
    assert list(Post.objects.values_list("unit__code", flat=True)) == ["A"]
    assert other.versions.count() == 1


def test_nobody_founds_a_root_through_a_page(city: Unit):
    by = make_user(Role.DISCIPLINE_OFFICE, city)
    assert "没有填写上级单位" in at(previewed([unit_row("ROOT", parent="")], by=by), "单位 F2").words


def test_a_preview_that_no_longer_holds_is_not_committed(city: Unit):
    run = previewed([unit_row("A")])
    make_unit(city, code="A")
    with pytest.raises(DomainError, match="过时"):
        commit_import(run, by=None, now=NOW)


def test_what_was_changed_since_stands_against_undoing(city: Unit):
    run = commit_import(previewed([unit_row("A")]), by=None, now=NOW)
    units.rename_unit(Unit.objects.get(code="A"), name="改过的局", on=TODAY, by=None, now=NOW)
    with pytest.raises(DomainError, match="又有改动"):
        undo_import(run, by=None, now=NOW)


def test_a_post_ended_and_taken_again_are_two_posts(city: Unit):
    post = make_post(city, person=make_person("孔一言", phone="13900000001"), title="局长")
    people.end_post(post, on=date(2025, 1, 1), by=None, now=NOW)
    rows = [post_row("YC", "孔一言", start="2026-01-01", phone="13900000001")]
    commit_import(previewed([], rows), by=None, now=NOW)
    assert Post.objects.filter(unit=city).count() == 2
    silent = previewed([], [post_row("YC", "孔一言", start="2024-01-01", phone="13900000001"), *rows])
    assert "没有恢复任职" in at(silent, "人员职务 G2").words


def test_the_rules_see_the_workbook_and_the_database_together(city: Unit):
    head = make_post(city, person=make_person("孔一言"), kind="head")
    member = make_post(city, person=make_person("孔二言"), kind="member")
    make_charge(member, "人事")
    rows = [("YC", "孔一言", "财务", ""), ("YC", "孔二言", "工程项目", ""), ("YC", "孔二言", "行政审批", "")]
    run = previewed([], [], rows)
    assert "主要负责人不直接分管财务" in at(run, "班子分工 C2").words
    assert "物资采购没有人分管" in at(run, "班子分工 C4").words
    commit_import(run, by=None, now=NOW)
    assert Charge.objects.filter(post=head).get().field.name == "财务"
    assert previewed([], [], rows).change_total == 0

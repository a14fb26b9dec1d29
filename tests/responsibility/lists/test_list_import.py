"""Lists from files: nothing lost, nothing invented, nothing twice, and hostile files refused in words."""

import io
import json
from pathlib import Path

import openpyxl
import pytest
from django.core.management import CommandError, call_command

from common.errors import DomainError, Forbidden, Stale
from organization.enums import Role
from responsibility.documents import list_workbook
from responsibility.documents.list_yaml import MAX_BYTES, read_yaml
from responsibility.enums import ListState, Per, Subject
from responsibility.models import ListItem, ResponsibilityList
from responsibility.queries.library import as_in_file
from responsibility.services.contents import save_situation
from responsibility.services.library import publish_list
from responsibility.services.list_import import commit_lists, plan_lists, read_file
from tests.factories.lists import make_item, make_list, make_published_list
from tests.factories.organization import NOW, make_office_user, make_region, make_user

DATA = Path(__file__).resolve().parents[3] / "responsibility" / "data"


@pytest.fixture
def city():
    return make_region()


@pytest.fixture
def office(city):
    return make_office_user(city)


def bring_in(name: str, data: bytes, unit, actor=None) -> list[ResponsibilityList]:
    return commit_lists(plan_lists(read_file(data, name), unit=unit), actor=actor, now=NOW)


def published(name: str) -> bytes:
    return (DATA / name).read_bytes()


@pytest.mark.django_db
def test_categories_without_printed_items_and_the_declared_count_stay_visible(city):
    principal, supervision = bring_in("luyi.yaml", published("luyi_2017.yaml"), city)
    assert [one.name for one in supervision.categories.all()] == [
        *("协助党组落实主体责任", "开展宣传教育", "严明纪律监督", "深化作风监督"),
        *("坚持挺纪在前", "坚决惩治腐败", "严格责任追究", "加强自身建设"),
    ]
    assert principal.categories.count() == 5
    assert (supervision.declared_item_count, supervision.items.count()) == (27, 0)
    assert "财务、人事、工程项目、行政审批、物资采购" in supervision.notes
    assert supervision.open_word == "原文未载明"


@pytest.mark.django_db
def test_a_list_without_items_cannot_be_published(city, office):
    _, supervision = bring_in("luyi.yaml", published("luyi_2017.yaml"), city)
    with pytest.raises(DomainError, match="清单还没有责任事项"):
        publish_list(supervision, actor=office, now=NOW)


@pytest.mark.django_db
def test_a_source_ordered_by_mechanisms_becomes_one_list_per_subject(city):
    bring_in("wuding.yaml", published("wuding_2015.yaml"), city)
    found = {
        (item.list.subject, item.category.name, item.content): (item.per, item.times, item.event, item.due_words)
        for item in ListItem.objects.select_related("list", "category")
    }
    assert len(found) == 10
    assert found["committee", "组织领导机制", "专题研究党风廉政建设会议"] == ("year", 2, "", "")
    assert found["member", "组织领导机制", "听取分管部门汇报"] == ("quarter", 1, "", "")
    assert found["committee", "责任分解机制", "层层签订责任书、台账对账销号"] == ("date", None, "", "年初")
    assert found["member", "责任分解机制", "大额支出、干部推荐、问题调查等签字背书"] == ("event", None, "", "")
    assert found["committee", "约谈谈话机制", "任职谈话"] == ("event", None, "新任职", "")
    assert not ListItem.objects.filter(due_on__isnull=False).exists()  # 年初 is no day


@pytest.mark.django_db
def test_flow_lists_with_variants_come_in_whole(city):
    made = bring_in("xinfangju.yaml", published("xinfangju_2016.yaml"), city)
    assert [(one.subject, one.variant, one.items.count()) for one in made] == [
        ("committee", "", 15),
        ("head", "", 4),
        ("member", "分管领导", 3),
        ("member", "其他成员", 2),
    ]
    assert {item.per for item in ListItem.objects.all()} == {Per.OPEN}


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["luyi_2017.yaml", "wuding_2015.yaml", "xinfangju_2016.yaml"])
def test_the_same_file_twice_changes_nothing(city, name):
    first = bring_in(name, published(name), city)
    assert first
    before = [as_in_file(one) for one in first]
    assert bring_in(name, published(name), city) == []
    assert [as_in_file(one) for one in first] == before


@pytest.mark.django_db
def test_a_changed_file_changes_the_draft_and_keeps_identities(city):
    data = published("xinfangju_2016.yaml")
    bring_in("a.yaml", data, city)
    head = ResponsibilityList.objects.get(subject=Subject.HEAD)
    keys = {item.content: item.key for item in head.items.all()}
    text = (
        data.decode()
        .replace("带头严格执行民主集中制, ", "")
        .replace("充分发挥反腐倡廉表率作用", "充分发挥表率作用, 亲自部署")
    )
    (changed,) = bring_in("a.yaml", text.encode(), city)
    assert changed.pk == head.pk
    now = {item.content: item.key for item in head.items.order_by("no")}
    assert list(now) == [
        "履行全面从严治党第一责任",
        "督促班子成员认真履行分管责任和一岗双责",
        "充分发挥表率作用",
        "亲自部署",
    ]
    assert now["履行全面从严治党第一责任"] == keys["履行全面从严治党第一责任"]
    assert now["充分发挥表率作用"] == keys["充分发挥反腐倡廉表率作用"]


@pytest.mark.django_db
def test_a_changed_file_revises_a_published_list_and_leaves_it_in_force(city, office):
    data = published("xinfangju_2016.yaml")
    made = bring_in("a.yaml", data, city, office)
    for one in made:
        publish_list(one, actor=office, now=NOW)
    text = data.decode().replace("抓好党建工作任务落实", "抓好党建工作任务落实和督促检查")
    (draft,) = bring_in("a.yaml", text.encode(), city, office)
    assert (draft.version, draft.state, draft.variant) == (2, ListState.DRAFT, "分管领导")
    assert ResponsibilityList.objects.filter(state=ListState.PUBLISHED).count() == 4


def full_list(city):
    made = make_list(city)
    first = make_item(made, points="2.50", supporting_offices="办公室、人事科", requirement="会后十日内报送纪要")
    make_item(made, content="任前廉政谈话", measures="第一行\n第二行", per="event", times=None, event="新任职")
    make_item(made, content="公开承诺", per="date", times=None, due_on=NOW.date())
    make_item(made, content="=1+1 也只是文字", per="open", times=None)
    save_situation(made, text="不研究不部署，造成严重后果", basis="问责条例第七条", items=[first], actor=None, now=NOW)
    return made


@pytest.mark.django_db
def test_what_is_exported_to_excel_comes_back_without_a_change(city):
    made = full_list(city)
    data = list_workbook.write_workbook([as_in_file(made)], exporter="孔言", now=NOW)
    read = list_workbook.read_workbook(data)
    assert read.problems == []
    assert read.lists == [as_in_file(made)]
    plan = plan_lists(read, unit=city)
    assert [step.act for step in plan.steps] == ["same"]


@pytest.mark.django_db
def test_what_is_exported_founds_the_same_list_elsewhere(city):
    data = list_workbook.write_workbook([as_in_file(full_list(city))], exporter="孔言", now=NOW)
    other = make_region("邻市", code="LS")
    (copy,) = bring_in("a.xlsx", data, other)
    assert as_in_file(copy) == as_in_file(ResponsibilityList.objects.get(unit=city))


@pytest.mark.django_db
def test_excel_problems_stand_at_their_cells(city):
    data = list_workbook.write_workbook([as_in_file(full_list(city))], exporter="孔言", now=NOW)
    book = openpyxl.load_workbook(io.BytesIO(data))
    items = book["事项"]
    columns = {cell.value: cell.column_letter for cell in items[1]}
    items[f"{columns['频次']}2"] = "每旬"
    items[f"{columns['至少次数']}3"] = 2
    items[f"{columns['类别']}4"] = "没有的类别"
    items[f"{columns['分值']}5"] = "很多"
    out = io.BytesIO()
    book.save(out)
    read = list_workbook.read_workbook(out.getvalue())
    found = {problem.address: problem.words for problem in read.problems}
    assert f"事项 {columns['频次']}2" in found
    assert "只有按年" in found[f"事项 {columns['频次']}3"]
    assert found[f"事项 {columns['类别']}4"] == "「类别」表里没有这个类别。"
    assert "分值" in found[f"事项 {columns['分值']}5"]
    with pytest.raises(DomainError, match="处须改正"):
        commit_lists(plan_lists(read, unit=city), actor=None, now=NOW)


def test_the_blank_template_reads_as_no_lists():
    read = list_workbook.read_workbook(list_workbook.template())
    assert (read.lists, read.problems) == ([], [])


BOMB = "a: &a [x,x]\nb: &b [*a,*a]\nlists: [*b,*b]\n"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (BOMB.encode(), "第 1 行用了引用"),
        (b"lists: !!python/object/apply:os.system [ls]\n", "第 1 行用了类型标记"),
        (b"year: 2026\n---\nyear: 2027\n", "第二份文档"),
        (b"[" * 200 + b"]" * 200, "嵌套过深"),
        (b"x" * (MAX_BYTES + 1), "超过 2 MB"),
        ("年度: 清单".encode("gb18030"), "不是 UTF-8"),
        (b"lists: [\n", "不合 YAML"),
        (b"year: 2026\nyear: 2027\n", "写了两遍"),
        (b"\x00\x01", "不允许的字符"),
        (b"", "文件是空的"),
    ],
)
def test_hostile_or_broken_yaml_is_refused_in_words(data, words):
    with pytest.raises(DomainError, match=words):
        read_yaml(data)


@pytest.mark.parametrize(
    ("text", "line", "words", "remedy"),
    [
        ("year: 2026\nlists:\n  - subject: COMITTEE\n", 3, "责任主体不认识", "COMMITTEE"),
        ("year: 2026\nlists:\n  - subject: HEAD\n    itmes: [甲]\n", 4, "不认识「itmes」", "items"),
        ("year: 26\nlists: []\n", 1, "年度须是", ""),
        ("lists:\n  - {subject: HEAD, items: [甲]}\n", 2, "没有写年度", "year: 2026"),
        (
            "year: 2026\nlists:\n  - subject: HEAD\n    items:\n      - {text: 甲, frequency: {per: week}}\n",
            5,
            "频次写法不认识",
            "",
        ),
        (
            "year: 2026\nlists:\n  - subject: HEAD\n    items:\n      - {text: 甲, frequency: {per: year}}\n",
            5,
            "至少次数",
            "",
        ),
        ("year: 2026\nlists:\n  - subject: HEAD\n    items:\n      - {measures: 乙}\n", 5, "没有责任内容", "text"),
        ("year: 2026\nlists:\n  - subject: HEAD\n    items:\n      - {text: 甲, points: 多}\n", 5, "分值", ""),
        ("year: 2026\nlists:\n  - subject: HEAD\n    items: " + "甲" * 2500 + "\n", 4, "应写成列表", ""),
        ("year: 2026\nlists:\n  - subject: HEAD\n    items: [" + "甲" * 2500 + "]\n", 4, "2,500 字，最多 2,000 字", ""),
        ("year: 2026\ncategories:\n  - name: 甲\n    items:\n      - {text: 乙}\n", 5, "没有写责任主体", "COMMITTEE"),
    ],
)
def test_what_yaml_says_wrongly_is_told_with_its_line(text, line, words, remedy):
    problems = read_yaml(text.encode()).problems
    hits = [one for one in problems if one.row == line and words in one.words and remedy in one.remedy]
    assert hits, [(one.address, one.words, one.remedy) for one in problems]


def test_something_else_is_neither_excel_nor_yaml():
    with pytest.raises(DomainError, match=r"不是 Excel 工作簿（.xlsx），也不是 YAML"):
        read_file(b"%PDF-1.7", "清单.pdf")


@pytest.mark.django_db
def test_who_may_not_author_cannot_import(city):
    clerk = make_user(Role.UNIT_CLERK, city)
    with pytest.raises(Forbidden):
        bring_in("a.yaml", published("luyi_2017.yaml"), city, clerk)
    assert not ResponsibilityList.objects.exists()


@pytest.mark.django_db
def test_a_preview_that_is_no_longer_true_is_not_carried_out(city, office):
    data = published("xinfangju_2016.yaml")
    seen = plan_lists(read_file(data, "a.yaml"), unit=city).digest
    make_published_list(city, office, year=2016, subject=Subject.HEAD)
    with pytest.raises(Stale, match="预览之后有了变化"):
        commit_lists(plan_lists(read_file(data, "a.yaml"), unit=city), seen=seen, actor=office, now=NOW)


@pytest.mark.django_db
def test_the_command_previews_then_commits_and_then_finds_nothing_new(city, capsys):
    file = str(DATA / "wuding_2015.yaml")
    call_command("import_list", file, "--json", "--year", "2026")
    told = json.loads(capsys.readouterr().out)
    assert [one["act"] for one in told["lists"]] == ["create"] * 4
    assert not ResponsibilityList.objects.exists()
    call_command("import_list", file, "--json", "--year", "2026", "--commit")
    assert len(json.loads(capsys.readouterr().out)["drafts"]) == 4
    assert set(ResponsibilityList.objects.values_list("year", flat=True)) == {2026}
    call_command("import_list", file, "--json", "--year", "2026", "--commit")
    assert json.loads(capsys.readouterr().out)["drafts"] == []


@pytest.mark.django_db
def test_the_command_says_what_is_wrong_and_fails(city, tmp_path, capsys):
    file = tmp_path / "a.yaml"
    file.write_text("year: 2026\nlists:\n  - subject: COMITTEE\n")
    with pytest.raises(CommandError):
        call_command("import_list", str(file), "--commit")
    assert "清单文件 第 3 行：责任主体不认识" in capsys.readouterr().out

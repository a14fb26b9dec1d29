"""Pages of lists as scoped people see them: what is there, what is not, and at what price."""

import io

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from engines.jobs import queue
from engines.jobs.models import Job
from organization.enums import Office, PostKind, Role
from organization.lending import lend
from responsibility.enums import IssuedState, ListState, Subject
from responsibility.models import IssuedItem, IssuedList, ListItem, ResponsibilityList
from responsibility.services.contents import edit_item
from responsibility.services.holding import acknowledge_list, return_list
from responsibility.services.library import publish_list, revise_list
from responsibility.services.propose import propose_to
from tests.factories.lists import DISTINCT, issue_to, make_individual_item, make_list, make_published_list
from tests.factories.organization import (
    NOW,
    make_holder,
    make_office_user,
    make_officer,
    make_post,
    make_region,
    make_unit,
    make_user,
)

pytestmark = pytest.mark.django_db
MOST_STATEMENTS = 12


@pytest.fixture
def city():
    return make_region()


@pytest.fixture
def office(city):
    return make_office_user(city)


@pytest.fixture
def finance(city):
    return make_unit(city, name="市财政局")


@pytest.fixture
def head(finance):
    return make_holder(finance)


@pytest.fixture
def target(city, office):
    return make_published_list(city, office, items=3)


@pytest.fixture
def issued(target, finance, office, head):
    return issue_to(target, [finance], office)[0]


def page(user, name, /, *args, status=200, method="get", **data):
    client = Client()
    client.force_login(user, backend="organization.backends.AccountBackend")
    response = getattr(client, method)(reverse(name, args=args), data)
    assert response.status_code == status, response.content.decode()[:3000]
    return response


def text(user, name, /, *args, **kwargs) -> str:
    return page(user, name, *args, **kwargs).content.decode()


def statements(user, name, /, *args, **data) -> int:
    client = Client()
    client.force_login(user, backend="organization.backends.AccountBackend")
    with CaptureQueriesContext(
        connection,
    ) as found:
        response = client.get(reverse(name, args=args), data)
    assert response.status_code == 200
    return len(found)


# ---- the tables: scope and price


def test_a_head_sees_his_units_list_and_no_neighbours(target, city, office, finance, head, issued):
    other = make_unit(city, name="市统计局")
    issue_to(target, [other], office)
    for name in ("list_list", "item_list"):
        assert "市财政局" in text(head, name)
        assert "市统计局" not in text(head, name)
        assert "市统计局" in text(office, name)


def test_objects_outside_the_scope_are_not_found(target, city, office, finance, issued):
    stranger = make_holder(make_unit(city))
    item = issued.items.first()
    for name, pk in (
        ("list_show", issued.pk),
        ("item_show", item.pk),
        ("list_changes", issued.pk),
        ("list_sheet", issued.pk),
    ):
        page(stranger, name, pk, status=404)
    page(stranger, "list_acknowledge", issued.pk, method="post", status=404)
    page(stranger, "list_step", issued.pk, "return", method="post", status=404)


@pytest.mark.parametrize("name", ["list_list", "item_list", "library_list"])
def test_a_list_page_costs_the_same_for_one_and_for_many_rows(name, target, city, office, finance, head, issued):
    unit_user = make_user(Role.UNIT_CLERK, finance)
    for user in (unit_user, office):
        one = statements(user, name, size="100")
        for number in range(3):
            unit = make_unit(finance, name=f"下属{number}单位")
            issue_to(target, [unit], office)
            make_published_list(city, office, year=2027 + number + (3 if user is office else 0))
        assert statements(user, name, size="100") == one <= MOST_STATEMENTS


def test_object_pages_cost_the_same_for_one_and_for_many_items(target, city, office, finance, head, issued):
    clerk = make_user(Role.UNIT_CLERK, finance)
    first = make_individual_item(issued)
    pages = [
        ("list_show", issued.pk),
        ("item_show", first.pk),
        ("library_show", target.pk),
        ("list_coverage", target.pk),
    ]
    before = [statements(clerk, name, pk) for name, pk in pages]
    for number in range(4):
        make_individual_item(issued, content=f"{DISTINCT[number]}并向职工公开结果（{number}）")
    issue_to(target, [make_unit(finance) for _ in range(3)], office)
    after = [statements(clerk, name, pk) for name, pk in pages]
    assert after == before


def test_search_finds_by_characters_and_initials(finance, head, issued):
    for asked in ("财政", "sczj", "caizheng"):
        assert "市财政局" in text(head, "list_list", q=asked)
        assert DISTINCT[0] in text(head, "item_list", q=asked)
    assert "没有符合条件" in text(head, "list_list", q="水利") or "市财政局</a>" not in text(
        head, "list_list", q="水利"
    )


# ---- roles


def test_three_officers_and_strangers_have_no_list_pages(issued):
    for officer in map(make_officer, (Office.SYSTEM, Office.SECURITY, Office.AUDIT)):
        for name in ("list_list", "item_list", "library_list", "library_create"):
            page(officer, name, status=403)
    assert Client().get(reverse("list_list")).status_code == 302


def test_only_the_office_authors_and_issues(head, target):
    for name, args in (
        ("library_create", ()),
        ("library_import", ()),
        ("library_edit", (target.pk,)),
        ("list_issue", (target.pk,)),
        ("list_issue_progress", (target.pk,)),
    ):
        page(head, name, *args, status=403)
    for name in ("library_publish", "library_revise", "library_discard"):
        page(head, name, target.pk, method="post", status=403)
    shown = text(head, "library_show", target.pk)
    assert "修订新版" not in shown
    assert "下达</a>" not in shown


def test_a_unit_sees_published_lists_of_its_city_but_no_drafts(city, head, target):
    draft = make_list(city, year=2027)
    assert DISTINCT[0] in text(head, "library_show", target.pk)
    page(head, "library_show", draft.pk, status=404)


def test_a_list_lent_to_an_inspector_opens_for_reading_only(issued, office, city):
    inspector = make_user(Role.INSPECTOR, city)
    page(inspector, "list_show", issued.pk, status=403)
    reader = make_user(Role.UNIT_CLERK, make_unit(city))
    page(reader, "list_show", issued.pk, status=404)
    lend(issued, to_user=reader, reason="专项检查", by=office, now=NOW)
    assert "单独借阅" in text(reader, "list_show", issued.pk)
    page(reader, "item_show", issued.items.first().pk)
    page(reader, "list_item_create", issued.pk, status=403)


# ---- acting on an issued list


def test_the_head_acknowledges_with_one_press(head, issued):
    shown = text(head, "list_show", issued.pk)
    assert "认领清单" in shown
    page(head, "list_acknowledge", issued.pk, method="post", status=302)
    issued.refresh_from_db()
    assert issued.state == IssuedState.ACKNOWLEDGED
    assert "认领清单</button>" not in text(head, "list_show", issued.pk)
    page(head, "list_acknowledge", issued.pk, method="post", status=409)


def test_the_office_cannot_acknowledge_for_the_unit(office, issued):
    assert "认领清单</button>" not in text(office, "list_show", issued.pk)
    page(office, "list_acknowledge", issued.pk, method="post", status=403)


def test_returning_needs_a_reason_and_keeps_the_page(head, office, issued):
    shown = text(head, "list_step", issued.pk, "return", method="post", status=422, reason=" ")
    assert "没有保存" in shown
    page(head, "list_step", issued.pk, "return", method="post", status=302, reason="第 2 项与本单位职能不符")
    assert "第 2 项与本单位职能不符" in text(office, "list_show", issued.pk)
    page(office, "list_step", issued.pk, "reissue", method="post", status=302, reason="已核对，仍适用")
    issued.refresh_from_db()
    assert (issued.state, issued.return_reason) == (IssuedState.ISSUED, "")


def test_a_step_that_is_not_offered_has_no_page(head, issued):
    page(head, "list_step", issued.pk, "withdraw", status=404)
    page(head, "list_step", issued.pk, "nonsense", status=404)


def test_an_individual_item_is_added_filled_and_removed(head, issued):
    data = {
        "content": "政府采购质疑投诉公开",
        "measures": "按季度公开",
        "per": "quarter",
        "times": "1",
        "category_no": "1",
    }
    page(head, "list_item_create", issued.pk, method="post", status=302, **data)
    item = IssuedItem.objects.get(kind="individual")
    assert (item.no, item.category_name) == (4, "加强组织领导")
    assert "个性" in text(head, "list_show", issued.pk)
    page(head, "list_item_edit", item.pk, method="post", status=302, **data | {"times": "2"})
    item.refresh_from_db()
    assert item.times == 2
    page(head, "list_item_remove", item.pk, method="post", status=302)
    assert not IssuedItem.objects.filter(pk=item.pk).exists()


def test_a_refused_item_keeps_what_was_typed_and_says_where(head, issued):
    shown = text(
        head,
        "list_item_create",
        issued.pk,
        method="post",
        status=422,
        content="政府采购公开",
        per="quarter",
        category_no="1",
    )
    assert "请写至少次数" in shown
    assert "政府采购公开" in shown


def test_of_a_common_item_only_open_fields_can_be_filled(head, issued):
    item = issued.items.first()
    shown = text(head, "list_item_edit", item.pk)
    assert 'name="supporting_offices"' in shown
    assert 'name="content"' not in shown
    page(
        head,
        "list_item_edit",
        item.pk,
        method="post",
        status=302,
        supporting_offices="办公室",
        content="改掉",
        due_words="",
    )
    item.refresh_from_db()
    assert (item.supporting_offices, item.content) == ("办公室", DISTINCT[0])


def test_copied_text_is_warned_of_and_shown_word_for_word(target, city, office, finance, head, issued):
    other = make_unit(city, name="市统计局")
    (neighbour,) = issue_to(target, [other], office)
    make_individual_item(neighbour, measures="评审人员随机抽取，评审结论双人复核，市统计局每季度公开一次")
    item = make_individual_item(issued, measures="评审人员随机抽取，评审结论双人复核，市财政局每季度公开一次")
    shown = text(head, "list_show", issued.pk)
    assert "市统计局的同类事项有 100% 文字相同" in shown
    compared = text(head, "item_alike", item.pk)
    assert "<mark>" in compared
    assert "市统计局" in compared


def test_changes_from_above_are_decided_on_their_page(target, office, head, issued):
    acknowledge_list(issued, actor=head, now=NOW)
    draft = revise_list(target, actor=office, now=NOW)
    item = draft.items.get(no=1)
    edit_item(
        item,
        content={"content": DISTINCT[0], "measures": "每半年研究一次"},
        category=item.category,
        actor=office,
        now=NOW,
    )
    new = publish_list(draft, actor=office, now=NOW)
    proposal = propose_to(new, issued_id=issued.pk, now=NOW)
    change = proposal.items.get()
    shown = text(head, "list_changes", issued.pk)
    assert "<del>" in shown
    assert "半" in shown
    page(head, "list_change_decide", change.pk, method="post", status=422, act="decline", reason="")
    page(office, "list_change_decide", change.pk, method="post", status=403, act="accept")
    page(head, "list_change_decide", change.pk, method="post", status=302, act="accept")
    issued.refresh_from_db()
    assert issued.list_id == new.pk
    assert "已采纳" in text(office, "list_changes", issued.pk)


# ---- authoring


def test_a_list_is_written_published_and_issued_on_pages(city, office, finance):
    data = {
        "unit": city.pk,
        "year": 2026,
        "subject": Subject.COMMITTEE,
        "title": "主体责任清单",
        "duty_kind": "principal",
    }
    page(office, "library_create", method="post", status=302, **data)
    made = ResponsibilityList.objects.get()
    assert "清单还没有责任事项" in text(office, "library_show", made.pk)
    page(office, "library_category_create", made.pk, method="post", status=302, name="加强组织领导")
    category = made.categories.get()
    for number, content in enumerate(("专题研究", "听取汇报"), start=1):
        said = {"content": content, "category": category.pk, "per": "quarter", "times": number}
        page(office, "library_item_create", made.pk, method="post", status=302, **said)
    second = made.items.get(no=2)
    page(office, "library_item_move", second.pk, "up", method="post", status=302)
    assert [item.content for item in made.items.order_by("no")] == ["听取汇报", "专题研究"]
    said = {"text": "不研究不部署", "items": [second.pk]}
    page(office, "library_situation_create", made.pk, method="post", status=302, **said)
    page(office, "library_publish", made.pk, method="post", status=302)
    assert "还没有下达" in text(office, "list_issue", made.pk)
    shown = text(office, "list_issue_preview", made.pk, method="post", pick=[finance.pk])
    assert "市财政局" in shown
    page(
        office,
        "list_issue_preview",
        made.pk,
        method="post",
        status=302,
        pick=[finance.pk],
        start="1",
        due_on="2099-01-01",
    )
    assert queue.run(Job.objects.get(kind="lists.issue").pk, now=timezone.now())
    assert IssuedList.objects.get().unit == finance
    assert "下达进度" in text(office, "list_issue_progress", made.pk)


def test_a_repeated_list_is_refused_at_its_field(city, office, target):
    data = {"unit": city.pk, "year": 2026, "subject": Subject.COMMITTEE, "title": "又一份", "duty_kind": "principal"}
    assert "清单已经有了" in text(office, "library_create", method="post", status=422, **data)


def test_a_published_list_has_no_editing_pages_left(office, target):
    item = target.items.first()
    page(office, "library_item_delete", item.pk, method="post", status=409)
    page(office, "library_category_create", target.pk, method="post", status=409, name="新类别")
    assert ListItem.objects.filter(pk=item.pk).exists()


def test_a_file_is_previewed_then_imported(city, office):
    data = b"year: 2026\nlists:\n  - subject: HEAD\n    items: [\xe7\xac\xac\xe4\xb8\x80\xe8\xb4\xa3\xe4\xbb\xbb]\n"
    client = Client()
    client.force_login(office, backend="organization.backends.AccountBackend")
    sent = client.post(reverse("library_import"), {"unit": city.pk, "file": SimpleUploadedFile("清单.yaml", data)})
    assert sent.status_code == 302
    shown = client.get(sent.url).content.decode()
    assert "新建草稿" in shown
    seen = shown.split('name="seen" value="')[1].split('"')[0]
    assert client.post(sent.url, {"seen": seen}).status_code == 302
    assert ResponsibilityList.objects.get().state == ListState.DRAFT
    assert client.post(sent.url, {"seen": seen}).status_code == 409


def test_a_file_that_cannot_be_read_is_refused_at_its_field(city, office):
    client = Client()
    client.force_login(office, backend="organization.backends.AccountBackend")
    sent = client.post(
        reverse("library_import"), {"unit": city.pk, "file": SimpleUploadedFile("清单.yaml", b"a: &a [*a]")}
    )
    assert sent.status_code == 422
    assert "第 1 行用了引用" in sent.content.decode()


# ---- coverage, comparison, exports


def test_coverage_counts_carriers_and_names_who_is_missing(target, city, office, finance, head, issued):
    make_unit(city, name="市水利局")
    gone = issued.items.get(no=2)
    IssuedItem.objects.filter(pk=gone.pk).update(state="dropped")
    acknowledge_list(issued, actor=head, now=NOW)
    shown = text(office, "list_coverage", target.pk)
    assert "无人承接" in shown
    assert "缺第 2 项" in shown
    assert "市水利局" in shown
    only = text(office, "list_coverage", target.pk, state="none")
    assert "市水利局" in only
    assert "市财政局" not in only


def test_coverage_stays_within_the_readers_scope(target, city, office, finance, head, issued):
    other = make_unit(city, name="市水利局")
    issue_to(target, [other], office)
    shown = text(head, "list_coverage", target.pk)
    assert "市水利局" not in shown
    assert "市财政局" in shown


def test_two_versions_are_compared_item_by_item(office, target):
    draft = revise_list(target, actor=office, now=NOW)
    item = draft.items.get(no=2)
    edit_item(item, content={"content": "选人用人须征求纪检机构意见"}, category=item.category, actor=office, now=NOW)
    shown = text(office, "library_compare", draft.pk, target.pk)
    assert "<ins>须</ins>" in shown


def test_exports_are_workbooks_with_the_readers_rows(target, city, office, finance, head, issued):
    issue_to(target, [make_unit(city, name="市统计局")], office)
    for name, args in (
        ("list_export", ()),
        ("item_export", ()),
        ("list_sheet", (issued.pk,)),
        ("list_coverage_export", (target.pk,)),
        ("library_sheet", (target.pk,)),
    ):
        data = b"".join(page(head, name, *args).streaming_content)
        cells = [
            str(cell)
            for row in openpyxl.load_workbook(io.BytesIO(data)).active.iter_rows(values_only=True)
            for cell in row
        ]
        assert not any("市统计局" in cell for cell in cells), name
        assert any("市财政局" in cell or "主体责任" in cell for cell in cells), name


def test_the_template_is_a_workbook(office):
    data = b"".join(page(office, "library_template").streaming_content)
    assert openpyxl.load_workbook(io.BytesIO(data)).sheetnames == ["清单", "类别", "事项", "负面清单"]


def test_personal_lists_name_their_holder(city, office, finance):
    post = make_post(finance, kind=PostKind.MEMBER, title="副局长")
    members = make_published_list(city, office, subject=Subject.MEMBER)
    (personal,) = issue_to(members, [post], office)
    holder = make_user(person=post.person)
    assert post.person.name in text(holder, "list_show", personal.pk)
    page(make_holder(finance), "list_acknowledge", personal.pk, method="post", status=403)
    page(holder, "list_acknowledge", personal.pk, method="post", status=302)
    assert IssuedList.objects.get(pk=personal.pk).acknowledged_by == holder
    with pytest.raises(Exception, match="已认领"):
        return_list(personal, reason="不适用", actor=holder, now=NOW)

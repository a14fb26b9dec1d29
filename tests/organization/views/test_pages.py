"""Every page of the organisation opens for whom it is meant, shows what it should, and costs a constant number of statements."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from engines.audit.record import timeline_of
from engines.imports.models import ImportRun
from engines.imports.runs import preview_import
from organization.enums import PostKind, Role, UnitKind
from organization.models import Unit, User
from organization.services.accounts import create_account
from tests.factories.organization import (
    NOW,
    PASSWORD,
    make_charge,
    make_discipline_body,
    make_grant,
    make_office_user,
    make_person,
    make_post,
    make_region,
    make_unit,
    make_user,
)

pytestmark = pytest.mark.django_db
WORKBOOK = Path(__file__).parents[2] / "data" / "yunchuan_units.xlsx"


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="organization.backends.AccountBackend")
    return client


@pytest.fixture
def region() -> Unit:
    return make_region()


@pytest.fixture
def office(region: Unit) -> Client:
    return signed_in(make_office_user(region))


def statements(client: Client, address: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as caught:
        assert client.get(address).status_code == 200
    return len(caught)


def test_the_unit_list_shows_what_lies_in_scope_and_nothing_else(region: Unit):
    mine = make_unit(region, name="市档案局")
    make_unit(region, name="市气象局")
    page = signed_in(make_user(Role.UNIT_CLERK, mine)).get(reverse("unit_list"))
    assert "市档案局" in page.content.decode()
    assert "市气象局" not in page.content.decode()


def test_a_unit_is_found_by_characters_pinyin_and_initials(office: Client, region: Unit):
    make_unit(region, name="市档案局")
    make_unit(region, name="市气象局")
    for typed in ("档案", "dangan", "sdaj", "SDAJ"):
        page = office.get(reverse("unit_list"), {"q": typed}).content.decode()
        assert "市档案局" in page
        assert "市气象局" not in page


LISTS = ["unit_list", "post_list", "charge_findings", "unit_tree"]


@pytest.mark.parametrize("name", LISTS)
def test_a_list_costs_the_same_for_one_row_and_for_many(name: str, region: Unit):
    top = make_unit(region)
    client = signed_in(make_user(Role.DISCIPLINE_OFFICE, top))

    def fill(count: int) -> None:
        supervisor = make_discipline_body(top, kind=UnitKind.DISPATCHED)
        for _ in range(count):
            unit = make_unit(top, supervisor=supervisor)
            make_charge(make_post(unit), "财务")

    fill(1)
    client.get(reverse(name))
    once = statements(client, reverse(name))
    fill(3)
    assert statements(client, reverse(name)) == once
    assert once <= 12


def test_a_unit_page_shows_posts_findings_history_children_and_reasons(office: Client, region: Unit):
    unit = make_unit(region, name="市档案局")
    make_unit(unit, name="档案馆")
    make_charge(make_post(unit, person=make_person("孔远言")), "财务")
    page = office.get(reverse("unit_show", args=[unit.pk])).content.decode()
    for words in ("孔远言", "直接分管财务", "没有人分管", "档案馆", "设立", "授权：云川市及以下的纪委党风室"):
        assert words in page, words
    assert office.get(reverse("charge_show", args=[unit.pk])).status_code == 200


def test_units_outside_the_scope_do_not_exist_for_the_account(region: Unit):
    mine, other = make_unit(region), make_unit(region)
    post = make_post(other)
    client = signed_in(make_user(Role.DISCIPLINE_OFFICE, mine))
    for name in ("unit_show", "unit_change", "unit_move", "unit_merge", "unit_abolish", "charge_show", "post_create"):
        assert client.get(reverse(name, args=[other.pk])).status_code == 404, name
    assert client.get(reverse("person_show", args=[post.person_id])).status_code == 404
    assert client.get(reverse("post_end", args=[post.pk])).status_code == 404
    assert client.get(reverse("access_why", args=["organization", "unit", other.pk])).status_code == 404


def test_who_only_reads_gets_no_form(region: Unit):
    client = signed_in(make_user(Role.AUDITOR, region))
    assert client.get(reverse("unit_create")).status_code == 403
    assert client.get(reverse("unit_move", args=[region.pk])).status_code == 403
    assert "设立单位" not in client.get(reverse("unit_list")).content.decode()


def test_the_whole_life_of_a_unit_on_pages(office: Client, region: Unit):
    made = office.post(
        reverse("unit_create"),
        {
            "code": "YC-D90",
            "name": "市档案局",
            "kind": "government",
            "party_kind": "group",
            "party_name": "",
            "parent": region.code,
            "founded_on": "2026-01-01",
            "order": "1",
        },
    )
    unit = Unit.objects.get(code="YC-D90")
    assert made.headers["Location"] == reverse("unit_show", args=[unit.pk])
    other = make_unit(region, name="市委办公室")
    office.post(
        reverse("unit_change", args=[unit.pk]),
        {"name": "市档案馆", "kind": "institution", "party_kind": "none", "order": "2", "on": "2026-11-01"},
    )
    office.post(reverse("unit_move", args=[unit.pk]), {"parent": "市委办公室", "on": "2026-11-02"})
    unit.refresh_from_db()
    assert (unit.name, unit.parent, unit.versions.count()) == ("市档案馆", other, 3)
    office.post(
        reverse("post_create", args=[unit.pk]),
        {"name": "孔守言", "phone": "13900000001", "title": "馆长", "kind": "head", "started_on": "2026-11-03"},
    )
    post = unit.posts.get()
    office.post(reverse("charge_assign", args=[unit.pk]), {"post": post.pk, "field": 1, "started_on": "2026-11-04"})
    assert post.charges.count() == 1
    refused = office.post(reverse("unit_abolish", args=[unit.pk]), {"on": "2026-11-21"})
    assert refused.status_code == 422
    assert "还有 1 项在任职务" in refused.content.decode()
    office.post(reverse("post_end", args=[post.pk]), {"on": "2026-11-20"})
    office.post(reverse("unit_abolish", args=[unit.pk]), {"on": "2026-11-21"})
    unit.refresh_from_db()
    assert unit.abolished_on is not None
    office.get(reverse("unit_list"))  # shows and so forgets the messages of what was done
    past = office.get(reverse("unit_tree"), {"day": "2026-10-01"}).content.decode()
    assert "市档案局" in past
    assert "市档案馆" not in past


def test_a_refused_form_keeps_what_was_typed_and_says_why_at_the_field(office: Client, region: Unit):
    make_unit(region, code="YC-D01", name="市委办公室")
    page = office.post(
        reverse("unit_create"),
        {
            "code": "YC-D01",
            "name": "新设的局",
            "kind": "government",
            "party_kind": "none",
            "parent": "YC-D0",
            "founded_on": "2026-01-01",
            "order": "0",
        },
    )
    text = page.content.decode()
    assert page.status_code == 422
    assert "新设的局" in text


def test_a_hostile_address_is_never_an_error(office: Client):
    for query in (
        "?q=%00",
        "?sort=-x&after=zzz",
        "?kind=nonsense&supervisor=abc",
        "?day=9999-99-99&under=x",
        "?period=2026-99",
    ):
        for name in ("unit_list", "unit_tree", "post_list"):
            assert office.get(reverse(name) + query).status_code == 200, (name, query)


@pytest.mark.parametrize("name", ["unit_export", "post_export", "charge_findings_export"])
def test_lists_are_exported_as_workbooks(office: Client, region: Unit, name: str):
    make_charge(make_post(make_unit(region)), "财务")
    answer = office.get(reverse(name))
    assert b"".join(answer.streaming_content)[:2] == b"PK"
    assert "attachment" in answer.headers["Content-Disposition"]


def test_an_import_from_upload_to_undo(office: Client, django_capture_on_commit_callbacks: Callable[..., Any]):
    empty = office.get(reverse("import_list")).content.decode()
    assert "导入工作簿" in empty
    file = SimpleUploadedFile("名册.xlsx", WORKBOOK.read_bytes())
    office.post(reverse("import_start"), {"file": file})
    run = ImportRun.objects.get()
    waiting = office.get(reverse("import_show", args=[run.pk]))
    assert "正在等待办理" in waiting.content.decode()
    preview_import(run, now=NOW)
    shown = office.get(reverse("import_show", args=[run.pk])).content.decode()
    assert "顶层单位只能由运维人员在服务器上建立" in shown
    assert office.get(reverse("import_annotated", args=[run.pk])).status_code == 200
    office.post(reverse("import_abandon", args=[run.pk]))
    run.refresh_from_db()
    assert run.state == "abandoned"


def test_somebody_elses_import_is_not_shown(office: Client, region: Unit):
    office.post(reverse("import_start"), {"file": SimpleUploadedFile("名册.xlsx", WORKBOOK.read_bytes())})
    other = signed_in(make_office_user(region))
    assert other.get(reverse("import_show", args=[ImportRun.objects.get().pk])).status_code == 404


def test_no_workbook_is_refused_at_the_field(office: Client):
    page = office.post(reverse("import_start"), {"file": SimpleUploadedFile("名册.xlsx", b"hello")})
    assert page.status_code == 422
    assert not ImportRun.objects.exists()


def test_the_first_log_in_changes_the_password_before_anything_else_opens():
    user, password = create_account(username="kongsy", person=make_person("孔守言"), by=None, now=NOW)
    fresh = Client()
    fresh.post(reverse("login"), {"username": "kongsy", "password": password})
    assert timeline_of(user).first().action == "account.login"
    assert fresh.get(reverse("unit_list")).headers["Location"] == reverse("password_change")
    weak = fresh.post(reverse("password_change"), {"old": password, "new": "1234567890", "again": "1234567890"})
    assert "不能" in weak.content.decode() or "密码" in weak.content.decode()
    user.refresh_from_db()
    assert user.check_password(password)
    fresh.post(reverse("password_change"), {"old": password, "new": PASSWORD, "again": PASSWORD})
    user.refresh_from_db()
    assert user.check_password(PASSWORD)
    assert not user.must_change_password
    assert fresh.get(reverse("my_access")).status_code == 200
    assert fresh.post(reverse("logout")).status_code == 302
    assert timeline_of(user).first().action == "account.logout"


def test_an_account_reads_its_own_roles_and_why_it_sees_a_unit(region: Unit):
    unit = make_unit(region, name="市档案局")
    post = make_post(unit, kind=PostKind.HEAD, title="局长")
    user = make_user(person=post.person)
    client = signed_in(user)
    assert "任职：市档案局局长" in client.get(reverse("my_access")).content.decode()
    why = client.get(reverse("access_why", args=["organization", "unit", unit.pk])).content.decode()
    assert "任职：市档案局局长" in why
    assert "不能办理" in why
    make_grant(user, Role.INSPECTOR, region)
    assert "授权：云川市及以下的检查组成员" in client.get(reverse("my_access")).content.decode()

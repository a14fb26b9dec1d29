"""工作台: numbers with their "of how many", only of what the account may see, and the same as a workbook."""

import io

import openpyxl
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from organization.enums import PostKind, Role
from responsibility.services.letters import return_letter
from tests.factories.letters import make_city, make_draft, make_sent, make_signed
from tests.factories.lists import issue_to, make_published_list
from tests.factories.organization import NOW, TODAY, make_charge, make_holder, make_post, make_unit, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def city():
    return make_city()


def as_user(user) -> Client:
    client = Client()
    client.force_login(user, backend="organization.backends.AccountBackend")
    return client


def page_of(user) -> str:
    answer = as_user(user).get(reverse("office"))
    assert answer.status_code == 200
    return answer.content.decode().replace("\u00a0", " ")


def test_the_rate_says_of_how_many(city):
    make_signed(city)
    assert "1 份中已签 1 份" in page_of(city.office)


def test_what_stalls_names_who_is_waited_for_and_leads_to_the_list_of_just_these(city):
    make_sent(city)
    page = page_of(city.office)
    assert "责任书待责任方签署，1 份" in page
    assert "沈宁衡（市财政局）" in page
    assert f"{reverse('letter_list')}?year={TODAY.year}&amp;state=both" in page


def test_a_returned_letter_and_a_draft_stall_with_their_drafter(city):
    letter = make_sent(city)
    return_letter(letter, by=city.head, reason="与分工不一致", now=NOW)
    assert "责任书退回未修改，1 份" in page_of(city.office)


def test_a_list_that_nobody_acknowledged_is_named_by_its_unit(city):
    page = page_of(city.office)
    assert "党委（党组）清单未认领，1 家" in page
    assert "1 份中 1 份未认领" in page


def test_a_head_who_holds_a_reserved_field_is_counted(city):
    assert "<b>0 家</b>" in page_of(city.office)
    make_charge(city.head_post, "财务")
    assert "<b>1 家</b>" in page_of(city.office)


def test_the_map_says_each_units_state_in_a_word(city):
    make_signed(city)
    from responsibility.services.holding import acknowledge_list

    acknowledge_list(city.issued, actor=city.head, now=NOW)
    page = page_of(city.office)
    assert "市财政局</a>" in page
    assert "已签订" in page


def test_a_county_office_sees_only_its_county(city):
    make_draft(city)
    county = make_unit(city.region, name="东城区")
    bureau = make_unit(county, name="东城区教育局")
    make_post(bureau, kind=PostKind.HEAD)
    issue_to(make_published_list(county, city.office), [bureau], city.office)
    page = page_of(make_user(Role.DISCIPLINE_OFFICE, county))
    assert "东城区教育局" in page
    assert "市财政局" not in page
    assert "责任书拟稿未发起" not in page


@pytest.mark.parametrize("role", [Role.COMMISSIONER, Role.DISPATCHED_GROUP, Role.UNIT_CLERK, Role.INSPECTOR])
def test_who_may_not_open_it(city, role):
    client = as_user(make_user(role, city.region))
    assert client.get(reverse("office")).status_code == 403
    assert client.get(reverse("office_export")).status_code == 403


def test_an_empty_city_is_told_what_to_do_first(city):
    region = make_unit(None, name="空城市", kind="region")
    page = page_of(make_user(Role.DISCIPLINE_OFFICE, region))
    assert "本年度还没有责任书" in page
    assert "没有卡住的事项" in page


def test_the_workbook_says_what_the_page_says_and_no_more(city):
    make_sent(city)
    county = make_unit(city.region, name="东城区")
    answer = as_user(city.office).get(reverse("office_export"))
    book = openpyxl.load_workbook(io.BytesIO(answer.getvalue()))
    assert book.sheetnames == ["签订率", "卡在哪里", "单位"]
    cells = {str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row}
    assert "市财政局" in cells
    scoped = as_user(make_user(Role.DISCIPLINE_OFFICE, county)).get(reverse("office_export"))
    book = openpyxl.load_workbook(io.BytesIO(scoped.getvalue()))
    cells = {str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row}
    assert "市财政局" not in cells


def test_the_number_of_statements_does_not_grow_with_the_units(city):
    as_user(city.office).get(reverse("office"))
    few = statements(city.office)
    for name in ("市水利局", "市教育局", "市统计局"):
        make_holder(make_unit(city.region, name=name))
    assert statements(city.office) == few <= 45


def statements(user) -> int:
    client = as_user(user)
    with CaptureQueriesContext(connection) as captured:
        client.get(reverse("office"))
    return len(captured)

"""我的工作: what waits, in which order, one click from the act; nothing of others shows through."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from organization.enums import Office, Role
from responsibility.services.holding import acknowledge_list
from responsibility.services.letters import return_letter
from tests.factories.letters import make_city, make_draft, make_member_draft, make_sent, sign
from tests.factories.lists import issue_to, make_published_list
from tests.factories.organization import NOW, TODAY, make_grant, make_holder, make_officer, make_unit, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def city():
    return make_city()


def as_user(user) -> Client:
    client = Client()
    client.force_login(user, backend="organization.backends.AccountBackend")
    return client


def page_of(user) -> str:
    answer = as_user(user).get(reverse("home"))
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_letter_to_sign_leads_to_signing_in_one_click(city):
    letter = make_sent(city)
    page = page_of(city.head)
    assert f'href="{reverse("letter_sign", args=[letter.pk])}">阅读并签署</a>' in page
    assert "中共云川市委员会与中共市财政局党组" in page


def test_what_waits_stands_in_the_order_of_its_deadline(city):
    letter = make_sent(city, due_on=TODAY + timedelta(days=1500))
    page = page_of(city.head)
    sign_at = page.index(reverse("letter_sign", args=[letter.pk]))
    assert page.index(reverse("list_show", args=[city.issued.pk])) < sign_at
    assert 'class="btn btn-primary"' in page[: page.index("认领清单</a>")]


def test_what_is_signed_waits_for_others_by_name(city):
    letter = sign(make_sent(city), city.head)
    page = page_of(city.head)
    assert reverse("letter_sign", args=[letter.pk]) not in page
    assert "我于11月21日签署，等待孙一然（市委书记，云川市）签署" in page.replace("\u00a0", "")


def test_a_returned_letter_comes_back_to_its_drafter_with_the_reason(city):
    letter = make_sent(city)
    return_letter(letter, by=city.head, reason="第二条与现行分工不一致", now=NOW)
    page = page_of(city.office)
    assert "退回理由：第二条与现行分工不一致" in page
    assert reverse("letter_show", args=[letter.pk]) in page


def test_a_list_waits_until_it_is_acknowledged(city):
    assert "认领清单</a>" in page_of(city.head)
    acknowledge_list(city.issued, actor=city.head, now=NOW)
    page = page_of(city.head)
    assert "认领清单</a>" not in page
    assert "1\u00a0份中已认领 1\u00a0份" in page


def test_nothing_of_another_unit_shows_through(city):
    make_sent(city)
    stranger = make_holder(make_unit(city.region, name="市水利局"))
    page = page_of(stranger)
    assert "财政局" not in page
    assert "现在没有等您办理的事项" in page


def test_an_inspector_sees_no_act_on_what_is_not_lent_to_him(city):
    letter = make_sent(city)
    page = page_of(make_user(Role.INSPECTOR, city.region))
    assert letter.number not in page
    assert "责任清单（" not in page
    assert "借阅给您的责任清单和责任书会出现在这里" in page


def test_an_account_without_a_role_is_told_where_roles_come_from(city):
    page = page_of(make_user())
    assert "您的账号现在没有角色" in page
    assert "请安全管理员授权" in page


def test_a_grant_that_ends_soon_is_announced(city):
    user = make_user()
    make_grant(user, Role.UNIT_CLERK, city.bureau, ended_on=TODAY + timedelta(days=900))
    assert "授权即将到期" not in page_of(user)
    from django.utils import timezone

    soon = timezone.localdate() + timedelta(days=5)
    make_grant(user, Role.COMMISSIONER, city.bureau, ended_on=soon)
    assert "授权即将到期" in page_of(user)


@pytest.mark.parametrize("office", [Office.SYSTEM, Office.SECURITY, Office.AUDIT])
def test_an_officer_finds_his_own_work_and_no_business(city, office):
    letter = make_sent(city)
    page = page_of(make_officer(office))
    assert "三员分立" in page
    assert letter.number not in page
    assert city.issued.title not in page
    own = {Office.SYSTEM: "建立账号", Office.SECURITY: "办理授权", Office.AUDIT: "核对审计链"}[office]
    assert own in page


def test_the_number_of_statements_does_not_grow_with_what_waits(city):
    as_user(city.office).get(reverse("home"))
    make_draft(city)
    few = statements(city.office)
    make_member_draft(city)
    for name in ("市水利局", "市教育局"):
        unit = make_unit(city.region, name=name)
        make_holder(unit)
        issue_to(make_published_list(unit, city.office, title=f"{name}清单"), [unit], city.office)
    assert statements(city.office) == few <= 20


def statements(user) -> int:
    client = as_user(user)
    with CaptureQueriesContext(
        connection,
    ) as captured:
        client.get(reverse("home"))
    return len(captured)


def test_a_stranger_is_sent_to_log_in():
    answer = Client().get(reverse("home"))
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("login"))

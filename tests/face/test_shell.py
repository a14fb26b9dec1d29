"""The shell: who sees which entry, no dead links, what the browser remembers, pages that refuse in words."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.template.loader import get_template
from django.test import Client, RequestFactory
from django.urls import reverse

from common.errors import DomainError, Forbidden, Stale
from common.face import LARGE, TYPE_COOKIE
from common.middleware import refusal_page
from config.navigation import ITEMS, Face, address
from organization.access import ALL_ACTIONS
from tests.factories.organization import make_office_user, make_officer, make_region

pytestmark = pytest.mark.django_db


def asked(user: Any = None, path: str = "/", **cookies: str) -> HttpRequest:
    request = RequestFactory().get(path)
    request.user = user or AnonymousUser()
    request.COOKIES.update(cookies)
    request.id = "3f9a0412"  # type: ignore[attr-defined]
    return request


def test_every_entry_asks_for_a_right_that_exists() -> None:
    assert {action for item in ITEMS for action in item.actions} - {"signed_in"} <= ALL_ACTIONS


def test_a_stranger_is_shown_no_entry() -> None:
    assert Face(asked()).items == []


def test_an_entry_is_shown_to_those_who_may_and_leads_somewhere() -> None:
    region = make_region()
    for user in (make_office_user(region), make_officer("audit"), make_officer("system"), make_officer("security")):
        shown = {link.word: link.href for link in Face(asked(user)).items}
        for item in ITEMS:
            may = any(action == "signed_in" or user.may_somewhere(action) for action in item.actions)
            assert (item.word in shown) == (may and bool(address(item.url)))
        assert all(shown.values())


def test_whoever_must_change_his_password_is_led_nowhere_else() -> None:
    user = make_office_user(make_region())
    user.must_change_password = True
    assert Face(asked(user)).items == []


def test_the_page_one_is_on_is_marked(client: Client) -> None:
    request = asked(make_officer("system"))
    request.resolver_match = type("Match", (), {"url_name": "job_view"})()
    assert all(link.current == (link.word == "后台任务") for link in Face(request).items)


def test_large_type_comes_from_the_browser_before_the_account() -> None:
    user = make_officer("system")
    user.large_type = True
    assert Face(asked(user)).large
    assert not Face(asked(user, **{TYPE_COOKIE: "normal"})).large
    assert Face(asked(**{TYPE_COOKIE: LARGE})).large
    assert not Face(asked(**{TYPE_COOKIE: "<script>"})).large


def test_choosing_a_type_size_leads_back_to_the_page(client: Client) -> None:
    answer = client.post(reverse("type_choose"), {"type": "large", "next": "/letters/?q=a"})
    assert answer.headers["Location"] == "/letters/?q=a"
    assert answer.cookies[TYPE_COOKIE].value == LARGE


@pytest.mark.parametrize(
    "wanted", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "", "/\\evil.example"]
)
def test_a_choice_never_leads_to_another_site(client: Client, wanted: str) -> None:
    answer = client.post(reverse("type_choose"), {"type": "large", "next": wanted})
    assert answer.headers["Location"] == "/"


def test_chosen_columns_are_kept_for_their_table_only(client: Client) -> None:
    client.force_login(make_officer("system"))
    answer = client.post(reverse("columns_choose"), {"table": "letters", "column": ["number", "due_on"], "next": "/x/"})
    assert answer.cookies["columns-letters"].value == "number.due_on"
    answer = client.post(reverse("columns_choose"), {"table": "a;b=c", "column": ["x"]})
    assert not answer.cookies


def test_a_stranger_chooses_no_columns(client: Client) -> None:
    assert client.post(reverse("columns_choose"), {"table": "letters"}).status_code == 302


def test_choices_are_only_taken_by_post(client: Client) -> None:
    assert client.get(reverse("type_choose")).status_code == 405


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Forbidden("您不能签署这份责任书。", remedy="请由责任人本人签署。"), 403),
        (Stale("这份责任书刚刚被退回。", remedy="请刷新后再看。"), 409),
        (DomainError("签订期限已过。"), 422),
    ],
)
def test_a_refusal_says_what_happened_and_what_to_do(error: DomainError, status: int) -> None:
    answer = refusal_page(asked(make_officer("system")), error)
    html = answer.content.decode()
    assert answer.status_code == status
    assert error.message in html
    assert error.remedy in html
    assert "没有改动任何数据" in html
    assert "请求号 3f9a0412" in html


@pytest.mark.parametrize("name", ["400", "403", "404", "csrf", "500"])
def test_an_error_page_speaks_in_words_and_gives_the_number_of_the_request(name: str) -> None:
    html = get_template(f"errors/{name}.html").render({"request_number": "3f9a0412"}, asked())
    text = re.sub(r"<[^>]+>", "", html)
    assert "3f9a0412" in text
    assert "首页" in text
    assert not re.search(r"[A-Za-z]{4,}", text.replace("3f9a0412", ""))


def test_the_page_of_a_broken_server_needs_nothing_but_its_template() -> None:
    assert "没有办成" in get_template("errors/500.html").render({"request_number": ""})


def test_the_log_in_page_warns_and_has_no_account_on_it(client: Client) -> None:
    html = client.get(reverse("admin:login")).content.decode()
    assert "严禁录入涉密信息" in html
    assert not re.search(r'type="password"[^>]*value=', html)


def test_a_part_asked_for_by_htmx_comes_without_the_shell(client: Client) -> None:
    client.force_login(make_officer("system"))
    whole = client.get("/nonsense/").content.decode()
    part = client.get("/nonsense/", headers={"HX-Request": "true"}).content.decode()
    assert "lz-bar" in whole
    assert "lz-bar" not in part
    assert "没有找到" in part

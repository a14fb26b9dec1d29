"""The gallery in real Chromium: no foreign request, nothing refused by the policy, nothing axe finds serious, at both widths."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from playwright.sync_api import Browser, Page, sync_playwright

from organization.models import User
from tests.factories.organization import make_officer, make_region, make_unit

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.face.urls")]
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--font-render-hinting=none", "--no-first-run"]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("LVZE_CHROMIUM", "/usr/bin/chromium"), args=FLAGS
        )
        yield browser
        browser.close()


@pytest.fixture
def city(transactional_db: None) -> None:
    region = make_region()
    for n in range(45):
        make_unit(region, name=f"第{n:02}试点局")


def opened(chromium: Browser, base: str, width: int, **options: Any) -> tuple[Page, list[str]]:
    context = chromium.new_context(viewport={"width": width, "height": 900}, locale="zh-CN", **options)
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda m: said.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda e: said.append(str(e)))
    page.on("request", lambda r: said.append(r.url) if not r.url.startswith((base, "data:")) else None)
    page.goto(f"{base}/gallery/", wait_until="networkidle")
    return page, said


@pytest.mark.parametrize("width", [1440, 390])
def test_the_gallery_is_clean(chromium: Browser, live_server: Any, city: None, width: int) -> None:
    page, said = opened(chromium, live_server.url, width)
    assert said == []
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 1
    found = [v for v in Axe().run(page).response["violations"] if v["impact"] in ("serious", "critical")]
    assert [(v["id"], [n["html"][:160] for n in v["nodes"]][:3]) for v in found] == []


def test_searching_paging_and_ticking_change_only_the_part(chromium: Browser, live_server: Any, city: None) -> None:
    page, said = opened(chromium, live_server.url, 1440)
    page.evaluate("window.stayed = true")
    page.click("#gallery-part a[rel=next]")
    page.wait_for_selector("text=本页 21–40")
    assert "after=" in page.url
    page.fill("input[name=q]", "第07")
    page.wait_for_selector("text=查找：第07")
    assert page.locator("#gallery-part tbody tr").count() == 1
    assert "q=" in page.url
    assert "after=" not in page.url
    page.check("#gallery-part tbody input[name=pick]")
    page.wait_for_selector("text=已选 1")
    assert page.evaluate("window.stayed") is True
    page.go_back()
    page.wait_for_selector("text=本页 21–40")
    assert said == []


def test_without_script_the_table_searches_pages_and_sorts(chromium: Browser, live_server: Any, city: None) -> None:
    page, _ = opened(chromium, live_server.url, 1440, java_script_enabled=False)
    page.fill("input[name=q]", "第07")
    page.press("input[name=q]", "Enter")
    page.wait_for_url("**q=*")
    assert page.locator("#gallery-part tbody tr").count() == 1
    page.click("text=清除条件 >> nth=-1")
    page.click("#gallery-part a[rel=next]")
    page.wait_for_selector("text=本页 21–40")
    page.click("#gallery-part thead a >> text=单位")
    page.wait_for_url("**sort=name*")


def test_large_type_is_remembered_without_script(chromium: Browser, live_server: Any, city: None) -> None:
    page, _ = opened(chromium, live_server.url, 1440, java_script_enabled=False)
    page.click(".lz-foot >> text=大字版")
    assert page.get_attribute("html", "data-type") == "large"
    page.goto(f"{live_server.url}/gallery/")
    assert page.get_attribute("html", "data-type") == "large"
    page.click(".lz-foot >> text=标准字号")
    assert page.get_attribute("html", "data-type") is None


def signed_in(page: Page, base: str, client: Client, user: User) -> None:
    client.force_login(user)
    page.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": base}])


def test_columns_are_chosen_and_remembered_without_script(
    chromium: Browser, live_server: Any, city: None, client: Client
) -> None:
    page, _ = opened(chromium, live_server.url, 1440, java_script_enabled=False)
    signed_in(page, live_server.url, client, make_officer("system"))
    page.goto(f"{live_server.url}/gallery/?q=局")
    assert page.locator("#gallery-part thead >> text=编码").count() == 1
    page.click("summary >> text=选择列")
    page.uncheck("input[name=column][value=code]")
    page.click("text=按此显示")
    assert "q=" in page.url
    assert page.locator("#gallery-part thead >> text=编码").count() == 0
    assert page.locator("#gallery-part tbody tr").count() == 20


@pytest.mark.parametrize("width", [1440, 390])
def test_the_admin_is_clean_under_the_policy(
    chromium: Browser, live_server: Any, city: None, client: Client, width: int
) -> None:
    page, said = opened(chromium, live_server.url, width)
    signed_in(page, live_server.url, client, make_officer("system"))
    for path in ("/admin/", "/admin/organization/unit/", "/admin/organization/user/", "/admin/password_change/"):
        answer = page.goto(f"{live_server.url}{path}", wait_until="networkidle")
        assert answer is not None
        assert answer.status == 200, path
        found = [v["id"] for v in Axe().run(page).response["violations"] if v["impact"] in ("serious", "critical")]
        assert found == [], path
    assert said == []


def test_a_draft_comes_back_and_a_dialog_gives_the_focus_back(chromium: Browser, live_server: Any, city: None) -> None:
    page, said = opened(chromium, live_server.url, 1440)
    page.click("text=退回修改 >> nth=1")
    page.wait_for_selector("dialog[open]")
    page.fill("dialog textarea", "第 4 条与职责不符")
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog[open]", state="detached")
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
    page.click("[data-dialog] > summary")
    assert page.input_value("dialog textarea") == "第 4 条与职责不符"
    assert said == []

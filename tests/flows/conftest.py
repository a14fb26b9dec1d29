"""Real Chromium against the live server; whatever the console complains about or a foreign address is kept and fails."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--font-render-hinting=none", "--no-first-run"]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        path = os.environ.get("LVZE_CHROMIUM", "/usr/bin/chromium")
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def signed_in(chromium: Browser, live_server: Any) -> Iterator[Callable[..., Page]]:
    """`signed_in(user, password, width)`: a page of its own session, logged in through the log-in page."""
    said: list[str] = []
    contexts = []

    def enter(username: str, password: str, width: int) -> Page:
        size = {"width": width, "height": 844 if width < 768 else 900}
        context = chromium.new_context(
            viewport=size, locale="zh-CN", timezone_id="Asia/Shanghai", has_touch=width < 768
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("console", lambda m: said.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda e: said.append(str(e)))
        page.on(
            "request",
            lambda r: said.append(r.url) if not r.url.startswith((live_server.url, "data:", "blob:")) else None,
        )
        page.goto(f"{live_server.url}/login/")
        page.fill("input[name=username]", username)
        page.fill("input[name=password]", password)
        page.click("button.btn-primary")
        page.wait_for_url(lambda url: "/login/" not in url)
        return page

    yield enter
    for context in contexts:
        context.close()
    # Refusals (422, 409) are shown on purpose; the browser notes them as errors of loading.
    assert [words for words in said if "422" not in words and "409" not in words] == []

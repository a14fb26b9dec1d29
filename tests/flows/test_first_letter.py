"""From the office's workbook to the first sealed letter, in real Chromium at both widths, with a real worker beside it."""

import time
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page
from pyhanko.pdf_utils.reader import PdfFileReader

from engines.audit.verify import verify_chains
from organization.enums import PostKind, Role
from organization.models import Post, Unit
from responsibility.enums import LetterState
from responsibility.models import IssuedList, Letter
from tests.factories.lists import make_published_list
from tests.factories.organization import PASSWORD, make_region, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WORKBOOK = Path(settings.ROOT) / "tests" / "data" / "yunchuan_units.xlsx"
BUREAU, GROUP = "YC-D19", "YC-PZ03"
PHOTOS = Path(settings.ROOT) / "var" / "photos"


def until(done: Any, seconds: int = 60) -> None:
    """Waits for what the worker does."""
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "the worker did not finish in time"
        time.sleep(0.2)


def photograph(page: Page, name: str, width: int) -> None:
    if PHOTOS.is_dir():  # made by hand by whoever wants to look at the pages
        page.screenshot(path=PHOTOS / f"{name}-{width}.png", full_page=True)


def go(page: Page, base: str, name: str, *args: Any, query: str = "") -> None:
    page.goto(base + reverse(name, args=args) + query)


def import_workbook(page: Page, base: str) -> None:
    go(page, base, "import_start")
    page.set_input_files("input[type=file]", WORKBOOK)
    page.click("main button.btn-primary")
    page.wait_for_url("**/imports/*/")
    for _ in range(60):
        if page.locator("input[name=checked]").count():
            break
        time.sleep(0.5)
        page.reload()
    page.check("input[name=checked]")
    page.click("form[action$='/commit/'] button.btn-primary")
    until(lambda: Unit.objects.filter(code=BUREAU).exists())


def issue_list(page: Page, base: str, target: Any, width: int) -> None:
    go(page, base, "list_issue", target.pk, query="?q=财政局")
    page.check("tbody input[name=pick]")
    page.click("form.lz-batch button[type=submit]")
    page.fill("input[name=due_on]", f"{timezone.localdate().year + 1}-01-31")
    page.click("button[name=start]")
    until(lambda: IssuedList.objects.filter(unit__code=BUREAU).exists())


def draft_and_send(page: Page, base: str, width: int) -> Letter:
    go(page, base, "letter_new", query="?q=czj")
    photograph(page, "letter_new", width)
    # On a phone the table shows cards; the link is in every shape the way on.
    page.goto(base + (page.locator("a", has_text="拟稿").first.get_attribute("href") or ""))
    photograph(page, "letter_draft", width)
    page.click("main button.btn-primary")
    page.wait_for_url("**/letters/*/edit/")
    photograph(page, "letter_edit", width)
    page.click("button.btn-primary:not([name])")
    page.wait_for_url(lambda url: url.endswith("/") and "edit" not in url)
    page.click("form[action$='/send/'] button")
    page.wait_for_selector("text=已发起签订")
    photograph(page, "letter_show_sent", width)
    return Letter.objects.get()


def draw(page: Page) -> None:
    """A stroke and a half on the pad, as a hand would leave them."""
    page.locator("[data-pad]").scroll_into_view_if_needed()
    box = page.locator("[data-pad] canvas").bounding_box()
    assert box is not None
    x, y = box["x"] + 40, box["y"] + 30
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(1, 24):
        page.mouse.move(x + 7 * step, y + (step % 6) * 9)
    page.mouse.up()
    assert page.input_value("[name=drawing]").startswith("data:image/png;base64,")


def sign(page: Page, base: str, letter: Letter, width: int, *, name: str) -> None:
    go(page, base, "letter_sign", letter.pk)
    photograph(page, f"letter_sign_{name}", width)
    if width < 768:
        # The bar leads through the text before it offers to sign.
        assert page.locator("[data-sign-on]").is_visible()
        assert not page.locator("button.btn-primary").is_visible()
    page.locator("#sign").scroll_into_view_if_needed()
    page.mouse.wheel(0, 4000)
    page.check("[name=confirmed_read]")
    draw(page)
    page.fill("[name=password]", "not-the-password")
    page.click("button.btn-primary")
    page.wait_for_selector("text=还可输入 4 次")
    photograph(page, f"letter_sign_refused_{name}", width)
    assert page.is_checked("[name=confirmed_read]")
    assert page.locator("[data-pad] img").is_visible()
    page.fill("[name=password]", PASSWORD)
    page.click("button.btn-primary")
    page.wait_for_selector("text=已签署")


@pytest.mark.parametrize("width", [1440, 390])
def test_from_the_workbook_to_the_sealed_letter(signed_in, live_server, worker, tmp_path, width):
    base = live_server.url
    region = make_region(code="YC")
    office = make_user(Role.DISCIPLINE_OFFICE, region, username="office")
    desk = signed_in("office", PASSWORD, width)

    import_workbook(desk, base)
    region.refresh_from_db()
    target = make_published_list(region, office, year=timezone.localdate().year)
    issue_list(desk, base, target, width)
    letter = draft_and_send(desk, base, width)

    head, secretary = (Post.objects.get(unit__code=code, kind=PostKind.HEAD) for code in (BUREAU, "YC"))
    leader = Post.objects.get(unit__code=GROUP, kind=PostKind.DISCIPLINE)
    assert (letter.recipient_post, letter.issuer_post, letter.supervisor_post) == (head, secretary, leader)
    for name, post in (("leader", leader), ("head", head), ("secretary", secretary)):
        make_user(person=post.person, username=name)

    early = signed_in("leader", PASSWORD, width)  # out of order: told whom to wait for, nothing signed
    go(early, base, "letter_sign", letter.pk)
    assert early.locator("text=还没有轮到您签署").is_visible()
    for name in ("secretary", "head"):
        sign(signed_in(name, PASSWORD, width), base, letter, width, name=name)
    sign(early, base, letter, width, name="leader")

    until(lambda: Letter.objects.filter(state=LetterState.SEALED).exists())
    go(early, base, "letter_show", letter.pk)
    photograph(early, "letter_show_sealed", width)
    go(desk, base, "letter_list")
    photograph(desk, "letter_list", width)
    go(desk, base, "letter_verify", query=f"?code={letter.verify_code}")
    photograph(desk, "letter_verify", width)
    assert desk.locator("text=封存时间").is_visible()

    go(desk, base, "letter_show", letter.pk)
    with desk.expect_download() as taken:
        desk.locator("a[href$='/document/']").first.evaluate("link => link.click()")
    check_file(Path(taken.value.path()), tmp_path)
    assert verify_chains().whole


def check_file(path: Path, folder: Path) -> None:
    """Valid for pyHanko and for the command; one changed byte is refused."""
    data = path.read_bytes()
    (signature,) = PdfFileReader(BytesIO(data)).embedded_signatures
    signature.compute_integrity_info()
    assert signature.coverage.name == "ENTIRE_FILE"
    assert run_command(path) == 0
    changed = folder / "changed.pdf"
    changed.write_bytes(data[: len(data) // 2] + bytes([data[len(data) // 2] ^ 1]) + data[len(data) // 2 + 1 :])
    assert run_command(changed) == 1


def run_command(path: Path) -> int:
    with pytest.raises(SystemExit) as left:
        call_command("verify_letter", str(path), stdout=StringIO())
    return int(left.value.code or 0)

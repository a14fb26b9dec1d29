"""The shell of every page: navigation in the office's words, who is signed in, how large the type is."""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from django.conf import settings
from django.db import connection
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from common.face import LARGE, TYPE_COOKIE

SIGNED_IN = "signed_in"
MOST_SAID = 99
UNREAD = """
    SELECT count(*) FROM (
        SELECT 1 FROM reminders_reminder
         WHERE recipient_id = %s AND read_at IS NULL AND settled_at IS NULL LIMIT %s
    ) AS waiting
"""


@dataclass(frozen=True)
class Item:
    """One entry of the bar: its word, the page it opens, the actions that show it, the nouns of the pages under it."""

    word: str
    url: str
    actions: tuple[str, ...]
    nouns: tuple[str, ...]


# The order of the bar. An item whose page is not built yet is not shown: no dead links.
ITEMS = (
    Item("工作台", "office", ("office.view",), ("office",)),
    Item("我的工作", "home", (SIGNED_IN,), ("home",)),
    Item("责任清单", "list_list", ("list.view",), ("list", "item")),
    Item("清单库", "library_list", ("list.author",), ("library",)),
    Item("责任书", "letter_list", ("letter.view",), ("letter",)),
    Item("单位与任职", "unit_list", ("unit.view",), ("unit", "person", "post", "charge")),
    Item("导入", "import_list", ("unit.manage",), ("import",)),
    Item("授权", "grant_list", ("grant.manage",), ("grant",)),
    Item("账号", "account_list", ("account.manage",), ("account",)),
    Item("后台任务", "job_list", ("job.view",), ("job",)),
    Item("提醒发送", "reminder_failures", ("system.view",), ("reminder",)),
    Item("审计", "audit_list", ("audit.view",), ("audit",)),
)


@dataclass(frozen=True)
class Link:
    """An entry as the page shows it."""

    word: str
    href: str
    current: bool


class Face:
    """What base.html knows besides the page itself; computed only where it is shown."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.user: Any = getattr(request, "user", None)
        self.place = getattr(settings, "LVZE_PLACE", "")
        self.owner = getattr(settings, "LVZE_OWNER", "")

    @property
    def signed_in(self) -> bool:
        return bool(self.user and self.user.is_authenticated)

    @property
    def name(self) -> str:
        return str(self.user) if self.signed_in else ""

    @property
    def large(self) -> bool:
        """大字版: what this browser was told last, otherwise what the account says."""
        kept = self.request.COOKIES.get(TYPE_COOKIE)
        if kept is not None:
            return kept == LARGE
        return self.signed_in and bool(getattr(self.user, "large_type", False))

    @property
    def part_only(self) -> bool:
        """Whether htmx asked for a part of the page, so that the shell can be left out."""
        htmx = getattr(self.request, "htmx", None)
        return bool(htmx and not htmx.boosted and not htmx.history_restore_request)

    @property
    def items(self) -> list[Link]:
        if not self.signed_in or self.user.must_change_password:
            return []
        noun = noun_of(self.request)
        return [Link(i.word, href, noun in i.nouns) for i in ITEMS if (href := address(i.url)) and self._may(i)]

    def _may(self, item: Item) -> bool:
        return any(action == SIGNED_IN or self.user.may_somewhere(action) for action in item.actions)

    @cached_property
    def unread(self) -> str:
        """How many notices the account has not read, as the bar says it: one statement on a partial index, "" for none."""
        if not self.signed_in or self.user.is_staff or self.user.must_change_password:
            return ""
        with connection.cursor() as cursor:  # on every page: a tenth of what the ORM takes to say the same
            cursor.execute(UNREAD, [self.user.pk, MOST_SAID + 1])
            number = cursor.fetchone()[0]
        return f"{MOST_SAID}+" if number > MOST_SAID else str(number or "")

    @property
    def notices(self) -> str:
        """The address of one's notices; "" for officers, who have none of their own."""
        return "" if not self.signed_in or self.user.is_staff else address("notice_list")

    @property
    def home(self) -> str:
        return address("home") or "/"

    @property
    def my_access(self) -> str:
        return address("my_access")

    @property
    def verify(self) -> str:
        return address("letter_verify")

    @property
    def password_change(self) -> str:
        return address("password_change")

    @property
    def logout(self) -> str:
        return address("logout")

    @property
    def type_choose(self) -> str:
        return address("type_choose")

    @property
    def back(self) -> str:
        return self.request.get_full_path() if self.request.method == "GET" else self.home

    @property
    def now(self) -> Any:
        return getattr(self.request, "now", None) or timezone.now()


@lru_cache(maxsize=128)
def address(name: str) -> str:
    """The address of a page that takes no arguments; "" where it is not built."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def noun_of(request: HttpRequest) -> str:
    """The noun a page is about: the first word of its url name (`letter_sign` → letter)."""
    match = getattr(request, "resolver_match", None)
    return (match.url_name or "").partition("_")[0] if match else ""


def navigation(request: HttpRequest) -> dict[str, Face]:
    """Context processor."""
    return {"face": Face(request)}

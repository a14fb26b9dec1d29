"""The demo's accounts and their passwords, kept in var/demo_accounts.json for nobody but the account that runs the demo."""

import json
import os
import secrets
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from pypinyin import lazy_pinyin

from common.errors import Forbidden
from organization.enums import Office
from organization.models import Person, User
from organization.services.accounts import change_own_password, create_account, new_password, reset_password

OFFICERS = {
    "system": (Office.SYSTEM, "系统管理员"),
    "security": (Office.SECURITY, "安全管理员"),
    "audit": (Office.AUDIT, "安全审计员"),
}


@dataclass
class Account:
    """One account of the demo; `shown` is its place among those printed at the start (0: not printed)."""

    username: str
    password: str
    role: str = ""
    unit: str = ""
    name: str = ""
    note: str = ""
    shown: int = 0


class Book:
    """The file of accounts. A password is written down before the account that has it can matter to anybody."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or Path(settings.VAR) / "demo_accounts.json"
        self.by_username: dict[str, Account] = {}
        if self.path.exists():
            rows = json.loads(self.path.read_text())
            self.by_username = {row["username"]: Account(**row) for row in rows}

    def save(self) -> None:
        """Replaces the file in one step; mode 0600 from the first byte."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self.path.with_name(f"{self.path.name}.{secrets.token_hex(4)}")
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            json.dump([asdict(account) for account in self.by_username.values()], file, ensure_ascii=False, indent=1)
        fresh.replace(self.path)

    def put(self, user: User, password: str) -> None:
        account = self.by_username.setdefault(user.username, Account(user.username, ""))
        account.password, account.name = password, str(user)

    def password(self, user: User) -> str:
        return self.by_username[user.username].password

    def show(self, user: User, place: int, *, role: str, unit: str, note: str = "") -> None:
        """Marks the account as one of those that are printed."""
        account = self.by_username[user.username]
        account.shown, account.role, account.unit, account.note = place, role, unit, note


def ensure_officers(book: Book, *, now: datetime) -> dict[str, User]:
    """The three officers by username, made from the server's command line as on any installation."""
    for username, (office, words) in OFFICERS.items():
        if not User.objects.filter(username=username).exists():
            book.put(*create_account(username=username, office=office, display_name=words, by=None, now=now))
    _renew_unknown(book, User.objects.filter(username__in=OFFICERS), by=None, now=now)
    book.save()
    return {user.username: user for user in User.objects.filter(username__in=OFFICERS)}


def ensure_account(
    book: Book, *, username: str, display_name: str = "", person: Person | None = None, by: User, now: datetime
) -> User:
    """An account that follows from no post (inspector, auditor, whoever types in the first workbook)."""
    user = User.objects.filter(username=username).first()
    if user is None:
        user, password = create_account(username=username, display_name=display_name, person=person, by=by, now=now)
        book.put(user, password)
    _renew_unknown(book, [user], by=by, now=now)
    book.save()
    return user


def ensure_accounts_of(book: Book, people: Iterable[Person], *, by: User, now: datetime) -> None:
    """An account for each of these people, named by the pinyin of the name."""
    taken = set(User.objects.values_list("username", flat=True))
    held = set(User.objects.filter(person__isnull=False).values_list("person_id", flat=True))
    for number, person in enumerate(person for person in people if person.pk not in held):
        username = _free_name("".join(lazy_pinyin(person.name)), taken)
        taken.add(username)
        book.put(*create_account(username=username, person=person, by=by, now=now))
        if number % 25 == 0:
            book.save()
    book.save()
    _renew_unknown(book, User.objects.filter(person__isnull=False), by=by, now=now)
    book.save()


def settle_password(book: Book, user: User, *, now: datetime) -> None:
    """Changes the first password, as its owner does at the first log-in, so that the account can be used at once."""
    if user.must_change_password:
        password = new_password()
        change_own_password(user, password=password, now=now)
        book.put(user, password)
        book.save()


def accounts() -> list[Account]:
    """The accounts to print, one per role. Refuses outside the demo."""
    if not settings.LVZE_DEMO:
        raise Forbidden("只有演示环境才有演示账号。")
    shown = [account for account in Book().by_username.values() if account.shown]
    return sorted(shown, key=lambda account: account.shown)


def _renew_unknown(book: Book, users: Iterable[User], *, by: User | None, now: datetime) -> None:
    """An account whose password was lost when loading was killed gets a new one."""
    for user in users:
        if user.username not in book.by_username:
            book.put(user, reset_password(user, by=by, now=now))


def _free_name(name: str, taken: set[str]) -> str:
    number = 1
    while (found := name if number == 1 else f"{name}{number}") in taken:
        number += 1
    return found

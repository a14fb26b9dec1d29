"""Accounts: made, reset, closed and opened by the system officer; a password is shown once, then changed."""

import secrets
from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction

from common.errors import DomainError, Stale
from engines.audit.record import record
from organization.access import ensure_office
from organization.enums import Office
from organization.models import Person, User

# Without signs that are mistaken for one another on paper (0/O, 1/l/I).
ALPHABET = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
PASSWORD_LENGTH = 14


@transaction.atomic
def create_account(
    *,
    username: str,
    office: str = Office.BUSINESS,
    person: Person | None = None,
    display_name: str = "",
    by: User | None,
    now: datetime,
) -> tuple[User, str]:
    """Makes an account and returns it with its first password, which is kept nowhere else.

    Refuses a name in use, a person who has an account, and an officer who is linked to a person.
    `by=None` is the command line of the server, where the first officers are made.
    """
    _ensure_system_officer(by)
    if office != Office.BUSINESS and person is not None:
        raise DomainError("系统、安全、审计管理员账号不得关联人员，也不得承担业务。", field="person")
    if person is not None and User.objects.filter(person=person).exists():
        raise DomainError(f"{person.name}已有账号。", field="person")
    password = new_password()
    user = User(username=username.strip(), office=office, person=person, display_name=display_name, created_at=now)
    user.set_password(password)
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError as error:
        raise DomainError("这个账号已存在。", field="username") from error
    after = {"username": user.username, "office": office, "person": person.name if person else ""}
    record("account.create", user, actor=by, now=now, after=after)
    return user, password


@transaction.atomic
def create_accounts(person_ids: Sequence[int], *, by: User | None, now: datetime) -> list[tuple[User, str]]:
    """Makes an account for each of the people who has none by now, named by the person's code; all or nothing."""
    _ensure_system_officer(by)
    people = (
        Person.objects.select_for_update(of=("self",)).filter(pk__in=person_ids, account__isnull=True).order_by("pk")
    )
    return [create_account(username=person.code, person=person, by=by, now=now) for person in people]


@transaction.atomic
def reset_password(user: User, *, by: User | None, now: datetime, reason: str = "") -> str:
    """Gives the account a new random password, to be changed at the next log-in, and returns it."""
    _ensure_system_officer(by)
    locked = _locked(user)
    password = new_password()
    locked.set_password(password)
    locked.must_change_password = True
    locked.save(update_fields=["password", "must_change_password"])
    record("account.reset", locked, actor=by, now=now, reason=reason)
    return password


@transaction.atomic
def change_own_password(user: User, *, password: str, now: datetime) -> User:
    """The account's own new password (checked by the form); lifts the duty to change it."""
    locked = _locked(user)
    locked.set_password(password)
    locked.must_change_password = False
    locked.save(update_fields=["password", "must_change_password"])
    record("account.password", locked, actor=locked, now=now)
    return locked


@transaction.atomic
def deactivate(user: User, *, by: User | None, now: datetime, reason: str = "") -> User:
    """Closes the account. Refuses one's own, and the last open account of an officer."""
    _ensure_system_officer(by)
    locked = _locked(user)
    if not locked.is_active:
        raise Stale("这个账号已停用。")
    if by is not None and by.pk == locked.pk:
        raise DomainError("不能停用自己的账号。")
    others = User.objects.filter(office=locked.office, is_active=True).exclude(pk=locked.pk)
    if locked.office != Office.BUSINESS and not others.exists():
        raise DomainError(f"这是唯一的{locked.get_office_display()}账号，不能停用。", remedy="请先建立接替的账号。")
    return _switch(locked, False, "account.deactivate", by=by, now=now, reason=reason)


@transaction.atomic
def activate(user: User, *, by: User | None, now: datetime, reason: str = "") -> User:
    """Opens a closed account again."""
    _ensure_system_officer(by)
    locked = _locked(user)
    if locked.is_active:
        raise Stale("这个账号未停用。")
    return _switch(locked, True, "account.activate", by=by, now=now, reason=reason)


@transaction.atomic
def change_account(user: User, *, display_name: str, person: Person | None, by: User | None, now: datetime) -> User:
    """Corrects the shown name or the person behind an account. The kind of an account never changes."""
    _ensure_system_officer(by)
    locked = _locked(user)
    if person is not None and locked.office != Office.BUSINESS:
        raise DomainError("系统、安全、审计管理员账号不得关联人员，也不得承担业务。", field="person")
    if person is not None and User.objects.filter(person=person).exclude(pk=locked.pk).exists():
        raise DomainError(f"{person.name}已有账号。", field="person")
    before = {"display_name": locked.display_name, "person_id": locked.person_id}
    locked.display_name, locked.person = display_name, person
    locked.save(update_fields=["display_name", "person"])
    after = {"display_name": locked.display_name, "person_id": locked.person_id}
    record("account.change", locked, actor=by, now=now, before=before, after=after)
    return locked


def new_password() -> str:
    """A random first password that passes the policy: letters of both cases and digits."""
    while True:
        text = "".join(secrets.choice(ALPHABET) for _ in range(PASSWORD_LENGTH))
        if any(c.islower() for c in text) and any(c.isupper() for c in text) and any(c.isdigit() for c in text):
            return text


def _ensure_system_officer(by: User | None) -> None:
    if by is not None:
        ensure_office(by, "account.manage")


def _locked(user: User) -> User:
    return User.objects.select_for_update(of=("self",)).select_related("person").get(pk=user.pk)


def _switch(user: User, on: bool, action: str, *, by: User | None, now: datetime, reason: str) -> User:
    user.is_active = on
    user.save(update_fields=["is_active"])
    record(action, user, actor=by, now=now, before={"is_active": not on}, after={"is_active": on}, reason=reason)
    return user

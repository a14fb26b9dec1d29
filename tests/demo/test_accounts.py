"""The demo's accounts: kept for one reader only, listed nowhere but in the demo."""

import json
import stat

import pytest
from django.core.management import CommandError, call_command

from config.demo.accounts import OFFICERS, Book, accounts, ensure_accounts_of, ensure_officers, settle_password
from organization.enums import Office
from organization.models import User
from tests.factories.organization import NOW, make_post, make_region

pytestmark = pytest.mark.django_db


def test_the_file_of_passwords_is_readable_by_its_owner_only():
    book = Book()
    ensure_officers(book, now=NOW)
    assert stat.S_IMODE(book.path.stat().st_mode) == 0o600
    assert sorted(json.loads(book.path.read_text()), key=lambda row: row["username"])[0]["username"] == "audit"


def test_the_three_officers_are_three_accounts_of_three_kinds():
    users = ensure_officers(Book(), now=NOW)
    assert {user.office for user in users.values()} == {Office.SYSTEM, Office.SECURITY, Office.AUDIT}
    assert all(user.person is None for user in users.values())


def test_no_two_installations_have_the_same_password(tmp_path):
    one, other = Book(tmp_path / "one.json"), Book(tmp_path / "other.json")
    ensure_officers(one, now=NOW)
    ensure_officers(other, now=NOW)  # does not know the passwords, so that they are renewed
    assert not {account.password for account in one.by_username.values()} & {
        account.password for account in other.by_username.values()
    }
    for username in OFFICERS:
        assert User.objects.get(username=username).check_password(other.by_username[username].password)


def test_an_account_made_twice_is_one_account_and_keeps_its_password():
    book = Book()
    officers = ensure_officers(book, now=NOW)
    people = [make_post(make_region()).person]
    ensure_accounts_of(book, people, by=officers["system"], now=NOW)
    user = User.objects.get(person=people[0])
    password = book.password(user)
    again = Book()
    ensure_accounts_of(again, people, by=officers["system"], now=NOW)
    assert again.password(user) == password
    assert User.objects.filter(person=people[0]).count() == 1


def test_only_a_settled_account_need_not_change_its_password():
    book = Book()
    user = ensure_officers(book, now=NOW)["system"]
    assert user.must_change_password
    settle_password(book, user, now=NOW)
    fresh = User.objects.get(pk=user.pk)
    assert not fresh.must_change_password
    assert fresh.check_password(Book().password(fresh))


def test_accounts_are_listed_in_the_demo_only(settings, capsys):
    book = Book()
    user = ensure_officers(book, now=NOW)["audit"]
    book.show(user, 1, role="安全审计员", unit="三员")
    book.save()
    settings.LVZE_DEMO = True
    call_command("demo_accounts", "--json")
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["username"], row["role"], row["unit"]) == ("audit", "安全审计员", "三员")
    assert User.objects.get(username="audit").check_password(row["password"])
    settings.LVZE_DEMO = False
    with pytest.raises(CommandError, match="只有演示环境才有演示账号"):
        call_command("demo_accounts", "--json")
    with pytest.raises(CommandError, match="只有演示环境"):
        call_command("load_demo")


def test_before_the_first_start_there_is_nothing_to_list(settings):
    settings.LVZE_DEMO = True
    assert accounts() == []
    with pytest.raises(CommandError, match="make demo"):
        call_command("demo_accounts")

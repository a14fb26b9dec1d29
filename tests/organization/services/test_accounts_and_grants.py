"""Three officers, one office each; grants by the security officer alone; kept by the services and by the database."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from common.errors import DomainError, Forbidden, Stale
from engines.audit.record import timeline_of
from organization.access import holds_of
from organization.enums import Office, Role
from organization.models import Grant, User
from organization.services import accounts, grants
from tests.factories.organization import (
    NOW,
    TODAY,
    make_holder,
    make_office_user,
    make_officer,
    make_person,
    make_region,
    make_unit,
    make_user,
)

pytestmark = pytest.mark.django_db


def given(user: User, by: User | None, **other: object) -> Grant:
    facts = {"role": Role.INSPECTOR, "unit": make_unit(), "started_on": TODAY, "reason": "巡察组"} | other
    return grants.give_grant(user, by=by, now=NOW, **facts)


def test_a_new_account_has_a_password_nobody_chose_and_must_change_it():
    user, password = accounts.create_account(
        username="lzy", person=make_person(), by=make_officer(Office.SYSTEM), now=NOW
    )
    assert user.check_password(password)
    assert user.must_change_password
    assert password not in str(timeline_of(user).values())
    _, other = accounts.create_account(username="lzy2", by=None, now=NOW)
    assert other != password


@pytest.mark.parametrize("office", [Office.SECURITY, Office.AUDIT])
def test_only_the_system_officer_opens_resets_and_closes_accounts(office: str):
    user = make_user()
    for by in (make_officer(office), make_office_user(make_region())):
        for act in (
            lambda by=by: accounts.create_account(username="x-y", by=by, now=NOW),
            lambda by=by: accounts.reset_password(user, by=by, now=NOW),
            lambda by=by: accounts.deactivate(user, by=by, now=NOW),
        ):
            with pytest.raises(Forbidden):
                act()


def test_one_person_has_one_account_and_a_name_is_used_once():
    person = make_person()
    accounts.create_account(username="first", person=person, by=None, now=NOW)
    with pytest.raises(DomainError, match="已有账号"):
        accounts.create_account(username="second", person=person, by=None, now=NOW)
    with pytest.raises(DomainError, match="已存在"):
        accounts.create_account(username="first", by=None, now=NOW)


def test_the_last_officer_and_oneself_are_not_locked_out():
    system = make_officer(Office.SYSTEM)
    audit = make_officer(Office.AUDIT)
    with pytest.raises(DomainError, match="自己"):
        accounts.deactivate(system, by=system, now=NOW)
    with pytest.raises(DomainError, match="唯一"):
        accounts.deactivate(audit, by=system, now=NOW)
    make_officer(Office.AUDIT)
    accounts.deactivate(audit, by=system, now=NOW, reason="调离")
    with pytest.raises(Stale):
        accounts.deactivate(audit, by=system, now=NOW)


def test_a_closed_account_holds_nothing():
    user = make_holder(make_unit(make_region()))
    assert holds_of(user)
    closed = accounts.deactivate(user, by=None, now=NOW)
    assert holds_of(closed) == ()


def test_an_officer_is_never_a_person_with_posts():
    with pytest.raises(DomainError, match="不得关联人员"):
        accounts.create_account(username="off", office=Office.SYSTEM, person=make_person(), by=None, now=NOW)
    officer = make_officer(Office.SECURITY)
    with pytest.raises(DomainError, match="不得关联人员"):
        accounts.change_account(officer, display_name="", person=make_person(), by=None, now=NOW)


def test_only_the_security_officer_gives_a_grant_and_not_to_an_officer():
    user = make_user()
    for by in (make_officer(Office.SYSTEM), make_officer(Office.AUDIT), make_office_user(make_region())):
        with pytest.raises(Forbidden):
            given(user, by)
    security = make_officer(Office.SECURITY)
    for officer in (make_officer(Office.AUDIT), make_officer(Office.SYSTEM)):
        with pytest.raises(DomainError, match="不得授予业务角色"):
            given(officer, security)
    with pytest.raises(Forbidden, match="自己"):
        given(security, security)
    grant = given(user, security)
    entry = timeline_of(grant).get()
    assert (entry.actor, entry.after["role"], entry.unit_path) == (security, Role.INSPECTOR, grant.unit.path)


def test_a_grant_ended_on_its_first_day_never_held():
    user, unit = make_user(), make_unit()
    grant = given(user, None, unit=unit)
    assert [hold.role for hold in holds_of(User.objects.get(pk=user.pk), TODAY)] == [Role.INSPECTOR]
    grants.end_grant(grant, reason="授错了", by=make_officer(Office.SECURITY), now=NOW)
    assert holds_of(User.objects.get(pk=user.pk), TODAY) == ()
    with pytest.raises(Stale):
        grants.end_grant(grant, reason="再收一次", by=None, now=NOW)
    with pytest.raises(DomainError, match="同样的授权"):
        given(user, None, unit=unit)
    later = given(user, None, unit=unit, started_on=TODAY + timedelta(days=3))
    grants.end_grant(later, reason="不去了", by=None, now=NOW)
    later.refresh_from_db()
    assert later.ended_on == later.started_on


OFFICER_ATTACKS = [
    "INSERT INTO organization_grant (user_id, user_office, role, unit_id, started_on, reason, granted_at)"
    " VALUES ({officer}, 'business', 'discipline_office', {unit}, '2026-01-01', 'x', now())",
    "INSERT INTO organization_grant (user_id, user_office, role, unit_id, started_on, reason, granted_at)"
    " VALUES ({officer}, 'system', 'discipline_office', {unit}, '2026-01-01', 'x', now())",
    "UPDATE organization_user SET person_id = {person} WHERE id = {officer}",
    "UPDATE organization_user SET office = 'system' WHERE id = {granted}",
    "UPDATE organization_user SET office = 'audit' WHERE id = {holder}",
    "UPDATE organization_user SET is_superuser = true WHERE id = {holder}",
]


@pytest.mark.parametrize("sql", OFFICER_ATTACKS)
def test_the_database_itself_keeps_the_three_officers_apart(sql: str):
    region = make_region()
    ids = {
        "officer": make_officer(Office.SYSTEM).pk,
        "unit": region.pk,
        "person": make_person().pk,
        "granted": make_office_user(region).pk,
        "holder": make_holder(make_unit(region)).pk,
    }
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql.format(**ids))

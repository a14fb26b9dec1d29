"""Django admin: each officer sees his part, nobody gets around the services, nothing is deleted."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client

from engines.audit.models import AuditEntry
from organization.enums import Office, Role
from organization.models import Field, Grant, User
from tests.factories.organization import (
    make_holder,
    make_office_user,
    make_officer,
    make_region,
    make_unit,
    make_user,
)

pytestmark = pytest.mark.django_db
MODELS = {
    "organization/user": {Office.SYSTEM, Office.SECURITY, Office.AUDIT},
    "organization/unit": {Office.SYSTEM, Office.SECURITY},
    "organization/grant": {Office.SECURITY, Office.AUDIT},
    "organization/field": {Office.SYSTEM},
    "audit/auditentry": {Office.AUDIT},
    "jobs/job": {Office.SYSTEM},
    "axes/accessattempt": {Office.SECURITY, Office.AUDIT},
}


def admin_of(office: str) -> Client:
    client = Client()
    client.force_login(make_officer(office), backend="organization.backends.AccountBackend")
    return client


@pytest.mark.parametrize("office", [Office.SYSTEM, Office.SECURITY, Office.AUDIT])
def test_each_officer_sees_his_part_of_the_admin(office: Office) -> None:
    client = admin_of(office)
    assert client.get("/admin/").status_code == 200
    for model, may in MODELS.items():
        assert client.get(f"/admin/{model}/").status_code == (200 if office in may else 403), model


def test_business_accounts_have_no_admin() -> None:
    client = Client()
    client.force_login(make_office_user(make_region()), backend="organization.backends.AccountBackend")
    assert client.get("/admin/").status_code == 403
    assert client.get("/admin/organization/user/").status_code == 403
    assert Client().get("/admin/").status_code == 302


def test_adding_and_changing_lead_to_the_pages_with_the_services() -> None:
    user = make_user()
    client = admin_of(Office.SYSTEM)
    assert client.get("/admin/organization/user/add/").headers["Location"] == "/accounts/new/"
    posted = client.post(f"/admin/organization/user/{user.pk}/change/", {"office": "audit", "is_superuser": "1"})
    assert posted.headers["Location"] == f"/accounts/{user.pk}/"
    user.refresh_from_db()
    assert user.office == Office.BUSINESS


def test_the_auditor_changes_nothing_in_the_admin() -> None:
    user = make_user()
    client = admin_of(Office.AUDIT)
    page = f"/admin/organization/user/{user.pk}/change/"
    assert client.get(page).status_code == 200
    assert client.post(page, {"username": "other"}).status_code == 403
    assert client.post("/admin/organization/grant/add/", {}).status_code in (302, 403)
    assert not Grant.objects.exists()


@pytest.mark.parametrize("office", [Office.SYSTEM, Office.SECURITY, Office.AUDIT])
def test_nothing_is_deleted_through_the_admin(office: Office) -> None:
    user = make_user()
    client = admin_of(office)
    assert client.post(f"/admin/organization/user/{user.pk}/delete/", {"post": "yes"}).status_code == 403
    client.post(
        "/admin/organization/user/", {"action": "delete_selected", "_selected_action": [user.pk], "post": "yes"}
    )
    assert User.objects.filter(pk=user.pk).exists()


def test_a_field_of_work_added_in_the_admin_leaves_an_entry() -> None:
    client = admin_of(Office.SYSTEM)
    assert client.post("/admin/organization/field/add/", {"name": "国有资产", "business": "on"}).status_code == 302
    field = Field.objects.get(name="国有资产")
    entry = AuditEntry.objects.get(target_type="organization.field", target_id=str(field.pk))
    assert entry.after["name"] == "国有资产"


def test_export_in_the_admin_is_recorded_and_runs_no_formula() -> None:
    make_user(username="=cmd|calc")
    client = admin_of(Office.SYSTEM)
    answer = client.post(
        "/admin/organization/user/export/", {"format": "0", "resource": "", "userresource_username": "on"}
    )
    assert answer.status_code == 200
    assert "spreadsheetml" in answer["Content-Type"]
    assert AuditEntry.objects.filter(action="account.export").count() == 1


def test_admin_pages_load_nothing_inline() -> None:
    page = admin_of(Office.SYSTEM).get("/admin/organization/user/")
    assert "'unsafe-inline'" not in page["Content-Security-Policy"]
    text = page.content.decode()
    assert "<style" not in text
    assert " style=" not in text
    assert " onclick=" not in text


# ---- the database itself


def in_sql(statement: str, *values: object) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_sql_cannot_grant_a_business_role_to_an_officer() -> None:
    officer, unit = make_officer(Office.SYSTEM), make_unit(make_region())
    for office in ("business", "system"):
        with pytest.raises(IntegrityError):
            in_sql(
                "INSERT INTO organization_grant (user_id, user_office, role, unit_id, started_on, reason, granted_at)"
                " VALUES (%s, %s, 'auditor', %s, '2026-01-01', 'x', now())",
                officer.pk, office, unit.pk,
            )  # fmt: skip


def test_sql_cannot_make_an_officer_of_an_account_with_a_person_or_with_grants() -> None:
    region = make_region()
    granted = make_user(Role.AUDITOR, region)
    with pytest.raises(IntegrityError):
        in_sql("UPDATE organization_user SET office = 'audit' WHERE id = %s", granted.pk)
    holder = make_holder(make_unit(region))
    with pytest.raises(IntegrityError):
        in_sql("UPDATE organization_user SET office = 'system' WHERE id = %s", holder.pk)


def test_nobody_is_a_superuser() -> None:
    with pytest.raises(IntegrityError):
        in_sql("UPDATE organization_user SET is_superuser = true WHERE id = %s", make_officer(Office.SYSTEM).pk)

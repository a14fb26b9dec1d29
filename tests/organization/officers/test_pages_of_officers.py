"""Accounts, grants, audit and jobs: each officer has his own pages and acts, and none of the others'."""

from datetime import date
from io import BytesIO
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from python_calamine import CalamineWorkbook

from engines.audit.models import AuditEntry
from engines.audit.verify import verify_chains
from engines.jobs.models import Job
from organization.enums import Office, PostKind, Role
from organization.models import Grant, User
from tests.factories.organization import (
    NOW,
    make_grant,
    make_holder,
    make_office_user,
    make_officer,
    make_post,
    make_region,
    make_unit,
    make_user,
)

pytestmark = pytest.mark.django_db


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="organization.backends.AccountBackend")
    return client


def test_the_system_officer_makes_an_account_and_sees_its_password_once() -> None:
    client = signed_in(make_officer(Office.SYSTEM))
    answer = client.post("/accounts/new/", {"username": "shen.heng", "office": "business", "display_name": "沈宁衡"})
    assert answer.status_code == 200
    made = User.objects.get(username="shen.heng")
    password = answer.context["password"]
    assert made.check_password(password)
    assert made.must_change_password
    assert password in answer.content.decode()
    assert answer["Cache-Control"] == "no-store"
    assert password not in client.get(f"/accounts/{made.pk}/").content.decode()


def test_an_account_name_in_use_is_refused_at_its_field_with_everything_kept() -> None:
    make_user(username="taken")
    client = signed_in(make_officer(Office.SYSTEM))
    answer = client.post("/accounts/new/", {"username": "taken", "office": "business", "display_name": "沈宁衡"})
    assert answer.status_code == 422
    assert "username" in answer.context["form"].errors
    assert "沈宁衡" in answer.content.decode()


def test_a_closed_account_cannot_open_a_page_any_more() -> None:
    region = make_region()
    user = make_office_user(region)
    theirs = signed_in(user)
    assert theirs.get("/units/").status_code == 200
    client = signed_in(make_officer(Office.SYSTEM))
    assert client.post(f"/accounts/{user.pk}/switch/", {"reason": "调离"}).status_code == 302
    assert theirs.get("/units/").status_code == 302
    entry = AuditEntry.objects.get(action="account.deactivate")
    assert (entry.reason, entry.before, entry.after) == ("调离", {"is_active": True}, {"is_active": False})


def test_the_last_officer_of_a_kind_stays() -> None:
    officer = make_officer(Office.SYSTEM)
    security = make_officer(Office.SECURITY)
    client = signed_in(officer)
    answer = client.post(f"/accounts/{security.pk}/switch/", {"reason": "调离"})
    assert "唯一" in answer.content.decode()
    security.refresh_from_db()
    assert security.is_active


def test_the_security_officer_gives_a_grant_and_takes_it_back() -> None:
    unit = make_unit(make_region(), name="市财政局")
    user = make_user(username="inspector1")
    client = signed_in(make_officer(Office.SECURITY))
    given = {
        "user": "inspector1",
        "role": Role.INSPECTOR,
        "unit": unit.code,
        "started_on": "2026-01-01",
        "reason": "检查组",
    }
    assert client.post("/grants/new/", given).status_code == 302
    grant = Grant.objects.get()
    assert (grant.user, grant.unit, grant.role) == (user, unit, Role.INSPECTOR)
    assert client.post("/grants/new/", given).status_code == 422  # twice
    assert client.post(f"/grants/{grant.pk}/end/", {"reason": "检查结束"}).status_code == 302
    assert client.post(f"/grants/{grant.pk}/end/", {"reason": "检查结束"}).status_code == 409


def test_a_grant_to_an_officer_is_refused_in_words() -> None:
    unit = make_unit(make_region())
    officer = make_officer(Office.AUDIT)
    client = signed_in(make_officer(Office.SECURITY))
    given = {
        "user": officer.username,
        "role": Role.AUDITOR,
        "unit": unit.code,
        "started_on": "2026-01-01",
        "reason": "x",
    }
    answer = client.post("/grants/new/", given)
    assert answer.status_code == 422
    assert "不得授予业务角色" in answer.content.decode()
    assert not Grant.objects.exists()


@pytest.mark.parametrize(
    ("office", "open_pages"),
    [
        (Office.SYSTEM, {"/accounts/", "/jobs/"}),
        (Office.SECURITY, {"/grants/", "/jobs/"}),
        (Office.AUDIT, {"/audit/", "/jobs/"}),
    ],
)
def test_each_officer_opens_his_own_pages_only(office: Office, open_pages: set[str]) -> None:
    client = signed_in(make_officer(office))
    pages = {"/accounts/", "/grants/", "/audit/", "/units/", "/jobs/", "/lists/", "/letters/", "/office/"}
    assert {page for page in pages if client.get(page).status_code == 200} == open_pages


def test_the_auditor_searches_reads_and_exports_the_trail() -> None:
    region = make_region("云川市")
    client = signed_in(make_officer(Office.AUDIT))
    page = client.get("/audit/", {"q": "云川市"})
    assert "云川市" in page.content.decode()
    entry = AuditEntry.objects.filter(action="unit.create", target_id=str(region.pk)).get()
    assert entry.hash in client.get(f"/audit/{entry.pk}/").content.decode()
    assert client.get("/audit/export/")["Content-Disposition"].startswith("attachment")
    assert AuditEntry.objects.filter(action="audit.export").count() == 1
    assert verify_chains().whole


def test_a_unit_scoped_auditor_sees_entries_of_his_units_only() -> None:
    region = make_region()
    ours, theirs = make_unit(region, name="市审计局"), make_unit(region, name="市水利局")
    client = signed_in(make_user(Role.AUDITOR, ours))
    text = client.get("/audit/").content.decode()
    assert "市审计局" in text
    assert "市水利局" not in text
    foreign = AuditEntry.objects.filter(target_id=str(theirs.pk), action="unit.create").get()
    assert client.get(f"/audit/{foreign.pk}/").status_code == 404
    assert client.post("/audit/verify/").status_code == 302
    assert not Job.objects.exists()


def test_everybody_reads_why_he_may_what() -> None:
    region = make_region()
    user = make_user()
    assert "今天没有任何角色" in signed_in(user).get("/my-access/").content.decode()
    make_grant(user, Role.AUDITOR, region)
    text = signed_in(user).get("/my-access/").content.decode()
    assert "只读审计" in text
    assert "查看审计记录" in text


def test_a_job_is_seen_by_who_asked_for_it_and_by_the_system_officer() -> None:
    owner, other = make_user(), make_user()
    job = Job.objects.create(kind="x", label="批量下达", created_at=NOW, not_before=NOW, requested_by=owner)
    for user, status in [(owner, 200), (other, 404), (make_officer(Office.SYSTEM), 200)]:
        assert signed_in(user).get(f"/jobs/{job.pk}/").status_code == status
    part = signed_in(owner).get(f"/jobs/{job.pk}/", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert "正在等待办理" in part


LISTS: list[tuple[str, Any]] = [
    ("/accounts/", Office.SYSTEM),
    ("/grants/", Office.SECURITY),
    ("/audit/", Office.AUDIT),
    ("/jobs/", Office.SYSTEM),
]


@pytest.mark.parametrize(("page", "office"), LISTS)
def test_a_list_asks_the_same_questions_for_one_row_and_for_many(page: str, office: Office) -> None:
    region = make_region()
    client = signed_in(make_officer(office))
    counts = []
    for size in (1, 8):
        for _ in range(size):
            user = make_user(Role.AUDITOR, make_unit(region))
            Job.objects.create(kind="x", label="下达", created_at=NOW, not_before=NOW, requested_by=user)
        client.get(page)
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert client.get(page).status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1]
    assert counts[0] <= 12


def test_accounts_for_all_who_hold_a_post_are_made_at_once_and_their_passwords_leave_in_a_workbook() -> None:
    unit = make_unit(make_region())
    post = make_post(unit)
    make_post(unit, ended_on=date(2025, 1, 1))
    make_holder(unit, kind=PostKind.CLERK)
    client = signed_in(make_officer(Office.SYSTEM))
    page = client.get("/accounts/batch/")
    assert [person.pk for person in page.context["people"]] == [post.person_id]
    answer = client.post("/accounts/batch/")
    book = CalamineWorkbook.from_filelike(BytesIO(b"".join(answer.streaming_content)))
    rows = book.get_sheet_by_index(0).to_python()
    row = next(row for row in rows if row[0] == post.person.code)
    user = User.objects.get(username=post.person.code)
    assert user.check_password(row[2])
    assert user.must_change_password
    assert client.get("/accounts/batch/").context["people"] == []

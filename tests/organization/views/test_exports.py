"""What an export holds is what the list shows: names, labels and units, never the program's own words."""

from io import BytesIO

import pytest
from django.test import Client
from python_calamine import CalamineWorkbook

from organization.enums import Office, PostKind, Role
from organization.models import User
from tests.factories.organization import make_office_user, make_officer, make_post, make_region, make_unit, make_user

pytestmark = pytest.mark.django_db


def rows_of(user: User, page: str) -> list[list[object]]:
    client = Client()
    client.force_login(user, backend="organization.backends.AccountBackend")
    data = b"".join(client.get(page).streaming_content)
    rows: list[list[object]] = CalamineWorkbook.from_filelike(BytesIO(data)).get_sheet_by_index(0).to_python()
    return rows


def test_units_leave_with_their_kind_their_parent_and_who_supervises_them() -> None:
    region = make_region("云川市")
    supervisor = make_unit(region, name="派驻第3组", kind="dispatched")
    make_unit(region, name="市财政局", supervisor=supervisor)
    row = next(row for row in rows_of(make_office_user(region), "/units/export/") if "市财政局" in row)
    assert {"政府部门", "云川市", "派驻第3组"} <= set(row)


def test_posts_leave_with_person_and_unit() -> None:
    region = make_region("云川市")
    post = make_post(make_unit(region, name="市财政局"), kind=PostKind.HEAD)
    row = next(row for row in rows_of(make_office_user(region), "/posts/export/") if post.person.name in row)
    assert {"市财政局", "主要负责人"} <= set(row)


def test_accounts_and_grants_leave_with_their_labels() -> None:
    region = make_region("云川市")
    make_user(Role.AUDITOR, region, username="duzhe")
    accounts = rows_of(make_officer(Office.SYSTEM), "/accounts/export/")
    assert any("业务账号" in row for row in accounts if "duzhe" in row)
    grants = rows_of(make_officer(Office.SECURITY), "/grants/export/")
    assert any({"只读审计", "云川市"} <= set(row) for row in grants)
    assert not any("functools" in str(cell) for row in accounts + grants for cell in row)

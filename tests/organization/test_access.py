"""Exact visible sets with rows that could leak; the matrix; loans; why."""

from datetime import date, timedelta

import pytest

from organization.access import ALL_ACTIONS, MATRIX, can, explain, outermost, prefixes
from organization.enums import ACTION_LABELS, Office, PostKind, Role, UnitKind
from organization.models import Post, Unit, User
from organization.services import people, units
from tests.factories.organization import (
    NOW,
    TODAY,
    make_discipline_body,
    make_grant,
    make_holder,
    make_officer,
    make_post,
    make_region,
    make_unit,
    make_user,
)

pytestmark = pytest.mark.django_db


def seen(user: User) -> set[str]:
    return set(Unit.objects.visible_to(user, "unit.view").values_list("name", flat=True))


@pytest.fixture
def city() -> dict[str, Unit]:
    """Two cities; ids of neighbours begin with the same digits so that a prefix without its slash would leak."""
    region, neighbour = make_region("甲市"), make_region("乙市")
    office = make_unit(region, name="甲一局")
    found = {"region": region, "office": office, "section": make_unit(office, name="甲一科")}
    found |= {"other": make_unit(region, name="甲二局"), "abroad": make_unit(neighbour, name="乙一局")}
    for number in range(12):
        make_unit(region, name=f"甲旁{number}")
    return found


def test_a_clerk_sees_his_unit_and_all_beneath_it_and_nothing_beside(city):
    assert seen(make_user(Role.UNIT_CLERK, city["office"])) == {"甲一局", "甲一科"}


def test_a_role_of_the_region_reaches_the_whole_region_and_not_the_next(city):
    names = seen(make_user(Role.DISCIPLINE_OFFICE, city["region"]))
    assert {"甲市", "甲一局", "甲一科", "甲二局"} <= names
    assert not {"乙市", "乙一局"} & names


def test_a_discipline_post_reaches_the_unit_its_body_belongs_to(city):
    body = make_discipline_body(city["region"])
    assert "甲二局" in seen(make_holder(body, kind=PostKind.OFFICER))
    assert "乙一局" not in seen(make_holder(body, kind=PostKind.OFFICER))


def test_a_dispatched_group_reaches_exactly_what_it_supervises(city):
    group = make_discipline_body(city["region"], kind=UnitKind.DISPATCHED, name="派驻组")
    units.change_unit(city["office"], changes={"supervisor": group}, on=TODAY, by=None, now=NOW)
    user = make_holder(group, kind=PostKind.DISCIPLINE)
    assert seen(user) == {"派驻组", "甲一局", "甲一科"}


def test_a_moved_unit_leaves_the_scope_it_was_in(city):
    user = make_user(Role.AUDITOR, city["office"])
    units.move_unit(city["section"], parent=city["other"], on=TODAY, by=None, now=NOW)
    assert seen(user) == {"甲一局"}


def test_grants_outside_their_days_open_nothing(city):
    past = make_user(Role.AUDITOR, city["office"], started_on=date(2020, 1, 1), ended_on=date(2021, 1, 1))
    future = make_user()
    make_grant(future, Role.AUDITOR, city["office"], started_on=date.today() + timedelta(days=2))  # noqa: DTZ011
    assert seen(past) == seen(future) == set()


def test_who_has_left_his_post_sees_nothing(city):
    post = make_post(city["office"], kind=PostKind.HEAD)
    user = make_user(person=post.person)
    assert seen(user) == {"甲一局", "甲一科"}
    people.end_post(post, on=date(2026, 1, 1), by=None, now=NOW)
    assert seen(User.objects.get(pk=user.pk)) == set()


@pytest.mark.parametrize("office", [Office.SYSTEM, Office.SECURITY, Office.AUDIT])
def test_no_officer_sees_business(city, office):
    officer = make_officer(office)
    make_post(city["office"])
    assert seen(officer) == set()
    assert not Post.objects.visible_to(officer, "unit.view").exists()
    assert not any(can(officer, action, city["region"]) for action in ALL_ACTIONS)


def test_every_action_of_the_matrix_is_allowed_to_exactly_its_roles(city):
    for role in Role:
        user = make_user(role, city["office"])
        allowed = {action for action in ALL_ACTIONS if can(user, action, city["section"])}
        assert allowed == MATRIX[role], role
        assert not any(can(user, action, city["other"]) for action in ALL_ACTIONS)


def test_every_action_has_words():
    assert set(ACTION_LABELS) == ALL_ACTIONS


def test_the_reason_names_the_post_or_grant_and_its_last_day(city):
    user = make_user(Role.AUDITOR, city["office"], ended_on=date(2027, 1, 1))
    assert explain(user, "unit.view", city["section"]) == ["2026年11月21日授权：甲一局及以下的只读审计，至2027年1月1日"]
    assert explain(user, "unit.view", city["other"]) == []
    holder = make_holder(city["office"], title="局长")
    assert explain(holder, "unit.view", city["office"]) == ["任职：甲一局局长"]


def test_overlapping_holds_are_one_condition(city):
    user = make_user(Role.AUDITOR, city["region"])
    make_grant(user, Role.UNIT_CLERK, city["office"])
    assert prefixes(user, "unit.view") == (city["region"].path,)
    assert outermost(["1/2/", "1/", "10/", "1/2/3/", "2/9/"]) == ("1/", "10/", "2/9/")

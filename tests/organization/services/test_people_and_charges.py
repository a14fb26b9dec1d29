"""People take posts, change in them and leave them; charges begin and end with them."""

from datetime import date

import pytest

from common.errors import DomainError, Forbidden, Stale
from engines.audit.record import timeline_of
from organization.access import holds_of
from organization.enums import PostKind, Role
from organization.models import Charge, Person
from organization.queries.charges import charge_table, findings_by_unit
from organization.services import charges, people
from tests.factories.organization import (
    NOW,
    TODAY,
    make_charge,
    make_field,
    make_person,
    make_post,
    make_region,
    make_unit,
    make_user,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def unit():
    return make_unit(make_region(), name="市档案局")


def test_a_post_gives_its_role_from_the_first_day_to_the_day_before_the_last(unit):
    post = make_post(unit, kind=PostKind.HEAD, started_on=date(2024, 3, 1))
    user = make_user(person=post.person)
    people.end_post(post, on=date(2026, 3, 1), by=None, now=NOW)
    assert [len(holds_of(user, day)) for day in (date(2024, 2, 29), date(2024, 3, 1), date(2026, 2, 28))] == [0, 1, 1]
    assert holds_of(user, date(2026, 3, 1)) == ()


def test_who_may_manage_the_unit_appoints_and_nobody_else(unit):
    office = make_user(Role.DISCIPLINE_OFFICE, unit)
    post = people.appoint(
        make_person(), unit=unit, title="局长", kind="head", started_on=TODAY, by=office, now=NOW, reason="市委任命"
    )
    entry = timeline_of(post).get()
    assert (entry.action, entry.actor, entry.reason) == ("post.start", office, "市委任命")
    for role in (Role.UNIT_HEAD, Role.UNIT_CLERK, Role.AUDITOR, Role.OFFICE_LEADER):
        with pytest.raises(Forbidden):
            people.end_post(post, on=TODAY, by=make_user(role, unit), now=NOW)
    assert timeline_of(post).count() == 1


def test_the_same_post_is_not_taken_twice_nor_in_a_unit_that_is_gone(unit):
    post = make_post(unit, title="局长")
    with pytest.raises(DomainError, match="已担任"):
        people.appoint(post.person, unit=unit, title="局长", kind="head", started_on=TODAY, by=None, now=NOW)
    with pytest.raises(DomainError, match="早于"):
        make_post(unit, started_on=date(1999, 1, 1))
    people.end_post(post, on=date(2026, 1, 1), by=None, now=NOW)
    with pytest.raises(Stale):
        people.end_post(post, on=TODAY, by=None, now=NOW)
    with pytest.raises(DomainError, match="不能早于任职日期"):
        people.end_post(make_post(unit, title="副局长"), on=date(2020, 1, 1), by=None, now=NOW)


def test_ending_a_post_ends_its_charges_on_the_same_day(unit):
    post = make_post(unit, kind=PostKind.MEMBER)
    charge = make_charge(post, "人事")
    people.end_post(post, on=date(2026, 6, 1), by=None, now=NOW)
    charge.refresh_from_db()
    assert charge.ended_on == date(2026, 6, 1)


def test_a_namesake_is_recognised_by_number_and_asked_about_without_one(unit):
    first = make_post(unit, person=make_person("孔一言", phone="13900000001"))
    facts = {"title": "馆长", "kind": "head", "started_on": TODAY, "rank": "", "reason": "", "by": None, "now": NOW}
    other = make_unit(make_region("邻市"))
    with pytest.raises(DomainError, match="系统中已有孔一言"):
        people.appoint_by_name(other, name="孔一言", phone="", is_new=False, **facts)
    same = people.appoint_by_name(other, name="孔一言", phone="13900000001", is_new=False, **facts)
    assert same.person == first.person
    with pytest.raises(DomainError, match="已由孔一言使用"):
        people.appoint_by_name(other, name="孔二言", phone="13900000001", is_new=False, **facts)
    new = people.appoint_by_name(other, name="孔一言", phone="", is_new=True, **facts | {"title": "副馆长"})
    assert new.person != first.person
    assert Person.objects.filter(name="孔一言").count() == 2


def test_a_correction_keeps_what_was_before(unit):
    post = make_post(unit, title="局长")
    people.change_post(post, changes={"title": "党组书记、局长"}, by=None, now=NOW, reason="写错")
    entry = timeline_of(post).first()
    assert (entry.before, entry.after) == ({"title": "局长"}, {"title": "党组书记、局长"})


def test_a_charge_is_entered_even_where_the_rules_find_fault_and_the_fault_is_shown(unit):
    head = make_post(unit, kind=PostKind.HEAD)
    make_charge(head, "财务")
    table = charge_table(unit, on=TODAY)
    assert table.findings[0].fault == "head_holds_reserved"
    assert {f.field for f in table.findings if f.fault == "nobody_holds"} == {
        "人事",
        "工程项目",
        "行政审批",
        "物资采购",
    }
    assert unit.pk in findings_by_unit([unit.pk], on=TODAY)


def test_a_charge_is_neither_doubled_nor_given_outside_the_post(unit):
    post = make_post(unit, kind=PostKind.MEMBER, started_on=date(2025, 1, 1))
    make_charge(post, "财务", started_on=date(2025, 1, 1))
    with pytest.raises(DomainError, match="已分管财务"):
        charges.assign_charge(post, field=make_field("财务"), started_on=TODAY, by=None, now=NOW)
    with pytest.raises(DomainError, match="不能分管"):
        charges.assign_charge(post, field=make_field("人事"), started_on=date(2024, 1, 1), by=None, now=NOW)
    charge = Charge.objects.get()
    with pytest.raises(Forbidden):
        charges.end_charge(charge, on=TODAY, by=make_user(Role.UNIT_HEAD, unit), now=NOW)
    charges.end_charge(charge, on=TODAY, by=None, now=NOW, reason="调整分工")
    assert [entry.action for entry in timeline_of(charge)] == ["charge.end", "charge.start"]
    with pytest.raises(Stale):
        charges.end_charge(charge, on=TODAY, by=None, now=NOW)

"""Issuing: who gets a list, what he gets, and that nothing is made twice."""

import pytest

from common.errors import DomainError, Forbidden, Stale
from engines.audit.record import timeline_of
from engines.jobs import queue
from organization.enums import PartyKind, PostKind, Role, UnitKind
from responsibility.enums import IssuedState, Subject
from responsibility.models import IssuedItem, IssuedList
from responsibility.queries.targets import candidates
from responsibility.services import issue
from tests.factories.lists import DUE, issue_to, make_list, make_published_list
from tests.factories.organization import (
    NOW,
    TODAY,
    make_charge,
    make_discipline_body,
    make_office_user,
    make_post,
    make_region,
    make_unit,
    make_user,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def city():
    return make_region()


@pytest.fixture
def office(city):
    return make_office_user(city)


def test_a_committee_list_goes_to_committees_and_groups_only(city, office):
    finance = make_unit(city, name="市财政局")
    make_unit(city, name="财政干部学校支部", party_kind=PartyKind.BRANCH)
    make_unit(city, name="市政府事务中心", party_kind=PartyKind.NONE)
    make_discipline_body(city)
    target = make_published_list(city, office)
    assert set(candidates(target, today=TODAY)) == {city, finance}


def test_members_with_and_without_a_field_get_different_lists(city, office):
    unit = make_unit(city)
    in_charge, other = (make_post(unit, kind=PostKind.MEMBER, title=title) for title in ("副局长", "四级调研员"))
    make_post(unit, kind=PostKind.MEMBER, ended_on=TODAY)
    make_charge(in_charge, "人事")
    charged = make_published_list(city, office, subject=Subject.MEMBER, variant="分管领导")
    others = make_published_list(city, office, subject=Subject.MEMBER, variant="其他成员")
    assert list(candidates(charged, today=TODAY)) == [in_charge]
    assert list(candidates(others, today=TODAY)) == [other]


def test_heads_of_discipline_bodies_get_the_supervision_list_and_no_heads_list(city, office):
    group = make_discipline_body(city, kind=UnitKind.DISPATCHED)
    unit = make_unit(city)
    leader, head, discipline = make_post(group), make_post(unit), make_post(unit, kind=PostKind.DISCIPLINE)
    heads = make_published_list(city, office, subject=Subject.HEAD)
    supervision = make_published_list(city, office, subject=Subject.DISCIPLINE)
    assert set(candidates(heads, today=TODAY)) == {head}
    assert set(candidates(supervision, today=TODAY)) == {leader, discipline}


def test_every_holder_gets_all_items_and_an_audit_entry(city, office):
    units = [make_unit(city), make_unit(city)]
    target = make_published_list(city, office, items=3)
    issued = issue_to(target, units, office)
    assert [one.unit for one in issued] == units
    for one in issued:
        assert one.state == IssuedState.ISSUED
        assert [item.source_id for item in one.items.all()] == [item.pk for item in target.items.all()]
        assert {item.unit_path for item in one.items.all()} == {one.unit.path}
        entry = timeline_of(one).get()
        assert (entry.action, entry.actor, entry.after["items"]) == ("issued_list.issue", office, 3)


def test_issuing_twice_makes_nothing_twice(city, office):
    units = [make_unit(city), make_unit(city)]
    target = make_published_list(city, office)
    issue_to(target, units[:1], office)
    again = issue.issue_list(target, holder_ids=[unit.pk for unit in units], due_on=DUE, actor=office, now=NOW)
    assert (len(again.made), again.had_it) == (1, 1)
    assert IssuedList.objects.count() == 2
    assert IssuedItem.objects.count() == 6


def test_a_withdrawn_list_can_be_issued_anew(city, office):
    from responsibility.services.holding import withdraw_list

    unit = make_unit(city)
    target = make_published_list(city, office)
    (first,) = issue_to(target, [unit], office)
    withdraw_list(first, reason="下达对象有误", actor=office, now=NOW)
    (second,) = issue_to(target, [unit], office)
    assert second.pk != first.pk


def test_units_outside_the_issuing_unit_are_passed_over(city, office):
    elsewhere = make_unit(make_region("邻市", code="LS"))
    target = make_published_list(city, office)
    done = issue.issue_list(target, holder_ids=[elsewhere.pk], due_on=DUE, actor=office, now=NOW)
    assert (done.made, done.gone) == ([], 1)


def test_a_unit_clerk_cannot_issue(city, office):
    clerk = make_user(Role.UNIT_CLERK, city)
    target = make_published_list(city, office)
    with pytest.raises(Forbidden):
        issue.issue_list(target, holder_ids=[city.pk], due_on=DUE, actor=clerk, now=NOW)
    assert not IssuedList.objects.exists()


def test_a_draft_cannot_be_issued(city, office):
    with pytest.raises(Stale, match="只有已发布的清单可以下达"):
        issue.request_issue(make_list(city), holder_ids=[city.pk], due_on=DUE, actor=office, now=NOW)


def test_the_term_for_acknowledging_cannot_lie_in_the_past(city, office):
    target = make_published_list(city, office)
    with pytest.raises(DomainError, match="认领期限不能早于今天"):
        issue.request_issue(target, holder_ids=[city.pk], due_on=NOW.date().replace(day=1), actor=office, now=NOW)


def test_a_batch_that_was_killed_half_way_ends_with_every_list_once(city, office, monkeypatch):
    units = [make_unit(city) for _ in range(5)]
    target = make_published_list(city, office)
    monkeypatch.setattr(issue, "CHUNK", 2)
    job = issue.request_issue(target, holder_ids=[u.pk for u in units], due_on=DUE, actor=office, now=NOW)
    # What a worker had written when it was killed: one chunk, its lease still in the row.
    issue.issue_list(target, holder_ids=job.payload["holders"][:2], due_on=DUE, actor=office, now=NOW)
    assert queue.run(job.pk, now=NOW)
    job.refresh_from_db()
    assert (job.state, job.result["made"], job.result["had_it"]) == ("done", 3, 2)
    assert IssuedList.objects.count() == 5


def test_the_same_batch_asked_for_twice_is_one_job(city, office):
    target = make_published_list(city, office)
    first = issue.request_issue(target, holder_ids=[city.pk], due_on=DUE, actor=office, now=NOW)
    assert issue.request_issue(target, holder_ids=[city.pk], due_on=DUE, actor=office, now=NOW).pk == first.pk

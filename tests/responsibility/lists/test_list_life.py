"""Use cases of lists: authoring, acknowledging, adapting, changes from above; who may not, wrong state, what audit keeps, twice."""

import pytest
from django.db import IntegrityError, transaction

from common.errors import DomainError, Forbidden, Stale
from engines.audit.record import timeline_of
from engines.jobs import queue
from organization.enums import PostKind, Role
from responsibility.enums import IssuedItemState, IssuedState, ItemKind, ListState, ProposalState, Subject
from responsibility.models import IssuedItem, IssuedList, ItemProposal, ListItem, ListProposal, ResponsibilityList
from responsibility.queries.lists import waiting_lists
from responsibility.queries.similarity import copied_items
from responsibility.services import adapt, contents, holding, library, propose
from responsibility.workflows.lists import ISSUED, LISTS, PROPOSALS
from tests.factories.lists import DISTINCT, issue_to, make_individual_item, make_item, make_list, make_published_list
from tests.factories.organization import (
    NOW,
    TODAY,
    make_holder,
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


@pytest.fixture
def unit(city):
    return make_unit(city, name="市财政局")


@pytest.fixture
def head(unit):
    return make_holder(unit)


@pytest.fixture
def target(city, office):
    return make_published_list(city, office, items=3)


@pytest.fixture
def issued(target, unit, office):
    return issue_to(target, [unit], office)[0]


def contents_of(target) -> list[str]:
    return [item.content for item in target.items.order_by("no")]


# ---- the library


@pytest.mark.parametrize("table", [LISTS, ISSUED, PROPOSALS])
def test_every_state_of_the_tables_can_be_reached(table):
    start, states = {
        "list": (ListState.DRAFT, ListState),
        "issued_list": (IssuedState.ISSUED, IssuedState),
        "item_proposal": (ProposalState.OPEN, ProposalState),
    }[table.noun]
    assert table.reachable_from(start) == set(states.values)


def test_items_are_numbered_by_category_and_moved_within_it(city):
    draft = make_list(city)
    first, second = (contents.add_category(draft, name=name, actor=None, now=NOW) for name in ("甲类", "乙类"))
    make_item(draft, category=second, content="乙一")
    make_item(draft, category=first, content="甲一")
    last = make_item(draft, category=first, content="甲二")
    assert contents_of(draft) == ["甲一", "甲二", "乙一"]
    contents.move_item(last, to_no=1, actor=None, now=NOW)
    assert contents_of(draft) == ["甲二", "甲一", "乙一"]
    contents.move_category(second, to_no=1, actor=None, now=NOW)
    contents.delete_item(ListItem.objects.get(content="甲一"), actor=None, now=NOW)
    assert sorted(draft.items.values_list("no", flat=True)) == [1, 2]


def test_a_category_with_items_is_not_deleted(city):
    draft = make_list(city)
    category = contents.add_category(draft, name="甲类", actor=None, now=NOW)
    make_item(draft, category=category)
    with pytest.raises(DomainError, match="还有 1 项责任事项"):
        contents.delete_category(category, actor=None, now=NOW)


def test_a_wrong_frequency_is_refused_and_nothing_is_written(city):
    draft = make_list(city)
    with pytest.raises(DomainError, match="至少次数") as refused:
        make_item(draft, per="quarter", times=None)
    assert refused.value.field == "per"
    assert not draft.items.exists()


def test_the_database_holds_the_frequency_too(city):
    item = make_item(make_list(city))
    with pytest.raises(IntegrityError, match="item_times_iff_periodic"), transaction.atomic():
        ListItem.objects.filter(pk=item.pk).update(times=None)


def test_a_published_list_cannot_be_changed(target):
    with pytest.raises(Stale, match="不能再改"):
        make_item(target)
    with pytest.raises(Stale):
        library.discard_draft(target, actor=None, now=NOW)


def test_only_the_office_authors(city, head):
    for user in (head, make_user(Role.OFFICE_LEADER, city)):
        with pytest.raises(Forbidden):
            library.create_list(city, year=2026, subject="head", title="甲", actor=user, now=NOW)
    assert not ResponsibilityList.objects.exists()


def test_a_new_version_supersedes_the_old_one_and_keeps_identities(target, office):
    draft = library.revise_list(target, actor=office, now=NOW)
    with pytest.raises(DomainError, match="草稿正在修订中"):
        library.revise_list(target, actor=office, now=NOW)
    target.refresh_from_db()
    assert target.state == ListState.PUBLISHED
    new = library.publish_list(draft, actor=office, now=NOW)
    target.refresh_from_db()
    assert (target.state, new.version, new.supersedes) == (ListState.SUPERSEDED, 2, target)
    assert set(new.items.values_list("key", flat=True)) == set(target.items.values_list("key", flat=True))
    assert next(entry.action for entry in timeline_of(target)) == "list.supersede"


def test_a_list_is_published_once(target, office):
    with pytest.raises(Stale):
        library.publish_list(target, actor=office, now=NOW)


def test_a_copy_for_next_year_moves_the_dates_and_keeps_the_situations(city, office):
    draft = make_list(city, title="2026年主体责任清单")
    item = make_item(draft, per="date", times=None, due_on="2026-04-30")
    contents.save_situation(draft, text="不研究不部署", items=[item], actor=None, now=NOW)
    copy = library.copy_list(draft, year=2027, actor=office, now=NOW)
    twin = copy.items.get()
    assert (str(twin.due_on), twin.key, copy.title) == ("2027-04-30", item.key, "2027年主体责任清单")
    assert copy.situations.get().items.get() == twin
    with pytest.raises(DomainError, match="已经有了"):
        library.copy_list(draft, year=2027, actor=office, now=NOW)


# ---- the holder


def test_acknowledging_is_the_holders_own_act(issued, head, office, unit, city):
    for stranger in (
        office,
        make_holder(unit, kind=PostKind.MEMBER),
        make_holder(city),
        make_user(Role.UNIT_HEAD, unit),
    ):
        with pytest.raises(Forbidden):
            holding.acknowledge_list(issued, actor=stranger, now=NOW)
    done = holding.acknowledge_list(issued, actor=head, now=NOW)
    assert (done.state, done.acknowledged_by, done.acknowledged_at) == (IssuedState.ACKNOWLEDGED, head, NOW)
    entry = timeline_of(issued).first()
    assert (entry.action, entry.before["state"], entry.after["state"]) == (
        "issued_list.acknowledge",
        "issued",
        "acknowledged",
    )
    with pytest.raises(Stale):
        holding.acknowledge_list(issued, actor=head, now=NOW)


def test_a_former_head_cannot_acknowledge(issued, unit):
    former = make_post(unit, ended_on=TODAY)
    with pytest.raises(Forbidden):
        holding.acknowledge_list(issued, actor=make_user(person=former.person), now=NOW)


def test_a_personal_list_belongs_to_the_post_alone(city, office, unit, head):
    post = make_post(unit, kind=PostKind.MEMBER)
    (personal,) = issue_to(make_published_list(city, office, subject=Subject.MEMBER), [post], office)
    with pytest.raises(Forbidden):
        holding.acknowledge_list(personal, actor=head, now=NOW)
    holding.acknowledge_list(personal, actor=make_user(person=post.person), now=NOW)


def test_returned_lists_come_back_or_are_withdrawn(issued, head, office):
    with pytest.raises(DomainError, match="请写明理由"):
        holding.return_list(issued, reason=" ", actor=head, now=NOW)
    holding.return_list(issued, reason="第 2 项不适用", actor=head, now=NOW)
    with pytest.raises(Stale):
        holding.acknowledge_list(issued, actor=head, now=NOW)
    with pytest.raises(Forbidden):
        holding.reissue_list(issued, reason="仍适用", actor=head, now=NOW)
    holding.reissue_list(issued, reason="仍适用", actor=office, now=NOW)
    done = holding.withdraw_list(issued, reason="重复下达", actor=office, now=NOW)
    assert done.state == IssuedState.WITHDRAWN
    assert timeline_of(issued).first().reason == "重复下达"


def test_individual_items_stand_in_their_category_and_leave_no_gap(issued, head):
    item = make_individual_item(issued, head)
    filed = adapt.edit_issued_item(item, content={}, category_no=1, actor=head, now=NOW)
    assert (filed.kind, filed.category_name) == (ItemKind.INDIVIDUAL, "加强组织领导")
    adapt.remove_individual_item(filed, actor=head, now=NOW)
    assert sorted(issued.items.values_list("no", flat=True)) == [1, 2, 3]
    assert [entry.action for entry in timeline_of(issued)][:3] == [
        "issued_list.remove_item",
        "issued_list.edit_item",
        "issued_list.add_item",
    ]


def test_nothing_is_adapted_after_acknowledging(issued, head, office):
    holding.acknowledge_list(issued, actor=head, now=NOW)
    with pytest.raises(Stale, match="不能再改"):
        make_individual_item(issued, head)
    holding.reopen_list(issued, reason="补充个性事项", actor=office, now=NOW)
    make_individual_item(issued, head)


def test_strangers_and_other_units_cannot_adapt(issued, city):
    for user in (make_holder(make_unit(city)), make_user(Role.AUDITOR, city)):
        with pytest.raises(Forbidden):
            make_individual_item(issued, user)


def test_a_common_item_keeps_what_the_library_says(issued, head):
    item = issued.items.get(no=1)
    adapt.edit_issued_item(
        item, content={"content": "改掉", "times": 9, "supporting_offices": "办公室"}, actor=head, now=NOW
    )
    item.refresh_from_db()
    assert (item.content, item.times, item.supporting_offices) == (DISTINCT[0], 1, "办公室")
    with pytest.raises(DomainError, match="共性事项由上级清单规定"):
        adapt.remove_individual_item(item, actor=head, now=NOW)


# ---- copied text


def test_only_individual_items_of_other_units_of_the_year_are_compared(target, city, office, unit, issued):
    neighbour, withdrawn = issue_to(target, [make_unit(city), make_unit(city)], office)
    make_individual_item(neighbour)
    make_individual_item(withdrawn)
    holding.withdraw_list(withdrawn, reason="有误", actor=office, now=NOW)
    own = make_individual_item(issued)
    different = make_individual_item(issued, content="政府采购质疑投诉处理结果公开", measures="按季度在门户网站公开")
    found = copied_items(issued, list(issued.items.select_related("issued_list__unit")))
    assert [(one.item, one.other.issued_list, one.percent) for one in found] == [(own, neighbour, 100)]
    assert different.bands


def test_the_threshold_is_a_setting(settings, target, city, office, issued):
    (neighbour,) = issue_to(target, [make_unit(city)], office)
    make_individual_item(neighbour, measures="评审人员随机抽取，评审结论双人复核，结果公开")
    make_individual_item(issued)
    items = list(issued.items.select_related("issued_list__unit"))
    settings.LVZE_SIMILARITY_THRESHOLD = 0.8
    assert len(copied_items(issued, items)) == 1
    settings.LVZE_SIMILARITY_THRESHOLD = 0.99
    assert copied_items(issued, items) == []


# ---- changes from above


def next_version(target, office) -> ResponsibilityList:
    """Item 1 changed, item 2 removed, one added."""
    draft = library.revise_list(target, actor=office, now=NOW)
    one, two = draft.items.get(no=1), draft.items.get(no=2)
    contents.edit_item(one, content={"measures": "每半年研究"}, category=one.category, actor=office, now=NOW)
    contents.delete_item(two, actor=office, now=NOW)
    make_item(draft, category=one.category, content="任前廉政谈话")
    return library.publish_list(draft, actor=office, now=NOW)


def test_an_untouched_list_follows_and_an_adapted_one_is_asked(target, city, office, unit, issued):
    (adapted,) = issue_to(target, [make_unit(city)], office)
    make_individual_item(adapted)
    new = next_version(target, office)
    job = propose.request_proposals(new, actor=office, now=NOW)
    assert queue.run(job.pk, now=NOW)
    issued.refresh_from_db()
    adapted.refresh_from_db()
    assert issued.list == new
    open_now = [item.content for item in issued.items.filter(state=IssuedItemState.OPEN)]
    assert open_now == [DISTINCT[0], DISTINCT[2], "任前廉政谈话"]
    assert issued.items.get(no=1).measures == "每半年研究"
    assert adapted.list == target
    kinds = [change.kind for change in ItemProposal.objects.filter(proposal__issued_list=adapted)]
    assert sorted(kinds) == ["added", "changed", "removed"]
    assert propose.request_proposals(new, actor=office, now=NOW) is not None  # the adapted one is still behind
    assert propose.propose_to(new, issued_id=adapted.pk, now=NOW) == ListProposal.objects.get()  # twice is once


def test_changes_are_accepted_or_declined_one_by_one(target, office, issued, head):
    holding.acknowledge_list(issued, actor=head, now=NOW)
    new = next_version(target, office)
    proposal = propose.propose_to(new, issued_id=issued.pk, now=NOW)
    added, changed, removed = (proposal.items.get(kind=kind) for kind in ("added", "changed", "removed"))
    propose.decide_change(added, accept=True, actor=head, now=NOW)
    with pytest.raises(DomainError, match="请写明理由"):
        propose.decide_change(removed, accept=False, actor=head, now=NOW)
    propose.decide_change(removed, accept=False, reason="本单位仍需执行", actor=head, now=NOW)
    issued.refresh_from_db()
    assert issued.list == target
    propose.decide_change(changed, accept=True, actor=head, now=NOW)
    issued.refresh_from_db()
    proposal.refresh_from_db()
    assert (issued.list, issued.state, proposal.decided_at) == (new, IssuedState.ACKNOWLEDGED, NOW)
    texts = {item.content: item.measures for item in issued.items.filter(state=IssuedItemState.OPEN)}
    assert texts.keys() == {DISTINCT[0], DISTINCT[1], DISTINCT[2], "任前廉政谈话"}
    assert texts[DISTINCT[0]] == "每半年研究"
    with pytest.raises(Stale):
        propose.decide_change(changed, accept=True, actor=head, now=NOW)


def test_strangers_cannot_decide(target, office, issued, head, city):
    holding.acknowledge_list(issued, actor=head, now=NOW)
    proposal = propose.propose_to(next_version(target, office), issued_id=issued.pk, now=NOW)
    change = proposal.items.first()
    for user in (office, make_holder(make_unit(city))):
        with pytest.raises(Forbidden):
            propose.decide_change(change, accept=True, actor=user, now=NOW)
    change.refresh_from_db()
    assert change.state == ProposalState.OPEN


def test_undecided_changes_hold_up_acknowledging_and_a_later_version_overtakes_them(target, office, issued, head):
    make_individual_item(issued, head)
    second = next_version(target, office)
    first_proposal = propose.propose_to(second, issued_id=issued.pk, now=NOW)
    with pytest.raises(DomainError, match="还有 3 处上级清单的变更没有决定"):
        holding.acknowledge_list(issued, actor=head, now=NOW)
    draft = library.revise_list(second, actor=office, now=NOW)
    make_item(draft, category=draft.categories.first(), content="个人有关事项报告")
    third = library.publish_list(draft, actor=office, now=NOW)
    proposal = propose.propose_to(third, issued_id=issued.pk, now=NOW)
    assert {change.state for change in first_proposal.items.all()} == {ProposalState.OVERTAKEN}
    assert proposal.items.count() == 4
    for change in proposal.items.all():
        propose.decide_change(change, accept=True, actor=head, now=NOW)
    holding.acknowledge_list(issued, actor=head, now=NOW)


def test_withdrawing_closes_what_waits(target, office, issued, head):
    make_individual_item(issued, head)
    proposal = propose.propose_to(next_version(target, office), issued_id=issued.pk, now=NOW)
    holding.withdraw_list(issued, reason="机构撤并", actor=office, now=NOW)
    assert not proposal.items.filter(state=ProposalState.OPEN).exists()


# ---- what waits for whom


def test_what_waits_is_told_to_the_holder_alone(target, office, issued, head, unit, city):
    post = make_post(unit, kind=PostKind.MEMBER)
    (personal,) = issue_to(make_published_list(city, office, subject=Subject.MEMBER), [post], office)
    member = make_user(person=post.person)
    assert [one.issued for one in waiting_lists(head, TODAY)] == [issued]
    assert [one.issued for one in waiting_lists(member, TODAY)] == [personal]
    assert waiting_lists(office, TODAY) == []
    holding.acknowledge_list(issued, actor=head, now=NOW)
    assert waiting_lists(head, TODAY) == []
    propose.propose_to(next_version(target, office), issued_id=issued.pk, now=NOW)
    assert [(one.kind, one.changes) for one in waiting_lists(head, TODAY)] == [("changes", 3)]


# ---- the database holds what the services promise


def test_one_list_per_unit_whoever_writes(issued):
    twin = IssuedList.objects.get(pk=issued.pk)
    twin.pk = None
    with pytest.raises(IntegrityError, match="issued_list_once_per_unit"), transaction.atomic():
        twin.save()


def test_a_common_item_has_a_source_whoever_writes(issued):
    with pytest.raises(IntegrityError, match="issued_item_common_iff_source"), transaction.atomic():
        IssuedItem.objects.filter(issued_list=issued, no=1).update(source=None)

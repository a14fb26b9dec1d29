"""The one door: who may, from which state, with what reason, and what is left behind. Tried on import runs."""

from datetime import datetime
from typing import Any

import pytest

from common.errors import DomainError, Forbidden, Stale
from engines.audit.record import timeline_of
from engines.jobs.models import Job
from engines.workflow.advance import advance
from engines.workflow.table import Step, Table
from tests.factories.organization import NOW, make_user

pytestmark = pytest.mark.django_db


def not_on_monday(obj: Any, actor: Any, now: datetime) -> str | None:
    return "星期一不办理。" if obj.label == "星期一" else None


def may(actor: Any, action: str, obj: Any) -> bool:
    return actor is not None and actor.username.startswith(action)


TABLE = Table(
    "thing",
    [
        Step("close", "办结", frozenset({"queued"}), "done", "closer", guard=not_on_monday, main=True),
        Step("stop", "停办", frozenset({"queued"}), "failed", "closer", reason_required=True),
        Step("drop", "清除", frozenset({"queued", "done"}), "failed", None),
    ],
    may=may,
)
FINISHED = {"finished_at": NOW}


@pytest.fixture
def thing() -> Job:
    return Job.objects.create(kind="x", label="一件事", created_at=NOW, not_before=NOW)


@pytest.fixture
def closer() -> Any:
    return make_user(username="closer1")


def test_a_step_changes_state_and_fields_and_is_recorded(thing, closer):
    changed = advance(TABLE, thing, "close", actor=closer, now=NOW, changes=FINISHED)
    assert (changed.state, changed.finished_at) == ("done", NOW)
    entry = timeline_of(thing).get()
    assert (entry.action, entry.actor, entry.before["state"], entry.after["state"]) == (
        "thing.close",
        closer,
        "queued",
        "done",
    )


def test_who_may_not_is_refused_before_anything_is_said_about_the_state(thing):
    for actor in (None, make_user(username="stranger")):
        with pytest.raises(Forbidden):
            advance(TABLE, thing, "close", actor=actor, now=NOW, changes=FINISHED)
    assert not timeline_of(thing).exists()


def test_a_second_time_is_told_from_the_state_it_is_in(thing, closer):
    advance(TABLE, thing, "close", actor=closer, now=NOW, changes=FINISHED)
    with pytest.raises(Stale, match="现在是「已完成」，不能「办结」"):
        advance(TABLE, thing, "close", actor=closer, now=NOW, changes=FINISHED)
    assert timeline_of(thing).count() == 1


def test_a_guard_refuses_with_its_sentence_at_the_button_and_at_the_door(thing, closer):
    Job.objects.filter(pk=thing.pk).update(label="星期一")
    thing.refresh_from_db()
    offers = {offer.step.name: offer.refusal for offer in TABLE.offers(thing, closer, NOW)}
    assert offers == {"close": "星期一不办理。", "stop": None}
    with pytest.raises(DomainError, match="星期一不办理"):
        advance(TABLE, thing, "close", actor=closer, now=NOW, changes=FINISHED)


def test_a_reason_is_asked_for_where_it_is_required(thing, closer):
    with pytest.raises(DomainError, match="理由") as refused:
        advance(TABLE, thing, "stop", actor=closer, now=NOW, reason="  ", changes=FINISHED)
    assert refused.value.field == "reason"
    advance(TABLE, thing, "stop", actor=closer, now=NOW, reason="不办了", changes=FINISHED)
    assert timeline_of(thing).get().reason == "不办了"


def test_a_step_of_the_system_has_no_button(thing, closer):
    assert "drop" not in {offer.step.name for offer in TABLE.offers(thing, closer, NOW)}
    assert advance(TABLE, thing, "drop", actor=None, now=NOW, changes=FINISHED).state == "failed"


def test_a_stale_object_in_the_hand_is_read_again_under_lock(thing, closer):
    Job.objects.filter(pk=thing.pk).update(state="done", finished_at=NOW)
    assert thing.state == "queued"
    with pytest.raises(Stale):
        advance(TABLE, thing, "close", actor=closer, now=NOW)

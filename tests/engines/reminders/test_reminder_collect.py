"""Collecting a day: who is reminded of what, twice, after missed days, two at once, and when the thing is done."""

import threading
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from engines.reminders.collect import collect
from engines.reminders.models import Audience, CollectedDay, Delivery, Reminder, Rung
from engines.reminders.preferences import add_channel
from engines.reminders.sources import sources
from organization.enums import PostKind
from responsibility.models import Letter
from responsibility.services.letters import extend_deadline, send_for_signing
from tests.factories.letters import City, make_city, make_member_draft, make_sent, sign
from tests.factories.organization import NOW, make_discipline_body, make_holder

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rungs")]
TEN_BEFORE, FIVE_BEFORE, DUE, OVERDUE = date(2026, 11, 16), date(2026, 11, 23), date(2026, 11, 30), date(2026, 12, 1)


@pytest.fixture
def city() -> City:
    """The letter is due on Monday 2026-11-30 and waits for the secretary and the head."""
    made = make_city()
    made.issued.acknowledge_due_on = date(2027, 6, 1)
    made.issued.save(update_fields=["acknowledge_due_on"])
    make_sent(made, due_on=DUE)
    return made


def reminded(day: date) -> list[tuple[str, int]]:
    collect(day, now=NOW)
    rows = Reminder.objects.filter(planned_on=day, source="letter").order_by("recipient__username", "offset")
    return [(row.recipient.username, row.offset) for row in rows]


def names(*users: Any) -> list[str]:
    return sorted(user.username for user in users)


@pytest.mark.parametrize(("day", "offset"), [(TEN_BEFORE, -10), (FIVE_BEFORE, -5), (DUE, 0), (OVERDUE, 1)])
def test_whoever_can_sign_now_is_reminded_on_the_published_days(city: City, day: date, offset: int) -> None:
    assert sorted(reminded(day)) == [(name, offset) for name in names(city.secretary, city.head)]


@pytest.mark.parametrize("day", [date(2026, 11, 17), date(2026, 11, 21), date(2026, 11, 24), date(2026, 12, 2)])
def test_on_other_days_nothing_is_said(city: City, day: date) -> None:
    assert reminded(day) == []


def test_the_notice_says_what_and_until_when(city: City) -> None:
    reminded(FIVE_BEFORE)
    row = Reminder.objects.get(recipient=city.head)
    assert row.title.startswith("签署责任书：")
    assert row.title.endswith("（市财政局）")
    assert (row.due_on, row.audience, row.owner_name) == (DUE, Audience.OWNER, "沈宁衡（市财政局）")


def test_collecting_twice_changes_nothing(city: City) -> None:
    assert len(reminded(FIVE_BEFORE)) == 2
    again = collect(FIVE_BEFORE, now=NOW)
    assert (again.planned, again.new, again.queued) == (2, 0, 0)
    assert Reminder.objects.count() == 2


def test_a_missed_day_is_made_up_for_by_one_word_not_by_all(city: City) -> None:
    collect(TEN_BEFORE - timedelta(days=1), now=NOW)
    assert sorted(reminded(date(2026, 11, 25))) == [(name, -5) for name in names(city.secretary, city.head)]


def test_an_installation_that_begins_on_a_day_off_says_what_the_last_working_day_would_have(city: City) -> None:
    assert sorted(reminded(FIVE_BEFORE + timedelta(days=5))) == []  # Saturday 2026-11-28: Friday had nothing to say
    CollectedDay.objects.all().delete()
    Letter.objects.update(due_on=date(2026, 12, 4))  # 5 working days after Friday 2026-11-27
    assert sorted(reminded(FIVE_BEFORE + timedelta(days=6))) == [
        (name, -5) for name in names(city.secretary, city.head)
    ]


def test_a_deadline_that_was_extended_is_spoken_of_anew(city: City) -> None:
    reminded(FIVE_BEFORE)
    letter = city.head_post.letters_received.get()
    extend_deadline([letter], due_on=date(2026, 12, 7), reason="会期顺延", by=city.office, now=NOW)
    assert sorted(reminded(DUE)) == [(name, -5) for name in names(city.secretary, city.head)]


def test_whoever_has_signed_is_left_in_peace_and_the_notice_is_settled(city: City) -> None:
    reminded(FIVE_BEFORE)
    sign(city.head_post.letters_received.get(), city.head)
    assert [name for name, _ in reminded(DUE)] == [city.secretary.username]
    assert Reminder.objects.get(recipient=city.head).settled_at == NOW
    assert Reminder.objects.get(recipient=city.secretary, offset=-5).settled_at is None


def test_the_superior_and_then_the_office_are_told_of_what_is_late() -> None:
    city = make_city()
    city.issued.acknowledge_due_on = date(2027, 6, 1)
    city.issued.save(update_fields=["acknowledge_due_on"])

    letter = send_for_signing(make_member_draft(city), by=city.office, now=NOW)
    Letter.objects.update(due_on=DUE)
    sign(letter, city.head)
    body = make_discipline_body(city.region)
    clerk = make_holder(body, kind=PostKind.OFFICER)
    assert reminded(DUE) == [(city.deputy.username, 0)]
    assert reminded(OVERDUE) == [(city.deputy.username, 1)]
    assert reminded(date(2026, 12, 3)) == [(city.head.username, 3)]
    told = Reminder.objects.get(recipient=city.head)
    assert (told.audience, told.owner_name) == (Audience.SUPERIOR, "陶知远（市财政局）")
    assert sorted(reminded(date(2026, 12, 7))) == [(name, 5) for name in names(city.office, clerk)]
    assert reminded(date(2026, 12, 8)) == [(city.deputy.username, 6)]


def test_the_secretary_of_the_region_is_not_called_for_a_late_bureau(city: City) -> None:
    letter = city.head_post.letters_received.get()
    sign(letter, city.secretary)
    assert reminded(date(2026, 12, 3)) == []
    assert reminded(date(2026, 12, 7)) == [(city.office.username, 5)]


def test_repetitions_end(city: City) -> None:
    Rung.objects.exclude(offset=1).delete()
    days = [collect(OVERDUE + timedelta(days=n), now=NOW).new for n in range(120)]
    assert sum(days) == 2 * 7


def test_a_rung_that_is_switched_off_says_nothing(city: City) -> None:
    Rung.objects.filter(offset=-5).update(is_active=False)
    assert reminded(FIVE_BEFORE) == []


def test_an_owner_without_an_account_is_counted_and_those_above_him_are_told(city: City) -> None:
    city.head.person = None
    city.head.save(update_fields=["person"])
    assert collect(FIVE_BEFORE, now=NOW).unreachable == 1
    collect(date(2026, 12, 7), now=NOW)
    assert Reminder.objects.filter(recipient=city.office, owner_name="沈宁衡（市财政局）").exists()


def test_a_closed_account_gets_nothing(city: City) -> None:
    city.head.is_active = False
    city.head.save(update_fields=["is_active"])
    assert [name for name, _ in reminded(FIVE_BEFORE)] == [city.secretary.username]


def test_every_open_channel_gets_its_delivery(city: City) -> None:
    for key in ("a1b2c3", "d4e5f6"):
        add_channel(city.head, kind="feishu", address=key, now=NOW)
    assert collect(FIVE_BEFORE, now=NOW).queued == 2
    assert Delivery.objects.filter(channel__user=city.head, state="queued").count() == 2


def test_a_dry_run_says_the_same_and_writes_nothing(city: City) -> None:
    add_channel(city.head, kind="feishu", address="a1b2c3", now=NOW)
    told = collect(FIVE_BEFORE, now=NOW, dry_run=True)
    assert (told.planned, told.new, told.queued) == (2, 2, 1)
    assert {row["title"][:5] for row in told.rows} == {"签署责任书"}
    assert not any(model.objects.exists() for model in (Reminder, Delivery, CollectedDay))
    written = collect(FIVE_BEFORE, now=NOW)
    assert (written.planned, written.new, written.queued) == (2, 2, 1)
    assert collect(FIVE_BEFORE, now=NOW, dry_run=True).new == 0


def test_a_list_not_acknowledged_reminds_the_heads_of_the_unit() -> None:
    city = make_city()
    second = make_holder(city.bureau, kind=PostKind.HEAD)
    due = city.issued.acknowledge_due_on
    collect(due, now=NOW)
    rows = Reminder.objects.filter(source="list")
    assert {row.recipient for row in rows} == {city.head, second}
    assert {row.target_id for row in rows} == {city.issued.pk}


def test_a_day_takes_no_more_statements_than_five_per_source(city: City) -> None:
    for day in (FIVE_BEFORE, date(2026, 12, 3), date(2026, 12, 7)):
        with CaptureQueriesContext(connection) as captured:
            collect(day, now=NOW)
        work = [q["sql"] for q in captured.captured_queries if not q["sql"].startswith(("SAVEPOINT", "RELEASE"))]
        assert len(work) <= 5 * len(sources()), "\n".join(work)


@pytest.mark.django_db(transaction=True)
def test_two_collectors_at_once_say_everything_once() -> None:
    from engines.reminders import ladder

    ladder.plant()
    city = make_city()
    make_sent(city, due_on=DUE)
    add_channel(city.head, kind="feishu", address="a1b2c3", now=NOW)
    barrier = threading.Barrier(4)
    results, faults = [], []

    def work() -> None:
        try:
            barrier.wait(10)
            results.append(collect(FIVE_BEFORE, now=NOW).new)
        except Exception as error:
            faults.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not faults
    assert sum(results) == Reminder.objects.count()
    assert Reminder.objects.filter(source="letter").count() == 2
    assert Delivery.objects.filter(reminder__source="letter").count() == 1

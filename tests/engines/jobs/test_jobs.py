"""A killed worker, a second start and a silent broker lose nothing and double nothing."""

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from kombu import pools

from common.errors import DomainError
from config.celery import app
from engines.jobs import queue, registry
from engines.jobs.lease import KeptLease
from engines.jobs.models import Job, JobState
from engines.jobs.registry import JobContext
from tests.factories.organization import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """A kind of work that notes what it was given; the registry is as before afterwards."""
    marks: list[Any] = []

    def work(ctx: JobContext) -> None:
        marks.append(ctx.payload)
        ctx.progress(1, 2, "一半")
        if ctx.payload.get("refuse"):
            raise DomainError("表格里没有单位。")
        if ctx.payload.get("break") and len(marks) < 3:
            raise RuntimeError("broken")
        if ctx.payload.get("lose"):
            Job.objects.filter(pk=ctx.job_id).update(lease_token="someone-else")  # noqa: S106
            ctx.progress(2, 2)
        ctx.result["made"] = len(marks)

    monkeypatch.setitem(registry._handlers, "test.work", work)
    return marks


def enqueued(**payload: Any) -> Job:
    return queue.enqueue("test.work", payload, now=NOW, by=None, label="试验")


def now() -> Any:
    return timezone.now()


def test_a_job_is_done_once_however_often_it_is_woken(done):
    job = enqueued()
    assert [queue.run(job.pk, now=now()) for _ in range(3)] == [True, False, False]
    job.refresh_from_db()
    assert (len(done), job.state, job.result, job.words) == (1, JobState.DONE, {"made": 1}, "一半")


def test_while_a_job_is_unfinished_the_same_key_gives_the_same_job(done):
    first = queue.enqueue("test.work", {}, now=NOW, by=None, label="试验", key="k")
    assert queue.enqueue("test.work", {}, now=NOW, by=None, label="试验", key="k") == first
    queue.run(first.pk, now=now())
    assert queue.enqueue("test.work", {}, now=NOW, by=None, label="试验", key="k") != first


def test_two_workers_do_not_have_one_job_at_once(done):
    job = enqueued()
    assert queue._claim(job.pk, "a", now())
    assert not queue._claim(job.pk, "b", now())
    assert not queue.run(job.pk, now=now())
    assert done == []


def test_what_a_killed_worker_left_is_taken_back_after_its_lease_and_done(done):
    job = enqueued()
    queue._claim(job.pk, "killed", now())
    assert queue.sweep(now=now()) == 0
    later = now() + queue.LEASE + timedelta(seconds=1)
    assert queue.sweep(now=later) == 1
    job.refresh_from_db()
    assert job.state == JobState.QUEUED
    assert queue.run(job.pk, now=later)
    assert len(done) == 1


def test_a_worker_that_lost_its_lease_stops_without_writing(done):
    job = enqueued(lose=True)
    assert not queue.run(job.pk, now=now())
    job.refresh_from_db()
    assert (job.state, job.lease_token, job.result) == (JobState.RUNNING, "someone-else", {})


def test_a_job_that_dies_again_and_again_is_given_up_in_words(done):
    job = enqueued()
    moment = now()
    for _ in range(job.max_attempts):
        queue._claim(job.pk, "x", moment)
        moment += queue.LEASE + timedelta(seconds=1)
        queue.sweep(now=moment)
    job.refresh_from_db()
    assert job.state == JobState.FAILED
    assert "多次中断" in job.error


def test_a_refusal_is_final_and_keeps_its_sentence(done):
    job = enqueued(refuse=True)
    queue.run(job.pk, now=now())
    job.refresh_from_db()
    assert (job.state, job.error) == (JobState.FAILED, "表格里没有单位。")
    queue.retry(job, now=now())
    job.refresh_from_db()
    assert job.state == JobState.QUEUED
    with pytest.raises(DomainError):
        queue.retry(job, now=now())


def test_a_mishap_is_tried_again_later(done):
    job = enqueued(**{"break": True})
    queue.run(job.pk, now=now())
    job.refresh_from_db()
    assert (job.state, job.not_before > now()) == (JobState.QUEUED, True)
    for minutes in (5, 10):
        queue.run(job.pk, now=now() + timedelta(minutes=minutes))
    job.refresh_from_db()
    assert (job.state, len(done)) == (JobState.DONE, 3)


@pytest.fixture
def silent_broker(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Celery keeps connections of its broker; they are forgotten before and after, or later tests would inherit them."""

    def forget() -> None:
        pools.reset()
        app.amqp._producer_pool = None
        app._pool = None

    nowhere = "redis+socket:///nowhere/at-all.sock"
    with monkeypatch.context() as patched:
        # First this one: unset it reads as broker_url, and what it was is what it becomes again.
        patched.setattr(app.conf, "broker_write_url", nowhere)
        patched.setattr(app.conf, "broker_url", nowhere)
        forget()
        yield
    forget()


@pytest.mark.django_db(transaction=True)
def test_a_silent_broker_does_not_hold_up_the_page_and_loses_nothing(done, silent_broker):
    job = enqueued()
    assert Job.objects.get(pk=job.pk).state == JobState.QUEUED
    assert queue.sweep(now=now()) == 1
    assert queue.run(job.pk, now=now())


@pytest.mark.django_db(transaction=True)
def test_a_handler_that_is_long_in_one_transaction_keeps_its_lease() -> None:
    job = enqueued()
    Job.objects.filter(pk=job.pk).update(
        state=JobState.RUNNING, lease_token="mine", lease_until=timezone.now() - timedelta(seconds=1)
    )
    with KeptLease(job.pk, "mine", every=0.05):
        deadline = time.monotonic() + 10
        while Job.objects.get(pk=job.pk).lease_until < timezone.now() and time.monotonic() < deadline:
            time.sleep(0.05)
    assert Job.objects.get(pk=job.pk).lease_until > timezone.now() + timedelta(seconds=30)


@pytest.mark.django_db(transaction=True)
def test_a_lease_that_was_taken_over_is_not_renewed() -> None:
    job = enqueued()
    past = timezone.now() - timedelta(minutes=1)
    Job.objects.filter(pk=job.pk).update(state=JobState.RUNNING, lease_token="another", lease_until=past)
    keeper = KeptLease(job.pk, "mine", every=0.01)
    with keeper:
        keeper.thread.join(10)
    assert not keeper.thread.is_alive()
    assert Job.objects.get(pk=job.pk).lease_until == past

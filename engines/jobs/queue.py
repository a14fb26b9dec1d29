"""Enqueue, claim, run and sweep: a killed worker or a sleeping broker loses and doubles nothing."""

import logging
import uuid
from datetime import datetime, timedelta
from typing import Any

from celery import current_app
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone

from common.errors import DomainError
from common.request_id import request_id
from engines.jobs.lease import LEASE, KeptLease
from engines.jobs.models import UNFINISHED, Heartbeat, Job, JobState
from engines.jobs.registry import JobContext, handler_for

log = logging.getLogger(__name__)
RUN_TASK = "jobs.run_job"


class LeaseLost(Exception):
    """Another worker has taken the job over; the present one must stop without writing."""


def enqueue(kind: str, payload: dict[str, Any], *, now: datetime, by: Any, label: str, key: str = "") -> Job:
    """Writes the job row in the caller's transaction and wakes a worker after commit.

    While a job of the same kind and key is unfinished, that job is returned and nothing is written.
    """
    job = _unfinished(kind, key)
    if job is None:
        try:
            with transaction.atomic():
                job = Job.objects.create(
                    kind=kind, key=key, payload=payload, label=label, requested_by=by, created_at=now, not_before=now
                )
        except IntegrityError:
            job = _unfinished(kind, key)
            if job is None:
                raise
    job_id = job.pk
    transaction.on_commit(lambda: wake(job_id))
    return job


def wake(job_id: int) -> None:
    """Tells a worker that there is work. A silent broker is only logged: the sweeper wakes the job later."""
    try:
        current_app.send_task(RUN_TASK, args=[job_id], retry=False)
    except Exception:
        log.warning("broker did not answer, job %s waits for the sweeper", job_id, exc_info=True)


def run(job_id: int, *, now: datetime) -> bool:
    """Claims the job and does it; False where it is not to be had (done, leased to another, not yet due)."""
    token = uuid.uuid4().hex
    if not _claim(job_id, token, now):
        return False
    job = Job.objects.get(pk=job_id)
    context = JobContext(job.pk, job.payload, job.requested_by_id, _progress(job_id, token))
    try:
        with request_id(f"job-{job_id}"), KeptLease(job_id, token):
            handler_for(job.kind)(context)
    except LeaseLost:
        log.warning("job %s was taken over", job_id)
        return False
    except DomainError as error:
        _end(job_id, token, state=JobState.FAILED, error=error.message)
    except Exception:
        log.exception("job %s failed", job_id)
        _retry_or_fail(job, token)
    else:
        _end(job_id, token, state=JobState.DONE, result=context.result, done=F("total"))
    return True


def sweep(*, now: datetime) -> int:
    """Puts jobs with a dead lease back in the queue and wakes everything that is due; returns how many were woken."""
    dead = Job.objects.filter(state=JobState.RUNNING, lease_until__lt=now)
    worn_out = dead.filter(attempts__gte=F("max_attempts"))
    worn_out.update(
        state=JobState.FAILED,
        lease_until=None,
        lease_token="",
        finished_at=now,
        error="多次中断，已停止。请重试或联系管理员。",
    )
    dead.update(state=JobState.QUEUED, lease_until=None, lease_token="", not_before=now)
    due = list(
        Job.objects.filter(state=JobState.QUEUED, not_before__lte=now).order_by("id").values_list("pk", flat=True)[:500]
    )
    for job_id in due:
        wake(job_id)
    return len(due)


def retry(job: Job, *, now: datetime) -> None:
    """Starts a failed job again from where its data stand. Refuses where it has not failed."""
    changed = Job.objects.filter(pk=job.pk, state=JobState.FAILED).update(
        state=JobState.QUEUED, attempts=0, not_before=now, finished_at=None, error=""
    )
    if not changed:
        raise DomainError("这项后台任务没有失败，不需要重试。")
    transaction.on_commit(lambda: wake(job.pk))


def beat(name: str, *, now: datetime) -> None:
    """Notes that a worker or the scheduler is alive."""
    Heartbeat.objects.update_or_create(name=name, defaults={"at": now})


def _unfinished(kind: str, key: str) -> Job | None:
    return Job.objects.filter(kind=kind, key=key, state__in=UNFINISHED).first() if key else None


def _claim(job_id: int, token: str, now: datetime) -> bool:
    free = Q(state=JobState.QUEUED, not_before__lte=now) | Q(state=JobState.RUNNING, lease_until__lt=now)
    changed = Job.objects.filter(free, pk=job_id).update(
        state=JobState.RUNNING, lease_token=token, lease_until=now + LEASE, attempts=F("attempts") + 1, started_at=now
    )
    return changed == 1


def _progress(job_id: int, token: str) -> Any:
    def progress(done: int, total: int, words: str = "") -> None:
        changed = Job.objects.filter(pk=job_id, lease_token=token, state=JobState.RUNNING).update(
            done=min(done, total), total=total, words=words[:300], lease_until=timezone.now() + LEASE
        )
        if not changed:
            raise LeaseLost(job_id)

    return progress


def _end(
    job_id: int, token: str, *, state: JobState, error: str = "", result: dict[str, Any] | None = None, **more: Any
) -> None:
    Job.objects.filter(pk=job_id, lease_token=token).update(
        state=state,
        error=error,
        result=result or {},
        finished_at=timezone.now(),
        lease_until=None,
        lease_token="",
        **more,
    )


def _retry_or_fail(job: Job, token: str) -> None:
    if job.attempts >= job.max_attempts:
        _end(job.pk, token, state=JobState.FAILED, error="系统出错，多次重试未成功。已记录，请联系管理员。")
        return
    wait = timedelta(seconds=5 * 2**job.attempts)
    Job.objects.filter(pk=job.pk, lease_token=token).update(
        state=JobState.QUEUED, lease_until=None, lease_token="", not_before=timezone.now() + wait
    )

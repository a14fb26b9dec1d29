"""What Celery calls: ids in, one call, done."""

from celery import shared_task
from django.utils import timezone

from engines.jobs import queue


@shared_task(name=queue.RUN_TASK, acks_late=True, reject_on_worker_lost=True)
def run_job(job_id: int) -> None:
    queue.run(job_id, now=timezone.now())


@shared_task(name="jobs.sweep", expires=10)
def sweep() -> None:
    """Every few seconds, by the scheduler: takes back what died, wakes what waits."""
    now = timezone.now()
    queue.beat("scheduler", now=now)  # its tick arrived; the worker beats by its own signal (config.celery)
    queue.sweep(now=now)

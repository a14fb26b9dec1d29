"""What the scheduler calls."""

from celery import shared_task
from django.utils import timezone

from engines.reminders import handlers


@shared_task(name="reminders.tick", expires=60)
def tick() -> None:
    handlers.tick(now=timezone.now())

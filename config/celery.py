"""Background workers and the timetable."""

import logging
import os
import threading
from typing import Any

from celery import Celery
from celery.signals import setup_logging, worker_ready, worker_shutting_down

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.embedded")
HEARTBEAT_SECONDS = 10
log = logging.getLogger(__name__)

app = Celery("lvze")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.beat_schedule = {
    "jobs.sweep": {"task": "jobs.sweep", "schedule": 5.0, "options": {"expires": 10}},
    "reminders.tick": {"task": "reminders.tick", "schedule": 60.0, "options": {"expires": 60}},
}
_stopping = threading.Event()


@setup_logging.connect
def keep_django_logging(**_: Any) -> None:
    """Celery leaves the logging of the settings alone once somebody listens here."""


@worker_ready.connect
def start_heartbeat(sender: Any = None, **_: Any) -> None:
    """The worker's main process says every few seconds that it lives, also while all its children are busy."""
    name = f"worker:{getattr(sender, 'hostname', 'worker')}"[:64]
    threading.Thread(target=_beat_until_stopped, args=[name], daemon=True, name="heartbeat").start()


@worker_shutting_down.connect
def stop_heartbeat(**_: Any) -> None:
    _stopping.set()


def _beat_until_stopped(name: str) -> None:
    from django.db import DatabaseError, connection
    from django.utils import timezone

    from engines.jobs import queue

    while True:
        try:
            queue.beat(name, now=timezone.now())
        except DatabaseError:
            log.warning("heartbeat of %s could not be written", name, exc_info=True)
        finally:
            connection.close()  # never inherited by a child process that is forked later
        if _stopping.wait(HEARTBEAT_SECONDS):
            return

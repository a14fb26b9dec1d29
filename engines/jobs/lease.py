"""Keeps the lease of a running job alive from a thread of its own, however long one transaction of its handler takes."""

import logging
import threading
from datetime import timedelta
from types import TracebackType

from django.db import connection
from django.utils import timezone

from engines.jobs.models import Job, JobState

log = logging.getLogger(__name__)
LEASE = timedelta(seconds=60)


class KeptLease:
    """Renews the lease every third of its length while the block runs; ends with the process, so a killed worker's lease dies."""

    def __init__(self, job_id: int, token: str, *, every: float = LEASE.total_seconds() / 3) -> None:
        self.job_id, self.token, self.every = job_id, token, every
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._renew, name=f"lease-{job_id}", daemon=True)

    def __enter__(self) -> None:
        self.thread.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Not waited for: a renewal may stand behind the handler's own row lock, which ends with its transaction.
        self.ended.set()

    def _renew(self) -> None:
        while not self.ended.wait(self.every):
            try:
                held = Job.objects.filter(pk=self.job_id, lease_token=self.token, state=JobState.RUNNING)
                if not held.update(lease_until=timezone.now() + LEASE):
                    return
            except Exception:
                log.warning("lease of job %s not renewed this time", self.job_id, exc_info=True)
            finally:
                connection.close()

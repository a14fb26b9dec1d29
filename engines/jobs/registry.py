"""Which function does which kind of work. Apps register theirs in AppConfig.ready()."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from django.utils import timezone


class Progress(Protocol):
    def __call__(self, done: int, total: int, words: str = "") -> None: ...


@dataclass
class JobContext:
    """What a handler gets. `progress` also renews the lease and stops a handler that has lost it."""

    job_id: int
    payload: dict[str, Any]
    requested_by_id: int | None
    progress: Progress
    result: dict[str, Any] = field(default_factory=dict)

    def now(self) -> datetime:
        return timezone.now()


Handler = Callable[[JobContext], None]
_handlers: dict[str, Handler] = {}


def register(kind: str, handler: Handler) -> None:
    """A handler must be idempotent: it may be killed at any line and started again."""
    known = _handlers.setdefault(kind, handler)
    if known is not handler:
        raise ValueError(f"two handlers for {kind}")


def handler_for(kind: str) -> Handler:
    return _handlers[kind]


def kinds() -> frozenset[str]:
    return frozenset(_handlers)

"""The id of the request or job that is being worked on, for the audit trail and the log."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_current: ContextVar[str] = ContextVar("request_id", default="")


@contextmanager
def request_id(value: str) -> Iterator[None]:
    token = _current.set(value)
    try:
        yield
    finally:
        _current.reset(token)


def current_request_id() -> str:
    """The id, or "" outside of any request and job (a command typed at the machine)."""
    return _current.get()

"""What must be in place before anything is served: tables, static files, certificate. Repeating it changes nothing."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import OperationalError, connection

from engines.documents.certificate import ensure_certificate

OLDEST_POSTGRESQL = 150000
Say = Callable[[str], None]


class NotPrepared(Exception):
    """Something outside of the product is missing; the text is a sentence for the person at the machine."""


def prepare(*, now: datetime, say: Say) -> None:
    """Refuses a database that does not answer or is older than PostgreSQL 15."""
    _check_database()
    call_command("migrate", interactive=False, verbosity=0)
    collect_static_files(say=say)
    ensure_certificate(now)
    connection.close()


def _check_database() -> None:
    try:
        connection.ensure_connection()
    except OperationalError as error:
        raise NotPrepared(f"数据库连不上，请检查 DATABASE_URL 和数据库服务：{str(error).strip()}") from error
    version: int = connection.pg_version  # type: ignore[attr-defined]
    if version < OLDEST_POSTGRESQL:
        raise NotPrepared(f"PostgreSQL 版本过旧（{version // 10000}），需要 15 以上。")


def collect_static_files(*, say: Say) -> None:
    """Copies, names by content and compresses the static files, unless they are as they were the last time."""
    stamp = Path(settings.STATIC_ROOT) / ".collected"
    present = _fingerprint()
    if stamp.exists() and stamp.read_text() == present:
        return
    say("正在准备页面文件……")
    call_command("collectstatic", interactive=False, verbosity=0, clear=True)
    stamp.write_text(present)


def _fingerprint() -> str:
    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in sorted(finder.list([]), key=lambda found: found[0]):
            state = Path(storage.path(path)).stat()
            digest.update(f"{path}\0{state.st_size}\0{state.st_mtime_ns}\n".encode())
    return digest.hexdigest()

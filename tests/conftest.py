"""One throw-away PostgreSQL and Valkey for the session, or the installed ones named by TEST_DATABASE_URL and TEST_BROKER_URL."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.db.backends.postgresql.operations import DatabaseOperations

from config.embedded import Postgres, Valkey, end_child, spawn
from engines.jobs.models import Heartbeat

_servers: list[Postgres | Valkey] = []


def pytest_configure(config: pytest.Config) -> None:
    # Playwright's sync API runs an event loop in the thread that also uses the ORM.
    os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    if hasattr(config, "workerinput") or config.option.collectonly:
        return
    settings.SERVERS.parent.mkdir(mode=0o700)
    settings.SERVERS.mkdir()
    if not os.environ.get("TEST_DATABASE_URL"):
        (settings.SERVERS / "secrets").mkdir(mode=0o700)
        (settings.SERVERS / "secrets" / "postgres-lvze").write_text(settings.DATABASES["default"]["PASSWORD"])
        postgres = Postgres(settings.SERVERS, safe=False)
        _servers.append(postgres)
        postgres.start()
        _allow_emptying_protected_tables(postgres)
    if not os.environ.get("TEST_BROKER_URL"):
        valkey = Valkey(settings.SERVERS)
        _servers.append(valkey)
        valkey.start()


def pytest_unconfigure(config: pytest.Config) -> None:
    for server in reversed(_servers):
        server.stop()
    if not hasattr(config, "workerinput"):
        shutil.rmtree(settings.SERVERS.parent, ignore_errors=True)


def _allow_emptying_protected_tables(postgres: Postgres) -> None:
    with postgres.connect_as_superuser() as superuser, superuser.cursor() as cursor:
        cursor.execute(f"GRANT SET ON PARAMETER session_replication_role TO {settings.DATABASES['default']['USER']}")
    superuser.close()


# Django writes these again by itself after emptying.
REWRITTEN = {"django_migrations", "django_content_type", "auth_permission"}


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """Keeps a copy of what the migrations have planted (fields of work, holidays, …), see `flush` below."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA IF EXISTS planted CASCADE")
        cursor.execute("CREATE SCHEMA planted")
        for table in connection.introspection.django_table_names(only_existing=True, include_views=False):
            cursor.execute(f"SELECT 1 FROM {table} LIMIT 1")
            if table not in REWRITTEN and cursor.fetchone():
                cursor.execute(f"CREATE TABLE planted.{table} AS TABLE {table}")


@pytest.fixture(scope="session", autouse=True)
def _emptying_passes_the_audit_trigger() -> Iterator[None]:
    """Transactional tests end by emptying all tables; only there may the append-only trigger be passed.

    What the migrations planted is put back, so that the next test finds the database as an installation has it.
    """
    original = DatabaseOperations.execute_sql_flush

    def flush(self: DatabaseOperations, sql_list: list[str]) -> None:
        with transaction.atomic(using=self.connection.alias), self.connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            for sql in sql_list:
                cursor.execute(sql)
            cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'planted'")
            for (table,) in cursor.fetchall():
                columns = ", ".join(f'"{name}"' for name in _plain_columns(cursor, table))
                cursor.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM planted.{table}")

    DatabaseOperations.execute_sql_flush = flush
    yield
    DatabaseOperations.execute_sql_flush = original


def _plain_columns(cursor: Any, table: str) -> list[str]:
    """The columns that are written; a generated one makes itself."""
    cursor.execute(
        "SELECT column_name FROM information_schema.columns"
        " WHERE table_schema = 'public' AND table_name = %s AND is_generated = 'NEVER'",
        [table],
    )
    return [name for (name,) in cursor.fetchall()]


@pytest.fixture(autouse=True)
def _own_files(tmp_path_factory: pytest.TempPathFactory, settings: Any) -> None:
    """What a test uploads and renders lies in its own folder."""
    settings.VAR = tmp_path_factory.mktemp("var")
    settings.MEDIA_ROOT = settings.VAR / "files"


@pytest.fixture
def worker(transactional_db: None, settings: Any, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A real Celery worker process on the test's database, broker and files; what it logs lies in tmp_path/worker.log."""
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "LVZE_TEST_DATABASE": connection.settings_dict["NAME"],
        "LVZE_TEST_VAR": str(settings.VAR),
        "PYTHONPATH": str(settings.ROOT),
    }
    command = [sys.executable, "-m", "celery", "-A", "config", "worker", "--pool=solo", "--without-gossip",
               "--without-mingle", "--loglevel=INFO"]  # fmt: skip
    log = tmp_path / "worker.log"
    child = spawn(command, log=log, environment=environment)
    deadline = time.monotonic() + 180
    while not Heartbeat.objects.filter(name__startswith="worker:").exists():
        assert child.poll() is None, log.read_text()
        assert time.monotonic() < deadline, f"the worker did not start: {log.read_text()}"
        time.sleep(0.1)
    yield child
    end_child(child, signal.SIGTERM)

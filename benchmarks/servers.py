"""A throw-away PostgreSQL with one database per size, and gunicorn over each, settled as on a server."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from config.embedded import Postgres, end_child, spawn

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Served:
    """One database behind one web server."""

    database: str
    port: int


@contextlib.contextmanager
def postgres(folder: Path) -> Iterator[Postgres]:
    """The embedded server with its usual settings (nothing made unsafe for speed)."""
    server = Postgres(folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def make_database(server: Postgres, name: str) -> None:
    connection = server.connect_as_superuser()
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name} OWNER lvze")
        # Loading by COPY passes over the foreign keys, whose rows are made to fit.
        cursor.execute("GRANT SET ON PARAMETER session_replication_role TO lvze")
    connection.close()


def environment(folder: Path, database: str) -> dict[str, str]:
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
        "LVZE_VAR": str(folder),
        "BENCH_DATABASE": database,
        "PYTHONPATH": str(ROOT),
        "LVZE_LOG_LEVEL": "WARNING",
        "LVZE_WEB_WORKERS": "1",
        "LVZE_WEB_THREADS": "2",
    }


def run(folder: Path, database: str, *arguments: str) -> str:
    """What the command prints; a failure is raised with its last words."""
    done = subprocess.run(
        [sys.executable, *arguments],
        env=environment(folder, database),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments)}: {(done.stderr or done.stdout)[-3000:]}")
    return done.stdout


@contextlib.contextmanager
def gunicorn(folder: Path, database: str) -> Iterator[Served]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        "-m",
        "gunicorn",
        "-c",
        "python:config.gunicorn",
        "-b",
        f"127.0.0.1:{port}",
        "--access-logfile",
        os.devnull,
    ]
    child = spawn(
        [sys.executable, *command, "config.wsgi:application"],
        log=folder / "logs" / f"web-{database}.log",
        environment=environment(folder, database),
    )
    try:
        _wait_for(port, folder / "logs" / f"web-{database}.log")
        yield Served(database, port)
    finally:
        end_child(child, signal.SIGTERM)


def _wait_for(port: int, log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/accounts/login/", timeout=20)  # noqa: S310
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError(f"web server did not answer: {log.read_text()[-2000:]}")

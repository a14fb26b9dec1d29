"""`make demo` as a whole: ready, watched, stopped in order, refused in words, started again after a violent end."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import psycopg2
import pytest

from config.embedded import Postgres
from config.supervisor import CannotStart, port_from

ROOT = Path(__file__).resolve().parents[2]
PARTS = {"database", "queue", "worker", "scheduler", "certificate", "fonts", "clock", "disk"}


class Demo:
    """One running `manage.py demo` on its own folder and port."""

    def __init__(self, var: Path, port: int) -> None:
        self.var, self.port = var, port
        self.output = var.parent / f"{var.name}.out"
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "demo"],
                cwd=ROOT,
                env=demo_environment(var, port),
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def wait_until_ready(self) -> None:
        wait_for(lambda: "就绪" in self.said() or self.process.poll() is not None, seconds=240)
        assert self.process.poll() is None, self.said()

    def said(self) -> str:
        return self.output.read_text()

    def health(self) -> tuple[int, dict[str, Any]]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=10) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)

    def child(self, words: str) -> psutil.Process:
        """The part the supervisor itself started; a part's own workers have the same words."""
        own = psutil.Process(self.process.pid).children()
        return next(child for child in own if words in " ".join(child.cmdline()))

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def stop(self, number: int = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(60)


def demo_environment(var: Path, port: int | str) -> dict[str, str]:
    ours = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("LVZE_", "TEST_", "DATABASE", "BROKER"))
    }
    return ours | {
        "DJANGO_SETTINGS_MODULE": "config.settings.embedded",
        "LVZE_VAR": str(var),
        "LVZE_DEMO_CITY": "off",
        "PORT": str(port),
    }


def wait_for(happened: Callable[[], bool], *, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    running = Demo(tmp_path_factory.mktemp("demo") / "var", free_port())
    running.wait_until_ready()
    yield running
    running.stop()


def refused(var: Path, port: int | str) -> str:
    result = subprocess.run(
        [sys.executable, "manage.py", "demo"],
        cwd=ROOT,
        env=demo_environment(var, port),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 1
    assert "Traceback" not in result.stderr
    return result.stderr


def test_healthz_names_every_part_and_all_are_well(demo: Demo) -> None:
    status, found = demo.health()
    assert (status, found["ok"]) == (200, True)
    assert set(found["parts"]) == PARTS
    assert all(part["ok"] and part["words"].endswith("。") for part in found["parts"].values())


def test_healthz_tells_nothing_about_the_machine(demo: Demo) -> None:
    text = json.dumps(demo.health()[1], ensure_ascii=False)
    for secret in (str(demo.var), "/", "postgres", "valkey", "18.", socket.gethostname()):
        assert secret not in text.lower()


def test_secrets_and_keys_are_closed_to_others(demo: Demo) -> None:
    for path in (demo.var, demo.var / "secrets", demo.var / "keys", demo.var / "logs", demo.var / "postgres"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
    for path in (demo.var / "secrets").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_log_is_json_lines_with_the_number_of_the_request(demo: Demo) -> None:
    with urllib.request.urlopen(f"http://127.0.0.1:{demo.port}/healthz?q=secret-search") as answer:
        number = answer.headers["X-Request-Id"]
    wait_for(lambda: number in (demo.var / "logs" / "web.log").read_text(), seconds=5)
    text = (demo.var / "logs" / "web.log").read_text()
    assert "secret-search" not in text
    assert any(number in json.loads(line)["message"] for line in text.splitlines())


def test_a_second_demo_on_the_same_folder_is_refused(demo: Demo) -> None:
    words = refused(demo.var, free_port())
    assert "已有一个演示在运行" in words
    assert f"http://127.0.0.1:{demo.port}" in words
    assert demo.health()[0] == 200


def test_a_busy_port_is_named(demo: Demo, tmp_path: Path) -> None:
    assert f"端口 {demo.port} 已被别的程序占用" in refused(tmp_path / "var", demo.port)


def test_what_is_no_port_is_refused() -> None:
    for text in ("", "0", "65536", "八千", "-1", "80 80"):
        with pytest.raises(CannotStart, match="PORT"):
            port_from(text)
    assert port_from("8000") == 8000


@pytest.mark.parametrize(
    "words", ["celery -A config worker", "celery -A config beat", "gunicorn", "valkey-server", "bin/postgres"]
)
def test_a_part_that_dies_is_started_again(demo: Demo, words: str) -> None:
    before = demo.child(words)
    before.kill()

    def well_again() -> bool:
        try:
            return demo.child(words).pid != before.pid and demo.health()[0] == 200
        except (StopIteration, OSError, psutil.Error):
            return False

    wait_for(well_again, seconds=120)
    assert "重新启动" in demo.said()


def test_a_broker_that_hangs_is_named_and_pages_go_on(demo: Demo) -> None:
    broker = demo.child("valkey-server")
    broker.suspend()
    try:
        status, found = demo.health()
    finally:
        broker.resume()
    assert status == 503
    assert found["parts"]["queue"]["ok"] is False
    assert found["parts"]["database"]["ok"] is True
    wait_for(lambda: demo.health()[0] == 200, seconds=30)


def test_stopping_ends_every_child_and_the_second_start_has_the_data(demo: Demo) -> None:
    children = demo.children()
    settings = Postgres(demo.var).database_settings()
    connection = psycopg2.connect(
        host=settings["HOST"],
        port=settings["PORT"],
        user=settings["USER"],
        password=settings["PASSWORD"],
        dbname="lvze",
    )
    with connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE kept_by_test AS SELECT 1 AS n")
    connection.close()
    assert demo.stop(signal.SIGINT) == 0
    assert "已停止" in demo.said()
    assert not [child for child in children if child.is_running() and child.status() != psutil.STATUS_ZOMBIE]
    demo.__init__(demo.var, demo.port)  # type: ignore[misc] the same folder, started again
    demo.wait_until_ready()
    connection = psycopg2.connect(
        host=settings["HOST"],
        port=settings["PORT"],
        user=settings["USER"],
        password=settings["PASSWORD"],
        dbname="lvze",
    )
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT n FROM kept_by_test")
        assert cursor.fetchone() == (1,)
        cursor.execute("DROP TABLE kept_by_test")
    connection.close()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")
def test_after_kill_9_nothing_is_left_and_the_next_start_goes_on(demo: Demo) -> None:
    children = demo.children()
    assert demo.stop(signal.SIGKILL) == -signal.SIGKILL
    psutil.wait_procs(children, timeout=30)
    assert not [child for child in children if child.is_running() and child.status() != psutil.STATUS_ZOMBIE]
    demo.__init__(demo.var, demo.port)  # type: ignore[misc]
    demo.wait_until_ready()
    assert demo.health()[0] == 200


def test_nothing_is_written_into_the_project(demo: Demo) -> None:
    written = {".log", ".sock", ".pid", ".db", ".rdb", ".aof", ".pem", ".key", ".dat", ".dir", ".bak"}
    tools = {path for path in ROOT.iterdir() if path.name.startswith(".")}  # environment, git, caches of checkers
    own = tools | {ROOT / "var"}
    found = [
        path
        for path in ROOT.rglob("*")
        if not own & set(path.parents) and (path.suffix in written or path.name.startswith(("celerybeat", "dump.")))
    ]
    assert found == []
    assert not (ROOT / "staticfiles").exists()

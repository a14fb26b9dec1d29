"""`make demo`: starts every part of the product on one machine, watches them, and stops them in order."""

import contextlib
import fcntl
import importlib
import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, TextIO

from django.conf import settings
from django.db import connection
from django.utils import timezone

from config.embedded import EmbeddedError, Postgres, Valkey, account_for, end_child, spawn
from config.prepare import prepare
from config.unprivileged import folder_capability
from engines.jobs.models import Heartbeat

HOST = "127.0.0.1"
READY_SECONDS = 180  # generous: a busy machine is no fault of ours
PORT_SECONDS = 5  # a predecessor that was just killed still lets go of the port
LONGEST_PAUSE = 30.0
STEADY_SECONDS = 60.0
Say = Callable[[str], None]


class Stop(BaseException):
    """Somebody pressed Ctrl-C or the machine is shutting down; no `except Exception` on the way may swallow it."""


class CannotStart(Exception):
    """The text is a sentence for the person at the machine."""


@dataclass
class Program:
    """A Python program of ours that serves or works beside the others."""

    name: str
    words: str
    arguments: list[str]
    stop_seconds: float = 20
    child: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> None:
        environment = os.environ | {
            "PYTHONPATH": str(settings.ROOT),
            "PYTHONUNBUFFERED": "1",
        }
        command = [sys.executable, *self.arguments]
        self.child = spawn(command, log=settings.VAR / "logs" / f"{self.name}.log", environment=environment)

    def stop(self) -> None:
        if self.child:
            end_child(self.child, signal.SIGTERM, seconds=self.stop_seconds)


@dataclass
class Watched:
    """One part with what the watch must remember of it."""

    words: str
    part: Postgres | Valkey | Program
    started: float = 0.0
    pause: float = 1.0
    again_at: float | None = None


@dataclass
class Supervisor:
    port: int
    say: Say
    running: list[Watched] = field(default_factory=list)
    lock: TextIO | None = None

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self.port}"

    def run(self) -> None:
        """Returns after an orderly stop. Refuses with CannotStart or EmbeddedError, having stopped what it started."""
        began = time.monotonic()
        self._take_lock()
        try:
            with _stop_on_signals():
                self._check_port()
                self._start_all()
                self._wait_until_well()
                self._show_ready(time.monotonic() - began)
                self._watch()
        except Stop:
            self.say("正在停止……")
        finally:
            self._stop_all()
            if self.lock:
                self.lock.close()
        self.say("已停止，数据都在。")

    def _take_lock(self) -> None:
        make_data_folder(settings.VAR)
        self.lock = (settings.VAR / "demo.lock").open("a+")
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.lock.seek(0)
            where = self.lock.read().strip()
            self.lock.close()
            raise CannotStart(
                f"这个数据文件夹（{settings.VAR}）已有一个演示在运行：{where or '正在启动'}。"
                "请直接使用它；要另开一个，请用 LVZE_VAR 指定另一个文件夹、PORT 指定另一个端口。"
            ) from None
        self.lock.truncate(0)
        self.lock.write(self.address)
        self.lock.flush()

    def _check_port(self) -> None:
        deadline = time.monotonic() + PORT_SECONDS
        while True:
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind((HOST, self.port))
                    return
                except OSError as error:
                    if time.monotonic() > deadline:
                        raise CannotStart(
                            f"端口 {self.port} 已被别的程序占用（{error.strerror}）。换一个端口：PORT={self.port + 1} make demo"
                        ) from error
            time.sleep(0.2)

    def _start_all(self) -> None:
        if not os.environ.get("DATABASE_URL"):
            self._start("内置数据库", Postgres(settings.VAR))
        if not os.environ.get("BROKER_URL"):
            self._start("内置队列", Valkey(settings.VAR))
        prepare(now=timezone.now(), say=self.say)
        Heartbeat.objects.all().delete()  # what the last run said is no news of this one
        for program in background_programs():
            self._start(program.words, program)
        self._load_demo()
        web = web_program(self.port)
        self._start(web.words, web)

    def _start(self, words: str, part: Postgres | Valkey | Program) -> None:
        watched = Watched(words, part, started=time.monotonic())
        self.running.append(watched)  # before the start, so that a start that is broken off is stopped too
        part.start()

    def _load_demo(self) -> None:
        if demo_city_wanted():
            importlib.import_module("config.demo").load_demo(now=timezone.now(), say=self.say)
        connection.close()

    def _wait_until_well(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while (unwell := self._unwell_parts()) and time.monotonic() < deadline:
            time.sleep(0.1)
        if unwell:
            raise CannotStart("演示没有完全就绪：" + "".join(unwell) + f"日志在 {settings.VAR / 'logs'}。")

    def _unwell_parts(self) -> list[str]:
        try:
            with urllib.request.urlopen(f"{self.address}/healthz", timeout=5) as answer:  # noqa: S310
                return [] if answer.status == 200 else ["网页服务没有应答。"]
        except urllib.error.HTTPError as error:
            with contextlib.suppress(ValueError, KeyError):
                return [part["words"] for part in json.load(error)["parts"].values() if not part["ok"]]
        except OSError:
            pass
        return ["网页服务没有应答。"]

    def _show_ready(self, seconds: float) -> None:
        self.say("")
        self.say(f"履责已就绪（用时 {seconds:.1f} 秒）：{self.address}")
        if demo_city_wanted():
            self._show_accounts(importlib.import_module("config.demo").accounts())
        self.say("按 Ctrl-C 停止。")

    def _show_accounts(self, accounts: Iterable[Any]) -> None:
        self.say("演示账号（密码为本次安装随机生成）：")
        for account in accounts:
            self.say(f"  {account.username:<20} {account.password:<20} {account.role} · {account.unit}")

    def _watch(self) -> None:
        while True:
            for watched in self.running:
                self._look_after(watched, time.monotonic())
            time.sleep(0.5)

    def _look_after(self, watched: Watched, moment: float) -> None:
        child = watched.part.child
        if watched.again_at is None:
            if child is not None and child.poll() is None:
                return
            if moment - watched.started > STEADY_SECONDS:
                watched.pause = 1.0
            code = child.returncode if child else "?"
            self.say(f"{watched.words}停了（退出码 {code}），{watched.pause:.0f} 秒后重新启动。")
            watched.again_at = moment + watched.pause
            watched.pause = min(watched.pause * 2, LONGEST_PAUSE)
        elif moment >= watched.again_at:
            watched.again_at, watched.started = None, moment
            try:
                watched.part.start()
            except EmbeddedError as error:
                self.say(str(error))

    def _stop_all(self) -> None:
        """In the reverse order of the start: nobody loses what it stands on. A second Ctrl-C does not hurry this."""
        with _ignore_signals():
            while self.running:
                self.running.pop().part.stop()


def make_data_folder(var: Path) -> None:
    """Uploads, letters and logs are nobody else's business: what is written from here on only we may read."""
    os.umask(0o077)
    var.mkdir(parents=True, exist_ok=True)
    if account_for(var / "postgres") and folder_capability() is None:
        var.chmod(0o711)  # the database's account must at least pass through


def demo_city_wanted() -> bool:
    """LVZE_DEMO_CITY=off starts an empty installation, to try one's own workbook in."""
    return os.environ.get("LVZE_DEMO_CITY", "on") != "off" and importlib.util.find_spec("config.demo") is not None


def background_programs() -> list[Program]:
    schedule = settings.VAR / "beat" / "schedule"
    schedule.parent.mkdir(parents=True, exist_ok=True)
    celery = ["-m", "celery", "-A", "config"]
    worker = [*celery, "worker", "--concurrency=2", "--without-gossip", "--without-mingle", "--loglevel=INFO"]
    beat = [*celery, "beat", f"--schedule={schedule}", "--pidfile=", "--loglevel=WARNING"]
    return [Program("beat", "定时调度", beat), Program("worker", "后台任务进程", worker)]


def web_program(port: int) -> Program:
    arguments = ["-m", "gunicorn", "-c", "python:config.gunicorn", "-b", f"{HOST}:{port}", "config.wsgi:application"]
    return Program("web", "网页服务", arguments)


class _stop_on_signals(contextlib.AbstractContextManager[None]):  # noqa: N801 reads as a statement
    def __enter__(self) -> None:
        self.before = {
            number: signal.signal(number, self._stop) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        }

    def _stop(self, number: int, frame: FrameType | None) -> None:
        raise Stop

    def __exit__(self, *_: object) -> None:
        for number, handler in self.before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _ignore_signals() -> Iterator[None]:
    before = {
        number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def port_from(text: str) -> int:
    """The value of PORT. Refuses what is no port."""
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < 65536:
        raise CannotStart(f"PORT 应当是 1 到 65535 之间的整数，现在是「{text}」。")
    return int(text)

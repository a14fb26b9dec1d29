"""`make bench`: loads, serves, asks, compares, prints a table and keeps it under results/.

BENCH_ROUNDS sets how often each page is asked; BENCH_FOLDER keeps the loaded databases there for the next run.
"""

import contextlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks import report, servers
from benchmarks.measure import Answer, Client, Probe, in_turn
from benchmarks.pages import ALL, FRONT, OFFICERS, SCOPED, rows_in
from benchmarks.servers import Served

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "200"))
SMALL, LARGE = "small", "large"


def say(words: str) -> None:
    print(words, flush=True)


def main() -> int:
    began = time.monotonic()
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(_folder())
        os.environ["LVZE_VAR"] = str(folder)
        server = stack.enter_context(servers.postgres(folder))
        say("正在装入 3,000 家和 100,000 家单位的数据……")
        loaded = load(folder, server)
        for name, answer in loaded.items():
            say(f"  {name}:{answer['seconds']} 秒")
        pages = json.loads(servers.run(folder, SMALL, "-m", "benchmarks.discover"))
        served = {name: stack.enter_context(servers.gunicorn(folder, name)) for name in (SMALL, LARGE)}
        sessions = {name: answer["sessions"] for name, answer in loaded.items()}
        probes = find_probes(served, sessions, pages)
        say(f"正在测量 {len(probes)} 个页面与账号的组合，各 {ROUNDS} 次，轮流请求……")
        in_turn(probes, rounds=ROUNDS)
        statements = count_statements(served[SMALL], sessions[SMALL], pages)
        say("正在测量 100,000 行工作簿的导入预览……")
        imports = json.loads(servers.run(folder, SMALL, "-m", "benchmarks.imports"))
    result = report.judge(probes, statements, imports, loaded, rounds=ROUNDS)
    say(report.as_markdown(result))
    say(f"结果已存入 {report.keep(result)}（共用时 {time.monotonic() - began:.0f} 秒）。")
    return 0 if result["within"] else 1


def _folder() -> contextlib.AbstractContextManager[Path]:
    if kept := os.environ.get("BENCH_FOLDER"):
        return contextlib.nullcontext(Path(kept))
    return _throw_away()


@contextlib.contextmanager
def _throw_away() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="lvze-bench-") as name:
        yield Path(name)


def load(folder: Path, server: Any) -> dict[str, Any]:
    """Both databases at the same time, and the static files once; what a kept folder has is taken as it is."""
    done = folder / "loaded.json"
    if done.exists():
        servers.run(folder, SMALL, "manage.py", "collectstatic", "--noinput", "-v0")
        return dict(json.loads(done.read_text()))
    loaded = _load_both(folder, server)
    done.write_text(json.dumps(loaded))
    return loaded


def _load_both(folder: Path, server: Any) -> dict[str, Any]:
    for name in (SMALL, LARGE):
        servers.make_database(server, name)
    with ThreadPoolExecutor() as pool:
        pool.submit(servers.run, folder, SMALL, "manage.py", "collectstatic", "--noinput", "-v0").result()
        jobs = {name: pool.submit(servers.run, folder, name, "-m", "benchmarks.load", name) for name in (SMALL, LARGE)}
        return {name: json.loads(job.result()) for name, job in jobs.items()}


def find_probes(served: dict[str, Served], sessions: dict[str, dict[str, str]], pages: dict[str, str]) -> list[Probe]:
    """Every page that the account may open, and the two empty pages; one that breaks stops the run."""
    probes = []
    for page, address in {"bench_empty": "/bench/empty/", "bench_shell": "/bench/shell/", **pages}.items():
        accounts = [ALL] if page.startswith("bench_") else [ALL, *SCOPED, *OFFICERS]
        for account in accounts:
            probes += _probe(page, address, account, served, sessions)
    return probes


def _probe(
    page: str, address: str, account: str, served: dict[str, Served], sessions: dict[str, dict[str, str]]
) -> list[Probe]:
    first = _checked(page, Client().get(served[SMALL], address, sessions[SMALL][account]))
    if first.status in (403, 302):
        return []
    if account in OFFICERS and Client().get(served[SMALL], address, sessions[SMALL][ALL]).status == 200:
        return []  # measured as a business account already
    every = 10 if page in FRONT else 1
    return [Probe(page, address, account, sessions[name][account], served[name], every) for name in (SMALL, LARGE)]


def _checked(page: str, answer: Answer) -> Answer:
    if answer.status not in (200, 302, 403):
        raise RuntimeError(f"{page} answered {answer.status}: {answer.body[:400]!r}")
    return answer


def count_statements(served: Served, sessions: dict[str, str], pages: dict[str, str]) -> list[dict[str, Any]]:
    """Statements of each page as one who sees one row and as one who sees fifty, in the same role."""
    found = []
    for page, address in pages.items():
        few = Client().get(served, f"{address}?size=50", sessions["bench_one"], count=True)
        many = Client().get(served, f"{address}?size=50", sessions["bench_fifty"], count=True)
        if page not in FRONT and few.status == many.status == 200:
            found.append(
                {
                    "page": page,
                    "rows": [rows_in(few.body), rows_in(many.body)],
                    "statements": [few.statements, many.statements],
                }
            )
    return found


if __name__ == "__main__":
    sys.exit(main())

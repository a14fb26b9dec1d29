"""Figures beside their bounds: judged, printed as a table, kept as JSON and Markdown."""

import json
import os
import platform
import subprocess
from collections import defaultdict
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from benchmarks.measure import Probe
from benchmarks.pages import ALL, FRONT, SCOPED

RESULTS = Path(__file__).resolve().parent / "results"
SCOPE_BOUND, FLOOR_BOUND, STATEMENT_BOUND, SIZE_BOUND, IMPORT_BOUND = 1.2, 5.0, 12, 1.5, 1.0
MEMORY_BOUND = 1024.0  # MiB
NAMES = {"bench_office": "全部", "bench_auditor": "只读审计", "bench_system": "系统管理员",
         "bench_security": "安全管理员", "bench_audit": "安全审计员", **SCOPED}  # fmt: skip


def judge(
    probes: list[Probe],
    statements: list[dict[str, Any]],
    imports: dict[str, Any],
    loaded: dict[str, Any],
    *,
    rounds: int,
) -> dict[str, Any]:
    """Every bound of the house with its figures; `within` says whether all hold."""
    by_page: dict[str, dict[tuple[str, str], Probe]] = defaultdict(dict)
    for probe in probes:
        by_page[probe.page][probe.account, probe.served.database] = probe
    floor = by_page.pop("bench_empty")[ALL, "small"]
    shell = by_page.pop("bench_shell")[ALL, "small"]
    pages = [row for page, found in by_page.items() for row in _page_rows(page, found, floor)]
    counted = [row | {"within": _counted_well(row)} for row in statements]
    imported = imports | {"within": imports["ratio"] <= IMPORT_BOUND and imports["preview_peak_mib"] <= MEMORY_BOUND}
    return {
        "at": datetime.now(ZoneInfo("Asia/Shanghai")).isoformat(timespec="seconds"),
        "machine": _machine(),
        "rounds": rounds,
        "loaded_seconds": {name: answer["seconds"] for name, answer in loaded.items()},
        "empty": _times(floor),
        "shell": _times(shell),
        "pages": pages,
        "statements": counted,
        "import": imported,
        "within": all(row["within"] for row in [*pages, *counted, imported]),
    }


def _times(probe: Probe) -> dict[str, float]:
    return {"p50": round(probe.p50, 2), "p95": round(probe.p95, 2)}


def _page_rows(page: str, found: dict[tuple[str, str], Probe], floor: Probe) -> list[dict[str, Any]]:
    rows = []
    for (account, database), probe in found.items():
        if database != "small":
            continue
        large, everything = found[account, "large"], found.get((ALL, "small"))
        row: dict[str, Any] = {
            "page": page,
            "account": NAMES[account],
            **_times(probe),
            "kib": round(probe.bytes / 1024),
        }
        row["to_all"] = round(probe.p95 / everything.p95, 2) if everything and account in SCOPED else None
        row["to_empty"] = round(probe.p50 / floor.p50, 2)
        row["large_p95"] = round(large.p95, 2)
        row["to_small"] = round(large.p95 / probe.p95, 2)
        row["within"] = page in FRONT or (
            (row["to_all"] or 0) <= SCOPE_BOUND and row["to_empty"] <= FLOOR_BOUND and row["to_small"] <= SIZE_BOUND
        )
        rows.append(row)
    return rows


def _counted_well(row: dict[str, Any]) -> bool:
    few, many = row["statements"]
    return few == many <= STATEMENT_BOUND


def _machine() -> dict[str, Any]:
    command = ["git", "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(command, capture_output=True, text=True, check=False, cwd=RESULTS.parent)
    return {
        "python": platform.python_version(),
        "system": platform.platform(),
        "cores": os.cpu_count(),
        "commit": commit.stdout.strip(),
    }


def as_markdown(result: dict[str, Any]) -> str:
    """The table as it is printed and kept."""
    empty, shell = result["empty"], result["shell"]
    lines = [
        f"# 测量结果 {result['at'][:16].replace('T', ' ')}",
        "",
        f"提交 {result['machine']['commit']}，{result['machine']['cores']} 核，Python {result['machine']['python']}，"
        f"每个组合 {result['rounds']} 次请求，轮流进行。毫秒，从发出请求到收完正文。",
        f"空的登录页面 p50 {empty['p50']},p95 {empty['p95']};只有页面外框 p50 {shell['p50']},p95 {shell['p95']}。",
        "",
        f"| 页面 | 账号所见 | p50 | p95 | p95 比看全部者（≤ {SCOPE_BOUND}） | p50 比空页（≤ {FLOOR_BOUND:g}） "
        f"| 100,000 家单位 p95 | 比 3,000 家（≤ {SIZE_BOUND}） | |",
        "|---|---|--:|--:|--:|--:|--:|--:|---|",
        *(_page_line(row) for row in result["pages"]),
        "",
        f"| 页面 | 行数 | SQL 语句数（相同且 ≤ {STATEMENT_BOUND}） | |",
        "|---|---|---|---|",
        *(_statement_line(row) for row in result["statements"]),
        "",
        *_import_lines(result["import"]),
        "",
        "全部在限内。" if result["within"] else "有超出限度的项目（标「超」）。",
    ]
    return "\n".join(lines) + "\n"


def _page_line(row: dict[str, Any]) -> str:
    to_all = "" if row["to_all"] is None else f"{row['to_all']:.2f}"
    if row["page"] in FRONT:
        return f"| {row['page']}（不设限） | {row['account']} | {row['p50']:.1f} | {row['p95']:.1f} | | | {row['large_p95']:.1f} | | |"
    return (
        f"| {row['page']} | {row['account']} | {row['p50']:.1f} | {row['p95']:.1f} | {to_all} | {row['to_empty']:.2f} "
        f"| {row['large_p95']:.1f} | {row['to_small']:.2f} | {_mark(row)} |"
    )


def _statement_line(row: dict[str, Any]) -> str:
    rows, counts = row["rows"], row["statements"]
    return f"| {row['page']} | {rows[0]} 和 {rows[1]} | {counts[0]} 和 {counts[1]} | {_mark(row)} |"


def _import_lines(row: dict[str, Any]) -> list[str]:
    return [
        f"| 100,000 行工作簿 | 秒 | 比 openpyxl 只读（≤ {IMPORT_BOUND:g}） | 内存峰值 MiB（≤ {MEMORY_BOUND:g}） | |",
        "|---|--:|--:|--:|---|",
        f"| openpyxl 只读一遍 | {row['openpyxl_seconds']:.2f} | 1.00 | {row['openpyxl_peak_mib']:.0f} | |",
        f"| 导入预览 | {row['preview_seconds']:.2f} | {row['ratio']:.2f} | {row['preview_peak_mib']:.0f} | {_mark(row)} |",
    ]


def _mark(row: dict[str, Any]) -> str:
    return "" if row["within"] else "超"


def keep(result: dict[str, Any]) -> Path:
    """Writes results/latest.{json,md}; git keeps the earlier ones."""
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "latest.json").write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n")
    path = RESULTS / "latest.md"
    path.write_text(as_markdown(result))
    return path

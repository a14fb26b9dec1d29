"""`python -m benchmarks.imports`: the preview of a 100,000-row workbook beside openpyxl merely reading it.

Each runs in a process of its own, so that its peak memory is its own. Prints JSON.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

UNITS, POSTS, CHARGES = 20_000, 60_000, 20_000
ROUNDS = 3
HEADERS = {
    "单位": ("单位编码", "单位名称", "单位类别", "党组织名称", "党组织类别", "上级单位编码", "监督单位编码", "成立日期", "排序"),
    "人员职务": ("单位编码", "姓名", "职务", "职务类别", "职级", "任职日期", "免职日期", "手机"),
    "班子分工": ("单位编码", "姓名", "分管领域", "备注"),
}  # fmt: skip


def make_workbook(path: Path) -> None:
    """20,000 new units beneath one region, 60,000 posts, in 4,000 units the five reserved fields; all rows are good."""
    import xlsxwriter

    book = xlsxwriter.Workbook(str(path), {"constant_memory": True, "strings_to_numbers": False})
    sheets = {name: book.add_worksheet(name) for name in HEADERS}
    for name, headers in HEADERS.items():
        sheets[name].write_row(0, 0, headers)
    sheets["单位"].write_row(1, 0, ("N0", "新州", "地区", "中共新州委员会", "党委", "", "", "2001-01-01", 0))
    for n in range(1, UNITS):
        row = (f"N{n}", f"新州第{n}局", "政府部门", f"中共新州第{n}局党组", "党组", "N0", "", "2001-01-01", n)
        sheets["单位"].write_row(n + 1, 0, row)
    for n in range(POSTS):
        kind = ("HEAD", "MEMBER", "MEMBER")[n % 3]
        row = (f"N{n // 3}", f"人员{n}", "党组成员", kind, "正科", "2022-01-01", "", f"{15000000000 + n}")
        sheets["人员职务"].write_row(n + 1, 0, row)
    for n in range(CHARGES):
        unit, field = n // 5 + 1, ("财务", "人事", "工程项目", "行政审批", "物资采购")[n % 5]
        sheets["班子分工"].write_row(n + 1, 0, (f"N{unit}", f"人员{unit * 3 + 1 + n % 2}", field, ""))
    book.close()


def read_with_openpyxl(path: Path) -> float:
    import openpyxl

    began = time.perf_counter()
    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    rows = sum(1 for sheet in book for _ in sheet.iter_rows(values_only=True))
    assert rows == UNITS + POSTS + CHARGES + len(HEADERS), rows
    return time.perf_counter() - began


def preview(path: Path) -> float:
    """From the uploaded bytes to the stored preview: safety checks, reading, planning against the database, writing down."""
    import django

    django.setup()
    from django.utils import timezone

    from engines.imports.models import RunState
    from engines.imports.runs import preview_import, start_import

    data = path.read_bytes()
    began = time.perf_counter()
    run = start_import("units", data, path.name, by=None, now=timezone.now(), enqueued=False)
    run = preview_import(run, now=timezone.now())
    spent = time.perf_counter() - began
    assert run.state == RunState.PREVIEWED, run.state
    assert run.row_count >= UNITS + POSTS + CHARGES, run.row_count
    assert not run.error_total, (run.error_total, run.counts)
    return spent


def _alone(what: str, path: Path) -> tuple[float, float]:
    """Seconds and peak MiB of one of the two functions in a fresh process; the best of some rounds."""
    found = []
    for _ in range(ROUNDS):
        command = [sys.executable, "-m", "benchmarks.imports", what, str(path)]
        answer = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[-1])
        found.append((answer["seconds"], answer["peak_mib"]))
    return min(seconds for seconds, _ in found), max(peak for _, peak in found)


def main() -> None:
    if len(sys.argv) > 1:
        seconds = {"openpyxl": read_with_openpyxl, "preview": preview}[sys.argv[1]](Path(sys.argv[2]))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2)
        print(json.dumps({"seconds": seconds, "peak_mib": peak}))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "100000.xlsx"
        make_workbook(path)
        slow, slow_peak = _alone("openpyxl", path)
        fast, fast_peak = _alone("preview", path)
    result = {
        "openpyxl_seconds": round(slow, 2),
        "openpyxl_peak_mib": round(slow_peak),
        "preview_seconds": round(fast, 2),
        "preview_peak_mib": round(fast_peak),
        "ratio": round(fast / slow, 2),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()

"""manage.py import_units FILE [--commit] [--skip-bad] [--json], or --undo ID: the twin of the import page."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from common.errors import DomainError
from engines.imports.models import ImportRun, RunState
from engines.imports.problems import Problem
from engines.imports.queries import problems_of
from engines.imports.runs import commit_import, preview_import, start_import, undo_import

KIND = "units"
SHOWN_PAGES = 5  # of 200 problems each


class Command(BaseCommand):
    help = "从工作簿导入单位、任职和班子分工；不加 --commit 只核对，不写入"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", help="工作簿（.xlsx）")
        parser.add_argument("--commit", action="store_true", help="核对无误后写入")
        parser.add_argument("--skip-bad", action="store_true", help="跳过须改正的行")
        parser.add_argument("--undo", type=int, metavar="ID", help="整批撤回一次导入")
        parser.add_argument("--json", action="store_true", help="输出 JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            run = self._undo(options["undo"]) if options["undo"] else self._import(options)
        except DomainError as error:
            raise CommandError(f"{error.message}{error.remedy}") from error
        said = _told(run)
        self.stdout.write(json.dumps(said, ensure_ascii=False) if options["json"] else _in_words(said))
        if run.state == RunState.REFUSED or (run.error_total and run.state == RunState.PREVIEWED):
            raise SystemExit(1)

    def _import(self, options: dict[str, Any]) -> ImportRun:
        path = Path(options["file"] or "")
        if not path.is_file():
            raise CommandError(f"没有找到文件「{options['file'] or ''}」。")
        now = timezone.now()
        run = start_import(KIND, path.read_bytes(), path.name, by=None, now=now, enqueued=False)
        run = preview_import(run, now=now)
        if options["commit"] and run.state == RunState.PREVIEWED and (not run.error_total or options["skip_bad"]):
            run = commit_import(run, by=None, now=now, skip_bad=options["skip_bad"])
        return run

    def _undo(self, pk: int) -> ImportRun:
        run = ImportRun.objects.filter(pk=pk, kind=KIND).first()
        if run is None:
            raise CommandError(f"没有编号为 {pk} 的导入。")
        return undo_import(run, by=None, now=timezone.now())


def _told(run: ImportRun) -> dict[str, Any]:
    found: list[Problem] = []
    for page in range(1, SHOWN_PAGES + 1):
        found += problems_of(run, page=page)
    return {
        "id": run.pk,
        "state": run.state,
        "rows": run.row_count,
        "counts": run.counts,
        "errors": run.error_total,
        "checks": run.check_total,
        "refusal": run.refusal,
        "remedy": run.remedy,
        "problems": [
            {
                "at": problem.address,
                "severity": str(problem.severity),
                "value": problem.value,
                "words": problem.words,
                "remedy": problem.remedy,
            }
            for problem in found
        ],
    }


def _in_words(said: dict[str, Any]) -> str:
    lines = [
        f"导入 {said['id']}：{RunState(said['state']).label}，{said['rows']:,} 行。{said['refusal']}{said['remedy']}"
    ]
    for sheet, counts in said["counts"].items():
        numbers = f"新增 {counts['create']}，变更 {counts['change']}，终止 {counts['end']}，不变 {counts['same']}"
        lines.append(f"  {sheet}：{numbers}，须改正 {counts['bad']}")
    lines.append(f"须改正 {said['errors']} 处，请核对 {said['checks']} 处。")
    for problem in said["problems"]:
        mark = "须改正" if problem["severity"] == "error" else "请核对"
        lines.append(f"  {problem['at']}（{mark}）{problem['words']}{problem['remedy']}")
    if said["state"] == RunState.PREVIEWED:
        lines.append("没有写入任何数据；确认后加 --commit 再运行。")
    return "\n".join(lines)

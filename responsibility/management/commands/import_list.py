"""Brings responsibility lists from an Excel or YAML file into the library: a preview, with --commit the real thing."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from common.errors import DomainError
from organization.models import Unit
from responsibility.services.list_import import Plan, commit_lists, plan_lists, read_file


class Command(BaseCommand):
    help = "从 Excel 或 YAML 文件把责任清单导入清单库；不加 --commit 只预览。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="清单文件（.xlsx、.yaml）")
        parser.add_argument("--unit", default="", help="制定单位的编码；只有一个顶层单位时可不写")
        parser.add_argument("--year", type=int, help="作为这一年度的清单导入，不用文件里的年度")
        parser.add_argument("--commit", action="store_true", help="导入为草稿；不加只预览")
        parser.add_argument("--json", action="store_true", help="用 JSON 输出")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            data = options["file"].read_bytes()
        except OSError as error:
            raise CommandError(f"读不到文件 {options['file']}：{error.strerror}") from error
        try:
            read = read_file(data, options["file"].name)
            plan = plan_lists(read, unit=_unit(options["unit"]), year=options["year"])
            drafts = commit_lists(plan, actor=None, now=timezone.now()) if options["commit"] else []
        except DomainError as error:
            self._refuse(error, read.problems if "read" in locals() else [], as_json=options["json"])
            raise CommandError(f"{error.message}{error.remedy}", returncode=2) from error
        told = _told(plan) | {"committed": options["commit"], "drafts": [draft.pk for draft in drafts]}
        self.stdout.write(json.dumps(told, ensure_ascii=False, indent=1) if options["json"] else _in_words(told))
        if plan.read.has_errors:
            raise CommandError("文件有须改正之处。", returncode=2)

    def _refuse(self, error: DomainError, problems: list[Any], *, as_json: bool) -> None:
        if as_json:
            told = {"refused": error.message, "remedy": error.remedy, "problems": _problems(problems)}
            self.stdout.write(json.dumps(told, ensure_ascii=False, indent=1))
        else:
            for problem in problems:
                self.stdout.write(f"{problem.address}：{problem.words}{problem.remedy}")


def _unit(code: str) -> Unit:
    if code:
        unit = Unit.objects.filter(code=code).first()
        if unit is None:
            raise CommandError(f"没有编码为 {code} 的单位。", returncode=2)
        return unit
    roots = list(Unit.objects.filter(parent__isnull=True, abolished_on__isnull=True)[:2])
    if len(roots) != 1:
        raise CommandError("请用 --unit 写明制定单位的编码。", returncode=2)
    return roots[0]


def _problems(problems: list[Any]) -> list[dict[str, Any]]:
    return [
        {"at": one.address, "severity": str(one.severity), "words": one.words, "remedy": one.remedy, "value": one.value}
        for one in problems
    ]


def _told(plan: Plan) -> dict[str, Any]:
    lists = [
        {
            "list": step.wanted.words,
            "act": step.act,
            "words": step.act_words,
            "categories": len(step.wanted.categories),
            "items": len(step.wanted.items),
            "declared_items": step.wanted.head.get("declared_item_count"),
            **step.counts,
        }
        for step in plan.steps
    ]
    return {"unit": plan.unit.code, "lists": lists, "problems": _problems(plan.read.problems)}


def _in_words(told: dict[str, Any]) -> str:
    lines = [
        f"{one['words']}：{one['list']}，{one['categories']} 类 {one['items']} 项"
        + (f"（来源写明 {one['declared_items']} 项）" if one["declared_items"] is not None else "")
        + f"；新增 {one['added']}，修改 {one['changed']}，删去 {one['removed']}"
        for one in told["lists"]
    ]
    lines += [f"{one['at']}：{one['words']}{one['remedy']}" for one in told["problems"]]
    lines.append("已导入为草稿。" if told["committed"] else "以上是预览，没有写入。加 --commit 导入。")
    return "\n".join(lines)

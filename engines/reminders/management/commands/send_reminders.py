"""Collects the reminders of a day and sends what is due, from the command line of the server."""

import json
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from common.words import cn_date
from engines.reminders.collect import Collected, collect
from engines.reminders.deliver import Delivered, deliver, due_deliveries
from engines.reminders.models import Audience
from engines.reminders.sources import sources


class Command(BaseCommand):
    help = "生成某一天的提醒并发送到期的；重复执行不会重复提醒。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--date", help="日期，如 2026-11-21；不写为今天")
        parser.add_argument("--dry-run", action="store_true", help="只说明会做什么，什么也不写、不发")
        parser.add_argument("--json", action="store_true", help="以 JSON 输出")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        try:
            day = date.fromisoformat(options["date"]) if options["date"] else timezone.localdate(now)
        except ValueError as error:
            raise CommandError(f"日期「{options['date']}」不对，应写成 2026-11-21。") from error
        collected = collect(day, now=now, dry_run=options["dry_run"])
        delivered = None if options["dry_run"] else deliver()
        if options["json"]:
            self.stdout.write(json.dumps(_as_json(collected, delivered), ensure_ascii=False))
            return
        for line in _told(collected, delivered):
            self.stdout.write(line)


def _as_json(collected: Collected, delivered: Delivered | None) -> dict[str, Any]:
    if delivered is not None:
        return {"collected": collected.as_json(), "delivered": delivered.as_json()}
    return {"collected": collected.as_json(), "would_deliver": due_deliveries(timezone.now()).count()}


def _told(collected: Collected, delivered: Delivered | None) -> list[str]:
    kind = "工作日" if collected.is_working else "非工作日，不产生新的提醒"
    lines = [f"{cn_date(collected.day)}（{kind}）"]
    if not collected.published:
        lines.append(f"{collected.day.year}年的节假日安排尚未导入，按周一至周五计算工作日。")
    for source in sources():
        made = collected.by_source.get(source.name, {})
        words = "、".join(f"{Audience(each).label} {number} 条" for each, number in sorted(made.items()))
        lines.append(f"{source.label}：{words or '没有新的提醒'}")
    will = "将" if delivered is None else "已"
    lines.append(
        f"应提醒 {collected.planned} 条，{will}新生成 {collected.new} 条，{will}排队发送 {collected.queued} 条。"
    )
    if collected.unreachable:
        lines.append(f"{collected.unreachable} 件事的责任人没有账号，只提醒其上级和承办部门。")
    if delivered is not None:
        lines.append(
            f"发送：成功 {delivered.sent}，稍后重试 {delivered.retried}，未送达 {delivered.failed}，"
            f"已办结不再发 {delivered.dropped}，可能重复 {delivered.doubled}。"
        )
    return lines

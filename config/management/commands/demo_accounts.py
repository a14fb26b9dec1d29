"""`manage.py demo_accounts [--json]`: the demo's accounts with role, unit and password."""

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from common.errors import DomainError
from config.demo import accounts


class Command(BaseCommand):
    help = "列出演示账号（每个角色一个）；演示环境之外拒绝。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="以 JSON 输出")

    def handle(self, **options: Any) -> None:
        try:
            found = accounts()
        except DomainError as error:
            raise CommandError(error.message) from error
        if not found:
            raise CommandError("还没有演示账号，请先启动演示：make demo。")
        if options["json"]:
            self.stdout.write(json.dumps([asdict(account) for account in found], ensure_ascii=False, indent=1))
            return
        for account in found:
            self.stdout.write(
                f"{account.username:<20} {account.password:<20} {account.role} · {account.unit} · {account.name}"
            )

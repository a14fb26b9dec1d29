"""Runs the whole product on this machine, with the demo city in it."""

import os
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.embedded import EmbeddedError
from config.prepare import NotPrepared
from config.supervisor import CannotStart, Supervisor, port_from


class Command(BaseCommand):
    help = "在本机启动全套演示：数据库、队列、后台任务、定时调度、网页。环境变量 PORT 改端口，LVZE_VAR 改数据文件夹。"
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.LVZE_DEMO:
            raise CommandError("演示只能在内置模式下运行，不能用于正式安装。")
        try:
            Supervisor(port=port_from(os.environ.get("PORT", "8000")), say=self._say).run()
        except (CannotStart, EmbeddedError, NotPrepared) as error:
            self.stderr.write(str(error))
            sys.exit(1)

    def _say(self, words: str) -> None:
        self.stdout.write(words)
        self.stdout.flush()

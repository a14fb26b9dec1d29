"""Makes an installation ready to serve; run after every update, on one machine."""

import sys
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from config.prepare import NotPrepared, prepare


class Command(BaseCommand):
    help = "更新数据库结构、页面文件和签章证书。可以重复运行。"
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            prepare(now=timezone.now(), say=self.stdout.write)
        except NotPrepared as error:
            self.stderr.write(str(error))
            sys.exit(1)
        self.stdout.write("已就绪。")

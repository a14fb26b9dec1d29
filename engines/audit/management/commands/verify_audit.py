"""manage.py verify_audit: re-walks the audit chains; exits with 1 and names the first broken link of each."""

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from engines.audit.verify import verify_chains


class Command(BaseCommand):
    help = "逐条核对审计链，指出第一处断裂"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="输出 JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        walk = verify_chains()
        if options["json"]:
            self.stdout.write(json.dumps({"whole": walk.whole, **asdict(walk)}, ensure_ascii=False))
        elif walk.whole:
            self.stdout.write(f"审计链完整：{walk.chains} 条链，{walk.entries} 条记录。")
        else:
            for found in walk.breaks:
                self.stdout.write(f"审计链断裂：{found.chain} 第 {found.seq} 条，{found.words}。")
        if not walk.whole:
            raise SystemExit(1)

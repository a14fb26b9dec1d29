"""`manage.py verify_letter FILE.pdf`: is this the letter that was sealed here?"""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from common.words import cn_moment
from responsibility.services.letter_check import ALTERED, UNKNOWN, VALID, FileCheck, check_file

EXIT = {VALID: 0, ALTERED: 1, UNKNOWN: 2}
CANNOT_READ = 3
LARGEST = 100 * 1024 * 1024


class Command(BaseCommand):
    help = "核验责任书文件：有效（退出码 0）、被改动（1）、不是本系统封存的（2）、读不出文件（3）。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="PDF 文件")
        parser.add_argument("--json", action="store_true", help="以 JSON 输出")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        try:
            if file.stat().st_size > LARGEST:
                raise OSError(f"文件超过 {LARGEST // 1024 // 1024} MB")
            data = file.read_bytes()
        except OSError as error:
            self._say(options["json"], {"verdict": "unreadable", "words": f"读不出文件「{file}」：{error}。"})
            raise SystemExit(CANNOT_READ) from error
        check = check_file(data)
        self._say(options["json"], _told(check))
        raise SystemExit(EXIT[check.kind])

    def _say(self, as_json: bool, told: dict[str, Any]) -> None:
        if as_json:
            self.stdout.write(json.dumps(told, ensure_ascii=False))
            return
        self.stdout.write(told["words"])
        for label, key in (("编号", "number"), ("标题", "title"), ("责任方", "recipient"), ("封存时间", "sealed_at")):
            if told.get(key):
                self.stdout.write(f"{label}：{told[key]}")
        if told.get("sha256"):
            self.stdout.write(f"SHA-256：{told['sha256']}")


def _told(check: FileCheck) -> dict[str, Any]:
    told: dict[str, Any] = {"verdict": str(check.kind), "words": check.words, "sha256": check.sha256}
    if (letter := check.letter) is not None:
        told |= {
            "number": letter.number,
            "title": letter.title,
            "recipient": letter.recipient_unit.name,
            "verify_code": letter.verify_code,
            "sealed_at": cn_moment(timezone.localtime(letter.sealed_at)) if letter.sealed_at else "",
        }
    return told

"""`manage.py load_demo`: brings the demo city to its full state, or completes a load that was stopped."""

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from common.errors import DomainError
from config.demo import load_demo


class Command(BaseCommand):
    help = "装入演示城市（虚构）；已装好的不变，中断的接着装完。"

    def handle(self, **options: object) -> None:
        from django.conf import settings

        if not settings.LVZE_DEMO:
            raise CommandError("只有演示环境才能装入演示城市。")
        try:
            load_demo(now=timezone.now(), say=self.stdout.write)
        except DomainError as error:
            raise CommandError(error.message) from error

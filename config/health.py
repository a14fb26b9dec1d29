"""`/healthz`: names each part of the product and says whether it is well, without names, versions or addresses."""

import logging
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from common.access import PUBLIC, audience
from config.celery import app
from engines.documents import certificate, fonts
from engines.jobs.models import Heartbeat

log = logging.getLogger(__name__)
SILENCE = timedelta(seconds=60)  # a worker beats every 10 s, the scheduler every 5 s
CLOCK_TOLERANCE = timedelta(seconds=5)
FREE_BYTES = 512 * 1024 * 1024
BROKER_SECONDS = 1
State = tuple[bool, str]


def database(now: datetime) -> State:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return cursor.fetchone() == (1,), "数据库正常。"


def queue(now: datetime) -> State:
    with app.connection_for_write() as broker:
        broker.ensure_connection(max_retries=1, interval_start=0, timeout=BROKER_SECONDS)
    return True, "任务队列正常。"


def worker(now: datetime) -> State:
    return _beats("worker:", "后台任务进程", now)


def scheduler(now: datetime) -> State:
    return _beats("scheduler", "定时调度", now)


def _beats(prefix: str, what: str, now: datetime) -> State:
    alive = Heartbeat.objects.filter(name__startswith=prefix, at__gte=now - SILENCE).exists()
    return (True, f"{what}正常。") if alive else (False, f"{what}超过 {SILENCE.seconds} 秒没有消息。")


def seal_certificate(now: datetime) -> State:
    return certificate.certificate_state(now)


def typefaces(now: datetime) -> State:
    return fonts.fonts_state()


def clock(now: datetime) -> State:
    """Signatures and deadlines carry this clock; two machines that differ would sign in the future."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        apart = abs(cursor.fetchone()[0] - timezone.now())
    if apart > CLOCK_TOLERANCE:
        return False, f"应用与数据库的时钟相差 {apart.total_seconds():.0f} 秒，请校时。"
    return True, "时钟一致。"


def disk(now: datetime) -> State:
    settings.VAR.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(settings.VAR).free < FREE_BYTES:
        return False, "数据文件夹所在磁盘的剩余空间不足 512 MB。"
    return True, "磁盘空间足够。"


PARTS: dict[str, tuple[Callable[[datetime], State], str]] = {
    "database": (database, "数据库没有应答。"),
    "queue": (queue, "任务队列没有应答，页面照常可用，后台任务稍后补做。"),
    "worker": (worker, "后台任务进程的状态读不到。"),
    "scheduler": (scheduler, "定时调度的状态读不到。"),
    "certificate": (seal_certificate, "签章证书读不到。"),
    "fonts": (typefaces, "文书字体读不到。"),
    "clock": (clock, "时钟无法核对。"),
    "disk": (disk, "数据文件夹无法使用。"),
}


def state_of_parts(now: datetime) -> dict[str, dict[str, bool | str]]:
    """Each part with `ok` and one sentence; what exactly went wrong goes to the log only."""
    found: dict[str, dict[str, bool | str]] = {}
    for name, (look, failure) in PARTS.items():
        try:
            ok, words = look(now)
        except Exception:  # noqa: BLE001 whatever a part raises, the answer is that it is not well
            log.warning("part %s is not well", name, exc_info=True)
            ok, words = False, failure
        found[name] = {"ok": ok, "words": words}
    return found


@audience(PUBLIC)
@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    parts = state_of_parts(request.now)  # type: ignore[attr-defined]
    ok = all(part["ok"] for part in parts.values())
    return JsonResponse(
        {"ok": ok, "parts": parts}, status=200 if ok else 503, json_dumps_params={"ensure_ascii": False, "indent": 1}
    )

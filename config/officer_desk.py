"""What the three officers find on their front page: accounts, grants, the trail; no business data."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import Count, Max, Q, Sum
from django.urls import reverse
from django.utils import timezone

from common.words import cn_date, cn_moment, due
from config.desk import EXPIRING, Todo
from engines.audit.models import AuditEntry, ChainHead
from engines.jobs.models import UNFINISHED, Heartbeat, Job, JobState
from organization.enums import Office
from organization.models import Grant, User

Strip = list[tuple[str, str, str, str]]


@dataclass(frozen=True)
class OfficerDesk:
    """Numbers on top, what needs the officer, and what he does here."""

    strip: Strip
    todo: list[Todo]
    acts: list[tuple[str, str, str]]  # (word, address, what it is for)


def officer_desk(user: User, *, now: datetime) -> OfficerDesk:
    today = timezone.localdate(now)
    if user.office == Office.SYSTEM:
        return _system(now, today)
    return _security(now, today) if user.office == Office.SECURITY else _audit(now)


def _system(now: datetime, today: date) -> OfficerDesk:
    accounts = User.objects.aggregate(
        all=Count("pk"),
        closed=Count("pk", filter=Q(is_active=False)),
        fresh=Count("pk", filter=Q(is_active=True, must_change_password=True)),
    )
    jobs = Job.objects.aggregate(
        waiting=Count("pk", filter=Q(state__in=UNFINISHED)),
        failed=Count("pk", filter=Q(state=JobState.FAILED, finished_at__gte=now - timedelta(days=14))),
    )
    seen = Heartbeat.objects.aggregate(n=Count("pk"), last=Max("at"))
    heard = f"最近一次 {cn_moment(seen['last'])}" if seen["last"] else "还没有收到"
    strip = [
        ("账号", f"{accounts['all']} 个", f"其中停用 {accounts['closed']} 个", reverse("account_list")),
        ("首次登录未完成", f"{accounts['fresh']} 个", f"{accounts['all']} 个中尚未改初始密码", reverse("account_list")),
        ("后台任务", f"{jobs['waiting']} 项", f"近 14 天未完成 {jobs['failed']} 项", reverse("job_list")),
        ("后台部件", f"{seen['n']} 个", heard, "/healthz"),
    ]
    failed = Job.objects.filter(state=JobState.FAILED, finished_at__gte=now - timedelta(days=14)).order_by("-id")[:10]
    todo = [
        Todo(
            due(None, today=today),
            None,
            job.label,
            f"后台任务未完成 · {job.error}",
            "查看并重试",
            reverse("job_show", args=[job.pk]),
        )
        for job in failed
    ]
    acts = [
        ("建立账号", reverse("account_create"), "为任职人员开通账号，初始密码只显示一次"),
        ("查看账号", reverse("account_list"), "重置密码、停用和启用"),
        ("查看后台任务", reverse("job_list"), "导入、下达、封存的进度和失败原因"),
    ]
    return OfficerDesk(strip, todo, acts)


def _security(now: datetime, today: date) -> OfficerDesk:
    running = Grant.objects.filter(started_on__lte=today).filter(Q(ended_on__isnull=True) | Q(ended_on__gt=today))
    ending = running.filter(ended_on__lte=today + EXPIRING).select_related("user__person", "unit").order_by("ended_on")
    counted = running.aggregate(all=Count("pk"), open=Count("pk", filter=Q(ended_on__isnull=True)))
    limit = settings.AXES_FAILURE_LIMIT
    locked = AccessAttempt.objects.filter(failures_since_start__gte=limit, attempt_time__gte=now - timedelta(days=1))
    soon = list(ending[:10])
    strip = [
        ("有效授权", f"{counted['all']} 项", f"其中未定截止日期 {counted['open']} 项", reverse("grant_list")),
        ("即将到期", f"{len(soon)} 项", f"{counted['all']} 项中 14 天内到期", reverse("grant_list")),
        (
            "登录锁定",
            f"{locked.count()} 个",
            f"近一天内连续输错 {limit} 次",
            reverse("admin:axes_accessattempt_changelist"),
        ),
    ]
    todo = [
        Todo(
            due(grant.ended_on, today=today),
            grant.ended_on,
            f"{grant.user}：{grant.get_role_display()}（{grant.unit.name}及以下）",
            f"授权到期 · 自{cn_date(grant.started_on)}，理由：{grant.reason}",
            "查看授权",
            reverse("grant_list"),
        )
        for grant in soon
    ]
    acts = [
        ("办理授权", reverse("grant_give"), "授予角色，须写明范围、期限和理由"),
        ("查看授权", reverse("grant_list"), "到期、收回和经过"),
    ]
    return OfficerDesk(strip, todo, acts)


def _audit(now: datetime) -> OfficerDesk:
    """The size of the trail comes from the heads of its chains; walking the chains is an act of its own."""
    heads = ChainHead.objects.aggregate(chains=Count("pk"), entries=Sum("seq"))
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    today = AuditEntry.objects.filter(at__gte=midnight).count()
    week = AuditEntry.objects.filter(at__gte=midnight - timedelta(days=6)).count()
    last = AuditEntry.objects.order_by("-id").first()
    strip = [
        ("审计记录", f"{heads['entries'] or 0:,} 条", f"分 {heads['chains']} 条校验链", reverse("audit_list")),
        ("今天", f"{today:,} 条", f"近 7 天 {week:,} 条", reverse("audit_list")),
        (
            "最近一条",
            cn_moment(last.at) if last else "—",
            f"{last.actor_name}" if last else "还没有记录",
            reverse("audit_list"),
        ),
    ]
    acts = [
        ("核对审计链", reverse("audit_list"), "在审计页上按「核对审计链」，逐条核对，指出第一处断裂"),
        ("查看审计记录", reverse("audit_list"), "按动作、人员、对象和日期查找"),
    ]
    return OfficerDesk(strip, [], acts)

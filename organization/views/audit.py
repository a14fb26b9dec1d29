"""The audit trail: searchable for those who may read it, and re-walked on request."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from common.access import audience
from common.table import FACT, KEEP, SECOND, TITLE, Column, Empty, Filter, Table
from common.words import action_words, cn_moment, named_actions
from engines.audit.models import AuditEntry
from engines.audit.record import record
from engines.jobs.models import Job
from engines.jobs.queue import enqueue
from organization.audit_check import KIND
from organization.queries.audit import entries_visible_to
from organization.views.parts import Asked, actor, exported

SPANS = [("1", "今天"), ("7", "近 7 天"), ("30", "近 30 天"), ("365", "近一年")]


def within(rows: QuerySet[AuditEntry], values: list[str], now: datetime) -> QuerySet[AuditEntry]:
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    return rows.filter(at__gte=midnight - timedelta(days=max(int(value) for value in values) - 1))


class AuditTable(Table):
    id, label, measure = "audit", "审计记录", "条"
    columns = (
        Column("target", "对象", rank=TITLE, value="target_title"),
        Column("action", "动作", rank=KEEP, value=lambda entry: action_words(entry.action)),
        Column("actor", "办理人", rank=FACT, value="actor_name"),
        Column("at", "时间", rank=FACT, sort="at", value="at"),
        Column("reason", "理由", rank=SECOND, value="reason"),
        Column("request_id", "请求号", rank=SECOND, shown=False, value="request_id"),
    )
    order = "-at"
    hint = "对象名称开头或办理人姓名"
    export = "audit_export"
    empty = Empty("还没有审计记录", "每一次办理都会在这里留下一条，任何人都不能改动。")

    def __init__(self, request: Asked) -> None:
        now = request.now
        self.filters = (
            Filter("action", "动作", lambda: sorted(named_actions().items()), lookup="action__in"),
            Filter("span", "时间", SPANS, apply=lambda rows, values: within(rows, values, now)),
        )
        super().__init__(request, entries_visible_to(actor(request)))

    @staticmethod
    def search(rows: QuerySet[AuditEntry], text: str) -> QuerySet[AuditEntry]:
        return rows.filter(target_title__contains=text) | rows.filter(actor_name__startswith=text)


@audience("audit.view")
def audit_list(request: Asked) -> HttpResponse:
    checks = Job.objects.filter(kind=KIND).order_by("-id")
    said = {"table": AuditTable(request), "check": checks.first(), "may_check": _may_check(request)}
    return render(request, "organization/audit_list.html", said)


@audience("audit.view")
def audit_export(request: Asked) -> HttpResponse:
    """Taking entries out is itself an act that leaves an entry."""
    user = actor(request)
    record("audit.export", user, actor=user, now=request.now, after={"conditions": request.GET.urlencode()[:500]})
    return exported(request, AuditTable(request), "审计记录")


@audience("audit.view")
def audit_show(request: Asked, pk: int) -> HttpResponse:
    entry = get_object_or_404(entries_visible_to(actor(request)), pk=pk)
    names = sorted(entry.before.keys() | entry.after.keys())
    changes = [(name, _said(entry.before.get(name)), _said(entry.after.get(name))) for name in names]
    said = {
        "entry": entry,
        "title": f"{entry.actor_name}{action_words(entry.action)}",
        "facts": [
            ("对象", entry.target_title),
            ("时间", cn_moment(entry.at)),
            ("办理人", entry.actor_name),
            ("理由", entry.reason or "未写"),
            ("请求号", entry.request_id or "无（在服务器上执行）"),
            ("链与序号", f"{entry.chain} 第 {entry.seq} 条"),
            ("校验值", entry.hash, True),
        ],
        "columns": ["项目", "办理前", "办理后"],
        "changes": changes,
    }
    return render(request, "organization/audit_show.html", said)


@require_POST
@audience("audit.view")
def audit_verify(request: Asked) -> HttpResponse:
    """Re-walks all chains in the background; the result stands on the list's page."""
    if not _may_check(request):
        messages.error(request, "只有安全审计员可以核对审计链。")
        return redirect("audit_list")
    job = enqueue(KIND, {}, now=request.now, by=actor(request), label="核对审计链", key="all")
    return redirect(reverse("job_show", args=[job.pk]))


def _may_check(request: Asked) -> bool:
    return actor(request).office == "audit"


def _said(value: Any) -> str:
    if value is None or value == "":
        return "（空）"
    return "是" if value is True else "否" if value is False else str(value)

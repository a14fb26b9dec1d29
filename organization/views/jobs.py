"""Background jobs: one's own, all of them for the system officer, and the bar that refreshes itself."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from common.access import SIGNED_IN, audience
from common.table import FACT, KEEP, SECOND, TITLE, Column, Empty, Filter, Table
from common.words import cn_moment, count_of
from engines.jobs import queue
from engines.jobs.models import Job, JobState
from organization.views.parts import Asked, actor

TONES = {JobState.QUEUED: "none", JobState.RUNNING: "act", JobState.DONE: "done", JobState.FAILED: "bad"}


class JobTable(Table):
    id, label, measure = "jobs", "后台任务", "项"
    columns = (
        Column("label", "任务", rank=TITLE),
        Column("state", "状态", rank=KEEP),
        Column("progress", "进度", rank=FACT),
        Column("by", "发起人", rank=SECOND),
        Column("created_at", "发起时间", rank=FACT, sort="created_at"),
        Column("finished_at", "结束时间", rank=SECOND),
    )
    filters = (Filter("state", "状态", JobState.choices, lookup="state__in"),)
    order = "-created_at"
    empty = Empty("没有后台任务", "批量下达、导入、封存等较久的办理会在这里显示进度。")

    def __init__(self, request: Asked) -> None:
        super().__init__(request, jobs_seen(request).select_related("requested_by__person"))

    @property
    def rows(self) -> list[Any]:
        for job in self.window.rows:
            job.tone = TONES[JobState(job.state)]
        return self.window.rows


def jobs_seen(request: Asked) -> QuerySet[Job]:
    """One's own jobs; the system officer sees all of them (their names, never their content)."""
    user = actor(request)
    return Job.objects.all() if user.may_somewhere("job.view") else Job.objects.filter(requested_by=user)


@audience(SIGNED_IN)
def job_list(request: Asked) -> HttpResponse:
    return render(request, "organization/job_list.html", {"table": JobTable(request)})


@audience(SIGNED_IN)
def job_show(request: Asked, pk: int) -> HttpResponse:
    """The page of one job; to htmx only its bar."""
    job = get_object_or_404(jobs_seen(request).select_related("requested_by__person"), pk=pk)
    said: dict[str, Any] = {"job": job, "tone": TONES[JobState(job.state)], "url": reverse("job_show", args=[pk])}
    said["facts"] = [
        ("发起人", str(job.requested_by or "系统")),
        ("发起时间", cn_moment(job.created_at)),
        ("结束时间", cn_moment(job.finished_at) or "尚未结束"),
        ("尝试次数", count_of(job.attempts, "次")),
    ]
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "organization/_job.html", said)
    return render(request, "organization/job_show.html", said)


@require_POST
@audience(SIGNED_IN)
def job_retry(request: Asked, pk: int) -> HttpResponse:
    job = get_object_or_404(jobs_seen(request), pk=pk)
    queue.retry(job, now=request.now)
    messages.success(request, "已重新排队，从上次停下的地方继续。")
    return redirect("job_show", pk)

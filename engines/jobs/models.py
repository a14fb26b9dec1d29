"""Work for the background. The row is the truth; the broker only wakes workers."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class JobState(models.TextChoices):
    QUEUED = "queued", "排队"
    RUNNING = "running", "办理中"
    DONE = "done", "已完成"
    FAILED = "failed", "未完成"


UNFINISHED = (JobState.QUEUED, JobState.RUNNING)


class Job(models.Model):
    """One piece of work: what, for whom, how far, and why it failed."""

    kind = models.CharField("类别", max_length=64)
    label = models.CharField("名称", max_length=200)
    key = models.CharField("唯一键", max_length=200, blank=True)
    payload = models.JSONField("参数", default=dict)
    state = models.CharField("状态", max_length=16, choices=JobState, default=JobState.QUEUED)
    done = models.PositiveIntegerField("已完成", default=0)
    total = models.PositiveIntegerField("总数", default=0)
    words = models.CharField("进度说明", max_length=300, blank=True)
    result = models.JSONField("结果", default=dict, blank=True)
    error = models.TextField("失败原因", blank=True)
    attempts = models.PositiveSmallIntegerField("尝试次数", default=0)
    max_attempts = models.PositiveSmallIntegerField("最多尝试", default=5)
    not_before = models.DateTimeField("最早开始")
    lease_token = models.CharField("租约", max_length=32, blank=True)
    lease_until = models.DateTimeField("租约到期", null=True, blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="发起人"
    )
    created_at = models.DateTimeField("发起时间")
    started_at = models.DateTimeField("开始时间", null=True, blank=True)
    finished_at = models.DateTimeField("结束时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "后台任务"
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "key"],
                condition=Q(state__in=["queued", "running"]) & ~Q(key=""),
                name="job_once_while_unfinished",
            ),
            models.CheckConstraint(
                condition=Q(state="running", lease_until__isnull=False)
                | (~Q(state="running") & Q(lease_until__isnull=True)),
                name="job_leased_iff_running",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["done", "failed"], finished_at__isnull=False)
                | Q(state__in=["queued", "running"], finished_at__isnull=True),
                name="job_finished_iff_ended",
            ),
            models.CheckConstraint(condition=Q(total=0) | Q(done__lte=models.F("total")), name="job_done_within_total"),
        ]
        indexes = [
            models.Index(fields=["not_before"], condition=Q(state="queued"), name="job_queue"),
            models.Index(fields=["lease_until"], condition=Q(state="running"), name="job_leases"),
            models.Index(fields=["requested_by", "-id"], name="job_requested_by"),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def is_unfinished(self) -> bool:
        return self.state in UNFINISHED


class Heartbeat(models.Model):
    """When a worker or the scheduler was last seen alive."""

    name = models.CharField("部件", max_length=64, primary_key=True)
    at = models.DateTimeField("最近一次")

    class Meta:
        verbose_name = verbose_name_plural = "心跳"

    def __str__(self) -> str:
        return self.name

"""An import's life, what it would do, and what it did."""

import json
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

USER = settings.AUTH_USER_MODEL


class RunState(models.TextChoices):
    UPLOADED = "uploaded", "正在核对"
    PREVIEWED = "previewed", "待提交"
    REFUSED = "refused", "未能读取"
    COMMITTED = "committed", "已导入"
    UNDONE = "undone", "已撤回"
    ABANDONED = "abandoned", "已放弃"


class ImportRun(models.Model):
    """One uploaded workbook on its way. Nothing is written to the business tables before `committed`."""

    kind = models.CharField("类别", max_length=64)
    label = models.CharField("名称", max_length=100)
    file = models.ForeignKey("documents.StoredFile", models.PROTECT, related_name="+", verbose_name="文件")
    file_name = models.CharField("文件名", max_length=255)
    state = models.CharField("状态", max_length=16, choices=RunState, default=RunState.UPLOADED)
    row_count = models.PositiveIntegerField("行数", default=0)
    counts = models.JSONField("将会", default=dict, blank=True)
    error_total = models.PositiveIntegerField("须改正", default=0)
    check_total = models.PositiveIntegerField("请核对", default=0)
    bad_total = models.PositiveIntegerField("须改正的行", default=0)
    broken = models.JSONField("未能读取的表", default=list, blank=True)
    fingerprint = models.CharField("预览校验值", max_length=64, blank=True)
    skipped_bad = models.BooleanField("跳过须改正的行", default=False)
    refusal = models.CharField("未能读取的原因", max_length=500, blank=True)
    remedy = models.CharField("怎样改", max_length=500, blank=True)
    job = models.ForeignKey(
        "jobs.Job", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="后台任务"
    )
    requested_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+", verbose_name="上传人")
    created_at = models.DateTimeField("上传时间")
    previewed_at = models.DateTimeField("核对时间", null=True, blank=True)
    committed_at = models.DateTimeField("导入时间", null=True, blank=True)
    committed_by = models.ForeignKey(
        USER, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="导入人"
    )
    undone_at = models.DateTimeField("撤回时间", null=True, blank=True)
    undone_by = models.ForeignKey(USER, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="撤回人")
    ended_at = models.DateTimeField("放弃时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "导入"
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["committed", "undone"], committed_at__isnull=False)
                | (~Q(state__in=["committed", "undone"]) & Q(committed_at__isnull=True)),
                name="import_committed_iff_committed_at",
                violation_error_message="已导入的必须有导入时间，未导入的不得有。",
            ),
            models.CheckConstraint(
                condition=Q(state="undone", undone_at__isnull=False) | (~Q(state="undone") & Q(undone_at__isnull=True)),
                name="import_undone_iff_undone_at",
                violation_error_message="已撤回的必须有撤回时间，未撤回的不得有。",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["previewed", "committed", "undone"])
                | (Q(previewed_at__isnull=False) & ~Q(fingerprint="")),
                name="import_previewed_before_commit",
                violation_error_message="没有核对过的表格不能导入。",
            ),
            models.CheckConstraint(
                condition=Q(state="refused") & ~Q(refusal="") | ~Q(state="refused") & Q(refusal=""),
                name="import_refused_iff_refusal",
                violation_error_message="未能读取的必须写明原因。",
            ),
            models.CheckConstraint(
                condition=Q(state="abandoned", ended_at__isnull=False)
                | (~Q(state="abandoned") & Q(ended_at__isnull=True)),
                name="import_abandoned_iff_ended_at",
                violation_error_message="已放弃的必须有放弃时间。",
            ),
        ]
        indexes = [models.Index(fields=["kind", "-id"], name="import_by_kind")]

    def __str__(self) -> str:
        return f"{self.label}：{self.file_name}"

    @property
    def has_problems(self) -> bool:
        return self.error_total + self.check_total > 0

    @property
    def totals(self) -> dict[str, int]:
        """create, change, end, same, bad and rows over all sheets."""
        sums: dict[str, int] = {}
        for sheet in self.counts.values():
            for name, number in sheet.items():
                sums[name] = sums.get(name, 0) + number
        return sums

    @property
    def change_total(self) -> int:
        """How many objects committing would touch."""
        return sum(number for name, number in self.totals.items() if name in ("create", "change", "end"))


class ImportPage(models.Model):
    """Up to 200 lines of a preview, in order: acts of one sheet and sort, problems, or one excerpt. Kept as JSON text."""

    class Content(models.TextChoices):
        ACTS = "acts", "将会"
        PROBLEMS = "problems", "问题"
        EXCERPT = "excerpt", "节选"

    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="pages", verbose_name="导入")
    content = models.CharField("内容", max_length=16, choices=Content)
    sheet = models.CharField("工作表", max_length=100, blank=True)
    does = models.CharField("动作", max_length=16, blank=True)
    number = models.PositiveIntegerField("页")
    text = models.TextField("各行")

    class Meta:
        verbose_name = verbose_name_plural = "导入预览页"
        constraints = [
            models.UniqueConstraint(fields=["run", "content", "sheet", "does", "number"], name="import_page_once")
        ]

    def __str__(self) -> str:
        return f"{self.run_id} {self.content} {self.number}"

    @property
    def lines(self) -> list[dict[str, Any]]:
        lines: list[dict[str, Any]] = json.loads(self.text)
        return lines


class ImportChange(models.Model):
    """What committing did to one object, by which it can be undone."""

    class Act(models.TextChoices):
        CREATED = "created", "新增"
        CHANGED = "changed", "变更"
        ENDED = "ended", "终止"

    run = models.ForeignKey(ImportRun, models.PROTECT, related_name="changes", verbose_name="导入")
    order = models.PositiveIntegerField("次序")
    act = models.CharField("动作", max_length=16, choices=Act)
    model = models.CharField("对象类别", max_length=100)
    object_id = models.BigIntegerField("对象编号")
    title = models.CharField("对象", max_length=300)
    before = models.JSONField("原值", default=dict, blank=True)
    after = models.JSONField("新值", default=dict, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "导入的变动"
        constraints = [models.UniqueConstraint(fields=["run", "order"], name="import_change_order")]
        indexes = [models.Index(fields=["model", "object_id"], name="import_change_object")]

    def __str__(self) -> str:
        return f"{self.get_act_display()} {self.title}"

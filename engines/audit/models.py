"""What was done, by whom, to what: entries that nobody can change, chained by hash."""

from django.conf import settings
from django.db import models


class ChainHead(models.Model):
    """The end of one chain. Locked while an entry is appended; also shows that the last entries were not cut off."""

    chain = models.CharField("链", max_length=64, primary_key=True)
    seq = models.PositiveBigIntegerField("末条序号", default=0)
    hash = models.CharField("末条校验值", max_length=64, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "审计链"

    def __str__(self) -> str:
        return f"{self.chain} #{self.seq}"


class AuditEntry(models.Model):
    """One act. Names and titles are kept as text, so that the entry outlives what it speaks of.

    A database trigger refuses UPDATE, DELETE and TRUNCATE (migration 0002); `verify` re-walks the chains.
    """

    chain = models.CharField("链", max_length=64)
    seq = models.PositiveBigIntegerField("序号")
    at = models.DateTimeField("时间")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="办理人"
    )
    actor_name = models.CharField("办理人姓名", max_length=200)
    action = models.CharField("动作", max_length=64)
    target_type = models.CharField("对象类别", max_length=64)
    target_id = models.CharField("对象编号", max_length=64)
    target_title = models.CharField("对象名称", max_length=300)
    unit_path = models.CharField("单位路径", max_length=500, blank=True, db_collation="C")
    before = models.JSONField("办理前", default=dict, blank=True)
    after = models.JSONField("办理后", default=dict, blank=True)
    reason = models.TextField("理由", blank=True)
    request_id = models.CharField("请求号", max_length=32, blank=True)
    previous_hash = models.CharField("上一条校验值", max_length=64, blank=True)
    hash = models.CharField("校验值", max_length=64)

    class Meta:
        verbose_name = verbose_name_plural = "审计记录"
        constraints = [
            models.UniqueConstraint(fields=["chain", "seq"], name="audit_seq_once_per_chain"),
            models.CheckConstraint(condition=models.Q(seq__gte=1), name="audit_seq_from_one"),
        ]
        indexes = [
            models.Index(fields=["target_type", "target_id", "-id"], name="audit_target"),
            models.Index(fields=["-at", "-id"], name="audit_at"),
            models.Index(fields=["actor", "-id"], name="audit_actor"),
            models.Index(fields=["action", "-id"], name="audit_action"),
        ]

    def __str__(self) -> str:
        return f"{self.actor_name} {self.action} {self.target_title}"

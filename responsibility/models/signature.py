"""Who signs a letter in which stage, what each has signed, and the wrong passwords typed while signing."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from responsibility.enums import SignatureState, SigningSide
from responsibility.models.letter import Letter


class SigningStage(models.Model):
    """One stage of one version of a letter: all of a stage sign before the next one opens."""

    letter = models.ForeignKey(Letter, models.PROTECT, related_name="stages", verbose_name="责任书")
    version = models.PositiveSmallIntegerField("文本版本")
    order = models.PositiveSmallIntegerField("次序")
    label = models.CharField("环节", max_length=20)

    class Meta:
        verbose_name = verbose_name_plural = "签署环节"
        ordering = ["letter", "version", "order"]
        constraints = [models.UniqueConstraint(fields=["letter", "version", "order"], name="signing_stage_order_once")]

    def __str__(self) -> str:
        return self.label


class Signature(models.Model):
    """The place of one post under one version of a letter, and what its holder has put there.

    Unit name, post and person are kept as text as they stood when the letter was sent. Where all in `signed_*` is
    filled the person has signed exactly the text with `text_sha256`.
    """

    letter = models.ForeignKey(Letter, models.PROTECT, related_name="signatures", verbose_name="责任书")
    stage = models.ForeignKey(SigningStage, models.PROTECT, related_name="signatures", verbose_name="环节")
    version = models.PositiveSmallIntegerField("文本版本")
    stage_order = models.PositiveSmallIntegerField("环节次序")
    order = models.PositiveSmallIntegerField("次序")
    side = models.CharField("签署方", max_length=12, choices=SigningSide)
    post = models.ForeignKey("organization.Post", models.PROTECT, related_name="signatures", verbose_name="职务")
    person = models.ForeignKey("organization.Person", models.PROTECT, related_name="signatures", verbose_name="签署人")
    person_name = models.CharField("姓名", max_length=60)
    post_title = models.CharField("职务名称", max_length=120)
    unit_name = models.CharField("单位", max_length=160)

    state = models.CharField("状态", max_length=12, choices=SignatureState, default=SignatureState.WAITING)
    image = models.ForeignKey(
        "documents.StoredFile", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="手写签名"
    )
    typed_name = models.CharField("键入姓名", max_length=60, blank=True)
    confirmed_read = models.BooleanField("本人已阅读", default=False)
    signed_at = models.DateTimeField("签署时间", null=True, blank=True)
    signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="签署账号"
    )
    text_sha256 = models.CharField("所签文本校验值", max_length=64, blank=True)
    ip = models.GenericIPAddressField("来源地址", null=True, blank=True)
    session_hash = models.CharField("会话校验值", max_length=64, blank=True)
    reason = models.TextField("退回理由", blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "签名"
        ordering = ["letter", "version", "stage_order", "order"]
        constraints = [
            models.UniqueConstraint(fields=["letter", "version", "post"], name="signature_once_per_post"),
            models.UniqueConstraint(
                fields=["letter", "version", "person"],
                name="signature_once_per_person",
                violation_error_message="同一人在一份责任书中只签署一次。",
            ),
            # A void signature was given or not; a waiting or returned one was not; a signed one is complete.
            models.CheckConstraint(
                condition=Q(
                    state=SignatureState.SIGNED,
                    signed_at__isnull=False,
                    signed_by__isnull=False,
                    confirmed_read=True,
                )
                & ~Q(text_sha256="")
                | Q(state=SignatureState.VOID)
                | Q(
                    state__in=[SignatureState.WAITING, SignatureState.RETURNED],
                    signed_at__isnull=True,
                    text_sha256="",
                ),
                name="signature_signed_iff_signed_at",
                violation_error_message="已签署的须有签署时间、账号、阅读确认和所签文本。",
            ),
            models.CheckConstraint(
                condition=Q(signed_at__isnull=True, image__isnull=True, typed_name="")
                | (Q(signed_at__isnull=False) & (Q(image__isnull=False) | ~Q(typed_name=""))),
                name="signature_drawn_or_typed_iff_signed",
                violation_error_message="签署须有手写签名或键入的姓名。",
            ),
            models.CheckConstraint(
                condition=(Q(state=SignatureState.RETURNED) & ~Q(reason=""))
                | (~Q(state=SignatureState.RETURNED) & Q(reason="")),
                name="signature_returned_iff_reason",
                violation_error_message="退回须写明理由。",
            ),
        ]
        indexes = [
            models.Index(fields=["person", "letter"], name="signature_person"),
            models.Index(fields=["person"], condition=Q(state="waiting"), name="signature_waiting"),
            models.Index(fields=["person", "signed_at"], condition=Q(state="signed"), name="signature_signed"),
        ]

    def __str__(self) -> str:
        return f"{self.person_name}（{self.post_title}，{self.unit_name}）"

    @property
    def is_signed(self) -> bool:
        return self.state == SignatureState.SIGNED

    @property
    def how(self) -> str:
        """In words, how it was signed; "" before."""
        if self.signed_at is None:
            return ""
        return "本人登录后手写" if self.image_id else "本人登录后键入姓名"


class SigningTrial(models.Model):
    """Wrong passwords typed while signing, per account; a right one clears them."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name="账号")
    failures = models.PositiveSmallIntegerField("连续错误", default=0)
    failed_at = models.DateTimeField("最近一次错误")
    locked_until = models.DateTimeField("锁定至", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "签署密码错误"

    def __str__(self) -> str:
        return f"{self.user} {self.failures}"

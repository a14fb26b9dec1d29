"""The letter of responsibility between two posts, its clauses, its frozen texts and its number series."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models import Exists, F, Q
from django.utils import timezone

from organization.access import ScopedQuerySet, beneath, pk_among, prefixes
from organization.enums import Office
from organization.models import Loan, User
from responsibility.enums import CLOSED_LETTERS, LetterKind, LetterState


class LetterTemplate(models.Model):
    """The standard text of one kind of letter; the newest version of the year, else of no year, is used for new drafts."""

    kind = models.CharField("层级", max_length=20, choices=LetterKind)
    year = models.PositiveSmallIntegerField("年度", null=True, blank=True, help_text="留空表示各年度通用")
    version = models.PositiveSmallIntegerField("版本", default=1)
    title = models.CharField("标题", max_length=120)
    # [{"key": "goal", "heading": "责任目标", "paragraphs": ["…{责任方}…"]}]
    sections = models.JSONField("各部分")
    edited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="修订人"
    )
    edited_at = models.DateTimeField("修订时间")

    class Meta:
        verbose_name = verbose_name_plural = "责任书范本"
        ordering = ["kind", F("year").desc(nulls_last=True), "-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "year", "version"],
                name="letter_template_version_once",
                nulls_distinct=False,
                violation_error_message="这个层级、年度的同一版本已存在。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}责任书范本第{self.version}版"


class LetterSeries(models.Model):
    """发文字号: the prefix of one issuing unit in one year and the last number given out."""

    unit = models.ForeignKey("organization.Unit", models.PROTECT, related_name="letter_series", verbose_name="下达单位")
    year = models.PositiveSmallIntegerField("年度")
    prefix = models.CharField("代字", max_length=20)
    last = models.PositiveIntegerField("已用到", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "责任书编号"
        constraints = [
            models.UniqueConstraint(fields=["unit", "year"], name="letter_series_once_per_unit_and_year"),
            models.UniqueConstraint(
                fields=["prefix", "year"],
                name="letter_series_prefix_once_per_year",
                violation_error_message="这个代字本年度已由其他单位使用。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.prefix}〔{self.year}〕"


class LetterQuerySet(ScopedQuerySet["Letter"]):
    scope_path = "unit_path"
    lent_through = "responsibility.LetterPermission"

    def also_visible(self, user: Any, action: str) -> Iterable[Any]:
        """Besides what is lent, the letters the person signs or has signed, in whatever unit they lie."""
        if action != "letter.view":
            return
        loans = LetterPermission.objects.running(timezone.localdate()).filter(user_id=user.pk)
        mine = apps.get_model("responsibility", "Signature")._default_manager.filter(person_id=user.person_id)
        for path in prefixes(user, action):
            mine = mine.exclude(beneath("letter__unit_path", path))
        # For most nothing lies outside their scope: then the plan stays a plain range of one index.
        account = User.objects.filter(pk=user.pk, office=Office.BUSINESS)
        has = account.values_list(Exists(loans), Exists(mine)).first()
        lent, signs = has or (False, False)
        if lent:
            yield pk_among(loans.values("content_object_id"))
        if signs:
            yield pk_among(mine.order_by().values("letter_id"))

    def open(self) -> LetterQuerySet:
        """Letters that still wait for somebody."""
        return self.exclude(state__in=CLOSED_LETTERS)


class Letter(models.Model):
    """责任书 between the holders of two posts. Everything until it is sent for signing is a draft.

    `unit_path` is the recipient's. `stage` is the order of the signing stage that is open. The text that people sign
    is the content of the LetterVersion of `version`, with `text_sha256` as its fingerprint.
    """

    number = models.CharField("编号", max_length=60, blank=True)
    year = models.PositiveSmallIntegerField("年度")
    title = models.CharField("标题", max_length=120)
    kind = models.CharField("层级", max_length=20, choices=LetterKind)
    issuer_unit = models.ForeignKey("organization.Unit", models.PROTECT, related_name="+", verbose_name="下达方")
    issuer_post = models.ForeignKey(
        "organization.Post", models.PROTECT, related_name="letters_issued", verbose_name="下达方签署人"
    )
    recipient_unit = models.ForeignKey(
        "organization.Unit", models.PROTECT, related_name="letters", verbose_name="责任方"
    )
    recipient_post = models.ForeignKey(
        "organization.Post", models.PROTECT, related_name="letters_received", verbose_name="责任方签署人"
    )
    supervisor_unit = models.ForeignKey(
        "organization.Unit", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="监督方"
    )
    supervisor_post = models.ForeignKey(
        "organization.Post", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="会签人"
    )
    unit_path = models.CharField("单位路径", max_length=500, db_collation="C", editable=False)
    search_text = models.CharField("检索", max_length=1000, editable=False, default="", db_collation="C")

    state = models.CharField("状态", max_length=12, choices=LetterState, default=LetterState.DRAFT)
    # Closed letters stand below the open ones in every list.
    closed = models.GeneratedField(
        expression=Q(state__in=CLOSED_LETTERS),  # type: ignore[arg-type]  # the stubs forget conditions
        output_field=models.BooleanField(),
        db_persist=True,
    )
    stage = models.PositiveSmallIntegerField("当前环节", null=True, blank=True)
    version = models.PositiveSmallIntegerField("文本版本", default=1)
    sections = models.JSONField("各部分", default=list)
    basis = models.CharField("依据", max_length=300, blank=True)
    period_from = models.DateField("责任期限自")
    period_to = models.DateField("责任期限至")
    due_on = models.DateField("签订期限")
    text_sha256 = models.CharField("文本校验值", max_length=64, blank=True)
    verify_code = models.CharField("核验码", max_length=24, unique=True, editable=False)

    document = models.ForeignKey(
        "documents.StoredFile", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="封存文件"
    )
    signed_at = models.DateTimeField("签齐时间", null=True, blank=True)
    sealed_at = models.DateTimeField("封存时间", null=True, blank=True)
    renewed_from = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="renewals", verbose_name="续签自"
    )
    drafted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="拟稿人")
    drafted_at = models.DateTimeField("拟稿时间")
    edited_at = models.DateTimeField("最近修改")

    objects = LetterQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "责任书"
        constraints = [
            models.UniqueConstraint(
                fields=["number"],
                condition=~Q(number=""),
                name="letter_number_once",
                violation_error_message="这个编号已有责任书使用。",
            ),
            models.UniqueConstraint(
                fields=["issuer_post", "recipient_post", "year"],
                condition=~Q(state=LetterState.WITHDRAWN),
                name="letter_one_per_pair_and_year",
                violation_error_message="双方本年度已有一份责任书，不重复签订。",
            ),
            models.CheckConstraint(
                condition=~Q(number="") | Q(state__in=[LetterState.DRAFT, LetterState.WITHDRAWN]),
                name="letter_numbered_once_issued",
                violation_error_message="发起签订的责任书须有编号。",
            ),
            models.CheckConstraint(
                condition=Q(stage__isnull=False, state=LetterState.SIGNING)
                | (Q(stage__isnull=True) & ~Q(state=LetterState.SIGNING)),
                name="letter_stage_iff_signing",
                violation_error_message="只有签订中的责任书有当前环节。",
            ),
            models.CheckConstraint(
                condition=Q(
                    state=LetterState.SEALED, document__isnull=False, sealed_at__isnull=False, signed_at__isnull=False
                )
                | (Q(document__isnull=True, sealed_at__isnull=True) & ~Q(state=LetterState.SEALED)),
                name="letter_sealed_iff_document",
                violation_error_message="已封存的责任书须有封存文件，未封存的不得有。",
            ),
            models.CheckConstraint(
                condition=Q(signed_at__isnull=False, state__in=[LetterState.SIGNED, LetterState.SEALED])
                | (Q(signed_at__isnull=True) & ~Q(state__in=[LetterState.SIGNED, LetterState.SEALED])),
                name="letter_signed_iff_signed_at",
                violation_error_message="签齐的责任书须有签齐时间。",
            ),
            models.CheckConstraint(
                condition=Q(text_sha256="", state=LetterState.DRAFT)
                | Q(state=LetterState.WITHDRAWN)
                | (~Q(text_sha256="") & ~Q(state=LetterState.DRAFT)),
                name="letter_text_fixed_iff_issued",
                violation_error_message="发起签订后文本须固定，拟稿时不得固定。",
            ),
            models.CheckConstraint(
                condition=Q(period_to__gte=F("period_from")),
                name="letter_period_ends_after_start",
                violation_error_message="责任期限的终止日期不能早于起始日期。",
            ),
            models.CheckConstraint(
                condition=~Q(issuer_post=F("recipient_post")),
                name="letter_between_two_posts",
                violation_error_message="下达方与责任方不能是同一职务。",
            ),
            models.CheckConstraint(
                condition=Q(supervisor_unit__isnull=True, supervisor_post__isnull=True)
                | Q(supervisor_unit__isnull=False, supervisor_post__isnull=False),
                name="letter_supervisor_with_post",
                violation_error_message="有监督方的须写明会签人。",
            ),
        ]
        indexes = [
            models.Index(fields=["closed", "due_on", "id"], name="letter_waiting"),
            models.Index(fields=["unit_path", "id"], name="letter_unit_path"),
            models.Index(fields=["year", "state", "kind"], name="letter_year_state"),
            models.Index(fields=["number", "id"], name="letter_by_number"),
            models.Index(fields=["text_sha256"], name="letter_text"),
        ]

    def __str__(self) -> str:
        return f"{self.number or '拟稿'} {self.title}（{self.recipient_unit.name}）"

    def why_visible(self, user: Any) -> list[str]:
        """Sentences for a reader whose posts and grants do not reach this letter."""
        reasons = []
        if user.person_id and self.signatures.filter(person_id=user.person_id).exists():
            reasons.append("您是这份责任书的签署人")
        loans = LetterPermission.objects.running(timezone.localdate())
        if loans.filter(user_id=user.pk, content_object_id=self.pk).exists():
            reasons.append("这份责任书单独借阅给您")
        return reasons

    @property
    def is_open(self) -> bool:
        return self.state not in CLOSED_LETTERS

    @property
    def state_words(self) -> str:
        """The state as the office says it: while it is signed, whether both sides or the co-signer is waited for."""
        if self.state != LetterState.SIGNING:
            return str(self.get_state_display())
        return "待签订" if self.stage == 1 else "会签中"

    @property
    def tone(self) -> str:
        """Blue only where a side has to act, green when sealed, red when it went wrong; grey otherwise."""
        if self.state == LetterState.SIGNING and self.stage == 1:
            return "act"
        tones = {LetterState.SEALED: "done", LetterState.RETURNED: "bad", LetterState.WITHDRAWN: "end"}
        return tones.get(LetterState(self.state), "none")

    @property
    def signed_words(self) -> str:
        """`1 / 3` over the places that a list has fetched; "" for a draft."""
        places = getattr(self, "places", [])
        return f"{sum(place.is_signed for place in places)} / {len(places)}" if places else ""

    @property
    def done_on(self) -> Any:
        """The moment at which all had signed; deadlines are measured by it."""
        return self.signed_at

    def is_late(self, today: date) -> bool:
        return self.is_open and self.signed_at is None and self.due_on < today


class LetterClause(models.Model):
    """One clause of 责任内容; every clause carries an item of the recipient's own list."""

    letter = models.ForeignKey(Letter, models.CASCADE, related_name="clauses", verbose_name="责任书")
    no = models.PositiveSmallIntegerField("序号")
    text = models.TextField("内容")
    item = models.ForeignKey(
        "responsibility.IssuedItem", models.PROTECT, related_name="clauses", verbose_name="清单事项"
    )

    class Meta:
        verbose_name = verbose_name_plural = "责任书条款"
        ordering = ["letter", "no"]
        constraints = [
            models.UniqueConstraint(
                fields=["letter", "no"], name="letter_clause_no_once", deferrable=models.Deferrable.DEFERRED
            ),
            models.UniqueConstraint(
                fields=["letter", "item"],
                name="letter_clause_item_once",
                violation_error_message="同一清单事项在一份责任书中只写一条。",
            ),
            models.CheckConstraint(
                condition=~Q(text=""), name="letter_clause_not_empty", violation_error_message="条款内容不能为空。"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.no}. {self.text[:30]}"


class LetterVersion(models.Model):
    """The text exactly as it was put before the signers; never changed afterwards, kept when a letter is returned."""

    letter = models.ForeignKey(Letter, models.PROTECT, related_name="versions", verbose_name="责任书")
    version = models.PositiveSmallIntegerField("版本")
    content = models.JSONField("全文")
    text_sha256 = models.CharField("SHA-256", max_length=64)
    text_sm3 = models.CharField("SM3", max_length=64)
    frozen_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="发起人")
    frozen_at = models.DateTimeField("固定时间")

    class Meta:
        verbose_name = verbose_name_plural = "责任书文本"
        ordering = ["letter", "version"]
        constraints = [models.UniqueConstraint(fields=["letter", "version"], name="letter_version_once")]

    def __str__(self) -> str:
        return f"{self.letter} 第{self.version}版"


class LetterPermission(Loan):
    """A single letter lent to an account (an inspector)."""

    opens = "letter.view"
    content_object = models.ForeignKey(Letter, models.PROTECT, related_name="loans", verbose_name="责任书")

    class Meta(Loan.Meta):
        verbose_name = verbose_name_plural = "责任书借阅"

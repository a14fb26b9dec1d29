"""Reminders, how they are delivered, what each account wishes, the ladder of the office, and the published holidays."""

from datetime import time

from django.conf import settings
from django.db import models
from django.db.models import F, Q


class Audience(models.TextChoices):
    """To whom a rung of the ladder speaks."""

    OWNER = "owner", "责任人"
    SUPERIOR = "superior", "责任人的上级"
    OFFICE = "office", "纪检机关承办部门"


class ChannelKind(models.TextChoices):
    """Ways out of the house; the page 通知 itself is no channel, it always has everything."""

    MAIL = "mail", "电子邮件"
    WECOM = "wecom", "企业微信群机器人"
    DINGTALK = "dingtalk", "钉钉群机器人"
    FEISHU = "feishu", "飞书群机器人"


class DeliveryState(models.TextChoices):
    QUEUED = "queued", "待发送"
    SENDING = "sending", "发送中"
    SENT = "sent", "已发送"
    FAILED = "failed", "未送达"
    DROPPED = "dropped", "不再需要"


UNFINISHED = (DeliveryState.QUEUED, DeliveryState.SENDING)


class Rung(models.Model):
    """One rung of the ladder: how many working days before (negative) or after the deadline whom to remind, how often."""

    offset = models.SmallIntegerField("距期限的工作日数", help_text="负数为到期前，0 为到期当日，正数为逾期后。")
    audience = models.CharField("提醒对象", max_length=12, choices=Audience)
    repeat_every = models.PositiveSmallIntegerField("每隔几个工作日再提醒", default=0)
    repeat_limit = models.PositiveSmallIntegerField("最多再提醒几次", default=0)
    is_active = models.BooleanField("启用", default=True)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="修改人"
    )
    changed_at = models.DateTimeField("修改时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "提醒阶梯"
        ordering = ["offset", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["offset", "audience"],
                name="rung_once_per_offset",
                violation_error_message="同一天对同一对象已有一级提醒。",
            ),
            models.CheckConstraint(
                condition=Q(offset__gte=-60, offset__lte=60),
                name="rung_within_sixty_days",
                violation_error_message="提醒日距期限不超过 60 个工作日。",
            ),
            models.CheckConstraint(
                condition=Q(repeat_every=0, repeat_limit=0)
                | Q(repeat_every__gte=1, repeat_every__lte=60, repeat_limit__gte=1, repeat_limit__lte=20),
                name="rung_repeats_with_limit",
                violation_error_message="重复提醒须写明间隔（1 至 60 个工作日）和次数（最多 20 次）。",
            ),
            models.CheckConstraint(
                condition=Q(repeat_every=0) | Q(offset__gte=1),
                name="rung_repeats_only_overdue",
                violation_error_message="只有逾期后的提醒可以重复。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.when_words}提醒{self.get_audience_display()}"

    @property
    def when_words(self) -> str:
        """到期前 5 个工作日 / 到期当日 / 逾期 1 个工作日."""
        if self.offset == 0:
            return "到期当日"
        return f"到期前 {-self.offset} 个工作日" if self.offset < 0 else f"逾期 {self.offset} 个工作日"

    @property
    def repeat_words(self) -> str:
        if not self.repeat_every:
            return "不重复"
        return f"之后每 {self.repeat_every} 个工作日一次，最多 {self.repeat_limit} 次"


class Reminder(models.Model):
    """One thing said to one account about one obligation; the row itself is the notice on the page 通知.

    (source, object, recipient, deadline, offset) is unique: collecting twice changes nothing, and a deadline that was
    extended is reminded of anew. `object_id` is the obligation, `target_id` what its page shows.
    """

    source = models.CharField("来源", max_length=40)
    object_id = models.BigIntegerField("事项")
    target_id = models.BigIntegerField("页面")
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="reminders", verbose_name="收件人"
    )
    audience = models.CharField("提醒对象", max_length=12, choices=Audience)
    owner_name = models.CharField("责任人", max_length=120, blank=True)
    title = models.CharField("事项名称", max_length=300)
    due_on = models.DateField("期限")
    offset = models.SmallIntegerField("距期限的工作日数")
    planned_on = models.DateField("提醒日")
    created_at = models.DateTimeField("生成时间")
    read_at = models.DateTimeField("阅读时间", null=True, blank=True)
    settled_at = models.DateTimeField("办结时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "提醒"
        constraints = [
            models.UniqueConstraint(
                fields=["source", "object_id", "recipient", "due_on", "offset"], name="reminder_once"
            ),
        ]
        indexes = [
            models.Index(
                fields=["recipient"], condition=Q(read_at__isnull=True, settled_at__isnull=True), name="reminder_unread"
            ),
            models.Index(fields=["recipient", "created_at", "id"], name="reminder_of_recipient"),
            models.Index(fields=["source", "object_id"], condition=Q(settled_at__isnull=True), name="reminder_open"),
        ]

    def __str__(self) -> str:
        return self.title


class Preference(models.Model):
    """When an account wants to be spoken to outside the house; without a row the values below hold."""

    QUIET_FROM, QUIET_UNTIL, DIGEST_AT = time(20, 0), time(8, 0), time(9, 0)

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="reminder_preference", verbose_name="账号"
    )
    quiet_from = models.TimeField("免打扰自", null=True, blank=True, default=QUIET_FROM)
    quiet_until = models.TimeField("免打扰至", null=True, blank=True, default=QUIET_UNTIL)
    digest = models.BooleanField("每日汇总", default=False)
    digest_at = models.TimeField("汇总时间", default=DIGEST_AT)
    # Only the SHA-256 of the address of the feed is kept: who reads the database cannot read the feed.
    feed_hash = models.CharField("日历订阅", max_length=64, blank=True)
    feed_made_at = models.DateTimeField("日历订阅时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "提醒偏好"
        constraints = [
            models.UniqueConstraint(fields=["feed_hash"], condition=~Q(feed_hash=""), name="preference_feed_once"),
            models.CheckConstraint(
                condition=Q(quiet_from__isnull=True, quiet_until__isnull=True)
                | Q(quiet_from__isnull=False, quiet_until__isnull=False),
                name="preference_quiet_from_and_until",
                violation_error_message="免打扰时段须同时填写起止时间，或都不填。",
            ),
            models.CheckConstraint(
                condition=Q(quiet_from__isnull=True) | ~Q(quiet_from=F("quiet_until")),
                name="preference_quiet_not_all_day",
                violation_error_message="免打扰时段的起止时间不能相同。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}的提醒偏好"


class Channel(models.Model):
    """A way by which one account is reached: an address for mail, the key of a group robot. Switched off, never deleted."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="reminder_channels", verbose_name="账号"
    )
    kind = models.CharField("渠道", max_length=12, choices=ChannelKind)
    address = models.CharField("地址或密钥", max_length=200)
    secret = models.CharField("加签密钥", max_length=120, blank=True)
    label = models.CharField("名称", max_length=40, blank=True)
    is_active = models.BooleanField("启用", default=True)
    tested_at = models.DateTimeField("最近测试", null=True, blank=True)
    test_error = models.CharField("测试结果", max_length=300, blank=True)
    created_at = models.DateTimeField("添加时间")

    class Meta:
        verbose_name = verbose_name_plural = "提醒渠道"
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "kind", "address"],
                name="channel_once",
                violation_error_message="这个渠道已经添加过。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}（{self.label or self.shown_address}）"

    @property
    def shown_address(self) -> str:
        """The address as pages, the trail and officers see it: a robot's key is a password and is cut."""
        if self.kind == ChannelKind.MAIL:
            return self.address
        return f"…{self.address[-4:]}"


class Delivery(models.Model):
    """One reminder on its way through one channel. Claimed by a conditional UPDATE with a lease; never lost, seldom doubled."""

    reminder = models.ForeignKey(Reminder, models.PROTECT, related_name="deliveries", verbose_name="提醒")
    channel = models.ForeignKey(Channel, models.PROTECT, related_name="deliveries", verbose_name="渠道")
    state = models.CharField("状态", max_length=12, choices=DeliveryState, default=DeliveryState.QUEUED)
    attempts = models.PositiveSmallIntegerField("尝试次数", default=0)
    # Times it was taken up again from a worker that died while sending: at most that many copies too many.
    doubled = models.PositiveSmallIntegerField("可能重复", default=0)
    next_at = models.DateTimeField("最早发送")
    lease_token = models.CharField("租约", max_length=32, blank=True)
    lease_until = models.DateTimeField("租约到期", null=True, blank=True)
    error = models.CharField("未送达原因", max_length=300, blank=True)
    sent_at = models.DateTimeField("发送时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "提醒发送"
        constraints = [
            models.UniqueConstraint(fields=["reminder", "channel"], name="delivery_once"),
            models.CheckConstraint(
                condition=Q(state=DeliveryState.SENDING, lease_until__isnull=False)
                | (~Q(state=DeliveryState.SENDING) & Q(lease_until__isnull=True)),
                name="delivery_leased_iff_sending",
            ),
            models.CheckConstraint(
                condition=Q(state=DeliveryState.SENT, sent_at__isnull=False)
                | (~Q(state=DeliveryState.SENT) & Q(sent_at__isnull=True)),
                name="delivery_sent_iff_sent_at",
            ),
        ]
        indexes = [
            models.Index(fields=["channel"], condition=Q(state__in=["queued", "sending"]), name="delivery_unfinished"),
            models.Index(fields=["id"], condition=Q(state="failed"), name="delivery_failed"),
            models.Index(fields=["id"], condition=Q(doubled__gt=0), name="delivery_doubled"),
        ]

    def __str__(self) -> str:
        return f"{self.reminder}：{self.channel}"


class CollectedDay(models.Model):
    """A day whose reminders were collected, and what came of it; a day that was missed is made up for by the next."""

    day = models.DateField("日期", primary_key=True)
    at = models.DateTimeField("时间")
    result = models.JSONField("结果", default=dict)

    class Meta:
        verbose_name = verbose_name_plural = "提醒生成记录"

    def __str__(self) -> str:
        return self.day.isoformat()


class HolidayYear(models.Model):
    """A year whose holidays the State Council has published; one without a row counts Monday to Friday and says so."""

    year = models.PositiveSmallIntegerField("年度", primary_key=True)
    source_document = models.CharField("依据", max_length=200)
    imported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="导入人"
    )
    imported_at = models.DateTimeField("导入时间")

    class Meta:
        verbose_name = verbose_name_plural = "节假日安排"
        ordering = ["-year"]

    def __str__(self) -> str:
        return f"{self.year}年"


class Holiday(models.Model):
    """A day on which a published arrangement differs from or names the week: off, or worked instead (调休上班)."""

    day = models.DateField("日期", primary_key=True)
    year = models.ForeignKey(HolidayYear, models.CASCADE, related_name="days", verbose_name="年度")
    is_working = models.BooleanField("上班")
    name = models.CharField("节日", max_length=40)

    class Meta:
        verbose_name = verbose_name_plural = "节假日"
        ordering = ["day"]
        constraints = [
            models.CheckConstraint(
                condition=Q(year=F("day__year")),
                name="holiday_in_its_year",
                violation_error_message="日期须在该年度内。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day.isoformat()} {self.name}{'上班' if self.is_working else '放假'}"

"""What an account decides about its own reminders: quiet hours, digest, channels, the address of its calendar."""

import hashlib
import secrets
from datetime import datetime, time
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from common.errors import DomainError, Stale
from engines.audit.record import record
from engines.jobs import queue
from engines.jobs.models import Job
from engines.reminders.channels import offered_kinds
from engines.reminders.models import Channel, ChannelKind, Delivery, DeliveryState, Preference
from engines.reminders.robots import NotSent, robot_of

TEST_JOB = "reminders.test"
MOST_CHANNELS = 10
FACTS = ("quiet_from", "quiet_until", "digest", "digest_at")


def preference_of(user: Any) -> Preference:
    """The wishes of the account; unsaved usual ones where it has none."""
    return Preference.objects.filter(user=user).first() or Preference(user=user)


@transaction.atomic
def save_preference(
    user: Any, *, quiet_from: time | None, quiet_until: time | None, digest: bool, digest_at: time, now: datetime
) -> Preference:
    """Refuses half a span, a span of no length, and a digest in the quiet hours, which would never go out."""
    if (quiet_from is None) != (quiet_until is None):
        raise DomainError("免打扰时段须同时填写起止时间，或都不填。", field="quiet_until")
    if quiet_from is not None and quiet_from == quiet_until:
        raise DomainError("免打扰时段的起止时间不能相同。", field="quiet_until")
    if digest and quiet_from and quiet_until and _within(digest_at, quiet_from, quiet_until):
        raise DomainError("汇总时间在免打扰时段里，汇总会发不出去。", field="digest_at")
    kept = _locked(user)
    before = {name: getattr(kept, name) for name in FACTS}
    kept.quiet_from, kept.quiet_until, kept.digest, kept.digest_at = quiet_from, quiet_until, digest, digest_at
    kept.save()
    after = {name: getattr(kept, name) for name in FACTS}
    record("reminder.preference", kept, actor=user, now=now, before=before, after=after)
    return kept


def _within(moment: time, start: time, end: time) -> bool:
    return start <= moment < end if start < end else moment >= start or moment < end


def _locked(user: Any) -> Preference:
    Preference.objects.get_or_create(user=user)
    return Preference.objects.select_for_update().get(user=user)


@transaction.atomic
def add_channel(user: Any, *, kind: str, address: str, secret: str = "", label: str = "", now: datetime) -> Channel:
    """Adds a way to reach the account; one that was switched off is switched on again.

    Refuses a kind this installation does not offer, an address or key that cannot be one, and more than ten.
    """
    address, secret = address.strip(), secret.strip()
    if kind not in offered_kinds():
        raise DomainError("本系统没有配置这种渠道，请联系系统管理员。", field="kind")
    if Channel.objects.filter(user=user, is_active=True).count() >= MOST_CHANNELS:
        raise DomainError(f"最多添加 {MOST_CHANNELS} 个渠道，请先停用不再使用的。")
    made = Channel(user=user, kind=kind, address=key_of(address), secret=secret, label=label.strip(), created_at=now)
    _check(made)
    known = Channel.objects.filter(user=user, kind=kind, address=made.address).first()
    if known is not None and known.is_active:
        raise DomainError("这个渠道已经添加过。", field="address")
    if known is not None:
        known.is_active, known.secret, known.label, made = True, made.secret, made.label, known
    try:
        with transaction.atomic():
            made.save()
    except IntegrityError as error:
        raise DomainError("这个渠道已经添加过。", field="address") from error
    record("reminder.channel_add", made, actor=user, now=now, after={"kind": kind, "address": made.shown_address})
    return made


def key_of(address: str) -> str:
    """The key of a robot out of the whole address that the group shows; anything else as it is."""
    for mark in ("key=", "access_token=", "/hook/"):
        if "://" in address and mark in address:
            return address.partition(mark)[2].partition("&")[0].strip("/")
    return address


def _check(channel: Channel) -> None:
    if len(channel.address) > 200 or len(channel.secret) > 120:
        raise DomainError("地址或密钥太长，请核对。", field="address")
    try:
        if channel.kind == ChannelKind.MAIL:
            validate_email(channel.address)
        else:
            robot_of(channel)
    except ValidationError as error:
        raise DomainError("请填写完整的电子邮件地址。", field="address") from error
    except NotSent as error:
        raise DomainError(error.words, field="address") from error


@transaction.atomic
def remove_channel(user: Any, channel_id: int, *, now: datetime) -> None:
    """Switches one's own channel off; what still waits on it is not sent any more."""
    channel = own_channel(user, channel_id)
    Channel.objects.filter(pk=channel.pk).update(is_active=False)
    waiting = Delivery.objects.filter(channel=channel, state=DeliveryState.QUEUED)
    waiting.update(state=DeliveryState.DROPPED)
    told = {"kind": channel.kind, "address": channel.shown_address}
    record("reminder.channel_remove", channel, actor=user, now=now, before=told)


def own_channel(user: Any, channel_id: int) -> Channel:
    """One's own open channel, locked. Refuses any other."""
    channel = Channel.objects.select_for_update().filter(pk=channel_id, user=user, is_active=True).first()
    if channel is None:
        raise Stale("这个渠道已经停用，或不是您的。")
    return channel


@transaction.atomic
def request_test(user: Any, channel_id: int, *, now: datetime) -> Job:
    """Sends the test message in the background: a server that hangs must not hold up the page."""
    channel = own_channel(user, channel_id)
    key, label = f"channel-{channel.pk}", f"测试{channel.get_kind_display()}"
    return queue.enqueue(TEST_JOB, {"channel": channel.pk}, now=now, by=user, key=key, label=label)


@transaction.atomic
def make_feed(user: Any, *, now: datetime) -> str:
    """A new unguessable token for the calendar; an older one stops working. It is shown once and not kept."""
    kept = _locked(user)
    token = secrets.token_urlsafe(32)
    renewed = bool(kept.feed_hash)
    kept.feed_hash, kept.feed_made_at = digest_of(token), now
    kept.save(update_fields=["feed_hash", "feed_made_at"])
    record("reminder.feed_make", kept, actor=user, now=now, after={"renewed": renewed})
    return token


@transaction.atomic
def revoke_feed(user: Any, *, now: datetime) -> None:
    """From now on the address answers that there is nothing."""
    kept = _locked(user)
    if not kept.feed_hash:
        raise Stale("日历订阅已经停用。")
    kept.feed_hash, kept.feed_made_at = "", None
    kept.save(update_fields=["feed_hash", "feed_made_at"])
    record("reminder.feed_revoke", kept, actor=user, now=now)


def user_of_feed(token: str) -> Any:
    """The open account to which a token belongs; None for any other."""
    if not 20 <= len(token) <= 100:
        return None
    found = Preference.objects.filter(feed_hash=digest_of(token), user__is_active=True).select_related("user__person")
    kept = found.first()
    return kept.user if kept else None


def digest_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()

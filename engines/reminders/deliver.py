"""Delivery: claims what is due by a conditional UPDATE with a lease, sends, marks; a killed worker loses nothing.

Between the sending and its mark lies a moment in which a kill makes the message go out twice. It cannot be closed from
our side (neither mail nor robots take an idempotency key), so it is kept short, counted in `Delivery.doubled`, and told.
"""

import logging
import uuid
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django.db.models import Case, F, IntegerField, Q, QuerySet, Value, When
from django.utils import timezone

from engines.reminders.channels import send
from engines.reminders.messages import message_about
from engines.reminders.models import Channel, Delivery, DeliveryState, Preference
from engines.reminders.robots import NotSent
from engines.reminders.sources import source_named

log = logging.getLogger(__name__)
LEASE = timedelta(minutes=3)  # longer than SEPARATE messages may take at their time-outs
BACKOFF = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=4))
MAX_ATTEMPTS = len(BACKOFF) + 1
SEPARATE = 5  # more at once become one message: robots take twenty a minute
ROUND = 200  # channels asked for at once
Progress = Callable[[int, int], None]


@dataclass
class Delivered:
    """How a run went, counted in deliveries (a digest is several)."""

    sent: int = 0
    retried: int = 0
    failed: int = 0
    dropped: int = 0
    doubled: int = 0

    def as_json(self) -> dict[str, int]:
        return asdict(self)

    @property
    def done(self) -> int:
        return self.sent + self.retried + self.failed + self.dropped


def due_deliveries(now: datetime) -> QuerySet[Delivery]:
    """What may go out at this moment: due, not leased, the account open and awake."""
    free = Q(state=DeliveryState.QUEUED, next_at__lte=now) | Q(state=DeliveryState.SENDING, lease_until__lt=now)
    return Delivery.objects.filter(
        free, _awake(timezone.localtime(now).time()), channel__is_active=True, channel__user__is_active=True
    )


def _awake(moment: time) -> Q:
    """Outside of the quiet hours and, for a digest, after its hour; without a row the usual hours hold."""
    of = "channel__user__reminder_preference"
    none = Q(**{f"{of}__isnull": True})
    usual = not _between(moment, Preference.QUIET_FROM, Preference.QUIET_UNTIL)
    by_day = Q(
        **{f"{of}__quiet_from__lt": F(f"{of}__quiet_until"), f"{of}__quiet_from__lte": moment},
        **{f"{of}__quiet_until__gt": moment},
    )
    over_night = Q(**{f"{of}__quiet_from__gt": F(f"{of}__quiet_until")}) & (
        Q(**{f"{of}__quiet_from__lte": moment}) | Q(**{f"{of}__quiet_until__gt": moment})
    )
    loud = Q(**{f"{of}__quiet_from__isnull": True}) | ~(by_day | over_night)
    in_time = Q(**{f"{of}__digest": False}) | Q(**{f"{of}__digest_at__lte": moment})
    own = Q(**{f"{of}__isnull": False}) & loud & in_time
    return own | none if usual else own


def _between(moment: time, start: time, end: time) -> bool:
    return start <= moment < end if start < end else moment >= start or moment < end


def deliver(*, clock: Callable[[], datetime] = timezone.now, progress: Progress | None = None) -> Delivered:
    """Sends everything that is due. Where a kind of channel does not answer, the rest of its kind waits for the next run."""
    outcome = Delivered()
    silent: set[str] = set()
    tried: set[int] = set()
    while True:
        due = due_deliveries(clock()).exclude(channel__kind__in=silent).exclude(channel_id__in=tried)
        ids = list(due.order_by("channel_id").values_list("channel_id", flat=True).distinct()[:ROUND])
        if not ids:
            return outcome
        for channel in Channel.objects.filter(pk__in=ids).select_related("user__person"):
            tried.add(channel.pk)
            if channel.kind in silent:
                continue
            if _serve(channel, clock, outcome, progress):
                silent.add(channel.kind)
                log.warning("%s does not answer; the rest of the kind waits for the next run", channel.kind)


def _serve(channel: Channel, clock: Callable[[], datetime], outcome: Delivered, progress: Progress | None) -> bool:
    """Claims and sends everything due on one channel; True where the other side is silent."""
    claimed, token = _claim(channel, clock())
    outcome.doubled += sum(each.doubled > 0 for each in claimed if each.attempts > 1)
    wanted = _still_wanted(claimed, token, clock(), outcome)
    digest = _digest_wanted(channel)
    groups = [wanted] if digest or len(wanted) > SEPARATE else [[each] for each in wanted]
    for number, group in enumerate(groups):
        if progress:
            progress(outcome.done, outcome.done + len(wanted))
        try:
            today = timezone.localdate(clock())
            send(channel, message_about([each.reminder for each in group], to=str(channel.user), today=today))
        except NotSent as error:
            _put_off(group, token, error.words, clock(), outcome)
            if error.outage:
                _give_back([each for later in groups[number + 1 :] for each in later], token)
                return True
        else:
            _mark_sent(group, token, clock(), outcome)
    return False


def _digest_wanted(channel: Channel) -> bool:
    return Preference.objects.filter(user_id=channel.user_id, digest=True).exists()


def _claim(channel: Channel, now: datetime) -> tuple[list[Delivery], str]:
    """Takes all due deliveries of the channel; those taken from a dead worker are counted as possibly doubled."""
    token = uuid.uuid4().hex
    taken_over = When(state=DeliveryState.SENDING, then=F("doubled") + 1)
    again = Case(taken_over, default=F("doubled"), output_field=IntegerField())
    ids = due_deliveries(now).filter(channel=channel).values("pk")
    free = Q(state=DeliveryState.QUEUED, next_at__lte=now) | Q(state=DeliveryState.SENDING, lease_until__lt=now)
    Delivery.objects.filter(free, pk__in=ids).update(
        doubled=again,
        attempts=F("attempts") + 1,
        state=Value(DeliveryState.SENDING.value),
        lease_token=token,
        lease_until=now + LEASE,
    )
    mine = Delivery.objects.filter(lease_token=token, state=DeliveryState.SENDING).select_related("reminder")
    return list(mine.order_by("reminder__due_on", "pk")), token


def _still_wanted(claimed: Sequence[Delivery], token: str, now: datetime, outcome: Delivered) -> list[Delivery]:
    """Drops what has been done since it was planned, so that nobody is chased for a letter he has signed."""
    open_now = _open_among(claimed, now)
    wanted = [d for d in claimed if d.reminder.settled_at is None and _key(d) in open_now]
    gone = [d.pk for d in claimed if d not in wanted]
    if gone:
        mine = Delivery.objects.filter(pk__in=gone, lease_token=token)
        outcome.dropped += mine.update(state=DeliveryState.DROPPED, lease_token="", lease_until=None)
    return wanted


def _key(delivery: Delivery) -> tuple[str, int]:
    return delivery.reminder.source, delivery.reminder.object_id


def _open_among(claimed: Sequence[Delivery], now: datetime) -> set[tuple[str, int]]:
    today = timezone.localdate(now)
    by_source: dict[str, set[int]] = {}
    for delivery in claimed:
        by_source.setdefault(delivery.reminder.source, set()).add(delivery.reminder.object_id)
    found: set[tuple[str, int]] = set()
    for name, ids in by_source.items():
        source = source_named(name)
        for rows in source.open_ones(today) if source else ():
            found |= {
                (name, pk) for pk in rows.filter(object_id__in=ids).order_by().values_list("object_id", flat=True)
            }
    return found


def _mark_sent(group: Sequence[Delivery], token: str, now: datetime, outcome: Delivered) -> None:
    mine = Delivery.objects.filter(pk__in=[each.pk for each in group], lease_token=token)
    outcome.sent += mine.update(state=DeliveryState.SENT, sent_at=now, lease_token="", lease_until=None, error="")


def _put_off(group: Sequence[Delivery], token: str, words: str, now: datetime, outcome: Delivered) -> None:
    """Later again, each time later; after the last attempt it is failed and stands before the system officer."""
    for each in group:
        mine = Delivery.objects.filter(pk=each.pk, lease_token=token)
        over: dict[str, Any] = {"lease_token": "", "lease_until": None, "error": words[:300]}
        if each.attempts >= MAX_ATTEMPTS:
            outcome.failed += mine.update(state=DeliveryState.FAILED, **over)
        else:
            later = now + BACKOFF[each.attempts - 1]
            outcome.retried += mine.update(state=DeliveryState.QUEUED, next_at=later, **over)


def _give_back(group: Sequence[Delivery], token: str) -> None:
    """Not tried, so not counted as an attempt."""
    Delivery.objects.filter(pk__in=[each.pk for each in group], lease_token=token).update(
        state=DeliveryState.QUEUED, attempts=F("attempts") - 1, lease_token="", lease_until=None
    )


def retry_failed(ids: Sequence[int], *, now: datetime) -> int:
    """Puts failed deliveries back; returns how many."""
    return Delivery.objects.filter(pk__in=ids, state=DeliveryState.FAILED).update(
        state=DeliveryState.QUEUED, attempts=0, next_at=now
    )

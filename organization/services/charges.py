"""分工: which post is in charge of which field, from which day."""

from datetime import date, datetime

from django.db import transaction
from django.db.models import Q

from common.errors import DomainError, Stale
from common.words import cn_date
from engines.audit.record import record
from organization.models import Charge, Field, Post, User
from organization.services.authority import ensure_manages


@transaction.atomic
def assign_charge(
    post: Post,
    *,
    field: Field,
    started_on: date,
    note: str = "",
    by: User | None,
    now: datetime,
    reason: str = "",
) -> Charge:
    """Puts the post in charge of the field from that day.

    Refuses a post not held then and a field it already has. What the rules of 分工 find fault with (the head holding
    财务) is entered nevertheless and shown: the table must say what is, not what should be.
    """
    locked = Post.objects.select_for_update(of=("self",)).select_related("unit", "person").get(pk=post.pk)
    ensure_manages(by, locked.unit)
    if not locked.held_on(started_on):
        raise DomainError(
            f"{locked.person.name}在{cn_date(started_on)}不担任{locked.title}，不能分管。", field="started_on"
        )
    running = Charge.objects.filter(post=locked, field=field).filter(
        Q(ended_on__isnull=True) | Q(ended_on__gt=started_on)
    )
    if running.exists():
        raise DomainError(f"{locked.person.name}已分管{field.name}。", field="field")
    charge = Charge.objects.create(post=locked, field=field, started_on=started_on, note=note)
    after = {"field": field.name, "post": str(locked), "started_on": started_on, "note": note}
    record("charge.start", charge, actor=by, now=now, after=after, reason=reason, path=locked.unit_path)
    return charge


@transaction.atomic
def end_charge(charge: Charge, *, on: date, by: User | None, now: datetime, reason: str = "") -> Charge:
    """Ends the charge: that day is the first on which it no longer holds."""
    locked = (
        Charge.objects.select_for_update(of=("self",))
        .select_related("post__unit", "post__person", "field")
        .get(pk=charge.pk)
    )
    ensure_manages(by, locked.post.unit)
    if locked.ended_on is not None:
        raise Stale("这项分工已经结束。")
    if on < locked.started_on:
        raise DomainError(f"截止日期不能早于起始日期（{cn_date(locked.started_on)}）。", field="on")
    locked.ended_on = on
    locked.save(update_fields=["ended_on"])
    record(
        "charge.end",
        locked,
        actor=by,
        now=now,
        before={"ended_on": None},
        after={"ended_on": on},
        reason=reason,
        path=locked.post.unit_path,
    )
    return locked

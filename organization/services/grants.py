"""Grants are given and ended by the security officer alone, never to himself."""

from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from common.errors import DomainError, Forbidden, Stale
from engines.audit.record import record
from organization.access import ensure_office
from organization.enums import Office
from organization.models import Grant, Unit, User


@transaction.atomic
def give_grant(
    user: User,
    *,
    role: str,
    unit: Unit,
    started_on: date,
    ended_on: date | None = None,
    reason: str,
    by: User | None,
    now: datetime,
) -> Grant:
    """Gives a role in the unit and all beneath it. `by=None` is the command line of the server.

    Refuses anybody but the security officer, oneself, officers, closed accounts, and a grant that exists already.
    """
    _ensure_security_officer(by)
    locked = User.objects.select_for_update(of=("self",)).get(pk=user.pk)
    if by is not None and by.pk == locked.pk:
        raise Forbidden("不能给自己授权。")
    if locked.office != Office.BUSINESS:
        raise DomainError("系统、安全、审计管理员不得授予业务角色。", field="user")
    if not locked.is_active:
        raise DomainError("这个账号已停用，不能授权。", field="user")
    if not reason.strip():
        raise DomainError("请写明授权理由。", field="reason")
    if ended_on is not None and ended_on <= started_on:
        raise DomainError("授权截止日期须晚于起始日期。", field="ended_on")
    try:
        with transaction.atomic():
            grant = Grant.objects.create(
                user=locked,
                role=role,
                unit=unit,
                started_on=started_on,
                ended_on=ended_on,
                reason=reason.strip(),
                granted_by=by,
                granted_at=now,
            )
    except IntegrityError as error:
        raise DomainError("同样的授权已存在。", field="role") from error
    after = {"role": role, "unit": unit.name, "from": started_on, "to": ended_on}
    record("grant.give", grant, actor=by, now=now, after=after, reason=reason, path=unit.path)
    return grant


@transaction.atomic
def end_grant(grant: Grant, *, reason: str, by: User | None, now: datetime) -> Grant:
    """Takes the grant back from today on; one that has not begun never begins."""
    _ensure_security_officer(by)
    locked = Grant.objects.select_for_update(of=("self",)).select_related("unit", "user__person").get(pk=grant.pk)
    today = timezone.localdate(now)
    if locked.ended_on is not None and locked.ended_on <= today:
        raise Stale("这项授权已经结束。")
    if not reason.strip():
        raise DomainError("请写明收回理由。", field="reason")
    before = {"ended_on": locked.ended_on}
    locked.ended_on = max(today, locked.started_on)
    locked.save(update_fields=["ended_on"])
    after = {"ended_on": locked.ended_on}
    record("grant.end", locked, actor=by, now=now, before=before, after=after, reason=reason, path=locked.unit.path)
    return locked


def _ensure_security_officer(by: User | None) -> None:
    if by is not None:
        ensure_office(by, "grant.manage")

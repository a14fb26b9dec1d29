"""Lends one object to one account for reading (an inspector on one letter), and takes it back."""

from datetime import date, datetime
from typing import Any

from django.apps import apps
from django.contrib.auth.models import Permission
from django.db import models, transaction
from django.db.models import QuerySet
from django.utils import timezone

from common.errors import DomainError, Stale
from engines.audit.record import record
from organization.access import ensure_can
from organization.enums import Office
from organization.models import Loan, User


@transaction.atomic
def lend(
    obj: models.Model, *, to_user: User, until: date | None = None, reason: str, by: User | None, now: datetime
) -> Loan:
    """Lets the account read this one object up to and including `until`; lending again changes day and reason.

    Refuses who may not lend it (object.lend), officers, closed accounts, oneself, a past day and a missing reason.
    """
    if by is not None:
        ensure_can(by, "object.lend", obj)
        if by.pk == to_user.pk:
            raise DomainError("不能借阅给自己。", field="user")
    if to_user.office != Office.BUSINESS or not to_user.is_active:
        raise DomainError("只能借阅给在用的业务账号。", field="user")
    if not reason.strip():
        raise DomainError("请写明借阅理由。", field="reason")
    if until is not None and until < timezone.localdate(now):
        raise DomainError("借阅期限不能早于今天。", field="until")
    model = loan_model(obj)
    loan, _ = model._base_manager.update_or_create(
        user=to_user,
        content_object=obj,
        permission=_view_permission(obj),
        defaults={"until": until, "reason": reason.strip(), "lent_by": by, "lent_at": now},
    )
    after = {"user": str(to_user), "until": until}
    record(f"{_noun(obj)}.lend", obj, actor=by, now=now, after=after, reason=reason)
    return loan


@transaction.atomic
def end_loan(loan: Any, *, by: User | None, now: datetime, reason: str = "") -> None:
    """Takes the object back at once; the trail keeps that it was lent."""
    locked = type(loan)._base_manager.select_for_update().filter(pk=loan.pk).first()
    if locked is None:
        raise Stale("这项借阅已经收回。")
    obj = locked.content_object
    if by is not None:
        ensure_can(by, "object.lend", obj)
    before = {"user": str(locked.user), "until": locked.until}
    locked.delete()
    record(f"{_noun(obj)}.unlend", obj, actor=by, now=now, before=before, reason=reason)


def loans_of(obj: models.Model, *, on: date) -> QuerySet[Any]:
    """The running loans of one object with their accounts."""
    rows: QuerySet[Any] = loan_model(obj).objects.running(on).filter(content_object=obj)
    return rows.select_related("user__person", "lent_by__person").order_by("id")


def loan_model(obj: models.Model) -> Any:
    """The permission model through which this noun is lent. A noun that is not lent is a mistake of the caller."""
    label = getattr(type(obj)._default_manager.all(), "lent_through", "")
    return apps.get_model(label)


def _view_permission(obj: models.Model) -> Permission:
    meta = obj._meta
    return Permission.objects.get(
        content_type__app_label=meta.app_label, content_type__model=meta.model_name, codename=f"view_{meta.model_name}"
    )


def _noun(obj: models.Model) -> str:
    """The word before the dot in the noun's audit actions; `audit_noun` of the model where it differs from its name."""
    return getattr(obj, "audit_noun", obj._meta.model_name) or ""

"""The one function through which any state changes: actor, object, state and fields, audit entry."""

from datetime import datetime
from typing import Any, TypeVar

from django.db import models, transaction

from common.errors import DomainError, Forbidden, Stale
from engines.audit.record import record
from engines.workflow.table import Step, Table

M = TypeVar("M", bound=models.Model)


def advance(
    table: Table,
    obj: M,
    step_name: str,
    *,
    actor: Any,
    now: datetime,
    reason: str = "",
    changes: dict[str, Any] | None = None,
    evidence: dict[str, Any] | None = None,
) -> M:
    """Takes one step and returns the object as it now is (freshly read under lock).

    `changes` are fields of the object; `evidence` is kept in the audit entry only.
    Refuses with Forbidden (the actor may not), Stale (the object is in another state by now) or DomainError
    (a guard's sentence; a reason is missing). Nothing is written then.
    """
    step = table.steps[step_name]
    with transaction.atomic():
        locked = _locked(obj)
        _check(table, step, locked, actor, now, reason)
        before = {table.field: getattr(locked, table.field)}
        setattr(locked, table.field, step.target)
        for name, value in (changes or {}).items():
            before[name] = _plain(getattr(locked, name))
            setattr(locked, name, value)
        locked.save(update_fields=list(before))
        after = {name: _plain(getattr(locked, name)) for name in before}
        after.update(evidence or {})
        record(f"{table.noun}.{step.name}", locked, actor=actor, now=now, before=before, after=after, reason=reason)
    return locked


def _locked(obj: M) -> M:
    model = type(obj)
    return model._base_manager.select_for_update(of=("self",)).get(pk=obj.pk)


def _check(table: Table, step: Step, obj: models.Model, actor: Any, now: datetime, reason: str) -> None:
    if step.action and (actor is None or not table.may(actor, step.action, obj)):
        raise Forbidden(f"您没有「{step.label}」的权限。")
    state = getattr(obj, table.field)
    if state not in step.sources:
        now_called = dict(obj._meta.get_field(table.field).flatchoices).get(state, state)  # type: ignore[union-attr]
        raise Stale(f"现在是「{now_called}」，不能「{step.label}」。", remedy="页面可能已过时，请刷新后再看。")
    if step.guard and (refusal := step.guard(obj, actor, now)):
        raise DomainError(refusal)
    if step.reason_required and not reason.strip():
        raise DomainError("请写明理由。", field="reason")


def _plain(value: Any) -> Any:
    return value.pk if isinstance(value, models.Model) else value

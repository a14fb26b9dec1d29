"""Who may change what all are reminded by: the office of the whole region its ladder, the system officer the calendar."""

from datetime import datetime
from typing import Any

from django.db import transaction

from common.errors import DomainError, Forbidden
from engines.audit.record import record
from engines.reminders import holidays, ladder
from engines.reminders.deliver import retry_failed
from engines.reminders.models import Channel, Delivery, DeliveryState, HolidayYear, Rung
from organization.access import ensure_office, prefixes
from organization.models import User


def may_change_ladder(user: User) -> bool:
    """The discipline office of a root unit: the ladder holds for everybody beneath it."""
    return any(path.count("/") == 1 for path in prefixes(user, "reminder.manage"))


def save_rung(rung: Rung | None, *, facts: dict[str, Any], reason: str, by: User, now: datetime) -> Rung:
    """Adds or changes a rung. Refuses anybody but the office of the whole region."""
    if not may_change_ladder(by):
        raise Forbidden("提醒阶梯对全部单位生效，只由最上级纪检机关的承办部门设置。")
    if not reason.strip():
        raise DomainError("请写明理由。", field="reason")
    return ladder.save_rung(rung, facts=facts, reason=reason.strip(), by=by, now=now)


def import_holidays(year: int, *, text: str, source_document: str, by: User, now: datetime) -> HolidayYear:
    """Takes over the published holidays of a year. Refuses anybody but the system officer."""
    ensure_office(by, "system.view")
    return holidays.import_year(year, text=text, source_document=source_document, by=by, now=now)


@transaction.atomic
def retry_deliveries(ids: list[int], *, by: User, now: datetime) -> int:
    """Sends failed deliveries again; returns how many. Refuses anybody but the system officer."""
    ensure_office(by, "system.view")
    failed = Delivery.objects.filter(pk__in=ids, state=DeliveryState.FAILED)
    channels = Channel.objects.filter(deliveries__in=failed).distinct()
    for channel in channels:
        record("reminder.retry", channel, actor=by, now=now)
    return retry_failed(ids, now=now)

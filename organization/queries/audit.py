"""Which audit entries an account may read: all for the audit officer, those of his units for a read-only auditor."""

from typing import Any

from django.db.models import Q, QuerySet

from engines.audit.models import AuditEntry
from organization.access import beneath, prefixes
from organization.enums import Office
from organization.models import User


def entries_visible_to(user: User) -> QuerySet[AuditEntry]:
    if not user.is_authenticated or not user.is_active:
        return AuditEntry.objects.none()
    if user.office == Office.AUDIT:
        return AuditEntry.objects.all()
    scope: Any = None
    for path in prefixes(user, "audit.view"):
        part = beneath("unit_path", path)
        scope = part if scope is None else scope | part
    return AuditEntry.objects.none() if scope is None else AuditEntry.objects.filter(Q(scope))

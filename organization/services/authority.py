"""Who may change the organisation. `by=None` is the machine itself: a command typed on the server, never a page."""

from datetime import date

from django.db import connection
from django.utils import timezone

from common.errors import DomainError, Forbidden
from organization.access import ensure_can
from organization.models import Unit, User

# One writer of the tree at a time: two moves at once could otherwise close a circle.
TREE_LOCK = 0x6C767A65


def ensure_manages(by: User | None, unit: Unit | None) -> None:
    """Refuses unless the account may manage this unit; a unit without a parent is founded on the server only."""
    if by is None:
        return
    if unit is None:
        raise Forbidden("顶层单位只能由运维人员在服务器上建立。", remedy="请选择一个上级单位。")
    ensure_can(by, "unit.manage", unit)


def lock_tree() -> None:
    """Waits until no other transaction changes the tree; held to the end of this one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [TREE_LOCK])


def ensure_not_future(on: date, now: object, field: str = "on") -> None:
    """The organisation is kept as it is today; what is only planned is entered on its day."""
    if on > timezone.localdate(now):  # type: ignore[arg-type]
        raise DomainError("日期不能晚于今天。", field=field, remedy="请在生效当天办理。")

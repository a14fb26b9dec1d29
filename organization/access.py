"""Who may do what where: one matrix role × action, scopes by path prefix, one word `visible_to` on every queryset.

A role is held through a post or a grant, in a unit and all beneath it, from a day to a day. A row belongs to the scope
if its path begins with the path of the hold. Single objects can be lent besides (django-guardian, direct foreign keys).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar, Self, TypeVar

from django.apps import apps
from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection, models
from django.db.models import BooleanField, F, Func, Q, QuerySet
from django.utils import timezone

from common.errors import Forbidden
from organization.enums import Office, PostKind, Role, UnitKind

READ = frozenset({"unit.view", "list.view", "letter.view"})
MATRIX: dict[str, frozenset[str]] = {
    Role.DISCIPLINE_OFFICE: READ
    | {
        "unit.manage",
        "list.author",
        "list.issue",
        "letter.draft",
        "letter.issue",
        "letter.withdraw",
        "object.lend",
        "reminder.manage",
        "office.view",
    },
    Role.OFFICE_LEADER: READ | {"list.issue", "letter.issue", "letter.withdraw", "letter.sign", "office.view"},
    Role.COMMISSIONER: READ,
    Role.DISPATCHED_GROUP: READ | {"letter.sign"},
    Role.UNIT_HEAD: READ | {"list.acknowledge", "list.adapt", "letter.draft", "letter.sign"},
    Role.LEADING_MEMBER: READ | {"list.acknowledge", "letter.sign"},
    Role.UNIT_CLERK: READ | {"list.adapt", "letter.draft"},
    Role.INSPECTOR: frozenset({"unit.view"}),  # lists and letters only as far as they are lent
    Role.AUDITOR: READ | {"office.view", "audit.view"},
}
# The three officers act on accounts, grants and the trail, never on business (等保2.0, 三员分立).
OFFICE_ACTIONS: dict[str, frozenset[str]] = {
    Office.SYSTEM: frozenset({"account.manage", "job.view", "system.view"}),
    Office.SECURITY: frozenset({"grant.manage"}),
    Office.AUDIT: frozenset({"audit.view"}),
}
# Through a loan an object can be read, nothing else.
LENT_ACTIONS = frozenset({"list.view", "letter.view"})
ALL_ACTIONS = frozenset().union(*MATRIX.values(), *OFFICE_ACTIONS.values())

ROLE_OF_POST = {
    PostKind.HEAD: Role.UNIT_HEAD,
    PostKind.MEMBER: Role.LEADING_MEMBER,
    PostKind.DISCIPLINE: Role.DISPATCHED_GROUP,
    PostKind.COMMISSIONER: Role.COMMISSIONER,
    PostKind.OFFICER: Role.DISCIPLINE_OFFICE,
    PostKind.DEPARTMENT: Role.LEADING_MEMBER,
    PostKind.CLERK: Role.UNIT_CLERK,
}


@dataclass(frozen=True)
class Hold:
    """One role somebody has: where it reaches and through what."""

    role: str
    path: str
    via: str
    until: date | None = None

    @property
    def actions(self) -> frozenset[str]:
        return MATRIX[self.role]

    def reaches(self, path: str) -> bool:
        return path.startswith(self.path)


def role_of_post(kind: str, unit_kind: str) -> Role:
    """The role that follows from a post; the deputies of a discipline body lead the office."""
    if unit_kind == UnitKind.DISCIPLINE and kind in (PostKind.MEMBER, PostKind.HEAD):
        return Role.OFFICE_LEADER
    return ROLE_OF_POST[PostKind(kind)]


def holds_of(user: Any, on: date | None = None) -> tuple[Hold, ...]:
    """Everything the account holds on that day (default: today), read once per request and user object."""
    if not user.is_active or user.office != Office.BUSINESS:
        return ()
    day = on or timezone.localdate()
    cache: dict[date, tuple[Hold, ...]] = user.__dict__.setdefault("_holds", {})
    if day not in cache:
        cache[day] = tuple(_read_holds(user, day))
    return cache[day]


# Read for every page of every account, therefore one statement in its own words: through the ORM it took a millisecond.
_HOLDS = """
    SELECT p.kind, '', p.title, p.ended_on, u.id, u.kind, u.name, u.path, above.path, NULL::timestamptz, p.id
      FROM organization_post p
      JOIN organization_unit u ON u.id = p.unit_id
      LEFT JOIN organization_unit above ON above.id = u.parent_id
     WHERE p.person_id = %(person)s AND p.started_on <= %(day)s AND (p.ended_on IS NULL OR p.ended_on > %(day)s)
    UNION ALL
    SELECT '', g.role, '', g.ended_on, u.id, u.kind, u.name, u.path, NULL, g.granted_at, g.id
      FROM organization_grant g
      JOIN organization_unit u ON u.id = g.unit_id
     WHERE g.user_id = %(user)s AND g.started_on <= %(day)s AND (g.ended_on IS NULL OR g.ended_on > %(day)s)
    ORDER BY 10 NULLS FIRST, 11
"""


def _read_holds(user: Any, day: date) -> Iterable[Hold]:
    """From the posts of the person behind the account, then from what was granted to it."""
    with connection.cursor() as cursor:
        cursor.execute(_HOLDS, {"person": user.person_id, "user": user.pk, "day": day})
        rows = cursor.fetchall()
    for kind, role, title, ended_on, unit_id, unit_kind, name, path, above, given, _ in rows:
        if role:
            words = f"{timezone.localtime(given):%Y年%-m月%-d日}授权：{name}及以下的{Role(role).label}"
            yield Hold(role, path, words, ended_on)
            continue
        for reached in _paths_of(unit_id, unit_kind, path, above):
            yield Hold(role_of_post(kind, unit_kind), reached, f"任职：{name}{title}", ended_on)


def _paths_of(unit_id: int, kind: str, path: str, above: str | None) -> tuple[str, ...]:
    """A discipline body works over the unit it belongs to, a dispatched group over the units it supervises."""
    if kind == UnitKind.DISCIPLINE:
        return (above or path,)
    if kind == UnitKind.DISPATCHED:
        units = apps.get_model("organization", "Unit").objects.filter(supervisor_id=unit_id, abolished_on__isnull=True)
        return outermost([path, *units.values_list("path", flat=True)])
    return (path,)


def outermost(paths: Iterable[str]) -> tuple[str, ...]:
    """The paths that lie beneath no other of them."""
    kept: list[str] = []
    for path in sorted(set(paths)):
        if not kept or not path.startswith(kept[-1]):
            kept.append(path)
    return tuple(kept)


def prefixes(user: Any, action: str) -> tuple[str, ...]:
    """The outermost paths beneath which the account may do the action today."""
    return outermost(hold.path for hold in holds_of(user) if action in hold.actions)


def beneath(field: str, path: str) -> Q:
    """Rows whose path begins with this one, as a range that every B-tree in C collation serves."""
    return Q(**{f"{field}__gte": path, f"{field}__lt": path[:-1] + "0"})  # "0" follows "/" in ASCII


def pk_among(subquery: QuerySet[Any]) -> Func:
    """`id = ANY(ARRAY(subquery))`: unlike `IN (subquery)` it can be OR-ed with a range and still use both indexes."""
    return Func(
        F("pk"), ArraySubquery(subquery), template="%(expressions)s)", arg_joiner=" = ANY(", output_field=BooleanField()
    )


M = TypeVar("M", bound=models.Model)


class ScopedQuerySet(QuerySet[M]):
    """Rows that belong to units. `visible_to` is the only word for scope; outside of it a page answers 404."""

    scope_path: ClassVar[str] = "unit_path"
    # Label of the direct-foreign-key permission model through which single objects are lent, if there is one.
    lent_through: ClassVar[str] = ""

    def visible_to(self, user: Any, action: str) -> Self:
        """The rows on which the account may do the action today."""
        if not user.is_authenticated:
            return self.none()
        scope: Q | None = None
        for path in prefixes(user, action):
            part = beneath(self.scope_path, path)
            scope = part if scope is None else scope | part
        for extra in self.also_visible(user, action):
            scope = Q(extra) if scope is None else scope | Q(extra)
        return self.none() if scope is None else self.filter(scope)

    def also_visible(self, user: Any, action: str) -> Iterable[Any]:
        """Further conditions that open single rows: what was lent. Nouns add theirs (a signer sees his letter)."""
        if self.lent_through and action in LENT_ACTIONS and user.office == Office.BUSINESS:
            loans: Any = apps.get_model(self.lent_through).objects
            lent = loans.running(timezone.localdate()).filter(user_id=user.pk)
            yield pk_among(lent.values("content_object_id"))


def can(user: Any, action: str, obj: Any) -> bool:
    """Whether the account may do the action on the object today."""
    if not user or not user.is_authenticated or not user.is_active:
        return False
    if any(obj.unit_path.startswith(prefix) for prefix in prefixes(user, action)):
        return True
    scoped = type(obj).objects
    return bool(hasattr(scoped, "visible_to") and scoped.visible_to(user, action).filter(pk=obj.pk).exists())


def ensure_can(user: Any, action: str, obj: Any) -> None:
    """Refuses with Forbidden where `can` says no. For services: they are the authority."""
    if not can(user, action, obj):
        raise Forbidden("您没有办理这件事的权限。", remedy="如工作需要，请联系本单位安全管理员授权。")


def ensure_office(user: Any, action: str) -> None:
    """Refuses unless the account is the officer to whom the action belongs."""
    if not user or action not in OFFICE_ACTIONS.get(user.office, frozenset()):
        raise Forbidden("这件事只由相应的管理员办理（三员分立）。")


def explain(user: Any, action: str, obj: Any) -> list[str]:
    """Why the account may do the action on this object: one sentence per reason, none if it may not."""
    reasons = [
        hold.via + (f"，至{hold.until:%Y年%-m月%-d日}" if hold.until else "")
        for hold in holds_of(user)
        if action in hold.actions and hold.reaches(obj.unit_path)
    ]
    if not reasons and can(user, action, obj):
        reasons = list(getattr(obj, "why_visible", lambda _user: ["单独借阅给您"])(user))
    return list(dict.fromkeys(reasons))

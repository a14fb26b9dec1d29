"""Reads of the tree: as it is, as it was on any day, and what became of one unit."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, F, Q, QuerySet

from organization.enums import DISCIPLINE_KINDS, Office, PartyKind, UnitKind
from organization.models import Unit, UnitVersion, User

MOST_CHOICES = 60  # of a filter; beyond that one searches


@dataclass(frozen=True)
class UnitOnDay:
    """A unit as it was on the day asked for; `depth` counts from the topmost unit shown."""

    unit_id: int
    code: str
    name: str
    kind: str
    party_name: str
    party_kind: str
    parent_id: int | None
    supervisor_id: int | None
    order: int
    depth: int = 0

    @property
    def indent(self) -> str:
        """What stands before its name; deeper levels stand where the fifth does."""
        return "\u3000" * min(self.depth, 5)

    @property
    def kind_label(self) -> str:
        return str(UnitKind(self.kind).label)

    @property
    def party_kind_label(self) -> str:
        return str(PartyKind(self.party_kind).label)


COLUMNS = ["unit_id", "name", "kind", "party_name", "party_kind", "parent_id", "supervisor_id", "order"]


def units_on(day: date, *, among: QuerySet[Unit] | None = None) -> list[UnitOnDay]:
    """The units that existed on that day with the names and parents of that day, parents before children.

    One statement. `among` limits it to units the reader may see; a unit whose parent he may not see stands on top.
    """
    versions = UnitVersion.objects.filter(valid_from__lte=day).filter(Q(valid_to__isnull=True) | Q(valid_to__gt=day))
    if among is not None:
        versions = versions.filter(unit__in=among.order_by().values("pk"))
    rows = versions.order_by().values(*COLUMNS, code=F("unit__code"))
    return list(in_tree_order(UnitOnDay(**row) for row in rows))


def in_tree_order(units: Iterable[UnitOnDay]) -> Iterator[UnitOnDay]:
    """Parents before their children, siblings by order and code; each with its depth."""
    found = {unit.unit_id: unit for unit in units}
    children: dict[int | None, list[UnitOnDay]] = defaultdict(list)
    for unit in found.values():
        children[unit.parent_id if unit.parent_id in found else None].append(unit)
    waiting = [(unit, 0) for unit in sorted(children[None], key=_place, reverse=True)]
    while waiting:
        unit, depth = waiting.pop()
        yield UnitOnDay(**{**unit.__dict__, "depth": depth})
        waiting += [(child, depth + 1) for child in sorted(children[unit.unit_id], key=_place, reverse=True)]


def _place(unit: UnitOnDay) -> tuple[int, str]:
    return unit.order, unit.code


def tree_rows(user: User, *, today: date) -> QuerySet[Unit]:
    """The units an account may choose from, active ones in their order: what it may see.

    The security officer gives grants anywhere and so may name any unit; he sees names and codes, nothing beneath them.
    """
    rows = Unit.objects.all() if user.office == Office.SECURITY else Unit.objects.visible_to(user, "unit.view")
    return rows.active(today).order_by("order", "code")


def children(unit: Unit, *, on: date) -> QuerySet[Unit]:
    return Unit.objects.filter(parent=unit).active(on).order_by("order", "code")


def supervised(unit: Unit, *, on: date) -> QuerySet[Unit]:
    """The units this discipline body supervises."""
    return Unit.objects.filter(supervisor=unit).active(on).order_by("order", "code")


def unit_history(unit: Unit) -> list[UnitVersion]:
    """沿革, newest first, each version with its parent and supervisor."""
    return list(unit.versions.select_related("parent", "supervisor").order_by("-valid_from"))


def ancestors(unit: Unit) -> list[Unit]:
    """From the root down to the parent; no statement for a root."""
    ids = [int(part) for part in unit.path.split("/")[:-2]]
    found = Unit.objects.in_bulk(ids) if ids else {}
    return [found[pk] for pk in ids]


def supervisors(user: User) -> list[tuple[int, str]]:
    """Discipline bodies in scope as choices of a filter; none in a scope with so many that nobody would read them."""
    bodies = Unit.objects.visible_to(user, "unit.view").filter(kind__in=DISCIPLINE_KINDS)
    found = list(bodies.order_by("order", "code").values_list("pk", "name")[: MOST_CHOICES + 1])
    return found if len(found) <= MOST_CHOICES else []


def counts_by_kind(user: User, *, today: date) -> dict[str, Any]:
    """How many active units of each kind the account may see."""
    rows = Unit.objects.visible_to(user, "unit.view").active(today).order_by().values("kind").annotate(n=Count("pk"))
    return {row["kind"]: row["n"] for row in rows}

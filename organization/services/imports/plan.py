"""What importing the workbook would do: acts per row, and problems at their cells. Reads the database, writes nothing."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from engines.imports.preview import Plan
from engines.imports.reading import Reading, Row
from organization.access import prefixes
from organization.services.imports import plan_charges, plan_posts, plan_units
from organization.services.imports.known import read_known
from organization.services.imports.planning import OrganizationPlan, Planning
from organization.services.imports.sheets import CHARGES, POSTS, UNITS


def plan_organization(reading: Reading, today: date) -> Plan:
    """The planner of the import kind "units"."""
    rows = [*reading.good(POSTS), *reading.good(CHARGES)]
    phones = _values(reading.good(POSTS), "phone")
    known = read_known(_values(rows, "unit"), _values(rows, "name"), phones, today=today)
    work = Planning(reading, today, known, OrganizationPlan(known=known), scope=_scope(reading))
    plan_units.plan(work, reading.good(UNITS))
    plan_posts.plan(work, reading.good(POSTS))
    plan_charges.plan(work, reading.good(CHARGES))
    return work.plan


def _values(rows: Iterable[Row], key: str) -> set[Any]:
    return {row.values[key] for row in rows}


def _scope(reading: Reading) -> tuple[str, ...] | None:
    """The paths the importing account manages; None for a command typed on the server."""
    return None if reading.by is None else prefixes(reading.by, "unit.manage")

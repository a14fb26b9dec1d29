"""What an import would do: acts with before and after, counts, and a fingerprint that shows when it no longer holds."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import Any

from engines.imports.problems import Problem
from engines.imports.reading import Reading


class Does(StrEnum):
    """The four things that can happen to an object."""

    CREATE = "create"
    CHANGE = "change"
    END = "end"
    SAME = "same"

    @property
    def label(self) -> str:
        return {"create": "新增", "change": "变更", "end": "终止", "same": "不变"}[self.value]


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that committing would do, and from which row (`sheet` as Row.sheet has it).

    `key` is what the committer finds its object by.

    `before` and `after` hold only the fields concerned, as plain values (dates and numbers may stay what they are).
    """

    does: Does
    sheet: str
    row: int
    model: str
    key: str
    title: str
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> str:
        values = (self.does, self.sheet, self.row, self.model, self.key, self.title, self.before, self.after)
        return json.dumps(dict(zip(ACT_KEYS, values, strict=True)), ensure_ascii=False, default=plain)


ACT_KEYS = ("does", "sheet", "row", "model", "key", "title", "before", "after")


@dataclass
class Plan:
    """All acts, in the order in which they must be done, and the problems the planner found beyond the reader's."""

    acts: list[Act] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def doing(self, *which: Does) -> list[Act]:
        """The acts of these sorts; without any, all that change something."""
        return [act for act in self.acts if (act.does in which if which else act.does != Does.SAME)]


Counts = dict[str, dict[str, int]]


def counts_of(plan: Plan, reading: Reading) -> Counts:
    """sheet → {create, change, end, same, bad, rows}: how the preview's table is filled."""
    titles = {name: reading.title(name) for name in reading.sheets}
    names = dict.fromkeys([*titles.values(), *(act.sheet for act in plan.acts)])
    counts: Counts = {name: {**{does.value: 0 for does in Does}, "bad": 0, "rows": 0} for name in names}
    for act in plan.acts:
        counts[act.sheet][act.does.value] += 1
    for name, title in titles.items():
        counts[title]["rows"] = len(reading.rows(name))
        counts[title]["bad"] = sum(row.bad for row in reading.rows(name))
    return counts


def fingerprint(lines: Iterable[str], reading: Reading) -> str:
    """SHA-256 of everything that would happen and of the rows left out; equal only for the same outcome."""
    digest = hashlib.sha256()
    for line in lines:
        digest.update(line.encode())
        digest.update(b"\n")
    for name in reading.sheets:
        bad = ",".join(str(row.number) for row in reading.rows(name) if row.bad)
        digest.update(f"{name}:{bad}\n".encode())
    digest.update(f"{reading.totals}".encode())
    return digest.hexdigest()


@dataclass(frozen=True)
class Difference:
    field: str
    before: Any
    after: Any


def diff(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """The fields of `after` whose value is another than in `before`; nothing and "" count as the same."""
    return [
        Difference(name, before.get(name), value)
        for name, value in after.items()
        if (before.get(name) if before.get(name) != "" else None) != (value if value != "" else None)
    ]


def plain(value: Any) -> Any:
    """A value as JSON keeps it: dates as ISO text, decimals as text, objects by their primary key."""
    if value is None or isinstance(value, bool | int | float | str | list | dict):
        return value
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, tuple | set | frozenset):
        return sorted(value, key=str) if not isinstance(value, tuple) else list(value)
    return value.pk if hasattr(value, "pk") else str(value)

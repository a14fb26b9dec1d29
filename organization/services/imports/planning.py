"""The work of planning an import: what was read, what is known, what has been found so far."""

from dataclasses import dataclass, field
from datetime import date

from engines.imports.preview import Plan
from engines.imports.problems import Severity
from engines.imports.reading import Reading, Row
from organization.services.imports.known import Known


@dataclass(frozen=True)
class PersonDraft:
    """A person of the workbook who is not yet known; `key` tells namesakes apart."""

    key: str
    name: str
    phone: str


@dataclass(frozen=True)
class PostDraft:
    """A post as it will stand after the import: of whom, of which sort, still held or not."""

    unit: str
    person: str
    name: str
    title: str
    kind: str
    ref: str
    started_on: date
    ended_on: date | None

    def held(self, on: date) -> bool:
        return self.ended_on is None or self.ended_on > on


@dataclass
class OrganizationPlan(Plan):
    """The plan with what committing needs besides the acts."""

    known: Known = field(default_factory=Known)
    people: dict[str, PersonDraft] = field(default_factory=dict)
    units_in_order: list[str] = field(default_factory=list)  # codes of the sheet, parents first
    posts: dict[str, list[PostDraft]] = field(default_factory=dict)  # by unit, after the import


@dataclass
class Planning:
    """The work in progress: what was read, what is known, what has been found."""

    reading: Reading
    today: date
    known: Known
    plan: OrganizationPlan
    founded: set[str] = field(default_factory=set)  # codes of units this import founds
    levels: dict[str, int] = field(default_factory=dict)
    scope: tuple[str, ...] | None = None  # paths the importing account manages; None is the machine itself

    def refuse(self, row: Row, key: str, words: str, remedy: str = "") -> None:
        """An error at the cell; its row is not imported."""
        self.plan.problems.append(row.problem(key, words, remedy))

    def ask(self, row: Row, key: str, words: str, remedy: str = "无误则不用改。") -> None:
        """Something a person should look at; the row is imported."""
        self.plan.problems.append(row.problem(key, words, remedy, severity=Severity.CHECK))

    def manages(self, path: str) -> bool:
        return self.scope is None or any(path.startswith(prefix) for prefix in self.scope)

    def title_of(self, sheet: str) -> str:
        return self.reading.title(sheet)

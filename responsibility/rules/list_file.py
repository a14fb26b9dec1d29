"""Lists as they stand in a file: plain values, the same for YAML, Excel and what the library holds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from responsibility.enums import DutyKind, Per, Subject

EMPTY_CONTENT: dict[str, Any] = {
    "content": "",
    "measures": "",
    "requirement": "",
    "per": str(Per.OPEN),
    "times": None,
    "event": "",
    "due_on": None,
    "due_words": "",
    "lead_office": "",
    "supporting_offices": "",
    "responsible_leader": "",
    "supervising_body": "",
    "evidence": "",
    "points": None,
    "basis_document": "",
    "basis_article": "",
}
USUAL_TITLES = {
    Subject.COMMITTEE: "主体责任清单",
    Subject.HEAD: "主要负责人责任清单",
    Subject.MEMBER: "班子成员责任清单",
    Subject.DISCIPLINE: "监督责任清单",
    Subject.DEPARTMENT: "职能部门责任清单",
    Subject.GRASSROOTS: "基层单位责任清单",
}
# Words for a deadline that a source gives without a day; they are kept as words, no day is invented.
DUE_WORDS = {"year_start": "年初", "mid_year": "年中", "year_end": "年底"}


@dataclass(frozen=True)
class ItemInFile:
    """One duty: its content fields, its category's name, its identity where the file carries one."""

    content: Mapping[str, Any]
    category: str = ""
    key: str = ""


@dataclass(frozen=True)
class SituationInFile:
    """A situation of the negative list; `items` are the numbers of the duties it pairs with."""

    text: str
    basis: str = ""
    items: tuple[int, ...] = ()


@dataclass(frozen=True)
class ListInFile:
    """One list; `head` has what describes it (title, source, what the source declares)."""

    year: int
    subject: str
    variant: str
    head: Mapping[str, Any]
    categories: tuple[str, ...] = ()
    items: tuple[ItemInFile, ...] = ()
    situations: tuple[SituationInFile, ...] = field(default=())

    @property
    def identity(self) -> tuple[int, str, str]:
        return self.year, self.subject, self.variant

    @property
    def words(self) -> str:
        subject = Subject(self.subject).label
        return f"{self.year}年度 {subject}{'·' + self.variant if self.variant else ''} {self.head['title']}"


def usual_duty_kind(subject: str) -> str:
    return str(DutyKind.SUPERVISION if subject == Subject.DISCIPLINE else DutyKind.PRINCIPAL)


def due_of(text: str) -> tuple[date | None, str]:
    """A day and the words of a deadline: an ISO day is a day, everything else stays words."""
    text = text.strip()
    try:
        return date.fromisoformat(text), ""
    except ValueError:
        return None, DUE_WORDS.get(text, text)


def points_of(text: str) -> Decimal | None:
    """A number of points; None for none. ValueError for what is no number."""
    text = text.strip()
    if not text:
        return None
    try:
        value = Decimal(text).quantize(Decimal("0.01"))
    except ArithmeticError:
        raise ValueError(text) from None
    if not 0 <= value < 10_000:
        raise ValueError(text)
    return value

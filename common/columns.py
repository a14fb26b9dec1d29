"""What a table declares: columns, filters, batch acts, what it says when empty; and how they are shown."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

from django.urls import reverse

# The rank of a column says what becomes of it on narrow screens.
TITLE = "title"  # the row's heading, always there
FACT = "fact"  # stays on a phone, with its label
KEEP = "keep"  # stays on a phone, without a label
SECOND = "2nd"  # goes below 992 px
REST = "rest"  # goes on a phone

RESERVED = {"q", "sort", "size", "after", "before", "n", "all", "pick", "filter", "csrfmiddlewaretoken"}

Choices = Sequence[tuple[Any, str]]


@dataclass(frozen=True)
class Column:
    """A declared column; `value` (a path or a function of the row) is what an export writes into the cell."""

    key: str
    label: str
    rank: str = REST
    sort: str | tuple[str, ...] = ()
    shown: bool = True
    number: bool = False
    css: str = ""
    value: str | Callable[[Any], Any] | None = None

    @property
    def paths(self) -> tuple[str, ...]:
        """The field paths this column sorts by; () where it cannot be sorted."""
        return (self.sort,) if isinstance(self.sort, str) else self.sort

    @property
    def classes(self) -> str:
        """The classes of its cells."""
        ranks = {TITLE: "lz-title", FACT: "lz-fact", KEEP: "lz-keep", SECOND: "lz-2nd", REST: ""}
        return " ".join(filter(None, (ranks[self.rank], "lz-num" if self.number else "", self.css)))


@dataclass(frozen=True)
class Filter:
    """A set of choices in the address; `lookup` takes the list of chosen values, or `apply` narrows the queryset itself."""

    key: str
    label: str
    choices: Choices | Callable[[], Choices]
    lookup: str = ""
    apply: Callable[[Any, list[str]], Any] | None = None
    initial: tuple[str, ...] = ()
    second: bool = False  # offered on wide screens only

    def __post_init__(self) -> None:
        if self.key in RESERVED or not (self.lookup or self.apply):
            raise ValueError(f"filter {self.key!r} needs a free key and a lookup or apply")

    def narrow(self, rows: Any, values: list[str]) -> Any:
        """`rows` with only what the chosen values allow."""
        return self.apply(rows, values) if self.apply else rows.filter(**{self.lookup: values})


@dataclass(frozen=True)
class Act:
    """A batch act: the url name that takes the POST, and its verb."""

    url: str
    word: str
    second: bool = False

    @property
    def href(self) -> str:
        return reverse(self.url)


@dataclass(frozen=True)
class Empty:
    """What a list says when nothing was ever in it."""

    lead: str
    next: str = ""
    url: str = ""
    act: str = ""


@dataclass(frozen=True)
class Option:
    """One choice of a filter as the page shows it."""

    value: str
    word: str
    chosen: bool


@dataclass(frozen=True)
class FilterShown:
    filter: Filter
    options: list[Option]

    @property
    def used(self) -> bool:
        return any(option.chosen for option in self.options)


@dataclass(frozen=True)
class Chip:
    """A condition in use and the address without it."""

    words: str
    without: str


@dataclass(frozen=True)
class Heading:
    """A column head as the page shows it; `order` is ascending, descending or ""."""

    column: Column
    order: str = ""
    href: str = ""


def frame(column: Column) -> tuple[str, str]:
    """Opening and closing markup of a column's cell; labels are declared in code, never typed by a user."""
    if column.rank == TITLE:
        return f'<th scope="row" class="{column.classes}">', "</th>"
    label = f' data-label="{column.label}"' if column.rank == FACT else ""
    css = f' class="{column.classes}"' if column.classes else ""
    inner = ("<div>", "</div>") if column.rank == FACT else ("", "")
    return f"<td{css}{label}>{inner[0]}", f"{inner[1]}</td>"


def value_of(row: Any, value: str | Callable[[Any], Any] | None) -> Any:
    """What the cell holds: a function of the row, or a path of names; a method on the way (a label) is called."""
    if callable(value):
        return value(row)
    return reduce(_step, str(value).replace(".", "__").split("__"), row)


def _step(obj: Any, name: str) -> Any:
    found = getattr(obj, name, None)
    return found() if callable(found) else found

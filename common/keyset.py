"""Paging by the values of the row at the edge instead of by counting rows: fast on the last page as on the first."""

import datetime as dt
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core import signing
from django.db.models import Q

SALT = "common.table"
LONGEST_TOKEN = 2000


@dataclass(frozen=True)
class Cursor:
    """A place between two rows: the sort values and key of the row at the edge, and that row's number in the list."""

    values: tuple[Any, ...]
    pk: Any
    number: int


@dataclass
class Window:
    """The rows of one page and what lies on both sides."""

    rows: list[Any] = field(default_factory=list)
    first: int = 1
    more_before: bool = False
    more_after: bool = False


def write_cursor(order: str, cursor: Cursor) -> str:
    """The cursor as signed text for an address; `order` names the table and the order it belongs to."""
    values = [pack(value) for value in cursor.values]
    return signing.dumps([order, values, pack(cursor.pk), cursor.number], salt=SALT, compress=True)


def read_cursor(order: str, token: str) -> Cursor | None:
    """The cursor in an address; None where there is none, it was tampered with, or it belongs to another order."""
    if not token or len(token) > LONGEST_TOKEN:
        return None
    try:
        name, values, pk, number = signing.loads(token, salt=SALT)
        return Cursor(tuple(unpack(v) for v in values), unpack(pk), int(number)) if name == order else None
    except (signing.BadSignature, ValueError, TypeError, KeyError, InvalidOperation):
        return None


def beyond(names: Sequence[str], values: Sequence[Any], *, up: bool) -> Q:
    """The rows strictly after (`values`) in the order of `names`, all ascending (`up`) or all descending; NULL is greatest.

    The first part repeats the bound alone, so that an index on it can be entered at the right place.
    """
    name, value, rest = names[0], values[0], names[1:]
    after_ties = beyond(rest, values[1:], up=up) if rest else None
    if value is None:
        ties = Q(**{f"{name}__isnull": True})
        tail = ties & after_ties if after_ties is not None else Q(pk__in=[])  # a primary key is never NULL
        return tail if up else Q(**{f"{name}__isnull": False}) | tail
    step = "gt" if up else "lt"
    strictly = Q(**{f"{name}__{step}": value})
    if after_ties is None:  # the primary key: never NULL, never tied
        return strictly
    bound = Q(**{f"{name}__{step}e": value}) & (strictly | after_ties)
    return bound | Q(**{f"{name}__isnull": True}) if up else bound


def pack(value: Any) -> Any:
    """A sort value as JSON that comes back exactly; text, numbers and None stay themselves."""
    for mark, kind in (("t", dt.datetime), ("d", dt.date), ("h", dt.time)):
        if isinstance(value, kind):
            return [mark, value.isoformat()]
    if isinstance(value, Decimal | uuid.UUID):
        return ["n" if isinstance(value, Decimal) else "u", str(value)]
    if isinstance(value, str | int | float | None):
        return value
    raise TypeError(f"a table cannot be sorted by values of type {type(value).__name__}")


def unpack(value: Any) -> Any:
    """The value `pack` wrote; KeyError, ValueError or InvalidOperation where it wrote something else."""
    if not isinstance(value, list):
        return value
    mark, text = value
    read: dict[str, Callable[[str], Any]] = {
        "t": dt.datetime.fromisoformat,
        "d": dt.date.fromisoformat,
        "h": dt.time.fromisoformat,
        "n": Decimal,
        "u": uuid.UUID,
    }
    return read[mark](text)

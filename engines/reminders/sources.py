"""Where obligations come from: apps register theirs, the engine knows none by name."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Model, QuerySet

# What each queryset of a source must give, by these names (`values`); the engine reads them in this order.
#   object_id    the obligation, one per thing that has to be done      target_id   what its page shows
#   owner_id     the account that has to do it, NULL where he has none   owner_path  path of the unit he does it for
#   owner_name   he and his unit in words                                deadline    the day
#   words        what has to be done
NAMES = ("object_id", "target_id", "owner_id", "owner_path", "owner_name", "deadline", "words")
# The same as columns of the engine's statements.
COLUMNS = ("object_id", "target_id", "owner_id", "owner_path", "owner_name", "due_on", "title")


@dataclass(frozen=True)
class Source:
    """A kind of obligation. `open_ones(today)` are all that are not done; several querysets where owners come by two ways."""

    name: str
    label: str
    open_ones: Callable[[date], Sequence[QuerySet[Any, Any]]]
    address: Callable[[int], str]  # of the page of a target


# (owner or None, path of his unit) of obligations → (owner, path, audience, account) for everybody above him.
Key = tuple[int | None, str]
Chain = Callable[[Sequence[Key], date], Sequence[tuple[int | None, str, str, int]]]

_sources: dict[str, Source] = {}
_chain: list[Chain] = []


def register(source: Source) -> None:
    """Announces a source; upper floors call this in AppConfig.ready()."""
    known = _sources.setdefault(source.name, source)
    if known is not source:
        raise ValueError(f"two sources named {source.name}")


def register_chain(chain: Chain) -> None:
    """Announces who stands above an owner; there is one such function in an installation."""
    _chain[:] = [chain]


def sources() -> list[Source]:
    return [_sources[name] for name in sorted(_sources)]


def source_named(name: str) -> Source | None:
    return _sources.get(name)


def chain_above(keys: Sequence[Key], today: date) -> Sequence[tuple[int | None, str, str, int]]:
    return _chain[0](keys, today) if _chain and keys else []


def rows_sql(source: Source, today: date, **narrowed: Any) -> tuple[str, list[Any]]:
    """The open obligations of a source as one SELECT with COLUMNS in their order, and its parameters."""
    parts: list[str] = []
    parameters: list[Any] = []
    for rows in source.open_ones(today):
        sql, given = rows.filter(**narrowed).order_by().values_list(*NAMES).query.sql_with_params()
        parts.append(f"({sql})")
        parameters += given
    return " UNION ALL ".join(parts), parameters


def obligations_of(user: Model, today: date) -> list[dict[str, Any]]:
    """Everything the account has to do, by deadline, each with `source`; one statement per queryset of a source."""
    found: list[dict[str, Any]] = []
    for source in sources():
        for rows in source.open_ones(today):
            mine = rows.filter(owner_id=user.pk).order_by().values(*NAMES)
            found += [{**row, "source": source} for row in mine]
    return sorted(found, key=lambda row: (row["deadline"], row["source"].name, row["object_id"]))

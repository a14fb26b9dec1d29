"""Which sorts of import there are. Apps register theirs in AppConfig.ready(); pages and commands share one path."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import Model

from common.errors import DomainError
from engines.imports.preview import Plan, plain
from engines.imports.reading import Reading
from engines.imports.spec import SheetSpec


@dataclass(frozen=True)
class Made:
    """What committing did to one saved object; the trace by which it can be undone.

    `act` is created, changed or ended. `before` and `after` hold the fields concerned (all that matter of a created
    object: undoing refuses when one of them was changed since).
    """

    obj: Model
    act: str
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Commit:
    """What the committer is told. `skip_bad` has already been applied: the plan holds only acts of good rows."""

    run: Any
    actor: Any
    now: datetime
    today: date
    reading: Reading


Planner = Callable[[Reading, date], Plan]
Committer = Callable[[Plan, Commit], Iterable[Made]]
# Called in undo's transaction after the objects are as before: audit entries, kept copies of paths.
AfterUndo = Callable[[Any, Sequence[Any], Any, datetime], None]


@dataclass(frozen=True)
class ImportKind:
    """One sort of import. `plan` reads the database and writes nothing; `commit` runs inside the engine's transaction,
    writes its own audit entries and returns what it made in the order in which it was made."""

    name: str
    label: str
    specs: tuple[SheetSpec, ...]
    plan: Planner
    commit: Committer
    after_undo: AfterUndo | None = None


_kinds: dict[str, ImportKind] = {}


def register_kind(kind: ImportKind) -> None:
    known = _kinds.setdefault(kind.name, kind)
    if known is not kind:
        raise ValueError(f"two import kinds {kind.name}")


def kind_named(name: str) -> ImportKind:
    """Refuses with DomainError a name that nobody registered."""
    if name not in _kinds:
        raise DomainError("没有这一类导入。")
    return _kinds[name]


def values_of(obj: Model, names: Iterable[str]) -> dict[str, Any]:
    """The object's present values of these fields as Made wants them: foreign keys by id, dates as ISO text."""
    fields = [obj._meta.get_field(name) for name in names]
    return {f.name: plain(getattr(obj, f.attname)) for f in fields}  # type: ignore[union-attr]

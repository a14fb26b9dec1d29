"""The difference of two versions of a list, item by item, and of two texts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from responsibility.enums import ChangeKind
from responsibility.rules.similarity import likeness, plain

# Two items without a common key are the same item reworded if so much of their text is equal.
REWORDED = 0.6


@dataclass(frozen=True)
class Duty:
    """One item as it is compared; `values` holds the content fields and the category's name."""

    key: str
    no: int
    values: Mapping[str, Any]
    ref: Any = None

    @property
    def content(self) -> str:
        return str(self.values["content"])


@dataclass(frozen=True)
class Difference:
    """One item that was added, changed or removed; `reworded` where only the text showed that it is the same."""

    kind: ChangeKind
    before: Duty | None
    after: Duty | None
    fields: tuple[str, ...] = field(default=())
    reworded: bool = False

    @property
    def order(self) -> tuple[int, int]:
        duty = self.after or self.before
        assert duty is not None
        return duty.no, 0 if self.after else 1


def difference(old: Sequence[Duty], new: Sequence[Duty]) -> list[Difference]:
    """What the new list changes, in its order; items are matched by key, what is left over by text."""
    by_key = {duty.key: duty for duty in old}
    pairs = [(by_key.pop(duty.key), duty) for duty in new if duty.key in by_key]
    keyed = {after.key for _, after in pairs}
    added = [duty for duty in new if duty.key not in keyed]
    reworded, removed, added = _match_by_text(list(by_key.values()), added)
    found = [
        Difference(ChangeKind.CHANGED, before, after, fields, (before, after) in reworded)
        for before, after in [*pairs, *reworded]
        if (fields := changed_fields(before.values, after.values))
    ]
    found += [Difference(ChangeKind.ADDED, None, duty) for duty in added]
    found += [Difference(ChangeKind.REMOVED, duty, None) for duty in removed]
    return sorted(found, key=lambda change: change.order)


def changed_fields(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of the values that differ, in the order of `after`."""
    return tuple(name for name in after if before.get(name) != after[name])


def _match_by_text(old: list[Duty], new: list[Duty]) -> tuple[list[tuple[Duty, Duty]], list[Duty], list[Duty]]:
    """The likeliest pairs first, each item once; then what is left of both."""
    ranked = sorted(
        (
            (share, before, after)
            for before in old
            for after in new
            if (share := likeness(plain(before.content), plain(after.content))) >= REWORDED
        ),
        key=lambda found: (-found[0], found[1].no, found[2].no),
    )
    pairs: list[tuple[Duty, Duty]] = []
    for _, before, after in ranked:
        if not any(before is one or after is other for one, other in pairs):
            pairs.append((before, after))
    return (
        pairs,
        [duty for duty in old if not any(duty is one for one, _ in pairs)],
        [duty for duty in new if not any(duty is other for _, other in pairs)],
    )


def merged(
    current: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any], empty: Iterable[Any] = ("", None)
) -> dict[str, Any]:
    """What a holder's item becomes by a change above: the new values, but what he filled where both left it open stays."""
    blank = tuple(empty)
    return {
        name: current[name] if value in blank and before.get(name) in blank else value for name, value in after.items()
    }

"""Two versions or years of a list side by side, item by item."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from responsibility.enums import Per
from responsibility.models import ListItem, ResponsibilityList
from responsibility.models.content import CONTENT_FIELDS, content_of
from responsibility.rules.lists import Difference, Duty, difference
from responsibility.rules.similarity import Piece, side_by_side

LABELS = {name: str(getattr(ListItem._meta.get_field(name), "verbose_name", name)) for name in CONTENT_FIELDS} | {
    "category": "类别"
}


@dataclass(frozen=True)
class FieldChange:
    """One changed value with what stayed and what differs in its text."""

    label: str
    before: list[Piece]
    after: list[Piece]


def duty_of(item: ListItem) -> Duty:
    """The item as it is compared; `ref` is its id."""
    values = content_of(item) | {"category": item.category.name if item.category else ""}
    return Duty(str(item.key), item.no, values, item.pk)


def duties_of(target: ResponsibilityList) -> list[Duty]:
    return [duty_of(item) for item in target.items.select_related("category").order_by("no")]


def compared(old: ResponsibilityList, new: ResponsibilityList) -> list[Difference]:
    """What `new` changes against `old`, in the order of `new`."""
    return difference(duties_of(old), duties_of(new))


def field_changes(before: dict[str, Any], after: dict[str, Any], names: Sequence[str] = ()) -> list[FieldChange]:
    """The changed values with their texts cut into what stayed and what differs."""
    wanted = names or [name for name in after if before.get(name) != after[name]]
    return [
        FieldChange(LABELS[name], *side_by_side(value_in_words(name, before), value_in_words(name, after)))
        for name in wanted
    ]


def value_in_words(name: str, values: dict[str, Any]) -> str:
    value = values.get(name)
    if value in (None, ""):
        return ""
    return str(Per(value).label) if name == "per" else str(value)

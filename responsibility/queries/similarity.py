"""Individual items that were copied from a neighbour: found by signature, judged by text."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.conf import settings

from responsibility.enums import IssuedItemState, IssuedState, ItemKind
from responsibility.models import IssuedItem, IssuedList
from responsibility.rules.similarity import in_percent, likeness, plain, unit_names

# Texts compared at most for one list. Beyond that the usual phrases of a year have become everybody's.
MOST_COMPARED = 5_000


@dataclass(frozen=True)
class Alike:
    """An item of the list, the neighbour's item it resembles most, and the share of equal text (0 to 1)."""

    item: IssuedItem
    other: IssuedItem
    share: float

    @property
    def percent(self) -> int:
        return in_percent(self.share)


def text_of(item: IssuedItem) -> str:
    """What is compared: content and measures, without the names of the unit itself."""
    unit = item.issued_list.unit
    return plain(item.content + item.measures, unit_names(unit.name, unit.party_name))


def copied_items(issued: IssuedList, items: Sequence[IssuedItem], threshold: float | None = None) -> list[Alike]:
    """For each individual item of the list the neighbour's it resembles most, if that reaches the threshold.

    Neighbours are the individual items of other units of the same year. One statement, whatever the number of units:
    the signature's index yields the few texts that are then compared.
    """
    own = [
        item for item in items if item.kind == ItemKind.INDIVIDUAL and item.state == IssuedItemState.OPEN and item.bands
    ]
    if not own:
        return []
    least = settings.LVZE_SIMILARITY_THRESHOLD if threshold is None else threshold
    others = list(_candidates(issued, {band for item in own for band in item.bands}))
    texts = [(other, text_of(other)) for other in others]
    found = (_nearest(item, texts) for item in own)
    return [alike for alike in found if alike and alike.share >= least]


def _candidates(issued: IssuedList, bands: Iterable[int]) -> Iterable[IssuedItem]:
    return (
        IssuedItem.objects.filter(
            kind=ItemKind.INDIVIDUAL, state=IssuedItemState.OPEN, year=issued.year, bands__overlap=sorted(bands)
        )
        .exclude(issued_list__unit_id=issued.unit_id)
        .exclude(issued_list__state=IssuedState.WITHDRAWN)
        .select_related("issued_list__unit")
        .order_by("pk")[:MOST_COMPARED]
    )


def _nearest(item: IssuedItem, texts: Sequence[tuple[IssuedItem, str]]) -> Alike | None:
    own = text_of(item)
    bands = set(item.bands)
    shares = [(likeness(own, text), other) for other, text in texts if not bands.isdisjoint(other.bands)]
    if not shares:
        return None
    share, other = max(shares, key=lambda pair: (pair[0], -pair[1].pk))
    return Alike(item, other, share)

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


@dataclass(frozen=True)
class Neighbour:
    """What is compared of another unit's item."""

    pk: int
    bands: frozenset[int]
    text: str


def text_of(item: IssuedItem) -> str:
    """What is compared: content and measures, without the names of the unit itself."""
    unit = item.issued_list.unit
    return plain(item.content + item.measures, unit_names(unit.name, unit.party_name))


def copied_items(issued: IssuedList, items: Sequence[IssuedItem], threshold: float | None = None) -> list[Alike]:
    """For each individual item of the list the neighbour's it resembles most, if that reaches the threshold.

    Neighbours are the individual items of other units of the same year. One statement, whatever the number of units
    (a second one where something is found): the signature's index yields the few texts that are then compared.
    """
    own = [
        item for item in items if item.kind == ItemKind.INDIVIDUAL and item.state == IssuedItemState.OPEN and item.bands
    ]
    if not own:
        return []
    least = settings.LVZE_SIMILARITY_THRESHOLD if threshold is None else threshold
    neighbours = _neighbours(issued, {band for item in own for band in item.bands})
    nearest = [(item, found) for item in own if (found := _nearest(item, neighbours)) and found[0] >= least]
    rows = IssuedItem.objects.select_related("issued_list__unit").in_bulk([pk for _, (_, pk) in nearest])
    return [Alike(item, rows[pk], share) for item, (share, pk) in nearest]


def _neighbours(issued: IssuedList, bands: Iterable[int]) -> list[Neighbour]:
    rows = (
        IssuedItem.objects.filter(
            kind=ItemKind.INDIVIDUAL, state=IssuedItemState.OPEN, year=issued.year, bands__overlap=sorted(bands)
        )
        .exclude(issued_list__unit_id=issued.unit_id)
        .exclude(issued_list__state=IssuedState.WITHDRAWN)
        .order_by()
        .values_list(
            *("pk", "bands", "content", "measures", "issued_list__unit__name", "issued_list__unit__party_name")
        )[:MOST_COMPARED]
    )
    return [
        Neighbour(pk, frozenset(their), plain(content + measures, unit_names(name, party)))
        for pk, their, content, measures, name, party in rows
    ]


def _nearest(item: IssuedItem, neighbours: Sequence[Neighbour]) -> tuple[float, int] | None:
    """The highest share and the id of its item; of equals the one that was there first."""
    own = text_of(item)
    shares = [(likeness(own, one.text), -one.pk) for one in neighbours if not one.bands.isdisjoint(item.bands)]
    if not shares:
        return None
    share, negative = max(shares)
    return share, -negative

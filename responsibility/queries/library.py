"""Reading the library: a list with its headings and items, and the same as plain values."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Func, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from organization.models import Unit
from responsibility.enums import ListState
from responsibility.models import IssuedList, ListCategory, ListItem, ResponsibilityList
from responsibility.models.content import content_of
from responsibility.models.library import paths_above
from responsibility.rules.list_file import ItemInFile, ListInFile, SituationInFile
from responsibility.rules.numerals import chinese_number

# What describes a list; unit, year, subject and variant are its identity and stay.
HEAD_FIELDS = (
    "title",
    "duty_kind",
    "source_title",
    "source_author",
    "source_year",
    "source_kind",
    "source_url",
    "source_completeness",
    "declared_item_count",
    "notes",
)


@dataclass
class Heading:
    """A category with its items; `category` is None for items without one."""

    category: ListCategory | None
    items: list[ListItem] = field(default_factory=list)

    @property
    def words(self) -> str:
        return f"{chinese_number(self.category.no)}、{self.category.name}" if self.category else ""


MOST_COUNTED = 10_000  # of the lists issued from one


def with_counts(lists: QuerySet[ResponsibilityList]) -> QuerySet[ResponsibilityList]:
    """Adds how many items each has, and how many issued lists follow it (at most MOST_COUNTED, so that the page costs
    the same in a province); counted per row shown, never joined."""
    items = ListItem.objects.filter(list=OuterRef("pk"))
    issued = IssuedList.objects.in_force().filter(list=OuterRef("pk"))
    followers = ArraySubquery(issued.order_by().values("pk")[:MOST_COUNTED])
    return lists.annotate(
        item_count=_counted(items),
        issued_count=Func(followers, function="CARDINALITY", output_field=IntegerField()),
    )


def _counted(rows: QuerySet[Any]) -> Coalesce:
    counted = rows.order_by().values("list").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def headings(target: ResponsibilityList) -> list[Heading]:
    """The list as it is read: categories in their order, also those of which the source prints no item."""
    by_category = {one.pk: Heading(one) for one in target.categories.order_by("no")}
    loose = Heading(None)
    items = target.items.select_related("upper__list").prefetch_related("situations").order_by("no")
    for item in items:
        (by_category[item.category_id] if item.category_id else loose).items.append(item)
    return [*([loose] if loose.items else []), *by_category.values()]


def latest_of(unit: Unit, *, year: int, subject: str, variant: str) -> ResponsibilityList | None:
    """The newest version, draft or not, of that identity."""
    known = ResponsibilityList.objects.filter(unit=unit, year=year, subject=subject, variant=variant)
    return known.order_by("-version").first()


def versions_of(target: ResponsibilityList) -> QuerySet[ResponsibilityList]:
    return ResponsibilityList.objects.filter(lineage=target.lineage).order_by("-version")


def upper_items(target: ResponsibilityList) -> QuerySet[ListItem]:
    """Items of published lists of the units above, of the same year: what an item of this list can carry further."""
    return (
        ListItem.objects.filter(
            list__unit_path__in=paths_above(target.unit_path), list__year=target.year, list__state=ListState.PUBLISHED
        )
        .select_related("list")
        .order_by("list", "no")
    )


def as_in_file(target: ResponsibilityList) -> ListInFile:
    """The list as plain values, in its order; what an import compares with and an export writes."""
    items = list(target.items.select_related("category").order_by("no"))
    return ListInFile(
        target.year,
        target.subject,
        target.variant,
        {name: getattr(target, name) for name in HEAD_FIELDS},
        tuple(target.categories.order_by("no").values_list("name", flat=True)),
        tuple(ItemInFile(content_of(one), one.category.name if one.category else "", str(one.key)) for one in items),
        tuple(_situations(target)),
    )


def _situations(target: ResponsibilityList) -> Sequence[SituationInFile]:
    return [
        SituationInFile(one.text, one.basis, tuple(sorted(item.no for item in one.items.all())))
        for one in target.situations.prefetch_related("items").order_by("no")
    ]

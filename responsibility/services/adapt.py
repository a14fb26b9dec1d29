"""What is changed below: individual items, and the fields that the library leaves open."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import ProtectedError

from common.errors import DomainError, Stale
from engines.audit.record import record
from responsibility.enums import IssuedItemState, ItemKind
from responsibility.models import IssuedItem, IssuedList
from responsibility.models.content import CONTENT_FIELDS, content_of
from responsibility.rules.similarity import bands_of, plain, unit_names
from responsibility.services.authority import ensure
from responsibility.services.drafts import checked_content, only, renumber
from responsibility.services.issue import item_search_text

EMPTY = ("", None)
FREQUENCY_FIELDS = ("per", "times", "event")


@transaction.atomic
def add_individual_item(
    issued: IssuedList, *, content: Mapping[str, Any], category_no: int = 0, actor: Any, now: datetime
) -> IssuedItem:
    """Adds an item of the holder's own under one of the list's categories. Refused once the list is acknowledged."""
    held = locked_for_change(issued, actor)
    made = IssuedItem(
        issued_list=held,
        unit_path=held.unit_path,
        year=held.year,
        no=held.items.count() + 1,
        kind=ItemKind.INDIVIDUAL,
        key=uuid.uuid4(),
        category_no=category_no,
        category_name=category_name(held, category_no),
        **only(content, CONTENT_FIELDS),
    )
    _describe(made, held)
    checked_content(made).save()
    sort_items(held)
    made.refresh_from_db(fields=["no"])
    after = {"no": made.no, "key": made.key, **content_of(made)}
    record("issued_list.add_item", held, actor=actor, now=now, after=after)
    return made


@transaction.atomic
def edit_issued_item(
    item: IssuedItem, *, content: Mapping[str, Any], category_no: int | None = None, actor: Any, now: datetime
) -> IssuedItem:
    """Changes an individual item, or fills what the library leaves open in a common one; nothing else of a common item."""
    held = locked_for_change(item.issued_list, actor)
    wanted = only(content, CONTENT_FIELDS)
    if item.kind == ItemKind.COMMON:
        wanted = {name: value for name, value in wanted.items() if name in open_fields(item)}
    elif category_no is not None:
        wanted |= {"category_no": category_no, "category_name": category_name(held, category_no)}
    before = {name: getattr(item, name) for name, value in wanted.items() if getattr(item, name) != value}
    if not before:
        return item
    for name in before:
        setattr(item, name, wanted[name])
    _describe(item, held)
    checked_content(item).save(update_fields=[*before, "bands", "search_text"])
    after = {name: wanted[name] for name in before}
    record("issued_list.edit_item", held, actor=actor, now=now, before=before, after=after, title=f"{held} {item}")
    if "category_no" in before:
        sort_items(held)
    return item


@transaction.atomic
def remove_individual_item(item: IssuedItem, *, actor: Any, now: datetime) -> None:
    """Takes an individual item away. Refused where something hangs on it."""
    held = locked_for_change(item.issued_list, actor)
    if item.kind != ItemKind.INDIVIDUAL:
        raise DomainError("共性事项由上级清单规定，不能删除。", remedy="不适用的，请退回清单并说明理由。")
    before = {"no": item.no, "key": item.key, **content_of(item)}
    try:
        item.delete()
    except ProtectedError as error:
        raise DomainError(
            "这项责任已写入责任书或有变更记录，不能删除。", remedy="请先在责任书中删去对应条款。"
        ) from error
    record("issued_list.remove_item", held, actor=actor, now=now, before=before)
    sort_items(held)


def locked_for_change(issued: IssuedList, actor: Any) -> IssuedList:
    """The issued list under lock. Refuses who may not adapt it, and what is acknowledged or withdrawn."""
    held = IssuedList.objects.select_for_update(of=("self",)).select_related("unit", "list").get(pk=issued.pk)
    ensure_adaptable(held, actor)
    return held


def ensure_adaptable(held: IssuedList, actor: Any) -> None:
    """Refuses who may not adapt the list, and a list that is acknowledged or withdrawn."""
    ensure(actor, "list.adapt", held)
    if not held.is_adaptable:
        raise Stale(
            f"清单现在是「{held.get_state_display()}」，不能再改。", remedy="确需修改的，请报请下达单位退回修改。"
        )


def open_fields(item: IssuedItem) -> frozenset[str]:
    """The fields of a common item that its holder may fill: those the library leaves empty."""
    source = item.source
    if source is None:
        return frozenset(CONTENT_FIELDS)
    empty = {name for name in CONTENT_FIELDS if getattr(source, name) in EMPTY} - set(FREQUENCY_FIELDS)
    if source.per == "open":
        empty |= set(FREQUENCY_FIELDS)
    elif source.per == "event" and not source.event:
        empty.add("event")
    return frozenset(empty)


def category_name(held: IssuedList, category_no: int) -> str:
    """The name of a category of the list; "" for none. Refuses a number the list does not have."""
    if category_no == 0:
        return ""
    named = held.list.categories.filter(no=category_no).values_list("name", flat=True).first()
    if named is None:
        raise DomainError("清单里没有这个类别。", field="category_no")
    return named


def _describe(item: IssuedItem, held: IssuedList) -> None:
    """What is kept beside the text so that it can be found and compared."""
    item.search_text = item_search_text(item.content, held.unit.name)
    if item.kind == ItemKind.INDIVIDUAL:
        text = plain(item.content + item.measures, unit_names(held.unit.name, held.unit.party_name))
        item.bands = bands_of(text)


def sort_items(held: IssuedList) -> None:
    """By category; in it the common items in the library's order, then the individual ones; what was dropped at the end."""
    items = list(held.items.select_related("source"))
    items.sort(
        key=lambda item: (
            item.state == IssuedItemState.DROPPED,
            item.category_no,
            item.kind == ItemKind.INDIVIDUAL,
            item.source.no if item.source else 0,
            item.no,
        )
    )
    renumber(items)

"""What all changes of a draft share: the lock, the check of a row, the running numbers."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models
from django.db.models import Max, QuerySet

from common.errors import DomainError, Stale
from engines.audit.record import record
from responsibility.models import ListCategory, ListItem, NegativeSituation, ResponsibilityList
from responsibility.models.content import DutyContent
from responsibility.rules.frequency import Frequency, refusal_of
from responsibility.services.authority import ensure

M = TypeVar("M", bound=models.Model)
C = TypeVar("C", bound=DutyContent)
Numbered = ListCategory | ListItem | NegativeSituation


def locked_draft(target: ResponsibilityList, actor: Any) -> ResponsibilityList:
    """The list under lock. Refuses who may not author it, and what is no longer a draft."""
    ensure(actor, "list.author", target)
    draft = ResponsibilityList.objects.select_for_update(of=("self",)).filter(pk=target.pk).first()
    if draft is None:
        raise Stale("这份草稿已被删除。")
    if not draft.is_draft:
        raise Stale(f"清单现在是「{draft.get_state_display()}」，不能再改。", remedy="请先修订出新的版本。")
    return draft


def checked(row: M) -> M:
    """The row, if fields and constraints hold; otherwise a DomainError with the first sentence and its field."""
    try:
        row.full_clean(validate_unique=False)
    except ValidationError as error:
        field, sentences = next(iter(error.message_dict.items()))
        label = "" if field == NON_FIELD_ERRORS else str(row._meta.get_field(field).verbose_name) + "："  # type: ignore[union-attr]
        raise DomainError(f"{label}{sentences[0]}", field=None if field == NON_FIELD_ERRORS else field) from error
    return row


def checked_content(row: C) -> C:
    """The same for a duty; its frequency is explained first, because the sentence says what to do."""
    if refusal := refusal_of(Frequency(row.per, row.times, row.event, row.due_on, row.due_words)):
        raise DomainError(refusal, field="per")
    return checked(row)


def only(values: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """The values with these names, text without blanks at its ends."""
    known = {name: values[name] for name in names if name in values}
    return {name: value.strip() if isinstance(value, str) else value for name, value in known.items()}


def plain(value: Any) -> Any:
    """The value as an audit entry keeps it."""
    return str(value) if isinstance(value, models.Model) else value


def change(row: M, wanted: Mapping[str, Any], action: str, actor: Any, now: datetime) -> M:
    """Writes what differs, with its audit entry; nothing at all where nothing differs."""
    before = {name: getattr(row, name) for name, value in wanted.items() if getattr(row, name) != value}
    if not before:
        return row
    for name in before:
        setattr(row, name, wanted[name])
    checked(row).save(update_fields=list(before))
    after = {name: plain(wanted[name]) for name in before}
    record(action, row, actor=actor, now=now, before={n: plain(v) for n, v in before.items()}, after=after)
    return row


def next_no(rows: Any) -> int:
    return int((rows.aggregate(last=Max("no"))["last"] or 0) + 1)


def move(rows: QuerySet[Any], row: Numbered, to_no: int) -> int:
    """Puts the row at that place and numbers all anew; returns the place it got."""
    others = [one for one in rows.order_by("no") if one.pk != row.pk]
    place = min(max(to_no, 1), len(others) + 1)
    others.insert(place - 1, row)
    renumber(others)
    return place


def close_gaps(rows: QuerySet[Any]) -> None:
    renumber(list(rows.order_by("no")))


def sort_by_category(draft: ResponsibilityList) -> None:
    """Items stand under their categories: their numbers follow the order of the categories, then their own."""
    items = list(draft.items.select_related("category"))
    items.sort(key=lambda item: (item.category.no if item.category else 0, item.no))
    renumber(items)


def renumber(rows: Sequence[Any]) -> None:
    """1, 2, 3 … in this order; the unique numbers are checked at the end of the transaction only."""
    moved = []
    for no, row in enumerate(rows, start=1):
        if row.no != no:
            row.no = no
            moved.append(row)
    if moved:
        type(moved[0])._default_manager.bulk_update(moved, ["no"])

"""What stands in a draft: categories, items, situations of the negative list."""

import re
import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from common.errors import DomainError
from engines.audit.record import record
from responsibility.models import ListCategory, ListItem, NegativeSituation, ResponsibilityList
from responsibility.models.content import CONTENT_FIELDS, content_of
from responsibility.services.drafts import (
    checked,
    checked_content,
    close_gaps,
    locked_draft,
    move,
    next_no,
    only,
    plain,
    sort_by_category,
)


@transaction.atomic
def add_category(target: ResponsibilityList, *, name: str, actor: Any, now: datetime) -> ListCategory:
    draft = locked_draft(target, actor)
    made = ListCategory(list=draft, no=next_no(draft.categories), name=bare_name(name))
    checked(made).save()
    record("list.add_category", draft, actor=actor, now=now, after={"no": made.no, "name": made.name})
    return made


def bare_name(name: str) -> str:
    """The name without a number typed before it: the page numbers the categories itself."""
    return re.sub(r"^[（(]?[一二三四五六七八九十]{1,3}[）)]?[、.．]\s*", "", name.strip())


@transaction.atomic
def rename_category(category: ListCategory, *, name: str, actor: Any, now: datetime) -> ListCategory:
    draft = locked_draft(category.list, actor)
    before, category.name = category.name, bare_name(name)
    checked(category).save(update_fields=["name"])
    record("list.rename_category", draft, actor=actor, now=now, before={"name": before}, after={"name": category.name})
    return category


@transaction.atomic
def move_category(category: ListCategory, *, to_no: int, actor: Any, now: datetime) -> None:
    draft = locked_draft(category.list, actor)
    before = category.no
    after = move(draft.categories.all(), category, to_no)
    record("list.move_category", draft, actor=actor, now=now, before={"no": before}, after={"no": after})


@transaction.atomic
def delete_category(category: ListCategory, *, actor: Any, now: datetime) -> None:
    """Refuses while the category still has items."""
    draft = locked_draft(category.list, actor)
    if count := category.items.count():
        raise DomainError(
            f"「{category.name}」还有 {count} 项责任事项，不能删除。", remedy="请先把事项移到别的类别或删除。"
        )
    record("list.delete_category", draft, actor=actor, now=now, before={"no": category.no, "name": category.name})
    category.delete()
    close_gaps(draft.categories.all())


@transaction.atomic
def add_item(
    target: ResponsibilityList,
    *,
    content: Mapping[str, Any],
    category: ListCategory | None = None,
    upper: ListItem | None = None,
    key: uuid.UUID | None = None,
    actor: Any,
    now: datetime,
) -> ListItem:
    """A new item at the end of its category; numbers run through the whole list."""
    draft = locked_draft(target, actor)
    made = ListItem(list=draft, no=next_no(draft.items), key=key or uuid.uuid4(), **only(content, CONTENT_FIELDS))
    made.category, made.upper = _own_category(draft, category), upper
    checked_content(made).save()
    sort_by_category(draft)
    made.refresh_from_db(fields=["no"])
    record("list.add_item", draft, actor=actor, now=now, after={"no": made.no, "key": made.key, **content_of(made)})
    return made


@transaction.atomic
def edit_item(
    item: ListItem,
    *,
    content: Mapping[str, Any],
    category: ListCategory | None = None,
    upper: ListItem | None = None,
    actor: Any,
    now: datetime,
) -> ListItem:
    """Changes an item of a draft. Nothing is written where nothing differs."""
    draft = locked_draft(item.list, actor)
    wanted = {**only(content, CONTENT_FIELDS), "category": _own_category(draft, category), "upper": upper}
    before = {name: value for name in wanted if (value := getattr(item, name)) != wanted[name]}
    if not before:
        return item
    for name in before:
        setattr(item, name, wanted[name])
    checked_content(item).save(update_fields=list(before))
    after = {name: plain(wanted[name]) for name in before}
    before = {name: plain(value) for name, value in before.items()}
    record("list.edit_item", draft, actor=actor, now=now, before=before, after=after, title=f"{draft} {item}")
    if "category" in before:
        sort_by_category(draft)
    return item


@transaction.atomic
def move_item(item: ListItem, *, to_no: int, actor: Any, now: datetime) -> None:
    """Puts an item before another place; inside its category, because the list is read by categories."""
    draft = locked_draft(item.list, actor)
    before = item.no
    move(draft.items.all(), item, to_no)
    sort_by_category(draft)
    item.refresh_from_db(fields=["no"])
    record("list.move_item", draft, actor=actor, now=now, before={"no": before}, after={"no": item.no, "key": item.key})


@transaction.atomic
def delete_item(item: ListItem, *, actor: Any, now: datetime) -> None:
    draft = locked_draft(item.list, actor)
    record("list.delete_item", draft, actor=actor, now=now, before={"no": item.no, "key": item.key, **content_of(item)})
    item.delete()
    close_gaps(draft.items.all())


@transaction.atomic
def save_situation(
    target: ResponsibilityList,
    *,
    text: str,
    basis: str = "",
    items: Iterable[ListItem] = (),
    situation: NegativeSituation | None = None,
    actor: Any,
    now: datetime,
) -> NegativeSituation:
    """Adds or changes a situation of the negative list and pairs it with positive items of the same list."""
    draft = locked_draft(target, actor)
    paired = list(items)
    if any(item.list_id != draft.pk for item in paired):
        raise DomainError("负面情形只能对应本清单的事项。", field="items")
    made = situation or NegativeSituation(list=draft, no=next_no(draft.situations))
    before = {"text": made.text, "basis": made.basis} if situation else {}
    made.text, made.basis = text.strip(), basis.strip()
    checked(made).save()
    made.items.set(paired)
    after = {"no": made.no, "text": made.text, "basis": made.basis, "items": [item.no for item in paired]}
    verb = "list.edit_situation" if situation else "list.add_situation"
    record(verb, draft, actor=actor, now=now, before=before, after=after)
    return made


@transaction.atomic
def delete_situation(situation: NegativeSituation, *, actor: Any, now: datetime) -> None:
    draft = locked_draft(situation.list, actor)
    record("list.delete_situation", draft, actor=actor, now=now, before={"no": situation.no, "text": situation.text})
    situation.delete()
    close_gaps(draft.situations.all())


def _own_category(draft: ResponsibilityList, category: ListCategory | None) -> ListCategory | None:
    if category is not None and category.list_id != draft.pk:
        raise DomainError("这个类别不属于本清单。", field="category")
    return category

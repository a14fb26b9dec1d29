"""The life of a library list: draft, publish, revise, copy to another year."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from common.errors import DomainError, Stale
from engines.audit.record import record
from engines.workflow.advance import advance
from organization.models import Unit
from responsibility.enums import DutyKind, ListState, Subject
from responsibility.models import ListCategory, ListItem, NegativeSituation, ResponsibilityList
from responsibility.models.content import content_of
from responsibility.queries.library import HEAD_FIELDS
from responsibility.rules.frequency import moved_to_year
from responsibility.services.authority import ensure
from responsibility.services.drafts import change, checked, locked_draft, only
from responsibility.workflows.lists import LISTS


@transaction.atomic
def create_list(
    unit: Unit,
    *,
    year: int,
    subject: str,
    title: str,
    variant: str = "",
    head: Mapping[str, Any] | None = None,
    actor: Any,
    now: datetime,
) -> ResponsibilityList:
    """A new draft of the unit. Refuses a second list for the same year, subject and variant."""
    ensure(actor, "list.author", unit)
    known = ResponsibilityList.objects.filter(unit=unit, year=year, subject=subject, variant=variant)
    if latest := known.order_by("-version").first():
        raise DomainError(
            f"{year}年度的{latest.subject_words}清单已经有了（{latest.get_state_display()}，第{latest.version}版）。",
            field="subject",
            remedy="请打开那份清单修订；同一主体要分几份的，请写明适用对象。",
        )
    duty_kind = DutyKind.SUPERVISION if subject == Subject.DISCIPLINE else DutyKind.PRINCIPAL
    made = ResponsibilityList(
        unit=unit,
        unit_path=unit.path,
        year=year,
        subject=subject,
        variant=variant,
        lineage=uuid.uuid4(),
        created_at=now,
        created_by=actor,
        **{"duty_kind": duty_kind, **only(head or {}, HEAD_FIELDS), "title": title.strip()},
    )
    checked(made).save()
    record("list.create", made, actor=actor, now=now, after={"year": year, "subject": subject, "title": title})
    return made


@transaction.atomic
def edit_list(target: ResponsibilityList, *, head: Mapping[str, Any], actor: Any, now: datetime) -> ResponsibilityList:
    """Changes what describes a draft. Nothing is written where nothing differs."""
    draft = locked_draft(target, actor)
    return change(draft, only(head, HEAD_FIELDS), "list.edit", actor, now)


@transaction.atomic
def discard_draft(target: ResponsibilityList, *, actor: Any, now: datetime) -> None:
    """Takes a draft away with everything in it; what was published stays for ever."""
    draft = locked_draft(target, actor)
    record("list.discard", draft, actor=actor, now=now, before={"items": draft.items.count(), "version": draft.version})
    if ResponsibilityList.objects.filter(copied_from=draft).exists():
        raise DomainError("已有其他清单从这份草稿复制，不能删除。", remedy="请先删除复制的草稿。")
    draft.items.all().delete()
    draft.delete()


@transaction.atomic
def publish_list(target: ResponsibilityList, *, actor: Any, now: datetime) -> ResponsibilityList:
    """Publishes a draft; the version before it is superseded. What the change means to issued lists is proposed later
    (services.propose). Refuses a list without items."""
    ensure(actor, "list.author", target)
    published = ResponsibilityList.objects.filter(lineage=target.lineage, state=ListState.PUBLISHED)
    older = published.exclude(pk=target.pk).first()
    if older:
        advance(LISTS, older, "supersede", actor=actor, now=now)
    changes = {"published_at": now, "published_by": actor}
    return advance(LISTS, target, "publish", actor=actor, now=now, changes=changes)


@transaction.atomic
def revise_list(target: ResponsibilityList, *, actor: Any, now: datetime) -> ResponsibilityList:
    """A draft of the next version with all that the published one says. Refuses while a draft exists."""
    ensure(actor, "list.author", target)
    old = ResponsibilityList.objects.select_for_update().get(pk=target.pk)
    if old.state != ListState.PUBLISHED:
        raise Stale(f"清单现在是「{old.get_state_display()}」，只有已发布的清单可以修订。")
    if draft := ResponsibilityList.objects.filter(lineage=old.lineage, state=ListState.DRAFT).first():
        raise DomainError(f"第{draft.version}版的草稿正在修订中。", remedy="请打开那份草稿继续。")
    return _copied(old, version=old.version + 1, lineage=old.lineage, supersedes=old, actor=actor, now=now)


@transaction.atomic
def copy_list(
    target: ResponsibilityList, *, year: int, unit: Unit | None = None, actor: Any, now: datetime
) -> ResponsibilityList:
    """A draft for another year (or another unit) with the same items; dates move with the year, items keep their key."""
    unit = unit or target.unit
    ensure(actor, "list.author", unit)
    if ResponsibilityList.objects.filter(unit=unit, year=year, subject=target.subject, variant=target.variant).exists():
        raise DomainError(
            f"{year}年度的{target.subject_words}清单已经有了。", field="year", remedy="请打开那份清单修订。"
        )
    differs = {"unit": unit, "unit_path": unit.path, "year": year, "version": 1, "lineage": uuid.uuid4()}
    return _copied(target, supersedes=None, actor=actor, now=now, **differs)


def _copied(old: ResponsibilityList, *, actor: Any, now: datetime, **differs: Any) -> ResponsibilityList:
    kept = ("unit", "unit_path", "year", "subject", "variant", *HEAD_FIELDS)
    facts = {name: getattr(old, name) for name in kept} | differs
    made = ResponsibilityList(copied_from=old, created_at=now, created_by=actor, **facts)
    if made.year != old.year:
        made.title = made.title.replace(str(old.year), str(made.year))
    checked(made).save()
    _copy_content(old, made, by_years=made.year - old.year)
    after = {"from": old.pk, "version": made.version, "year": made.year}
    record("list.revise" if made.supersedes_id else "list.copy", made, actor=actor, now=now, after=after)
    return made


def _copy_content(old: ResponsibilityList, made: ResponsibilityList, *, by_years: int) -> None:
    categories = {one.pk: ListCategory(list=made, no=one.no, name=one.name) for one in old.categories.all()}
    ListCategory.objects.bulk_create(categories.values())
    items: dict[int, ListItem] = {}
    for one in old.items.all():
        values = {**content_of(one), "due_on": moved_to_year(one.due_on, by_years)}
        category = categories[one.category_id] if one.category_id else None
        items[one.pk] = ListItem(list=made, no=one.no, key=one.key, kind=one.kind, category=category, **values)
        items[one.pk].upper_id = one.upper_id if not by_years else None
    ListItem.objects.bulk_create(items.values())
    for known in old.situations.prefetch_related("items"):
        situation = NegativeSituation.objects.create(list=made, no=known.no, text=known.text, basis=known.basis)
        situation.items.set([items[item.pk] for item in known.items.all()])

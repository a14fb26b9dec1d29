"""Issuing a published list to units or posts; a repeated start creates nothing twice."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from common.errors import DomainError, Stale
from engines.audit.record import Entry, record_many
from engines.jobs.models import Job
from engines.jobs.queue import enqueue
from organization.models import Post, Unit, User
from organization.rules.search import search_text
from responsibility.enums import ItemKind, ListState
from responsibility.models import IssuedItem, IssuedList, ListItem, ResponsibilityList
from responsibility.models.content import content_of
from responsibility.queries.targets import candidates
from responsibility.services.authority import ensure

ISSUE_JOB = "lists.issue"
CHUNK = 100  # lists written in one transaction


@dataclass(frozen=True)
class Issued:
    """What came of one call: lists made now, holders who had the list, holders who are no longer eligible."""

    made: list[IssuedList]
    had_it: int
    gone: int


def request_issue(
    target: ResponsibilityList, *, holder_ids: Sequence[int], due_on: date, actor: Any, now: datetime
) -> Job:
    """Queues the issuing to these units (collective subjects) or posts (personal ones) and returns the job."""
    ensure(actor, "list.issue", target)
    _ensure_issuable(target, due_on, timezone.localdate(now))
    if not holder_ids:
        raise DomainError("没有选择下达对象。", remedy="请至少选择一个。")
    ids = sorted(set(holder_ids))
    digest = hashlib.sha256(",".join(map(str, ids)).encode()).hexdigest()[:16]
    payload = {"list": target.pk, "holders": ids, "due_on": due_on.isoformat()}
    label = f"下达《{target}》（{len(ids)} 个对象）"
    return enqueue(ISSUE_JOB, payload, now=now, by=actor, key=f"{target.pk}:{digest}", label=label[:200])


@transaction.atomic
def issue_list(
    target: ResponsibilityList, *, holder_ids: Iterable[int], due_on: date, actor: Any, now: datetime
) -> Issued:
    """Gives the list to each of the holders who does not have it yet, with all common items, in one transaction."""
    ensure(actor, "list.issue", target)
    locked = ResponsibilityList.objects.select_for_update(of=("self",)).select_related("unit").get(pk=target.pk)
    _ensure_issuable(locked, due_on, None)
    asked = set(holder_ids)
    found = list(candidates(locked, today=timezone.localdate(now)).filter(pk__in=asked))
    fresh = [holder for holder in found if not holder.has_it]
    made = IssuedList.objects.bulk_create([_issued(locked, holder, due_on, actor, now) for holder in fresh])
    sources = list(locked.items.select_related("category"))
    copies = [copy_of(source, issued) for issued in made for source in sources]
    IssuedItem.objects.bulk_create(copies, batch_size=2000)
    facts = {"list": locked.pk, "version": locked.version, "items": len(sources), "due_on": due_on}
    record_many(Entry("issued_list.issue", issued, actor, now, after=facts) for issued in made)
    return Issued(made, len(found) - len(fresh), len(asked) - len(found))


def batches_of(target: ResponsibilityList) -> QuerySet[Job]:
    """The batches of this list, newest first."""
    return Job.objects.filter(kind=ISSUE_JOB, payload__list=target.pk).order_by("-id")


def issue_in_background(context: Any) -> None:
    """The job's handler: chunk by chunk, each in its own transaction; what exists already is passed over."""
    payload = context.payload
    actor = User.objects.get(pk=context.requested_by_id)
    target = ResponsibilityList.objects.get(pk=payload["list"])
    ids, due_on = payload["holders"], date.fromisoformat(payload["due_on"])
    made = had_it = gone = 0
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        done = issue_list(target, holder_ids=chunk, due_on=due_on, actor=actor, now=context.now())
        made, had_it, gone = made + len(done.made), had_it + done.had_it, gone + done.gone
        context.progress(min(start + CHUNK, len(ids)), len(ids), f"已下达 {made} 份")
    context.result.update({"made": made, "had_it": had_it, "gone": gone, "list": target.pk})


def _ensure_issuable(target: ResponsibilityList, due_on: date, today: date | None) -> None:
    if target.state != ListState.PUBLISHED:
        raise Stale(f"清单现在是「{target.get_state_display()}」，只有已发布的清单可以下达。")
    if today and due_on < today:
        raise DomainError("认领期限不能早于今天。", field="due_on")


def _issued(target: ResponsibilityList, holder: Unit | Post, due_on: date, actor: Any, now: datetime) -> IssuedList:
    post = holder if isinstance(holder, Post) else None
    unit = post.unit if post else holder
    assert isinstance(unit, Unit)
    words = [unit.name, unit.party_name, target.title, *([post.person.name, post.title] if post else [])]
    return IssuedList(
        list=target,
        lineage=target.lineage,
        unit=unit,
        unit_path=unit.path,
        post=post,
        year=target.year,
        subject=target.subject,
        title=target.title,
        issued_at=now,
        issued_by=actor,
        acknowledge_due_on=due_on,
        search_text=search_text(words),
    )


def copy_of(source: ListItem, issued: IssuedList) -> IssuedItem:
    """The common item of an issued list that stands for this item of the library; not yet saved."""
    return IssuedItem(
        issued_list=issued,
        unit_path=issued.unit_path,
        year=issued.year,
        source=source,
        key=source.key,
        no=source.no,
        kind=ItemKind.COMMON,
        category_no=source.category.no if source.category else 0,
        category_name=source.category.name if source.category else "",
        search_text=item_search_text(source.content, issued.unit.name),
        **content_of(source),
    )


_found: dict[str, str] = {}


def item_search_text(content: str, unit_name: str) -> str:
    """By what an issued item is found; a common item's content is spelled once per process and not once per unit."""
    parts = []
    for words, longest in ((content[:100], 400), (unit_name, 190)):
        if words not in _found:
            if len(_found) > 20_000:
                _found.clear()
            _found[words] = search_text([words], longest=longest)
        parts.append(_found[words])
    return "|".join(parts)

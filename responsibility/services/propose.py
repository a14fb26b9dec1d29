"""A new version above: followed by lists that nobody has touched, proposed item by item to all others."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction

from engines.audit.record import record
from engines.jobs.models import Job
from engines.jobs.queue import enqueue
from engines.workflow.advance import advance
from responsibility.enums import ChangeKind, IssuedItemState, IssuedState, ItemKind, ListState, ProposalState
from responsibility.models import IssuedItem, IssuedList, ItemProposal, ListItem, ListProposal, ResponsibilityList
from responsibility.models.content import CONTENT_FIELDS, content_of
from responsibility.queries.compare import duties_of, duty_of
from responsibility.rules.lists import Difference, difference, merged
from responsibility.services.adapt import sort_items
from responsibility.services.authority import ensure
from responsibility.services.issue import copy_of, item_search_text
from responsibility.workflows.lists import PROPOSALS

PROPOSE_JOB = "lists.propose"
CHUNK = 50


def request_proposals(target: ResponsibilityList, *, actor: Any, now: datetime) -> Job | None:
    """Queues the comparison of a published version with all issued lists of its lineage; None where there are none."""
    waiting = _behind(target).count()
    if not waiting:
        return None
    label = f"向 {waiting} 份已下达清单提出《{target}》第{target.version}版的变更"
    payload = {"list": target.pk}
    return enqueue(PROPOSE_JOB, payload, now=now, by=actor, key=str(target.pk), label=label[:200])


def propose_in_background(context: Any) -> None:
    """The job's handler; each issued list is one transaction and is done once."""
    target = ResponsibilityList.objects.get(pk=context.payload["list"])
    ids = list(_behind(target).order_by("pk").values_list("pk", flat=True))
    proposed = followed = 0
    for number, pk in enumerate(ids, start=1):
        made = propose_to(target, issued_id=pk, now=context.now())
        proposed, followed = proposed + (made is not None), followed + (made is None)
        if number % CHUNK == 0 or number == len(ids):
            context.progress(number, len(ids), f"提出建议 {proposed} 份，随库更新 {followed} 份")
    context.result.update({"proposed": proposed, "followed": followed, "list": target.pk})


@transaction.atomic
def propose_to(target: ResponsibilityList, *, issued_id: int, now: datetime) -> ListProposal | None:
    """Puts the changes before the holder of one issued list.

    Returns None where the list follows by itself: it is not acknowledged and nothing in it was added or filled below,
    or the new version changes nothing in it. Twice does nothing twice.
    """
    issued = IssuedList.objects.select_for_update(of=("self",)).select_related("unit", "list").get(pk=issued_id)
    if issued.list_id == target.pk or issued.state == IssuedState.WITHDRAWN or target.state != ListState.PUBLISHED:
        return None
    if known := issued.proposals.filter(to_list=target).first():
        return known
    _overtake(issued, now)
    items = list(issued.items.filter(state=IssuedItemState.OPEN).select_related("source__category"))
    common = [item for item in items if item.source is not None]
    changes = _changes(target, [item.source for item in common if item.source])
    if not changes or _follows(issued, items):
        _follow(issued, target, common, changes, now)
        return None
    return _propose(issued, target, common, changes, now)


def decide_change(change: ItemProposal, *, accept: bool, reason: str = "", actor: Any, now: datetime) -> ItemProposal:
    """Accepts or declines (with a reason) one change. With the last one the list belongs to the new version."""
    with transaction.atomic():
        held = (
            IssuedList.objects.select_for_update(of=("self",)).select_related("unit").get(proposals=change.proposal_id)
        )
        ensure(actor, "list.adapt", held)
        changes: dict[str, Any] = {"decided_at": now, "decided_by": actor, "reason": reason.strip()}
        decided = advance(
            PROPOSALS,
            change,
            "accept" if accept else "decline",
            actor=actor,
            now=now,
            reason=reason,
            changes=changes,
        )
        if accept:
            item = _apply(held, decided.kind, decided.item, decided.source)
            if decided.item_id is None:
                ItemProposal.objects.filter(pk=decided.pk).update(item=item)
            sort_items(held)
        if not decided.proposal.items.filter(state=ProposalState.OPEN).exists():
            _finish(held, decided.proposal, now)
    return decided


def _behind(target: ResponsibilityList) -> Any:
    return IssuedList.objects.in_force().filter(lineage=target.lineage).exclude(list=target)


def _follows(issued: IssuedList, items: Sequence[IssuedItem]) -> bool:
    if issued.state not in (IssuedState.ISSUED, IssuedState.RETURNED):
        return False
    return all(item.source is not None and content_of(item) == content_of(item.source) for item in items)


def _follow(
    issued: IssuedList,
    target: ResponsibilityList,
    common: Sequence[IssuedItem],
    changes: Sequence[Difference],
    now: datetime,
) -> None:
    by_source = {item.source_id: item for item in common}
    for change in changes:
        item = by_source.get(change.before.ref) if change.before else None
        _apply(issued, change.kind, item, _source(target, change))
    sort_items(issued)
    before = {"version": issued.list.version}
    _belong_to(issued, target)
    after = {"version": target.version, "changes": len(changes)}
    record("issued_list.follow", issued, actor=None, now=now, before=before, after=after)


def _propose(
    issued: IssuedList,
    target: ResponsibilityList,
    common: Sequence[IssuedItem],
    changes: Sequence[Difference],
    now: datetime,
) -> ListProposal:
    by_source = {item.source_id: item for item in common}
    made = ListProposal.objects.create(
        issued_list=issued, unit_path=issued.unit_path, from_list=issued.list, to_list=target, created_at=now
    )
    ItemProposal.objects.bulk_create(
        ItemProposal(
            proposal=made,
            unit_path=issued.unit_path,
            kind=change.kind,
            item=by_source[change.before.ref] if change.before else None,
            source=_source(target, change),
            before=as_json(change.before.values) if change.before else {},
            after=as_json(change.after.values) if change.after else {},
        )
        for change in changes
    )
    after = {"from_version": issued.list.version, "to_version": target.version, "changes": len(changes)}
    record("issued_list.propose", issued, actor=None, now=now, after=after)
    return made


def _changes(target: ResponsibilityList, sources: Sequence[ListItem]) -> list[Difference]:
    """What the new version changes against these items of the library; most lists stand on the same ones."""
    known: dict[tuple[int, ...], list[Difference]] = target.__dict__.setdefault("_changes_by_sources", {})
    key = tuple(source.pk for source in sources)
    if key not in known:
        known[key] = difference([duty_of(source) for source in sources], duties_of(target))
    return known[key]


def _source(target: ResponsibilityList, change: Difference) -> ListItem | None:
    if change.after is None:
        return None
    cache: dict[int, ListItem] = target.__dict__.setdefault(
        "_items_by_id", {item.pk: item for item in target.items.select_related("category")}
    )
    return cache[change.after.ref]


def _apply(held: IssuedList, kind: str, item: IssuedItem | None, source: ListItem | None) -> IssuedItem:
    """Carries one accepted change out in the issued list and returns the item concerned."""
    if kind == ChangeKind.REMOVED:
        assert item is not None
        item.state = IssuedItemState.DROPPED
        item.save(update_fields=["state"])
        return item
    assert source is not None
    if kind == ChangeKind.ADDED:
        return _take_in(held, source)
    assert item is not None
    assert item.source is not None
    values = merged(content_of(item), content_of(item.source), content_of(source))
    return _write(held, item, source, values)


def _take_in(held: IssuedList, source: ListItem) -> IssuedItem:
    """A new common item; where the list once had it and dropped it, that one comes back."""
    known = held.items.filter(key=source.key).first()
    if known:
        return _write(held, known, source, content_of(source))
    made = copy_of(source, held)
    made.no = held.items.count() + 1
    made.save()
    return made


def _write(held: IssuedList, item: IssuedItem, source: ListItem, values: Mapping[str, Any]) -> IssuedItem:
    for name in CONTENT_FIELDS:
        setattr(item, name, values[name])
    item.source, item.key, item.state = source, source.key, IssuedItemState.OPEN
    item.kind = ItemKind.COMMON
    item.bands = []
    item.category_no = source.category.no if source.category else 0
    item.category_name = source.category.name if source.category else ""
    item.search_text = item_search_text(item.content, held.unit.name)
    item.save()
    return item


def _finish(held: IssuedList, proposal: ListProposal, now: datetime) -> None:
    proposal.decided_at = now
    proposal.save(update_fields=["decided_at"])
    _belong_to(held, proposal.to_list)


def _belong_to(held: IssuedList, target: ResponsibilityList) -> None:
    """The list is of the new version from now on; items the version left unchanged point to their twin in it."""
    held.list, held.title = target, target.title
    held.save(update_fields=["list", "title"])
    twins = {item.key: item for item in target.items.select_related("category")}
    moved = []
    for item in held.items.filter(state=IssuedItemState.OPEN, source__isnull=False).select_related("source"):
        twin = twins.get(item.key)
        if item.source and twin and twin.pk != item.source_id and content_of(twin) == content_of(item.source):
            item.source = twin
            item.category_no = twin.category.no if twin.category else 0
            item.category_name = twin.category.name if twin.category else ""
            moved.append(item)
    IssuedItem.objects.bulk_update(moved, ["source", "category_no", "category_name"], batch_size=500)
    sort_items(held)


def _overtake(issued: IssuedList, now: datetime) -> None:
    """Closes what earlier versions proposed and nobody decided: the new version is compared anew."""
    for waiting in ItemProposal.objects.filter(proposal__issued_list=issued, state=ProposalState.OPEN):
        advance(PROPOSALS, waiting, "overtake", actor=None, now=now, changes={"decided_at": now})
    issued.proposals.filter(decided_at__isnull=True).update(decided_at=now)


def as_json(values: Mapping[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(json.dumps(values, cls=DjangoJSONEncoder, ensure_ascii=False))
    return plain


def from_json(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a proposal as they are shown: dates and points with their types again."""
    read = dict(values)
    if read.get("due_on"):
        read["due_on"] = date.fromisoformat(read["due_on"])
    if read.get("points") is not None:
        read["points"] = Decimal(read["points"])
    return read

"""The one door through which audit entries are written, in the transaction of the act itself."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import Model, QuerySet

from common.request_id import current_request_id
from engines.audit.digest import entry_hash
from engines.audit.models import AuditEntry, ChainHead

# Enough chains that writers of one noun seldom wait for each other, few enough to re-walk.
CHAINS_PER_NOUN = 16
BATCH = 2000
SYSTEM = "系统"


@dataclass(frozen=True)
class Entry:
    """What one act leaves behind. `actor=None` is the system itself (a job, the night)."""

    action: str
    target: Model
    actor: Any
    now: datetime
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    reason: str = ""
    title: str | None = None
    path: str = ""


def record(
    action: str,
    target: Model,
    *,
    actor: Any,
    now: datetime,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str = "",
    title: str | None = None,
    path: str = "",
) -> AuditEntry:
    """Writes one entry and returns it. Must run inside the transaction that makes the change."""
    entry = Entry(action, target, actor, now, before or {}, after or {}, reason, title, path)
    return record_many([entry])[0]


def record_many(entries: Iterable[Entry]) -> list[AuditEntry]:
    """Writes many entries set-based; chains are locked in one order, so that writers cannot deadlock."""
    with transaction.atomic():
        by_chain: dict[str, list[AuditEntry]] = defaultdict(list)
        rows = []
        for entry in entries:
            row = _row(entry)
            rows.append(row)
            by_chain[row.chain].append(row)
        heads = _locked_heads(sorted(by_chain))
        for chain, chained in by_chain.items():
            _append(heads[chain], chained)
        AuditEntry.objects.bulk_create(rows, batch_size=BATCH)
        ChainHead.objects.bulk_update(heads.values(), ["seq", "hash"], batch_size=BATCH)
    return rows


def timeline_of(target: Model) -> QuerySet[AuditEntry]:
    """The entries of one object, newest first."""
    return AuditEntry.objects.filter(target_type=noun_of(target), target_id=str(target.pk)).order_by("-id")


def noun_of(target: Model) -> str:
    return target._meta.label_lower


def chain_of(target: Model) -> str:
    """Objects of one noun are spread over a fixed number of chains by their id."""
    spread = sum(str(target.pk).encode()) % CHAINS_PER_NOUN
    return f"{noun_of(target)}/{spread}"


def _row(entry: Entry) -> AuditEntry:
    target, actor = entry.target, entry.actor
    return AuditEntry(
        chain=chain_of(target),
        at=entry.now,
        actor=actor,
        actor_name=str(actor)[:200] if actor is not None else SYSTEM,
        action=entry.action,
        target_type=noun_of(target),
        target_id=str(target.pk),
        target_title=(entry.title if entry.title is not None else str(target))[:300],
        unit_path=entry.path or getattr(target, "unit_path", "") or "",
        before=_plain(entry.before),
        after=_plain(entry.after),
        reason=entry.reason,
        request_id=current_request_id(),
    )


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    """As PostgreSQL will give it back: dates and decimals as text, so that the hash can be made again."""
    plain: dict[str, Any] = json.loads(json.dumps(values, cls=DjangoJSONEncoder, ensure_ascii=False))
    return plain


def _locked_heads(chains: Sequence[str]) -> dict[str, ChainHead]:
    ChainHead.objects.bulk_create([ChainHead(chain=chain) for chain in chains], ignore_conflicts=True)
    locked = ChainHead.objects.select_for_update().filter(chain__in=chains).order_by("chain")
    return {head.chain: head for head in locked}


def _append(head: ChainHead, rows: list[AuditEntry]) -> None:
    for row in rows:
        head.seq += 1
        row.seq, row.previous_hash = head.seq, head.hash
        row.hash = head.hash = entry_hash(row)

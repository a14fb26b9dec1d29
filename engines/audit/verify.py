"""Re-walks the chains and names the first broken link of each."""

from collections.abc import Iterator
from dataclasses import dataclass

from engines.audit.digest import entry_hash
from engines.audit.models import AuditEntry, ChainHead


@dataclass(frozen=True)
class Break:
    """The first place at which a chain no longer holds."""

    chain: str
    seq: int
    words: str


@dataclass(frozen=True)
class Walk:
    """How much was walked and what was found."""

    chains: int
    entries: int
    breaks: tuple[Break, ...]

    @property
    def whole(self) -> bool:
        return not self.breaks


def verify_chains() -> Walk:
    """Walks every chain once, in order; memory does not grow with the length of the trail."""
    heads = {head.chain: head for head in ChainHead.objects.all()}
    breaks: list[Break] = []
    ends: dict[str, tuple[int, str]] = {}
    broken: set[str] = set()
    total = 0
    for entry in _entries():
        total += 1
        if entry.chain in broken:
            continue
        words = _fault(entry, *ends.get(entry.chain, (0, "")))
        if words:
            broken.add(entry.chain)
            breaks.append(Break(entry.chain, entry.seq, words))
        ends[entry.chain] = (entry.seq, entry.hash)
    breaks += [found for head in heads.values() if head.chain not in broken and (found := _cut_off(head, ends))]
    breaks += [Break(chain, 0, "链头记录缺失") for chain in sorted(ends.keys() - heads.keys() - broken)]
    return Walk(len(heads.keys() | ends.keys()), total, tuple(breaks))


def _entries() -> Iterator[AuditEntry]:
    return AuditEntry.objects.order_by("chain", "seq").iterator(chunk_size=2000)


def _fault(entry: AuditEntry, last_seq: int, last_hash: str) -> str:
    if entry.seq != last_seq + 1:
        return f"第 {last_seq + 1} 条缺失"
    if entry.previous_hash != last_hash:
        return "与上一条不衔接"
    if entry.hash != entry_hash(entry):
        return "内容与校验值不符"
    return ""


def _cut_off(head: ChainHead, ends: dict[str, tuple[int, str]]) -> Break | None:
    seq, digest = ends.get(head.chain, (0, ""))
    if (seq, digest) == (head.seq, head.hash):
        return None
    return Break(head.chain, seq + 1, f"末尾缺失：应有 {head.seq} 条，现有 {seq} 条")

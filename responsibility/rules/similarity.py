"""How alike two texts are word for word, and a signature by which likely pairs are found without comparing all."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from rapidfuzz.distance import LCSseq
from rapidfuzz.fuzz import ratio

# 64 bands of 4 rows over character pairs: of pairs with 85 % equal text more than 99 % share a band, of pairs that
# have a quarter of their character pairs in common (the usual phrases) about one in five, of unrelated pairs none.
BANDS = 64
ROWS = 4
NO_TEXT = re.compile(r"[\W_]+")
SHORTEST = 8  # characters; shorter texts are alike by chance
_PRIME = np.uint64((1 << 31) - 1)


@dataclass(frozen=True)
class Piece:
    """A stretch of a text, and whether it stands in both texts."""

    text: str
    same: bool


def plain(text: str, names: Iterable[str] = ()) -> str:
    """The text that is compared: no spaces, no punctuation, no width, not the names of the unit itself."""
    folded = unicodedata.normalize("NFKC", text)
    for name in sorted(filter(None, names), key=len, reverse=True):
        folded = folded.replace(unicodedata.normalize("NFKC", name), "")
    return NO_TEXT.sub("", folded.casefold())


def unit_names(name: str, party_name: str = "") -> tuple[str, ...]:
    """What a text may call its own unit: 市财政局, 财政局, 中共市财政局党组. Replaced names do not make a text another."""
    short = name[1:] if len(name) > 3 and name[0] in "省市县区镇乡" else ""
    return tuple(filter(None, (name, party_name, short)))


def likeness(one: str, other: str) -> float:
    """Share of equal text of two plain texts, 0 to 1: twice the longest common subsequence over both lengths."""
    if min(len(one), len(other)) < SHORTEST:
        return 1.0 if one and one == other else 0.0
    return ratio(one, other) / 100


def in_percent(share: float) -> int:
    """92 for 0.9249: rounded down, so that a page never says more than was measured."""
    return int(share * 100 + 1e-9)


def bands_of(text: str) -> list[int]:
    """The signature of a plain text: numbers of which two like texts very probably share one; [] if too short."""
    if len(text) < SHORTEST:
        return []
    pairs = {text[n : n + 2] for n in range(len(text) - 1)}
    raw = np.array([int.from_bytes(_digest(pair.encode())[:4], "big") for pair in sorted(pairs)], dtype=np.uint64)
    factors, offsets = _permutations()
    lowest = ((np.outer(factors, raw % _PRIME) + offsets[:, None]) % _PRIME).min(axis=1)
    return [_band(n, lowest[n * ROWS : (n + 1) * ROWS]) for n in range(BANDS)]


def side_by_side(one: str, other: str) -> tuple[list[Piece], list[Piece]]:
    """Both texts cut into stretches that are equal or differ, in their own order."""
    left: list[Piece] = []
    right: list[Piece] = []
    for change in LCSseq.opcodes(one, other):
        same = change.tag == "equal"
        _append(left, one[change.src_start : change.src_end], same)
        _append(right, other[change.dest_start : change.dest_end], same)
    return left, right


def _append(pieces: list[Piece], text: str, same: bool) -> None:
    if not text:
        return
    if pieces and pieces[-1].same == same:
        text = pieces.pop().text + text
    pieces.append(Piece(text, same))


def _digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=8).digest()


def _band(number: int, rows: "np.ndarray[tuple[int, ...], np.dtype[np.uint64]]") -> int:
    """A signed 64-bit number that stands for the band's rows (a bigint of the database)."""
    return int.from_bytes(_digest(bytes([number]) + rows.tobytes()), "big", signed=True)


@lru_cache(maxsize=1)
def _permutations() -> tuple["np.ndarray[tuple[int, ...], np.dtype[np.uint64]]", ...]:
    """Factors and offsets of the hash functions, the same on every machine and in every version."""
    count = BANDS * ROWS
    numbers = [
        int.from_bytes(_digest(f"{kind}{n}".encode())[:4], "big") % int(_PRIME - 1) + 1
        for kind in "ab"
        for n in range(count)
    ]
    both = np.array(numbers, dtype=np.uint64)
    return both[:count], both[count:]

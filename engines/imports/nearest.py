"""Suggests what a person probably meant."""

from collections.abc import Mapping

from rapidfuzz import fuzz, process

LIKELY = 60.0  # of 100; below it a suggestion misleads more than it helps


def nearest(value: str, known: Mapping[str, str], *, at_least: float = LIKELY) -> str:
    """「最接近的是 YC-D50 市城市建设投资公司。」 out of `known` (code → name), or "" where nothing is close."""
    if not value or not known:
        return ""
    found = process.extractOne(value, known.keys(), scorer=fuzz.ratio, score_cutoff=at_least)
    by_name = process.extractOne(value, dict(known), scorer=fuzz.ratio, score_cutoff=at_least)
    if by_name and (not found or by_name[1] > found[1]):
        code = by_name[2]
    elif found:
        code = found[0]
    else:
        return ""
    name = known[code]
    return f"最接近的是 {code} {name}。" if name else f"最接近的是「{code}」。"

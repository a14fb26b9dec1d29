"""Which pages are measured: every list page of the product that takes no arguments, found in its addresses."""

import re
from collections.abc import Iterator
from typing import Any

from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse

ALL, COUNTY, UNIT = "bench_office", "bench_county", "bench_head"
SCOPED = {COUNTY: "辖区", UNIT: "单位"}
OFFICERS = ("bench_auditor", "bench_system", "bench_security", "bench_audit")
FRONT = {"office", "home"}  # no lists: shown beside them, without a bound
NAMED = {"list_coverage", "charge_findings", *FRONT}  # lists under another name


def list_pages() -> dict[str, str]:
    """Url name → address of every list page."""
    pages: dict[str, str] = {}
    for name in sorted(set(_names(get_resolver().url_patterns))):
        if name.endswith("_list") or name in NAMED:
            try:
                pages[name] = reverse(name)
            except NoReverseMatch:
                continue
    return pages


def _names(patterns: Any) -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            if pattern.namespace is None:
                yield from _names(pattern.url_patterns)
        elif isinstance(pattern, URLPattern) and pattern.name and "admin" not in pattern.name:
            yield pattern.name


def rows_in(body: bytes) -> int:
    """How many rows the page's table shows."""
    return len(re.findall(rb"<tr>", body.partition(b"<tbody>")[2]))

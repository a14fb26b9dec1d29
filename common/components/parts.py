"""Whole parts of a page: facts, steps, waiting lists, signatures, timelines, numbers, jobs."""

from collections.abc import Iterable
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from common import words
from common.components.library import pick, register


@register.simple_tag
def facts(rows: Iterable[tuple[Any, ...]]) -> SafeString:
    """Label and value, two lines each; rows are (label, value) or (label, value, wide)."""
    cells = (
        ("lz-wide" if len(row) > 2 and row[2] else "", row[0], "未填写" if row[1] in (None, "") else row[1])
        for row in rows
    )
    return format_html(
        '<dl class="lz-facts lz-body">{}</dl>',
        format_html_join("", '<div class="{}"><dt>{}</dt><dd>{}</dd></div>', cells),
    )


@register.simple_tag
def strip(rows: Iterable[tuple[str, str, str, str]]) -> SafeString:
    """Three to five numbers that open a page: (label, number, words saying of how many, address or "")."""
    cells = (
        (label, number, format_html('<a href="{}">{}</a>', href, said) if href else said)
        for label, number, said, href in rows
    )
    return format_html(
        '<dl class="lz-strip">{}</dl>', format_html_join("", "<div><dt>{}</dt><dd><b>{}</b>{}</dd></div>", cells)
    )


@register.simple_tag
def steps(rows: Iterable[tuple[str, str]], current: int, label: str = "办理进度") -> SafeString:
    """The stepper: rows are (name, note), `current` counts from 0; as many as rows means all done."""
    items = [
        format_html(
            "<li{}><b>{}</b><small>{}</small></li>",
            mark_safe(' class="lz-done"') if n < current else mark_safe(' aria-current="step"') if n == current else "",
            name,
            note,
        )
        for n, (name, note) in enumerate(rows)
    ]
    return format_html('<ol class="lz-steps" aria-label="{}">{}</ol>', label, mark_safe("".join(items)))


@register.inclusion_tag("components/todo.html")
def todo(rows: Iterable[Any], main: bool = True) -> dict[str, Any]:
    """What waits, by deadline: rows have due (common.words.Due), due_on, title, note, act, href; the first act is the main one."""
    return {"rows": rows, "main": main}


@register.inclusion_tag("components/unit_map.html")
def unit_map(groups: Iterable[tuple[str, Iterable[Any]]]) -> dict[str, Any]:
    """Units under their groups: (heading, rows with name, href, kind, word); on a phone only what is not green."""
    return {"groups": groups}


@register.inclusion_tag("components/clauses.html")
def clauses(rows: Iterable[Any]) -> dict[str, Any]:
    """Numbered clauses: rows have number, text, kind (common.individual word), item, href."""
    return {"rows": rows}


@register.inclusion_tag("components/signatures.html")
def signatures(rows: Iterable[Any]) -> dict[str, Any]:
    """Who signs: rows have side, name, post, image (address or ""), words, tone of the words (none, soon, late)."""
    return {"rows": rows}


@register.inclusion_tag("components/verify.html")
def verify(code: str, digest: str, image: str) -> dict[str, Any]:
    """The code and hash by which a sealed document is checked, and its QR picture."""
    return {"code": code, "digest": digest, "image": image}


@register.inclusion_tag("components/timeline.html")
def timeline(rows: Iterable[Any], now: str = "", note: str = "") -> dict[str, Any]:
    """What happened, newest first: audit entries or tuples (what, when, who); `now` is what is awaited, `note` its small print."""
    return {"rows": [_told(row) for row in rows], "now": now, "note": note}


def _told(row: Any) -> dict[str, Any]:
    if isinstance(row, tuple):
        return {"what": row[0], "when": row[1], "who": row[2]}
    what = f"{row.actor_name}{words.action_words(row.action)}"
    return {"what": f"{what}：「{row.reason}」" if row.reason else what, "when": row.at, "who": ""}


@register.inclusion_tag("components/pad.html")
def pad(name: str, label: str = "手写签名", kept: str = "", error: str = "") -> dict[str, Any]:
    """A field to write one's name in; `kept` is the image written before a refusal (a data: address)."""
    return {"name": name, "label": label, "kept": kept, "error": error}


@register.inclusion_tag("components/score.html")
def score(
    points: Any, max: Any, grade: str, self_points: Any = None, last_points: Any = None, veto: str = ""
) -> dict[str, Any]:  # noqa: A002
    """The head of a score sheet; a veto in words overrules the grade."""
    return {
        "points": points,
        "max": max,
        "grade": grade,
        "self_points": self_points,
        "last_points": last_points,
        "veto": veto,
    }


@register.inclusion_tag("components/cells.html")
def cells(header: Iterable[str], rows: Iterable[Any], label: str) -> dict[str, Any]:
    """An excerpt of a worksheet: rows are (number, [(value, mark)]) with mark "", "bad" or "warn"."""
    return {"header": header, "rows": rows, "label": label}


@register.inclusion_tag("components/number_table.html")
def number_table(
    columns: Iterable[str], rows: Iterable[Any], total: Iterable[Any] = (), caption: str = ""
) -> dict[str, Any]:
    """A table of few numbers that stays a table on a phone: rows are sequences whose first cell is the heading."""
    return {"columns": columns, "rows": rows, "total": total, "caption": caption}


@register.inclusion_tag("components/chart.html")
def chart(
    title: str, id: str, columns: Iterable[str], rows: Iterable[Any], kind: str = "stack", note: str = "", max: int = 0
) -> dict[str, Any]:  # noqa: A002
    """A picture drawn from the table beside it; without script the table is the page. kind is stack or bar."""
    pick({"stack": 1, "bar": 1}, kind, "chart kind")
    return {"title": title, "id": id, "columns": columns, "rows": rows, "kind": kind, "note": note, "max": max}


@register.inclusion_tag("components/job.html")
def job(row: Any, url: str, done_url: str = "", done_act: str = "查看结果") -> dict[str, Any]:
    """A background job as a bar that refreshes itself; `url` answers with this component, row is an engines.jobs Job."""
    return {"job": row, "url": url, "done_url": done_url, "done_act": done_act}

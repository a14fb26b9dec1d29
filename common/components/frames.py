"""What frames a page: its head, the way up, panels, remarks, dialogs, empty places."""

import re
from collections.abc import Iterable
from typing import Any

from django.template import Context, TemplateSyntaxError
from django.template.loader import get_template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from common.components import marks
from common.components.library import pick, register
from common.components.marks import icon

NOTE_ICONS = {"info": "info-circle", "good": "circle-check", "warn": "alert-triangle", "bad": "alert-circle"}

_SLOT = re.compile("\x02([a-z]+)\x02(.*?)\x03", re.S)


@register.simple_block_tag
def slot(content: str, name: str) -> SafeString:
    """Marks a named part inside the block of a component (`meta` in page_head, `tools` and `foot` in panel)."""
    return mark_safe(f"\x02{name}\x02{content}\x03")


def _parts(content: str, *known: str) -> dict[str, SafeString]:
    """The named slots of a block and, under "", what is left; an unknown slot fails."""
    parts = {name: mark_safe("") for name in known}
    for name, text in _SLOT.findall(content):
        if name not in parts:
            raise TemplateSyntaxError(f"slot {name!r} is none of {', '.join(known)}")
        parts[name] = mark_safe(text.strip())
    parts[""] = mark_safe(_SLOT.sub("", content).strip())
    return parts


def _render(name: str, values: dict[str, Any]) -> SafeString:
    return mark_safe(get_template(f"components/{name}.html").render(values))


@register.simple_block_tag
def page_head(
    content: str, title: str, state: str = "", tone: str = "none", meta: Iterable[str] = (), stick: bool = True
) -> SafeString:
    """Title, state and facts of the page; the block holds its acts (one btn-primary), slot "meta" more facts as <li>.

    The acts stick to the bottom edge of a phone unless stick=False.
    """
    parts = _parts(content, "meta")
    mark = marks.state(state, tone) if state else ""
    facts = format_html_join("", "<li>{}</li>", ((fact,) for fact in meta if fact)) + parts["meta"]
    return format_html(
        '<div class="lz-head"><div class="lz-head-text"><div class="lz-head-line"><h1>{}</h1>{}</div>{}</div>{}</div>',
        title,
        mark,
        format_html('<ul class="lz-meta">{}</ul>', facts) if facts else "",
        format_html('<div class="lz-acts{}">{}</div>', " lz-stick" if stick else "", parts[""]) if parts[""] else "",
    )


@register.simple_tag
def crumb(*steps: Any) -> SafeString:
    """The way up: `{% crumb url_letters "责任书" "" letter.number %}`, or the same as one list; the last has no address."""
    flat = list(steps[0]) if len(steps) == 1 and not isinstance(steps[0], str) else list(steps)
    if len(flat) % 2:
        raise TemplateSyntaxError("crumb takes pairs of address and word")
    pairs = list(zip(flat[::2], flat[1::2], strict=True))
    last_link = max((n for n, (href, _) in enumerate(pairs) if href), default=-1)
    items = [
        format_html(
            "<li{}>{}</li>",
            mark_safe(' class="lz-up"') if n == last_link else "",
            format_html('<a href="{}">{}</a>', href, word) if href else word,
        )
        for n, (href, word) in enumerate(pairs)
    ]
    return format_html('<nav aria-label="所在位置"><ol class="lz-crumb">{}</ol></nav>', mark_safe("".join(items)))


@register.simple_block_tag
def panel(
    content: str,
    title: str,
    id: str,
    count: int | None = None,
    note: str = "",
    href: str = "",
    link: str = "",
    body: bool = False,
) -> SafeString:  # noqa: A002
    """A white sheet with one purpose; body=True pads the content, slot "tools" stands in its head, slot "foot" below."""
    parts = _parts(content, "tools", "foot")
    head = [
        format_html(
            '<h2 id="{}">{}{}</h2>',
            id,
            title,
            "" if count is None else format_html('<span class="lz-count">{}</span>', count),
        )
    ]
    if note:
        head.append(format_html("<small>{}</small>", note))
    if href:
        head.append(format_html('<a href="{}">{}</a>', href, link))
    head.append(parts["tools"])
    return format_html(
        '<section class="lz-panel" aria-labelledby="{}"><header>{}</header>{}{}</section>',
        id,
        mark_safe("".join(head)),
        format_html('<div class="lz-body">{}</div>', parts[""]) if body else parts[""],
        format_html("<footer>{}</footer>", parts["foot"]) if parts["foot"] else "",
    )


@register.simple_block_tag
def note(content: str, lead: str = "", tone: str = "info", href: str = "", link: str = "") -> SafeString:
    """A remark in words; tone is info, good, warn or bad."""
    mark = icon(pick(NOTE_ICONS, tone, "note tone"))
    more = format_html(' <a href="{}">{}</a>', href, link) if href else ""
    strong = format_html("<b>{}</b>", lead) if lead else ""
    return format_html(
        '<div class="lz-note lz-note-{}">{}<div>{}{}{}</div></div>',
        tone,
        mark,
        strong,
        mark_safe(content.strip()),
        more,
    )


@register.simple_tag
def empty(lead: str, next: str = "", href: str = "", act: str = "") -> SafeString:  # noqa: A002
    """An empty page says what to do next."""
    return format_html(
        '<div class="lz-empty"><b>{}</b>{}{}</div>',
        lead,
        format_html("<p>{}</p>", next) if next else "",
        format_html('<a class="btn" href="{}">{}</a>', href, act) if href else "",
    )


@register.inclusion_tag("components/toast.html")
def toast(words: str, tone: str = "good", undo_url: str = "", csrf_token: str = "") -> dict[str, Any]:  # noqa: S107
    """A short message after an act; undo_url takes a POST."""
    return {"words": words, "tone": tone, "undo_url": undo_url, "csrf_token": csrf_token}


@register.simple_block_tag(takes_context=True)
def dialog(context: Context, content: str, id: str, title: str, act: str, action: str, opener: str = "") -> SafeString:  # noqa: A002
    """An act that is not easily taken back: its consequence, its fields, its button; without script it opens in place."""
    return _render(
        "dialog",
        {
            "id": id,
            "title": title,
            "act": act,
            "action": action,
            "opener": opener or act,
            "content": mark_safe(content),
            "csrf_token": context.get("csrf_token", ""),
        },
    )

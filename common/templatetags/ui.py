"""The components of the face as template tags: every argument is declared, an unknown one fails when the page is compiled.

    {% load ui %}
    {% page_head "责任书" state="待签订" tone="act" %}
      {% slot "meta" %}<li>等待沈宁衡签署</li>{% endslot %}
      <a class="btn btn-primary" href="…">阅读并签署</a>          the rest of the block: the acts of the page
    {% endpage_head %}
    {% panel "要点" id="facts" note="共 6 条" body=True %} … {% slot "foot" %}…{% endslot %}{% endpanel %}

Marks that stand in table rows (`light`, `state`, `due`, `tag`, `meter`, `nodes`, `icon`) are written with format_html and cost
microseconds; whole parts (`error_summary`, `timeline`, …) are templates under templates/components/. The gallery shows each.
"""

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from django import template
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, FileInput, RadioSelect, Textarea
from django.forms.forms import BaseForm
from django.template import Context, Node, NodeList, TemplateSyntaxError
from django.template.base import FilterExpression, Parser, Token
from django.template.loader import get_template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from common import words
from common.table import Table

register = template.Library()

LIGHTS = {"red": "红灯", "yellow": "黄灯", "green": "绿灯", "blue": "蓝灯", "none": "未评定"}
STATE_TONES = {
    "none": "",
    "act": " lz-state-act",
    "done": " lz-state-done",
    "bad": " lz-state-bad",
    "end": " lz-state-end",
}
DUE_TONES = {"none": "", "soon": " lz-due-soon", "late": " lz-due-late"}
NOTE_ICONS = {"info": "info-circle", "good": "circle-check", "warn": "alert-triangle", "bad": "alert-circle"}
NODE_CLASSES = {"done": "lz-n-done", "late": "lz-n-late", "open": ""}

# ---------------------------------------------------------------------------------------------- words

register.filter("cn_date", words.cn_date)
register.filter("cn_day", words.cn_day)
register.filter("cn_moment", words.cn_moment)
register.filter("cn_weekday", words.cn_weekday)


@register.filter
def measure(number: int, word: str) -> str:
    """`{{ n|measure:"份" }}`: 64 份, never broken between the two."""
    return words.count_of(number, word)


@register.filter
def iso(value: dt.date | dt.datetime | None) -> str:
    """2026-03-31, the date as tables write it; "" for None."""
    return "" if value is None else words.local_day(value).isoformat()


@register.simple_tag
def person_post(name: str, *facts: str) -> SafeString:
    """姓名（职务，单位）, never broken inside."""
    return format_html('<span class="lz-nb">{}</span>', words.person_post(name, *facts))


@register.simple_tag
def when(value: dt.date | dt.datetime | None) -> SafeString:
    """A <time> as tables write it: 2026-03-31, a moment with hour and minute."""
    if value is None:
        return mark_safe("")
    if isinstance(value, dt.datetime):
        moment = timezone.localtime(value)
        return format_html(
            '<time class="lz-nb" datetime="{}">{}</time>', moment.isoformat(), f"{moment:%Y-%m-%d %H:%M}"
        )
    return format_html('<time class="lz-nb" datetime="{0}">{0}</time>', value.isoformat())


@register.filter
def toast_tone(level: str) -> str:
    """The tone of a toast from the level of a Django message."""
    return {"error": "bad", "warning": "warn"}.get(level, "good")


register.filter("action_words", words.action_words)

# ---------------------------------------------------------------------------------------------- marks


def _pick(table: Mapping[str, Any], key: str, what: str) -> Any:
    """The entry of a declared set; anything else is a mistake of the page and fails."""
    try:
        return table[key]
    except KeyError:
        raise TemplateSyntaxError(f"{what}: {key!r} is none of {', '.join(table)}") from None


@lru_cache(maxsize=256)
def _icon(name: str) -> SafeString:
    return format_html(
        '<svg class="lz-icon" aria-hidden="true"><use href="{}#{}"/></svg>',
        static("vendor/tabler-icons/sprite.svg"),
        name,
    )


@register.simple_tag
def icon(name: str) -> SafeString:
    """An icon of the sprite; it never stands without a word beside it."""
    return _icon(name)


@lru_cache(maxsize=64)
def _shape(kind: str) -> SafeString:
    return format_html('<svg aria-hidden="true"><use href="{}#{}"/></svg>', static("img/marks.svg"), kind)


@register.simple_tag
def light(kind: str, word: str = "") -> SafeString:
    """A light: its own shape and word; kind is red, yellow, green, blue or none."""
    usual = _pick(LIGHTS, kind, "light kind")
    return format_html('<span class="lz-light lz-{}">{}{}</span>', kind, _shape(kind), word or usual)


@register.simple_tag
def trail(kinds: Iterable[str], words: str) -> SafeString:  # noqa: A002
    """The lights of the last quarters, oldest first; `words` says the same for those who do not see shapes."""
    shapes = format_html_join(
        "",
        '<span class="lz-{}">{}</span>',
        ((_pick({k: k for k in LIGHTS}, k, "light kind"), _shape(k)) for k in kinds),
    )
    return format_html('<span class="lz-trail" role="img" aria-label="{}">{}</span>', words, shapes)


@register.simple_tag
def state(word: str, tone: str = "none") -> SafeString:
    """The state of an object; tone is none, act (somebody must act), done, bad or end."""
    return format_html('<span class="lz-state{}">{}</span>', _pick(STATE_TONES, tone, "state tone"), word)


@register.simple_tag
def tag(word: str) -> SafeString:
    """A small label such as 共性 or 补录."""
    return format_html('<span class="lz-tag">{}</span>', word)


@register.simple_tag
def due_mark(words: str, tone: str = "none") -> SafeString:
    """A deadline whose words the page has already; tone is none, soon or late."""
    return format_html('<span class="lz-due{}">{}</span>', _pick(DUE_TONES, tone, "due tone"), words)


@register.simple_tag(takes_context=True)
def due(
    context: Context, due_on: dt.date | None, done_on: dt.date | dt.datetime | None = None, show_date: bool = False
) -> SafeString:
    """还有 5 个工作日 / 今天到期 / 逾期 3 天 / 按期, counted from the page's own day (request.today)."""
    if due_on is None:
        return mark_safe("")
    told = words.due(due_on, today=context["request"].today, done_on=done_on)
    mark = due_mark(told.words, told.tone)
    if not show_date:
        return mark
    return format_html('<span class="lz-nb"><time datetime="{0}">{0}</time> {1}</span>', due_on.isoformat(), mark)


@register.simple_tag
def meter(value: int, max: int, words: str, late: bool = False, wide: bool = False) -> SafeString:  # noqa: A002
    """A progress bar that says its words; a bar alone is never shown."""
    return format_html(
        '<span class="lz-meter{}{}"><progress value="{}" max="{}" aria-label="{}"></progress><span>{}</span></span>',
        " lz-meter-wide" if wide else "",
        " lz-meter-late" if late else "",
        value,
        max or 1,
        words,
        words,
    )


@register.simple_tag
def nodes(done: int, late: int, open: int, words: str) -> SafeString:  # noqa: A002
    """Milestones as small boxes with their words."""
    kinds = ["done"] * done + ["late"] * late + ["open"] * open
    boxes = format_html_join("", '<i class="{}"></i>', ((NODE_CLASSES[kind],) for kind in kinds))
    return format_html('<span class="lz-nb"><span class="lz-nodes" aria-hidden="true">{}</span>{}</span>', boxes, words)


@register.simple_tag
def why(summary: str, explanation: str, href: str = "", link: str = "") -> SafeString:
    """A value one can open to read its reason, down to the record."""
    more = format_html('<br><a href="{}">{}</a>', href, link) if href else ""
    return format_html(
        '<details class="lz-why"><summary>{}</summary><div>{}{}</div></details>', summary, explanation, more
    )


# ---------------------------------------------------------------------------------------------- parts of a page

_SLOT = re.compile("\x02([a-z]+)\x02(.*?)\x03", re.S)


@register.simple_block_tag
def slot(content: str, name: str) -> SafeString:
    """Marks a named part inside the block of a component (`meta` in page_head, `tools` and `foot` in panel)."""
    return mark_safe(f"\x02{name}\x02{content}\x03")  # noqa: S308 - the content is rendered template


def _parts(content: str, *known: str) -> dict[str, SafeString]:
    """The named slots of a block and, under "", what is left; an unknown slot fails."""
    parts = {name: mark_safe("") for name in known}  # noqa: S308
    for name, text in _SLOT.findall(content):
        if name not in parts:
            raise TemplateSyntaxError(f"slot {name!r} is none of {', '.join(known)}")
        parts[name] = mark_safe(text.strip())  # noqa: S308
    parts[""] = mark_safe(_SLOT.sub("", content).strip())  # noqa: S308
    return parts


def _render(name: str, values: dict[str, Any]) -> SafeString:
    return get_template(f"components/{name}.html").render(values)


@register.simple_block_tag
def page_head(
    content: str, title: str, state: str = "", tone: str = "none", meta: Iterable[str] = (), stick: bool = True
) -> SafeString:
    """Title, state and facts of the page; the block holds its acts (one btn-primary), slot "meta" more facts as <li>.

    The acts stick to the bottom edge of a phone unless stick=False.
    """
    parts = _parts(content, "meta")
    mark = globals()["state"](state, tone) if state else ""
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
    """The way up, as pairs: `{% crumb url_letters "责任书" "" letter.number %}`; the last has no address."""
    if len(steps) % 2:
        raise TemplateSyntaxError("crumb takes pairs of address and word")
    pairs = list(zip(steps[::2], steps[1::2], strict=True))
    last_link = max((n for n, (href, _) in enumerate(pairs) if href), default=-1)
    items = [
        format_html(
            "<li{}>{}</li>",
            mark_safe(' class="lz-up"') if n == last_link else "",
            format_html('<a href="{}">{}</a>', href, word) if href else word,
        )
        for n, (href, word) in enumerate(pairs)
    ]
    return format_html('<nav aria-label="所在位置"><ol class="lz-crumb">{}</ol></nav>', mark_safe("".join(items)))  # noqa: S308


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
        mark_safe("".join(head)),  # noqa: S308
        format_html('<div class="lz-body">{}</div>', parts[""]) if body else parts[""],
        format_html("<footer>{}</footer>", parts["foot"]) if parts["foot"] else "",
    )


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
    return format_html('<ol class="lz-steps" aria-label="{}">{}</ol>', label, mark_safe("".join(items)))  # noqa: S308


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


@register.simple_block_tag
def note(content: str, lead: str = "", tone: str = "info", href: str = "", link: str = "") -> SafeString:
    """A remark in words; tone is info, good, warn or bad."""
    mark = _icon(_pick(NOTE_ICONS, tone, "note tone"))
    more = format_html(' <a href="{}">{}</a>', href, link) if href else ""
    strong = format_html("<b>{}</b>", lead) if lead else ""
    return format_html(
        '<div class="lz-note lz-note-{}">{}<div>{}{}{}</div></div>',
        tone,
        mark,
        strong,
        mark_safe(content.strip()),
        more,
    )  # noqa: S308


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
        },  # noqa: S308
    )


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
    _pick({"stack": 1, "bar": 1}, kind, "chart kind")
    return {"title": title, "id": id, "columns": columns, "rows": rows, "kind": kind, "note": note, "max": max}


@register.inclusion_tag("components/job.html")
def job(row: Any, url: str, done_url: str = "", done_act: str = "查看结果") -> dict[str, Any]:
    """A background job as a bar that refreshes itself; `url` answers with this component, row is an engines.jobs Job."""
    return {"job": row, "url": url, "done_url": done_url, "done_act": done_act}


# ---------------------------------------------------------------------------------------------- forms


def _control_class(field: BoundField) -> str:
    widget = field.field.widget
    if isinstance(widget, CheckboxInput | RadioSelect | CheckboxSelectMultiple):
        return "form-check-input"
    return "form-select" if getattr(widget, "input_type", "") == "select" else "form-control"


def _shape_of(field: BoundField) -> str:
    widget = field.field.widget
    if isinstance(widget, RadioSelect | CheckboxSelectMultiple):
        return "choices"
    if isinstance(widget, CheckboxInput):
        return "check"
    return "file" if isinstance(widget, FileInput) else "line"


def _attrs(field: BoundField, described: str, width: str) -> dict[str, Any]:
    attrs: dict[str, Any] = {
        "class": " ".join(filter(None, [field.field.widget.attrs.get("class"), _control_class(field), width]))
    }
    if described:
        attrs["aria-describedby"] = described
    if field.errors:
        attrs["aria-invalid"] = "true"
    if isinstance(field.field.widget, Textarea):
        attrs.setdefault("rows", field.field.widget.attrs.get("rows", 3))
    return attrs


@register.inclusion_tag("components/field.html")
def field(bound: BoundField, label: str = "", hint: str = "", width: str = "") -> dict[str, Any]:
    """A field of a Django form: label, hint, error at the field, control; width="w-auto" for short values."""
    said = hint or bound.help_text
    key = bound.auto_id or bound.html_name
    described = " ".join(filter(None, [said and f"{key}_hint", bound.errors and f"{key}_error"]))
    return {
        "bound": bound,
        "key": key,
        "label": label or bound.label,
        "hint": said,
        "shape": _shape_of(bound),
        "control": bound.as_widget(attrs=_attrs(bound, described, width)),
        "class": _control_class(bound),
        "described": described,
        "optional": not bound.field.required,
    }


@register.inclusion_tag("components/error_summary.html", takes_context=True)
def error_summary(
    context: Context, form: BaseForm | None, title: str = "没有保存", kept: str = "已填写的内容都保留在下面。"
) -> dict[str, Any]:
    """What was refused, on top of the form, each line leading to its field; nothing while the form has no errors."""
    faults: list[tuple[str, str]] = []
    if form is not None and form.is_bound:
        for name, errors in form.errors.items():
            key = "" if name == "__all__" else form[name].auto_id or name
            faults += [(key, str(error)) for error in errors]
    return {"faults": faults, "title": title, "kept": kept, "request_id": getattr(context.get("request"), "id", "")}


# ---------------------------------------------------------------------------------------------- the uniform table


class TableNode(Node):
    """`{% table letters %}…one row's cells, as `row`…{% endtable %}`."""

    def __init__(self, table: FilterExpression, row: NodeList) -> None:
        self.table, self.row = table, row

    def render(self, context: Context) -> SafeString:
        table: Table = self.table.resolve(context)
        lines: list[str] = []
        group = None
        with context.push(table=table):
            for number, row in enumerate(table.rows):
                if table.grouped and (heading := table.group_of(row)) != group:
                    group = heading
                    lines.append(self._heading(table, heading))
                context["row"] = row
                tick = _tick(table, row, number) if table.batch else ""
                lines.append(f"<tr>{tick}{self.row.render(context)}</tr>\n")
        part = {
            "table": table,
            "lines": mark_safe("".join(lines)),
            "csrf_token": context.get("csrf_token", ""),
            "request": context.get("request"),
        }  # noqa: S308
        return get_template("components/table.html").render(part)

    def _heading(self, table: Table, heading: str) -> str:
        return format_html(
            '<tr class="lz-group"><th scope="rowgroup" colspan="{}">{}</th></tr>\n', table.width, heading
        )


def _tick(table: Table, row: Any, number: int) -> SafeString:
    return format_html(
        '<td class="lz-keep lz-tick"><input class="form-check-input" type="checkbox" name="pick" value="{}" form="{}-batch" aria-label="选中 {}"></td>',
        table.pk_of(row),
        table.id,
        table.name_of(row) or f"第 {number + 1} 行",
    )


@register.tag("table")
def table_tag(parser: Parser, token: Token) -> TableNode:
    bits = token.split_contents()
    if len(bits) != 2:
        raise TemplateSyntaxError("table takes one argument, the table")
    row = parser.parse(("endtable",))
    parser.delete_first_token()
    return TableNode(parser.compile_filter(bits[1]), row)


class CellNode(Node):
    """`{% cell "state" %}…{% endcell %}`: the cell of a declared column, left out where the reader has hidden it."""

    def __init__(self, key: str, content: NodeList) -> None:
        self.key, self.content = key, content

    def render(self, context: Context) -> str:
        frames = context["table"].cells
        try:
            frame = frames[self.key]
        except KeyError:
            raise TemplateSyntaxError(f"cell {self.key!r} is no column of the table: {', '.join(frames)}") from None
        return "" if frame is None else f"{frame[0]}{self.content.render(context)}{frame[1]}"


@register.tag("cell")
def cell_tag(parser: Parser, token: Token) -> CellNode:
    bits = token.split_contents()
    if len(bits) != 2 or bits[1][0] not in "\"'":
        raise TemplateSyntaxError("cell takes one argument, the quoted key of a column")
    content = parser.parse(("endcell",))
    parser.delete_first_token()
    return CellNode(bits[1][1:-1], content)


@register.filter
def escape_once(value: Any) -> str:
    """The value as text that is safe inside a message already holding markup."""
    return conditional_escape(value)

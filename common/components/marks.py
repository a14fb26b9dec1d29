"""Words and marks that stand in a line or a cell; written with format_html, because a table holds hundreds."""

import datetime as dt
from collections.abc import Iterable
from functools import lru_cache

from django.template import Context
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from common import words
from common.components.library import pick, register

LIGHTS = {"red": "红灯", "yellow": "黄灯", "green": "绿灯", "blue": "蓝灯", "none": "未评定"}
STATE_TONES = {
    "none": "",
    "act": " lz-state-act",
    "done": " lz-state-done",
    "bad": " lz-state-bad",
    "end": " lz-state-end",
}
DUE_TONES = {"none": "", "soon": " lz-due-soon", "late": " lz-due-late"}
NODE_CLASSES = {"done": "lz-n-done", "late": "lz-n-late", "open": ""}

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
    return SafeString(f'<span class="lz-nb">{conditional_escape(words.person_post(name, *facts))}</span>')


@register.simple_tag
def when(value: dt.date | dt.datetime | None) -> SafeString:
    """A <time> as tables write it: 2026-03-31, a moment with hour and minute."""
    if value is None:
        return mark_safe("")
    if isinstance(value, dt.datetime):
        moment = timezone.localtime(value)
        return SafeString(f'<time class="lz-nb" datetime="{moment.isoformat()}">{moment:%Y-%m-%d %H:%M}</time>')
    return SafeString(f'<time class="lz-nb" datetime="{value.isoformat()}">{value.isoformat()}</time>')


@register.filter
def toast_tone(level: str) -> str:
    """The tone of a toast from the level of a Django message."""
    return {"error": "bad", "warning": "warn"}.get(level, "good")


register.filter("action_words", words.action_words)


@register.simple_tag
@lru_cache(maxsize=256)
def icon(name: str) -> SafeString:
    """An icon of the sprite; it never stands without a word beside it."""
    return format_html(
        '<svg class="lz-icon" aria-hidden="true"><use href="{}#{}"/></svg>',
        static("vendor/tabler-icons/sprite.svg"),
        name,
    )


@lru_cache(maxsize=64)
def _shape(kind: str) -> SafeString:
    return format_html('<svg aria-hidden="true"><use href="{}#{}"/></svg>', static("img/marks.svg"), kind)


@register.simple_tag
def light(kind: str, word: str = "") -> SafeString:
    """A light: its own shape and word; kind is red, yellow, green, blue or none."""
    usual = pick(LIGHTS, kind, "light kind")
    return SafeString(f'<span class="lz-light lz-{kind}">{_shape(kind)}{conditional_escape(word or usual)}</span>')


@register.simple_tag
def trail(kinds: Iterable[str], words: str) -> SafeString:  # noqa: A002
    """The lights of the last quarters, oldest first; `words` says the same for those who do not see shapes."""
    shapes = format_html_join(
        "",
        '<span class="lz-{}">{}</span>',
        ((pick({k: k for k in LIGHTS}, k, "light kind"), _shape(k)) for k in kinds),
    )
    return format_html('<span class="lz-trail" role="img" aria-label="{}">{}</span>', words, shapes)


@register.simple_tag
def state(word: str, tone: str = "none") -> SafeString:
    """The state of an object; tone is none, act (somebody must act), done, bad or end."""
    css = pick(STATE_TONES, tone, "state tone")
    return SafeString(f'<span class="lz-state{css}">{conditional_escape(word)}</span>')


@register.simple_tag
def tag(word: str) -> SafeString:
    """A small label such as 共性 or 补录."""
    return SafeString(f'<span class="lz-tag">{conditional_escape(word)}</span>')


@register.simple_tag
def due_mark(words: str, tone: str = "none") -> SafeString:
    """A deadline whose words the page has already; tone is none, soon or late."""
    css = pick(DUE_TONES, tone, "due tone")
    return SafeString(f'<span class="lz-due{css}">{conditional_escape(words)}</span>')


@register.simple_tag(takes_context=True)
def due(
    context: Context, due_on: dt.date | None, done_on: dt.date | dt.datetime | None = None, show_date: bool = False
) -> SafeString:
    """还有 5 个工作日 / 今天到期 / 逾期 3 天 / 按期, counted from the page's own day (request.today)."""
    return _due(due_on, done_on, context["request"].today, show_date) if due_on else SafeString("")


@lru_cache(maxsize=2048)
def _due(due_on: dt.date, done_on: dt.date | dt.datetime | None, today: dt.date, show_date: bool) -> SafeString:
    told = words.due(due_on, today=today, done_on=done_on)
    mark = due_mark(told.words, told.tone)
    return (
        SafeString(f'<span class="lz-nb"><time datetime="{due_on}">{due_on}</time> {mark}</span>')
        if show_date
        else mark
    )


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

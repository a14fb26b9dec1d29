"""How often and by when a duty is due, in words; what a source leaves open is said and not guessed."""

from dataclasses import dataclass
from datetime import date

from responsibility.enums import PERIODIC, Per

NBSP = "\u00a0"
OPEN = "未载明"
PERIOD_WORDS = {Per.YEAR: "每年", Per.HALF: "每半年", Per.QUARTER: "每季度", Per.MONTH: "每月"}


@dataclass(frozen=True)
class Frequency:
    """The structured frequency of a duty."""

    per: str
    times: int | None = None
    event: str = ""
    due_on: date | None = None
    due_words: str = ""


def due_in_words(due_on: date | None, due_words: str) -> str:
    """The deadline as the list says it: its own words, otherwise the day; "" where there is none."""
    if due_words:
        return due_words
    return f"{due_on.year}年{due_on.month}月{due_on.day}日前" if due_on else ""


def frequency_in_words(frequency: Frequency, *, open_word: str = OPEN) -> str:
    """每季度至少 1 次 / 2026年4月30日前 / 新任职时 / 及时办理 / the word for what is left open."""
    due = due_in_words(frequency.due_on, frequency.due_words)
    if frequency.per in PERIODIC:
        words = f"{PERIOD_WORDS[Per(frequency.per)]}至少{NBSP}{frequency.times}{NBSP}次"
        return f"{words}，{due}" if due else words
    if frequency.per == Per.EVENT:
        return event_in_words(frequency.event, open_word)
    if frequency.per == Per.CONTINUOUS:
        return "持续开展，及时办理"
    return due or open_word


def event_in_words(event: str, open_word: str) -> str:
    """新任职时; an occasion that the source does not name is left open."""
    if not event:
        return f"遇事即办（何事：{open_word}）"
    return event if event.endswith(("时", "前", "后", "内")) else f"{event}时"


def refusal_of(frequency: Frequency) -> str | None:
    """Why these values do not make a frequency, or None; the same rules as the database holds."""
    if frequency.per in PERIODIC and not frequency.times:
        return "按年、半年、季度、月开展的，请写至少次数。"
    if frequency.per not in PERIODIC and frequency.times is not None:
        return "只有按年、半年、季度、月开展的才写至少次数。"
    if frequency.event and frequency.per != Per.EVENT:
        return "只有「遇事即办」的事项才写遇何事项。"
    if frequency.per == Per.DATE and not (frequency.due_on or frequency.due_words):
        return "频次为「按期限」的，请写完成期限。"
    return None


def moved_to_year(day: date | None, by_years: int) -> date | None:
    """The same day some years on; 29 February becomes 28 February in a year that has none."""
    if day is None:
        return None
    try:
        return day.replace(year=day.year + by_years)
    except ValueError:
        return day.replace(year=day.year + by_years, day=28)

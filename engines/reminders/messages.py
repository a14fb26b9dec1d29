"""What a reminder says outside the house: one line per obligation, where to go, nothing that the line does not need."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.urls import reverse

from common.words import count_of, due
from engines.reminders.models import Audience, Reminder

SHOWN = 20  # lines of one message; the rest is counted and stands on the page
LONGEST_LINE = 120


@dataclass(frozen=True)
class Message:
    """A subject of one line and a body of few."""

    subject: str
    body: str


def line_of(reminder: Reminder, today: date) -> str:
    """还有 5 个工作日 · 签署…; to those above him the owner is named: 逾期 3 天 · 沈宁衡（市财政局）：签署…"""
    who = f"{reminder.owner_name}：" if reminder.audience != Audience.OWNER and reminder.owner_name else ""
    title = reminder.title if len(reminder.title) <= LONGEST_LINE else f"{reminder.title[: LONGEST_LINE - 1]}…"
    return f"{due(reminder.due_on, today=today).words} · {who}{title}"


def message_about(reminders: Sequence[Reminder], *, to: str, today: date) -> Message:
    """One message about one or more reminders of one account, the nearest deadline first."""
    ordered = sorted(reminders, key=lambda each: (each.due_on, each.pk))
    if len(ordered) == 1:
        subject = f"履责提醒：{line_of(ordered[0], today)}"
        lines = [f"{to}：", line_of(ordered[0], today)]
    else:
        subject = f"履责提醒：{count_of(len(ordered), '件事')}待办"
        lines = [f"{to}：有 {count_of(len(ordered), '件事')}待办。"]
        lines += [f"{number}. {line_of(each, today)}" for number, each in enumerate(ordered[:SHOWN], 1)]
        if len(ordered) > SHOWN:
            lines.append(f"另有 {count_of(len(ordered) - SHOWN, '件')}，请登录后在「通知」里查看。")
    where = where_of(ordered[0]) if len(ordered) == 1 else address_of(reverse("notice_list"))
    if where:
        lines.append(f"办理：{where}")
    return Message(" ".join(subject.split()), "\n".join(lines))


def test_message(to: str) -> Message:
    """What the test button sends."""
    return Message("履责提醒：测试", f"{to}：这是一条测试提醒。收到它，说明这个渠道可以用。")


def where_of(reminder: Reminder) -> str:
    return address_of(reverse("notice_open", args=[reminder.pk]))


def address_of(path: str) -> str:
    """The full address of a page; "" where the installation has not said under which address it is reached."""
    return f"{settings.LVZE_PUBLIC_ADDRESS}{path}" if settings.LVZE_PUBLIC_ADDRESS else ""

"""What the background does about reminders: collect a day, deliver what is due, test a channel."""

from datetime import date, datetime, time

from django.utils import timezone

from engines.jobs import queue
from engines.jobs.registry import JobContext
from engines.reminders import channels
from engines.reminders.collect import collect
from engines.reminders.deliver import deliver, due_deliveries
from engines.reminders.models import Channel, CollectedDay

COLLECT_JOB, DELIVER_JOB = "reminders.collect", "reminders.deliver"
COLLECT_FROM = time(7, 0)  # of the day; before the first quiet hours end


def tick(*, now: datetime) -> None:
    """Every minute: sees to it that today is collected and that what is due is on its way. Two ticks at once make one job."""
    today, moment = timezone.localdate(now), timezone.localtime(now).time()
    if moment >= COLLECT_FROM and not CollectedDay.objects.filter(day=today).exists():
        day = today.isoformat()
        queue.enqueue(COLLECT_JOB, {"day": day}, now=now, by=None, key=day, label=f"生成 {day} 的提醒")
    if due_deliveries(now).exists():
        queue.enqueue(DELIVER_JOB, {}, now=now, by=None, key="due", label="发送提醒")


def collect_job(context: JobContext) -> None:
    context.progress(0, 1)
    collected = collect(date.fromisoformat(context.payload["day"]), now=context.now())
    context.result = {name: value for name, value in collected.as_json().items() if name != "rows"}
    context.progress(1, 1, f"新生成 {collected.new} 条提醒")


def deliver_job(context: JobContext) -> None:
    context.progress(0, 0)
    outcome = deliver(clock=context.now, progress=context.progress)
    context.result = outcome.as_json()
    context.progress(outcome.done, outcome.done, f"已发送 {outcome.sent} 条")


def test_job(context: JobContext) -> None:
    channel = Channel.objects.select_related("user__person").get(pk=context.payload["channel"])
    words = channels.test(channel, now=context.now())
    context.result = {"error": words}
    context.progress(1, 1, f"未送达：{words}" if words else "已发出，请在对应的邮箱或群里查看。")

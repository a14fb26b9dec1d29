"""What all are reminded by: the ladder, the calendar of working days, and what could not be delivered."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from common.access import SIGNED_IN, audience
from common.table import FACT, KEEP, SECOND, TITLE, Act, Column, Empty, Filter, Table
from common.workdays import is_published
from engines.audit.models import AuditEntry
from engines.reminders.models import ChannelKind, CollectedDay, Delivery, DeliveryState, HolidayYear, Rung
from organization.notice_forms import HolidayForm, RungForm
from organization.services import reminders
from organization.views.parts import Asked, actor, form_page

SHOWN_DAYS = 10


@audience("reminder.manage", "office.view")
def reminder_ladder(request: Asked) -> HttpResponse:
    entries = AuditEntry.objects.filter(target_type="reminders.rung").order_by("-id")[:10]
    said = {"rungs": Rung.objects.select_related("changed_by__person"), "entries": entries}
    said |= {"may_change": reminders.may_change_ladder(actor(request)), "published": is_published(request.today.year)}
    said |= {"next_published": is_published(request.today.year + 1), "next_year": request.today.year + 1}
    return render(request, "organization/reminder_ladder.html", said)


@audience("reminder.manage")
def reminder_rung_add(request: Asked) -> HttpResponse:
    return _rung_page(request, None)


@audience("reminder.manage")
def reminder_rung_change(request: Asked, pk: int) -> HttpResponse:
    return _rung_page(request, get_object_or_404(Rung, pk=pk))


def _rung_page(request: Asked, rung: Rung | None) -> HttpResponse:
    form = RungForm(request.POST or None, initial=RungForm.start_of(rung) if rung else None)
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        saved = form.attempt(
            lambda: reminders.save_rung(rung, facts=form.facts, reason=reason, by=actor(request), now=request.now)
        )
        if saved:
            messages.success(request, f"已保存：{saved}。从下一次生成提醒起生效。")
            return redirect("reminder_ladder")
    title, act = ("修改一级提醒", "保存修改") if rung else ("增加一级提醒", "增加")
    return form_page(request, form, title=title, act=act, up=[(reverse("reminder_ladder"), "提醒阶梯")])


@audience(SIGNED_IN)
def reminder_calendar(request: Asked) -> HttpResponse:
    """The years whose holidays are known, the chosen one day by day."""
    years = list(HolidayYear.objects.values_list("year", flat=True))
    wanted = request.GET.get("year", "")
    year = int(wanted) if wanted.isdecimal() and int(wanted) in years else request.today.year
    shown = HolidayYear.objects.prefetch_related("days").filter(year=year).first()
    missing = [y for y in (request.today.year, request.today.year + 1) if y not in years]
    said = {"years": years, "year": year, "shown": shown, "missing": missing}
    said["may_import"] = actor(request).may_somewhere("system.view")
    return render(request, "organization/reminder_calendar.html", said)


@audience("system.view")
def reminder_calendar_import(request: Asked) -> HttpResponse:
    form = HolidayForm(request.POST or None, initial={"year": request.today.year + 1})
    if form.is_valid():
        kept = form.attempt(lambda: reminders.import_holidays(**form.cleaned_data, by=actor(request), now=request.now))
        if kept:
            messages.success(request, f"已导入{kept}节假日安排，工作日从现在起按它计算。")
            return redirect(f"{reverse('reminder_calendar')}?year={kept.year}")
    lead = "重新导入同一年度会替换原来的安排，替换前后都记入审计。"
    up = [(reverse("reminder_calendar"), "节假日安排")]
    return form_page(request, form, title="导入节假日安排", act="导入", up=up, lead=lead)


class FailureTable(Table):
    """What could not be sent: to whom and why, never what it said (三员分立)."""

    id, label, measure = "failures", "未送达的提醒", "条"
    columns = (
        Column("user", "收件人", rank=TITLE),
        Column("channel", "渠道", rank=KEEP),
        Column("error", "原因", rank=FACT),
        Column("state", "状态", rank=KEEP),
        Column("attempts", "尝试次数", rank=SECOND, number=True),
        Column("planned_on", "提醒日", rank=SECOND),
    )
    filters = (
        Filter("state", "状态", [(s.value, s.label) for s in DeliveryState], lookup="state__in", initial=("failed",)),
        Filter("kind", "渠道", ChannelKind.choices, lookup="channel__kind__in"),
    )
    search = ("channel__user__username__icontains", "channel__user__person__name__icontains", "error__icontains")
    hint = "账号、姓名、原因"
    batch = (Act("reminder_retry", "重新发送"),)
    empty = Empty("没有未送达的提醒", "发送失败的会自动重试四次，仍不成功的在这里列出。")

    def __init__(self, request: Asked) -> None:
        super().__init__(request, Delivery.objects.select_related("channel__user__person", "reminder"))

    def name_of(self, row: Delivery) -> str:
        return str(row.channel.user)


@audience("system.view")
def reminder_failures(request: Asked) -> HttpResponse:
    days = CollectedDay.objects.order_by("-day")[:SHOWN_DAYS]
    said = {"table": FailureTable(request), "days": days, "doubled": Delivery.objects.filter(doubled__gt=0).count()}
    return render(request, "organization/reminder_failures.html", said)


@require_POST
@audience("system.view")
def reminder_retry(request: Asked) -> HttpResponse:
    ids = list(FailureTable(request).picked().values_list("pk", flat=True)[:5000])
    number = reminders.retry_deliveries(ids, by=actor(request), now=request.now)
    messages.success(request, f"已重新排队 {number} 条，一分钟内发送。" if number else "没有选中未送达的提醒。")
    return redirect("reminder_failures")

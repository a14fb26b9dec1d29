"""通知: one's own reminders, read and unread, and the calendar of one's deadlines."""

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from common.access import PUBLIC, SIGNED_IN, audience
from common.table import FACT, KEEP, SECOND, TITLE, Act, Column, Empty, Filter, Table
from engines.reminders.feed import calendar_of
from engines.reminders.models import Audience, Reminder
from engines.reminders.preferences import user_of_feed
from engines.reminders.sources import source_named
from organization.services.reminders import may_change_ladder
from organization.views.parts import Asked, actor

UNREAD, READ, SETTLED = "unread", "read", "settled"
STATES = [(UNREAD, "未读"), (READ, "已读"), (SETTLED, "已办结")]
REASONS = [(Audience.OWNER, "本人办理"), (Audience.SUPERIOR, "下级逾期"), (Audience.OFFICE, "督促办理")]
PARTS = {
    UNREAD: Q(settled_at__isnull=True, read_at__isnull=True),
    READ: Q(settled_at__isnull=True, read_at__isnull=False),
    SETTLED: Q(settled_at__isnull=False),
}


def of_state(rows: QuerySet[Reminder], values: list[str]) -> QuerySet[Reminder]:
    wanted = Q()
    for value in values:
        wanted |= PARTS[value]
    return rows.filter(wanted)


class NoticeTable(Table):
    id, label, measure = "notices", "通知", "条"
    columns = (
        Column("title", "事项", rank=TITLE),
        Column("state", "状态", rank=KEEP),
        Column("due_on", "期限", rank=FACT, sort="due_on"),
        Column("why", "为何提醒我", rank=SECOND),
        Column("created_at", "提醒时间", rank=FACT, sort="created_at"),
    )
    filters = (
        Filter("state", "状态", STATES, apply=of_state),
        Filter("audience", "为何提醒我", REASONS, lookup="audience__in"),
    )
    order = "-created_at"
    search = ("title__icontains", "owner_name__icontains")
    hint = "事项、姓名、单位"
    batch = (Act("notice_read", "标为已读"),)
    empty = Empty("没有通知", "期限临近或逾期的事项会在这里提醒，也可以发到邮箱或工作群。", "reminder_mine", "提醒设置")

    def name_of(self, row: Reminder) -> str:
        return row.title


def own_notices(request: Asked) -> QuerySet[Reminder]:
    """One's own and nobody else's, whatever else the account may see."""
    return Reminder.objects.filter(recipient=actor(request))


@audience(SIGNED_IN)
def notice_list(request: Asked) -> HttpResponse:
    said = {"table": NoticeTable(request, own_notices(request)), "may_change": may_change_ladder(actor(request))}
    return render(request, "organization/notice_list.html", said)


@require_GET
@audience(SIGNED_IN)
def notice_open(request: Asked, pk: int) -> HttpResponse:
    """Marks the notice read and leads to what it is about."""
    notice = get_object_or_404(own_notices(request), pk=pk)
    Reminder.objects.filter(pk=pk, read_at__isnull=True).update(read_at=request.now)
    source = source_named(notice.source)
    if source is None:
        return redirect("notice_list")
    return redirect(source.address(notice.target_id))


@require_POST
@audience(SIGNED_IN)
def notice_read(request: Asked) -> HttpResponse:
    """Marks the picked notices read; without a pick all of them."""
    rows = own_notices(request)
    if "pick" in request.POST or "all" in request.POST:
        rows = NoticeTable(request, rows).picked()
    number = rows.filter(read_at__isnull=True).update(read_at=request.now)
    messages.success(request, f"已将 {number} 条标为已读。" if number else "没有未读的通知。")
    return redirect("notice_list")


@require_GET
@audience(PUBLIC)
def reminder_feed_read(request: Asked, token: str) -> HttpResponse:
    """The calendar behind a token; any other token answers like an address that does not exist."""
    user = user_of_feed(token)
    if user is None:
        raise Http404
    content = calendar_of(user, today=request.today, now=request.now)
    response = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'inline; filename="lvze.ics"'
    response["Cache-Control"] = "private, no-store"
    return response

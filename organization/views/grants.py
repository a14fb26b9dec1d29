"""Grants, for the security officer: who has which role where and until when; give and take back."""

from datetime import date

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from common.access import audience
from common.table import FACT, KEEP, SECOND, TITLE, Column, Empty, Filter, Table
from organization.enums import Role
from organization.forms import GrantForm, ReasonForm
from organization.models import Grant, Person, Unit, User
from organization.rules.search import normalise_query
from organization.services import grants
from organization.views.parts import Asked, actor, choose_units, exported, form_page

STATES = [("running", "有效"), ("future", "未开始"), ("ended", "已结束")]


def of_state(rows: QuerySet[Grant], values: list[str], today: date) -> QuerySet[Grant]:
    open_ended = Q(ended_on__isnull=True) | Q(ended_on__gt=today)
    parts = {
        "running": Q(started_on__lte=today) & open_ended,
        "future": Q(started_on__gt=today) & open_ended,
        "ended": Q(ended_on__lte=today),
    }
    wanted = Q()
    for value in values:
        wanted |= parts[value]
    return rows.filter(wanted)


class GrantTable(Table):
    id, label, measure = "grants", "授权", "项"
    columns = (
        Column("user", "账号", rank=TITLE, sort=("user__username",), value=lambda grant: str(grant.user)),
        Column("role", "角色", rank=KEEP, value="get_role_display"),
        Column("unit", "范围", rank=FACT, value="unit.name"),
        Column("started_on", "自", rank=SECOND, sort="started_on", value="started_on"),
        Column("ended_on", "至", rank=FACT, value="ended_on"),
        Column("reason", "理由", rank=SECOND, value="reason"),
        Column("act", "办理", rank=KEEP),
    )
    order = "-started_on"
    hint = "账号、姓名、单位，可用拼音首字母"
    export = "grant_export"
    empty = Empty("还没有授权", "职务以外的角色由安全管理员授予，须写明理由和期限。", "grant_give", "授予角色")

    def __init__(self, request: Asked) -> None:
        self.today = request.today
        self.filters = (
            Filter("role", "角色", Role.choices, lookup="role__in"),
            Filter("state", "状态", STATES, apply=lambda rows, values: of_state(rows, values, self.today)),
        )
        super().__init__(request, Grant.objects.select_related("user__person", "unit", "granted_by"))

    @staticmethod
    def search(rows: QuerySet[Grant], text: str) -> QuerySet[Grant]:
        typed = normalise_query(text)
        people = Person.objects.filter(search_text__contains=typed).values("pk")
        units = Unit.objects.filter(search_text__contains=typed).values("pk")
        users = User.objects.filter(Q(username__icontains=text) | Q(person__in=people)).values("pk")
        return rows.filter(Q(user__in=users) | Q(unit__in=units))


@audience("grant.manage")
def grant_list(request: Asked) -> HttpResponse:
    lead = ["职务以外的角色在这里授予和收回，每一次都记入审计"]
    said = {"table": GrantTable(request), "today": request.today, "lead": lead}
    return render(request, "organization/grant_list.html", said)


@audience("grant.manage")
def grant_export(request: Asked) -> HttpResponse:
    return exported(request, GrantTable(request), "授权")


@audience("grant.manage")
def grant_give(request: Asked) -> HttpResponse:
    form = GrantForm(request.POST or None, initial={"started_on": request.today, "user": request.GET.get("user", "")})
    choose_units(form, Unit.objects.active(request.today))
    if form.is_valid():
        grant = form.attempt(lambda: grants.give_grant(**form.cleaned_data, by=actor(request), now=request.now))
        if grant:
            messages.success(request, f"已授予{grant.user}：{grant.unit.name}及以下的{grant.get_role_display()}。")
            return redirect("grant_list")
    lead = "角色一般由职务得到。职务以外确需授予的，写明理由，最好定一个截止日期。"
    return form_page(request, form, title="授予角色", act="授予角色", up=[(reverse("grant_list"), "授权")], lead=lead)


@audience("grant.manage")
def grant_end(request: Asked, pk: int) -> HttpResponse:
    grant = get_object_or_404(Grant.objects.select_related("user__person", "unit"), pk=pk)
    form = ReasonForm(request.POST or None)
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        if form.attempt(lambda: grants.end_grant(grant, reason=reason, by=actor(request), now=request.now)):
            messages.success(request, "授权已收回，今天起失效。")
            return redirect("grant_list")
    facts = [("账号", str(grant.user)), ("角色", grant.get_role_display()), ("范围", f"{grant.unit.name}及以下")]
    up = [(reverse("grant_list"), "授权")]
    return form_page(request, form, title="收回授权", act="收回授权", up=up, facts=facts)

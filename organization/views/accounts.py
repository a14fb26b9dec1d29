"""Accounts, for the system officer: make, correct, reset, close and open."""

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from common.access import audience
from common.table import FACT, KEEP, SECOND, TITLE, Column, Empty, Filter, Table
from engines.audit.record import timeline_of
from engines.documents import sheet, store
from organization.enums import Office
from organization.forms import AccountChangeForm, AccountForm, ReasonForm
from organization.models import Person, Post, User
from organization.queries.accounts import people_without_account, with_posts
from organization.rules.search import normalise_query
from organization.services import accounts
from organization.views.parts import XLSX, Asked, actor, exported, form_page

BATCH = 50  # hashing a password takes a twentieth of a second
STATES = [("open", "启用"), ("closed", "停用")]


def by_state(rows: QuerySet[User], values: list[str]) -> QuerySet[User]:
    return rows.filter(is_active__in=[value == "open" for value in values])


class AccountTable(Table):
    id, label, measure = "accounts", "账号", "个"
    columns = (
        Column("username", "账号", rank=TITLE, sort="username", value="username"),
        Column("name", "姓名", rank=KEEP, value=str),
        Column("office", "账号类别", rank=FACT, value="get_office_display"),
        Column("state", "状态", rank=KEEP, value=lambda user: "启用" if user.is_active else "停用"),
        Column("last_login", "上次登录", rank=SECOND, value="last_login"),
        Column("created_at", "建立时间", rank=SECOND, sort="created_at", value="created_at"),
    )
    filters = (
        Filter("office", "账号类别", Office.choices, lookup="office__in"),
        Filter("state", "状态", STATES, apply=by_state),
    )
    order = "username"
    hint = "账号、姓名，可用拼音首字母"
    export = "account_export"
    empty = Empty("还没有账号", "业务账号须关联人员，由职务得到角色。", "account_create", "建立账号")

    def __init__(self, request: Asked) -> None:
        super().__init__(request, User.objects.select_related("person"))

    @staticmethod
    def search(rows: QuerySet[User], text: str) -> QuerySet[User]:
        found = Person.objects.filter(search_text__contains=normalise_query(text)).values("pk")
        return rows.filter(username__icontains=text) | rows.filter(person__in=found)


@audience("account.manage")
def account_list(request: Asked) -> HttpResponse:
    return render(request, "organization/account_list.html", {"table": AccountTable(request)})


@audience("account.manage")
def account_export(request: Asked) -> HttpResponse:
    return exported(request, AccountTable(request), "账号")


@audience("account.manage")
def account_show(request: Asked, pk: int) -> HttpResponse:
    user = _account(pk)
    posts = (
        Post.objects.filter(person=user.person_id).held(request.today).select_related("unit") if user.person_id else []
    )
    grants = user.grants.select_related("unit").order_by("-started_on")
    state, tone = ("启用", "none") if user.is_active else ("停用", "end")
    said = {"account": user, "posts": posts, "grants": grants, "entries": timeline_of(user)[:20]}
    said |= {"state": state, "tone": tone, "is_me": user.pk == actor(request).pk}
    return render(request, "organization/account_show.html", said)


@audience("account.manage")
def account_create(request: Asked) -> HttpResponse:
    form = AccountForm(request.POST or None)
    if form.is_valid():
        made = form.attempt(lambda: accounts.create_account(**form.cleaned_data, by=actor(request), now=request.now))
        if made:
            return _password_page(request, *made, "账号已建立")
    return form_page(request, form, title="建立账号", act="建立账号", up=_up())


@audience("account.manage")
def account_batch(request: Asked) -> HttpResponse:
    """Accounts for people who hold a post and have none; the passwords leave in one workbook and are kept nowhere."""
    waiting = people_without_account(on=request.today)
    people = with_posts(list(waiting[:BATCH]), on=request.today)
    if request.method != "POST":
        said = {"people": people, "total": waiting.count(), "most": BATCH}
        return render(request, "organization/account_batch.html", said)
    made = accounts.create_accounts([person.pk for person in people], by=actor(request), now=request.now)
    columns = [sheet.Column(label, 22) for label in ("账号", "姓名", "首次密码")]
    rows = [[user.username, user.person.name, password] for user, password in made if user.person]
    page = sheet.Sheet("首次密码", columns, rows, title="首次密码（只生成这一次，本人首次登录须另设）")
    data = sheet.workbook([page], exporter=str(actor(request)), now=request.now)
    response = store.bytes_download(data, name=f"首次密码{request.now:%Y%m%d%H%M}.xlsx", content_type=XLSX)
    response["Cache-Control"] = "no-store"
    return response


@audience("account.manage")
def account_change(request: Asked, pk: int) -> HttpResponse:
    user = _account(pk)
    form = AccountChangeForm(request.POST or None, initial={"person": user.person, "display_name": user.display_name})
    if form.is_valid():
        changed = form.attempt(
            lambda: accounts.change_account(user, **form.cleaned_data, by=actor(request), now=request.now)
        )
        if changed:
            messages.success(request, "账号资料已更正。")
            return redirect("account_show", pk)
    return form_page(request, form, title=f"更正账号{user.username}", act="保存更正", up=_up(user))


@audience("account.manage")
def account_reset(request: Asked, pk: int) -> HttpResponse:
    user = _account(pk)
    form = ReasonForm(request.POST or None)
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        password = form.attempt(
            lambda: accounts.reset_password(user, by=actor(request), now=request.now, reason=reason)
        )
        if password:
            return _password_page(request, user, password, "密码已重置")
    lead = "重置后原密码立即失效，本人下次登录须另设密码。"
    return form_page(request, form, title=f"重置{user.username}的密码", act="重置密码", up=_up(user), lead=lead)


@audience("account.manage")
def account_switch(request: Asked, pk: int) -> HttpResponse:
    """Closes an open account, opens a closed one."""
    user = _account(pk)
    act, word = (accounts.deactivate, "停用") if user.is_active else (accounts.activate, "启用")
    form = ReasonForm(request.POST or None)
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        if form.attempt(lambda: act(user, by=actor(request), now=request.now, reason=reason)):
            messages.success(request, f"账号{user.username}已{word}。")
            return redirect("account_show", pk)
    lead = "停用后立即不能登录，已办的事和审计记录都保留。" if user.is_active else "启用后可以用原来的密码登录。"
    return form_page(request, form, title=f"{word}账号{user.username}", act=f"{word}账号", up=_up(user), lead=lead)


def _account(pk: int) -> User:
    return get_object_or_404(User.objects.select_related("person"), pk=pk)


def _up(user: User | None = None) -> list[tuple[str, str]]:
    steps = [(reverse("account_list"), "账号")]
    return [*steps, (reverse("account_show", args=[user.pk]), user.username)] if user else steps


def _password_page(request: Asked, user: User, password: str, title: str) -> HttpResponse:
    """The only time the password is shown; nothing keeps this page."""
    said = {"account": user, "password": password, "title": title}
    response = render(request, "organization/account_password.html", said)
    response["Cache-Control"] = "no-store"
    return response

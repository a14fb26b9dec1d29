"""People and posts: one person, appointing, correcting, ending."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from common.access import audience
from common.errors import DomainError
from common.table import FACT, KEEP, SECOND, TITLE, Column, Empty, Filter, Table
from engines.audit.record import timeline_of
from organization.enums import PostKind
from organization.forms import PostChangeForm, PostEndForm, PostForm
from organization.models import Charge, Person, Post, Unit
from organization.queries import people as reads
from organization.rules.search import normalise_query
from organization.services import people
from organization.views.parts import Asked, actor, exported, form_page, visible_unit

TIMELINE = 20


class PostTable(Table):
    id, label, measure = "posts", "任职", "项"
    columns = (
        Column("person", "姓名", rank=TITLE, value="person.name"),
        Column("title", "职务", rank=KEEP, value="title"),
        Column("unit", "单位", rank=FACT, value="unit.name"),
        Column("kind", "职务类别", rank=SECOND, value="get_kind_display"),
        Column("rank", "职级", rank=SECOND, value="rank"),
        Column("started_on", "任职日期", rank=FACT, sort="started_on", value="started_on"),
        Column("ended_on", "免职日期", rank=SECOND, value="ended_on"),
    )
    hint = "姓名、单位，可用拼音首字母"
    export = "post_export"
    empty = Empty("还没有任职", "在单位页上任职，或把名册一次导入。", "import_start", "导入工作簿")

    def __init__(self, request: Asked) -> None:
        today = request.today
        self.filters = (
            Filter("kind", "职务类别", PostKind.choices, lookup="kind__in"),
            Filter(
                "state",
                "状态",
                [("held", "在任"), ("ended", "已免职")],
                apply=lambda rows, values: (
                    rows
                    if len(values) > 1
                    else rows.held(today)
                    if values == ["held"]
                    else rows.filter(ended_on__lte=today)
                ),
                initial=("held",),
            ),
        )
        rows = Post.objects.visible_to(actor(request), "unit.view").select_related("person", "unit")
        super().__init__(request, rows)

    @staticmethod
    def search(rows: object, text: str) -> object:
        for word in text.split():
            typed = normalise_query(word)
            people_found = Person.objects.filter(search_text__contains=typed).values("pk")
            units_found = Unit.objects.filter(search_text__contains=typed).values("pk")
            rows = rows.filter(person__in=people_found) | rows.filter(unit__in=units_found)
        return rows


@audience("unit.view")
def post_list(request: Asked) -> HttpResponse:
    return render(request, "organization/post_list.html", {"table": PostTable(request)})


@audience("unit.view")
def post_export(request: Asked) -> HttpResponse:
    return exported(request, PostTable(request), "任职名册")


@audience("unit.view")
def person_show(request: Asked, pk: int) -> HttpResponse:
    """A person with the posts in units the account may see; nobody else is found."""
    user, today = actor(request), request.today
    person = get_object_or_404(reads.people_seen(user), pk=pk)
    posts = list(reads.posts_of_person(person, user))
    fields = Charge.objects.filter(post__in=posts).select_related("field", "post__unit").order_by("-started_on", "-id")
    # A mobile number is for those who keep the register and for the person himself.
    may_call = user.may_somewhere("unit.manage") or user.person_id == person.pk
    phone = (f"手机 {person.phone}" if person.phone else "没有登记手机，提醒只能在系统内收到") if may_call else ""
    said = {
        "person": person,
        "phone": phone,
        "posts": posts,
        "fields": fields,
        "held": sum(post.held_on(today) for post in posts),
        "entries": timeline_of(person)[:TIMELINE],
        "crumbs": [reverse("unit_list"), "单位与任职", "", person.name],
    }
    return render(request, "organization/person_show.html", said)


@audience("unit.manage")
def post_create(request: Asked, pk: int) -> HttpResponse:
    """任职 in one unit, of somebody known or new."""
    unit = visible_unit(request, pk, "unit.manage")
    form = PostForm(request.POST or None, initial={"started_on": request.today})
    if form.is_valid():
        post = form.attempt(
            lambda: people.appoint_by_name(unit, **form.cleaned_data, by=actor(request), now=request.now)
        )
        if post:
            messages.success(request, f"已任{post.person.name}为{post.title}。")
            return redirect("unit_show", unit.pk)
    return form_page(request, form, title="任职", act="任职", up=_way_up(unit))


@audience("unit.manage")
def post_change(request: Asked, pk: int) -> HttpResponse:
    post = _managed_post(request, pk)
    start = {name: getattr(post, name) for name in ("title", "kind", "rank", "started_on")}
    form = PostChangeForm(request.POST or None, initial=start)
    if form.is_valid():
        given = dict(form.cleaned_data)
        reason = given.pop("reason")
        changed = form.attempt(
            lambda: people.change_post(post, changes=given, by=actor(request), now=request.now, reason=reason)
        )
        if changed:
            messages.success(request, f"已更正{post.person.name}的任职。")
            return redirect("unit_show", post.unit_id)
    return form_page(request, form, title=f"更正{post.person.name}的任职", act="保存更正", up=_way_up(post.unit))


@audience("unit.manage")
def post_end(request: Asked, pk: int) -> HttpResponse:
    post = _managed_post(request, pk)
    form = PostEndForm(request.POST or None, initial={"on": request.today})
    if form.is_valid():
        ended = form.attempt(lambda: people.end_post(post, **form.cleaned_data, by=actor(request), now=request.now))
        if ended:
            messages.success(request, f"已免去{post.person.name}的{post.title}。")
            return redirect("unit_show", post.unit_id)
    fields = "、".join(Charge.objects.filter(post=post, ended_on=None).values_list("field__name", flat=True))
    facts = [("姓名", post.person.name), ("职务", post.title), ("一并终止的分工", fields or "无")]
    return form_page(request, form, title="免职", act="免职", up=_way_up(post.unit), facts=facts)


def _managed_post(request: Asked, pk: int) -> Post:
    rows = Post.objects.visible_to(actor(request), "unit.manage").select_related("person", "unit")
    post = get_object_or_404(rows, pk=pk)
    if post.ended_on is not None:
        raise DomainError(f"{post}已免去，不能再变更。")
    return post


def _way_up(unit: Unit) -> list[tuple[str, str]]:
    return [(reverse("unit_list"), "单位与任职"), (reverse("unit_show", args=[unit.pk]), unit.name)]

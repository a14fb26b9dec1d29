"""Founding, changing, moving, merging and abolishing units: one form page each."""

from typing import Any

from django.http import HttpResponse
from django.urls import reverse

from common.access import audience
from organization.forms import UnitAbolishForm, UnitChangeForm, UnitForm, UnitMergeForm, UnitMoveForm
from organization.models import Unit
from organization.queries.units import tree_rows
from organization.services import units
from organization.views.parts import Asked, actor, choose_units, form_page, visible_unit
from organization.views.units import done


def _way_up(unit: Unit | None) -> list[tuple[str, str]]:
    up = [(reverse("unit_list"), "单位与任职")]
    return [*up, (reverse("unit_show", args=[unit.pk]), unit.name)] if unit else up


@audience("unit.manage")
def unit_create(request: Asked) -> HttpResponse:
    user, today = actor(request), request.today
    parent = Unit.objects.visible_to(user, "unit.manage").filter(pk=_number(request.GET.get("parent"))).first()
    form = UnitForm(request.POST or None, initial={"parent": parent, "founded_on": today})
    choose_units(form, tree_rows(user, today=today))
    if form.is_valid():
        made = form.attempt(lambda: units.create_unit(**form.cleaned_data, by=user, now=request.now))
        if made:
            return done(request, made, f"已设立{made.name}。")
    return form_page(request, form, title="设立单位", act="设立单位", up=_way_up(parent))


@audience("unit.manage")
def unit_change(request: Asked, pk: int) -> HttpResponse:
    unit = visible_unit(request, pk, "unit.manage")
    user, today = actor(request), request.today
    facts = ("name", "kind", "party_name", "party_kind", "supervisor", "order")
    start: dict[str, Any] = {name: getattr(unit, name) for name in facts} | {"on": today}
    form = UnitChangeForm(request.POST or None, initial=start)
    choose_units(form, tree_rows(user, today=today))
    if form.is_valid():
        given = dict(form.cleaned_data)
        on, reason, name = given.pop("on"), given.pop("reason"), given.pop("name")

        def change() -> Unit:
            units.change_unit(unit, changes=given, on=on, by=user, now=request.now, reason=reason)
            return units.rename_unit(unit, name=name, on=on, by=user, now=request.now, reason=reason)

        changed = form.attempt(change)
        if changed:
            return done(request, changed, f"已变更{changed.name}。")
    return form_page(request, form, title="变更单位", act="保存变更", up=_way_up(unit))


@audience("unit.manage")
def unit_move(request: Asked, pk: int) -> HttpResponse:
    unit = visible_unit(request, pk, "unit.manage")
    user, today = actor(request), request.today
    form = UnitMoveForm(request.POST or None, initial={"on": today})
    choose_units(form, tree_rows(user, today=today))
    if form.is_valid():
        moved = form.attempt(lambda: units.move_unit(unit, **form.cleaned_data, by=user, now=request.now))
        if moved:
            return done(request, moved, f"已划转{moved.name}，下级单位一并划转。")
    below = Unit.objects.beneath(unit).active(today).count() - 1
    facts = [("现在的上级单位", unit.parent), ("一并划转的下级单位", f"{below}\u00a0个")]
    return form_page(request, form, title="划转单位", act="划转单位", up=_way_up(unit), facts=facts)


@audience("unit.manage")
def unit_merge(request: Asked, pk: int) -> HttpResponse:
    unit = visible_unit(request, pk, "unit.manage")
    user, today = actor(request), request.today
    form = UnitMergeForm(request.POST or None, initial={"on": today})
    choose_units(form, tree_rows(user, today=today))
    if form.is_valid():
        into = form.attempt(lambda: units.merge_units([unit], **form.cleaned_data, by=user, now=request.now))
        if into:
            return done(request, into, f"{unit.name}已并入{into.name}。")
    lead = "下级单位和由它监督的单位一并转到新单位；原单位撤销，沿革保留。"
    return form_page(request, form, title="并入其他单位", act="并入", up=_way_up(unit), lead=lead)


@audience("unit.manage")
def unit_abolish(request: Asked, pk: int) -> HttpResponse:
    unit = visible_unit(request, pk, "unit.manage")
    user, today = actor(request), request.today
    form = UnitAbolishForm(request.POST or None, initial={"on": today})
    if form.is_valid():
        gone = form.attempt(lambda: units.abolish_unit(unit, **form.cleaned_data, by=user, now=request.now))
        if gone:
            return done(request, gone, f"已撤销{gone.name}。")
    lead = units.why_not_abolished(unit, today) or "撤销后不再出现在名册里，沿革、任职和已签责任书都保留。"
    return form_page(request, form, title="撤销单位", act="撤销单位", up=_way_up(unit), lead=lead)


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 18 else 0

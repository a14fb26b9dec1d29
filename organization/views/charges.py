"""分工: the table of one unit, and every unit in which the rules find fault."""

from functools import cached_property
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from common.access import audience
from common.table import FACT, KEEP, TITLE, Column, Empty, Table
from organization.access import can
from organization.forms import ChargeEndForm, ChargeForm
from organization.models import Charge, Unit
from organization.queries import charges as reads
from organization.queries.people import posts_of_unit
from organization.rules.charges import BASIS
from organization.rules.search import normalise_query
from organization.services import charges
from organization.views.parts import Asked, actor, exported, form_page, visible_unit


class FindingTable(Table):
    """Units with findings; the sentences of the page's own units are read in two statements."""

    id, label, measure = "findings", "分工问题", "个单位"
    columns = (
        Column("name", "单位", rank=TITLE, sort=("order", "code"), value="name"),
        Column("kind", "类别", rank=KEEP, value="get_kind_display"),
        Column("findings", "发现的问题", rank=FACT, value=lambda unit: "；".join(f.sentence for f in unit.findings)),
    )
    order = "name"
    hint = "单位名称，可用拼音首字母"
    export = "charge_findings_export"
    empty = Empty("没有发现分工问题", "五个不直接分管、无人分管、纪检负责人分管业务、免职后仍分管，四项都已核对。")

    def __init__(self, request: Asked) -> None:
        self.on = request.today
        super().__init__(request, reads.faulty_units(actor(request), on=self.on))

    @staticmethod
    def search(rows: Any, text: str) -> Any:
        return rows.filter(search_text__contains=normalise_query(text))

    @cached_property
    def rows(self) -> list[Any]:  # type: ignore[override]
        return with_findings(self.window.rows, self.on)

    def exported(self, *, limit: int) -> Any:
        """The same columns, sentences read for all rows at once."""
        columns = [column for column in self.visible if column.value is not None]
        units = with_findings(list(self.ordered(down=False)[:limit]), self.on)
        said = {"name": lambda u: u.name, "kind": lambda u: u.get_kind_display(), "findings": columns[-1].value}
        return [c.label for c in columns], ([said[c.key](unit) for c in columns] for unit in units)


def with_findings(units: list[Unit], on: Any) -> list[Unit]:
    """The units, each with its findings beside it."""
    found = reads.findings_by_unit([unit.pk for unit in units], on=on)
    for unit in units:
        unit.findings = found.get(unit.pk, [])
    return units


@audience("unit.view")
def charge_findings(request: Asked) -> HttpResponse:
    return render(request, "organization/charge_findings.html", {"table": FindingTable(request), "basis": BASIS})


@audience("unit.view")
def charge_findings_export(request: Asked) -> HttpResponse:
    return exported(request, FindingTable(request), "分工问题")


@audience("unit.view")
def charge_show(request: Asked, pk: int) -> HttpResponse:
    """分工表 of one unit: posts down, fields across."""
    unit = visible_unit(request, pk)
    said = {
        "unit": unit,
        "charges": reads.charge_table(unit, on=request.today),
        "manages": can(actor(request), "unit.manage", unit) and unit.abolished_on is None,
        "basis": BASIS,
        "crumbs": [*_way_up(unit), ("", "班子分工")],
    }
    said["crumbs"] = [part for step in said["crumbs"] for part in step]
    return render(request, "organization/charge_show.html", said)


@audience("unit.manage")
def charge_assign(request: Asked, pk: int) -> HttpResponse:
    unit = visible_unit(request, pk, "unit.manage")
    today = request.today
    form = ChargeForm(request.POST or None, initial={"started_on": today})
    form.fields["post"].queryset = posts_of_unit(unit, on=today)
    if form.is_valid():
        given = dict(form.cleaned_data)
        post = given.pop("post")
        charge = form.attempt(lambda: charges.assign_charge(post, **given, by=actor(request), now=request.now))
        if charge:
            messages.success(request, f"已登记{charge.post.person.name}分管{charge.field.name}。")
            return redirect("charge_show", unit.pk)
    return form_page(request, form, title="登记分工", act="登记分工", up=_way_up(unit))


@audience("unit.manage")
def charge_end(request: Asked, pk: int) -> HttpResponse:
    rows = Charge.objects.select_related("post__unit", "post__person", "field")
    charge = get_object_or_404(rows, pk=pk)
    unit = visible_unit(request, charge.post.unit_id, "unit.manage")
    form = ChargeEndForm(request.POST or None, initial={"on": request.today})
    if form.is_valid():
        ended = form.attempt(
            lambda: charges.end_charge(charge, **form.cleaned_data, by=actor(request), now=request.now)
        )
        if ended:
            messages.success(request, f"{charge.post.person.name}不再分管{charge.field.name}。")
            return redirect("charge_show", unit.pk)
    facts = [("分管领导", charge.post.person.name), ("分管领域", charge.field.name)]
    return form_page(request, form, title="终止分工", act="终止分工", up=_way_up(unit), facts=facts)


def _way_up(unit: Unit) -> list[tuple[str, str]]:
    return [(reverse("unit_list"), "单位与任职"), (reverse("unit_show", args=[unit.pk]), unit.name)]

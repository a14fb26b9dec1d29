"""Units: the list, the tree on any day, one unit with everything that hangs on it."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html, format_html_join

from common.access import audience
from common.table import FACT, KEEP, SECOND, TITLE, Column, Empty, Filter, Table
from common.words import cn_date
from engines.audit.record import timeline_of
from organization.access import can, explain, prefixes
from organization.enums import UnitKind
from organization.forms import DayField
from organization.models import Unit, User
from organization.queries import charges as charge_reads
from organization.queries import people as people_reads
from organization.queries import units as reads
from organization.rules.search import normalise_query
from organization.views.parts import Asked, actor, exported, visible_unit

TIMELINE = 20
SHOWN_CHILDREN = 100
TREE_ROWS = 3000
DEPTHS = [("0", "地区"), ("1", "直属"), ("2", "二级"), ("3", "三级及以下")]


def of_depth(rows: QuerySet[Unit], values: list[str]) -> QuerySet[Unit]:
    wanted = Q()
    for value in values:
        wanted |= Q(depth__gte=3) if value == "3" else Q(depth=int(value))
    return rows.filter(wanted)


class UnitTable(Table):
    id, label, measure = "units", "单位", "个"
    columns = (
        Column("name", "单位", rank=TITLE, sort=("order", "code"), value="name"),
        Column("code", "编码", rank=SECOND, sort="code", value="code"),
        Column("kind", "类别", rank=KEEP, value="get_kind_display"),
        Column("party", "党组织", rank=FACT, value="party_name"),
        Column("parent", "上级单位", rank=SECOND, value="parent.name"),
        Column("supervisor", "监督单位", rank=FACT, value="supervisor.name"),
        Column("founded_on", "成立日期", shown=False, value="founded_on"),
        Column("abolished_on", "撤销日期", shown=False, value="abolished_on"),
    )
    order = "name"
    hint = "名称、别名、编码，可用拼音首字母"
    export = "unit_export"
    empty = Empty("还没有单位", "把单位、任职和班子分工填进一个工作簿，一次导入。", "import_start", "导入工作簿")

    def __init__(self, request: Asked) -> None:
        user = actor(request)
        today = request.today
        self.filters = (
            Filter("kind", "类别", UnitKind.choices, lookup="kind__in"),
            Filter("supervisor", "监督单位", lambda: reads.supervisors(user), lookup="supervisor__in", second=True),
            Filter("depth", "层级", DEPTHS, apply=of_depth, second=True),
            Filter(
                "state",
                "状态",
                [("active", "现有"), ("abolished", "已撤销")],
                apply=lambda rows, values: self._by_state(rows, values, today),
                initial=("active",),
            ),
        )
        rows = Unit.objects.visible_to(user, "unit.view").select_related("parent", "supervisor")
        super().__init__(request, rows)

    @staticmethod
    def search(rows: QuerySet[Unit], text: str) -> QuerySet[Unit]:
        for word in text.split():
            rows = rows.filter(search_text__contains=normalise_query(word))
        return rows

    @staticmethod
    def _by_state(rows: Any, values: list[str], today: date) -> Any:
        if len(values) != 1:
            return rows
        return rows.active(today) if values == ["active"] else rows.filter(abolished_on__lte=today)


@audience("unit.view")
def unit_list(request: Asked) -> HttpResponse:
    """The units the account may see today."""
    table = UnitTable(request)
    manages = actor(request).may_somewhere("unit.manage")
    return render(request, "organization/unit_list.html", {"table": table, "manages": manages})


@audience("unit.view")
def unit_export(request: Asked) -> HttpResponse:
    return exported(request, UnitTable(request), "单位名册")


@audience("unit.view")
def unit_tree(request: Asked) -> HttpResponse:
    """按日期查看: the tree as it was on that day, or one branch of it."""
    day = _day(request)
    among = Unit.objects.visible_to(actor(request), "unit.view")
    under = visible_unit(request, int(request.GET["under"])) if request.GET.get("under", "").isdecimal() else None
    if under is not None:
        among = among.filter(Q(path__startswith=under.path))
    units = reads.units_on(day, among=among) if among.count() <= TREE_ROWS else []
    said = {"day": day, "units": units, "under": under, "too_many": not units and among.exists(), "most": TREE_ROWS}
    return render(request, "organization/unit_tree.html", said)


def _day(request: Asked) -> date:
    """The day of the address, today where there is none or it makes no sense."""
    today: date = request.today
    try:
        return min(DayField().clean(request.GET.get("day", "")) or today, today)
    except Exception:  # noqa: BLE001 - whatever was typed into the address
        return today


@audience("unit.view")
def unit_show(request: Asked, pk: int) -> HttpResponse:
    """One unit: facts, posts, division of work, history, what lies beneath it, what happened."""
    unit = visible_unit(request, pk)
    user, today = actor(request), request.today
    manages = can(user, "unit.manage", unit)
    said = {
        "unit": unit,
        "facts": _facts(unit, user),
        "posts": people_reads.posts_of_unit(unit, on=today),
        "former": people_reads.former_posts_of_unit(unit, on=today)[:SHOWN_CHILDREN],
        "findings": charge_reads.findings_by_unit([pk], on=today).get(pk, []),
        "versions": reads.unit_history(unit),
        "children": reads.children(unit, on=today)[: SHOWN_CHILDREN + 1],
        "supervised": reads.supervised(unit, on=today)[: SHOWN_CHILDREN + 1],
        "entries": timeline_of(unit)[:TIMELINE],
        "reasons": explain(user, "unit.view", unit),
        "manages": manages and unit.abolished_on is None,
        "abolished": "已撤销" if unit.abolished_on else "",
        "crumbs": [reverse("unit_list"), "单位与任职", "", unit.name],
    }
    return render(request, "organization/unit_show.html", said)


def _facts(unit: Unit, user: User) -> list[tuple[Any, ...]]:
    """要点; what is not known is said as such by the component. A unit outside one's scope is named without a link."""
    reach = prefixes(user, "unit.view")

    def to(other: Unit | None) -> Any:
        if other is None or not other.path.startswith(reach):
            return other and other.name
        return format_html('<a href="{}">{}</a>', reverse("unit_show", args=[other.pk]), other.name)

    above = reads.ancestors(unit)
    facts: list[tuple[Any, ...]] = [
        ("上级单位", format_html_join(" › ", "{}", ((to(one),) for one in above)) if above else "（顶层单位）"),
        ("监督单位", to(unit.supervisor)),
        ("党组织", f"{unit.party_name}（{unit.get_party_kind_display()}）" if unit.party_name else ""),
        ("成立日期", cn_date(unit.founded_on)),
        ("别名", "、".join(alias.name for alias in unit.aliases.all())),
    ]
    if unit.abolished_on:
        facts.append(("撤销日期", cn_date(unit.abolished_on)))
    if unit.merged_into:
        facts.append(("并入", to(unit.merged_into)))
    return facts


def done(request: Asked, unit: Unit, words: str) -> HttpResponse:
    """Back to the unit with what was done in words."""
    messages.success(request, words)
    return redirect("unit_show", unit.pk)

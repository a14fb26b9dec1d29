"""The coverage matrix of a published list: items without a carrier, units that have not acknowledged."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render

from common.access import audience
from common.table import FACT, KEEP, TITLE, Column, Empty, Filter, Table
from common.words import count_of
from responsibility.enums import IssuedState
from responsibility.models import IssuedList, ResponsibilityList
from responsibility.queries.coverage import coverage_of, holder_lines, holders_in_scope, issued_in_scope
from responsibility.views.issue import PostCandidates, UnitCandidates
from responsibility.views.lists import TONES
from responsibility.views.parts import Asked, actor, flat, library_crumbs, library_of, sheet_download

NOT_ISSUED = "none"
STATES = [(NOT_ISSUED, "未下达"), *((value, label) for value, label in IssuedState.choices if value != "withdrawn")]
MOST_EXPORTED = 20_000
CHUNK = 500


class HolderTable(Table):
    """Units or posts with their line of the matrix; the lines of a page are read in one go."""

    id, measure = "holders", "个"
    columns = (
        Column("name", "责任单位", rank=TITLE, sort="unit_path"),
        Column("state", "认领情况", rank=KEEP),
        Column("carried", "承接", rank=FACT),
        Column("matrix", "逐项", css="lz-matrix"),
    )
    order = "name"
    hint = "单位名称，可用拼音首字母"
    empty = Empty("范围内没有责任单位", "清单按责任主体下达：请先核对下级单位的党组织类别和任职。")

    def __init__(self, request: Any, target: ResponsibilityList, user: Any) -> None:
        self.label = "承接情况"
        super().__init__(request, holders_in_scope(target, user, today=request.today))
        self.target, self.user = target, user
        kind = UnitCandidates if target.goes_to_units else PostCandidates
        self.search = kind.search  # type: ignore[misc]
        if target.goes_to_units:
            self.columns = (Column("name", "责任单位", rank=TITLE, sort="path"), *self.columns[1:])  # type: ignore[misc]
        self.filters = (Filter("state", "认领情况", STATES, apply=self._by_state),)  # type: ignore[misc]

    def _by_state(self, rows: Any, values: list[str]) -> Any:
        holder = "unit_id" if self.target.goes_to_units else "post_id"
        lists = issued_in_scope(self.target, self.user)
        wanted = Q(pk__in=lists.filter(state__in=values).order_by().values(holder))
        return rows.filter(wanted | Q(has_it=False) if NOT_ISSUED in values else wanted)

    def _found(self, rows: Any) -> Any:
        return self.search(rows, self.q)  # type: ignore[operator]

    @property
    def lines(self) -> list[Any]:
        if "_lines" not in self.__dict__:
            self.__dict__["_lines"] = holder_lines(self.target, self.window.rows)
        return self.__dict__["_lines"]  # type: ignore[no-any-return]

    @property
    def rows(self) -> list[Any]:
        for row, line in zip(self.window.rows, self.lines, strict=True):
            row.line = line
        return self.window.rows


@audience("list.view")
def list_coverage(request: Asked, pk: int) -> HttpResponse:
    target, user = library_of(request, pk), actor(request)
    coverage = coverage_of(target, user, today=request.today)
    said = {
        "target": target,
        "coverage": coverage,
        "numbers": numbers_of(coverage),
        "table": HolderTable(request, target, user),
        "tones": TONES,
        "crumbs": flat([*library_crumbs(target), ("", "覆盖情况")]),
    }
    return render(request, "responsibility/list_coverage.html", said)


def numbers_of(coverage: Any) -> list[tuple[str, str, str, str]]:
    """The numbers that open the page, each with its "of how many"."""
    items = len(coverage.items)
    return [
        (
            "已下达",
            str(coverage.issued),
            f"应下达 {count_of(coverage.eligible, '个')}，还差 {count_of(coverage.without_list, '个')}",
            "?state=none",
        ),
        ("已认领", str(coverage.acknowledged), f"已下达 {count_of(coverage.issued, '份')}", "?state=acknowledged"),
        ("待认领", str(coverage.waiting), f"其中超过期限 {count_of(coverage.overdue, '份')}", "?state=issued"),
        ("退回", str(coverage.returned), "等待下达单位答复", "?state=returned"),
        ("无人承接的事项", str(len(coverage.bare)), f"清单共 {count_of(items, '项')}", ""),
    ]


@audience("list.view")
def list_coverage_export(request: Asked, pk: int) -> HttpResponse:
    """The whole matrix in Excel: one row per unit or post, one column per item."""
    target, user = library_of(request, pk), actor(request)
    items = list(target.items.order_by("no"))
    labels = ["责任单位", "责任人", "认领情况", *(f"{item.no} {item.content[:20]}" for item in items)]
    return sheet_download(request, f"{target}覆盖情况", labels, _matrix_rows(request, target, user))


def _matrix_rows(request: Asked, target: ResponsibilityList, user: Any) -> Iterator[list[Any]]:
    holders = holders_in_scope(target, user, today=request.today)
    holders = holders.order_by("path" if target.goes_to_units else "unit_path", "pk")
    last = holders[:MOST_EXPORTED]
    for start in range(0, MOST_EXPORTED, CHUNK):
        chunk = list(last[start : start + CHUNK])
        for line in holder_lines(target, chunk):
            unit = line.holder.name if target.goes_to_units else line.holder.unit.name
            person = "" if target.goes_to_units else line.holder.person.name
            yield [unit, person, state_words(line.issued), *("√" if mark else "缺" for mark in line.marks)]
        if len(chunk) < CHUNK:
            return


def state_words(issued: IssuedList | None) -> str:
    return str(issued.get_state_display()) if issued else "未下达"

"""Issuing a list: choose holders, see what will happen, start the batch."""

from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from common.access import audience
from common.table import FACT, KEEP, SECOND, TITLE, Act, Column, Empty, Filter, Table
from organization.enums import PartyKind, UnitKind
from organization.rules.search import normalise_query
from responsibility.enums import ListState
from responsibility.forms.lists import IssueForm
from responsibility.models import ResponsibilityList
from responsibility.queries.targets import candidates
from responsibility.services import issue
from responsibility.views.parts import Asked, actor, attempt, flat, form_page, library_crumbs, library_of

MOST_NAMED = 12  # holders named one by one on the page that says what will happen
HAS_IT = (("no", "还没有下达"), ("yes", "已经下达"))


class CandidateTable(Table):
    """Units or posts to which one list can go; `target` is the list."""

    id, measure = "targets", "个"
    unit_path = ""
    empty = Empty(
        "没有可以下达的对象", "清单按责任主体下达：请先核对下级单位的党组织类别和任职。", "unit_list", "打开单位与任职"
    )

    def __init__(self, request: Any, target: ResponsibilityList) -> None:
        super().__init__(request, candidates(target, today=request.today))
        self.target = target
        self.label = "下达对象"
        self.batch = (Act("list_issue_preview", "下达给所选对象"),)  # type: ignore[misc]
        self.filters = (  # type: ignore[misc]
            Filter("has", "下达情况", HAS_IT, apply=_by_state, initial=("no",)),
            Filter("kind", "单位类别", UnitKind.choices, lookup=f"{self.unit_path}kind__in"),
            Filter("party", "党组织类别", PartyKind.choices, lookup=f"{self.unit_path}party_kind__in", second=True),
        )


def _by_state(rows: Any, values: list[str]) -> Any:
    return rows if len(values) == len(HAS_IT) else rows.filter(has_it="yes" in values)


def _unit_named(rows: Any, q: str) -> Any:
    for word in q.split():
        rows = rows.filter(search_text__contains=normalise_query(word))
    return rows


def _post_named(rows: Any, q: str) -> Any:
    for word in q.split():
        text = normalise_query(word)
        rows = rows.filter(Q(unit__search_text__contains=text) | Q(person__search_text__contains=text))
    return rows


class UnitCandidates(CandidateTable):
    columns = (
        Column("name", "单位", rank=TITLE, sort="path"),
        Column("party", "党组织", rank=FACT),
        Column("kind", "单位类别", rank=SECOND),
        Column("has_it", "下达情况", rank=KEEP),
    )
    order = "name"
    search = _unit_named  # type: ignore[assignment]
    hint = "单位名称，可用拼音首字母"

    def name_of(self, row: Any) -> str:
        return str(row.name)


class PostCandidates(CandidateTable):
    unit_path = "unit__"
    columns = (
        Column("name", "责任人", rank=TITLE, sort="unit_path"),
        Column("party", "单位", rank=FACT),
        Column("kind", "职务", rank=SECOND),
        Column("has_it", "下达情况", rank=KEEP),
    )
    order = "name"
    search = _post_named  # type: ignore[assignment]
    hint = "单位、姓名，可用拼音首字母"

    def name_of(self, row: Any) -> str:
        return str(row)


def table_for(request: Asked, target: ResponsibilityList) -> CandidateTable:
    kind = UnitCandidates if target.goes_to_units else PostCandidates
    table = kind(request, target)
    # The batch act belongs to this list; its address carries which.
    table.batch = (BatchFor("list_issue_preview", "下达给所选对象", pk=target.pk),)  # type: ignore[misc]
    return table


class BatchFor(Act):
    """A batch act whose address names one object."""

    def __init__(self, url: str, word: str, *, pk: int) -> None:
        super().__init__(url, word)
        object.__setattr__(self, "pk", pk)

    @property
    def href(self) -> str:
        return reverse(self.url, args=[self.pk])  # type: ignore[attr-defined]


@audience("list.issue")
def list_issue(request: Asked, pk: int) -> HttpResponse:
    target = library_of(request, pk, "list.issue")
    said = {"target": target, "table": table_for(request, target), "published": target.state == ListState.PUBLISHED}
    said["crumbs"] = flat([*library_crumbs(target), ("", "下达")])
    return render(request, "responsibility/list_issue.html", said)


@audience("list.issue")
@require_POST
def list_issue_preview(request: Asked, pk: int) -> HttpResponse:
    """Says who will get the list; with a deadline (`start`) it queues the batch and leads to its progress."""
    target = library_of(request, pk, "list.issue")
    picked = table_for(request, target).picked()
    fresh = [holder.pk for holder in picked if not holder.has_it]
    if not fresh:
        messages.warning(
            request, "所选对象都已有这份清单，没有需要下达的。" if picked.exists() else "请先勾选下达对象。"
        )
        return redirect("list_issue", pk)
    form = IssueForm(request.POST if "start" in request.POST else None)
    if "start" in request.POST and attempt(form, lambda: _request(request, target, fresh, form)):
        messages.success(request, f"正在下达给 {len(fresh)} 个对象。")
        return redirect("list_issue_progress", pk)
    had_it = picked.count() - len(fresh)
    said = {"picked": picked[:MOST_NAMED], "fresh": len(fresh), "had_it": had_it, "target": target}
    said |= {
        "carried": {name: request.POST.getlist(name) for name in ("all", "filter", "pick") if name in request.POST}
    }
    up = [*library_crumbs(target), (reverse("list_issue", args=[pk]), "下达")]
    return form_page(
        request,
        form,
        title="下达前核对",
        act=f"下达 {len(fresh)} 份",
        up=up,
        template="responsibility/list_issue_preview.html",
        **said,
    )


def _request(request: Asked, target: ResponsibilityList, holder_ids: list[int], form: IssueForm) -> Any:
    return issue.request_issue(
        target, holder_ids=holder_ids, due_on=form.cleaned_data["due_on"], actor=actor(request), now=request.now
    )


@audience("list.issue")
def list_issue_progress(request: Asked, pk: int) -> HttpResponse:
    """The progress of the batches of this list, newest first."""
    target = library_of(request, pk, "list.issue")
    said = {"target": target, "jobs": issue.batches_of(target)[:5]}
    said["crumbs"] = flat([*library_crumbs(target), ("", "下达进度")])
    return render(request, "responsibility/list_issue_progress.html", said)


@audience("list.issue")
def list_issue_job(request: Asked, pk: int, job: int) -> HttpResponse:
    """The part that the progress bar asks for; without script the progress page itself is opened again."""
    target = library_of(request, pk, "list.issue")
    row = get_object_or_404(issue.batches_of(target), pk=job)
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect("list_issue_progress", pk)
    return render(request, "responsibility/list_issue_job.html", {"target": target, "row": row})

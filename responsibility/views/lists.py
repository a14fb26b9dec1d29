"""Pages of issued lists: the table, the object page, acknowledging and returning, changes from above."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from common.access import audience
from common.table import FACT, KEEP, REST, SECOND, TITLE, Column, Empty, Filter, Table
from common.words import cn_date
from engines.audit.record import timeline_of
from organization.access import explain
from organization.enums import UnitKind
from organization.rules.search import normalise_query
from responsibility.enums import IssuedState, ItemKind, ProposalState, Subject
from responsibility.forms.lists import IssuedItemForm, ReasonForm
from responsibility.models import IssuedItem, IssuedList, ItemProposal
from responsibility.models.content import CONTENT_FIELDS, content_of
from responsibility.queries.compare import field_changes
from responsibility.queries.lists import grouped, items_of, list_rows, open_proposals
from responsibility.queries.similarity import copied_items
from responsibility.services import adapt, holding, propose
from responsibility.views.library import year_choices
from responsibility.views.parts import (
    Asked,
    actor,
    attempt,
    exported,
    flat,
    form_page,
    issued_crumbs,
    issued_of,
    sheet_download,
)
from responsibility.workflows.lists import ISSUED, may

TONES = {
    IssuedState.ISSUED: "act",
    IssuedState.ACKNOWLEDGED: "done",
    IssuedState.RETURNED: "bad",
    IssuedState.WITHDRAWN: "end",
}
# Steps that need a reason have a page of their own: what the page says and what comes of it.
REASONED = {
    "return": (
        holding.return_list,
        "清单已退回，等待下达单位答复。",
        "写明哪些事项不适用、建议怎样调整。退回后由下达单位重新下达或撤回。",
    ),
    "reissue": (holding.reissue_list, "已重新下达，等待责任方认领。", "写明怎样答复退回的理由。"),
    "reopen": (holding.reopen_list, "已退回修改，责任方改后须重新认领。", "写明为什么要修改。责任方修改后须重新认领。"),
    "withdraw": (holding.withdraw_list, "清单已撤回。", "撤回后清单留存备查，不再要求认领和执行。"),
}


def found_by_name(rows: Any, q: str) -> Any:
    """Characters, pinyin, initials; every word must be found."""
    for word in q.split():
        rows = rows.filter(search_text__contains=normalise_query(word))
    return rows


class ListTable(Table):
    id, label, measure = "lists", "责任清单", "份"
    columns = (
        Column("unit", "责任单位", rank=TITLE, sort="unit_path", value="unit__name"),
        Column("title", "清单", rank=KEEP, value="title"),
        Column("holder", "责任人", rank=SECOND, value=lambda row: row.post.person.name if row.post else ""),
        Column("subject", "责任主体", rank=SECOND, value=lambda row: row.get_subject_display()),
        Column("items", "事项", rank=FACT, value="item_count"),
        Column("individual", "其中个性", rank=REST, value="individual_count"),
        Column("state", "状态", rank=KEEP, value=lambda row: row.get_state_display()),
        Column("due_on", "认领期限", rank=FACT, sort="acknowledge_due_on", value="acknowledge_due_on"),
        Column("issued_at", "下达时间", rank=REST, shown=False, value="issued_at"),
        Column("acknowledged_at", "认领时间", rank=REST, shown=False, value="acknowledged_at"),
    )
    order = "unit"
    search = found_by_name  # type: ignore[assignment]
    hint = "单位、姓名、清单，可用拼音首字母"
    export = "list_export"
    empty = Empty("还没有下达的责任清单", "清单在清单库发布并下达后，会出现在这里。", "library_list", "打开清单库")

    def __init__(self, request: Any, rows: Any) -> None:
        super().__init__(request, rows)
        year = str(request.today.year)
        self.filters = (  # type: ignore[misc]
            Filter("year", "年度", year_choices(request.today), lookup="year__in", initial=(year,)),
            Filter("state", "状态", IssuedState.choices, lookup="state__in"),
            Filter("subject", "责任主体", Subject.choices, lookup="subject__in"),
            Filter("kind", "单位类别", UnitKind.choices, lookup="unit__kind__in", second=True),
        )

    def name_of(self, row: Any) -> str:
        return str(row)


@audience("list.view")
def list_list(request: Asked) -> HttpResponse:
    user = actor(request)
    said = {"table": ListTable(request, list_rows(user)), "may_author": user.may_somewhere("list.author")}
    return render(request, "responsibility/list_list.html", said)


@audience("list.view")
def list_export(request: Asked) -> HttpResponse:
    return exported(request, ListTable(request, list_rows(actor(request))), "下达的责任清单")


@audience("list.view")
def list_show(request: Asked, pk: int) -> HttpResponse:
    issued = issued_of(request, pk)
    user = actor(request)
    items = items_of(issued)
    individual = sum(item.kind == ItemKind.INDIVIDUAL for item in items)
    only = request.GET.get("only", "")
    shown = {
        "individual": [item for item in items if item.kind == ItemKind.INDIVIDUAL],
        "bare": [item for item in items if not item.clause_count],
    }.get(only, items)
    said = {
        "issued": issued,
        "crumbs": flat([*issued_crumbs(), ("", issued.holder_words)]),
        "tone": TONES[IssuedState(issued.state)],
        "groups": grouped(shown),
        "only": only,
        "counts": {
            "all": len(items),
            "individual": individual,
            "common": len(items) - individual,
            "bare": sum(not item.clause_count for item in items),
            "categories": len({item.category_name for item in items}),
        },
        "alike": copied_items(issued, items),
        "proposals": open_proposals(issued),
        "offers": sorted(ISSUED.offers(issued, user, request.now), key=lambda offer: offer.step.main),
        "may_adapt": issued.is_adaptable and may(user, "list.adapt", issued),
        "timeline": timeline_of(issued)[:20],
        "reasons": explain(user, "list.view", issued),
    }
    return render(request, "responsibility/list_show.html", said)


@audience("list.view")
def list_sheet(request: Asked, pk: int) -> HttpResponse:
    """One issued list as Excel, one row per item."""
    issued = issued_of(request, pk)
    labels = [
        "序号",
        "类别",
        "责任内容",
        "具体措施",
        "共性/个性",
        "频次",
        "完成期限",
        "责任领导",
        "牵头单位",
        "佐证材料",
        "责任书条款",
    ]
    rows = (
        [
            *(item.no, item.category_name, item.content, item.measures, item.get_kind_display()),
            *(item.frequency_words, item.due_on or item.due_words, item.responsible_leader, item.lead_office),
            *(item.evidence, item.clause_count),
        ]
        for item in items_of(issued)
    )
    return sheet_download(request, f"{issued.title}（{issued.holder_words}）", labels, rows)


@audience("list.view")
@require_POST
def list_acknowledge(request: Asked, pk: int) -> HttpResponse:
    holding.acknowledge_list(issued_of(request, pk), actor=actor(request), now=request.now)
    messages.success(request, "清单已认领。下一步：按清单签订责任书。")
    return redirect("list_show", pk)


@audience("list.view")
def list_step(request: Asked, pk: int, step: str) -> HttpResponse:
    """A step that needs a reason: return, issue again, open again, withdraw."""
    if step not in REASONED:
        raise Http404
    issued, (service, told, lead) = issued_of(request, pk), REASONED[step]
    offer = next((one for one in ISSUED.offers(issued, actor(request), request.now) if one.step.name == step), None)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and attempt(
        form, lambda: service(issued, reason=form.cleaned_data["reason"], actor=actor(request), now=request.now)
    ):
        messages.success(request, told)
        return redirect("list_show", pk)
    if offer is None and request.method == "GET":
        raise Http404
    label = ISSUED.steps[step].label
    facts = [
        ("清单", str(issued)),
        ("现在的状态", issued.get_state_display()),
        ("认领期限", cn_date(issued.acknowledge_due_on)),
    ]
    return form_page(request, form, title=label, act=label, up=issued_crumbs(issued), lead=lead, facts=facts)


# ---------------------------------------------------------------------------------------------- adapting


@audience("list.view")
def list_item_create(request: Asked, pk: int) -> HttpResponse:
    issued = issued_of(request, pk)
    adaptable(request, issued)
    categories = issued.list.categories.order_by("no")
    form = IssuedItemForm(request.POST or None, names=CONTENT_FIELDS, categories=categories)
    if request.method == "POST" and attempt(form, lambda: _add(request, issued, form)):
        messages.success(request, "已添加个性事项。")
        return redirect("list_show", pk)
    lead = "写本单位自己的事项，不要照抄别的单位：相同文字较多时，清单页会提示。"
    return form_page(request, form, title="添加个性事项", act="添加事项", up=issued_crumbs(issued), lead=lead)


def _add(request: Asked, issued: IssuedList, form: IssuedItemForm) -> IssuedItem:
    number = form.cleaned_data["category_no"]
    return adapt.add_individual_item(
        issued, content=form.content, category_no=number, actor=actor(request), now=request.now
    )


@audience("list.view")
def list_item_edit(request: Asked, pk: int) -> HttpResponse:
    item = issued_item(request, pk)
    adaptable(request, item.issued_list)
    own = item.kind == ItemKind.INDIVIDUAL
    categories = item.issued_list.list.categories.order_by("no") if own else None
    start = content_of(item) | {"category_no": item.category_no}
    names = adapt.open_fields(item)
    form = IssuedItemForm(request.POST or None, names=names, categories=categories, initial=start)
    if request.method == "POST" and attempt(form, lambda: _edit(request, item, form)):
        return redirect("list_show", item.issued_list_id)
    lead = "" if own else "共性事项的内容由上级清单规定；这里填写上级清单没有写明的部分。"
    return form_page(
        request, form, title=f"修改第 {item.no} 项", act="保存", up=issued_crumbs(item.issued_list), lead=lead
    )


def _edit(request: Asked, item: IssuedItem, form: IssuedItemForm) -> IssuedItem:
    number = form.cleaned_data.get("category_no")
    return adapt.edit_issued_item(item, content=form.content, category_no=number, actor=actor(request), now=request.now)


@audience("list.view")
@require_POST
def list_item_remove(request: Asked, pk: int) -> HttpResponse:
    item = issued_item(request, pk)
    adapt.remove_individual_item(item, actor=actor(request), now=request.now)
    messages.success(request, "个性事项已删除。")
    return redirect("list_show", item.issued_list_id)


def issued_item(request: Asked, pk: int) -> IssuedItem:
    rows = IssuedItem.objects.visible_to(actor(request), "list.view")
    return get_object_or_404(rows.select_related("issued_list__unit", "issued_list__list", "source"), pk=pk)


def adaptable(request: Asked, issued: IssuedList) -> None:
    """Refuses before anything is typed: who may not adapt the list, and what is acknowledged."""
    adapt.ensure_adaptable(issued, actor(request))


# ---------------------------------------------------------------------------------------------- changes from above


@audience("list.view")
def list_changes(request: Asked, pk: int) -> HttpResponse:
    """What a new version of the library changes in this list, item by item, to be accepted or declined."""
    issued = issued_of(request, pk)
    proposals = issued.proposals.select_related("from_list", "to_list").prefetch_related("items__decided_by__person")
    shown = [
        {
            "proposal": one,
            "changes": [
                {
                    "row": change,
                    "fields": field_changes(change.before, change.after) if change.before and change.after else [],
                }
                for change in one.items.all()
            ],
        }
        for one in proposals
    ]
    said = {"issued": issued, "shown": shown, "may_decide": may(actor(request), "list.adapt", issued)}
    said |= {"crumbs": flat([*issued_crumbs(issued), ("", "上级清单的变更")]), "open": ProposalState.OPEN}
    return render(request, "responsibility/list_changes.html", said)


@audience("list.view")
@require_POST
def list_change_decide(request: Asked, pk: int) -> HttpResponse:
    rows = ItemProposal.objects.visible_to(actor(request), "list.view").select_related("proposal__issued_list__unit")
    change = get_object_or_404(rows, pk=pk)
    accept = request.POST.get("act") == "accept"
    propose.decide_change(
        change, accept=accept, reason=request.POST.get("reason", ""), actor=actor(request), now=request.now
    )
    messages.success(request, "已采纳。" if accept else "已记下不采纳的理由。")
    return redirect("list_changes", change.proposal.issued_list_id)

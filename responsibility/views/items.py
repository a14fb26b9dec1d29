"""Pages of issued items: the long table, one item with what hangs on it, word-for-word comparison."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from common.access import audience
from common.table import FACT, KEEP, REST, SECOND, TITLE, Column, Empty, Filter, Table
from engines.audit.record import timeline_of
from organization.access import can, explain
from organization.enums import UnitKind
from responsibility.enums import ItemKind, Per, Subject
from responsibility.models import IssuedItem
from responsibility.models.content import CONTENT_FIELDS
from responsibility.queries.compare import LABELS, value_in_words
from responsibility.queries.lists import chain_of, item_rows
from responsibility.queries.similarity import copied_items
from responsibility.rules.similarity import side_by_side
from responsibility.views.library import year_choices
from responsibility.views.lists import found_by_name, issued_item
from responsibility.views.parts import Asked, actor, exported, flat, issued_crumbs


class ItemTable(Table):
    id, label, measure = "items", "责任事项", "项"
    columns = (
        Column("content", "责任内容", rank=TITLE, value="content"),
        Column("unit", "责任单位", rank=KEEP, sort="unit_path", value="issued_list__unit__name"),
        Column("subject", "责任主体", rank=SECOND, value=lambda row: row.issued_list.get_subject_display()),
        Column("list", "清单", rank=REST, shown=False, value="issued_list__title"),
        Column("no", "序号", rank=REST, value="no"),
        Column("category", "类别", rank=REST, shown=False, value="category_name"),
        Column("kind", "共性/个性", rank=FACT, value=lambda row: row.get_kind_display()),
        Column("frequency", "频次", rank=FACT, value="frequency_words"),
        Column("due_on", "完成期限", rank=SECOND, sort="due_on", value=lambda row: row.due_on or row.due_words),
        Column("leader", "责任领导", rank=SECOND, value="responsible_leader"),
        Column("office", "牵头单位", rank=REST, shown=False, value="lead_office"),
    )
    order = "unit"
    search = found_by_name  # type: ignore[assignment]
    hint = "责任内容、单位，可用拼音首字母"
    export = "item_export"
    empty = Empty("还没有责任事项", "清单下达后，每一项都会出现在这里。", "list_list", "打开责任清单")

    def __init__(self, request: Any, rows: Any) -> None:
        super().__init__(request, rows)
        year = str(request.today.year)
        self.filters = (  # type: ignore[misc]
            Filter("year", "年度", year_choices(request.today), lookup="year__in", initial=(year,)),
            Filter("kind", "共性/个性", ItemKind.choices, lookup="kind__in"),
            Filter("per", "频次", Per.choices, lookup="per__in"),
            Filter("subject", "责任主体", Subject.choices, lookup="issued_list__subject__in", second=True),
            Filter("unit_kind", "单位类别", UnitKind.choices, lookup="issued_list__unit__kind__in", second=True),
        )


@audience("list.view")
def item_list(request: Asked) -> HttpResponse:
    said = {"table": ItemTable(request, item_rows(actor(request)))}
    return render(
        request, "responsibility/item_list.html", said | {"crumbs": flat([*issued_crumbs(), ("", "全部事项")])}
    )


@audience("list.view")
def item_export(request: Asked) -> HttpResponse:
    return exported(request, ItemTable(request, item_rows(actor(request))), "责任事项")


@audience("list.view")
def item_show(request: Asked, pk: int) -> HttpResponse:
    item = issued_item(request, pk)
    issued = item.issued_list
    user = actor(request)
    clauses = item.clauses.select_related("letter__recipient_unit").order_by("letter_id", "no")
    said = {
        "item": item,
        "issued": issued,
        "crumbs": flat([*issued_crumbs(issued), ("", f"第 {item.no} 项")]),
        "facts": facts_of(item),
        "chain": chain_of(item),
        "clauses": [(one, can(user, "letter.view", one.letter)) for one in clauses[:50]],
        "situations": item.source.situations.order_by("no") if item.source else (),
        "alike": copied_items(issued, [item]),
        "changes": item.proposals.select_related("proposal__to_list").order_by("-id"),
        "timeline": timeline_of(item)[:20],
        "reasons": explain(user, "list.view", item),
    }
    return render(request, "responsibility/item_show.html", said)


def facts_of(item: IssuedItem) -> list[tuple[Any, ...]]:
    """The columns of the duty in the order of the list; what is open says so."""
    wide = {"measures", "requirement", "evidence"}
    shown = [
        name
        for name in CONTENT_FIELDS
        if name not in ("content", "per", "times", "event", "due_on", "due_words", "basis_document", "basis_article")
    ]
    open_word = item.issued_list.list.open_word
    values = {name: getattr(item, name) for name in shown}
    rows = [("频次", item.frequency_words_or(open_word)), ("完成期限", item.due_in_words or "没有单独的期限")]
    rows += [(LABELS[name], value_in_words(name, values) or open_word, name in wide) for name in shown]
    rows.append(("依据", item.basis_words or open_word, True))
    return sorted(rows, key=lambda row: len(row) > 2 and bool(row[2]))  # short values first, then what runs long


@audience("list.view")
def item_alike(request: Asked, pk: int) -> HttpResponse:
    """逐字对照: the item beside the neighbour's it resembles most."""
    item = issued_item(request, pk)
    found = copied_items(item.issued_list, [item], threshold=0.0)
    if not found:
        raise Http404
    alike = found[0]
    pairs = [
        (LABELS[name], *side_by_side(getattr(alike.item, name), getattr(alike.other, name)))
        for name in ("content", "measures")
    ]
    crumbs = [*issued_crumbs(item.issued_list), (reverse("item_show", args=[pk]), f"第 {item.no} 项"), ("", "逐字对照")]
    said = {"alike": alike, "pairs": pairs, "crumbs": flat(crumbs)}
    return render(request, "responsibility/item_alike.html", said)

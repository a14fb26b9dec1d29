"""Pages of the list library: reading, authoring, publishing, comparing."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from common.access import audience
from common.table import FACT, KEEP, SECOND, TITLE, Column, Empty, Filter, Table
from engines.audit.record import timeline_of
from organization.access import can, explain
from organization.models import Unit
from responsibility.documents import list_workbook
from responsibility.enums import ListState, Subject
from responsibility.forms.lists import CopyForm, HeadForm, NewListForm
from responsibility.models import ResponsibilityList
from responsibility.queries.compare import LABELS, compared, field_changes
from responsibility.queries.library import HEAD_FIELDS, as_in_file, headings, versions_of, with_counts
from responsibility.services import library, propose
from responsibility.views.parts import (
    Asked,
    actor,
    as_download,
    attempt,
    flat,
    form_page,
    library_crumbs,
    library_of,
)
from responsibility.workflows.lists import LISTS

STATE_TONES = {ListState.DRAFT: "act", ListState.PUBLISHED: "done", ListState.SUPERSEDED: "end"}


def year_choices(today: Any) -> list[tuple[int, str]]:
    return [(year, f"{year}年度") for year in range(today.year + 1, today.year - 12, -1)]


class LibraryTable(Table):
    id, label, measure = "library", "清单库", "份"
    columns = (
        Column("title", "清单", rank=TITLE, sort="title", value="title"),
        Column("year", "年度", rank=FACT, sort=("year", "subject"), value="year"),
        Column("subject", "责任主体", rank=FACT, value="subject_words"),
        Column("unit", "制定单位", rank=SECOND, sort="unit_path", value="unit__name"),
        Column("version", "版本", value="version"),
        Column("items", "事项", rank=FACT, value="item_count"),
        Column("issued", "已下达", rank=SECOND, value="issued_count"),
        Column("state", "状态", rank=KEEP, value=lambda row: row.get_state_display()),
    )
    order = "-year"
    search = ("title__contains", "variant__contains", "unit__search_text__contains")
    hint = "清单名称、制定单位，可用拼音首字母"
    empty = Empty("清单库还没有清单", "由纪委党风室新建，或从 Excel、YAML 文件导入。")

    def __init__(self, request: Any, rows: Any) -> None:
        super().__init__(request, rows)
        self.filters = (  # type: ignore[misc]
            Filter("year", "年度", year_choices(request.today), lookup="year__in"),
            Filter("subject", "责任主体", Subject.choices, lookup="subject__in"),
            Filter("state", "状态", ListState.choices, lookup="state__in"),
        )


def authoring_units(request: Asked) -> Any:
    """Units for which the account may author lists; those with a party organisation first."""
    return (
        Unit.objects.visible_to(actor(request), "list.author").active(request.today).order_by("depth", "order", "code")
    )


@audience("list.view")
def library_list(request: Asked) -> HttpResponse:
    rows = with_counts(ResponsibilityList.objects.visible_to(actor(request), "list.view").select_related("unit"))
    said = {"table": LibraryTable(request, rows), "may_author": actor(request).may_somewhere("list.author")}
    return render(
        request, "responsibility/library_list.html", said | {"crumbs": flat([*library_crumbs()[:-1], ("", "清单库")])}
    )


@audience("list.view")
def library_show(request: Asked, pk: int) -> HttpResponse:
    target = library_of(request, pk)
    user = actor(request)
    groups = headings(target)
    item_count = sum(len(group.items) for group in groups)
    said = {
        "target": target,
        "crumbs": flat([*library_crumbs(), ("", str(target))]),
        "groups": groups,
        "item_count": item_count,
        "missing_count": max((target.declared_item_count or 0) - item_count, 0),
        "situations": target.situations.prefetch_related("items").order_by("no"),
        "versions": versions_of(target),
        "offers": {offer.step.name: offer for offer in LISTS.offers(target, user, request.now)},
        "may_author": can(user, "list.author", target),
        "may_issue": can(user, "list.issue", target),
        "tone": STATE_TONES[ListState(target.state)],
        "timeline": timeline_of(target)[:20],
        "reasons": explain(user, "list.view", target) or ["上级单位已发布的清单，下级单位可以查看"],
    }
    return render(request, "responsibility/library_show.html", said)


@audience("list.author")
def library_create(request: Asked) -> HttpResponse:
    start = {"year": request.today.year, "unit": authoring_units(request).first()}
    form = NewListForm(request.POST or None, initial=start, units=authoring_units(request))
    if request.method == "POST" and (made := attempt(form, lambda: _create(request, form))):
        messages.success(request, "已建立草稿，请写类别和事项。")
        return redirect("library_show", made.pk)
    return form_page(request, form, title="新建责任清单", act="建立草稿", up=library_crumbs())


def _create(request: Asked, form: NewListForm) -> ResponsibilityList:
    data = form.cleaned_data
    identity = {name: data[name] for name in ("year", "subject", "variant", "title")}
    head = {name: data[name] for name in HEAD_FIELDS}
    return library.create_list(data["unit"], **identity, head=head, actor=actor(request), now=request.now)


@audience("list.author")
def library_edit(request: Asked, pk: int) -> HttpResponse:
    target = library_of(request, pk, "list.author")
    form = HeadForm(request.POST or None, initial={name: getattr(target, name) for name in HEAD_FIELDS})
    if request.method == "POST" and attempt(
        form, lambda: library.edit_list(target, head=form.cleaned_data, actor=actor(request), now=request.now)
    ):
        return redirect("library_show", pk)
    return form_page(request, form, title="修改清单说明", act="保存", up=library_crumbs(target))


@audience("list.author")
@require_POST
def library_publish(request: Asked, pk: int) -> HttpResponse:
    target = library_of(request, pk, "list.author")
    done = library.publish_list(target, actor=actor(request), now=request.now)
    job = propose.request_proposals(done, actor=actor(request), now=request.now)
    messages.success(
        request, "清单已发布。" + ("变更正在送往已下达的单位。" if job else "下一步：下达给责任单位或责任人。")
    )
    return redirect("library_show", pk)


@audience("list.author")
@require_POST
def library_revise(request: Asked, pk: int) -> HttpResponse:
    draft = library.revise_list(library_of(request, pk, "list.author"), actor=actor(request), now=request.now)
    messages.success(request, f"已建立第{draft.version}版草稿，发布前原版继续有效。")
    return redirect("library_show", draft.pk)


@audience("list.author")
def library_copy(request: Asked, pk: int) -> HttpResponse:
    target = library_of(request, pk)
    form = CopyForm(request.POST or None, initial={"year": max(target.year + 1, request.today.year)})
    if request.method == "POST" and (
        made := attempt(
            form,
            lambda: library.copy_list(target, year=form.cleaned_data["year"], actor=actor(request), now=request.now),
        )
    ):
        messages.success(request, "已复制为草稿，请核对后发布。")
        return redirect("library_show", made.pk)
    return form_page(request, form, title="复制到另一年度", act="复制为草稿", up=library_crumbs(target))


@audience("list.author")
@require_POST
def library_discard(request: Asked, pk: int) -> HttpResponse:
    library.discard_draft(library_of(request, pk, "list.author"), actor=actor(request), now=request.now)
    messages.success(request, "草稿已删除。")
    return redirect("library_list")


@audience("list.view")
def library_compare(request: Asked, pk: int, other: int) -> HttpResponse:
    """What this list changes against another version or year, item by item."""
    new, old = library_of(request, pk), library_of(request, other)
    changes = [
        {"change": one, "fields": field_changes(one.before.values, one.after.values, one.fields)}
        if one.before and one.after
        else {"change": one, "fields": []}
        for one in compared(old, new)
    ]
    said = {"new": new, "old": old, "changes": changes, "crumbs": flat([*library_crumbs(new), ("", "逐项对照")])}
    return render(request, "responsibility/library_compare.html", said | {"labels": LABELS})


@audience("list.view")
def library_sheet(request: Asked, pk: int) -> HttpResponse:
    """The list in Excel, in the sheets from which it can be imported again."""
    target = library_of(request, pk)
    data = list_workbook.write_workbook([as_in_file(target)], exporter=str(actor(request)), now=request.now)
    return as_download(data, f"{target}第{target.version}版.xlsx")


@audience("list.author")
def library_template(request: Asked) -> HttpResponse:
    return as_download(list_workbook.template(), "责任清单导入模板.xlsx")

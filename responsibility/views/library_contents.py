"""Authoring a draft: categories, items, situations of the negative list, and whole lists from a file."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from common.access import audience
from common.errors import DomainError
from engines.documents import store
from engines.documents.models import StoredFile
from organization.models import Unit
from responsibility.forms.lists import CategoryForm, ItemForm, ListFileForm, RefusableForm, SituationForm
from responsibility.models import ListCategory, ListItem, NegativeSituation, ResponsibilityList
from responsibility.models.content import content_of
from responsibility.queries.library import upper_items
from responsibility.services import contents
from responsibility.services.list_import import Plan, commit_lists, plan_lists, read_file
from responsibility.views.library import authoring_units
from responsibility.views.parts import Asked, actor, attempt, flat, form_page, library_crumbs, library_of

DIRECTIONS = {"up": -1, "down": 1}


def part_of(request: Asked, model: Any, pk: int) -> Any:
    """A category, item or situation of a list that the account may author, or 404."""
    lists = ResponsibilityList.objects.visible_to(actor(request), "list.author")
    return get_object_or_404(model.objects.filter(list__in=lists).select_related("list__unit"), pk=pk)


@audience("list.author")
def library_category_create(request: Asked, pk: int) -> HttpResponse:
    target = library_of(request, pk, "list.author")
    form = CategoryForm(request.POST or None)
    if request.method == "POST" and attempt(
        form,
        lambda: contents.add_category(target, name=form.cleaned_data["name"], actor=actor(request), now=request.now),
    ):
        return redirect("library_show", pk)
    return form_page(request, form, title="添加类别", act="添加类别", up=library_crumbs(target))


@audience("list.author")
def library_category_edit(request: Asked, pk: int) -> HttpResponse:
    category = part_of(request, ListCategory, pk)
    form = CategoryForm(request.POST or None, initial={"name": category.name})
    if request.method == "POST" and attempt(
        form,
        lambda: contents.rename_category(
            category, name=form.cleaned_data["name"], actor=actor(request), now=request.now
        ),
    ):
        return redirect("library_show", category.list_id)
    return form_page(request, form, title="修改类别名称", act="保存", up=library_crumbs(category.list))


@audience("list.author")
@require_POST
def library_category_move(request: Asked, pk: int, way: str) -> HttpResponse:
    category = part_of(request, ListCategory, pk)
    to_no = category.no + DIRECTIONS[way]
    contents.move_category(category, to_no=to_no, actor=actor(request), now=request.now)
    return redirect("library_show", category.list_id)


@audience("list.author")
@require_POST
def library_category_delete(request: Asked, pk: int) -> HttpResponse:
    category = part_of(request, ListCategory, pk)
    contents.delete_category(category, actor=actor(request), now=request.now)
    messages.success(request, "类别已删除。")
    return redirect("library_show", category.list_id)


@audience("list.author")
def library_item_create(request: Asked, pk: int) -> HttpResponse:
    target = library_of(request, pk, "list.author")
    start = {"category": request.GET.get("category")}
    form = ItemForm(request.POST or None, target=target, uppers=upper_items(target), initial=start)
    if request.method == "POST" and attempt(form, lambda: contents.add_item(target, **_said(request, form))):
        messages.success(request, "已添加责任事项。")
        return redirect("library_show", pk)
    return form_page(request, form, title="添加责任事项", act="添加事项", up=library_crumbs(target))


@audience("list.author")
def library_item_edit(request: Asked, pk: int) -> HttpResponse:
    item = part_of(request, ListItem, pk)
    start = content_of(item) | {"category": item.category_id, "upper": item.upper_id}
    form = ItemForm(request.POST or None, target=item.list, uppers=upper_items(item.list), initial=start)
    if request.method == "POST" and attempt(form, lambda: contents.edit_item(item, **_said(request, form))):
        return redirect("library_show", item.list_id)
    return form_page(request, form, title=f"修改第 {item.no} 项", act="保存", up=library_crumbs(item.list))


def _said(request: Asked, form: ItemForm) -> dict[str, Any]:
    data = form.cleaned_data
    return {
        "content": form.content,
        "category": data["category"],
        "upper": data["upper"],
        "actor": actor(request),
        "now": request.now,
    }


@audience("list.author")
@require_POST
def library_item_move(request: Asked, pk: int, way: str) -> HttpResponse:
    item = part_of(request, ListItem, pk)
    contents.move_item(item, to_no=item.no + DIRECTIONS[way], actor=actor(request), now=request.now)
    return redirect("library_show", item.list_id)


@audience("list.author")
@require_POST
def library_item_delete(request: Asked, pk: int) -> HttpResponse:
    item = part_of(request, ListItem, pk)
    contents.delete_item(item, actor=actor(request), now=request.now)
    messages.success(request, "事项已删除，其后的序号已顺延。")
    return redirect("library_show", item.list_id)


@audience("list.author")
def library_situation_create(request: Asked, pk: int) -> HttpResponse:
    target = library_of(request, pk, "list.author")
    form = SituationForm(request.POST or None, target=target)
    if request.method == "POST" and attempt(form, lambda: _save_situation(request, form, target, None)):
        return redirect("library_show", pk)
    return form_page(request, form, title="添加负面情形", act="添加情形", up=library_crumbs(target))


@audience("list.author")
def library_situation_edit(request: Asked, pk: int) -> HttpResponse:
    situation = part_of(request, NegativeSituation, pk)
    start = {"text": situation.text, "basis": situation.basis, "items": situation.items.all()}
    form = SituationForm(request.POST or None, target=situation.list, initial=start)
    if request.method == "POST" and attempt(form, lambda: _save_situation(request, form, situation.list, situation)):
        return redirect("library_show", situation.list_id)
    return form_page(request, form, title="修改负面情形", act="保存", up=library_crumbs(situation.list))


def _save_situation(request: Asked, form: SituationForm, target: ResponsibilityList, known: Any) -> NegativeSituation:
    data = form.cleaned_data
    return contents.save_situation(
        target,
        text=data["text"],
        basis=data["basis"],
        items=data["items"],
        situation=known,
        actor=actor(request),
        now=request.now,
    )


@audience("list.author")
@require_POST
def library_situation_delete(request: Asked, pk: int) -> HttpResponse:
    situation = part_of(request, NegativeSituation, pk)
    contents.delete_situation(situation, actor=actor(request), now=request.now)
    messages.success(request, "负面情形已删除。")
    return redirect("library_show", situation.list_id)


# ---------------------------------------------------------------------------------------------- from a file


@audience("list.author")
def library_import(request: Asked) -> HttpResponse:
    """Takes a file and leads to its preview; a file that cannot be read is refused at its field."""
    start = {"unit": authoring_units(request).first()}
    form = ListFileForm(request.POST or None, request.FILES or None, units=authoring_units(request), initial=start)
    if request.method == "POST" and (kept := attempt(form, lambda: _kept(request, form))):
        return redirect("library_preview", form.cleaned_data["unit"].pk, kept.sha256)
    lead = "上传后先预览：将新建、修改哪些清单，哪些地方须改正。确认以后才写入清单库。"
    return form_page(
        request, form, title="从文件导入清单", act="上传并预览", up=library_crumbs(), lead=lead, multipart=True
    )


def _kept(request: Asked, form: ListFileForm) -> StoredFile:
    file = form.cleaned_data["file"]
    data = file.read()
    try:
        read_file(data, file.name)
    except DomainError as error:
        raise DomainError(error.message, field="file", remedy=error.remedy) from error
    return store.keep(data, name=file.name, content_type="application/octet-stream", now=request.now)


def _planned(request: Asked, unit_id: int, digest: str) -> tuple[StoredFile, Plan]:
    unit = get_object_or_404(Unit.objects.visible_to(actor(request), "list.author"), pk=unit_id)
    kept = get_object_or_404(StoredFile, sha256=digest)
    return kept, plan_lists(read_file(store.read(kept), kept.name), unit=unit)


@audience("list.author")
def library_preview(request: Asked, unit: int, digest: str) -> HttpResponse:
    """What the file would do; a POST carries it out, provided that it is still what was shown."""
    kept, plan = _planned(request, unit, digest)
    form = RefusableForm(request.POST or None)
    if request.method == "POST":
        seen = request.POST.get("seen", "")
        made = attempt(form, lambda: commit_lists(plan, seen=seen, actor=actor(request), now=request.now))
        if made:
            messages.success(request, f"已导入 {len(made)} 份草稿，请核对后发布。")
            return redirect("library_list") if len(made) > 1 else redirect("library_show", made[0].pk)
    crumbs = flat([*library_crumbs(), ("", "导入预览")])
    said = {"plan": plan, "file": kept, "form": form, "crumbs": crumbs, "problems": plan.read.problems[:200]}
    return render(request, "responsibility/library_preview.html", said)

"""Importing the workbook: upload, preview with every problem at its cell, commit, undo, hand back."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from common.access import audience
from common.table import FACT, KEEP, SECOND, TITLE, Column, Empty, Filter, Table
from engines.audit.record import timeline_of
from engines.documents import store
from engines.imports import queries as reads
from engines.imports import runs
from engines.imports.models import ImportRun, RunState
from engines.imports.template import blank_workbook
from organization.forms import ImportForm
from organization.services.imports.kind import UNITS_KIND
from organization.views.parts import XLSX, Asked, actor, form_page

TIMELINE = 20
# Above this many changes the commit runs in the background and the page shows its bar.
AT_ONCE = 3000
TONES = {
    RunState.PREVIEWED: "act",
    RunState.COMMITTED: "done",
    RunState.REFUSED: "bad",
    RunState.UNDONE: "end",
    RunState.ABANDONED: "end",
}
UP = "单位与任职"


class ImportTable(Table):
    id, label, measure = "imports", "导入", "次"
    columns = (
        Column("file", "文件", rank=TITLE),
        Column("state", "状态", rank=KEEP),
        Column("rows", "行数", rank=FACT, number=True),
        Column("changes", "变动", rank=FACT, number=True),
        Column("by", "上传人", rank=SECOND),
        Column("created_at", "上传时间", rank=FACT, sort="created_at"),
    )
    filters = (Filter("state", "状态", RunState.choices, lookup="state__in"),)
    order = "-created_at"
    search = ("file_name__icontains",)
    hint = "文件名"
    empty = Empty("还没有导入过", "下载空白工作簿，填好后上传，先核对再写入。", "import_start", "导入工作簿")


def runs_of(request: Asked) -> QuerySet[ImportRun]:
    """One's own imports; what somebody else uploaded may concern units outside one's scope."""
    rows = ImportRun.objects.filter(kind=UNITS_KIND.name, requested_by=actor(request))
    return rows.select_related("job", "requested_by__person", "file")


def visible_run(request: Asked, pk: int) -> ImportRun:
    return get_object_or_404(runs_of(request), pk=pk)


@audience("unit.manage")
def import_list(request: Asked) -> HttpResponse:
    return render(request, "organization/import_list.html", {"table": ImportTable(request, runs_of(request))})


@audience("unit.manage")
def import_start(request: Asked) -> HttpResponse:
    """Upload; whatever is no sound workbook is refused at the field with what to do."""
    form = ImportForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        given = form.cleaned_data["file"]
        run = form.attempt(
            lambda: runs.start_import(UNITS_KIND.name, given.read(), given.name, by=actor(request), now=request.now)
        )
        if run:
            return redirect("import_show", run.pk)
    lead = "先核对，不写入；每处问题都指到单元格。单位按编码、任职按人和职务更新，同一份表导入两次不会重复。"
    up = [(reverse("unit_list"), UP), (reverse("import_list"), "导入")]
    return form_page(request, form, title="导入工作簿", act="上传并核对", up=up, lead=lead, multipart=True)


@audience("unit.manage")
def import_template(request: Asked) -> HttpResponse:
    return store.bytes_download(blank_workbook(UNITS_KIND.specs), name="单位与任职（空白）.xlsx", content_type=XLSX)


@audience("unit.manage")
def import_show(request: Asked, pk: int) -> HttpResponse:
    """The preview before, the result after; while the background works, its bar."""
    run = visible_run(request, pk)
    problems = reads.problems_of(run)
    sheet = next((problem.sheet for problem in problems if problem.row), "")
    said = {
        "run": run,
        "tone": TONES.get(RunState(run.state), "none"),
        "errors": [problem for problem in problems if problem.is_error],
        "problems": problems,
        "more_problems": max(run.error_total + run.check_total - len(problems), 0),
        "counts": _count_rows(run),
        "excerpt": _excerpt(run, sheet) if sheet else None,
        "sheet": sheet,
        "ended": reads.acts_of(run, does="end"),
        "acts": reads.acts_of(run)[:200],
        "entries": timeline_of(run)[:TIMELINE],
        "steps": [
            ("上传表格", f"{run.row_count:,} 行"),
            ("核对预览", _problem_words(run)),
            ("提交导入", _end_words(run)),
        ],
        "step": {RunState.UPLOADED: 0, RunState.PREVIEWED: 1, RunState.COMMITTED: 3}.get(RunState(run.state), 1),
        "crumbs": [reverse("unit_list"), UP, reverse("import_list"), "导入", "", run.file_name],
    }
    return render(request, "organization/import_show.html", said)


def _problem_words(run: ImportRun) -> str:
    return f"{run.error_total:,} 处须改，{run.check_total:,} 处请核对" if run.has_problems else "没有问题"


def _end_words(run: ImportRun) -> str:
    if run.state == RunState.COMMITTED:
        return "已写入"
    return "提交后可整批撤回" if run.state == RunState.PREVIEWED else run.get_state_display()


def _count_rows(run: ImportRun) -> dict[str, Any]:
    """The table 导入后将会: a row per sheet and the sum."""
    names = ("create", "change", "end", "same", "bad")
    rows = [[sheet, *(counts.get(name, 0) for name in names)] for sheet, counts in run.counts.items()]
    total = ["合计", *(sum(row[place] for row in rows) for place in range(1, len(names) + 1))]
    return {"columns": ["工作表", "新增", "变更", "终止", "不变", "须改正"], "rows": rows, "total": total}


def _excerpt(run: ImportRun, sheet: str) -> dict[str, Any] | None:
    """The rows around the problems as the cells component wants them."""
    found = reads.excerpt_of(run, sheet)
    if found is None or not found["rows"]:
        return None
    rows = [(row["number"], list(zip(row["cells"], row["marks"], strict=False))) for row in found["rows"]]
    return {"letters": found["letters"], "header": found["header"], "rows": rows}


@require_POST
@audience("unit.manage")
def import_commit(request: Asked, pk: int) -> HttpResponse:
    run = visible_run(request, pk)
    if run.state == RunState.PREVIEWED and not request.POST.get("checked"):
        messages.error(request, "请先核对，再勾选「我已核对」。没有写入任何数据。")
        return redirect("import_show", pk)
    skip, by = bool(request.POST.get("skip_bad")), actor(request)
    if run.change_total > AT_ONCE:
        runs.request_commit(run, by=by, now=request.now, skip_bad=skip)
        messages.success(request, "正在后台写入，可以离开本页。")
    else:
        runs.commit_import(run, by=by, now=request.now, skip_bad=skip)
        messages.success(request, f"已导入 {run.change_total:,} 项变动。")
    return redirect("import_show", pk)


@require_POST
@audience("unit.manage")
def import_undo(request: Asked, pk: int) -> HttpResponse:
    runs.undo_import(visible_run(request, pk), by=actor(request), now=request.now)
    messages.success(request, "已整批撤回这次导入。")
    return redirect("import_show", pk)


@require_POST
@audience("unit.manage")
def import_abandon(request: Asked, pk: int) -> HttpResponse:
    runs.abandon_import(visible_run(request, pk), by=actor(request), now=request.now)
    messages.success(request, "已放弃这次导入，没有写入任何数据。")
    return redirect("import_list")


@require_POST
@audience("unit.manage")
def import_refresh(request: Asked, pk: int) -> HttpResponse:
    """Once more against the data as they are now."""
    runs.refresh_preview(visible_run(request, pk), by=actor(request), now=request.now)
    return redirect("import_show", pk)


@audience("unit.manage")
def import_annotated(request: Asked, pk: int) -> HttpResponse:
    """The uploaded workbook back, with the problems beside the cells."""
    run = visible_run(request, pk)
    name = run.file_name.rpartition(".")[0] or run.file_name
    return store.bytes_download(runs.annotated_workbook(run), name=f"{name}（带批注）.xlsx", content_type=XLSX)

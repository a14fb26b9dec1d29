"""What is done with an import: start, preview, commit, undo, abandon, hand back. Each is one transaction."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from common.errors import DomainError, Stale
from engines.audit.record import record
from engines.documents import store
from engines.imports.annotate import with_problems
from engines.imports.container import open_container
from engines.imports.excerpts import excerpt_of_sheet
from engines.imports.kinds import Commit, ImportKind, Made, kind_named
from engines.imports.limits import Limits
from engines.imports.models import ImportChange, ImportPage, ImportRun, RunState
from engines.imports.preview import Does, Plan, counts_of, fingerprint, plain
from engines.imports.problems import Problem, Severity
from engines.imports.reading import Reading
from engines.imports.undo import take_back
from engines.imports.workbook import Workbook, open_workbook
from engines.imports.workflows import STEPS
from engines.jobs.queue import enqueue
from engines.workflow.advance import advance

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PREVIEW_JOB = "imports.preview"
COMMIT_JOB = "imports.commit"
PAGE = 200  # lines of a preview kept and shown together
BATCH = 2_000
Progress = Callable[[int, int, str], None]


def start_import(kind: str, data: bytes, name: str, *, by: Any, now: datetime, enqueued: bool = True) -> ImportRun:
    """Keeps the file and orders its preview; returns the run. Refuses what is no sound workbook (field `file`).

    With `enqueued=False` (the command line) the caller calls preview_import itself.
    """
    found = kind_named(kind)
    try:
        open_container(data, limits=Limits.standard())
    except DomainError as refusal:
        refusal.field = "file"
        raise
    with transaction.atomic():
        file = store.keep(data, name=name, content_type=XLSX, now=now)
        run = ImportRun.objects.create(
            kind=kind, label=found.label, file=file, file_name=name[:255], requested_by=by, created_at=now
        )
        record("import.upload", run, actor=by, now=now, after={"file": file.sha256, "name": run.file_name})
        if enqueued:
            _order_preview(run, by=by, now=now)
    return run


def refresh_preview(run: ImportRun, *, by: Any, now: datetime) -> ImportRun:
    """Orders the preview anew, after the data around it have changed. Refuses an import that is over."""
    with transaction.atomic():
        run = _locked(run)
        if run.state not in (RunState.UPLOADED, RunState.PREVIEWED):
            raise Stale(f"这次导入{run.get_state_display()}，不能重新核对。", remedy="请重新上传表格。")
        _order_preview(run, by=by, now=now)
    return run


def _order_preview(run: ImportRun, *, by: Any, now: datetime) -> None:
    key, label = f"import-{run.pk}", f"核对{run.label}：{run.file_name}"[:200]
    run.job = enqueue(PREVIEW_JOB, {"run": run.pk}, now=now, by=by, key=key, label=label)
    run.save(update_fields=["job"])


@dataclass
class Prepared:
    """A file read and planned against the database as it is now; `lines` are the acts as they are kept."""

    reading: Reading
    plan: Plan
    lines: list[str]
    fingerprint: str
    book: Workbook


def prepare(
    kind: ImportKind, data: bytes, *, today: date, by: Any = None, progress: Progress | None = None
) -> Prepared:
    """Reads and plans without writing anything, as the account `by` may. Refuses only a file that cannot be read."""
    tell = progress or (lambda done, total, words: None)
    tell(0, 3, "正在读取表格")
    book = open_workbook(data)
    reading = book.read(kind.specs)
    tell(1, 3, f"已读取 {reading.row_count:,} 行，正在与现有数据比对")
    reading.by = by
    plan = kind.plan(reading, today)
    reading.extend(plan.problems)
    bad = {(row.sheet, row.number) for name in reading.sheets for row in reading.rows(name) if row.bad}
    plan.acts = [act for act in plan.acts if (act.sheet, act.row) not in bad]
    tell(2, 3, "正在整理核对结果")
    lines = [act.as_json() for act in plan.acts if act.does != Does.SAME]
    return Prepared(reading, plan, lines, fingerprint(lines, reading), book)


def preview_import(run: ImportRun, *, now: datetime, progress: Progress | None = None) -> ImportRun:
    """Writes down what the import would do and every problem; returns the run, previewed or refused.

    Doing it twice gives the same pages. Refuses (Stale) an import that was committed or abandoned meanwhile.
    """
    try:
        kind, data = kind_named(run.kind), store.read(run.file)
        today = timezone.localdate(now)
        prepared = prepare(kind, data, today=today, by=run.requested_by, progress=progress)
    except DomainError as error:
        told = {"refusal": error.message[:500], "remedy": error.remedy[:500]}
        return advance(STEPS, run, "refuse", actor=run.requested_by, now=now, changes=told)
    reading = prepared.reading
    changes: dict[str, Any] = {
        "previewed_at": now,
        "row_count": reading.row_count,
        "counts": counts_of(prepared.plan, reading),
        "error_total": reading.totals[Severity.ERROR],
        "check_total": reading.totals[Severity.CHECK],
        "bad_total": reading.bad_count,
        "broken": reading.broken,
        "fingerprint": prepared.fingerprint,
    }
    with transaction.atomic():
        run = advance(STEPS, run, "preview", actor=run.requested_by, now=now, changes=changes)
        run.pages.all().delete()
        ImportPage.objects.bulk_create(_pages(run, prepared), batch_size=200)
    return run


def _pages(run: ImportRun, prepared: Prepared) -> Iterator[ImportPage]:
    acts: dict[tuple[str, str], list[str]] = defaultdict(list)
    changing = (act for act in prepared.plan.acts if act.does != Does.SAME)
    for act, line in zip(changing, prepared.lines, strict=True):
        acts[act.sheet, act.does.value].append(line)
    for (sheet, does), lines in acts.items():
        for number, text in _cut(lines):
            yield ImportPage(run=run, content=ImportPage.Content.ACTS, sheet=sheet, does=does, number=number, text=text)
    problems = [problem.as_json() for problem in prepared.reading.sorted_problems()]
    for number, text in _cut(problems):
        yield ImportPage(run=run, content=ImportPage.Content.PROBLEMS, number=number, text=text)
    yield from _excerpts(run, prepared)


def _excerpts(run: ImportRun, prepared: Prepared) -> Iterator[ImportPage]:
    found: dict[str, list[Problem]] = defaultdict(list)
    for problem in prepared.reading.sorted_problems()[:PAGE]:
        if problem.row and problem.sheet in prepared.book.sheet_names:
            found[problem.sheet].append(problem)
    for sheet, problems in found.items():
        text = json.dumps([excerpt_of_sheet(prepared.book, sheet, problems)], ensure_ascii=False)
        yield ImportPage(run=run, content=ImportPage.Content.EXCERPT, sheet=sheet, number=1, text=text)


def _cut(lines: list[str]) -> Iterator[tuple[int, str]]:
    for number, start in enumerate(range(0, len(lines), PAGE), start=1):
        yield number, "[" + ",".join(lines[start : start + PAGE]) + "]"


def commit_import(run: ImportRun, *, by: Any, now: datetime, skip_bad: bool = False) -> ImportRun:
    """Writes all good rows in one transaction, or nothing; returns the run. One import of a kind at a time.

    Refuses an import that is not waiting (Stale), rows with errors unless `skip_bad`, a sheet that could not be
    read, and a preview that no longer holds because the data changed since (Stale).
    """
    kind = kind_named(run.kind)
    with transaction.atomic():
        _one_at_a_time(kind)
        run = _locked(run)
        _refuse_unready(run, skip_bad)
        today = timezone.localdate(now)
        prepared = prepare(kind, store.read(run.file), today=today, by=run.requested_by)
        if prepared.fingerprint != run.fingerprint:
            raise Stale("核对之后数据有变化，核对结果已经过时，没有导入。", remedy="请重新核对后再提交。")
        context = Commit(run=run, actor=by, now=now, today=today, reading=prepared.reading)
        _keep_trace(run, kind.commit(prepared.plan, context))
        changes = {"committed_at": now, "committed_by": by, "skipped_bad": skip_bad and run.bad_total > 0}
        return advance(STEPS, run, "commit", actor=by, now=now, changes=changes)


def request_commit(run: ImportRun, *, by: Any, now: datetime, skip_bad: bool = False) -> ImportRun:
    """Orders the commit in the background, for files too large to wait for. Refuses what commit_import refuses now."""
    with transaction.atomic():
        run = _locked(run)
        _refuse_unready(run, skip_bad)
        payload = {"run": run.pk, "by": getattr(by, "pk", None), "skip_bad": skip_bad}
        label = f"导入{run.label}：{run.file_name}"[:200]
        run.job = enqueue(COMMIT_JOB, payload, now=now, by=by, key=f"import-commit-{run.pk}", label=label)
        run.save(update_fields=["job"])
    return run


def _refuse_unready(run: ImportRun, skip_bad: bool) -> None:
    if run.state == RunState.COMMITTED:
        raise Stale("这次导入已经提交过了，没有重复写入。")
    if run.state != RunState.PREVIEWED:
        raise Stale(f"这次导入{run.get_state_display()}，不能提交。", remedy="页面可能已过时，请刷新后再看。")
    if run.broken:
        sheets = "、".join(f"「{name}」" for name in run.broken)
        raise DomainError(f"工作表{sheets}没有读取，不能导入。", remedy="请按提示改好表格后重新上传。")
    if run.error_total and not skip_bad:
        raise DomainError(
            f"有 {run.error_total:,} 处必须改正，没有导入。", remedy="请改好后重新上传，或选择跳过须改正的行。"
        )


def _keep_trace(run: ImportRun, made: Iterable[Made]) -> None:
    changes = (
        ImportChange(
            run=run,
            order=order,
            act=one.act,
            model=one.obj._meta.label,
            object_id=one.obj.pk,
            title=str(one.obj)[:300],
            before={name: plain(value) for name, value in one.before.items()},
            after={name: plain(value) for name, value in one.after.items()},
        )
        for order, one in enumerate(made, start=1)
    )
    ImportChange.objects.bulk_create(changes, batch_size=BATCH)


def undo_import(run: ImportRun, *, by: Any, now: datetime) -> ImportRun:
    """Takes the whole import back, or refuses naming what stands in the way; returns the run."""
    kind = kind_named(run.kind)
    with transaction.atomic():
        _one_at_a_time(kind)
        run = advance(STEPS, run, "undo", actor=by, now=now, changes={"undone_at": now, "undone_by": by})
        changes = list(run.changes.order_by("order"))
        take_back(changes)
        if kind.after_undo:
            kind.after_undo(run, changes, by, now)
    return run


def abandon_import(run: ImportRun, *, by: Any, now: datetime) -> ImportRun:
    """Puts an import aside that was not committed; file and problems stay readable. Refuses a committed one."""
    return advance(STEPS, run, "abandon", actor=by, now=now, changes={"ended_at": now, "refusal": "", "remedy": ""})


def annotated_workbook(run: ImportRun) -> bytes:
    """The uploaded workbook as .xlsx with the preview's problems beside the cells."""
    pages = run.pages.filter(content=ImportPage.Content.PROBLEMS).order_by("number")
    problems = [Problem.from_dict(line) for page in pages for line in page.lines]
    return with_problems(store.read(run.file), problems)


def _locked(run: ImportRun) -> ImportRun:
    return ImportRun.objects.select_for_update(of=("self",)).get(pk=run.pk)


def _one_at_a_time(kind: ImportKind) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"imports.{kind.name}"])

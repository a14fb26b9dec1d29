"""An import's life: previewed in the background, committed whole or not at all, taken back or left alone."""

import threading
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, connection, transaction

from common.errors import DomainError, Stale
from engines.audit.record import timeline_of
from engines.imports import kinds
from engines.imports.kinds import Commit, ImportKind, Made, register_kind, values_of
from engines.imports.models import ImportChange, ImportRun, RunState
from engines.imports.preview import Act, Does, Plan, diff
from engines.imports.queries import acts_of, excerpt_of, problems_of
from engines.imports.reading import Reading
from engines.imports.runs import (
    abandon_import,
    annotated_workbook,
    commit_import,
    preview_import,
    refresh_preview,
    request_commit,
    start_import,
    undo_import,
)
from engines.imports.spec import Column, Kind, SheetSpec
from engines.imports.workbook import open_workbook
from engines.imports.workflows import STEPS
from engines.jobs import queue
from engines.jobs.models import Job
from organization.enums import UnitKind
from organization.models import Unit, UnitAlias
from tests.engines.imports.workbooks import xlsx

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
FIELDS = ("code", "name", "parent", "order")
SPEC = SheetSpec(
    "单位",
    (
        Column("code", "单位编码", kind=Kind.CODE, required=True),
        Column("name", "单位名称", required=True, max_length=20),
        Column("parent", "上级单位编码", kind=Kind.CODE),
        Column("order", "排序", kind=Kind.INT),
    ),
    key=("code",),
)


def plan_units(reading: Reading, today: date) -> Plan:
    """The smallest honest planner: by code, created, changed or the same."""
    plan = Plan()
    known = {unit.code: unit for unit in Unit.objects.select_related("parent")}
    codes = set(known) | {row["code"] for row in reading.rows("单位")}
    for row in reading.good("单位"):
        if row["parent"] and row["parent"] not in codes:
            plan.problems.append(row.problem("parent", f"单位编码 {row['parent']} 不存在。", "请先增加这个单位。"))
            continue
        after = {"name": row["name"], "parent": row["parent"], "order": row["order"] or 0}
        unit = known.get(row["code"])
        before = (
            {"name": unit.name, "parent": unit.parent.code if unit.parent else "", "order": unit.order} if unit else {}
        )
        changes = diff(before, after)
        does = Does.CREATE if unit is None else Does.CHANGE if changes else Does.SAME
        plan.acts.append(Act(does, row.sheet, row.number, "unit", row["code"], row["name"], before, after))
    return plan


def commit_units(plan: Plan, context: Commit) -> Iterable[Made]:
    for act in plan.doing():
        parent = Unit.objects.filter(code=act.after["parent"]).first()
        if act.does == Does.CREATE:
            unit = Unit(code=act.key, path=f"{act.key}/", kind=UnitKind.GOVERNMENT, founded_on=context.today)
            unit.name, unit.parent, unit.order = act.after["name"], parent, act.after["order"]
            unit.save()
            yield Made(unit, ImportChange.Act.CREATED, after=values_of(unit, FIELDS))
        else:
            unit = Unit.objects.get(code=act.key)
            before = values_of(unit, FIELDS)
            unit.name, unit.parent, unit.order = act.after["name"], parent, act.after["order"]
            unit.save()
            yield Made(unit, ImportChange.Act.CHANGED, before, values_of(unit, FIELDS))


KIND = ImportKind("test-units", "单位导入", (SPEC,), plan_units, commit_units)


@pytest.fixture(autouse=True)
def _kind(settings: Any, tmp_path: Any) -> Iterator[None]:
    settings.MEDIA_ROOT = tmp_path
    register_kind(KIND)
    yield
    kinds._kinds.pop(KIND.name)


def workbook(*rows: list[Any]) -> bytes:
    return xlsx({"单位": [["单位编码", "单位名称", "上级单位编码", "排序"], *rows]})


THREE = workbook(["A", "甲市", "", 1], ["B", "乙局", "A", 2], ["C", "丙局", "A", 3])


def previewed(data: bytes = THREE) -> ImportRun:
    run = start_import(KIND.name, data, "单位.xlsx", by=None, now=NOW, enqueued=False)
    return preview_import(run, now=NOW)


def committed(data: bytes = THREE, **how: Any) -> ImportRun:
    return commit_import(previewed(data), by=None, now=NOW, **how)


def units() -> dict[str, tuple[str, str | None, int]]:
    return {u.code: (u.name, u.parent and u.parent.code, u.order) for u in Unit.objects.select_related("parent")}


@pytest.mark.django_db
def test_a_preview_says_what_would_happen_and_writes_nothing() -> None:
    run = previewed()
    assert (run.state, run.row_count, run.error_total) == (RunState.PREVIEWED, 3, 0)
    assert run.counts == {"单位": {"create": 3, "change": 0, "end": 0, "same": 0, "bad": 0, "rows": 3}}
    assert [(act["key"], act["row"]) for act in acts_of(run, does="create")] == [("A", 2), ("B", 3), ("C", 4)]
    assert not Unit.objects.exists()


@pytest.mark.django_db
def test_an_unsound_file_is_refused_at_the_upload_and_leaves_nothing() -> None:
    with pytest.raises(DomainError) as refusal:
        start_import(KIND.name, b"%PDF-1.7", "a.xlsx", by=None, now=NOW)
    assert refusal.value.field == "file"
    assert not ImportRun.objects.exists()


@pytest.mark.django_db
def test_the_preview_runs_as_a_job_and_twice_gives_the_same() -> None:
    run = start_import(KIND.name, THREE, "单位.xlsx", by=None, now=NOW)
    assert queue.run(run.job_id, now=NOW)
    run.refresh_from_db()
    first = (run.fingerprint, run.pages.count())
    job = Job.objects.get(pk=run.job_id)
    assert (job.state, job.done, job.total) == ("done", 3, 3)
    again = preview_import(run, now=NOW)
    assert (again.fingerprint, again.pages.count()) == first


@pytest.mark.django_db
def test_a_planner_that_refuses_the_file_leaves_its_sentence() -> None:
    def refuse(reading: Reading, today: date) -> Plan:
        raise DomainError("这份名册不是本市的。", remedy="请选择本市的名册。")

    run = start_import(KIND.name, THREE, "单位.xlsx", by=None, now=NOW, enqueued=False)
    kinds._kinds[KIND.name] = replace(KIND, plan=refuse)
    run = preview_import(run, now=NOW)
    assert (run.state, run.refusal, run.remedy) == (RunState.REFUSED, "这份名册不是本市的。", "请选择本市的名册。")


@pytest.mark.django_db
def test_committing_writes_all_rows_and_keeps_the_trace() -> None:
    run = committed()
    assert units() == {"A": ("甲市", None, 1), "B": ("乙局", "A", 2), "C": ("丙局", "A", 3)}
    assert (run.state, run.committed_at) == (RunState.COMMITTED, NOW)
    assert [(c.order, c.act, c.title) for c in run.changes.order_by("order")] == [
        (1, "created", "甲市"), (2, "created", "乙局"), (3, "created", "丙局"),
    ]  # fmt: skip
    assert [entry.action for entry in timeline_of(run)] == ["import.commit", "import.preview", "import.upload"]


@pytest.mark.django_db
def test_the_same_file_twice_changes_nothing() -> None:
    committed()
    run = previewed()
    assert run.totals == {"create": 0, "change": 0, "end": 0, "same": 3, "bad": 0, "rows": 3}
    assert run.change_total == 0
    commit_import(run, by=None, now=NOW)
    assert run.changes.count() == 0


@pytest.mark.django_db
def test_a_run_is_committed_once() -> None:
    run = committed()
    with pytest.raises(Stale, match="已经提交过"):
        commit_import(run, by=None, now=NOW)


BAD = workbook(["A", "甲市", "", 1], ["B", "乙局", "X", 2], ["C", "", "A", 3])


@pytest.mark.django_db
def test_rows_with_errors_stop_the_commit_unless_they_are_skipped() -> None:
    run = previewed(BAD)
    assert [problem.address for problem in problems_of(run)] == ["单位 C3", "单位 B4"]
    assert run.counts["单位"]["bad"] == run.bad_total == 2
    with pytest.raises(DomainError, match="有 2 处必须改正"):
        commit_import(run, by=None, now=NOW)
    assert not Unit.objects.exists()
    run = commit_import(run, by=None, now=NOW, skip_bad=True)
    assert run.skipped_bad
    assert set(units()) == {"A"}


@pytest.mark.django_db
def test_a_sheet_that_could_not_be_read_cannot_be_skipped() -> None:
    run = previewed(xlsx({"单位": [["单位编码", "排序"], ["A", 1]]}))
    with pytest.raises(DomainError, match="工作表「单位」没有读取"):
        commit_import(run, by=None, now=NOW, skip_bad=True)


@pytest.mark.django_db
def test_a_preview_that_no_longer_holds_is_not_committed() -> None:
    run = previewed()
    Unit.objects.create(code="B", name="别处", path="B/", kind=UnitKind.GOVERNMENT, founded_on=NOW.date())
    with pytest.raises(Stale, match="核对之后数据有变化"):
        commit_import(run, by=None, now=NOW)
    assert set(units()) == {"B"}
    run = refresh_preview(run, by=None, now=NOW)
    queue.run(run.job_id, now=NOW)
    run.refresh_from_db()
    commit_import(run, by=None, now=NOW)
    assert units()["B"] == ("乙局", "A", 2)


@pytest.mark.django_db
def test_a_committer_that_fails_in_the_middle_leaves_nothing() -> None:
    def fail(plan: Plan, context: Commit) -> Iterable[Made]:
        for number, made in enumerate(commit_units(plan, context)):
            if number == 2:
                raise DomainError("写到一半出错。")
            yield made

    run = previewed()
    kinds._kinds[KIND.name] = replace(KIND, commit=fail)
    with pytest.raises(DomainError, match="写到一半"):
        commit_import(run, by=None, now=NOW)
    run.refresh_from_db()
    assert (run.state, Unit.objects.count(), ImportChange.objects.count()) == (RunState.PREVIEWED, 0, 0)


@pytest.mark.django_db
def test_a_commit_in_the_background_is_done_once() -> None:
    run = request_commit(previewed(), by=None, now=NOW)
    assert queue.run(run.job_id, now=NOW)
    Job.objects.filter(pk=run.job_id).update(state="queued", finished_at=None)
    assert queue.run(run.job_id, now=NOW)
    run.refresh_from_db()
    assert (run.state, run.changes.count(), Unit.objects.count()) == (RunState.COMMITTED, 3, 3)


@pytest.mark.django_db
def test_undoing_restores_what_was_changed_and_removes_what_was_created() -> None:
    committed()
    before = units()
    run = committed(
        workbook(["A", "甲市新名", "", 9], ["B", "乙局", "", 2], ["D", "丁局", "B", 4], ["E", "戊局", "D", 5])
    )
    assert units()["A"] == ("甲市新名", None, 9)
    run = undo_import(run, by=None, now=NOW)
    assert units() == before
    assert (run.state, run.undone_at) == (RunState.UNDONE, NOW)
    with pytest.raises(Stale):
        undo_import(run, by=None, now=NOW)


@pytest.mark.django_db
def test_undoing_is_refused_when_something_was_changed_since() -> None:
    run = committed()
    Unit.objects.filter(code="B").update(name="改过的名")
    with pytest.raises(DomainError, match="「乙局」“单位名称”导入时是「乙局」，现在是「改过的名」"):
        undo_import(run, by=None, now=NOW)
    assert len(units()) == 3
    assert ImportRun.objects.get(pk=run.pk).state == RunState.COMMITTED


@pytest.mark.django_db
def test_undoing_is_refused_while_something_depends_on_a_created_object() -> None:
    run = committed()
    parent = Unit.objects.get(code="C")
    Unit.objects.create(
        code="Z", name="下属", path="Z/", kind=UnitKind.GOVERNMENT, founded_on=NOW.date(), parent=parent
    )
    with pytest.raises(DomainError, match="「丙局」已有单位（共 1 条）"):
        undo_import(run, by=None, now=NOW)
    assert len(units()) == 4


@pytest.mark.django_db
def test_undoing_is_refused_where_a_cascade_would_take_other_peoples_rows() -> None:
    run = committed()
    UnitAlias.objects.create(unit=Unit.objects.get(code="C"), name="老丙")
    with pytest.raises(DomainError, match="单位别名"):
        undo_import(run, by=None, now=NOW)
    assert UnitAlias.objects.count() == 1


@pytest.mark.django_db
def test_undoing_is_refused_when_an_object_is_gone() -> None:
    run = committed()
    Unit.objects.filter(code="C").delete()
    with pytest.raises(DomainError, match="丙局已被删除"):
        undo_import(run, by=None, now=NOW)


@pytest.mark.django_db
def test_the_app_hears_of_the_undo_in_the_same_transaction() -> None:
    run = committed()
    heard: list[tuple[int, int]] = []
    kinds._kinds[KIND.name] = replace(
        KIND, after_undo=lambda run, changes, by, now: heard.append((len(changes), Unit.objects.count()))
    )
    undo_import(run, by=None, now=NOW)
    assert heard == [(3, 0)]


@pytest.mark.django_db
def test_an_abandoned_import_cannot_be_committed_and_a_committed_one_not_abandoned() -> None:
    run = abandon_import(previewed(), by=None, now=NOW)
    with pytest.raises(Stale, match="已放弃"):
        commit_import(run, by=None, now=NOW)
    with pytest.raises(Stale):
        abandon_import(committed(), by=None, now=NOW)


@pytest.mark.django_db
def test_the_returned_workbook_and_the_excerpt_come_from_the_run() -> None:
    run = previewed(BAD)
    sheet = open_workbook(annotated_workbook(run)).grid("单位")
    assert sheet.rows[2][4].startswith("C3 须改正：单位编码 X 不存在。")
    excerpt = excerpt_of(run, "单位")
    assert excerpt is not None
    assert excerpt["rows"] == [
        {"number": 3, "cells": ["B", "乙局", "X", "2"], "marks": ["", "", "bad", ""]},
        {"number": 4, "cells": ["C", "", "A", "3"], "marks": ["", "bad", "", ""]},
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"state": "committed"}, "import_committed_iff_committed_at"),
        ({"state": "undone"}, "import_undone_iff_undone_at"),
        ({"state": "refused"}, "import_refused_iff_refusal"),
        ({"state": "abandoned"}, "import_abandoned_iff_ended_at"),
        ({"fingerprint": ""}, "import_previewed_before_commit"),
        ({"refusal": "x"}, "import_refused_iff_refusal"),
    ],
)
def test_the_database_refuses_a_state_without_its_proof(fields: dict[str, Any], constraint: str) -> None:
    run = previewed()
    with pytest.raises(IntegrityError, match="import_"), transaction.atomic():
        ImportRun.objects.filter(pk=run.pk).update(**fields)
    names = {c.name for c in ImportRun._meta.constraints}
    assert constraint in names


@pytest.mark.django_db(transaction=True)
def test_two_people_pressing_at_once_commit_once() -> None:
    run = previewed()
    ready, outcomes = threading.Barrier(2), []

    def press() -> None:
        ready.wait(timeout=10)
        try:
            commit_import(ImportRun.objects.get(pk=run.pk), by=None, now=NOW)
            outcomes.append("done")
        except Stale:
            outcomes.append("stale")
        finally:
            connection.close()

    threads = [threading.Thread(target=press) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert sorted(outcomes) == ["done", "stale"]
    assert Unit.objects.count() == ImportChange.objects.count() == 3


def test_every_state_can_be_reached_and_no_other() -> None:
    assert STEPS.reachable_from(RunState.UPLOADED) == set(RunState.values)

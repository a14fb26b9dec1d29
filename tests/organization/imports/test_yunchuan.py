"""The invented city's own workbook: it loads, its planted faults are found, a second time changes nothing, it can be undone."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from common.errors import DomainError
from engines.audit.models import AuditEntry
from engines.imports.models import ImportRun, RunState
from engines.imports.problems import Problem
from engines.imports.queries import problems_of
from engines.imports.runs import commit_import, preview_import, start_import, undo_import
from organization.models import Charge, Person, Post, Unit, UnitVersion
from organization.queries.charges import faulty, findings_by_unit
from organization.services import units
from tests.factories.organization import NOW, TODAY

pytestmark = pytest.mark.django_db
WORKBOOK = Path(__file__).parents[2] / "data" / "yunchuan_units.xlsx"


def imported(data: bytes | None = None) -> ImportRun:
    run = start_import("units", data or WORKBOOK.read_bytes(), "名册.xlsx", by=None, now=NOW, enqueued=False)
    return preview_import(run, now=NOW)


def committed() -> ImportRun:
    return commit_import(imported(), by=None, now=NOW)


def test_the_preview_writes_nothing_but_says_everything():
    run = imported()
    assert run.state == RunState.PREVIEWED
    assert run.error_total == 0
    assert {name: counts["create"] for name, counts in run.counts.items()} == {
        "单位": 86,
        "人员职务": 394,
        "班子分工": 259,
    }
    assert not Unit.objects.exists()
    assert not Post.objects.exists()


def test_the_planted_faults_are_asked_about_at_their_cells():
    asked = [problem for problem in problems_of(imported()) if "分管" in problem.words]
    assert [str(p.severity) for p in asked] == ["check", "check"]
    head, nobody = sorted(asked, key=lambda problem: "没有人" in problem.words)
    assert head.column == "C"
    assert (head.value, "主要负责人不直接分管财务" in head.words) == ("财务", True)
    assert "没有人分管" in nobody.words


def test_committing_loads_the_whole_city_and_the_pages_find_the_same_faults():
    run = committed()
    assert run.state == RunState.COMMITTED
    assert (Unit.objects.count(), Post.objects.count(), Person.objects.count()) == (86, 394, 394)
    assert Charge.objects.count() == 259
    assert UnitVersion.objects.count() == 86
    town = Unit.objects.get(code="YC-T12-JW")
    parent = Unit.objects.get(code="YC-T12")
    assert town.path == f"{parent.path}{town.pk}/"
    assert town.depth == 2
    assert AuditEntry.objects.filter(action="unit.create").count() == 86
    faulty_ids = set(Unit.objects.filter(faulty(TODAY)).values_list("pk", flat=True))
    found = findings_by_unit(Unit.objects.values_list("pk", flat=True), on=TODAY)
    assert faulty_ids == set(found)
    assert sorted(finding.fault for findings in found.values() for finding in findings) == [
        "head_holds_reserved",
        "nobody_holds",
    ]


def test_the_same_file_twice_changes_nothing():
    committed()
    before = AuditEntry.objects.exclude(action__startswith="import.").count()
    run = imported()
    assert run.change_total == 0
    commit_import(run, by=None, now=NOW)
    assert (Unit.objects.count(), Post.objects.count(), Charge.objects.count()) == (86, 394, 259)
    assert UnitVersion.objects.count() == 86
    assert AuditEntry.objects.exclude(action__startswith="import.").count() == before


def test_a_whole_import_is_undone():
    run = committed()
    undo_import(run, by=None, now=NOW)
    assert not Unit.objects.exists()
    assert not Person.objects.exists()
    assert not UnitVersion.objects.exists()
    assert AuditEntry.objects.filter(action="unit.undo").count() == 86


def test_an_import_is_not_undone_once_something_depends_on_it():
    run = committed()
    units.create_unit(
        code="YC-X",
        name="市某局",
        kind="government",
        parent=Unit.objects.get(code="YC"),
        founded_on=TODAY,
        by=None,
        now=NOW,
    )
    with pytest.raises(DomainError, match="不能整批撤回"):
        undo_import(run, by=None, now=NOW)
    assert Unit.objects.count() == 87


def test_the_command_line_is_the_twin_of_the_page():
    out = StringIO()
    call_command("import_units", str(WORKBOOK), "--json", stdout=out)
    said = json.loads(out.getvalue())
    assert (said["state"], said["counts"]["单位"]["create"]) == ("previewed", 86)
    assert not Unit.objects.exists()
    call_command("import_units", str(WORKBOOK), "--commit", stdout=StringIO())
    assert Unit.objects.count() == 86
    run = ImportRun.objects.get(state=RunState.COMMITTED)
    call_command("import_units", "--undo", str(run.pk), stdout=StringIO())
    assert not Unit.objects.exists()


def problem_at(run: ImportRun, address: str) -> Problem:
    found = [problem for problem in problems_of(run) if problem.address == address]
    assert found, [problem.address for problem in problems_of(run)]
    return found[0]

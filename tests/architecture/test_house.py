"""What docs/house.md says about files, templates, migrations and workflows is true."""

import importlib
import pkgutil
import re
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

from engines.workflow.table import Table

ROOT = Path(settings.ROOT)
APPS = ("common", "config", "engines", "organization", "responsibility")
FORBIDDEN_NAMES = {"utils.py", "helpers.py", "misc.py", "base.py", "signals.py"}


def product_files(pattern: str) -> list[Path]:
    return [path for app in APPS for path in (ROOT / app).rglob(pattern) if "migrations" not in path.parts]


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    call_command("makemigrations", check=True, dry_run=True, stdout=StringIO())


def test_no_junk_drawer() -> None:
    allowed = {ROOT / "config" / "settings" / "base.py"}
    assert not [path for path in product_files("*.py") if path.name in FORBIDDEN_NAMES and path not in allowed]


def test_every_module_opens_with_one_sentence_of_purpose() -> None:
    without = [
        str(path.relative_to(ROOT))
        for path in product_files("*.py")
        if path.read_text().strip() and not path.read_text().lstrip().startswith(('"""', "#!/usr/bin"))
    ]
    assert not without


def test_files_stay_short() -> None:
    """Files of the houses we admire stay under 400 lines; none of ours grows past 500."""
    assert not [str(path) for path in product_files("*.py") if len(path.read_text().splitlines()) > 500]


def test_every_template_is_used() -> None:
    """A template is named by a view, a tag or another template; Django's own names are looked up by Django."""
    sources = [path.read_text() for path in product_files("*.py")]
    templates = sorted((ROOT / "templates").rglob("*.html"))
    sources += [path.read_text() for path in templates]
    said = "\n".join(sources)
    by_convention = re.compile(r"^(admin/|registration/|errors/|404\.html|500\.html|403)")
    unused = []
    for path in templates:
        name = str(path.relative_to(ROOT / "templates"))
        if name not in said and not by_convention.match(name) and not _named_by_pattern(name, said):
            unused.append(name)
    assert not unused


def _named_by_pattern(name: str, said: str) -> bool:
    """Components are found by the name of their tag: components/<tag>.html."""
    match = re.match(r"^components/(\w+)\.html$", name)
    return bool(match and re.search(rf"\b{match[1]}\b", said))


def workflow_tables() -> list[Table]:
    tables = []
    for app in APPS:
        package = importlib.import_module(app)
        for found in pkgutil.walk_packages(package.__path__, f"{app}."):
            if "workflow" in found.name.rsplit(".", 1)[-1] or ".workflows" in found.name:
                module = importlib.import_module(found.name)
                tables += [value for value in vars(module).values() if isinstance(value, Table)]
    return list({id(table): table for table in tables}.values())


def test_there_are_workflow_tables() -> None:
    assert {table.noun for table in workflow_tables()} >= {"letter"}


@pytest.mark.parametrize("table", workflow_tables(), ids=lambda table: table.noun)
def test_every_state_of_a_workflow_can_be_reached(table: Table) -> None:
    sources = set().union(*(step.sources for step in table.steps.values()))
    targets = {step.target for step in table.steps.values()}
    starts = sources - targets
    first = next(iter(starts)) if starts else next(iter(table.steps.values())).sources.__iter__().__next__()
    assert sources | targets <= set().union(*(table.reachable_from(start) for start in starts or {first}))

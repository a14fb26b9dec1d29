"""What pages read of an import: lines of its preview, an excerpt of the sheet around the problems."""

from typing import Any

from engines.imports.models import ImportPage, ImportRun
from engines.imports.problems import Problem


def problems_of(run: ImportRun, *, page: int = 1) -> list[Problem]:
    """Up to 200 problems, errors first."""
    found = run.pages.filter(content=ImportPage.Content.PROBLEMS, number=page).first()
    return [Problem.from_dict(line) for line in found.lines] if found else []


def acts_of(run: ImportRun, *, sheet: str = "", does: str = "", page: int = 1) -> list[dict[str, Any]]:
    """Up to 200 acts per sheet and sort (keys: does, sheet, row, model, key, title, before, after)."""
    pages = run.pages.filter(content=ImportPage.Content.ACTS, number=page).order_by("id")
    if sheet:
        pages = pages.filter(sheet=sheet)
    if does:
        pages = pages.filter(does=does)
    return [line for found in pages for line in found.lines]


def excerpt_of(run: ImportRun, sheet: str) -> dict[str, Any] | None:
    """The excerpt kept with the preview (see excerpts.excerpt_of_sheet); None where the sheet has none."""
    found = run.pages.filter(content=ImportPage.Content.EXCERPT, sheet=sheet).first()
    return found.lines[0] if found else None

"""The import kind "units", as the imports engine knows it."""

from engines.imports.kinds import ImportKind
from organization.services.imports.commit import after_undo, commit_organization
from organization.services.imports.plan import plan_organization
from organization.services.imports.sheets import SHEETS

UNITS_KIND = ImportKind(
    name="units",
    label="单位与任职",
    specs=SHEETS,
    plan=plan_organization,
    commit=commit_organization,
    after_undo=after_undo,
)

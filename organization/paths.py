"""Which tables keep the path of their unit beside their rows, so that a moved unit takes all of them along."""

from django.apps import apps
from django.db import connection

from organization.access import beneath

# "app.Model" → names of its columns that hold a unit path
_registered: dict[str, set[str]] = {}


def register(label: str, field: str = "unit_path") -> None:
    """Announces a denormalised path column; upper floors call this in AppConfig.ready()."""
    _registered.setdefault(label, set()).add(field)


def registered() -> dict[str, frozenset[str]]:
    return {label: frozenset(fields) for label, fields in _registered.items()}


def rewrite(old: str, new: str) -> None:
    """Gives every registered row beneath `old` its place beneath `new`: one statement per column."""
    for label, fields in sorted(_registered.items()):
        for field in sorted(fields):
            _rewrite_column(label, field, old, new)


def _rewrite_column(label: str, field: str, old: str, new: str) -> None:
    model = apps.get_model(label)
    rows = model._base_manager.filter(beneath(field, old))
    column = connection.ops.quote_name(model._meta.get_field(field).column)
    table = connection.ops.quote_name(model._meta.db_table)
    where, parameters = rows.query.where.as_sql(rows.query.get_compiler("default"), connection)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET {column} = %s || substr({column}, %s) WHERE {where}",  # noqa: S608 (names from models)
            [new, len(old) + 1, *parameters],
        )

"""Rows into tables by COPY; columns that are not named get the default of their model field."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.db import connection, models

NULL = "\\N"
CHUNK = 20_000


def copy_rows(model: type[models.Model], names: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Copies the rows and returns how many; `names` are attribute names (`unit_id`). Ids are the caller's."""
    fields = [f for f in model._meta.concrete_fields if not isinstance(f, models.GeneratedField)]
    by_name = {field.attname: field for field in fields}
    # The id of a row that names none comes from the table's own sequence.
    rest = [f for f in fields if f.attname not in names and not f.primary_key]
    defaults = [_default(field) for field in rest]
    columns = ", ".join(f'"{field.column}"' for field in [*(by_name[name] for name in names), *rest])
    statement = f"COPY {model._meta.db_table} ({columns}) FROM STDIN WITH (FORMAT csv, NULL '{NULL}')"
    total = 0
    with connection.cursor() as cursor:
        for chunk in _chunks(rows):
            buffer = io.StringIO()
            writer = csv.writer(buffer)
            writer.writerows([*map(_plain, row), *defaults] for row in chunk)
            buffer.seek(0)
            cursor.copy_expert(statement, buffer)
            total += len(chunk)
    return total


def finish(*tables: type[models.Model]) -> None:
    """Sets the sequences behind the copied ids and gathers statistics, as a living database has them."""
    with connection.cursor() as cursor:
        for model in tables:
            if isinstance(model._meta.pk, models.AutoField):
                table, pk = model._meta.db_table, model._meta.pk.column
                cursor.execute(
                    f"SELECT setval(pg_get_serial_sequence('{table}', '{pk}'), (SELECT coalesce(max({pk}), 1) FROM {table}))"  # noqa: S608
                )
        cursor.execute("VACUUM ANALYZE")


def _chunks(rows: Iterable[Sequence[Any]]) -> Iterator[list[Sequence[Any]]]:
    chunk: list[Sequence[Any]] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _plain(value: Any) -> Any:
    """A value as the csv module and PostgreSQL both understand it."""
    return NULL if value is None else value


def _default(field: models.Field[Any, Any]) -> str:
    value = field.get_default()
    if value is None:
        return "" if field.empty_strings_allowed and not field.null else NULL
    if isinstance(field, models.JSONField):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):  # an array
        return "{" + ",".join(str(each) for each in value) + "}"
    return str(value)

"""Ids reserved before their rows are written, because a path and a code contain the id of their own row."""

from django.db import connection
from django.db.models import Model


def next_ids(model: type[Model], count: int) -> list[int]:
    """That many unused ids of the model, in rising order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [model._meta.db_table, count],
        )
        return [row[0] for row in cursor.fetchall()]

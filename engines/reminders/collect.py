"""Collecting: one day's reminders, planned inside the database; running it twice, or two at once, changes nothing."""

import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection, transaction

from common import workdays
from engines.reminders import holidays
from engines.reminders.ladder import Firing, firings
from engines.reminders.models import Audience, Channel, CollectedDay, Delivery, DeliveryState, Reminder, Rung
from engines.reminders.sources import COLUMNS, Source, chain_above, rows_sql, sources

log = logging.getLogger(__name__)
LOCK = 7_214_003  # of the database, held by the collector that is at work
Row = tuple[Any, ...]


@dataclass
class Collected:
    """What a day brought. `planned` counts what the ladder says, `new` what was not yet there."""

    day: date
    is_working: bool = True
    published: bool = True
    planned: int = 0
    new: int = 0
    queued: int = 0
    settled: int = 0
    unreachable: int = 0
    by_source: dict[str, dict[str, int]] = field(default_factory=dict)
    rows: list[dict[str, Any]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "day": self.day.isoformat()}


def collect(day: date, *, now: datetime, dry_run: bool = False) -> Collected:
    """Writes the reminders of `day` and their deliveries, and settles those whose obligation is done.

    Makes up for days that were missed since the last collection. At most 5 statements per source in all; with `dry_run`
    nothing is written and `rows` says what would be.
    """
    with transaction.atomic():
        last = _last_collected(day)
        rungs = list(Rung.objects.filter(is_active=True))
        if not dry_run:
            holidays.write_copy()
        found = Collected(day, workdays.is_working_day(day), workdays.is_published(day.year))
        since = last or _before_last_working_day(day)
        fired = firings(rungs, since=since, today=day, is_working=workdays.is_working_day)
        above = chain_above(_keys(fired, day), day)
        for source in sources():
            if dry_run:
                _plan(source, fired, above, day, found)
            else:
                _write(source, fired, above, day, now, found)
        if not dry_run:
            told = {name: value for name, value in found.as_json().items() if name != "rows"}
            CollectedDay.objects.bulk_create(
                [CollectedDay(day=day, at=now, result=told)],
                update_conflicts=True,
                unique_fields=["day"],
                update_fields=["at", "result"],
            )
    log.info("reminders of %s: %s planned, %s new, %s deliveries", day, found.planned, found.new, found.queued)
    return found


def _last_collected(day: date) -> date | None:
    """The last day before `day` that was collected; and holds the lock, so that two collectors work one after the other."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s), (SELECT max(day) FROM reminders_collectedday WHERE day < %s)",
            [LOCK, day],
        )
        last: date | None = cursor.fetchone()[1]
    return last


def _before_last_working_day(day: date) -> date:
    """Where the first collection of an installation begins, so that one made on a day off is not mute."""
    while not workdays.is_working_day(day):
        day -= timedelta(days=1)
    return day - timedelta(days=1)


def _keys(fired: Sequence[Firing], day: date) -> list[tuple[int | None, str]]:
    """The owners, with their units, above whom somebody is spoken to today."""
    due = sorted({each.due_on for each in fired if each.audience != Audience.OWNER})
    if not due:
        return []
    parts, parameters = [], []
    for source in sources():
        sql, given = rows_sql(source, day, deadline__in=due)
        parts.append(f"SELECT owner_id, owner_path FROM ({sql}) AS o({', '.join(COLUMNS)})")  # noqa: S608
        parameters += given
    with connection.cursor() as cursor:
        cursor.execute(" UNION ".join(parts), parameters)
        return cursor.fetchall()


def _planned_sql(source: Source, fired: Sequence[Firing], above: Sequence[Row], day: date) -> tuple[str, list[Any]]:
    """CTEs `o` (open obligations), `hit` (spoken of today) and `planned` (to whom), each account once per obligation."""
    sql, parameters = rows_sql(source, day)
    users = connection.ops.quote_name(get_user_model()._meta.db_table)
    text = f"""
        WITH o({", ".join(COLUMNS)}) AS MATERIALIZED ({sql}),
        f(due_on, days, audience) AS (SELECT * FROM unnest(%s::date[], %s::int[], %s::text[])),
        c(owner_key, owner_path, audience, recipient_id) AS (
            SELECT * FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::bigint[])
        ),
        hit AS (SELECT o.*, f.days, f.audience FROM o JOIN f ON f.due_on = o.due_on),
        said AS (
            SELECT hit.*, owner_id AS recipient_id FROM hit WHERE audience = '{Audience.OWNER}' AND owner_id IS NOT NULL
            UNION ALL
            SELECT hit.*, c.recipient_id FROM hit JOIN c ON c.audience = hit.audience
                AND c.owner_path = hit.owner_path AND c.owner_key = coalesce(hit.owner_id, 0)
        ),
        planned AS (
            SELECT DISTINCT ON (object_id, recipient_id, due_on, days) said.*
            FROM said JOIN {users} u ON u.id = said.recipient_id AND u.is_active
            ORDER BY object_id, recipient_id, due_on, days, audience
        )"""  # noqa: S608 (names from models; values are parameters)
    parameters += [[f.due_on for f in fired], [f.offset for f in fired], [f.audience for f in fired]]
    parameters += [[row[0] or 0 for row in above], *([row[n] for row in above] for n in (1, 2, 3))]
    return text, parameters


def _write(
    source: Source, fired: Sequence[Firing], above: Sequence[Row], day: date, now: datetime, found: Collected
) -> None:
    """One statement: settle, insert, and put on their way what is new."""
    text, parameters = _planned_sql(source, fired, above, day)
    reminder, delivery, channel = (model._meta.db_table for model in (Reminder, Delivery, Channel))
    text += f""",
        settled AS (
            UPDATE {reminder} r SET settled_at = %s
            WHERE r.source = %s AND r.settled_at IS NULL AND NOT EXISTS (
                SELECT 1 FROM o WHERE o.object_id = r.object_id AND o.due_on = r.due_on
                    AND (r.audience <> '{Audience.OWNER}' OR o.owner_id = r.recipient_id)
            ) RETURNING 1
        ),
        made AS (
            INSERT INTO {reminder} (source, object_id, target_id, recipient_id, audience, owner_name, title, due_on,
                                    "offset", planned_on, created_at)
            SELECT %s, object_id, target_id, recipient_id, audience, left(owner_name, 120), left(title, 300), due_on,
                   days, %s, %s
            FROM planned
            ON CONFLICT (source, object_id, recipient_id, due_on, "offset") DO NOTHING
            RETURNING id, recipient_id, audience
        ),
        sent AS (
            INSERT INTO {delivery} (reminder_id, channel_id, state, attempts, doubled, next_at, lease_token, error)
            SELECT made.id, ch.id, '{DeliveryState.QUEUED}', 0, 0, %s, '', ''
            FROM made JOIN {channel} ch ON ch.user_id = made.recipient_id AND ch.is_active
            RETURNING 1
        )
        SELECT (SELECT count(*) FROM planned), (SELECT count(*) FROM sent), (SELECT count(*) FROM settled),
               (SELECT count(DISTINCT object_id) FROM hit WHERE owner_id IS NULL),
               (SELECT json_object_agg(audience, n) FROM (SELECT audience, count(*) n FROM made GROUP BY 1) g)
        """  # noqa: S608
    parameters += [now, source.name, source.name, day, now, now]
    with connection.cursor() as cursor:
        cursor.execute(text, parameters)
        planned, queued, settled, unreachable, made = cursor.fetchone()
    found.planned += planned
    found.queued += queued
    found.settled += settled
    found.unreachable += unreachable
    found.by_source[source.name] = made or {}
    found.new += sum((made or {}).values())


def _plan(source: Source, fired: Sequence[Firing], above: Sequence[Row], day: date, found: Collected) -> None:
    """What `_write` would write, and whether it is there already."""
    text, parameters = _planned_sql(source, fired, above, day)
    reminder, channel = Reminder._meta.db_table, Channel._meta.db_table
    text += f"""
        SELECT p.object_id, p.recipient_id, p.audience, p.owner_name, p.title, p.due_on, p.days, r.id IS NULL,
               (SELECT count(*) FROM {channel} ch WHERE ch.user_id = p.recipient_id AND ch.is_active)
        FROM planned p LEFT JOIN {reminder} r ON r.source = %s AND r.object_id = p.object_id
            AND r.recipient_id = p.recipient_id AND r.due_on = p.due_on AND r."offset" = p.days
        ORDER BY p.due_on, p.object_id, p.recipient_id"""  # noqa: S608
    names = ("object", "recipient", "audience", "owner", "title", "due_on", "offset", "new", "channels")
    with connection.cursor() as cursor:
        cursor.execute(text, [*parameters, source.name])
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    made: dict[str, int] = {}
    for row in rows:
        found.rows.append({"source": source.name, **row, "due_on": row["due_on"].isoformat()})
        found.planned += 1
        if row["new"]:
            found.new += 1
            found.queued += row["channels"]
            made[row["audience"]] = made.get(row["audience"], 0) + 1
    found.by_source[source.name] = made

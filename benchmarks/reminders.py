"""`python -m benchmarks.reminders`: planning one day's reminders for 100,000 open obligations beside merely selecting them.

Makes its own throw-away database, prints JSON and keeps it under results/, ends with 1 where a bound is missed. Measured are
an ordinary day (deadlines spread over four months) and one on which everything is due at once, each planned twice.
"""

import contextlib
import json
import os
import statistics
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from benchmarks import servers

UNITS, ROUNDS = 105_000, 5
RATIO_BOUND, STATEMENTS_PER_SOURCE = 10.0, 5
DATABASE = "reminders"
RESULTS = Path(__file__).resolve().parent / "results"


def main() -> int:
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="lvze-bench-")))
        os.environ["LVZE_VAR"] = str(folder)
        server = stack.enter_context(servers.postgres(folder))
        servers.make_database(server, DATABASE)
        result = json.loads(servers.run(folder, DATABASE, "-m", "benchmarks.reminders", "measure").splitlines()[-1])
    text = json.dumps(result, ensure_ascii=False, indent=2)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "reminders.json").write_text(text + "\n")
    print(text)
    return 0 if result["within"] else 1


def load() -> None:
    """A province whose lists all wait to be acknowledged by heads who have accounts, and some channels."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from benchmarks.city import City, Size

    call_command("migrate", interactive=False, verbosity=0)
    City(Size("100,000 件待办", UNITS, 1, UNITS, 2_000)).load()
    with connection.cursor() as cursor:
        cursor.execute("""
            INSERT INTO organization_user (password, username, person_id, display_name, office, is_active, is_superuser,
                must_change_password, created_at, large_type)
            SELECT '!', 'head' || p.id, p.id, '', 'business', true, false, false, now(), false
            FROM organization_person p LEFT JOIN organization_user u ON u.person_id = p.id WHERE u.id IS NULL""")
        cursor.execute("""
            INSERT INTO reminders_channel (user_id, kind, address, secret, label, is_active, test_error, created_at)
            SELECT id, 'feishu', 'key' || id, '', '', true, '', now() FROM organization_user WHERE id % 10 = 0""")
        cursor.execute("""
            UPDATE responsibility_issuedlist SET state = 'issued', acknowledged_at = NULL,
                acknowledge_due_on = current_date + (id % 120)::int - 60""")
        cursor.execute("VACUUM ANALYZE")


def measure() -> dict[str, Any]:
    from django.db import connection
    from django.utils import timezone

    from common.workdays import is_working_day

    today = timezone.localdate()
    while not is_working_day(today):
        today += timedelta(days=1)
    ordinary = compare(today)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE responsibility_issuedlist SET acknowledge_due_on = %s", [today])
        cursor.execute("VACUUM ANALYZE responsibility_issuedlist")
    at_once = compare(today)
    days = {"ordinary": ordinary, "all_due_at_once": at_once}
    return {"days": days, "within": all(day["within"] for day in days.values())}


def compare(today: date) -> dict[str, Any]:
    """Selecting and planning in turn; every planning but the last is taken back, the last is planned once more."""
    from engines.reminders.sources import sources

    select_times, plan_times = [], []
    found: Any = None
    statements = obligations = 0
    for _ in range(ROUNDS):
        spent, obligations = select(today)
        select_times.append(spent)
        spent, found, statements = plan(today, keep=False)
        plan_times.append(spent)
    plan(today, keep=True)
    again, second, _ = plan(today, keep=False)
    floor, planned = statistics.median(select_times), statistics.median(plan_times)
    bound = STATEMENTS_PER_SOURCE * len(sources())
    return {
        "obligations": obligations,
        "new": found.new,
        "deliveries": found.queued,
        "select_seconds": round(floor, 3),
        "plan_seconds": round(planned, 3),
        "ratio": round(planned / floor, 2),
        "statements": statements,
        "statement_bound": bound,
        "again_seconds": round(again, 3),
        "again_new": second.new,
        "within": planned / floor <= RATIO_BOUND and statements <= bound and second.new == 0,
    }


def select(today: date) -> tuple[float, int]:
    """One statement that merely selects the open obligations of all sources, fetched."""
    from django.db import connection

    from engines.reminders.sources import rows_sql, sources

    parts = [rows_sql(source, today) for source in sources()]
    sql, parameters = " UNION ALL ".join(part[0] for part in parts), [p for part in parts for p in part[1]]
    began = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        rows = cursor.fetchall()
    return time.perf_counter() - began, len(rows)


def plan(today: date, *, keep: bool) -> tuple[float, Any, int]:
    """The whole of `collect`, with its statements counted; taken back unless `keep`."""
    from django.db import connection, transaction
    from django.test.utils import CaptureQueriesContext
    from django.utils import timezone

    from engines.reminders.collect import collect

    with transaction.atomic():
        began = time.perf_counter()
        with CaptureQueriesContext(connection) as captured:
            found = collect(today, now=timezone.now())
        spent = time.perf_counter() - began
        transaction.set_rollback(not keep)
    work = [q for q in captured.captured_queries if not q["sql"].startswith(("SAVEPOINT", "RELEASE"))]
    return spent, found, len(work)


if __name__ == "__main__":
    if sys.argv[1:] == ["measure"]:
        load()
        print(json.dumps(measure(), ensure_ascii=False))
    else:
        sys.exit(main())

"""What the test set-up itself promises."""

import time
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import IntegrityError, connection, transaction
from django.template import Context, engines
from django.utils import timezone

from config.celery import app
from config.undefined import UndefinedVariableInTemplate
from engines.audit.models import AuditEntry
from engines.audit.record import record
from engines.jobs import queue
from engines.jobs.models import Job, JobState

NOW = timezone.now() - timedelta(days=1)


def test_the_tests_run_on_their_own_postgresql(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database(), current_setting('server_encoding')")
        assert cursor.fetchone() == (connection.settings_dict["NAME"], "UTF8")
    assert connection.settings_dict["NAME"].startswith("test_")


def test_the_tests_run_on_their_own_broker() -> None:
    with app.connection_for_write() as broker:
        broker.ensure_connection(max_retries=1)
        assert broker.connected


@pytest.mark.parametrize("turn", [1, 2])
def test_tables_are_empty_again_after_a_transactional_test(transactional_db: None, turn: int) -> None:
    """Twice: the second turn would find the first one's entry if the append-only trigger had stopped the emptying."""
    assert AuditEntry.objects.count() == 0
    user = get_user_model().objects.create(username="turn", created_at=NOW)
    with transaction.atomic():
        record("account.create", user, actor=None, now=NOW)
    assert AuditEntry.objects.count() == 1
    with pytest.raises(IntegrityError), transaction.atomic():
        AuditEntry.objects.all().delete()


def test_a_real_worker_does_a_job_of_the_test(worker: object) -> None:
    """No handler of that name: the worker says so in the row, which shows that it reads the test's database."""
    with transaction.atomic():
        job = queue.enqueue("no.such.kind", {}, now=NOW, by=None, label="试")
    deadline = time.monotonic() + 20
    while not Job.objects.filter(pk=job.pk, attempts__gte=1, state=JobState.QUEUED).exists():
        assert time.monotonic() < deadline, Job.objects.filter(pk=job.pk).values()
        time.sleep(0.1)


def shown(name: str, **values: object) -> str:
    return engines["django"].get_template(name).template.render(Context(values))


def test_an_undefined_variable_in_our_template_fails() -> None:
    with pytest.raises(UndefinedVariableInTemplate, match=r"nobody_gives_this in .*trap\.html"):
        shown("runtime/trap.html")


def test_a_condition_may_ask_for_what_is_not_there() -> None:
    assert shown("runtime/condition.html").strip() == "absent"


def test_a_template_of_a_package_stays_lax() -> None:
    assert 'data-prepopulated-fields=""' in shown("admin/prepopulated_fields_js.html")

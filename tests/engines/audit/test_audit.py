"""The trail cannot be changed, and whoever changes it all the same is found out."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from engines.audit.models import AuditEntry, ChainHead
from engines.audit.record import Entry, record, record_many, timeline_of
from engines.audit.verify import verify_chains
from tests.factories.organization import NOW, make_region, make_unit, make_user

pytestmark = pytest.mark.django_db


@contextmanager
def triggers_off() -> Iterator[None]:
    """What only a superuser of the database can do."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        yield
        cursor.execute("SET LOCAL session_replication_role = origin")


@pytest.fixture
def unit():
    unit = make_unit(make_region(), name="市档案局")
    for number in range(5):
        record("unit.change", unit, actor=None, now=NOW, after={"order": number})
    return unit


def test_an_entry_says_who_did_what_to_what_and_keeps_their_names(unit):
    user = make_user(username="zhang")
    record("unit.rename", unit, actor=user, now=NOW, before={"name": "甲"}, after={"name": "乙"}, reason="机构改革")
    entry = timeline_of(unit).first()
    assert (entry.actor, entry.actor_name, entry.target_title) == (user, "zhang", "市档案局")
    assert (entry.before, entry.after, entry.reason) == ({"name": "甲"}, {"name": "乙"}, "机构改革")
    assert entry.unit_path == unit.path


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE audit_auditentry SET reason = '没有这回事'",
        "DELETE FROM audit_auditentry",
        "TRUNCATE audit_auditentry",
        "DELETE FROM audit_chainhead",
    ],
)
def test_the_database_refuses_to_change_or_remove_entries(unit, sql):
    before = AuditEntry.objects.count()
    connection.check_constraints()  # otherwise TRUNCATE is refused for another reason: keys that wait to be checked
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
    assert AuditEntry.objects.count() == before


def test_an_untouched_trail_is_whole(unit):
    walk = verify_chains()
    assert walk.whole
    assert walk.entries == AuditEntry.objects.count()


TAMPERING = [
    ("UPDATE audit_auditentry SET actor_name = '别人' WHERE id = {third}", "内容与校验值不符"),
    ("UPDATE audit_auditentry SET after = '{{\"order\": 99}}' WHERE id = {third}", "内容与校验值不符"),
    ("UPDATE audit_auditentry SET at = at - interval '1 day' WHERE id = {third}", "内容与校验值不符"),
    ("DELETE FROM audit_auditentry WHERE id = {third}", "缺失"),
    ("DELETE FROM audit_auditentry WHERE id = {last}", "末尾缺失"),
    ("DELETE FROM audit_chainhead WHERE chain = '{chain}'", "链头记录缺失"),
]


@pytest.mark.parametrize(("sql", "words"), TAMPERING)
def test_a_superuser_who_changes_the_trail_is_found_out_at_the_first_broken_link(unit, sql, words):
    entries = list(timeline_of(unit).order_by("id"))
    names = {"third": entries[2].pk, "last": entries[-1].pk, "chain": entries[0].chain}
    with triggers_off(), connection.cursor() as cursor:
        cursor.execute(sql.format(**names))
    walk = verify_chains()
    assert [found.chain for found in walk.breaks] == [entries[0].chain]
    assert words in walk.breaks[0].words


def test_the_command_tells_the_break_and_fails(unit):
    call_command("verify_audit", stdout=StringIO())
    with triggers_off():
        AuditEntry.objects.filter(pk=timeline_of(unit).first().pk).update(reason="改过")
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("verify_audit", "--json", stdout=out)
    assert json.loads(out.getvalue())["whole"] is False


def test_many_entries_cost_as_many_statements_as_one_and_keep_the_chains_whole(unit):
    def cost(count: int) -> int:
        with CaptureQueriesContext(connection) as caught:
            record_many(Entry("unit.change", unit, None, NOW, after={"n": n}) for n in range(count))
        return len(caught)

    assert cost(300) == cost(1)
    assert verify_chains().whole
    assert ChainHead.objects.get(chain=timeline_of(unit).first().chain).seq == timeline_of(unit).count()


def test_an_entry_falls_with_the_act_it_records(unit):
    before = AuditEntry.objects.count()

    @transaction.atomic
    def failing_act() -> None:
        record("unit.change", unit, actor=None, now=NOW)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        failing_act()
    assert AuditEntry.objects.count() == before
    assert verify_chains().whole

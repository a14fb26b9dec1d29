"""Any past day can be shown as it was."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from organization.enums import Role
from organization.models import Unit
from organization.queries.units import units_on
from organization.services import units
from tests.factories.organization import NOW, make_region, make_unit, make_user

pytestmark = pytest.mark.django_db


def tree(day: date, **facts) -> list[tuple[int, str]]:
    return [(unit.depth, unit.name) for unit in units_on(day, **facts)]


@pytest.fixture
def city() -> Unit:
    """2020 founded; 2024-03-01 renamed; 2025-01-01 moved; 2026-06-01 merged."""
    region = make_region("甲市", founded_on=date(2020, 1, 1))
    first = make_unit(region, name="旅游局", founded_on=date(2020, 1, 1), order=1)
    second = make_unit(region, name="文化局", founded_on=date(2021, 1, 1), order=2)
    section = make_unit(first, name="市场科", founded_on=date(2020, 1, 1), order=3)
    units.rename_unit(first, name="旅游委", on=date(2024, 3, 1), by=None, now=NOW)
    units.move_unit(section, parent=second, on=date(2025, 1, 1), by=None, now=NOW)
    units.merge_units([first], into=second, on=date(2026, 6, 1), by=None, now=NOW)
    return region


DAYS = [
    (date(2019, 12, 31), []),
    (date(2020, 1, 1), [(0, "甲市"), (1, "旅游局"), (2, "市场科")]),
    (date(2021, 1, 1), [(0, "甲市"), (1, "旅游局"), (2, "市场科"), (1, "文化局")]),
    (date(2024, 2, 29), [(0, "甲市"), (1, "旅游局"), (2, "市场科"), (1, "文化局")]),
    (date(2024, 3, 1), [(0, "甲市"), (1, "旅游委"), (2, "市场科"), (1, "文化局")]),
    (date(2025, 1, 1), [(0, "甲市"), (1, "旅游委"), (1, "文化局"), (2, "市场科")]),
    (date(2026, 6, 1), [(0, "甲市"), (1, "文化局"), (2, "市场科")]),
]


@pytest.mark.parametrize(("day", "expected"), DAYS, ids=[str(day) for day, _ in DAYS])
def test_the_tree_stands_as_it_was_on_that_day(city: Unit, day: date, expected: list[tuple[int, str]]):
    assert tree(day) == expected


def test_one_statement_shows_any_day(city: Unit):
    with CaptureQueriesContext(connection) as caught:
        units_on(date(2024, 1, 1))
    assert len(caught) == 1


def test_only_units_in_scope_are_shown_and_the_topmost_stands_on_top(city: Unit):
    user = make_user(Role.AUDITOR, Unit.objects.get(name="文化局"))
    among = Unit.objects.visible_to(user, "unit.view")
    assert tree(date(2024, 1, 1), among=among) == [(0, "文化局"), (0, "市场科")]
    assert tree(date(2026, 1, 1), among=among) == [(0, "文化局"), (1, "市场科")]

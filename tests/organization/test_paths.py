"""A moved unit takes along every row that keeps its path, and the statements do not grow with the number of units."""

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from organization import paths
from organization.access import ScopedQuerySet
from organization.models import Post, Unit
from organization.services import units
from tests.factories.organization import NOW, TODAY, make_post, make_region, make_unit

pytestmark = pytest.mark.django_db


def test_every_scoped_model_has_announced_its_path_column():
    kept = {
        f"{model._meta.label}.{model._default_manager.all().scope_path}"
        for model in apps.get_models()
        if isinstance(model._default_manager.all(), ScopedQuerySet) and model is not Unit
    }
    announced = {f"{label}.{field}" for label, fields in paths.registered().items() for field in fields}
    assert kept <= announced


def test_moving_many_units_costs_as_many_statements_as_moving_one():
    region = make_region()
    old, new = make_unit(region), make_unit(region)

    def move(count: int) -> int:
        moved = make_unit(old)
        for _ in range(count):
            make_post(make_unit(moved))
        with CaptureQueriesContext(connection) as caught:
            units.move_unit(moved, parent=new, on=TODAY, by=None, now=NOW)
        assert Post.objects.filter(unit_path__startswith=f"{new.path}{moved.pk}/").count() == count
        return len(caught)

    assert move(1) == move(6)

"""A test that really commits leaves the database as an installation has it: empty, but for what migrations planted."""

import pytest

from organization.models import Field, Unit
from tests.factories.organization import make_region


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_what_the_migrations_planted_outlives_a_committing_test(turn: int) -> None:
    assert Field.objects.filter(reserved=True).count() == 5
    assert not Unit.objects.exists()
    make_region()

"""Rungs as the migration plants them, also where an earlier test has emptied the tables."""

import pytest

from engines.reminders import ladder


@pytest.fixture
def rungs(db: None) -> None:
    ladder.plant()

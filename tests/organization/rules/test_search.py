"""A name is found by its characters, its pinyin and its initials."""

import pytest

from organization.rules.search import normalise_query, search_text


@pytest.mark.parametrize("typed", ["档案", "dangan", "DANGAN", "sdaj", "s d a j", "YC-D01", "旧名", "jiuming"])
def test_a_unit_is_found_by_what_people_type(typed: str):
    assert normalise_query(typed) in search_text(["市档案局", "YC-D01", "旧名"])


def test_initials_do_not_run_across_two_names():
    assert "jj" not in search_text(["市档案局", "旧名"])


def test_the_text_never_outgrows_its_column():
    assert len(search_text(["很长的名字" * 60])) == 500

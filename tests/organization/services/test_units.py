"""Units are founded, renamed, moved, merged and abolished, each from a day on."""

from datetime import date

import pytest

from common.errors import DomainError, Forbidden, Stale
from engines.audit.models import AuditEntry
from engines.audit.record import timeline_of
from organization.enums import Role
from organization.models import Post, Unit
from organization.services import units
from tests.factories.organization import NOW, TODAY, make_post, make_region, make_unit, make_user

pytestmark = pytest.mark.django_db


def test_a_unit_is_founded_beneath_its_parent_with_a_first_version():
    region = make_region()
    user = make_user(Role.DISCIPLINE_OFFICE, region)
    unit = units.create_unit(
        code="YC-D99", name="市档案局", kind="government", parent=region, founded_on=date(2026, 1, 1), by=user, now=NOW
    )
    assert unit.path == f"{region.pk}/{unit.pk}/"
    assert unit.depth == 1
    assert "sdaj" in unit.search_text
    assert "shidanganju" in unit.search_text
    (version,) = unit.versions.all()
    assert (version.name, version.valid_from, version.valid_to) == ("市档案局", date(2026, 1, 1), None)
    entry = timeline_of(unit).get()
    assert (entry.action, entry.actor, entry.after["code"]) == ("unit.create", user, "YC-D99")


def test_a_stranger_cannot_found_a_unit():
    region, elsewhere = make_region(), make_region("邻市")
    stranger = make_user(Role.DISCIPLINE_OFFICE, elsewhere)
    with pytest.raises(Forbidden):
        units.create_unit(
            code="X", name="某局", kind="government", parent=region, founded_on=TODAY, by=stranger, now=NOW
        )
    clerk = make_user(Role.UNIT_CLERK, region)
    with pytest.raises(Forbidden):
        units.create_unit(code="X", name="某局", kind="government", parent=region, founded_on=TODAY, by=clerk, now=NOW)
    assert not Unit.objects.filter(code="X").exists()


def test_nobody_founds_a_root_from_a_page():
    user = make_user(Role.DISCIPLINE_OFFICE, make_region())
    with pytest.raises(Forbidden):
        units.create_unit(code="ROOT2", name="另一市", kind="region", founded_on=TODAY, by=user, now=NOW)


def test_a_code_is_used_once():
    region = make_region()
    make_unit(region, code="YC-D01")
    with pytest.raises(DomainError, match="已有单位使用"):
        make_unit(region, code="YC-D01")


def test_a_renamed_unit_is_found_under_both_names_and_keeps_its_history():
    unit = make_unit(make_region(), name="市旅游局")
    renamed = units.rename_unit(unit, name="市文化和旅游局", on=date(2026, 3, 1), by=None, now=NOW, reason="机构改革")
    assert renamed.name == "市文化和旅游局"
    assert "市旅游局" in renamed.search_text
    old, new = renamed.versions.all()
    assert (old.name, old.valid_to, new.name, new.change) == ("市旅游局", date(2026, 3, 1), "市文化和旅游局", "更名")
    entry = timeline_of(unit).first()
    assert (entry.before["name"], entry.after["name"], entry.reason) == ("市旅游局", "市文化和旅游局", "机构改革")


def test_renaming_to_the_same_name_leaves_nothing_behind():
    unit = make_unit(make_region(), name="市旅游局")
    before = AuditEntry.objects.count()
    units.rename_unit(unit, name="市旅游局", on=TODAY, by=None, now=NOW)
    assert unit.versions.count() == 1
    assert AuditEntry.objects.count() == before


def test_a_change_cannot_be_dated_before_the_last_one_nor_after_today():
    unit = make_unit(make_region(), name="市旅游局")
    units.rename_unit(unit, name="市文旅局", on=date(2026, 3, 1), by=None, now=NOW)
    with pytest.raises(DomainError, match="2026年3月1日已有变更"):
        units.rename_unit(unit, name="市文广旅局", on=date(2026, 2, 1), by=None, now=NOW)
    with pytest.raises(DomainError, match="不能晚于今天"):
        units.rename_unit(unit, name="市文广旅局", on=date(2026, 12, 1), by=None, now=NOW)


def test_a_moved_unit_takes_its_whole_subtree_and_every_kept_path_along():
    region = make_region()
    old, new = make_unit(region), make_unit(region)
    moved = make_unit(old)
    child = make_unit(moved)
    post = make_post(child)
    beside = make_post(old)
    units.move_unit(moved, parent=new, on=TODAY, by=None, now=NOW)
    child.refresh_from_db()
    assert child.path == f"{region.pk}/{new.pk}/{moved.pk}/{child.pk}/"
    assert child.depth == 3
    assert Post.objects.get(pk=post.pk).unit_path == child.path
    assert Post.objects.get(pk=beside.pk).unit_path == old.path


def test_a_move_that_would_close_a_circle_is_refused():
    top = make_unit(make_region())
    below = make_unit(make_unit(top))
    with pytest.raises(DomainError, match="之下"):
        units.move_unit(top, parent=below, on=TODAY, by=None, now=NOW)
    with pytest.raises(DomainError, match="之下"):
        units.move_unit(top, parent=top, on=TODAY, by=None, now=NOW)


def test_who_may_not_manage_the_new_parent_cannot_move_a_unit_there():
    region = make_region()
    left, right = make_unit(region), make_unit(region)
    unit = make_unit(left)
    user = make_user(Role.DISCIPLINE_OFFICE, left)
    with pytest.raises(Forbidden):
        units.move_unit(unit, parent=right, on=TODAY, by=user, now=NOW)


def test_a_unit_with_children_or_held_posts_is_not_abolished():
    unit = make_unit(make_region(), name="市农机局")
    child = make_unit(unit)
    make_post(unit)
    with pytest.raises(DomainError, match="还有 1 个下级单位，还有 1 项在任职务"):
        units.abolish_unit(unit, on=TODAY, by=None, now=NOW)
    units.abolish_unit(child, on=TODAY, by=None, now=NOW)
    assert Unit.objects.get(pk=child.pk).abolished_on == TODAY
    with pytest.raises(Stale):
        units.abolish_unit(child, on=TODAY, by=None, now=NOW)


def test_merging_hands_over_children_and_supervision_and_ends_posts_only_if_asked():
    region = make_region()
    into, source = make_unit(region, name="市文旅局"), make_unit(region, name="市旅游局")
    child = make_unit(source)
    watched = make_unit(region, supervisor=source)
    post = make_post(source)
    with pytest.raises(DomainError, match="还有 1 项在任职务"):
        units.merge_units([source], into=into, on=TODAY, by=None, now=NOW)
    units.merge_units([source], into=into, on=TODAY, by=None, now=NOW, end_posts=True)
    source.refresh_from_db()
    child.refresh_from_db()
    watched.refresh_from_db()
    post.refresh_from_db()
    assert (source.merged_into, source.abolished_on) == (into, TODAY)
    assert child.parent == into
    assert watched.supervisor == into
    assert post.ended_on == TODAY
    assert timeline_of(source).first().action == "unit.merge"

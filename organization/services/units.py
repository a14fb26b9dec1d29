"""Founding, changing, moving, merging and abolishing units; each takes effect on a day and leaves a version."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Concat, Substr

from common.errors import DomainError, Stale
from common.words import cn_date
from engines.audit.record import record
from organization import paths
from organization.access import beneath
from organization.enums import PartyKind
from organization.models import FACTS, Post, Unit, UnitAlias, UnitVersion, User
from organization.rules.search import search_text
from organization.services.authority import ensure_manages, ensure_not_future, lock_tree
from organization.services.ids import next_ids
from organization.services.people import end_posts_of

LABELS = {
    "name": "单位名称",
    "kind": "单位类别",
    "party_name": "党组织名称",
    "party_kind": "党组织类别",
    "parent_id": "上级单位",
    "supervisor_id": "监督单位",
    "order": "排序",
}


@transaction.atomic
def create_unit(
    *,
    code: str,
    name: str,
    kind: str,
    founded_on: date,
    parent: Unit | None = None,
    party_name: str = "",
    party_kind: str = PartyKind.NONE,
    supervisor: Unit | None = None,
    order: int = 0,
    aliases: Iterable[str] = (),
    by: User | None,
    now: datetime,
) -> Unit:
    """Founds a unit beneath `parent` and returns it. Refuses a code in use and a parent that is abolished."""
    ensure_manages(by, parent)
    ensure_not_future(founded_on, now, "founded_on")
    lock_tree()
    parent = _active(parent, "parent", founded_on)
    supervisor = _active(supervisor, "supervisor", founded_on)
    if Unit.objects.filter(code=code).exists():
        raise DomainError("这个单位编码已有单位使用。", field="code")
    (pk,) = next_ids(Unit, 1)
    unit = Unit(
        pk=pk,
        code=code,
        path=f"{parent.path if parent else ''}{pk}/",
        depth=parent.depth + 1 if parent else 0,
        founded_on=founded_on,
        name=name,
        kind=kind,
        party_name=party_name,
        party_kind=party_kind,
        parent=parent,
        supervisor=supervisor,
        order=order,
    )
    names = [alias.strip() for alias in aliases if alias.strip()]
    unit.search_text = search_text_of(unit, names)
    unit.save(force_insert=True)
    UnitAlias.objects.bulk_create(UnitAlias(unit=unit, name=alias) for alias in dict.fromkeys(names))
    UnitVersion.objects.create(unit=unit, valid_from=founded_on, change="设立", **facts_of(unit))
    record("unit.create", unit, actor=by, now=now, after={"code": code, **facts_of(unit), "founded_on": founded_on})
    return unit


@transaction.atomic
def rename_unit(
    unit: Unit,
    *,
    name: str,
    party_name: str | None = None,
    on: date,
    by: User | None,
    now: datetime,
    reason: str = "",
) -> Unit:
    """Gives the unit a new name from that day; it is still found under the old one."""
    old = unit.name
    changes: dict[str, Any] = {"name": name}
    if party_name is not None:
        changes["party_name"] = party_name
    changed = change_unit(unit, changes=changes, change="更名", on=on, by=by, now=now, reason=reason)
    if changed.name != old:
        UnitAlias.objects.get_or_create(unit=changed, name=old)
        _refresh_search_text(changed)
    return changed


@transaction.atomic
def change_unit(
    unit: Unit,
    *,
    changes: dict[str, Any],
    on: date,
    by: User | None,
    now: datetime,
    change: str = "调整",
    reason: str = "",
) -> Unit:
    """Changes facts of the unit (all of FACTS but the parent) from that day; nothing happens if nothing differs."""
    unknown = changes.keys() - set(FACTS) - {"supervisor"} | changes.keys() & {"parent_id"}
    if unknown:
        raise ValueError(f"not facts of a unit: {sorted(unknown)}")
    locked = _locked(unit, by, on, now)
    if "supervisor" in changes:
        supervisor = changes.pop("supervisor")
        changes["supervisor_id"] = supervisor.pk if supervisor else None
    if changes.get("supervisor_id") == locked.pk:
        raise DomainError("单位不能以自己为监督单位。", field="supervisor")
    return _apply(locked, changes, change, "unit.change", on=on, by=by, now=now, reason=reason)


@transaction.atomic
def move_unit(unit: Unit, *, parent: Unit, on: date, by: User | None, now: datetime, reason: str = "") -> Unit:
    """Puts the unit with all beneath it under another parent from that day.

    Every row that keeps a unit path goes along. Refuses a parent that lies beneath the unit, or is abolished.
    """
    ensure_manages(by, parent)
    locked = _locked(unit, by, on, now)
    target = _active(parent, "parent", on)
    if target is None:
        raise DomainError("请选择新的上级单位。", field="parent")
    if target.path.startswith(locked.path):
        raise DomainError(f"「{target.name}」在「{locked.name}」之下，不能作为它的上级单位。", field="parent")
    if target.pk == locked.parent_id:
        raise DomainError(f"「{locked.name}」的上级单位已是「{target.name}」。", field="parent")
    old_path, deeper = locked.path, target.depth + 1 - locked.depth
    moved = _apply(locked, {"parent_id": target.pk}, "划转", "unit.move", on=on, by=by, now=now, reason=reason)
    relocate(old_path, f"{target.path}{locked.pk}/", deeper)
    moved.refresh_from_db()
    return moved


@transaction.atomic
def merge_units(
    sources: Sequence[Unit],
    *,
    into: Unit,
    on: date,
    by: User | None,
    now: datetime,
    end_posts: bool = False,
    reason: str = "",
) -> Unit:
    """Dissolves the sources in `into`: their children and the units they supervise go over to it.

    Refuses while somebody holds a post in a source, unless `end_posts` ends those posts on the same day.
    """
    ensure_manages(by, into)
    lock_tree()
    target = _active(into, "into", on)
    if target is None or not sources:
        raise DomainError("请选择被并入的单位和并入后的单位。", field="into")
    for source in sources:
        if target.path.startswith(source.path):
            raise DomainError(f"「{target.name}」在「{source.name}」之下，不能并入。", field="into")
        if end_posts:
            ensure_manages(by, source)
            end_posts_of(source, on=on, by=by, now=now, reason=reason or f"并入{target.name}")
        for child in Unit.objects.filter(parent=source).active(on):
            if child.pk != target.pk:
                move_unit(child, parent=target, on=on, by=by, now=now, reason=reason)
        for supervised in Unit.objects.filter(supervisor=source).active(on):
            new = target if supervised.pk != target.pk else None
            change_unit(
                supervised, changes={"supervisor": new}, change="监督单位调整", on=on, by=by, now=now, reason=reason
            )
        _abolish(source, merged_into=target, on=on, by=by, now=now, reason=reason)
    return Unit.objects.get(pk=target.pk)


@transaction.atomic
def abolish_unit(unit: Unit, *, on: date, by: User | None, now: datetime, reason: str = "") -> Unit:
    """Ends the unit on that day (it no longer exists on the day itself).

    Refuses while a unit beneath it exists, a post is held, or other units are supervised by it.
    """
    return _abolish(unit, merged_into=None, on=on, by=by, now=now, reason=reason)


def _abolish(unit: Unit, *, merged_into: Unit | None, on: date, by: User | None, now: datetime, reason: str) -> Unit:
    locked = _locked(unit, by, on, now)
    refusal = why_not_abolished(locked, on)
    if refusal:
        raise DomainError(refusal, remedy="请先办理这些事项，再撤销。")
    version = locked.versions.get(valid_to__isnull=True)
    if version.valid_from >= on:
        raise DomainError(f"撤销日期须晚于最近一次变更（{cn_date(version.valid_from)}）。", field="on")
    version.valid_to = on
    version.save(update_fields=["valid_to"])
    locked.abolished_on, locked.merged_into = on, merged_into
    locked.save(update_fields=["abolished_on", "merged_into"])
    after = {"abolished_on": on, "merged_into": merged_into.name if merged_into else ""}
    action = "unit.merge" if merged_into else "unit.abolish"
    record(action, locked, actor=by, now=now, before={"abolished_on": None}, after=after, reason=reason)
    return locked


def why_not_abolished(unit: Unit, on: date) -> str:
    """The sentence that stands against abolishing the unit on that day; "" if nothing does."""
    children = Unit.objects.filter(parent=unit).active(on).count()
    held = Post.objects.filter(unit=unit).filter(Q(ended_on__isnull=True) | Q(ended_on__gt=on)).count()
    supervised = Unit.objects.filter(supervisor=unit).active(on).count()
    parts = [
        f"还有 {children} 个下级单位" if children else "",
        f"还有 {held} 项在任职务" if held else "",
        f"还有 {supervised} 个单位由它监督" if supervised else "",
    ]
    found = "，".join(part for part in parts if part)
    return f"「{unit.name}」{found}，不能撤销。" if found else ""


def add_alias(unit: Unit, *, name: str, by: User | None, now: datetime) -> UnitAlias:
    """Another name under which the unit is found. Refuses a name it already has."""
    ensure_manages(by, unit)
    try:
        with transaction.atomic():
            alias = UnitAlias.objects.create(unit=unit, name=name.strip())
            _refresh_search_text(unit)
            record("unit.alias", unit, actor=by, now=now, after={"alias": alias.name})
    except IntegrityError as error:
        raise DomainError("这个别名已登记。", field="name") from error
    return alias


def relocate(old: str, new: str, deeper: int) -> None:
    """Rewrites the paths of a subtree and of everything registered beneath it; set-based."""
    Unit.objects.filter(beneath("path", old)).update(
        path=Concat(Value(new), Substr("path", len(old) + 1)), depth=F("depth") + deeper
    )
    paths.rewrite(old, new)


def facts_of(unit: Unit) -> dict[str, Any]:
    return {name: getattr(unit, name) for name in FACTS}


def search_text_of(unit: Unit, aliases: Iterable[str] = ()) -> str:
    return search_text([unit.name, unit.code, *aliases, unit.party_name])


def _refresh_search_text(unit: Unit) -> None:
    unit.search_text = search_text_of(unit, unit.aliases.order_by("id").values_list("name", flat=True))
    unit.save(update_fields=["search_text"])


def _active(unit: Unit | None, field: str, on: date) -> Unit | None:
    """The unit freshly read. Refuses one that does not exist on that day."""
    if unit is None:
        return None
    fresh = Unit.objects.get(pk=unit.pk)
    if fresh.abolished_on is not None and fresh.abolished_on <= on:
        raise DomainError(f"「{fresh.name}」已于{cn_date(fresh.abolished_on)}撤销。", field=field)
    if fresh.founded_on > on:
        raise DomainError(f"「{fresh.name}」{cn_date(fresh.founded_on)}才成立，生效日期不能早于这一天。", field=field)
    return fresh


def _locked(unit: Unit, by: User | None, on: date, now: datetime) -> Unit:
    lock_tree()
    locked = Unit.objects.select_for_update().get(pk=unit.pk)
    ensure_manages(by, locked)
    ensure_not_future(on, now)
    if locked.abolished_on is not None:
        raise Stale(f"「{locked.name}」已于{cn_date(locked.abolished_on)}撤销，不能再变更。")
    return locked


def _apply(
    unit: Unit,
    changes: dict[str, Any],
    change: str,
    action: str,
    *,
    on: date,
    by: User | None,
    now: datetime,
    reason: str,
) -> Unit:
    """Writes the facts that differ into the unit, its version of that day and the trail."""
    differing = {name: value for name, value in changes.items() if getattr(unit, name) != value}
    if not differing:
        return unit
    before = {name: getattr(unit, name) for name in differing}
    for name, value in differing.items():
        setattr(unit, name, value)
    unit.search_text = search_text_of(unit, unit.aliases.order_by("id").values_list("name", flat=True))
    unit.save(update_fields=[*differing, "search_text"])
    _keep_version(unit, change, on)
    record(action, unit, actor=by, now=now, before=before, after={**differing, "on": on}, reason=reason)
    return unit


def _keep_version(unit: Unit, change: str, on: date) -> None:
    current = unit.versions.get(valid_to__isnull=True)
    if current.valid_from > on:
        raise DomainError(f"「{unit.name}」{cn_date(current.valid_from)}已有变更，生效日期不能早于这一天。", field="on")
    if current.valid_from == on:
        UnitVersion.objects.filter(pk=current.pk).update(
            change=current.change if current.change in (change, "设立") else f"{current.change}、{change}"[:40],
            **facts_of(unit),
        )
        return
    current.valid_to = on
    current.save(update_fields=["valid_to"])
    UnitVersion.objects.create(unit=unit, valid_from=on, change=change, **facts_of(unit))

"""Takes an import back: every object becomes what it was, or nothing at all is done."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from django.apps import apps
from django.db import DEFAULT_DB_ALIAS, IntegrityError, connection
from django.db.models import Field, ForeignObjectRel, Model

from common.errors import DomainError
from engines.imports.models import ImportChange
from engines.imports.preview import plain
from engines.imports.problems import shown

CHUNK = 2_000
NAMED = 5
# (object, values it should have) → names of fields that have other values by now
StillSame = Callable[[Model, Mapping[str, Any]], list[str]]
Key = tuple[str, int]
REMEDY = "请先处理好这些内容，或改用新的表格更正。"


def take_back(changes: Sequence[ImportChange], *, still_same: StillSame | None = None) -> int:
    """Undoes the changes, last first; returns how many objects were touched. Call it inside a transaction.

    Refuses with DomainError, naming objects and fields, when one was changed since, is gone, or something that the
    import did not make depends on a created one. Audit entries are the caller's.
    """
    objects = _locked_objects(changes)
    doomed, restored = _rewind(changes, objects, still_same or differing)
    _refuse_dependents(doomed, objects)
    _delete(doomed)  # first, because what is restored may take the place of what was made (keys wait until the end)
    _write_back(restored, objects, doomed)
    _check_keys()
    return len(objects)


def differing(obj: Model, expected: Mapping[str, Any]) -> list[str]:
    """The fields whose present value is not the expected one."""
    return [name for name, value in expected.items() if _value(obj, name) != plain(value)]


def _locked_objects(changes: Iterable[ImportChange]) -> dict[Key, Model]:
    wanted: dict[str, set[int]] = defaultdict(set)
    titles: dict[Key, str] = {}
    for change in changes:
        wanted[change.model].add(change.object_id)
        titles[change.model, change.object_id] = change.title
    found: dict[Key, Model] = {}
    for label in sorted(wanted):
        manager = apps.get_model(label)._base_manager
        for ids in _chunks(sorted(wanted[label])):
            for obj in manager.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk"):
                found[label, obj.pk] = obj
    gone = [title for key, title in titles.items() if key not in found]
    if gone:
        raise DomainError(f"{_some(gone)}已被删除，这次导入不能整批撤回。", remedy=REMEDY)
    return found


def _rewind(
    changes: Sequence[ImportChange], objects: dict[Key, Model], still_same: StillSame
) -> tuple[dict[str, set[int]], dict[Key, dict[str, Any]]]:
    """Walks the changes backwards on the objects in memory, so that an object changed twice is undone twice."""
    doomed: dict[str, set[int]] = defaultdict(set)
    restored: dict[Key, dict[str, Any]] = defaultdict(dict)
    touched: list[str] = []
    for change in sorted(changes, key=lambda change: -change.order):
        key = (change.model, change.object_id)
        obj = objects[key]
        if names := still_same(obj, change.after):
            touched.append(_since_changed(obj, change, names))
        if change.act == ImportChange.Act.CREATED:
            doomed[change.model].add(change.object_id)
        for name, value in change.before.items():
            _set(obj, name, value)
            restored[key][name] = value
    if touched:
        raise DomainError(f"导入之后又有改动，不能整批撤回：{_some(touched, '；')}。", remedy=REMEDY)
    return doomed, restored


def _since_changed(obj: Model, change: ImportChange, names: list[str]) -> str:
    details = [
        f"“{_field(obj, name).verbose_name}”导入时是{_shown(change.after.get(name))}，现在是{_shown(_value(obj, name))}"
        for name in names[:2]
    ]
    return f"「{change.title}」" + "，".join(details)


def _shown(value: Any) -> str:
    return f"「{shown(value)}」" if value not in (None, "") else "空的"


def _refuse_dependents(doomed: dict[str, set[int]], objects: dict[Key, Model]) -> None:
    for label, ids in doomed.items():
        model = apps.get_model(label)
        for relation in model._meta.get_fields(include_hidden=True):
            if isinstance(relation, ForeignObjectRel) and not relation.many_to_many:
                _refuse_dependents_by(relation, label, ids, doomed, objects)


def _refuse_dependents_by(
    relation: ForeignObjectRel, label: str, ids: set[int], doomed: dict[str, set[int]], objects: dict[Key, Model]
) -> None:
    related: Any = relation.related_model
    if related._meta.auto_created:  # rows of a plain many-to-many table go with their object
        return
    going = doomed.get(related._meta.label, set())
    held: list[str] = []
    for chunk in _chunks(sorted(ids)):
        rows = related._base_manager.filter(**{f"{relation.field.name}__in": chunk})
        for pk, target in rows.values_list("pk", relation.field.attname).iterator():
            if pk not in going:
                held.append(str(objects[label, target]))
    if held:
        names = [f"「{name}」" for name in dict.fromkeys(held)]
        raise DomainError(
            f"{_some(names, '、')}已有{related._meta.verbose_name}（共 {len(held):,} 条），这次导入不能整批撤回。",
            remedy=REMEDY,
        )


def _write_back(restored: dict[Key, dict[str, Any]], objects: dict[Key, Model], doomed: dict[str, set[int]]) -> None:
    groups: dict[tuple[str, tuple[str, ...]], list[Model]] = defaultdict(list)
    for (label, pk), values in restored.items():
        if values and pk not in doomed.get(label, set()):
            groups[label, tuple(sorted(values))].append(objects[label, pk])
    for (label, names), batch in groups.items():
        model = apps.get_model(label)
        fields = [model._meta.get_field(name).name for name in names]
        try:
            model._base_manager.bulk_update(batch, fields, batch_size=CHUNK)
        except IntegrityError as error:
            raise _conflict() from error


def _delete(doomed: dict[str, set[int]]) -> None:
    """Plain deletes: every dependent was looked for above, and the database checks all keys at the end."""
    try:
        for label, ids in doomed.items():
            model = apps.get_model(label)
            for chunk in _chunks(sorted(ids)):
                _delete_links(model, chunk)
                model._base_manager.filter(pk__in=chunk)._raw_delete(DEFAULT_DB_ALIAS)
    except IntegrityError as error:
        raise _conflict() from error


def _check_keys() -> None:
    try:
        connection.check_constraints()
    except IntegrityError as error:
        raise _conflict() from error


def _delete_links(model: type[Model], ids: Sequence[int]) -> None:
    for relation in model._meta.get_fields(include_hidden=True):
        if isinstance(relation, ForeignObjectRel) and relation.related_model._meta.auto_created:
            links: Any = relation.related_model
            if relation.field.concrete and not relation.many_to_many:
                links._base_manager.filter(**{f"{relation.field.name}__in": ids}).delete()


def _conflict() -> DomainError:
    return DomainError("撤回后的内容与现有数据冲突，没有撤回。", remedy=REMEDY)


def _field(obj: Model, name: str) -> Any:
    return obj._meta.get_field(name)


def _value(obj: Model, name: str) -> Any:
    return plain(getattr(obj, _field(obj, name).attname))


def _set(obj: Model, name: str, value: Any) -> None:
    field = _field(obj, name)
    target: Field[Any, Any] = getattr(field, "target_field", field)
    setattr(obj, field.attname, None if value is None else target.to_python(value))


def _some(names: Sequence[str], separator: str = "、") -> str:
    listed = separator.join(names[:NAMED])
    return listed if len(names) <= NAMED else f"{listed}等 {len(names):,} 项"


def _chunks(ids: Sequence[int]) -> Iterable[Sequence[int]]:
    return (ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK))

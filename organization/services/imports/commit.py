"""Writes a planned import, set-based, in the engine's one transaction, and says what it made so that it can be undone."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

from common.errors import Forbidden
from engines.audit.record import Entry, record_many
from engines.imports.kinds import Commit, Made
from engines.imports.models import ImportChange
from engines.imports.preview import Act, Does, Plan
from organization.models import FACTS, Charge, Field, Person, Post, Unit, UnitAlias, UnitVersion, User
from organization.services.authority import lock_tree
from organization.services.ids import next_ids
from organization.services.imports.planning import OrganizationPlan
from organization.services.people import person_code, person_search_text
from organization.services.units import facts_of, relocate, search_text_of

BATCH = 2_000
MODEL_UNIT, MODEL_PERSON, MODEL_POST, MODEL_CHARGE = (
    f"organization.{noun}" for noun in ("Unit", "Person", "Post", "Charge")
)
POST_FIELDS = ("title", "kind", "rank", "started_on", "ended_on")


def commit_organization(plan: Plan, context: Commit) -> Iterable[Made]:
    """The committer of the import kind "units". Refuses an account that manages nothing any more."""
    assert isinstance(plan, OrganizationPlan)
    if context.actor is not None and not context.actor.may_somewhere("unit.manage"):
        raise Forbidden("您没有导入单位的权限。")
    lock_tree()
    writer = _Writer(plan, context)
    made = [*writer.units(), *writer.people(), *writer.posts(), *writer.charges()]
    record_many(writer.entries)
    return made


class _Writer:
    """The state of one commit: objects by the keys of their acts, audit entries to be written at the end."""

    def __init__(self, plan: OrganizationPlan, context: Commit) -> None:
        self.plan, self.context = plan, context
        self.today: date = context.today
        self.entries: list[Entry] = []
        self.unit_by_code: dict[str, Unit] = {}
        self.person_by_key: dict[str, Person] = {}
        self.post_by_ref: dict[str, Post] = {}

    def acts(self, model: str, *does: Does) -> list[Act]:
        return [act for act in self.plan.doing(*does) if act.model == model]

    def note(self, action: str, obj: Any, act: Act | None, *, path: str) -> None:
        before, after = (dict(act.before), dict(act.after)) if act else ({}, {})
        reason = f"导入《{self.context.run.file_name}》"
        entry = Entry(action, obj, self.context.actor, self.context.now, before, after, reason, None, path)
        self.entries.append(entry)

    # Units --------------------------------------------------------------------------------------------------------

    def units(self) -> Iterator[Made]:
        created, changed = self.acts(MODEL_UNIT, Does.CREATE), self.acts(MODEL_UNIT, Does.CHANGE)
        codes = self._codes_needed(created, changed)
        self.unit_by_code = {unit.code: unit for unit in Unit.objects.filter(code__in=codes)}
        yield from self._create_units(created)
        yield from self._change_units(changed)

    def _codes_needed(self, created: Sequence[Act], changed: Sequence[Act]) -> set[str]:
        codes = {act.key for act in changed}
        for act in [*created, *changed]:
            codes |= {act.after.get("parent") or "", act.after.get("supervisor") or ""}
        codes |= {act.after["unit"] for act in self.acts(MODEL_POST, Does.CREATE)}
        return codes - {""}

    def _create_units(self, acts: Sequence[Act]) -> Iterator[Made]:
        for act, pk in zip(acts, next_ids(Unit, len(acts)), strict=True):
            parent = self.unit_by_code.get(act.after["parent"])
            unit = Unit(
                pk=pk,
                code=act.key,
                path=f"{parent.path if parent else ''}{pk}/",
                depth=parent.depth + 1 if parent else 0,
                parent=parent,
                **{
                    name: act.after[name]
                    for name in ("name", "kind", "party_name", "party_kind", "order", "founded_on")
                },
            )
            unit.search_text = search_text_of(unit)
            self.unit_by_code[act.key] = unit
        made = [self.unit_by_code[act.key] for act in acts]
        for act, unit in zip(acts, made, strict=True):
            supervisor = self.unit_by_code.get(act.after["supervisor"])
            unit.supervisor_id = supervisor.pk if supervisor else None
        Unit.objects.bulk_create(made, batch_size=BATCH)
        versions = [UnitVersion(unit=u, valid_from=u.founded_on, change="设立", **facts_of(u)) for u in made]
        UnitVersion.objects.bulk_create(versions, batch_size=BATCH)
        for act, unit in zip(acts, made, strict=True):
            self.note("unit.create", unit, act, path=unit.path)
            yield Made(unit, "created", {}, _stored(unit, [*FACTS, "founded_on", "abolished_on"]))
        yield from (Made(version, "created", {}, {"valid_to": None}) for version in versions)

    def _change_units(self, acts: Sequence[Act]) -> Iterator[Made]:
        """Facts first, then the places in the tree from the top down, so that no path is computed from an old one."""
        units = [self.unit_by_code[act.key] for act in acts]
        olds = [_stored(unit, FACTS) for unit in units]
        aliases = [
            UnitAlias(unit=unit, name=unit.name) for act, unit in zip(acts, units, strict=True) if "name" in act.after
        ]
        known = set(UnitAlias.objects.filter(unit__in=[u.pk for u in units]).values_list("unit_id", "name"))
        aliases = [alias for alias in aliases if (alias.unit_id, alias.name) not in known]
        UnitAlias.objects.bulk_create(aliases, batch_size=BATCH)
        names: dict[int, list[str]] = {}
        for unit_id, name in [*known, *((alias.unit_id, alias.name) for alias in aliases)]:
            names.setdefault(unit_id, []).append(name)
        for act, unit in zip(acts, units, strict=True):
            self._set_facts(unit, act)
            unit.search_text = search_text_of(unit, sorted(names.get(unit.pk, [])))
        columns = ["name", "kind", "party_name", "party_kind", "parent", "supervisor", "order", "search_text"]
        Unit.objects.bulk_update(units, columns, batch_size=BATCH)
        for act, unit, old in zip(acts, units, olds, strict=True):
            self.note("unit.move" if "parent" in act.after else "unit.change", unit, act, path=unit.path)
            new = _stored(unit, FACTS)
            differing = [name for name in new if new[name] != old[name]]
            yield Made(unit, "changed", {n: old[n] for n in differing}, {n: new[n] for n in differing})
        yield from (Made(alias, "created", {}, {}) for alias in aliases)
        yield from self._keep_versions(units)
        for act in acts:
            if "parent" in act.after:
                settle(self.unit_by_code[act.key].pk)

    def _set_facts(self, unit: Unit, act: Act) -> None:
        for name, value in act.after.items():
            if name in ("parent", "supervisor"):
                target = self.unit_by_code.get(value)
                setattr(unit, f"{name}_id", target.pk if target else None)
            else:
                setattr(unit, name, value)

    def _keep_versions(self, units: Sequence[Unit]) -> Iterator[Made]:
        """Closes the open version today and opens a new one; a version that began today is changed in place."""
        by_id = {unit.pk: unit for unit in units}
        open_ones = list(UnitVersion.objects.filter(unit__in=by_id, valid_to__isnull=True))
        same_day = [version for version in open_ones if version.valid_from >= self.today]
        closed = [version for version in open_ones if version.valid_from < self.today]
        for version in same_day:
            old = _stored(version, FACTS)
            for name, value in facts_of(by_id[version.unit_id]).items():
                setattr(version, name, value)
            yield Made(version, "changed", old, _stored(version, FACTS))
        UnitVersion.objects.bulk_update(same_day, [name.removesuffix("_id") for name in FACTS], batch_size=BATCH)
        for version in closed:
            version.valid_to = self.today
            yield Made(version, "changed", {"valid_to": None}, {"valid_to": self.today})
        UnitVersion.objects.bulk_update(closed, ["valid_to"], batch_size=BATCH)
        fresh = [
            UnitVersion(unit_id=v.unit_id, valid_from=self.today, change="导入变更", **facts_of(by_id[v.unit_id]))
            for v in closed
        ]
        UnitVersion.objects.bulk_create(fresh, batch_size=BATCH)
        yield from (Made(version, "created", {}, {"valid_to": None}) for version in fresh)

    # People and posts ---------------------------------------------------------------------------------------------

    def people(self) -> Iterator[Made]:
        keys = dict.fromkeys(act.after["person"] for act in self.acts(MODEL_POST, Does.CREATE))
        drafts = [self.plan.people[key] for key in keys if not key.startswith("#")]
        path_of = {act.after["person"]: act.after["unit"] for act in self.acts(MODEL_POST, Does.CREATE)}
        for draft, pk in zip(drafts, next_ids(Person, len(drafts)), strict=True):
            person = Person(pk=pk, code=person_code(pk), name=draft.name, phone=draft.phone)
            person.search_text = person_search_text(person)
            self.person_by_key[draft.key] = person
        fresh = list(self.person_by_key.values())
        Person.objects.bulk_create(fresh, batch_size=BATCH)
        for key, person in list(self.person_by_key.items()):
            self.note("person.create", person, None, path=self._path(path_of[key]))
            yield Made(person, "created", {}, {"name": person.name, "phone": person.phone})
        known = Person.objects.in_bulk([int(key[1:]) for key in keys if key.startswith("#")])
        self.person_by_key |= {f"#{pk}": person for pk, person in known.items()}
        yield from self._change_phones()

    def _change_phones(self) -> Iterator[Made]:
        acts = self.acts(MODEL_PERSON, Does.CHANGE)
        people = Person.objects.in_bulk([int(act.key[1:]) for act in acts])
        for act in acts:
            person = people[int(act.key[1:])]
            person.phone = act.after["phone"]
            person.search_text = person_search_text(person)
            self.note("person.change", person, act, path="")
            yield Made(person, "changed", dict(act.before), dict(act.after))
        Person.objects.bulk_update(people.values(), ["phone", "search_text"], batch_size=BATCH)

    def _path(self, code: str) -> str:
        unit = self.unit_by_code.get(code)
        return unit.path if unit else ""

    def posts(self) -> Iterator[Made]:
        yield from self._create_posts(self.acts(MODEL_POST, Does.CREATE))
        yield from self._change_posts(self.acts(MODEL_POST, Does.CHANGE, Does.END))

    def _create_posts(self, acts: Sequence[Act]) -> Iterator[Made]:
        paths = dict(Unit.objects.filter(code__in={act.after["unit"] for act in acts}).values_list("pk", "path"))
        for act in acts:
            unit = self.unit_by_code[act.after["unit"]]
            values = {name: act.after[name] for name in POST_FIELDS}
            person = self.person_by_key[act.after["person"]]
            self.post_by_ref[act.key] = Post(unit=unit, unit_path=paths[unit.pk], person=person, **values)
        fresh = [self.post_by_ref[act.key] for act in acts]
        Post.objects.bulk_create(fresh, batch_size=BATCH)
        for act, post in zip(acts, fresh, strict=True):
            self.note("post.start", post, act, path=post.unit_path)
            yield Made(post, "created", {}, _stored(post, POST_FIELDS))

    def _change_posts(self, acts: Sequence[Act]) -> Iterator[Made]:
        found = Post.objects.select_related("person", "unit").in_bulk([int(act.key[1:]) for act in acts])
        for act in acts:
            post = found[int(act.key[1:])]
            for name, value in act.after.items():
                setattr(post, name, value)
            ended = act.does == Does.END
            self.note("post.end" if ended else "post.change", post, act, path=post.unit_path)
            yield Made(post, "ended" if ended else "changed", dict(act.before), dict(act.after))
        Post.objects.bulk_update(found.values(), list(POST_FIELDS), batch_size=BATCH)
        yield from self._end_charges([post for post in found.values() if post.ended_on is not None])

    def _end_charges(self, posts: Sequence[Post]) -> Iterator[Made]:
        """What an ended post was in charge of ends with it."""
        ended_on = {post.pk: post.ended_on for post in posts}
        charges = list(
            Charge.objects.filter(post__in=ended_on, ended_on__isnull=True).select_related(
                "field", "post__person", "post__unit"
            )
        )
        for charge in charges:
            charge.ended_on = max(ended_on[charge.post_id] or self.today, charge.started_on)
            yield Made(charge, "ended", {"ended_on": None}, {"ended_on": charge.ended_on})
        Charge.objects.bulk_update(charges, ["ended_on"], batch_size=BATCH)

    # Division of work ---------------------------------------------------------------------------------------------

    def charges(self) -> Iterator[Made]:
        """A charge begins with its post; where the unit had a division of work already, it begins today."""
        acts = self.acts(MODEL_CHARGE, Does.CREATE)
        known = [int(act.after["post"][1:]) for act in acts if act.after["post"].startswith("#")]
        self.post_by_ref |= {
            f"#{pk}": p for pk, p in Post.objects.select_related("person", "unit").in_bulk(known).items()
        }
        posts = [self.post_by_ref[act.after["post"]] for act in acts]
        had = set(
            Charge.objects.filter(post__unit__in={p.unit_id for p in posts}).values_list("post__unit_id", flat=True)
        )
        fields = Field.objects.in_bulk(field_name="name")
        fresh = [
            Charge(
                post=post,
                field=fields[act.after["field"]],
                started_on=max(self.today, post.started_on) if post.unit_id in had else post.started_on,
                note=act.after["note"],
            )
            for act, post in zip(acts, posts, strict=True)
        ]
        Charge.objects.bulk_create(fresh, batch_size=BATCH)
        for act, charge in zip(acts, fresh, strict=True):
            self.entries.append(self._charge_entry(act, charge))
            yield Made(charge, "created", {}, _stored(charge, ("started_on", "ended_on", "note")))
        yield from self._change_notes()

    def _charge_entry(self, act: Act, charge: Charge) -> Entry:
        after = {"field": act.after["field"], "post": str(charge.post), "started_on": charge.started_on}
        reason = f"导入《{self.context.run.file_name}》"
        actor, now = self.context.actor, self.context.now
        return Entry("charge.start", charge, actor, now, {}, after, reason, act.title, charge.post.unit_path)

    def _change_notes(self) -> Iterator[Made]:
        acts = self.acts(MODEL_CHARGE, Does.CHANGE)
        found = Charge.objects.select_related("post__person", "post__unit", "field").in_bulk(
            [int(act.key[1:]) for act in acts]
        )
        for act in acts:
            charge = found[int(act.key[1:])]
            charge.note = act.after["note"]
            yield Made(charge, "changed", dict(act.before), dict(act.after))
        Charge.objects.bulk_update(found.values(), ["note"], batch_size=BATCH)


def settle(unit_id: int) -> None:
    """Brings the paths of a unit and of all beneath it in line with its parent."""
    unit = Unit.objects.select_related("parent").get(pk=unit_id)
    path = f"{unit.parent.path if unit.parent else ''}{unit.pk}/"
    depth = unit.parent.depth + 1 if unit.parent else 0
    if path != unit.path:
        relocate(unit.path, path, depth - unit.depth)


def after_undo(run: Any, changes: Sequence[ImportChange], by: User | None, now: datetime) -> None:
    """Puts moved units back into their old places and leaves an entry for every object taken back."""
    moved = [c for c in changes if c.model == MODEL_UNIT and c.act == "changed" and _names_parent(c.before)]
    ids = {change.object_id for change in moved}
    for unit in Unit.objects.filter(pk__in=ids).order_by("depth"):
        settle(unit.pk)
    for unit_id in ids:  # once more: a unit whose parent was moved back after it
        settle(unit_id)
    record_many(_undo_entries(run, changes, by, now))


def _names_parent(values: Any) -> bool:
    return "parent" in values or "parent_id" in values


def _undo_entries(run: Any, changes: Sequence[ImportChange], by: User | None, now: datetime) -> Iterator[Entry]:
    models = {MODEL_UNIT: Unit, MODEL_PERSON: Person, MODEL_POST: Post, MODEL_CHARGE: Charge}
    reason = f"撤回导入《{run.file_name}》"
    for change in changes:
        model = models.get(change.model)
        if model is not None:
            target = model(pk=change.object_id)
            action = f"{model._meta.model_name}.undo"
            yield Entry(action, target, by, now, dict(change.after), dict(change.before), reason, change.title)


def _stored(obj: Any, names: Iterable[str]) -> dict[str, Any]:
    """The values as they are traced: foreign keys under the name of their field, by id."""
    return {name.removesuffix("_id"): getattr(obj, name) for name in names}

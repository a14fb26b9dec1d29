"""What the database holds when an import is planned: read in a handful of statements, looked up from memory."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from django.db.models import Q

from organization.models import Charge, Field, Person, Post, Unit
from organization.queries.charges import field_facts
from organization.rules.charges import FieldFacts


class KnownUnit(NamedTuple):
    pk: int
    code: str
    path: str
    founded_on: date
    abolished_on: date | None
    facts: dict[str, Any]  # parent and supervisor by code


class KnownPost(NamedTuple):
    pk: int
    unit: str
    person_id: int
    title: str
    kind: str
    rank: str
    started_on: date
    ended_on: date | None


class KnownCharge(NamedTuple):
    pk: int
    post_id: int
    field: str
    note: str


@dataclass
class Known:
    """The organisation as it is; everything by the code of its unit."""

    units: dict[str, KnownUnit] = field(default_factory=dict)
    people: dict[int, tuple[str, str]] = field(default_factory=dict)  # id → name, phone
    by_phone: dict[str, int] = field(default_factory=dict)
    by_name: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    posts: dict[str, list[KnownPost]] = field(default_factory=lambda: defaultdict(list))
    charges: dict[int, list[KnownCharge]] = field(default_factory=lambda: defaultdict(list))  # by post
    fields: dict[str, FieldFacts] = field(default_factory=dict)
    field_ids: dict[str, int] = field(default_factory=dict)

    def people_of(self, unit: str, name: str) -> set[int]:
        """The people of that name who hold or held a post in the unit."""
        return {post.person_id for post in self.posts.get(unit, ()) if self.people[post.person_id][0] == name}


def read_units() -> dict[str, KnownUnit]:
    """Every unit by code."""
    columns = "id code path founded_on abolished_on name kind party_name party_kind parent_id supervisor_id order"
    rows = list(Unit.objects.order_by().values_list(*columns.split()))
    codes = {row[0]: row[1] for row in rows}
    units = {}
    for pk, code, path, founded_on, abolished_on, name, kind, party_name, party_kind, parent, supervisor, order in rows:
        facts = {
            "name": name,
            "kind": kind,
            "party_name": party_name,
            "party_kind": party_kind,
            "parent": codes.get(parent, ""),
            "supervisor": codes.get(supervisor, ""),
            "order": order,
        }
        units[code] = KnownUnit(pk, code, path, founded_on, abolished_on, facts)
    return units


def read_known(codes: Iterable[str], names: Iterable[str], phones: Iterable[str], *, today: date) -> Known:
    """The units, and the posts, people and charges that rows about these units, names and numbers may concern."""
    known = Known(units=read_units())
    wanted = [known.units[code].pk for code in set(codes) if code in known.units]
    code_of = {unit.pk: unit.code for unit in known.units.values()}
    columns = "id unit_id person_id title kind rank started_on ended_on"
    for pk, unit_id, *rest in Post.objects.filter(unit__in=wanted).order_by("id").values_list(*columns.split()):
        known.posts[code_of[unit_id]].append(KnownPost(pk, code_of[unit_id], *rest))
    _read_people(known, set(names), {phone for phone in phones if phone})
    open_charges = Charge.objects.filter(post__unit__in=wanted).filter(Q(ended_on__isnull=True) | Q(ended_on__gt=today))
    for pk, post_id, name, note in open_charges.order_by("id").values_list("id", "post_id", "field__name", "note"):
        known.charges[post_id].append(KnownCharge(pk, post_id, name, note))
    known.fields = field_facts()
    known.field_ids = dict(Field.objects.values_list("name", "id"))
    return known


def _read_people(known: Known, names: set[str], phones: set[str]) -> None:
    in_posts = {post.person_id for posts in known.posts.values() for post in posts}
    rows = Person.objects.filter(Q(name__in=names) | Q(phone__in=phones) | Q(pk__in=in_posts))
    for pk, name, phone in rows.order_by("id").values_list("id", "name", "phone"):
        known.people[pk] = (name, phone)
        known.by_name[name].append(pk)
        if phone:
            known.by_phone[phone] = pk

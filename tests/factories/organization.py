"""An invented city in small pieces: regions, units, people, posts and accounts, made through the services."""

from datetime import date, datetime
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from organization.enums import RESERVED_FIELDS, Office, PartyKind, PostKind, Role, UnitKind
from organization.models import Field, Grant, Person, Post, Unit, User
from organization.services import grants, people, units
from organization.services.charges import assign_charge

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
TODAY = NOW.date()
LONG_AGO = date(2020, 1, 1)
PASSWORD = "Yunchuan-2026-xx"  # noqa: S105 (of throw-away accounts)
_number = count(1)


def make_unit(parent: Unit | None = None, *, name: str = "", kind: str = UnitKind.GOVERNMENT, **facts: Any) -> Unit:
    """A unit with a party group; `parent=None` makes a root."""
    number = next(_number)
    name = name or f"第{number}局"
    facts.setdefault("code", f"U{number}")
    facts.setdefault("founded_on", LONG_AGO)
    facts.setdefault("party_name", f"中共{name}党组")
    facts.setdefault("party_kind", PartyKind.GROUP)
    facts.setdefault("order", number)
    return units.create_unit(name=name, kind=kind, parent=parent, by=None, now=NOW, **facts)


def make_region(name: str = "云川市", **facts: Any) -> Unit:
    """A root unit with its committee; its discipline body is made by `make_discipline_body`."""
    facts.setdefault("party_name", f"中共{name}委员会")
    return make_unit(None, name=name, kind=UnitKind.REGION, party_kind=PartyKind.COMMITTEE, **facts)


def make_discipline_body(region: Unit, *, kind: str = UnitKind.DISCIPLINE, **facts: Any) -> Unit:
    """The commission beneath a region (or, with kind=DISPATCHED, a dispatched group)."""
    facts.setdefault("name", "市纪委监委" if kind == UnitKind.DISCIPLINE else f"派驻第{next(_number)}纪检监察组")
    facts.setdefault("party_name", facts["name"])
    facts.setdefault("party_kind", PartyKind.DISCIPLINE_COMMITTEE)
    return make_unit(region, kind=kind, **facts)


def make_person(name: str = "", *, phone: str = "") -> Person:
    return people.create_person(name=name or f"孔{next(_number)}言", phone=phone, by=None, now=NOW)


def make_post(
    unit: Unit,
    *,
    person: Person | None = None,
    kind: str = PostKind.HEAD,
    title: str = "",
    started_on: date = date(2024, 1, 1),
    ended_on: date | None = None,
    rank: str = "",
) -> Post:
    """A post held since 2024; with `ended_on` one that is held no longer."""
    person = person or make_person()
    title = title or PostKind(kind).label
    post = people.appoint(person, unit=unit, title=title, kind=kind, started_on=started_on, rank=rank, by=None, now=NOW)
    return people.end_post(post, on=ended_on, by=None, now=NOW) if ended_on else post


def make_user(
    role: str | None = None,
    unit: Unit | None = None,
    *,
    person: Person | None = None,
    office: str = Office.BUSINESS,
    username: str = "",
    started_on: date = LONG_AGO,
    ended_on: date | None = None,
) -> User:
    """An account that can log in with PASSWORD; `role` and `unit` give it that role by a grant."""
    user = User(
        username=username or f"user{next(_number)}",
        person=person,
        office=office,
        created_at=NOW,
        must_change_password=False,
    )
    user.set_password(PASSWORD)
    user.save()
    if role and unit:
        make_grant(user, role, unit, started_on=started_on, ended_on=ended_on)
    return user


def make_grant(
    user: User, role: str, unit: Unit, *, started_on: date = LONG_AGO, ended_on: date | None = None
) -> Grant:
    with transaction.atomic():
        grant = grants.give_grant(
            user, role=role, unit=unit, started_on=started_on, ended_on=ended_on, reason="测试", by=None, now=NOW
        )
    user.__dict__.pop("_holds", None)
    return grant


def make_holder(unit: Unit, *, kind: str = PostKind.HEAD, **facts: Any) -> User:
    """An account of a person who holds a post of that kind in the unit; `user.person.posts` has the post."""
    post = make_post(unit, kind=kind, **facts)
    return make_user(person=post.person)


def make_officer(office: str) -> User:
    """One of the three officers."""
    return make_user(office=office)


def make_office_user(region: Unit) -> User:
    """Somebody of the discipline office over the whole region."""
    return make_user(Role.DISCIPLINE_OFFICE, region)


def make_field(name: str = "财务") -> Field:
    """One of the fields planted by the migration (made again where a test has emptied the tables), or a new one."""
    planted = {"reserved": name in RESERVED_FIELDS, "business": name != "纪检监察"}
    return Field.objects.get_or_create(name=name, defaults=planted)[0]


def make_charge(post: Post, field: str = "财务", *, started_on: date = date(2024, 1, 1)) -> Any:
    return assign_charge(post, field=make_field(field), started_on=started_on, by=None, now=NOW)

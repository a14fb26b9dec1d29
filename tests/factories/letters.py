"""Letters in small pieces, made through the services: a city with its office, a bureau, and those who sign."""

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from organization.enums import PostKind, Role, UnitKind
from organization.models import Post, Unit, User
from responsibility.enums import Subject
from responsibility.models import IssuedList, Letter
from responsibility.services.letter_draft import DraftTerms, draft_letter
from responsibility.services.letters import send_for_signing
from responsibility.services.sealing import seal_letter
from responsibility.services.signing import Act, sign_letter
from tests.factories.lists import issue_to, make_published_list
from tests.factories.organization import (
    NOW,
    PASSWORD,
    make_discipline_body,
    make_person,
    make_post,
    make_region,
    make_unit,
    make_user,
)

DUE = date(2029, 11, 30)  # pages judge deadlines by the real day


@dataclass
class City:
    """云川市 with an office account, a secretary, a bureau with head and deputy, and the group that supervises it."""

    region: Unit
    bureau: Unit
    office: User
    secretary: User
    head: User
    deputy: User
    supervisor: User
    secretary_post: Post
    head_post: Post
    deputy_post: Post
    supervisor_post: Post
    issued: IssuedList


def make_city(*, items: int = 3) -> City:
    """The bureau's committee list of 2026 is issued to it, so that letters have clauses to carry."""
    region = make_region()
    group = make_discipline_body(region, kind=UnitKind.DISPATCHED, name="派驻第3纪检监察组")
    bureau = make_unit(region, name="市财政局", supervisor=group)
    office = make_user(Role.DISCIPLINE_OFFICE, region)
    posts = {
        "secretary": make_post(region, person=make_person("孙一然"), title="市委书记"),
        "head": make_post(bureau, person=make_person("沈宁衡"), title="党组书记、局长"),
        "deputy": make_post(bureau, person=make_person("陶知远"), kind=PostKind.MEMBER, title="党组成员、副局长"),
        "supervisor": make_post(group, person=make_person("彭若泉"), kind=PostKind.DISCIPLINE, title="组长"),
    }
    users = {name: make_user(person=post.person) for name, post in posts.items()}
    (issued,) = issue_to(make_published_list(region, office, items=items), [bureau], office)
    return City(
        region=region,
        bureau=bureau,
        office=office,
        issued=issued,
        **users,
        **{f"{name}_post": post for name, post in posts.items()},
    )


def item_ids(issued: IssuedList) -> list[int]:
    return list(issued.items.order_by("no").values_list("pk", flat=True))


def make_draft(
    city: City, *, now: datetime = NOW, due_on: date = DUE, items: Sequence[int] = (), **facts: Any
) -> Letter:
    """A draft between the secretary and the head of the bureau, with the supervising group."""
    return draft_letter(
        city.secretary_post,
        recipient_post=city.head_post,
        item_ids=items or item_ids(city.issued),
        terms=DraftTerms(year=2026, due_on=due_on),
        by=city.office,
        now=now,
        **facts,
    )


def make_member_draft(city: City) -> Letter:
    """A draft between the head of the bureau and his deputy, who has a list of his own; nobody co-signs."""
    (issued,) = issue_to(
        make_published_list(city.region, city.office, subject=Subject.MEMBER, title="班子成员责任清单"),
        [city.deputy_post],
        city.office,
    )
    return draft_letter(
        city.head_post,
        recipient_post=city.deputy_post,
        item_ids=item_ids(issued),
        terms=DraftTerms(year=2026, due_on=DUE),
        by=city.office,
        now=NOW,
    )


def make_sent(city: City, **facts: Any) -> Letter:
    return send_for_signing(make_draft(city, **facts), by=city.office, now=NOW)


def act_of(letter: Letter, user: User, **facts: Any) -> Act:
    """What a person puts in who does everything right and types his name."""
    assert user.person is not None
    facts.setdefault("typed_name", user.person.name)
    return Act(
        password=facts.pop("password", PASSWORD),
        seen_sha256=facts.pop("seen_sha256", letter.text_sha256),
        confirmed_read=facts.pop("confirmed_read", True),
        **facts,
    )


def sign(letter: Letter, user: User, *, now: datetime = NOW, **facts: Any) -> Letter:
    return sign_letter(letter, act_of(letter, user, **facts), by=user, now=now)


def make_signed(city: City) -> Letter:
    """All three have signed, the secretary by hand; the job of sealing waits."""
    letter = make_sent(city)
    sign(letter, city.secretary, drawing=drawing(), now=NOW + timedelta(minutes=1))
    sign(letter, city.head, now=NOW + timedelta(minutes=2))
    return sign(letter, city.supervisor, now=NOW + timedelta(minutes=3))


def make_sealed(city: City) -> Letter:
    return seal_letter(make_signed(city).pk, now=NOW + timedelta(minutes=4))


def drawing(*, width: int = 240, height: int = 90, blank: bool = False) -> bytes:
    """A PNG as a signature pad makes it: transparent, with one stroke across."""
    rows = []
    for y in range(height):
        row = bytearray(4 * width)
        if not blank:
            for x in range(max(0, 2 * y), min(width, 2 * y + 6)):
                row[4 * x : 4 * x + 4] = b"\x1f\x29\x33\xff"
        rows.append(b"\x00" + bytes(row))
    head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    parts = [(b"IHDR", head), (b"IDAT", zlib.compress(b"".join(rows))), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in parts
    )

"""People come, take posts, change in them and leave them; a post is ended, never deleted."""

from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q

from common.errors import DomainError, Stale
from common.words import cn_date
from engines.audit.record import record
from organization.models import Charge, Person, Post, Unit, User
from organization.rules.search import search_text
from organization.services.authority import ensure_manages
from organization.services.ids import next_ids


@transaction.atomic
def create_person(*, name: str, phone: str = "", unit: Unit | None = None, by: User | None, now: datetime) -> Person:
    """Enters a person and returns it; `unit` is the one for which it is done. Refuses a phone number in use."""
    if by is not None:
        ensure_manages(by, unit)
    if phone and (other := Person.objects.filter(phone=phone).first()):
        raise DomainError(f"手机号 {phone} 已由{other.name}使用。", field="phone", remedy="如是同一人，请直接选用。")
    person = Person(name=name.strip(), phone=phone, code="")
    person.search_text = person_search_text(person)
    (person.pk,) = next_ids(Person, 1)
    person.code = person_code(person.pk)
    person.save(force_insert=True)
    path = unit.path if unit else ""
    record("person.create", person, actor=by, now=now, after={"name": person.name, "phone": phone}, path=path)
    return person


@transaction.atomic
def change_person(
    person: Person, *, name: str, phone: str, unit: Unit, by: User | None, now: datetime, reason: str = ""
) -> Person:
    """Corrects name or phone of a person who holds or held a post in `unit`."""
    ensure_manages(by, unit)
    locked = Person.objects.select_for_update().get(pk=person.pk)
    if not locked.posts.filter(unit=unit).exists():
        raise DomainError(f"{locked.name}不在「{unit.name}」任职。")
    if phone and Person.objects.filter(phone=phone).exclude(pk=locked.pk).exists():
        raise DomainError("这个手机号已有人使用。", field="phone")
    before = {"name": locked.name, "phone": locked.phone}
    locked.name, locked.phone = name.strip(), phone
    locked.search_text = person_search_text(locked)
    locked.save(update_fields=["name", "phone", "search_text"])
    after = {"name": locked.name, "phone": locked.phone}
    record("person.change", locked, actor=by, now=now, before=before, after=after, reason=reason, path=unit.path)
    return locked


@transaction.atomic
def appoint(
    person: Person,
    *,
    unit: Unit,
    title: str,
    kind: str,
    started_on: date,
    rank: str = "",
    by: User | None,
    now: datetime,
    reason: str = "",
) -> Post:
    """Gives the person a post from that day. Refuses a unit that does not exist then, and a post held already."""
    unit = Unit.objects.select_for_update().get(pk=unit.pk)
    ensure_manages(by, unit)
    if unit.abolished_on is not None and unit.abolished_on <= started_on:
        raise DomainError(f"「{unit.name}」已于{cn_date(unit.abolished_on)}撤销。", field="unit")
    if started_on < unit.founded_on:
        raise DomainError(f"任职日期早于「{unit.name}」的成立日期（{cn_date(unit.founded_on)}）。", field="started_on")
    same = Post.objects.filter(unit=unit, person=person, title=title)
    if same.filter(Q(ended_on__isnull=True) | Q(ended_on__gt=started_on)).exists():
        raise DomainError(f"{person.name}已担任「{unit.name}」{title}。", field="title")
    post = Post.objects.create(
        unit=unit, unit_path=unit.path, person=person, title=title, kind=kind, rank=rank, started_on=started_on
    )
    record("post.start", post, actor=by, now=now, after=post_facts(post), reason=reason)
    return post


@transaction.atomic
def end_post(post: Post, *, on: date, by: User | None, now: datetime, reason: str = "") -> Post:
    """Ends the post: that day is the first on which it is no longer held. Its fields end with it."""
    locked = _locked_post(post, by)
    if on < locked.started_on:
        raise DomainError(f"免职日期不能早于任职日期（{cn_date(locked.started_on)}）。", field="on")
    Charge.objects.filter(post=locked, started_on__lte=on).filter(Q(ended_on__isnull=True) | Q(ended_on__gt=on)).update(
        ended_on=on
    )
    locked.ended_on = on
    locked.save(update_fields=["ended_on"])
    record("post.end", locked, actor=by, now=now, before={"ended_on": None}, after={"ended_on": on}, reason=reason)
    return locked


@transaction.atomic
def change_post(post: Post, *, changes: dict[str, Any], by: User | None, now: datetime, reason: str = "") -> Post:
    """Corrects title, kind, rank or the first day of a post that is held; a new appointment is a new post."""
    unknown = changes.keys() - {"title", "kind", "rank", "started_on"}
    if unknown:
        raise ValueError(f"not to be changed in a post: {sorted(unknown)}")
    locked = _locked_post(post, by)
    before = {name: getattr(locked, name) for name in changes}
    if before == changes:
        return locked
    for name, value in changes.items():
        setattr(locked, name, value)
    try:
        with transaction.atomic():
            locked.save(update_fields=list(changes))
    except IntegrityError as error:
        raise DomainError("同一人同一职务同一天已有任职记录。", field="title") from error
    record("post.change", locked, actor=by, now=now, before=before, after=changes, reason=reason)
    return locked


def end_posts_of(unit: Unit, *, on: date, by: User | None, now: datetime, reason: str = "") -> int:
    """Ends every post held in the unit on that day; returns how many."""
    held = list(Post.objects.filter(unit=unit, ended_on__isnull=True).select_related("person", "unit"))
    for post in held:
        end_post(post, on=max(on, post.started_on), by=by, now=now, reason=reason)
    return len(held)


def post_facts(post: Post) -> dict[str, Any]:
    names = ("unit_id", "person_id", "title", "kind", "rank", "started_on", "ended_on")
    return {name: getattr(post, name) for name in names}


def person_code(pk: int) -> str:
    return f"P{pk:06d}"


def person_search_text(person: Person) -> str:
    return search_text([person.name, person.phone], longest=300)


def _locked_post(post: Post, by: User | None) -> Post:
    locked = Post.objects.select_for_update(of=("self",)).select_related("person", "unit").get(pk=post.pk)
    ensure_manages(by, locked.unit)
    if locked.ended_on is not None:
        raise Stale(f"{locked}已于{cn_date(locked.ended_on)}免去。")
    return locked


@transaction.atomic
def appoint_by_name(
    unit: Unit, *, name: str, phone: str, is_new: bool, by: User | None, now: datetime, **post: Any
) -> Post:
    """Appoints the person of that name and number, entering him first if he is not known.

    Without a number a namesake within the unit is the same person. A namesake elsewhere is refused unless `is_new`.
    """
    ensure_manages(by, unit)
    person = find_person(unit, name=name.strip(), phone=phone.strip(), is_new=is_new)
    if person is None:
        if not is_new and Person.objects.filter(name=name.strip()).exists():
            raise DomainError(
                f"系统中已有{name}。",
                field="phone",
                remedy="是同一人的，请填写其手机号；是另一个人的，请勾选「是另一个人」。",
            )
        person = create_person(name=name, phone=phone.strip(), unit=unit, by=by, now=now)
    return appoint(person, unit=unit, by=by, now=now, **post)


def find_person(unit: Unit, *, name: str, phone: str, is_new: bool = False) -> Person | None:
    """The known person: by number and name, else by name within the unit unless it `is_new`.

    Refuses a number of somebody else.
    """
    if phone and (known := Person.objects.filter(phone=phone).first()):
        if known.name != name:
            raise DomainError(f"手机号 {phone} 已由{known.name}使用。", field="phone", remedy="请核对姓名和手机号。")
        return known
    if is_new:
        return None
    here = list(Person.objects.filter(name=name, posts__unit=unit).distinct()[:2])
    return here[0] if len(here) == 1 and (not phone or not here[0].phone) else None

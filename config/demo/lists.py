"""The lists of the demo city: three published articles, four lists of the year issued to everybody, most acknowledged."""

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings

from config.demo.events import Event
from config.demo.organisation import DATA, City
from config.demo.story import LISTS_OUT
from organization.models import User
from responsibility.enums import IssuedState, ItemKind, ListState, Subject
from responsibility.models import IssuedItem, IssuedList, ResponsibilityList
from responsibility.queries.targets import candidates
from responsibility.services.adapt import add_individual_item
from responsibility.services.holding import acknowledge_list, return_list
from responsibility.services.issue import CHUNK, issue_list
from responsibility.services.library import publish_list
from responsibility.services.list_import import commit_lists, plan_lists, read_file

PUBLISHED = Path(settings.ROOT) / "responsibility" / "data"
OF_THE_YEAR = "lists_2026.yaml"
ADDED_BELOW = "individual_items.yaml"
# Who has not acknowledged: units by code, persons by name or every so many-th.
LATE_UNITS = {"YC-D40", "YC-D44", "YC-T12"}
HEADS_WAITING = {"沈宁衡", "戚启恒", "朱思廉", "孙一然"}
RETURNED = {"YC-D33": "个性事项尚未经局党组会议研究，请将认领期限延至会议之后。"}
EVERY_NTH_MEMBER = 9


def bring_in(city: City) -> None:
    """The library: what was published elsewhere as drafts of its own year, the four lists of this year published."""
    office, now = city.user_of("李启俭"), city.story.ago(LISTS_OUT + 1)
    for path in sorted(PUBLISHED.glob("*.yaml")):
        _import(path, city, office, year=None, now=now)
    _import(DATA / OF_THE_YEAR, city, office, year=city.story.year, now=now)
    for draft in ResponsibilityList.objects.filter(state=ListState.DRAFT, version=1).prefetch_related("items"):
        if draft.items.all():  # an article that names only its categories stays a draft: nothing is made up
            publish_list(draft, actor=office, now=city.story.ago(LISTS_OUT + 1, hour=15))


def _import(path: Path, city: City, office: User, *, year: int | None, now: datetime) -> None:
    """Reads the file into the library unless its lists are there already."""
    plan = plan_lists(read_file(path.read_bytes(), path.name), unit=city.root, year=year)
    if any(step.act == "create" for step in plan.steps):
        commit_lists(plan, actor=office, now=now)


def issue(city: City) -> None:
    """Issues the year's lists to everybody they are for, a month ago, in portions as the batch job does."""
    office, now = city.user_of("李启俭"), city.story.ago(LISTS_OUT)
    due = {
        Subject.COMMITTEE: city.story.ago(6).date(),
        Subject.HEAD: city.story.ahead(4),
        Subject.MEMBER: city.story.ahead(6),
        Subject.DISCIPLINE: city.story.ahead(2),
    }
    for target in ResponsibilityList.objects.filter(state=ListState.PUBLISHED, year=city.story.year, unit=city.root):
        ids = list(candidates(target, today=city.story.today).filter(has_it=False).values_list("pk", flat=True))
        for start in range(0, len(ids), CHUNK):
            chunk = ids[start : start + CHUNK]
            issue_list(target, holder_ids=chunk, due_on=due[Subject(target.subject)], actor=office, now=now)


def events(city: City) -> Iterator[Event]:
    """What the holders do with their lists in the weeks after."""
    lists = IssuedList.objects.filter(year=city.story.year).select_related("unit", "post__person").order_by("pk")
    added = yaml.safe_load((DATA / ADDED_BELOW).read_text())
    heads = _heads(city)
    for number, issued in enumerate(lists):
        holder = issued.post.person if issued.post else heads.get(issued.unit_id)
        user = getattr(holder, "account", None) if holder else None
        if user is None:
            continue
        code, minute = issued.unit.code, number % 60
        if issued.subject == Subject.COMMITTEE and code in added:
            at = city.story.ago(LISTS_OUT - 2, minute=minute)
            yield Event(at, lambda now, i=issued, c=code, u=user: _add_items(i, added[c], city.story.year, u, now))  # type: ignore[misc]
        if issued.subject == Subject.COMMITTEE and code in RETURNED:
            at = city.story.ago(8, minute=minute)
            yield Event(at, lambda now, i=issued, c=code, u=user: _return(i, RETURNED[c], u, now))  # type: ignore[misc]
        elif not _waits(issued, number):
            day = LISTS_OUT - 3 - number % 22
            yield Event(
                city.story.ago(day, hour=14, minute=minute), lambda now, i=issued, u=user: _acknowledge(i, u, now)
            )  # type: ignore[misc]


def _heads(city: City) -> dict[int, Any]:
    users = User.objects.filter(person__posts__kind="head").select_related("person")
    heads = {}
    for user in users.prefetch_related("person__posts"):
        assert user.person is not None
        for post in user.person.posts.all():
            if post.kind == "head" and post.held_on(city.story.today):
                heads[post.unit_id] = user.person
    return heads


def _waits(issued: IssuedList, number: int) -> bool:
    if issued.subject == Subject.COMMITTEE:
        return issued.unit.code in LATE_UNITS
    if issued.subject == Subject.HEAD:
        return issued.post is not None and issued.post.person.name in HEADS_WAITING
    if issued.post is not None and issued.post.person.name == "曹怀衡":
        return True
    return issued.subject == Subject.MEMBER and number % EVERY_NTH_MEMBER == 0


def _fresh(issued: IssuedList) -> IssuedList | None:
    """The list as it is now, as long as its holder has not answered."""
    return IssuedList.objects.filter(pk=issued.pk, state=IssuedState.ISSUED).first()


def _acknowledge(issued: IssuedList, user: User, now: datetime) -> None:
    if fresh := _fresh(issued):
        acknowledge_list(fresh, actor=user, now=now)


def _return(issued: IssuedList, reason: str, user: User, now: datetime) -> None:
    if fresh := _fresh(issued):
        return_list(fresh, reason=reason, actor=user, now=now)


def _add_items(issued: IssuedList, rows: list[dict[str, Any]], year: int, user: User, now: datetime) -> None:
    fresh = _fresh(issued)
    if fresh is None:
        return
    present = set(
        IssuedItem.objects.filter(issued_list=fresh, kind=ItemKind.INDIVIDUAL).values_list("content", flat=True)
    )
    for row in rows:
        if row["content"] not in present:
            content = {name: value for name, value in row.items() if name not in ("category", "due")}
            if "due" in row:
                content["due_on"] = date.fromisoformat(f"{year}-{row['due']}")
            add_individual_item(fresh, content=content, category_no=row["category"], actor=user, now=now)

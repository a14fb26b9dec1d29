"""Reads of people and their posts."""

from datetime import date

from django.db.models import Case, IntegerField, QuerySet, Value, When

from organization.enums import PostKind
from organization.models import Person, Post, Unit, User

RANK_OF_KIND = Case(
    *[When(kind=kind, then=Value(place)) for place, kind in enumerate(PostKind.values)], output_field=IntegerField()
)


def posts_of_unit(unit: Unit, *, on: date) -> QuerySet[Post]:
    """Posts held in the unit on that day, the head first."""
    return _by_rank(Post.objects.filter(unit=unit).held(on))


def former_posts_of_unit(unit: Unit, *, on: date) -> QuerySet[Post]:
    """Posts of the unit that were held once, the latest first."""
    ended = Post.objects.filter(unit=unit, ended_on__lte=on)
    return ended.select_related("person").order_by("-ended_on", "-id")


def posts_of_person(person: Person, user: User) -> QuerySet[Post]:
    """The posts of a person in units the account may see, the latest first."""
    rows = Post.objects.visible_to(user, "unit.view").filter(person=person)
    return rows.select_related("unit", "person").order_by("-started_on", "-id")


def people_seen(user: User) -> QuerySet[Person]:
    """Everybody who holds or held a post in a unit the account may see."""
    seen = Post.objects.visible_to(user, "unit.view").order_by().values("person_id")
    return Person.objects.filter(pk__in=seen)


def _by_rank(posts: QuerySet[Post]) -> QuerySet[Post]:
    return posts.select_related("person", "unit").annotate(place=RANK_OF_KIND).order_by("place", "id")

"""Who still needs an account."""

from collections import defaultdict
from datetime import date

from django.db.models import Exists, OuterRef, QuerySet

from organization.models import Person, Post


def people_without_account(*, on: date) -> QuerySet[Person]:
    """People who hold a post on that day and have no account, in the order of their codes."""
    held = Post.objects.held(on).filter(person=OuterRef("pk"))
    return Person.objects.filter(Exists(held), account__isnull=True).order_by("code")


def with_posts(people: list[Person], *, on: date) -> list[Person]:
    """The people, each with its posts of that day in words (`post_words`); one statement."""
    words = defaultdict(list)
    for post in Post.objects.held(on).filter(person__in=people).select_related("unit").order_by("pk"):
        words[post.person_id].append(f"{post.unit.name}{post.title}")
    for person in people:
        person.post_words = "，".join(words[person.pk])  # type: ignore[attr-defined]
    return people

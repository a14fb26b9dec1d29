"""To whom a list can be issued, proposed from the organisation."""

from datetime import date
from typing import Any

from django.db.models import BooleanField, Exists, OuterRef, Q, QuerySet

from organization.access import beneath
from organization.enums import PartyKind, PostKind, UnitKind
from organization.models import Charge, Post, Unit
from responsibility.enums import Subject
from responsibility.models import IssuedList, ResponsibilityList

# A committee's list goes to committees and leading groups, a grassroots list to branches and villages.
COMMITTEES = (PartyKind.COMMITTEE, PartyKind.GROUP, PartyKind.WORK_COMMITTEE)
BRANCHES = (PartyKind.GENERAL_BRANCH, PartyKind.BRANCH)
SUPERVISING = (UnitKind.DISCIPLINE, UnitKind.DISPATCHED)
POST_KINDS = {
    Subject.HEAD: PostKind.HEAD,
    Subject.MEMBER: PostKind.MEMBER,
    Subject.DEPARTMENT: PostKind.DEPARTMENT,
}


def candidates(target: ResponsibilityList, *, today: date) -> QuerySet[Any]:
    """Units (collective subjects) or held posts (personal subjects) beneath the issuing unit, with `has_it`.

    A variant 分管领导 goes to members in charge of a field today, 其他成员 to those in charge of none.
    """
    rows: QuerySet[Any] = _units(target, today) if target.goes_to_units else _posts(target, today)
    holder = "unit_id" if target.goes_to_units else "post_id"
    has_it = IssuedList.objects.in_force().filter(lineage=target.lineage, **{holder: OuterRef("pk")})
    return rows.annotate(has_it=Exists(has_it))


def _units(target: ResponsibilityList, today: date) -> QuerySet[Unit]:
    units = Unit.objects.filter(beneath("path", target.unit_path)).active(today).exclude(kind__in=SUPERVISING)
    if target.subject == Subject.GRASSROOTS:
        return units.filter(Q(party_kind__in=BRANCHES) | Q(kind=UnitKind.VILLAGE))
    return units.filter(party_kind__in=COMMITTEES)


def _posts(target: ResponsibilityList, today: date) -> QuerySet[Post]:
    posts = Post.objects.filter(beneath("unit_path", target.unit_path)).held(today).select_related("unit", "person")
    posts = posts.filter(Q(unit__abolished_on__isnull=True) | Q(unit__abolished_on__gt=today))
    if target.subject == Subject.DISCIPLINE:
        return posts.filter(Q(kind=PostKind.DISCIPLINE) | Q(kind=PostKind.HEAD, unit__kind__in=SUPERVISING))
    posts = posts.filter(kind=POST_KINDS[Subject(target.subject)]).exclude(unit__kind__in=SUPERVISING)
    if target.variant in ("分管领导", "其他成员"):
        running = Charge.objects.filter(post=OuterRef("pk"), started_on__lte=today)
        in_charge = Exists(
            running.filter(Q(ended_on__isnull=True) | Q(ended_on__gt=today)), output_field=BooleanField()
        )
        posts = posts.filter(in_charge if target.variant == "分管领导" else ~in_charge)
    return posts

"""Reads of 分工: the table of one unit, and the units in which the rules find fault."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from organization.access import beneath, prefixes
from organization.enums import PostKind
from organization.models import Charge, Field, Post, Unit, User
from organization.models.unit import UnitQuerySet
from organization.rules.charges import FieldFacts, Finding, HeldPost, check_charges


@dataclass(frozen=True)
class ChargeTable:
    """分工表 of a unit: fields across, posts down, and what the rules say about it."""

    fields: list[Field]
    rows: list[tuple[Post, list[Charge | None]]]
    findings: list[Finding]


def running(on: date, prefix: str = "") -> Q:
    """Charges in force on that day."""
    ended = Q(**{f"{prefix}ended_on__isnull": True}) | Q(**{f"{prefix}ended_on__gt": on})
    return Q(**{f"{prefix}started_on__lte": on}) & ended


def field_facts() -> dict[str, FieldFacts]:
    """Every field by name, reserved ones first."""
    return {row.name: FieldFacts(row.name, row.reserved, row.business) for row in Field.objects.all()}


def findings_by_unit(unit_ids: Iterable[int], *, on: date) -> dict[int, list[Finding]]:
    """The findings of many units in two statements; a unit without any is missing."""
    charges = Charge.objects.filter(running(on), post__unit__in=list(unit_ids)).select_related("post__person", "field")
    fields_of: dict[Post, list[str]] = defaultdict(list)
    for charge in charges.order_by("field_id"):
        fields_of[charge.post].append(charge.field.name)
    by_unit: dict[int, list[HeldPost]] = defaultdict(list)
    for post, names in fields_of.items():
        by_unit[post.unit_id].append(
            HeldPost(post.pk, post.person.name, post.title, post.kind, tuple(names), post.ended_on)
        )
    facts = field_facts() if by_unit else {}
    found = {unit_id: check_charges(posts, facts, on=on) for unit_id, posts in by_unit.items()}
    return {unit_id: findings for unit_id, findings in found.items() if findings}


def charge_table(unit: Unit, *, on: date) -> ChargeTable:
    """Who in the unit is in charge of what on that day."""
    posts = list(
        Post.objects.filter(unit=unit)
        .filter(Q(pk__in=Charge.objects.filter(running(on)).values("post_id")) | held(on))
        .exclude(kind__in=[PostKind.CLERK, PostKind.COMMISSIONER])
        .select_related("person", "unit")
        .order_by("id")
    )
    cells = {
        (charge.post_id, charge.field_id): charge
        for charge in Charge.objects.filter(running(on), post__unit=unit).select_related("field")
    }
    used = {field_id for _, field_id in cells}
    fields = [field for field in Field.objects.all() if field.reserved or field.pk in used]
    rows = [(post, [cells.get((post.pk, field.pk)) for field in fields]) for post in posts]
    return ChargeTable(fields, rows, findings_by_unit([unit.pk], on=on).get(unit.pk, []))


def held(on: date) -> Q:
    """Posts held on that day, as a condition."""
    return Q(started_on__lte=on) & (Q(ended_on__isnull=True) | Q(ended_on__gt=on))


def faulty_units(user: User, *, on: date) -> UnitQuerySet:
    """The units the account may see in which the rules find fault; the same rules as in `rules.charges`, in SQL."""
    within = Q(pk__in=[])
    for path in prefixes(user, "unit.view"):
        within |= beneath("post__unit_path", path)
    return Unit.objects.visible_to(user, "unit.view").filter(faulty(on, within))


def faulty(on: date, within: Q | None = None) -> Q:
    """The condition on units behind `faulty_units`: one walk over the running charges, of `within` if that is given."""
    charges = Charge.objects.filter(running(on), within or Q()).order_by().values("post__unit")
    in_office, reserved = held_through_post(on), Q(field__reserved=True)
    found = charges.annotate(
        head=Count("pk", filter=in_office & reserved & Q(post__kind=PostKind.HEAD)),
        discipline=Count("pk", filter=in_office & Q(post__kind=PostKind.DISCIPLINE, field__business=True)),
        ended=Count("pk", filter=Q(post__ended_on__lte=on)),
        taken=Count("field", filter=in_office & reserved, distinct=True),
    )
    wanted = Field.objects.filter(reserved=True).order_by().values("reserved").annotate(n=Count("pk")).values("n")
    faults = Q(head__gt=0) | Q(discipline__gt=0) | Q(ended__gt=0) | Q(taken__lt=Coalesce(Subquery(wanted), 0))
    return Q(pk__in=found.filter(faults).values("post__unit"))


def held_through_post(on: date) -> Q:
    """Charges whose post has not ended; what an ended post holds does not count as held."""
    return Q(post__ended_on__isnull=True) | Q(post__ended_on__gt=on)


def charges_of(post_ids: Iterable[int], *, on: date) -> QuerySet[Charge]:
    return Charge.objects.filter(running(on), post__in=list(post_ids)).select_related("field")

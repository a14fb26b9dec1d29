"""Who stands above somebody who is late: the head of his unit, and the discipline office nearest to it."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from django.db.models import F, Q
from django.db.models.functions import Coalesce

from engines.reminders.models import Audience
from organization.enums import PostKind, Role, UnitKind
from organization.models import Grant, Post

Key = tuple[int | None, str]
Link = tuple[int | None, str, str, int]
Heads = dict[str, set[int]]


def chain_above(keys: Sequence[Key], today: date) -> list[Link]:
    """For every (account, path of the unit it is late for) the accounts above it; two statements.

    The superior of a member is the head of his unit; that of a head is the head of the unit above, unless that is a
    whole region: its secretary is not called for one late bureau, the discipline office is.
    """
    heads = _heads({path for _, path in keys}, today)
    offices = _offices(today)
    links: list[Link] = []
    for owner, path in keys:
        for superior in _superiors(owner, path, heads):
            links.append((owner, path, Audience.SUPERIOR.value, superior))
        for officer in _nearest(path, offices) - {owner}:
            links.append((owner, path, Audience.OFFICE.value, officer))
    return links


def _heads(paths: set[str], today: date) -> Heads:
    """Accounts of the heads of these units and of the units above them that are no regions."""
    wanted = paths | {_above(path) for path in paths}
    rows = (
        Post.objects.held(today)
        .filter(unit_path__in=wanted, kind=PostKind.HEAD, person__account__is_active=True)
        .exclude(~Q(unit_path__in=paths), unit__kind=UnitKind.REGION)
        .values_list("unit_path", "unit__kind", "person__account__id")
    )
    heads: Heads = defaultdict(set)
    for path, kind, account in rows:
        heads[path].add(account)
        if kind == UnitKind.REGION:
            heads[f"region:{path}"].add(account)
    return heads


def _superiors(owner: int | None, path: str, heads: Heads) -> set[int]:
    own = heads.get(path, set())
    if owner not in own:
        return own
    above = _above(path)
    return heads.get(above, set()) - heads.get(f"region:{above}", set()) - {owner}


def _above(path: str) -> str:
    """The path of the unit above; "" for a root."""
    return path[: path.rstrip("/").rfind("/") + 1]


def _offices(today: date) -> dict[str, set[int]]:
    """Path → accounts of the discipline office that works over it, by post or by grant."""
    over = Coalesce(F("unit__parent__path"), F("unit__path"))
    runs = Q(started_on__lte=today) & (Q(ended_on__isnull=True) | Q(ended_on__gt=today))
    posts = Post.objects.filter(
        runs, kind=PostKind.OFFICER, unit__kind=UnitKind.DISCIPLINE, person__account__is_active=True
    )
    grants = Grant.objects.filter(runs, role=Role.DISCIPLINE_OFFICE, user__is_active=True)
    rows = (
        posts.order_by()
        .values_list(over, F("person__account__id"))
        .union(grants.order_by().values_list("unit__path", "user_id"))
    )
    found: dict[str, set[int]] = defaultdict(set)
    for path, account in rows:
        found[path].add(account)
    return found


def _nearest(path: str, offices: dict[str, set[int]]) -> set[int]:
    while path:
        if path in offices:
            return set(offices[path])
        path = _above(path)
    return set()

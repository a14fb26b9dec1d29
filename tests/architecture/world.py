"""Two cities with one object of every noun, so that every address can be visited from inside and from outside."""

from dataclasses import dataclass, field
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from engines.audit.models import AuditEntry
from engines.imports.models import ImportRun
from engines.jobs.models import Job
from engines.reminders import ladder
from engines.reminders.models import Channel, Reminder, Rung
from engines.reminders.preferences import add_channel
from organization.enums import Office, Role
from organization.models import Grant, User
from responsibility.models import IssuedList, ListItem, NegativeSituation, ResponsibilityList
from tests.factories.letters import City, make_city, make_sent
from tests.factories.lists import make_individual_item, make_item, make_list
from tests.factories.organization import NOW, make_charge, make_user

BUSINESS_ROLES = list(Role)
OFFICES = [Office.SYSTEM, Office.SECURITY, Office.AUDIT]


@dataclass(frozen=True)
class Address:
    """One address of the product that is not Django admin's."""

    name: str
    pattern: URLPattern
    parameters: tuple[str, ...]

    @property
    def audience(self) -> tuple[str, ...]:
        return getattr(self.pattern.callback, "audience", ())


def addresses() -> list[Address]:
    """Every address, found in the resolver itself, so that none is forgotten."""
    return list(_walk(get_resolver().url_patterns))


def _walk(patterns: list[Any]) -> Any:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            if pattern.app_name != "admin":
                yield from _walk(pattern.url_patterns)
        else:
            yield Address(pattern.name, pattern, tuple(pattern.pattern.converters) or _groups(pattern))


def _groups(pattern: URLPattern) -> tuple[str, ...]:
    regex = pattern.pattern.regex
    return tuple(regex.groupindex)


@dataclass
class World:
    """One city and the ids with which its addresses are filled in."""

    city: City
    ids: dict[str, Any] = field(default_factory=dict)

    def arguments(self, address: Address) -> dict[str, Any]:
        """The parameters of an address. A new noun must be entered in NOUNS, or the test says which one is missing."""
        return {name: self._value(address.name, name) for name in address.parameters}

    def _value(self, url: str, parameter: str) -> Any:
        if parameter != "pk":
            return self.ids[parameter]
        for prefix, noun in NOUNS.items():
            if url.startswith(prefix):
                return self.ids[noun]
        raise KeyError(f"{url} speaks of a noun that tests/architecture/world.py does not know")


# The beginning of a url name → what its pk is; the longer beginnings first.
NOUNS = {
    "list_issue": "library",
    "list_coverage": "library",
    "list_change_decide": "proposal",
    "list_changes": "issued",
    "list_item_edit": "item",
    "list_item_remove": "item",
    "list_": "issued",
    "item_": "item",
    "library_category_create": "draft_list",
    "library_category": "category",
    "library_item_create": "draft_list",
    "library_item": "library_item",
    "library_situation_create": "draft_list",
    "library_situation": "situation",
    "library_": "library",
    "letter_draft": "recipient_post",
    "letter_job": "job",
    "letter_": "letter",
    "unit_": "unit",
    "post_create": "unit",
    "post_": "post",
    "person_": "person",
    "charge_end": "charge",
    "charge_": "unit",
    "import_": "import",
    "account_": "account",
    "grant_": "grant",
    "audit_": "entry",
    "job_": "job",
    "notice_": "notice",
    "reminder_channel": "channel",
    "reminder_rung": "rung",
    "access_why": "unit",
}


def make_world() -> World:
    """A city with a letter out for signing, an issued list with an own item, a draft in the library, a job, an import."""
    city = make_city()
    letter = make_sent(city)
    draft = make_list(city.region, title="草稿清单", subject="head")
    item = make_item(draft)
    own = make_individual_item(city.issued)
    job = Job.objects.create(kind="x", label="批量下达", created_at=NOW, not_before=NOW, requested_by=city.office)
    run = _import_of(city)
    charge = make_charge(city.deputy_post)
    notice, channel = _reminders_of(city)
    ladder.plant()
    library: ResponsibilityList = city.issued.list
    world = World(city)
    world.ids = {
        "unit": city.bureau.pk,
        "post": city.deputy_post.pk,
        "person": city.deputy_post.person_id,
        "recipient_post": city.head_post.pk,
        "charge": charge.pk,
        "issued": city.issued.pk,
        "item": own.pk,
        "proposal": 0,
        "library": library.pk,
        "other": draft.pk,
        "draft_list": draft.pk,
        "category": library.categories.values_list("pk", flat=True).first(),
        "library_item": item.pk,
        "situation": NegativeSituation.objects.values_list("pk", flat=True).first() or 0,
        "letter": letter.pk,
        "version": 1,
        "step": "withdraw",
        "direction": "up",
        "way": "up",
        "job": job.pk,
        "import": run,
        "digest": "0" * 64,
        "account": city.head.pk,
        "notice": notice.pk,
        "channel": channel.pk,
        "rung": Rung.objects.values_list("pk", flat=True).first(),
        "token": "a" * 43,
        "grant": Grant.objects.filter(user=city.office).values_list("pk", flat=True).get(),
        "entry": AuditEntry.objects.order_by("-pk").values_list("pk", flat=True).first(),
        "app_label": "organization",
        "model": "unit",
        "code": letter.verify_code or "YC26-0000-0000-0000",
    }
    assert isinstance(city.issued, IssuedList)
    assert isinstance(item, ListItem)
    return world


def _reminders_of(city: City) -> tuple[Reminder, Channel]:
    notice = Reminder.objects.create(
        source="list", object_id=city.issued.pk, target_id=city.issued.pk, recipient=city.head, audience="owner",
        title="认领责任清单", due_on=NOW.date(), offset=0, planned_on=NOW.date(), created_at=NOW,
    )  # fmt: skip
    return notice, add_channel(city.head, kind="wecom", address="a1b2c3", now=NOW)


def _import_of(city: City) -> int:
    run = ImportRun.objects.filter(requested_by=city.office).first()
    return run.pk if run else 0


def make_business_user(role: str, unit: Any) -> User:
    return make_user(role, unit)

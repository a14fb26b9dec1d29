"""The demo city's units, people, posts and division of work: its workbook, imported by an account that may."""

from datetime import date, timedelta
from pathlib import Path

from django.conf import settings

from config.demo.accounts import Book, ensure_account, ensure_accounts_of, ensure_officers
from config.demo.story import FOUNDED, Story
from engines.imports.models import ImportRun, RunState
from engines.imports.runs import commit_import, preview_import, start_import
from organization.enums import PartyKind, Role, UnitKind
from organization.models import Grant, Person, Unit, User
from organization.services.grants import give_grant
from organization.services.people import create_person
from organization.services.units import create_unit

DATA = Path(settings.ROOT) / "config" / "demo_data"
WORKBOOK = "yunchuan_units.xlsx"
ROOT_CODE = "YC"
TYPIST = "lushi"  # 录入: types in what the office has before anybody has a post
INSPECTOR = "陶允执"
INSPECTED = "YC-D22"


class City:
    """Who acts while the city is loaded."""

    def __init__(self, book: Book, story: Story) -> None:
        self.book, self.story = book, story
        self.officers: dict[str, User] = {}

    @property
    def root(self) -> Unit:
        return Unit.objects.get(code=ROOT_CODE)

    def user_of(self, name: str) -> User:
        """The account of the one person of that name in the workbook."""
        return User.objects.select_related("person").get(person__name=name)


def found_city(city: City) -> None:
    """The officers, the root unit, and whoever may import the workbook for the first weeks."""
    now = city.story.ago(FOUNDED, hour=8)
    city.officers = ensure_officers(city.book, now=now)
    if not Unit.objects.filter(code=ROOT_CODE).exists():
        create_unit(
            code=ROOT_CODE,
            name="云川市",
            kind=UnitKind.REGION,
            party_name="中共云川市委员会",
            party_kind=PartyKind.COMMITTEE,
            founded_on=date(2001, 1, 1),
            by=None,
            now=now,
        )
    typist = ensure_account(
        city.book, username=TYPIST, display_name="初始数据录入", by=city.officers["system"], now=now
    )
    until = city.story.today + timedelta(days=9)
    grant_once(city, typist, Role.DISCIPLINE_OFFICE, reason="系统启用期间录入单位名册，限期使用", until=until)


def grant_once(
    city: City, user: User, role: str, *, reason: str, until: date | None = None, unit: Unit | None = None
) -> None:
    """A role in the unit or over the whole city, given by the security officer."""
    if not Grant.objects.filter(user=user, role=role).exists():
        now = city.story.ago(FOUNDED, hour=8, minute=20)
        give_grant(
            user,
            role=role,
            unit=unit or city.root,
            started_on=now.date(),
            ended_on=until,
            reason=reason,
            by=city.officers["security"],
            now=now,
        )


def import_workbook(city: City) -> None:
    """Upload, preview, commit, as on the page; a run that was left half-way is taken up."""
    if ImportRun.objects.filter(kind="units", state=RunState.COMMITTED).exists():
        return
    typist = User.objects.get(username=TYPIST)
    now = city.story.ago(FOUNDED, hour=9)
    run = ImportRun.objects.filter(kind="units", requested_by=typist).exclude(state=RunState.ABANDONED).first()
    if run is None:
        data = (DATA / WORKBOOK).read_bytes()
        run = start_import("units", data, WORKBOOK, by=typist, now=now, enqueued=False)
    run = preview_import(run, now=now)
    commit_import(run, by=typist, now=now, skip_bad=True)


def open_accounts(city: City) -> None:
    """An account for everybody who signs, acknowledges or drafts."""
    now = city.story.ago(FOUNDED, hour=10)
    system = city.officers["system"]
    people = Person.objects.filter(posts__isnull=False).distinct().order_by("pk")
    ensure_accounts_of(city.book, people, by=system, now=now)
    inspector = _inspector(city)
    auditor = ensure_account(city.book, username="duzhe", display_name="只读审计", by=system, now=now)
    until = city.story.today + timedelta(days=60)
    inspected = Unit.objects.get(code=INSPECTED)
    grant_once(city, inspector, Role.INSPECTOR, reason="年度专项检查期间查阅", until=until, unit=inspected)
    grant_once(city, auditor, Role.AUDITOR, reason="审计联络，只读")


def _inspector(city: City) -> User:
    """Somebody from outside the city's units, who sees only what is lent to him."""
    now = city.story.ago(FOUNDED, hour=10)
    person = Person.objects.filter(name=INSPECTOR).first() or create_person(name=INSPECTOR, by=None, now=now)
    return ensure_account(city.book, username="jiancha", person=person, by=city.officers["system"], now=now)

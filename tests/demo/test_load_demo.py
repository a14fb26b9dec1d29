"""The whole demo city is loaded through the services, killed on the way, and completed without doubles."""

from collections import Counter
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from config.demo import lists, load_demo
from config.demo.accounts import accounts
from config.demo.handwriting import drawn
from config.demo.load import is_complete
from config.demo.organisation import DATA
from engines.audit.verify import verify_chains
from engines.documents.images import check_signature_png
from engines.imports.models import ImportRun
from engines.jobs.models import Job
from organization.models import Person, Post, Unit, User
from organization.queries.charges import faulty_units
from responsibility.enums import IssuedState, ItemKind, LetterState
from responsibility.models import IssuedItem, IssuedList, Letter, Signature
from responsibility.services.list_import import read_file

MORNING = datetime(2026, 11, 20, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))


class Killed(BaseException):
    """What a power cut is to a process."""


def test_the_lists_of_the_year_are_read_without_a_problem():
    read = read_file((DATA / lists.OF_THE_YEAR).read_bytes(), lists.OF_THE_YEAR)
    assert not read.problems
    assert [len(one.items) for one in read.lists] == [23, 15, 15, 18]
    assert all(item.content["measures"] and item.content["evidence"] for one in read.lists for item in one.items)


def test_a_drawn_name_is_a_picture_that_signing_accepts_and_differs_by_name():
    assert check_signature_png(drawn("沈宁衡"))
    assert drawn("沈宁衡") == drawn("沈宁衡") != drawn("孙一然")


@pytest.mark.django_db
def test_a_load_that_is_killed_twice_completes_without_doubles(settings):
    settings.LVZE_DEMO = True
    for at in (2, 7):  # after the accounts; in the middle of the signing
        said: list[str] = []

        def say(words: str, at: int = at, said: list[str] = said) -> None:
            said.append(words)
            if len(said) > at:
                raise Killed

        with pytest.raises(Killed):
            load_demo(now=MORNING, say=say)
        assert not is_complete()
    load_demo(now=MORNING, say=lambda words: None)
    assert is_complete()
    check_city()
    before = counts()
    load_demo(now=MORNING, say=lambda words: pytest.fail(f"loads again: {words}"))
    assert counts() == before


def counts() -> Counter[str]:
    models = (Unit, Person, Post, User, ImportRun, IssuedList, IssuedItem, Letter, Signature, Job)
    return Counter({model.__name__: model.objects.count() for model in models})


def check_city() -> None:
    assert (Unit.objects.count(), Post.objects.count()) == (86, 394)
    assert ImportRun.objects.count() == 1
    assert len(accounts()) == 14
    assert verify_chains().whole
    office = User.objects.get(person__name="李启俭")
    assert faulty_units(office, on=MORNING.date()).count() == 2
    check_lists()
    check_letters()


def check_lists() -> None:
    states = Counter(IssuedList.objects.values_list("subject", "state"))
    assert states["committee", IssuedState.ACKNOWLEDGED] == 61
    assert states["committee", IssuedState.ISSUED] == 3
    assert states["committee", IssuedState.RETURNED] == 1
    acknowledged = IssuedList.objects.filter(state=IssuedState.ACKNOWLEDGED)
    assert acknowledged.count() > 0.85 * IssuedList.objects.count()
    assert not [row for row in acknowledged if row.acknowledged_at < row.issued_at]
    own = IssuedItem.objects.filter(kind=ItemKind.INDIVIDUAL)
    assert own.count() == 26
    assert max(Counter(own.values_list("content", flat=True)).values()) == 2  # the copied ones


def check_letters() -> None:
    letters = Counter(Letter.objects.values_list("kind", "state"))
    assert letters["committee_unit", LetterState.SIGNED] == 54
    assert letters["committee_unit", LetterState.RETURNED] == 1
    assert letters["committee_unit", LetterState.DRAFT] == 1
    signed = Letter.objects.filter(state=LetterState.SIGNED)
    assert Job.objects.filter(kind="letter.seal").count() == signed.count() == 100
    waiting = Letter.objects.get(recipient_post__person__name="沈宁衡")
    assert waiting.state == LetterState.SIGNING
    overdue = Letter.objects.filter(state=LetterState.SIGNING, due_on__lt=MORNING.date())
    assert {letter.recipient_unit.code for letter in overdue} == {"YC-D40", "YC-T12"}
    given = Signature.objects.filter(state="signed")
    assert all(place.signed_by.person_id == place.person_id for place in given.select_related("signed_by"))
    assert given.exclude(image=None).exists()
    assert given.filter(image=None).exists()

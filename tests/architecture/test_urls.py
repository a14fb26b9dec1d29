"""Every address × every role: strangers are sent to log in, the wrong role is refused, what lies outside is not found."""

from collections.abc import Iterator
from itertools import count

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from common.access import PUBLIC, SIGNED_IN
from organization.access import ALL_ACTIONS
from organization.enums import Office
from organization.models import User
from tests.architecture.world import BUSINESS_ROLES, OFFICES, Address, World, addresses, make_world
from tests.factories.organization import make_officer, make_user

pytestmark = pytest.mark.django_db
OPEN_TO_ALL = {"login", "healthz", "letter_verify", "letter_verify_code", "type_choose", "columns_choose"}
OPEN_TO_ALL |= {"reminder_feed_read"}  # a calendar program has no log-in; the token is unguessable and revocable
OF_NO_CITY = {"reminder_rung_change"}  # there is one ladder for the whole installation
NOT_FOR_BUSINESS = {"account.manage", "grant.manage", "system.view"}
# healthz is unwell without a worker, and logout would end the session the other visits need; both have tests of their own.
ALL = [address for address in addresses() if address.name not in {"healthz", "logout"}]
_address = count(1)


def client_of(user: User | None) -> Client:
    client = Client(raise_request_exception=True, REMOTE_ADDR=f"10.0.0.{next(_address) % 250 + 1}")
    if user:
        client.force_login(user, backend="organization.backends.AccountBackend")
    return client


def visit(client: Client, address: Address, world: World) -> Iterator[int]:
    """GET and POST; whatever a visit changes is taken back."""
    where = reverse(address.name, kwargs=world.arguments(address))
    for method in (client.get, client.post):
        point = transaction.savepoint()
        yield method(where).status_code
        transaction.savepoint_rollback(point)


def test_every_view_names_its_audience() -> None:
    assert [a.name for a in ALL if not a.audience] == []


def test_only_known_pages_are_public() -> None:
    assert {a.name for a in ALL if PUBLIC in a.audience} <= OPEN_TO_ALL


def test_every_audience_is_an_action_of_the_matrix() -> None:
    known = ALL_ACTIONS | {PUBLIC, SIGNED_IN}
    assert [a.name for a in ALL if not set(a.audience) <= known] == []


def test_strangers_are_sent_to_log_in() -> None:
    world, client = make_world(), client_of(None)
    for address in ALL:
        if PUBLIC in address.audience:
            continue
        for status in visit(client, address, world):
            assert status == 302, address.name


@pytest.mark.parametrize("role", BUSINESS_ROLES)
def test_a_role_opens_only_what_the_matrix_gives_it(role: str) -> None:
    """Inside his own city nobody meets an error page; the wrong role is answered with 403."""
    world = make_world()
    user = make_user(role, world.city.region)
    client = client_of(user)
    for address in ALL:
        allowed = PUBLIC in address.audience or SIGNED_IN in address.audience
        allowed = allowed or any(user.may_somewhere(action) for action in address.audience)
        for status in visit(client, address, world):
            assert status < 500, address.name
            if not allowed:
                assert status == 403, address.name
        if set(address.audience) <= NOT_FOR_BUSINESS:
            assert not allowed, address.name


@pytest.mark.parametrize("role", BUSINESS_ROLES)
def test_what_lies_in_another_city_is_not_found(role: str) -> None:
    """The same role in another city: 404 (or 403 for the wrong role, 405 for the wrong method), never the object."""
    ours, theirs = make_world(), make_world()
    client = client_of(make_user(role, ours.city.region))
    for address in ALL:
        if not address.parameters or PUBLIC in address.audience or address.name in OF_NO_CITY:
            continue
        for status in visit(client, address, theirs):
            assert status in (403, 404, 405), f"{address.name}: {status}"


@pytest.mark.parametrize("office", OFFICES)
def test_officers_open_no_business_page(office: Office) -> None:
    world, client = make_world(), client_of(make_officer(office))
    theirs = {
        "account",
        "grant",
        "audit",
        "job",
        "home",
        "my",
        "password",
        "type",
        "columns",
        "login",
        "logout",
        "notice",
    }
    theirs |= {"reminder"}  # failures, the calendar; the audience of each is checked below and in their own tests
    for address in ALL:
        noun = address.name.partition("_")[0]
        for status in visit(client, address, world):
            assert status < 500, address.name
            if noun not in theirs and PUBLIC not in address.audience and SIGNED_IN not in address.audience:
                open_to_security = office == Office.SECURITY and "grant.manage" in address.audience
                assert status in (403, 404, 405) or open_to_security, f"{address.name}: {status}"

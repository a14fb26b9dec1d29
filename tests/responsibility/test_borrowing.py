"""What is lent to one account opens for it, with the pages on the way; nothing beside it does."""

from datetime import timedelta

import pytest
from django.test import Client

from organization.lending import end_loan, lend, loans_of
from organization.models import User
from tests.factories.letters import make_city, make_sent
from tests.factories.organization import NOW, make_user

pytestmark = pytest.mark.django_db


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="organization.backends.AccountBackend")
    return client


def test_a_lent_list_and_its_items_open_without_any_role() -> None:
    city = make_city()
    borrower = make_user()
    page, item = f"/lists/{city.issued.pk}/", f"/items/{city.issued.items.get(no=1).pk}/"
    assert [signed_in(borrower).get(where).status_code for where in (page, item, "/lists/")] == [403, 403, 403]
    lend(city.issued, to_user=borrower, reason="专项检查", by=city.office, now=NOW)
    assert [signed_in(borrower).get(where).status_code for where in (page, item, "/lists/")] == [200, 200, 200]
    assert "责任清单" in signed_in(borrower).get("/my-access/").content.decode()


def test_a_loan_opens_nothing_but_what_is_lent() -> None:
    ours, theirs = make_city(), make_city()
    borrower = make_user()
    lend(ours.issued, to_user=borrower, reason="专项检查", by=ours.office, now=NOW)
    letter = make_sent(ours)
    client = signed_in(borrower)
    assert client.get(f"/lists/{theirs.issued.pk}/").status_code == 404
    assert client.get(f"/letters/{letter.pk}/").status_code in (403, 404)
    assert client.get("/units/").status_code == 403
    assert client.get(f"/lists/{ours.issued.pk}/items/add/").status_code in (403, 404)


def test_when_the_loan_is_taken_back_everything_closes_again() -> None:
    city = make_city()
    borrower = make_user()
    lend(city.issued, to_user=borrower, reason="专项检查", by=city.office, now=NOW)
    end_loan(loans_of(city.issued, on=NOW.date()).get(), by=city.office, now=NOW + timedelta(hours=1))
    assert signed_in(borrower).get(f"/lists/{city.issued.pk}/").status_code == 403

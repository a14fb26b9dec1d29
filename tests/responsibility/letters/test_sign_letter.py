"""Signing a letter: the right person, in the right order, the text he saw, once."""

import threading
from datetime import date, timedelta

import pytest
from django.db import connection, connections

from common.errors import DomainError, Forbidden, Stale
from engines.audit.record import timeline_of
from engines.jobs.models import Job
from organization.services.people import end_post
from responsibility.enums import LetterState, SignatureState
from responsibility.models import Letter
from responsibility.services.letters import return_letter, withdraw_letter
from responsibility.services.signing import sign_letter
from tests.factories.letters import act_of, drawing, make_city, make_draft, make_member_draft, make_sent, sign
from tests.factories.organization import NOW, make_holder, make_post, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def city():
    return make_city()


def states_of(letter: Letter) -> list[str]:
    return list(letter.signatures.filter(version=letter.version).values_list("state", flat=True))


def test_the_letter_is_signed_by_all_in_order_and_left_to_be_sealed(city):
    letter = make_sent(city)
    assert sign(letter, city.head).state == LetterState.SIGNING
    assert sign(letter, city.secretary).stage == 2
    signed = sign(letter, city.supervisor, now=NOW + timedelta(hours=1))
    assert signed.state == LetterState.SIGNED
    assert signed.signed_at == NOW + timedelta(hours=1)
    assert states_of(signed) == ["signed"] * 3
    assert Job.objects.get(kind="letter.seal").payload == {"letter": letter.pk}


def test_a_drawn_signature_is_kept_without_its_metadata(city):
    letter = make_sent(city)
    sign(letter, city.head, drawing=drawing(), ip="10.1.2.3", session_key="abc")
    place = letter.signatures.get(post=city.head_post)
    assert place.how == "本人登录后手写"
    assert place.image.content_type == "image/png"
    assert place.text_sha256 == letter.text_sha256
    assert place.ip == "10.1.2.3"
    assert len(place.session_hash) == 64
    assert "abc" not in place.session_hash


def test_the_audit_keeps_who_signed_which_text_and_how(city):
    letter = make_sent(city)
    sign(letter, city.head)
    entry = timeline_of(letter).first()
    assert entry.action == "letter.sign"
    assert entry.actor == city.head
    assert entry.after["text_sha256"] == letter.text_sha256
    assert entry.after["signer"] == "沈宁衡（党组书记、局长，市财政局）"
    assert entry.after["how"] == "typed"


def test_a_stranger_cannot_sign(city):
    letter = make_sent(city)
    for stranger in (city.office, city.deputy, make_user(), make_holder(city.bureau, title="第二书记")):
        with pytest.raises(Forbidden, match="不能代他人签署"):
            sign_letter(letter, act_of(letter, city.head), by=stranger, now=NOW)
    assert states_of(letter) == ["waiting"] * 3


def test_the_supervisor_cannot_sign_before_both_sides(city):
    letter = make_sent(city)
    with pytest.raises(DomainError, match="请等孙一然、沈宁衡先签署"):
        sign(letter, city.supervisor)
    sign(letter, city.secretary)
    with pytest.raises(DomainError, match="请等沈宁衡先签署"):
        sign(letter, city.supervisor)
    assert letter.signatures.get(post=city.supervisor_post).state == SignatureState.WAITING


def test_nobody_signs_twice(city):
    letter = make_sent(city)
    sign(letter, city.head)
    with pytest.raises(Stale, match="不需要重复签署"):
        sign(letter, city.head)
    assert timeline_of(letter).filter(action="letter.sign").count() == 1


@pytest.mark.parametrize("which", ["withdrawn", "returned", "signed", "draft"])
def test_a_letter_that_is_not_out_for_signing_refuses(city, which):
    if which == "draft":
        letter, words = make_draft(city), "不能代他人签署"
    else:
        letter = make_sent(city)
    if which == "withdrawn":
        withdraw_letter(letter, by=city.office, reason="重拟", now=NOW)
        words = "已经撤回，没有签署"
    if which == "returned":
        return_letter(letter, by=city.secretary, reason="第二条不符", now=NOW)
        words = "已被退回修改"
    if which == "signed":
        for user in (city.secretary, city.head, city.supervisor):
            sign(letter, user)
        words = "已经签齐"
    with pytest.raises(DomainError, match=words):
        sign(letter, city.head)


def test_a_stale_page_cannot_sign_another_text(city):
    letter = make_sent(city)
    with pytest.raises(Stale, match="不是现在的文本"):
        sign(letter, city.head, seen_sha256="0" * 64)
    assert letter.signatures.get(post=city.head_post).state == SignatureState.WAITING


def test_who_has_left_the_post_cannot_sign_and_his_successor_is_not_the_signer(city):
    letter = make_sent(city)
    end_post(city.head_post, on=date(2026, 11, 20), by=None, now=NOW)
    successor = make_user(person=make_post(city.bureau, title="党组书记、局长", started_on=date(2026, 11, 20)).person)
    with pytest.raises(DomainError, match="您已不担任市财政局党组书记、局长（2026年11月20日免职）"):
        sign(letter, city.head)
    with pytest.raises(Forbidden):
        sign(letter, successor)


@pytest.mark.parametrize(
    ("facts", "field", "words"),
    [
        ({"confirmed_read": False}, "confirmed_read", "请先阅读全文"),
        ({"typed_name": ""}, "drawing", "请手写签名"),
        ({"typed_name": "陶知远"}, "typed_name", "须与本人姓名「沈宁衡」一致"),
        ({"drawing": b"<svg/>"}, "signature", "不完整"),
        ({"drawing": drawing(blank=True)}, "signature", "空白"),
        ({"drawing": drawing()[:-20]}, "signature", "不完整"),
    ],
)
def test_an_unread_text_or_an_empty_signature_is_refused_at_its_field(city, facts, field, words):
    letter = make_sent(city)
    with pytest.raises(DomainError, match=words) as refused:
        sign(letter, city.head, **facts)
    assert refused.value.field == field
    assert states_of(letter) == ["waiting"] * 3


def test_a_wrong_password_is_counted_and_the_fifth_locks_signing_for_a_while(city):
    letter = make_sent(city)
    for left in (4, 3, 2, 1):
        with pytest.raises(DomainError, match=f"还可输入 {left} 次") as refused:
            sign(letter, city.head, password="wrong")
        assert refused.value.field == "password"
    with pytest.raises(DomainError, match="签署锁定 15 分钟"):
        sign(letter, city.head, password="wrong")
    with pytest.raises(DomainError, match="签署已锁定"):
        sign(letter, city.head)
    assert timeline_of(letter).filter(action="letter.sign_locked").count() == 1
    assert sign(letter, city.head, now=NOW + timedelta(minutes=15)).stage == 1
    assert sign(letter, city.secretary).stage == 2


def test_a_right_password_clears_the_count(city):
    letter = make_sent(city)
    for _ in range(4):
        with pytest.raises(DomainError):
            sign(letter, city.head, password="wrong")
    sign(letter, city.head)
    member = make_member_draft(city)
    from responsibility.services.letters import send_for_signing

    other = send_for_signing(member, by=city.office, now=NOW)
    with pytest.raises(DomainError, match="还可输入 4 次"):
        sign(other, city.head, password="wrong")


@pytest.mark.django_db(transaction=True)
def test_a_person_signing_at_once_from_two_windows_signs_once():
    city = make_city()
    letter = make_sent(city)
    outcomes = at_once(letter, [city.head, city.head])
    assert sorted(outcomes) == ["Stale", "signed"]
    assert timeline_of(letter).filter(action="letter.sign").count() == 1


@pytest.mark.django_db(transaction=True)
def test_both_sides_signing_at_once_open_the_next_stage_once():
    city = make_city()
    letter = make_sent(city)
    assert at_once(letter, [city.head, city.secretary]) == ["signed", "signed"]
    letter.refresh_from_db()
    assert letter.stage == 2


@pytest.mark.django_db(transaction=True)
def test_the_last_signatures_at_once_leave_one_sealing_job():
    city = make_city()
    letter = make_sent(city)
    sign(letter, city.head)
    sign(letter, city.secretary)
    assert sorted(at_once(letter, [city.supervisor] * 4)) == ["Stale", "Stale", "Stale", "signed"]
    assert Job.objects.filter(kind="letter.seal").count() == 1


def at_once(letter, users) -> list[str]:
    """Signs from as many threads as users, each with its own connection; returns what became of each."""
    start = threading.Barrier(len(users))
    outcomes: list[str] = []

    def work(user) -> None:
        start.wait()
        try:
            sign(letter, user)
            outcomes.append("signed")
        except DomainError as refusal:
            outcomes.append(type(refusal).__name__)
        finally:
            connections["default"].close()

    threads = [threading.Thread(target=work, args=(user,)) for user in users]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    connection.close()
    return outcomes

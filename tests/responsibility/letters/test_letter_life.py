"""What becomes of a letter besides signing: drafted, sent, returned, resumed, withdrawn, extended, waited for."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from common.errors import DomainError, Forbidden, Stale
from engines.audit.record import timeline_of
from organization.enums import PostKind, Role
from organization.services.people import end_post
from organization.services.units import move_unit
from responsibility.enums import LetterKind, LetterState, SignatureState
from responsibility.models import IssuedItem, Letter, Signature
from responsibility.queries.letters import (
    letters_waiting_for_others,
    sign_rates,
    signer_load,
    stalled_letters,
    waiting_letters,
)
from responsibility.services.letter_draft import DraftTerms, draft_letter, save_template
from responsibility.services.letters import (
    extend_deadline,
    resume_letter,
    return_letter,
    send_for_signing,
    set_prefix,
    withdraw_letter,
)
from responsibility.workflows.letters import LETTERS
from tests.factories.letters import (
    DUE,
    item_ids,
    make_city,
    make_draft,
    make_member_draft,
    make_sealed,
    make_sent,
    sign,
)
from tests.factories.organization import NOW, TODAY, make_holder, make_post, make_unit, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def city():
    return make_city()


def test_a_draft_takes_its_clauses_from_the_recipients_own_list(city):
    letter = make_draft(city)
    assert letter.kind == LetterKind.COMMITTEE_UNIT
    assert [clause.item_id for clause in letter.clauses.order_by("no")] == item_ids(city.issued)
    assert letter.supervisor_post == city.supervisor_post
    assert (letter.number, letter.text_sha256, letter.state) == ("", "", LetterState.DRAFT)
    assert letter.unit_path == city.bureau.path
    assert "中共云川市委员会与中共市财政局党组签订本责任书" in letter.sections[0]["paragraphs"][0]
    assert timeline_of(letter).get().action == "letter.draft"


def test_items_of_another_list_are_refused(city):
    member = make_member_draft(city)
    foreign = [clause.item_id for clause in member.clauses.all()]
    with pytest.raises(DomainError, match="不是责任方本年度清单中的事项"):
        make_draft(city, items=foreign)
    with pytest.raises(DomainError, match="至少选取一项"):
        draft_letter(
            city.secretary_post,
            recipient_post=city.head_post,
            item_ids=[],
            terms=DraftTerms(2026, DUE),
            by=city.office,
            now=NOW,
        )
    assert Letter.objects.count() == 1


def test_who_may_not_draft(city):
    for user in (
        city.deputy,
        city.supervisor,
        make_holder(make_unit(city.region)),
        make_user(Role.AUDITOR, city.region),
    ):
        with pytest.raises(Forbidden):
            draft_letter(
                city.secretary_post,
                recipient_post=city.head_post,
                item_ids=item_ids(city.issued),
                terms=DraftTerms(2026, DUE),
                by=user,
                now=NOW,
            )


def test_a_pair_has_one_letter_a_year_until_it_is_withdrawn(city):
    letter = make_draft(city)
    with pytest.raises(DomainError, match="双方本年度已有一份责任书"):
        make_draft(city)
    withdraw_letter(letter, by=city.office, reason="重拟", now=NOW)
    assert make_draft(city).pk != letter.pk


def test_a_post_that_ended_cannot_be_drafted_for(city):
    end_post(city.head_post, on=date(2026, 11, 1), by=None, now=NOW)
    city.head_post.refresh_from_db()
    with pytest.raises(DomainError, match="沈宁衡现不担任市财政局党组书记、局长，2026年11月1日免职"):
        make_draft(city)


def test_sending_fixes_the_text_numbers_it_and_opens_the_first_stage(city):
    letter = make_sent(city)
    version = letter.versions.get()
    assert letter.number == "云责〔2026〕1号"
    assert (letter.state, letter.stage) == (LetterState.SIGNING, 1)
    assert letter.text_sha256 == version.text_sha256
    assert version.content["clauses"][0]["text"] == letter.clauses.get(no=1).text
    assert list(letter.signatures.values_list("person_name", "stage_order", "state")) == [
        ("孙一然", 1, "waiting"),
        ("沈宁衡", 1, "waiting"),
        ("彭若泉", 2, "waiting"),
    ]
    entry = timeline_of(letter).first()
    assert (entry.action, entry.after["number"]) == ("letter.send", "云责〔2026〕1号")


def test_numbers_run_without_gaps_per_issuing_unit(city):
    first, second = make_draft(city), make_member_draft(city)
    assert send_for_signing(second, by=city.head, now=NOW).number == "云财政责〔2026〕1号"
    assert send_for_signing(first, by=city.office, now=NOW).number == "云责〔2026〕1号"
    with pytest.raises(DomainError, match="不能更改代字"):
        set_prefix(city.region, year=2026, prefix="云廉责", by=city.office, now=NOW)
    set_prefix(city.region, year=2027, prefix="云廉责", by=city.office, now=NOW)
    with pytest.raises(Forbidden):
        set_prefix(city.region, year=2028, prefix="云", by=city.head, now=NOW)


def test_who_may_not_send_and_when(city):
    letter = make_draft(city)
    for user in (city.head, city.deputy, make_user(Role.UNIT_CLERK, city.bureau)):
        with pytest.raises(Forbidden):
            send_for_signing(letter, by=user, now=NOW)
    with pytest.raises(DomainError, match="签订期限（2029年11月30日）已过"):
        send_for_signing(letter, by=city.office, now=NOW + timedelta(days=1200))
    assert send_for_signing(letter, by=city.secretary, now=NOW).state == LetterState.SIGNING
    with pytest.raises(Stale):
        send_for_signing(letter, by=city.office, now=NOW)
    assert letter.versions.count() == 1


def test_a_clause_whose_item_was_dropped_is_named(city):
    letter = make_draft(city)
    IssuedItem.objects.filter(pk=letter.clauses.get(no=2).item_id).update(state="dropped")
    with pytest.raises(DomainError, match="第 2 条对应的清单事项已撤下"):
        send_for_signing(letter, by=city.office, now=NOW)


def test_a_character_that_no_font_can_print_is_named_before_anybody_signs(city):
    letter = make_draft(city)
    letter.clauses.filter(no=1).update(text="整治\U0001fae8问题。")
    with pytest.raises(DomainError, match="没有可用的字体"):
        send_for_signing(letter, by=city.office, now=NOW)
    assert Letter.objects.get().number == ""


def test_a_returned_letter_keeps_its_signatures_on_file_and_comes_back_as_a_new_version(city):
    letter = make_sent(city)
    sign(letter, city.secretary)
    with pytest.raises(DomainError, match="请写明理由"):
        return_letter(letter, by=city.head, reason="  ", now=NOW)
    returned = return_letter(letter, by=city.head, reason="第 2 条与职责不符", now=NOW)
    assert (returned.state, returned.stage) == (LetterState.RETURNED, None)
    states = dict(letter.signatures.values_list("person_name", "state"))
    assert states == {"孙一然": "void", "沈宁衡": "returned", "彭若泉": "void"}
    assert letter.signatures.get(person_name="孙一然").signed_at == NOW
    draft = resume_letter(returned, by=city.office, now=NOW)
    assert (draft.version, draft.number) == (2, "云责〔2026〕1号")
    sent = send_for_signing(draft, by=city.office, now=NOW)
    assert sent.number == "云责〔2026〕1号"
    assert list(sent.signatures.filter(version=2).values_list("state", flat=True)) == ["waiting"] * 3
    for user in (city.head, city.secretary, city.supervisor):
        sent = sign(sent, user)
    assert sent.state == LetterState.SIGNED
    assert [entry.action for entry in timeline_of(letter).filter(reason__gt="")] == ["letter.return"]


def test_only_the_one_whose_turn_it_is_may_return(city):
    letter = make_sent(city)
    with pytest.raises(DomainError, match="请等孙一然、沈宁衡先签署"):
        return_letter(letter, by=city.supervisor, reason="不妥", now=NOW)
    with pytest.raises(Forbidden):
        return_letter(letter, by=city.office, reason="不妥", now=NOW)


def test_a_withdrawn_letter_stays_on_file_and_a_signed_one_cannot_be_withdrawn(city):
    letter = make_sent(city)
    sign(letter, city.head)
    with pytest.raises(Forbidden):
        withdraw_letter(letter, by=city.head, reason="不签", now=NOW)
    assert withdraw_letter(letter, by=city.office, reason="人员调整", now=NOW).state == LetterState.WITHDRAWN
    assert set(letter.signatures.values_list("state", flat=True)) == {SignatureState.VOID}
    with pytest.raises(Stale):
        withdraw_letter(letter, by=city.office, reason="再来", now=NOW)
    sealed = make_sealed(city)
    with pytest.raises(Stale, match="已封存"):
        withdraw_letter(sealed, by=city.office, reason="反悔", now=NOW)


def test_all_or_none_are_extended(city):
    letter, other = make_sent(city), make_member_draft(city)
    with pytest.raises(DomainError, match="须在其后"):
        extend_deadline([letter, other], due_on=DUE, reason="换届", by=city.office, now=NOW)
    later = DUE + timedelta(days=30)
    assert extend_deadline([letter, other], due_on=later, reason="换届", by=city.office, now=NOW) == 2
    with pytest.raises(Forbidden):
        extend_deadline([letter], due_on=later + timedelta(days=1), reason="换届", by=city.deputy, now=NOW)
    assert set(Letter.objects.values_list("due_on", flat=True)) == {later}


def test_the_database_refuses_what_no_service_writes(city):
    letter = make_sent(city)
    for broken in (
        {"state": LetterState.SEALED},
        {"stage": None},
        {"text_sha256": ""},
        {"number": ""},
        {"issuer_post_id": letter.recipient_post_id},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Letter.objects.filter(pk=letter.pk).update(**broken)
    with pytest.raises(IntegrityError), transaction.atomic():
        Signature.objects.filter(letter=letter, person_name="沈宁衡").update(state=SignatureState.SIGNED)


def test_every_state_is_reachable_and_leads_to_an_end():
    assert LETTERS.reachable_from(LetterState.DRAFT) >= set(LetterState.values)
    for state in (LetterState.DRAFT, LetterState.SIGNING, LetterState.RETURNED, LetterState.SIGNED):
        assert LETTERS.reachable_from(state) & {LetterState.SEALED, LetterState.WITHDRAWN}


def test_only_the_one_who_may_act_is_offered_the_act(city):
    letter = make_sent(city)

    def offered(user):
        return {offer.step.name for offer in LETTERS.offers(letter, user, NOW) if offer.open}

    assert offered(city.head) == {"sign", "complete", "return"}
    assert offered(city.supervisor) == set()
    assert offered(city.deputy) == set()
    assert offered(city.office) == {"withdraw"}
    assert offered(city.secretary) >= {"sign", "return", "withdraw"}


def test_what_waits_for_whom(city):
    letter = make_sent(city)

    def waits(user):
        return [(each.what, each.letter.pk) for each in waiting_letters(user, TODAY)]

    assert waits(city.head) == [("sign", letter.pk)]
    assert waits(city.supervisor) == []
    assert waits(city.deputy) == []
    sign(letter, city.head)
    assert waits(city.head) == []
    assert letters_waiting_for_others(city.head) == [letter]
    assert letters_waiting_for_others(city.secretary) == []
    sign(letter, city.secretary)
    assert waits(city.supervisor) == [("sign", letter.pk)]
    return_letter(letter, by=city.supervisor, reason="监督条款不明确", now=NOW)
    assert waits(city.supervisor) == []
    assert [(each.what, each.reason) for each in waiting_letters(city.office, TODAY)] == [
        ("returned", "监督条款不明确")
    ]
    assert waits(city.secretary) == [("returned", letter.pk)]


def test_an_ended_post_waits_for_nothing(city):
    make_sent(city)
    end_post(city.head_post, on=TODAY, by=None, now=NOW)
    assert waiting_letters(city.head, TODAY) == []


def test_rates_count_only_what_is_in_scope(city):
    make_sealed(city)
    make_member_draft(city)
    rates = {rate.kind: rate for rate in sign_rates(city.office, 2026, today=TODAY)}
    assert (rates["committee_unit"].total, rates["committee_unit"].signed, rates["committee_unit"].percent) == (
        1,
        1,
        100,
    )
    assert (rates["group_member"].draft, rates["group_member"].percent) == (1, 0)
    assert sign_rates(make_holder(make_unit(city.region)), 2026, today=TODAY) == []
    late = {rate.kind: rate.late for rate in sign_rates(city.office, 2026, today=DUE + timedelta(days=1))}
    assert late == {"committee_unit": 0, "group_member": 1}


def test_letters_per_person_are_counted_against_the_limit(city, settings):
    settings.LVZE_LETTERS_PER_SIGNER = 1
    make_sent(city)
    assert not signer_load(city.head.person_id, 2026).over
    send_for_signing(make_member_draft(city), by=city.office, now=NOW)
    # He issues the second one; the burden counts what somebody promises.
    assert signer_load(city.head.person_id, 2026).count == 1
    settings.LVZE_LETTERS_PER_SIGNER = 0
    assert signer_load(city.head.person_id, 2026).over


def test_what_stalls_names_who_is_waited_for(city):
    letter = make_sent(city)
    sign(letter, city.secretary)
    (stalled,) = stalled_letters(city.office)
    assert [place.person_name for place in stalled.waiting_for] == ["沈宁衡"]


def test_a_moved_unit_takes_its_letters_along(city):
    letter = make_sent(city)
    new_home = make_unit(city.region, name="市国资委")
    move_unit(city.bureau, parent=new_home, on=TODAY, by=None, now=NOW)
    letter.refresh_from_db()
    city.bureau.refresh_from_db()
    assert letter.unit_path == city.bureau.path


def test_the_offices_own_text_is_used_for_new_drafts(city):
    sections = [
        {"key": "preamble", "heading": "", "paragraphs": ["{下达方}、{责任方}："]},
        {"key": "duties", "heading": "责任内容", "paragraphs": ["如下："]},
    ]
    with pytest.raises(DomainError, match=r"「\{金额\}」不是可以填入的字段"):
        save_template(kind="committee_unit", year=2026, title="{金额}", sections=sections, by=city.office, now=NOW)
    with pytest.raises(Forbidden):
        save_template(kind="committee_unit", year=2026, title="书", sections=sections, by=city.head, now=NOW)
    save_template(kind="committee_unit", year=2026, title="{年度}年责任书", sections=sections, by=city.office, now=NOW)
    letter = make_draft(city)
    assert letter.title == "2026年责任书"
    assert letter.sections[0]["paragraphs"] == ["中共云川市委员会、中共市财政局党组："]


def test_the_list_of_a_scoped_user_is_one_range_of_an_index(city):
    """The condition of the scope stays a range on `unit_path`, so that PostgreSQL can enter an index by it."""
    make_sent(city)
    letters = Letter.objects.visible_to(city.head, "letter.view").order_by()
    sql = str(letters.query)
    assert "unit_path" in sql
    assert "ANY" not in sql  # nothing is lent, and the own signatures lie within the scope
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        plan = letters.explain()
    assert "letter_unit_path" in plan


def test_a_section_head_signs_with_the_deputy_in_charge(city):
    section = make_unit(city.bureau, name="预算科", kind="section")
    post = make_post(section, kind=PostKind.DEPARTMENT, title="科长")
    with pytest.raises(DomainError, match="不是责任方本年度清单中的事项"):
        draft_letter(
            city.deputy_post,
            recipient_post=post,
            item_ids=item_ids(city.issued),
            terms=DraftTerms(2026, DUE),
            by=city.office,
            now=NOW,
        )

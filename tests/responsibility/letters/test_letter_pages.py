"""The pages of letters: who sees what, what they say, and that a list costs the same for one row and for many."""

import base64
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from engines.audit.models import AuditEntry
from engines.documents import store
from engines.jobs import queue
from engines.jobs.models import Job
from organization.enums import Office, PostKind, Role
from organization.lending import lend
from responsibility.enums import LetterState
from responsibility.models import IssuedItem, Letter
from responsibility.services.letters import return_letter
from tests.factories.letters import (
    drawing,
    make_city,
    make_draft,
    make_member_draft,
    make_sealed,
    make_sent,
    sign,
)
from tests.factories.lists import issue_to
from tests.factories.organization import (
    NOW,
    PASSWORD,
    make_holder,
    make_officer,
    make_post,
    make_unit,
    make_user,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def city():
    return make_city()


def as_user(user) -> Client:
    client = Client()
    client.force_login(user, backend="organization.backends.AccountBackend")
    return client


def page(user, name, *args, **query):
    if name == "letter_list":
        query.setdefault("year", "2026")
    return as_user(user).get(reverse(name, args=args), query)


def text_of(response) -> str:
    return response.content.decode()


# ---------------------------------------------------------------------------------------------- reading


def test_the_list_shows_what_is_in_scope_and_nothing_else(city):
    letter = make_sent(city)
    other = make_unit(city.region, name="市教育局")
    stranger = make_holder(other)
    for user in (city.office, city.head, city.secretary, city.supervisor):
        assert "市财政局" in text_of(page(user, "letter_list"))
    assert "市财政局" not in text_of(page(stranger, "letter_list"))
    assert page(stranger, "letter_show", letter.pk).status_code == 404
    assert page(make_officer(Office.SYSTEM), "letter_list").status_code == 403
    assert page(make_officer(Office.AUDIT), "letter_show", letter.pk).status_code == 403


def test_a_signer_outside_the_scope_sees_his_letter_and_why(city):
    letter = make_sent(city)
    place = letter.signatures.get(post=city.supervisor_post)
    outsider = make_holder(make_unit(city.region, name="市审计局"), kind=PostKind.CLERK)
    assert page(outsider, "letter_show", letter.pk).status_code == 404
    letter.signatures.filter(pk=place.pk).update(person_id=outsider.person_id)
    assert "您是这份责任书的签署人" in text_of(page(outsider, "letter_show", letter.pk))
    assert list(Letter.objects.visible_to(outsider, "letter.view")) == [letter]
    assert not Letter.objects.visible_to(outsider, "letter.withdraw").exists()


def test_a_lent_letter_is_read_by_the_inspector_and_by_no_other(city):
    letter, hidden = make_sent(city), make_member_draft(city)
    inspector = make_user(Role.INSPECTOR, city.region)
    assert page(inspector, "letter_show", letter.pk).status_code == 403
    lend(letter, to_user=inspector, reason="专项检查", by=city.office, now=NOW)
    shown = text_of(page(inspector, "letter_show", letter.pk))
    assert "单独借阅给您" in shown
    assert "撤回" not in shown.partition("与此有关")[0]
    assert page(inspector, "letter_show", hidden.pk).status_code == 404
    assert "市财政局" in text_of(page(inspector, "letter_list"))


@pytest.mark.parametrize("who", ["office", "head"])
def test_the_list_costs_the_same_for_one_letter_and_for_three(city, who, django_assert_max_num_queries):
    user = getattr(city, who)
    make_sent(city)
    client = as_user(user)
    client.get(reverse("letter_list"), {"year": "2026"})
    with django_assert_max_num_queries(12) as one:
        client.get(reverse("letter_list"), {"year": "2026"})
    listed = make_member_draft(city).clauses.first().item.issued_list.list
    for number in range(2):
        post = make_post(city.bureau, kind=PostKind.MEMBER, title=f"副局长{number}")
        issue_to(listed, [post], city.office)
        address = f"{reverse('letter_draft', args=[post.pk])}?year=2026"
        assert as_user(city.office).post(address, draft_data(city.head_post, listed_items(post))).status_code == 302
    with django_assert_max_num_queries(12) as many:
        response = client.get(reverse("letter_list"), {"year": "2026"})
    assert len(response.context["table"].rows) == 4
    assert len(many) == len(one)


def listed_items(post):
    return list(IssuedItem.objects.filter(issued_list__post=post).values_list("pk", flat=True))


def draft_data(issuer_post, items, **facts):
    return {
        "issuer_post": issuer_post.pk,
        "supervisor_post": "",
        "due_on": "2029-12-31",
        "period_from": "2026-01-01",
        "period_to": "2026-12-31",
        "basis": "",
        "items": items,
        **facts,
    }


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "czj"}, True),
        ({"q": "沈宁衡"}, True),
        ({"q": "shenning"}, True),
        ({"q": "云责"}, True),
        ({"q": "教育局"}, False),
        ({"state": "both"}, True),
        ({"state": "cosign"}, False),
        ({"state": "returned"}, False),
        ({"year": "2026"}, True),
        ({"kind": "group_member"}, False),
        ({"due": "soon"}, False),
        ({"after": "hostile", "sort": "-x;drop", "size": "-1", "year": "ⅷ"}, True),
    ],
)
def test_search_and_filters(city, query, found):
    make_sent(city, due_on=NOW.date() + timedelta(days=30))
    assert ("责任方与责任书" in text_of(page(city.office, "letter_list", **query))) is found


def test_the_object_page_tells_everything_that_hangs_on_a_sealed_letter(city):
    letter = make_sealed(city)
    shown = text_of(page(city.head, "letter_show", letter.pk))
    for words in (
        letter.number,
        "中共云川市委员会与中共市财政局党组",
        "已封存",
        "3 人中已签 3 人",
        "本人登录后手写",
        letter.verify_code,
        "主体责任清单",
        "发起签订",
        "任职：市财政局党组书记",
        "本人今年签订",
        "data:image/png;base64,",
    ):
        assert words in shown, words


def test_the_sealed_file_is_downloaded_and_the_trail_keeps_who_took_it(city):
    letter = make_sealed(city)
    response = page(city.head, "letter_document", letter.pk)
    assert b"".join(response.streaming_content) == store.read(letter.document)
    assert response["Content-Disposition"].startswith("attachment")
    entry = AuditEntry.objects.get(action="letter.read")
    assert (entry.actor, entry.after["sha256"]) == (city.head, letter.document.sha256)


def test_before_the_seal_a_marked_preview_is_given(city):
    response = page(city.head, "letter_document", make_draft(city).pk)
    assert b"".join(response.streaming_content).startswith(b"%PDF-")
    assert not AuditEntry.objects.filter(action="letter.read").exists()


def test_the_list_is_exported_and_the_trail_keeps_it(city):
    make_sent(city)
    response = page(city.office, "letter_export")
    assert b"".join(response.streaming_content).startswith(b"PK")
    picked = as_user(city.office).post(reverse("letter_export"), {"pick": [Letter.objects.get().pk]})
    assert b"".join(picked.streaming_content).startswith(b"PK")
    assert AuditEntry.objects.filter(action="letter.export").count() == 2


# ---------------------------------------------------------------------------------------------- making


def test_the_clerk_finds_the_recipient_drafts_edits_and_the_office_sends(city):
    clerk = make_user(Role.UNIT_CLERK, city.bureau)
    assert "沈宁衡" in text_of(page(clerk, "letter_new"))
    form = page(clerk, "letter_draft", city.head_post.pk)
    assert "专题研究全面从严治党工作" in text_of(form)
    items = list(city.issued.items.values_list("pk", flat=True))
    made = as_user(clerk).post(
        f"{reverse('letter_draft', args=[city.head_post.pk])}?year=2026",
        draft_data(city.secretary_post, items, supervisor_post=city.supervisor_post.pk),
    )
    letter = Letter.objects.get()
    assert made.url == reverse("letter_edit", args=[letter.pk])
    edit = page(clerk, "letter_edit", letter.pk)
    assert "责任追究" in text_of(edit)
    data = {name: field.value() for name, field in ((f.html_name, f) for f in edit.context["form"])}
    clause = letter.clauses.first()
    data[f"clause_{clause.pk}"] = "每季度专题研究一次，并形成纪要。"
    data["added_items"] = []
    data = {key: "" if value is None else value for key, value in data.items()}
    assert as_user(clerk).post(reverse("letter_edit", args=[letter.pk]), data).status_code == 302
    assert letter.clauses.first().text == "每季度专题研究一次，并形成纪要。"
    stale = as_user(clerk).post(reverse("letter_edit", args=[letter.pk]), data)
    assert "已由他人修改，您的修改没有保存" in text_of(stale)
    assert "每季度专题研究一次" in text_of(stale)
    assert as_user(clerk).post(reverse("letter_send", args=[letter.pk])).status_code == 403
    assert as_user(city.office).post(reverse("letter_send", args=[letter.pk])).status_code == 302
    letter.refresh_from_db()
    assert (letter.state, letter.number) == (LetterState.SIGNING, "云责〔2026〕1号")


def test_a_recipient_outside_the_scope_cannot_be_drafted_for(city):
    clerk = make_user(Role.UNIT_CLERK, make_unit(city.region, name="市教育局"))
    assert page(clerk, "letter_draft", city.head_post.pk).status_code == 404
    assert page(city.supervisor, "letter_new").status_code == 403


def test_drafts_and_their_sending_in_a_batch_say_first_what_will_happen(city):
    picks = {"pick": [city.head_post.pk, city.deputy_post.pk], "year": "2026"}
    preview = text_of(as_user(city.office).post(reverse("letter_draft_batch"), picks))
    assert "取清单 3 项拟稿" in preview
    assert "本年没有下达清单，不能拟稿" in preview
    assert not Letter.objects.exists()
    confirmed = as_user(city.office).post(
        reverse("letter_draft_batch"), {**picks, "confirm": "1", "due_on": "2029-12-31"}
    )
    job = Job.objects.get(kind="letter.draft_batch")
    assert confirmed.url == reverse("letter_job", args=[job.pk])
    for _ in range(2):  # a worker killed after its work: started again it changes nothing
        Job.objects.filter(pk=job.pk).update(state="queued", finished_at=None)
        queue.run(job.pk, now=NOW + timedelta(days=1))
    letter = Letter.objects.get()
    assert "1 份没有办成" in text_of(page(city.office, "letter_job", job.pk))
    assert page(city.head, "letter_job", job.pk).status_code == 404
    assert "固定文本、编号" in text_of(as_user(city.office).post(reverse("letter_send_batch"), {"pick": [letter.pk]}))
    as_user(city.office).post(reverse("letter_send_batch"), {"pick": [letter.pk], "confirm": "1"})
    queue.run(Job.objects.get(kind="letter.send_batch").pk, now=NOW + timedelta(days=1))
    letter.refresh_from_db()
    assert letter.state == LetterState.SIGNING


def test_the_deadline_of_several_letters_is_extended_with_a_reason(city):
    letter = make_sent(city)
    data = {"pick": [letter.pk], "confirm": "1", "due_on": "2029-12-31", "reason": ""}
    refused = as_user(city.office).post(reverse("letter_extend"), data)
    assert refused.status_code == 422
    assert "请写明延长的理由" in text_of(refused)
    assert as_user(city.office).post(reverse("letter_extend"), {**data, "reason": "换届"}).status_code == 302
    letter.refresh_from_db()
    assert f"{letter.due_on}" == "2029-12-31"
    assert AuditEntry.objects.get(action="letter.extend").reason == "换届"


# ---------------------------------------------------------------------------------------------- signing


def sign_data(letter, **facts):
    return {
        "confirmed_read": "on",
        "typed_name": "沈宁衡",
        "drawing": "",
        "password": PASSWORD,
        "seen_sha256": letter.text_sha256,
        **facts,
    }


def test_a_refused_signature_keeps_what_was_confirmed_and_drawn(city):
    letter = make_sent(city)
    drawn = "data:image/png;base64," + base64.b64encode(drawing()).decode()
    data = sign_data(letter, drawing=drawn, typed_name="", password="wrong")
    refused = as_user(city.head).post(reverse("letter_sign", args=[letter.pk]), data)
    shown = text_of(refused)
    assert refused.status_code == 422
    assert "还可输入 4 次" in shown
    assert "您的阅读确认、手写签名已保留" in shown
    assert f'value="{drawn}"' in shown
    assert "checked" in shown
    assert "wrong" not in shown
    done = as_user(city.head).post(reverse("letter_sign", args=[letter.pk]), data | {"password": PASSWORD})
    assert done.status_code == 302
    assert letter.signatures.get(post=city.head_post).image is not None


def test_the_page_shows_the_whole_text_and_what_comes_next(city):
    letter = make_sent(city)
    shown = text_of(page(city.head, "letter_sign", letter.pk))
    for clause in letter.clauses.all():
        assert clause.text in shown
    assert "签署后由孙一然签署" in shown
    assert "须由本人签署，不得代签" in shown


def test_only_the_one_whose_turn_it_is_gets_the_form(city):
    letter = make_sent(city)
    closed = page(city.supervisor, "letter_sign", letter.pk)
    assert closed.status_code == 409
    assert "请等孙一然、沈宁衡先签署" in text_of(closed)
    assert page(city.office, "letter_sign", letter.pk).status_code == 403
    assert page(make_holder(city.bureau, title="旁人"), "letter_sign", letter.pk).status_code == 403
    sign(letter, city.head)
    assert "不需要重复签署" in text_of(page(city.head, "letter_sign", letter.pk))
    return_letter(letter, by=city.secretary, reason="第二条不符", now=NOW)
    assert "已退回，现在不能签署" in text_of(page(city.secretary, "letter_sign", letter.pk))


def test_a_stale_page_is_told_in_words(city):
    letter = make_sent(city)
    response = as_user(city.head).post(
        reverse("letter_sign", args=[letter.pk]), sign_data(letter, seen_sha256="0" * 64)
    )
    assert response.status_code == 409
    assert "您看到的不是现在的文本，没有签署" in text_of(response)


def test_returning_asks_for_a_reason_and_keeps_the_earlier_text(city):
    letter = make_sent(city)
    sign(letter, city.head)
    address = reverse("letter_return", args=[letter.pk])
    assert as_user(city.secretary).post(address, {"reason": " "}).status_code == 422
    assert as_user(city.secretary).post(address, {"reason": "第二条与职责不符"}).status_code == 302
    assert as_user(city.office).post(reverse("letter_resume", args=[letter.pk])).status_code == 302
    assert as_user(city.office).post(reverse("letter_send", args=[letter.pk])).status_code == 302
    shown = text_of(page(city.office, "letter_show", letter.pk))
    assert "第二条与职责不符" in shown
    assert "第 1 版" in shown
    kept = text_of(page(city.office, "letter_version", letter.pk, 1))
    assert "文本退回后失效" in kept
    assert "第二条与职责不符" in kept


def test_withdrawing_through_the_page(city):
    letter = make_sent(city)
    address = reverse("letter_withdraw", args=[letter.pk])
    assert page(city.head, "letter_withdraw", letter.pk).status_code == 403
    assert as_user(city.secretary).post(address, {"reason": "人员调整"}).status_code == 302
    letter.refresh_from_db()
    assert letter.state == LetterState.WITHDRAWN
    assert "长期保留" in text_of(page(city.office, "letter_withdraw", letter.pk))


# ---------------------------------------------------------------------------------------------- checking


def test_anybody_checks_a_letter_by_code_or_by_file(city):
    letter = make_sealed(city)
    data = store.read(letter.document)
    anybody = Client()
    shown = text_of(anybody.get(reverse("letter_verify"), {"code": letter.verify_code.lower()}))
    assert letter.number in shown
    assert "沈宁衡" in shown
    assert "专题研究" not in shown  # the text itself stays with those who may read it
    wrong = anybody.get(reverse("letter_verify"), {"code": "YC26-AAAA-AAAA-AAAA"})
    assert wrong.status_code == 422
    for content, words in (
        (data, "逐字节一致"),
        (data[:4000] + bytes([data[4000] ^ 1]) + data[4001:], "文件被改动过"),
        (b"hello", "不能认定"),
    ):
        upload = SimpleUploadedFile("责任书.pdf", content)
        assert words in text_of(anybody.post(reverse("letter_verify"), {"file": upload}))


def test_checking_is_slowed_down(monkeypatch):
    monkeypatch.setattr("responsibility.views.letter_verify.PER_MINUTE", 2)
    cache.clear()
    anybody, wrong = Client(), {"code": "YC26-AAAA-AAAA-AAAA"}
    said = [text_of(anybody.get(reverse("letter_verify"), wrong)) for _ in range(3)]
    assert ["过于频繁" in each for each in said] == [False, False, True]
    cache.clear()

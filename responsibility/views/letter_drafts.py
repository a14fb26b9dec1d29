"""Pages that make letters: choosing who signs, drafting, editing, sending, taking back; one by one and many at once."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from common.access import SIGNED_IN, audience
from common.errors import DomainError, Forbidden
from common.table import FACT, KEEP, SECOND, TITLE, Act, Column, Empty, Filter, Table
from engines.jobs.models import Job
from organization.enums import PostKind, UnitKind
from organization.models import Post
from organization.rules.search import normalise_query
from responsibility.documents.letters import parts_of, preamble_of, present_content
from responsibility.enums import LetterState
from responsibility.forms.letters import BatchDraftForm, DraftForm, EditForm, ExtendForm, ReasonForm
from responsibility.models import Letter
from responsibility.queries.letter_sources import (
    issuing_posts,
    items_for,
    possible_recipients,
    standard_supervisor,
    supervising_posts,
)
from responsibility.queries.letters import listed_letters, signer_load
from responsibility.rules.letter_text import DEFAULT_BASIS
from responsibility.rules.letters import pair_of
from responsibility.services.letter_batch import draft_many, send_many
from responsibility.services.letter_draft import DraftEdit, DraftTerms, draft_letter, edit_letter, side_of
from responsibility.services.letters import extend_deadline, resume_letter, send_for_signing, withdraw_letter
from responsibility.views.letter_parts import Asked, actor, visible_letter
from responsibility.views.letters import LetterTable
from responsibility.workflows.letters import LETTERS, may

USUAL_DAYS = 14  # from drafting to the deadline that is proposed
RECIPIENT_KINDS = (
    (PostKind.HEAD, "主要负责人"),
    (PostKind.MEMBER, "班子成员"),
    (PostKind.DISCIPLINE, "纪检负责人"),
    (PostKind.DEPARTMENT, "科室负责人"),
)


def by_letter(rows: QuerySet[Post], chosen: Sequence[str]) -> QuerySet[Post]:
    if len(chosen) != 1:
        return rows
    return rows.filter(has_letter=chosen == ["drafted"])


class RecipientTable(Table):
    """Who can receive a letter this year, from the organisation chart."""

    id, label, measure = "recipients", "责任方", "人"
    columns = (
        Column("title", "责任方", rank=TITLE, sort="unit_path", value="unit__name"),
        Column("person", "责任人", rank=FACT, value="person__name"),
        Column("kind", "类别", rank=SECOND, value=lambda row: row.get_kind_display()),
        Column("items", "本人清单事项", rank=FACT, number=True, value="own_items"),
        Column("state", "本年责任书", rank=FACT, value=lambda row: "已拟稿" if row.has_letter else "未拟稿"),
        Column("act", "办理", rank=KEEP),
    )
    order = "title"
    hint = "单位、人名，可用拼音首字母"
    batch = (Act("letter_draft_batch", "按清单批量拟稿"),)
    empty = Empty("您的范围内没有可以签订责任书的职务", "请先在「单位与任职」中导入单位和任职。")

    def __init__(self, request: Asked, rows: QuerySet[Post]) -> None:
        # The office begins with the heads of its units; within a unit nobody issues to the head.
        first = (PostKind.HEAD,) if actor(request).may_somewhere("letter.issue") else ()
        missing = [("missing", "未拟稿"), ("drafted", "已拟稿")]
        self.filters = (
            Filter("letter", "本年责任书", missing, apply=by_letter, initial=("missing",)),
            Filter("kind", "类别", RECIPIENT_KINDS, lookup="kind__in", initial=first),
            Filter("unit", "单位类别", UnitKind.choices, lookup="unit__kind__in", second=True),
        )
        super().__init__(request, rows)

    @staticmethod
    def search(rows: Any, typed: str) -> Any:  # type: ignore[override]
        for word in typed.split():
            text = normalise_query(word)
            rows = rows.filter(Q(unit__search_text__contains=text) | Q(person__search_text__contains=text))
        return rows

    def name_of(self, row: Post) -> str:
        return f"{row.unit.name} {row.person.name}"


def _year(request: Asked) -> int:
    given = request.GET.get("year") or request.POST.get("year") or ""
    return int(given) if given.isdigit() and 2000 <= int(given) <= 2100 else request.today.year


@audience("letter.draft")
def letter_new(request: Asked) -> HttpResponse:
    """First step: for whom."""
    year = _year(request)
    rows = possible_recipients(actor(request), year, on=request.today)
    said = {"table": RecipientTable(request, rows), "year": year}
    return render(request, "responsibility/letter_new.html", said)


@audience("letter.draft")
def letter_draft(request: Asked, pk: int) -> HttpResponse:
    """Second step: between whom, until when, with which items; then the text can be edited."""
    user, year = actor(request), _year(request)
    recipient = possible_recipients(user, year, on=request.today).filter(pk=pk).first()
    if recipient is None:
        raise Http404
    issuers = issuing_posts(recipient, on=request.today)
    if not issuers:
        raise DomainError(
            f"{recipient.unit.name}没有可以下达责任书的上级或者主要负责人。", remedy="请先在「单位与任职」中补全任职。"
        )
    kind = pair_of(side_of(issuers[0]), side_of(recipient)).kind or ""
    items = list(items_for(recipient, kind, year))
    form = _draft_form(request, recipient, issuers, items, kind, year)
    if form.is_valid():
        given = form.cleaned_data
        terms = DraftTerms(year, given["due_on"], given["period_from"], given["period_to"], given["basis"])
        letter = form.attempt(
            lambda: draft_letter(
                given["issuer_post"],
                recipient_post=recipient,
                item_ids=given["items"],
                terms=terms,
                supervisor_post=given["supervisor_post"],
                supervised=False,
                by=user,
                now=request.now,
            )
        )
        if letter:
            messages.success(request, "已拟稿。请核对全文，修改后发起签订。")
            return redirect("letter_edit", pk=letter.pk)
    said = {
        "form": form,
        "recipient": recipient,
        "year": year,
        "items": items,
        "load": signer_load(recipient.person_id, year),
    }
    return render(request, "responsibility/letter_draft.html", said, status=422 if form.errors else 200)


def _draft_form(
    request: Asked, recipient: Post, issuers: list[Post], items: list[Any], kind: str, year: int
) -> DraftForm:
    usual = standard_supervisor(issuers[0], recipient, kind, on=request.today)
    return DraftForm(
        request.POST or None,
        initial={
            "issuer_post": issuers[0].pk,
            "supervisor_post": usual.pk if usual else None,
            "due_on": request.today + timedelta(days=USUAL_DAYS),
            "period_from": date(year, 1, 1),
            "period_to": date(year, 12, 31),
            "basis": DEFAULT_BASIS,
            "items": [item.pk for item in items],
        },
        issuers=Post.objects.filter(pk__in=[post.pk for post in issuers]).select_related("unit", "person"),
        supervisors=supervising_posts(issuers[0], recipient, on=request.today),
        items=items,
    )


@audience("letter.draft")
def letter_edit(request: Asked, pk: int) -> HttpResponse:
    """The text of a draft beside a preview; what is saved is exactly what will be signed."""
    letter = visible_letter(request, pk)
    if not may(actor(request), "letter.draft", letter):
        raise Forbidden("您没有修改这份责任书的权限。")
    if letter.state != LetterState.DRAFT:
        messages.info(request, f"这份责任书{letter.state_words}，不能修改文本。")
        return redirect("letter_show", pk=pk)
    items = items_for(letter.recipient_post, letter.kind, letter.year)
    form = EditForm(request.POST or None, letter=letter, items=items, initial=_edit_initial(letter))
    if form.is_valid() and form.attempt(lambda: _save(letter, form, request)):
        messages.success(request, "已保存。")
        return redirect("letter_edit" if "stay" in request.POST else "letter_show", pk=pk)
    content = present_content(letter)
    said = {"letter": letter, "form": form, "preamble": preamble_of(content), "parts": parts_of(content)}
    return render(request, "responsibility/letter_edit.html", said, status=422 if form.errors else 200)


def _edit_initial(letter: Letter) -> dict[str, Any]:
    fields = ("title", "basis", "due_on", "period_from", "period_to")
    return {name: getattr(letter, name) for name in fields} | {"seen_at": _moment(letter)}


def _moment(letter: Letter) -> str:
    return timezone.localtime(letter.edited_at).strftime("%Y-%m-%dT%H:%M:%S.%f%z")


def _save(letter: Letter, form: EditForm, request: Asked) -> Letter:
    given = form.cleaned_data
    edit = DraftEdit(
        title=given["title"],
        basis=given["basis"],
        due_on=given["due_on"],
        period_from=given["period_from"],
        period_to=given["period_to"],
        sections=form.sections(),
        clauses=form.clause_texts(),
        added_items=given.get("added_items", []),
    )
    return edit_letter(letter, edit, by=actor(request), now=request.now, seen_at=given["seen_at"])


@require_POST
@audience("letter.draft", "letter.issue", "letter.sign")
def letter_send(request: Asked, pk: int) -> HttpResponse:
    letter = visible_letter(request, pk)
    sent = send_for_signing(letter, by=actor(request), now=request.now)
    messages.success(request, f"已发起签订，编号{sent.number}。请双方签署。")
    return redirect("letter_show", pk=pk)


@require_POST
@audience("letter.draft")
def letter_resume(request: Asked, pk: int) -> HttpResponse:
    letter = visible_letter(request, pk)
    resumed = resume_letter(letter, by=actor(request), now=request.now)
    messages.success(request, f"已转为第 {resumed.version} 版拟稿，请按退回意见修改。")
    return redirect("letter_edit", pk=pk)


@audience("letter.withdraw", "letter.sign")
def letter_withdraw(request: Asked, pk: int) -> HttpResponse:
    """Taking a letter back says what becomes of the signatures that are there."""
    letter = visible_letter(request, pk)
    if not may(actor(request), "letter.withdraw", letter):
        raise Forbidden("您没有撤回这份责任书的权限。")
    form = ReasonForm(request.POST or None)
    if form.is_valid() and form.attempt(
        lambda: withdraw_letter(letter, by=actor(request), reason=form.cleaned_data["reason"], now=request.now)
    ):
        messages.success(request, "已撤回，经过和理由都已记录。")
        return redirect("letter_show", pk=pk)
    open_now = letter.state in LETTERS.steps["withdraw"].sources
    said = {"letter": letter, "form": form, "open_now": open_now, "name": letter.number or "拟稿"}
    return render(request, "responsibility/letter_withdraw.html", said, status=422 if form.errors else 200)


# ---------------------------------------------------------------------------------------------- many at once


@require_POST
@audience("letter.draft")
def letter_draft_batch(request: Asked) -> HttpResponse:
    """What will be drafted, then the drafting itself in the background."""
    user, year = actor(request), _year(request)
    posts = RecipientTable(request, possible_recipients(user, year, on=request.today)).picked()
    chosen = list(posts.order_by("unit_path", "id")[:2001])
    confirmed = "confirm" in request.POST
    form = BatchDraftForm(
        request.POST if confirmed else None, initial={"due_on": request.today + timedelta(days=USUAL_DAYS)}
    )
    if confirmed and form.is_valid():
        job = form.attempt(
            lambda: draft_many(chosen, year=year, due_on=form.cleaned_data["due_on"], by=user, now=request.now)
        )
        if job:
            return redirect("letter_job", pk=job.pk)
    ready = [post for post in chosen if post.own_items and not post.has_letter]
    said = {
        "title": "按清单批量拟稿",
        "act": f"拟稿 {len(ready)} 份",
        "action": reverse("letter_draft_batch"),
        "form": form,
        "rows": [(post.unit.name, f"{post.person.name}（{post.title}）", _outlook(post)) for post in chosen],
        "columns": ("责任方", "责任人", "将会怎样"),
        "picks": [post.pk for post in chosen],
        "ready": len(ready),
        "year": year,
        "back": reverse("letter_new"),
    }
    return render(request, "responsibility/letter_batch.html", said, status=422 if form.errors else 200)


def _outlook(post: Any) -> str:
    if post.has_letter:
        return "本年已有责任书，跳过"
    return f"取清单 {post.own_items} 项拟稿" if post.own_items else "本年没有下达清单，不能拟稿"


@require_POST
@audience("letter.issue", "letter.sign")
def letter_send_batch(request: Asked) -> HttpResponse:
    """Which drafts will be sent for signing, then the sending in the background."""
    user = actor(request)
    chosen = _picked(request)
    ready = [letter for letter in chosen if letter.state == LetterState.DRAFT and may(user, "letter.issue", letter)]
    if "confirm" in request.POST:
        job = send_many(ready, by=user, now=request.now)
        return redirect("letter_job", pk=job.pk)
    said = {
        "title": "发起签订",
        "act": f"发起签订 {len(ready)} 份",
        "action": reverse("letter_send_batch"),
        "form": None,
        "rows": [
            (
                letter.recipient_unit.name,
                letter.title,
                "固定文本、编号，请双方签署" if letter in ready else f"{letter.state_words}，跳过",
            )
            for letter in chosen
        ],
        "columns": ("责任方", "责任书", "将会怎样"),
        "picks": [letter.pk for letter in ready],
        "ready": len(ready),
        "year": request.today.year,
        "back": reverse("letter_list"),
    }
    return render(request, "responsibility/letter_batch.html", said)


@require_POST
@audience("letter.issue", "letter.sign")
def letter_extend(request: Asked) -> HttpResponse:
    """A later deadline for several letters, with a reason that stands in each letter's timeline."""
    user = actor(request)
    chosen = _picked(request)
    ready = [
        letter for letter in chosen if letter.is_open and letter.signed_at is None and may(user, "letter.issue", letter)
    ]
    confirmed = "confirm" in request.POST
    form = ExtendForm(request.POST if confirmed else None)
    if confirmed and form.is_valid():
        given = form.cleaned_data
        done = form.attempt(
            lambda: extend_deadline(ready, due_on=given["due_on"], reason=given["reason"], by=user, now=request.now)
        )
        if done:
            messages.success(request, f"已延长 {done} 份责任书的签订期限。")
            return redirect("letter_list")
    said = {
        "title": "延长签订期限",
        "act": f"延长 {len(ready)} 份",
        "action": reverse("letter_extend"),
        "form": form,
        "rows": [
            (letter.recipient_unit.name, letter.number or letter.title, _extension(letter, letter in ready))
            for letter in chosen
        ],
        "columns": ("责任方", "责任书", "现在的签订期限"),
        "picks": [letter.pk for letter in ready],
        "ready": len(ready),
        "year": request.today.year,
        "back": reverse("letter_list"),
    }
    return render(request, "responsibility/letter_batch.html", said, status=422 if form.errors else 200)


def _extension(letter: Letter, ready: bool) -> str:
    return f"{letter.due_on:%Y-%m-%d}" if ready else f"{letter.state_words}，跳过"


def _picked(request: Asked) -> list[Letter]:
    picked = LetterTable(request, listed_letters(actor(request))).picked().values("pk")
    letters = Letter.objects.filter(pk__in=picked).select_related("issuer_post", "recipient_unit")
    return list(letters.order_by("due_on", "id")[:2000])


@audience(SIGNED_IN)
def letter_job(request: Asked, pk: int) -> HttpResponse:
    """How far a batch has come; only for who started it."""
    job = Job.objects.filter(pk=pk, requested_by=actor(request), kind__startswith="letter.").first()
    if job is None:
        raise Http404
    return render(request, "responsibility/letter_job.html", {"job": job, "refusals": job.result.get("refusals", [])})

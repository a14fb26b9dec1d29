"""Pages that read letters: the list, one letter, its file, and what is taken out as Excel."""

from collections.abc import Sequence
from datetime import timedelta
from functools import cached_property
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from common.access import SIGNED_IN, audience
from common.errors import DomainError
from common.table import FACT, SECOND, TITLE, Act, Column, Empty, Filter, Table
from engines.audit.record import record
from engines.documents import sheet, store
from engines.documents.pdf import render as render_pdf
from organization.access import can, explain
from organization.enums import UnitKind
from organization.rules.search import normalise_query
from responsibility.documents.letters import document_data, document_name, parts_of, preamble_of, present_content
from responsibility.enums import LetterKind, LetterState
from responsibility.models import Letter
from responsibility.queries.letters import (
    letter_before,
    letters_below,
    listed_letters,
    lists_behind,
    signer_load,
    years_with_letters,
)
from responsibility.views.letter_parts import (
    Asked,
    actor,
    awaited,
    clauses_shown,
    ensure_reader,
    grouped,
    parties_words,
    places_of,
    places_shown,
    qr_image,
    steps_of,
    timeline_rows,
    visible_letter,
)
from responsibility.workflows.letters import LETTERS, OFFERED, own_signature

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PDF = "application/pdf"
EXPORT_ROWS = 50_000
# The states a list offers; while a letter is signed it matters who is waited for.
STATES = (
    ("draft", "拟稿", Q(state=LetterState.DRAFT)),
    ("both", "待签订", Q(state=LetterState.SIGNING, stage=1)),
    ("cosign", "会签中", Q(state=LetterState.SIGNING, stage__gt=1)),
    ("returned", "已退回", Q(state=LetterState.RETURNED)),
    ("signed", "待封存", Q(state=LetterState.SIGNED)),
    ("sealed", "已封存", Q(state=LetterState.SEALED)),
    ("withdrawn", "已撤回", Q(state=LetterState.WITHDRAWN)),
)
OPEN = Q(state__in=[LetterState.DRAFT, LetterState.SIGNING, LetterState.RETURNED])


def by_state(rows: QuerySet[Letter], chosen: Sequence[str]) -> QuerySet[Letter]:
    wanted = Q(pk__in=[])
    for key, _, condition in STATES:
        if key in chosen:
            wanted |= condition
    return rows.filter(wanted)


def by_deadline(rows: QuerySet[Letter], chosen: Sequence[str]) -> QuerySet[Letter]:
    today = timezone.localdate()
    wanted = Q(pk__in=[])
    if "late" in chosen:
        wanted |= OPEN & Q(due_on__lt=today)
    if "soon" in chosen:
        wanted |= OPEN & Q(due_on__gte=today, due_on__lte=today + timedelta(days=7))
    return rows.filter(wanted)


def _signer(row: Letter) -> str:
    return f"{row.recipient_post.person.name}（{row.recipient_post.title}）"


class LetterTable(Table):
    """The list of letters: what waits first, by deadline; what is closed below."""

    id, label, measure = "letters", "责任书", "份"
    columns = (
        Column("title", "责任方与责任书", rank=TITLE, sort="recipient_unit__name", value="recipient_unit__name"),
        Column("name", "责任书名称", shown=False, value="title"),
        Column("number", "编号", rank=SECOND, sort="number", css="lz-nb lz-faint", value="number"),
        Column("signer", "签署人", rank=FACT, value=_signer),
        Column(
            "supervisor",
            "监督方",
            rank=SECOND,
            shown=False,
            css="lz-nb lz-faint",
            value=lambda row: row.supervisor_unit.name if row.supervisor_unit else "",
        ),
        Column("kind", "层级", shown=False, value=lambda row: row.get_kind_display()),
        Column("state", "状态", rank=FACT, sort="state", value="state_words"),
        Column("signed", "签署", css="lz-nb", value="signed_words"),
        Column("due_on", "签订期限", rank=FACT, sort=("closed", "due_on"), value="due_on"),
        Column(
            "drafted", "拟稿日期", shown=False, sort="drafted_at", value=lambda row: timezone.localdate(row.drafted_at)
        ),
    )
    order = "due_on"
    hint = "标题、单位、人名，可用拼音首字母"
    batch = (
        Act("letter_send_batch", "发起签订"),
        Act("letter_extend", "延长签订期限", second=True),
        Act("letter_export", "导出所选", second=True),
    )
    export = "letter_export"
    empty = Empty(
        "还没有责任书",
        "清单下达后，由党风政风监督室或者单位联络员按清单拟稿，会出现在这里。",
    )

    @cached_property
    def filters(self) -> tuple[Filter, ...]:  # type: ignore[override]
        """The years depend on the day."""
        today = timezone.localdate()
        return (
            Filter("year", "年度", lambda: years_with_letters(today), lookup="year__in", initial=(str(today.year),)),
            Filter("kind", "层级", LetterKind.choices, lookup="kind__in"),
            Filter("state", "状态", [(key, word) for key, word, _ in STATES], apply=by_state),
            Filter("due", "期限", [("late", "逾期未签"), ("soon", "7 天内到期")], apply=by_deadline, second=True),
            Filter("unit", "单位类别", UnitKind.choices, lookup="recipient_unit__kind__in", second=True),
        )

    @staticmethod
    def search(rows: Any, typed: str) -> Any:  # type: ignore[override]
        for word in typed.split():
            rows = rows.filter(search_text__contains=normalise_query(word))
        return rows

    def name_of(self, row: Letter) -> str:
        return f"{row.recipient_unit.name} {row.title}"


@audience(SIGNED_IN)
def letter_list(request: Asked) -> HttpResponse:
    """All letters in scope; also those signed or lent outside of it."""
    ensure_reader(request)
    user = actor(request)
    table = LetterTable(request, listed_letters(user))
    if not any(user.may_somewhere(action) for action in ("letter.issue", "letter.draft")):
        table.batch = (Act("letter_export", "导出所选"),)  # type: ignore[misc]
    said = {"table": table, "may_draft": user.may_somewhere("letter.draft")}
    return render(request, "responsibility/letter_list.html", said)


@audience(SIGNED_IN)
def letter_export(request: Asked) -> HttpResponse:
    """The list as it is shown, or what was ticked, as Excel with the exporter's name; the trail keeps it."""
    ensure_reader(request)
    table = LetterTable(request, listed_letters(actor(request)))
    if request.method == "POST":
        table.all_rows = table.picked()
    labels, rows = table.exported(limit=EXPORT_ROWS)
    page = sheet.Sheet("责任书", [sheet.Column(label, 22) for label in labels], rows, title="责任书")
    data = sheet.workbook([page], exporter=str(actor(request)), now=request.now)
    user = actor(request)
    record(
        "letter.export", user, actor=user, now=request.now, after={"conditions": table.query[:500]}, title="责任书列表"
    )
    return store.bytes_download(data, name=f"责任书{request.today:%Y%m%d}.xlsx", content_type=XLSX)


@audience(SIGNED_IN)
def letter_show(request: Asked, pk: int) -> HttpResponse:
    """One letter with everything that hangs on it, and the acts that this reader may do now."""
    letter = visible_letter(request, pk)
    user = actor(request)
    content, places = present_content(letter), places_of(letter)
    steps, present = steps_of(letter, places)
    clauses = clauses_shown(letter, content)
    common = sum(clause.kind == "共性" for clause in clauses)
    signed = sum(place.is_signed for place in places)
    before = letter_before(letter)
    said = {
        "name": letter.number or "拟稿",
        "clause_note": f"共 {len(clauses)} 条，其中共性 {common} 条、个性 {len(clauses) - common} 条；每条均对应责任清单",
        "signed_note": f"{len(places)} 人中已签 {signed} 人" if places else "",
        "before": before,
        "before_open": before is not None and can(user, "letter.view", before),
        "letter": letter,
        "parties": parties_words(letter),
        "awaited": awaited(letter, places),
        "steps": steps,
        "present": present,
        "facts": _facts(letter, user),
        "preamble": preamble_of(content),
        "parts": parts_of(content),
        "clauses": clauses,
        "places": places_shown(letter, places, request.today),
        "lists": lists_behind(letter),
        "below": letters_below(letter),
        "offers": (offers := _offers(letter, user, request)),
        "shut": [offer["refusal"] for offer in offers if offer["refusal"] and offer["main"]],
        "qr": qr_image(letter) if letter.document_id else "",
        "digest": grouped(letter.document.sha256) if letter.document else "",
        "timeline": timeline_rows(letter),
        "why": explain(user, "letter.view", letter),
        "versions": list(letter.versions.order_by("-version")),
    }
    return render(request, "responsibility/letter_show.html", said)


def _facts(letter: Letter, user: Any) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = [
        ("下达方", letter.issuer_unit.party),
        ("责任方", letter.recipient_unit.party),
        ("监督方", letter.supervisor_unit.name if letter.supervisor_unit else "不会签"),
        ("层级", letter.get_kind_display()),
        ("责任期限", f"{letter.period_from:%Y-%m-%d} 至 {letter.period_to:%Y-%m-%d}"),
        ("文本版本", f"第 {letter.version} 版"),
    ]
    place = own_signature(user, letter)
    person_id, label = (
        (user.person_id, "本人今年签订") if place else (letter.recipient_post.person_id, "责任人今年签订")
    )
    load = signer_load(person_id, letter.year)
    rows.append((label, f"{load.count} 份，提醒线 {load.limit} 份{'，已超过' if load.over else ''}"))
    rows.append(("依据", letter.basis, True))
    return rows


def _offers(letter: Letter, user: Any, request: Asked) -> list[dict[str, Any]]:
    """The buttons of the page, straight from the table of steps; a shut one says why."""
    shown = []
    for offer in LETTERS.offers(letter, user, request.now):
        if offer.step.name not in OFFERED:
            continue
        shown.append(
            {
                "name": offer.step.name,
                "label": offer.step.label,
                "href": reverse(f"letter_{offer.step.name}", args=[letter.pk]),
                "post": offer.step.name in ("send", "resume"),
                "main": offer.step.main,
                "primary": offer.step.main and offer.open and not any(other["primary"] for other in shown),
                "refusal": offer.refusal,
            }
        )
    return shown


@audience(SIGNED_IN)
def letter_document(request: Asked, pk: int) -> HttpResponse:
    """The sealed file as a download (the trail keeps who took it), or a preview of the pages before."""
    letter = visible_letter(request, pk)
    if letter.document is None:
        data = render_pdf(
            "letter", document_data(letter) | {"watermark": "未封存 仅供阅读"}, now=request.now, missing="mark"
        )
        name = f"（未封存）{letter.title}（{letter.recipient_unit.name}）.pdf"
        return store.bytes_download(data, name=name, content_type=PDF)
    record("letter.read", letter, actor=actor(request), now=request.now, after={"sha256": letter.document.sha256})
    return store.as_download(letter.document, name=document_name(letter), content_type=PDF)


@audience(SIGNED_IN)
def letter_version(request: Asked, pk: int, version: int) -> HttpResponse:
    """A text as it was once put before the signers, beside the number it had."""
    letter = visible_letter(request, pk)
    kept = letter.versions.filter(version=version).first()
    if kept is None:
        raise DomainError("没有这一版文本。", remedy="请从责任书页面选择版本。")
    if version == letter.version:
        return redirect("letter_show", pk=pk)
    said = {
        "letter": letter,
        "kept": kept,
        "preamble": preamble_of(kept.content),
        "parts": parts_of(kept.content),
        "places": letter.signatures.filter(version=version).order_by("stage_order", "order"),
    }
    return render(request, "responsibility/letter_version.html", said)

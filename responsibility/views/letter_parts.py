"""What the pages of letters share: scoped fetching, and a letter told in steps, signatures and clauses."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.http import Http404, HttpRequest
from django.urls import reverse

from common.errors import Forbidden
from common.words import cn_date, cn_day, cn_moment, due, person_post
from engines.audit.record import timeline_of
from engines.documents.images import qr_svg
from engines.documents.store import read
from organization.models import User
from responsibility.documents.letters import verify_address
from responsibility.enums import LetterState, SignatureState, SigningSide
from responsibility.models import Letter, Signature
from responsibility.queries.letters import shown_letter, waited_for


class Asked(HttpRequest):
    """A request as `RequestMoment` leaves it."""

    now: datetime
    today: date
    id: str


def actor(request: HttpRequest) -> User:
    user = request.user
    assert isinstance(user, User)
    return user


def ensure_reader(request: HttpRequest) -> None:
    """Refuses accounts that have nothing to do with letters: no role that reads them, none signed, none lent."""
    user = actor(request)
    if not user.may_somewhere("letter.view") and not Letter.objects.visible_to(user, "letter.view").exists():
        raise Forbidden("您的账号没有查阅责任书的权限。", remedy="如工作需要，请联系本单位安全管理员授权。")


def visible_letter(request: HttpRequest, pk: int, action: str = "letter.view") -> Letter:
    """The letter with all it names; 404 outside the scope, 403 for accounts that read no letters at all."""
    ensure_reader(request)
    letter = shown_letter(Letter.objects.visible_to(actor(request), "letter.view")).filter(pk=pk).first()
    if letter is None:
        raise Http404
    return letter


def places_of(letter: Letter) -> list[Signature]:
    """The places of the present version in the order of signing."""
    places = letter.signatures.filter(version=letter.version).select_related("image", "stage")
    return list(places.order_by("stage_order", "order"))


# ---------------------------------------------------------------------------------------------- steps


def steps_of(letter: Letter, places: Sequence[Signature]) -> tuple[list[tuple[str, str]], int]:
    """The stepper: 拟稿, each stage of signing, 封存; and which step is the present one."""
    rows = [("拟稿", _drafted(letter))]
    stages: dict[int, list[Signature]] = {}
    for place in places:
        stages.setdefault(place.stage_order, []).append(place)
    for order, own in sorted(stages.items()):
        rows.append((own[0].stage.label, _stage_words(letter, order, own)))
    if not stages:
        rows.append(("签订", f"{cn_date(letter.due_on)}前"))
        if letter.supervisor_post_id:
            rows.append(("会签", letter.supervisor_unit.name if letter.supervisor_unit else ""))
    sealed = f"{cn_moment(letter.sealed_at)}封存" if letter.sealed_at else "生成文件与核验码，不再改动"
    rows.append(("封存", sealed))
    return rows, _present(letter, len(rows))


def _drafted(letter: Letter) -> str:
    return f"{letter.drafted_by}{cn_day(letter.drafted_at)}拟稿，第 {letter.version} 版"


def _stage_words(letter: Letter, order: int, places: Sequence[Signature]) -> str:
    signed = [place for place in places if place.is_signed]
    if len(signed) == len(places):
        last = max(place.signed_at for place in signed if place.signed_at)
        return f"{'、'.join(place.person_name for place in signed)}已签署，{cn_day(last)}"
    if order == letter.stage and len(places) > 1:
        return f"双方已签 {len(signed)} 人，共 {len(places)} 人；{cn_day(letter.due_on)}前"
    return "、".join(f"{place.person_name}（{place.unit_name}{place.post_title}）" for place in places)


def _present(letter: Letter, steps: int) -> int:
    if letter.state == LetterState.SIGNING:
        return letter.stage or 1
    if letter.state == LetterState.SIGNED:
        return steps - 1
    return steps if letter.state == LetterState.SEALED else 0


# ---------------------------------------------------------------------------------------------- signatures


@dataclass(frozen=True)
class PlaceShown:
    """A place to sign as the page shows it."""

    side: str
    name: str
    post: str
    image: str
    words: str
    tone: str


def places_shown(letter: Letter, places: Sequence[Signature], today: date) -> list[PlaceShown]:
    """Each signer with his signature, or with what he is waiting for."""
    if not places:
        sides = (
            (SigningSide.ISSUER, letter.issuer_post),
            (SigningSide.RECIPIENT, letter.recipient_post),
            (SigningSide.SUPERVISOR, letter.supervisor_post),
        )
        return [
            PlaceShown(side.label, post.person.name, f"{post.title}，{post.unit.name}", "", "发起签订后签署", "none")
            for side, post in sides
            if post is not None
        ]
    return [_shown(letter, place, today) for place in places]


def _shown(letter: Letter, place: Signature, today: date) -> PlaceShown:
    words, tone = _place_words(letter, place, today)
    return PlaceShown(
        side=SigningSide(place.side).label,
        name=place.person_name,
        post=f"{place.post_title}，{place.unit_name}",
        image=signature_image(place) if place.state == SignatureState.SIGNED else "",
        words=words,
        tone=tone,
    )


def _place_words(letter: Letter, place: Signature, today: date) -> tuple[str, str]:
    if place.state == SignatureState.SIGNED:
        return f"{cn_moment(place.signed_at)}，{place.how}", "none"
    if place.state == SignatureState.RETURNED:
        return f"退回修改：「{place.reason}」", "late"
    if place.state == SignatureState.VOID:
        return ("曾签署，文本退回或撤回后失效" if place.signed_at else "没有签署"), "none"
    if place.stage_order != letter.stage:
        return "双方签订后会签", "none"
    deadline = due(letter.due_on, today=today)
    return f"等待签署，{deadline.words}", deadline.tone if deadline.tone != "none" else "none"


def signature_image(place: Signature) -> str:
    """The drawn signature as a data: address; "" for a typed one."""
    if place.image is None:
        return ""
    return "data:image/png;base64," + base64.b64encode(read(place.image)).decode()


def qr_image(letter: Letter) -> str:
    """The QR picture of the address at which the letter is checked, as a data: address."""
    return "data:image/svg+xml;base64," + base64.b64encode(qr_svg(verify_address(letter)).encode()).decode()


def grouped(digest: str) -> str:
    """The first 16 digits of a fingerprint in groups of four, to be compared by eye."""
    return " ".join(digest[n : n + 4] for n in range(0, 16, 4))


# ---------------------------------------------------------------------------------------------- clauses and timeline


@dataclass(frozen=True)
class ClauseShown:
    number: int
    text: str
    kind: str
    item: str
    href: str


def clauses_shown(letter: Letter, content: dict[str, Any]) -> list[ClauseShown]:
    """The clauses as they are signed, each with the list item it carries."""
    items = {clause.item_id: clause.item for clause in letter.clauses.select_related("item")}
    shown = []
    for clause in content["clauses"]:
        item = items.get(clause["item"])
        words = f"第 {item.no} 项 {item.content[:36]}" if item else ""
        href = reverse("item_show", args=[item.pk]) if item else ""
        kind = item.get_kind_display() if item else ""
        shown.append(ClauseShown(clause["no"], clause["text"], kind, words, href))
    return shown


def awaited(letter: Letter, places: Sequence[Signature]) -> str:
    """What happens next and by whom, in one line."""
    names = "、".join(place.person_name for place in waited_for(places, letter.stage))
    return {
        LetterState.DRAFT: "等待发起签订",
        LetterState.SIGNING: f"等待{names}签署",
        LetterState.RETURNED: "等待按退回意见修改",
        LetterState.SIGNED: "已签齐，正在生成文件并封存",
    }.get(LetterState(letter.state), "")


def timeline_rows(letter: Letter) -> list[Any]:
    """What happened, newest first; who only read the file is left to the audit pages."""
    return list(timeline_of(letter).exclude(action__in=["letter.read", "letter.sign_locked"])[:60])


def parties_words(letter: Letter) -> str:
    """Who promises to whom; within one unit the persons tell them apart."""
    if letter.issuer_unit_id == letter.recipient_unit_id:
        posts = (letter.issuer_post, letter.recipient_post)
        return "与".join(person_post(post.person.name, post.title) for post in posts)
    return f"{letter.issuer_unit.party}与{letter.recipient_unit.party}"


def signer_words(place: Signature) -> str:
    return person_post(place.person_name, place.post_title, place.unit_name)

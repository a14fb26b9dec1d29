"""Which step a letter may take from which state, by which right, and when."""

from datetime import datetime
from typing import Any

from django.utils import timezone

from common.words import cn_date, cn_moment
from engines.workflow.table import Step, Table
from organization.access import can
from responsibility.enums import LetterState, SignatureState
from responsibility.models import Letter, Signature
from responsibility.rules.letters import turn_refusal

DRAFT, SIGNING, RETURNED = LetterState.DRAFT, LetterState.SIGNING, LetterState.RETURNED
SIGNED, SEALED, WITHDRAWN = LetterState.SIGNED, LetterState.SEALED, LetterState.WITHDRAWN


def may(actor: Any, action: str, letter: Letter) -> bool:
    """Signing belongs to the persons named in the letter; issuing and withdrawing also to the one who issues it."""
    if action == "letter.sign":
        return own_signature(actor, letter) is not None
    if action in ("letter.issue", "letter.withdraw") and actor.person_id is not None:
        post = letter.issuer_post
        if post.person_id == actor.person_id and post.held_on(timezone.localdate()):
            return True
    return can(actor, action, letter)


def own_signature(actor: Any, letter: Letter) -> Signature | None:
    """The place at which this person signs the present version of the letter; None for everybody else."""
    if actor is None or not actor.is_active or getattr(actor, "person_id", None) is None:
        return None
    places = letter.signatures.filter(version=letter.version, person_id=actor.person_id)
    return places.select_related("post").first()


def waiting_in(letter: Letter, stage: int | None) -> list[str]:
    """Who has not yet signed in a stage of the present version."""
    left = letter.signatures.filter(version=letter.version, stage_order=stage or 0, state=SignatureState.WAITING)
    return list(left.values_list("person_name", flat=True))


def must_be_own_turn(letter: Letter, actor: Any, now: datetime) -> str | None:
    """Only the post's holder of today, once, and only when his stage is open (代签 and 抢签 are impossible)."""
    place = own_signature(actor, letter)
    if place is None:
        return "您不是这份责任书的签署人，不能代他人签署。"
    if place.state == SignatureState.SIGNED:
        return f"您已于{cn_moment(place.signed_at)}签署，不需要重复签署。"
    if not place.post.held_on(timezone.localdate(now)):
        ended = f"（{cn_date(place.post.ended_on)}免职）" if place.post.ended_on else ""
        return f"您已不担任{place.unit_name}{place.post_title}{ended}，不能签署；请联系下达方按现任人员重新拟稿。"
    return turn_refusal(place.stage_order, letter.stage, waiting_in(letter, letter.stage))


def must_be_complete(letter: Letter, actor: Any, now: datetime) -> str | None:
    """A letter goes out with clauses, with a deadline ahead, and between people who hold their posts."""
    today = timezone.localdate(now)
    if not letter.clauses.exists():
        return "责任内容还没有条款，请先从责任清单中选取。"
    if letter.due_on < today:
        return f"签订期限（{cn_date(letter.due_on)}）已过，请先修改。"
    for post in (letter.issuer_post, letter.recipient_post, letter.supervisor_post):
        if post is not None and not post.held_on(today):
            return f"{post.person.name}已不担任{post.unit.name}{post.title}，请按现任人员重新拟稿。"
    return None


LETTERS = Table(
    "letter",
    (
        Step("edit", "修改拟稿", frozenset({DRAFT}), DRAFT, "letter.draft"),
        Step("send", "发起签订", frozenset({DRAFT}), SIGNING, "letter.issue", guard=must_be_complete, main=True),
        Step("sign", "阅读并签署", frozenset({SIGNING}), SIGNING, "letter.sign", guard=must_be_own_turn, main=True),
        Step("complete", "签齐", frozenset({SIGNING}), SIGNED, "letter.sign", guard=must_be_own_turn),
        Step(
            "return",
            "退回修改",
            frozenset({SIGNING}),
            RETURNED,
            "letter.sign",
            guard=must_be_own_turn,
            reason_required=True,
        ),
        Step("resume", "修改后重新发起", frozenset({RETURNED}), DRAFT, "letter.draft", main=True),
        Step(
            "withdraw",
            "撤回",
            frozenset({DRAFT, SIGNING, RETURNED}),
            WITHDRAWN,
            "letter.withdraw",
            reason_required=True,
        ),
        Step("seal", "封存", frozenset({SIGNED}), SEALED, None),
    ),
    may=may,
)
# Steps that a page offers as buttons; `complete` is what the last signature does.
OFFERED = ("edit", "send", "sign", "return", "resume", "withdraw")

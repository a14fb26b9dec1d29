"""Signing: the person himself, with his password, once, in his turn, exactly the text he has seen."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from common.errors import DomainError, Forbidden, Stale
from common.words import cn_moment
from engines.audit.record import record
from engines.documents.images import check_signature_png
from engines.documents.store import keep
from engines.jobs.queue import enqueue
from engines.workflow.advance import advance
from organization.models import User
from responsibility.enums import LetterState, SignatureState
from responsibility.models import Letter, Signature, SigningTrial
from responsibility.rules.letters import next_stage
from responsibility.workflows.letters import LETTERS, own_signature

TRIALS = 5  # wrong passwords before the account may not sign for a while
LOCK = timedelta(minutes=15)
SEAL_JOB = "letter.seal"


@dataclass(frozen=True)
class Act:
    """What the signer has put in: his password, a drawing (PNG) or his typed name, and what he has seen."""

    password: str
    seen_sha256: str
    confirmed_read: bool
    drawing: bytes = b""
    typed_name: str = ""
    ip: str | None = None
    session_key: str = ""


def sign_letter(letter: Letter, act: Act, *, by: User, now: datetime) -> Letter:
    """Puts the signature of `by` under the letter and returns it; with the last one it goes to be sealed.

    Refuses, and writes nothing: strangers (no 代签), a post no longer held, a stage that is not open, a second time,
    a letter withdrawn, returned or sealed meanwhile, another text than the one seen, text not confirmed as read,
    an empty or foreign signature. A wrong password is counted before that, and locks signing after five.
    Not to be called inside a transaction that may be rolled back: the count would be lost with it.
    """
    place = own_signature(by, letter)
    if place is None:
        raise Forbidden("您不是这份责任书的签署人，不能代他人签署。", remedy="须由本人登录自己的账号签署。")
    if not act.confirmed_read:
        raise DomainError("请先阅读全文，并勾选「本人已阅读全文」。", field="confirmed_read")
    drawing = _checked_drawing(act, place)
    check_own_password(by, act.password, now=now, letter=letter)
    return _put(letter, act, drawing, by=by, now=now)


def _checked_drawing(act: Act, place: Signature) -> bytes:
    if act.drawing:
        return check_signature_png(act.drawing)
    typed = "".join(act.typed_name.split())
    if not typed:
        raise DomainError("请手写签名，或者键入本人姓名。", field="drawing")
    if typed != "".join(place.person_name.split()):
        raise DomainError(f"键入的姓名须与本人姓名「{place.person_name}」一致。", field="typed_name")
    return b""


@transaction.atomic
def _put(letter: Letter, act: Act, drawing: bytes, *, by: User, now: datetime) -> Letter:
    locked = Letter.objects.select_for_update(of=("self",)).get(pk=letter.pk)
    _check_still_open(locked)
    place = (
        Signature.objects.select_for_update(of=("self",))
        .filter(letter=locked, version=locked.version, person=by.person)
        .first()
    )
    if place is None:
        raise Forbidden("您不是这份责任书的签署人，不能代他人签署。")
    if place.state == SignatureState.SIGNED:
        raise Stale(f"您已于{cn_moment(place.signed_at)}签署，不需要重复签署。")
    if act.seen_sha256 != locked.text_sha256:
        raise Stale("您看到的不是现在的文本，没有签署。", remedy="文本已经修改，请重新打开、阅读后再签署。")
    left = locked.signatures.filter(version=locked.version, state=SignatureState.WAITING).exclude(pk=place.pk)
    following = next_stage(left.values_list("stage_order", flat=True))
    step, changes = (
        ("complete", {"stage": None, "signed_at": now}) if following is None else ("sign", {"stage": following})
    )
    evidence = {
        "signer": f"{place.person_name}（{place.post_title}，{place.unit_name}）",
        "text_sha256": locked.text_sha256,
        "how": "drawn" if drawing else "typed",
    }
    if drawing:
        place.image = keep(drawing, name=f"{place.person_name}签名.png", content_type="image/png", now=now)
        evidence["image_sha256"] = place.image.sha256
    signed = advance(LETTERS, locked, step, actor=by, now=now, changes=changes, evidence=evidence)
    _fill(place, act, by=by, now=now, text_sha256=signed.text_sha256)
    if following is None:
        enqueue_sealing(signed, by=by, now=now)
    return signed


def _check_still_open(letter: Letter) -> None:
    if letter.state == LetterState.WITHDRAWN:
        raise Stale("这份责任书已经撤回，没有签署。", remedy="撤回的理由见责任书页面的「经过」。")
    if letter.state == LetterState.RETURNED:
        raise Stale("这份责任书已被退回修改，没有签署。", remedy="修改后会重新请您签署。")
    if letter.state in (LetterState.SIGNED, LetterState.SEALED):
        raise Stale("这份责任书已经签齐，不需要再签署。")
    if letter.state == LetterState.DRAFT:
        raise Stale("这份责任书正在修改，没有签署。", remedy="重新发起签订后再签署。")


def _fill(place: Signature, act: Act, *, by: User, now: datetime, text_sha256: str) -> None:
    place.state = SignatureState.SIGNED
    place.typed_name = "" if place.image_id else place.person_name
    place.confirmed_read = True
    place.signed_at, place.signed_by = now, by
    place.text_sha256 = text_sha256
    place.ip = act.ip
    place.session_hash = hashlib.sha256(act.session_key.encode()).hexdigest() if act.session_key else ""
    place.save()


def enqueue_sealing(letter: Letter, *, by: User | None, now: datetime) -> None:
    """Leaves the work of sealing as a row, in the transaction of the last signature."""
    enqueue(
        SEAL_JOB,
        {"letter": letter.pk},
        now=now,
        by=by,
        key=str(letter.pk),
        label=f"封存 {letter.number}",
    )


def check_own_password(user: User, password: str, *, now: datetime, letter: Letter) -> None:
    """Refuses a wrong password and counts it; the fifth in a row closes signing for the account for 15 minutes.

    Its own transaction, so that the count stays when the act is refused.
    """
    refusal = _count_trial(user, right=user.check_password(password), now=now, letter=letter)
    if refusal:
        raise DomainError(refusal, field="password")


@transaction.atomic
def _count_trial(user: User, *, right: bool, now: datetime, letter: Letter) -> str:
    SigningTrial.objects.get_or_create(user=user, defaults={"failed_at": now})
    trial = SigningTrial.objects.select_for_update().get(user=user)
    if trial.locked_until and now < trial.locked_until:
        return f"密码连续输错 {TRIALS} 次，签署已锁定，请在{cn_moment(trial.locked_until)}后再试。"
    if trial.locked_until or now - trial.failed_at >= LOCK:
        trial.failures, trial.locked_until = 0, None
    if right:
        trial.failures = 0
        trial.save(update_fields=["failures", "locked_until"])
        return ""
    trial.failures += 1
    trial.failed_at = now
    if trial.failures >= TRIALS:
        trial.locked_until = now + LOCK
        record("letter.sign_locked", letter, actor=user, now=now, after={"failures": trial.failures})
    trial.save()
    if trial.locked_until:
        return f"密码不正确，已连续输错 {TRIALS} 次，签署锁定 15 分钟。"
    return f"密码不正确。还可输入 {TRIALS - trial.failures} 次，之后锁定 15 分钟。"

"""The page on which a person reads a letter and signs it, and the one on which he sends it back."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from common.access import audience
from common.errors import DomainError, Forbidden, Stale
from common.words import due
from responsibility.documents.letters import parts_of, preamble_of, present_content
from responsibility.enums import LetterState, SignatureState
from responsibility.forms.letters import ReasonForm, SignForm
from responsibility.models import Letter, Signature
from responsibility.queries.letters import signer_load, waited_for
from responsibility.services.letters import return_letter
from responsibility.services.signing import Act, sign_letter
from responsibility.views.letter_parts import Asked, actor, places_of, signer_words, visible_letter
from responsibility.workflows.letters import must_be_own_turn, own_signature


@audience("letter.sign")
def letter_sign(request: Asked, pk: int) -> HttpResponse:
    """Read, confirm, write, password. A refusal keeps what was confirmed, typed and drawn."""
    letter = visible_letter(request, pk)
    place = _own_place(request, letter)
    form = SignForm(request.POST or None, auto_id="%s", initial={"seen_sha256": letter.text_sha256})
    if form.is_valid() and (signed := _attempt(request, letter, form)):
        messages.success(request, _what_next(signed))
        return redirect("letter_show", pk=pk)
    if refusal := _closed(letter, request):
        return render(request, "responsibility/letter_sign_closed.html", _shut(letter, refusal), status=409)
    content = present_content(letter)
    said: dict[str, Any] = {
        "letter": letter,
        "place": place,
        "signer": signer_words(place),
        "form": form,
        "preamble": preamble_of(content),
        "parts": parts_of(content),
        "due": due(letter.due_on, today=request.today),
        "next": _after(letter, place),
        "kept": _kept(form),
        "drawing_error": " ".join(str(error) for error in form.errors.get("drawing", [])),
        "load": signer_load(place.person_id, letter.year),
    }
    return render(request, "responsibility/letter_sign.html", said, status=422 if form.errors else 200)


def _shut(letter: Letter, refusal: str) -> dict[str, Any]:
    return {"letter": letter, "refusal": refusal, "name": letter.number or "拟稿"}


def _kept(form: SignForm) -> str:
    """What a refused form still holds; the password is always asked again."""
    held = []
    if form.is_bound and form.data.get("confirmed_read"):
        held.append("阅读确认")
    if form.kept_drawing:
        held.append("手写签名")
    if form.is_bound and form.data.get("typed_name"):
        held.append("键入的姓名")
    return (
        f"责任书没有签署。您的{'、'.join(held)}已保留，密码须重新输入。" if held else "责任书没有签署。密码须重新输入。"
    )


def _own_place(request: Asked, letter: Letter) -> Signature:
    place = own_signature(actor(request), letter)
    if place is None:
        raise Forbidden("您不是这份责任书的签署人，不能代他人签署。", remedy="须由本人登录自己的账号签署。")
    return place


def _attempt(request: Asked, letter: Letter, form: SignForm) -> Letter | None:
    given = form.cleaned_data
    act = Act(
        password=given["password"],
        seen_sha256=given["seen_sha256"],
        confirmed_read=given["confirmed_read"],
        drawing=given["drawing"],
        typed_name=given["typed_name"],
        ip=request.META.get("REMOTE_ADDR"),
        session_key=request.session.session_key or "",
    )
    try:
        return sign_letter(letter, act, by=actor(request), now=request.now)
    except Stale:
        raise
    except DomainError as refusal:
        # The engine calls the picture by another name than the form.
        refusal.field = "drawing" if refusal.field == "signature" else refusal.field
        form.refuse(refusal)
        return None


def _closed(letter: Letter, request: Asked) -> str:
    """Why this person cannot sign now, in words; "" where it is his turn."""
    if letter.state == LetterState.SIGNING:
        return must_be_own_turn(letter, actor(request), request.now) or ""
    return f"这份责任书{letter.state_words}，现在不能签署。"


def _after(letter: Letter, place: Signature) -> str:
    """What happens once this person has signed."""
    others = [each for each in places_of(letter) if each.pk != place.pk and each.state == SignatureState.WAITING]
    if not others:
        return "您是最后一位签署人，签署后生成文件并封存"
    same = [each.person_name for each in others if each.stage_order == place.stage_order]
    later = [each.person_name for each in others if each.stage_order > place.stage_order]
    return f"签署后由{'、'.join(same or later)}签署，签齐后封存"


def _what_next(letter: Letter) -> str:
    if letter.state == LetterState.SIGNED:
        return "已签署。各方已签齐，正在生成文件并封存。"
    names = "、".join(place.person_name for place in waited_for(places_of(letter), letter.stage))
    return f"已签署。接下来由{names}签署。"


@audience("letter.sign")
def letter_return(request: Asked, pk: int) -> HttpResponse:
    """Sending the text back says what becomes of the signatures that are there."""
    letter = visible_letter(request, pk)
    _own_place(request, letter)
    if refusal := _closed(letter, request):
        return render(request, "responsibility/letter_sign_closed.html", _shut(letter, refusal), status=409)
    form = ReasonForm(request.POST or None)
    if form.is_valid() and form.attempt(
        lambda: return_letter(letter, by=actor(request), reason=form.cleaned_data["reason"], now=request.now)
    ):
        messages.success(request, f"已退回。由{letter.drafted_by}按您的意见修改后重新发起。")
        return redirect("letter_show", pk=pk)
    signed = [place.person_name for place in places_of(letter) if place.is_signed]
    said = {"letter": letter, "form": form, "signed": signed}
    return render(request, "responsibility/letter_return.html", said, status=422 if form.errors else 200)

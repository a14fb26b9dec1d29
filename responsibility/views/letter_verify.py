"""The public page on which anybody holding a letter can check it, by code or by file; it shows only what the paper shows."""

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from common.access import PUBLIC, audience
from common.errors import DomainError
from responsibility.enums import SignatureState
from responsibility.forms.letters import VerifyFileForm, VerifyForm
from responsibility.models import Letter
from responsibility.services.letter_check import FileCheck, check_file, sealed_letter_by_code

PER_MINUTE = 30  # checks from one address; codes cannot be guessed at that speed


@audience(PUBLIC)
def letter_verify(request: HttpRequest) -> HttpResponse:
    by_code = VerifyForm(request.GET if request.GET.get("code") else None)
    by_file = VerifyFileForm(request.POST, request.FILES) if request.method == "POST" else VerifyFileForm()
    letter: Letter | None = None
    check: FileCheck | None = None
    if (by_code.is_bound or by_file.is_bound) and _too_often(request):
        raise DomainError("核验过于频繁，请一分钟后再试。")
    if by_code.is_bound and by_code.is_valid():
        letter = sealed_letter_by_code(by_code.cleaned_data["code"])
        if letter is None:
            by_code.add_error("code", "没有这个核验码对应的已封存责任书，请核对后重新输入。")
    if by_file.is_bound and by_file.is_valid():
        check = _checked(by_file)
        letter = check.letter if check and check.valid else None
    said = {
        "by_code": by_code,
        "by_file": by_file,
        "letter": letter,
        "check": check,
        "places": _places(letter),
    }
    refused = by_code.errors or by_file.errors if by_code.is_bound or by_file.is_bound else None
    return render(request, "responsibility/letter_verify.html", said, status=422 if refused else 200)


def _checked(form: VerifyFileForm) -> FileCheck | None:
    file = form.cleaned_data["file"]
    if file.size > settings.LVZE_MAX_UPLOAD_BYTES:
        form.add_error("file", f"文件超过 {settings.LVZE_MAX_UPLOAD_BYTES // 1024 // 1024} MB，不是责任书文件。")
        return None
    return check_file(file.read())


def _places(letter: Letter | None) -> list[tuple[str, str, str]]:
    if letter is None:
        return []
    places = letter.signatures.filter(version=letter.version, state=SignatureState.SIGNED)
    return [
        (place.get_side_display(), f"{place.person_name}（{place.post_title}）", place.signed_at)
        for place in places.order_by("stage_order", "order")
    ]


def _too_often(request: HttpRequest) -> bool:
    key = f"letter-verify:{request.META.get('REMOTE_ADDR', '')}"
    cache.add(key, 0, timeout=60)
    try:
        return cache.incr(key) > PER_MINUTE
    except ValueError:  # it ran out between the two
        return False

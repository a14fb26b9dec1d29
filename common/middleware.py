"""One moment and one id per request; closed views; refusals as pages."""

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from common.access import PUBLIC, SIGNED_IN
from common.errors import DomainError, Forbidden, Stale
from common.request_id import request_id

Handler = Callable[[HttpRequest], HttpResponse]


class RequestMoment:
    """Fixes `request.now`, `request.today` and `request.id`, so that one page knows one time."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.now = timezone.now()  # type: ignore[attr-defined]
        request.today = timezone.localdate(request.now)  # type: ignore[attr-defined]
        request.id = uuid.uuid4().hex[:12]  # type: ignore[attr-defined]
        with request_id(request.id):  # type: ignore[attr-defined]
            response = self.get_response(request)
        response["X-Request-Id"] = request.id  # type: ignore[attr-defined]
        return response


class SlidingSession:
    """A session ends two hours after the last click, not after the log-in; written at most every five minutes."""

    SECONDS = 300

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            moment = int(request.now.timestamp())  # type: ignore[attr-defined]
            if moment - request.session.get("seen", 0) > self.SECONDS:
                request.session["seen"] = moment
        return self.get_response(request)


class ClosedByDefault:
    """Lets nobody into a view that names no audience; Django admin guards itself."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        match = request.resolver_match
        guards_itself = bool(match and "admin" in match.app_names)
        wanted = getattr(view, "audience", ())
        if PUBLIC in wanted:
            return None
        user = request.user
        if not user.is_authenticated:
            return None if guards_itself else redirect_to_login(request.get_full_path())
        if guards_itself and not user.is_staff:
            return refusal_page(request, Forbidden("系统管理界面只供系统、安全、审计管理员使用。"))
        if user.must_change_password and match and match.url_name not in {"password_change", "logout"}:
            return redirect("password_change")
        if guards_itself or SIGNED_IN in wanted or any(user.may_somewhere(action) for action in wanted):
            return None
        return refusal_page(
            request, Forbidden("您的账号没有打开这个页面的权限。", remedy="如工作需要，请联系本单位安全管理员授权。")
        )


class DomainErrorPages:
    """A refusal that no view has shown at its place becomes a page in words; so does an address opened the wrong way."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code == 405 and not response.content:
            error = DomainError("这个地址不能直接打开。", remedy="请回到原来的页面，用页面上的按钮办理。")
            return render(request, "errors/refused.html", {"error": error}, status=405)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return refusal_page(request, exception) if isinstance(exception, DomainError) else None


def refusal_page(request: HttpRequest, error: DomainError) -> HttpResponse:
    status = 403 if isinstance(error, Forbidden) else 409 if isinstance(error, Stale) else 422
    return render(request, "errors/refused.html", {"error": error}, status=status)

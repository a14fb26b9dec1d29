"""Small choices of the reader: type size and columns. Both work without JavaScript."""

import re

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from common.access import PUBLIC, SIGNED_IN, audience
from common.face import A_YEAR, LARGE, NORMAL, TYPE_COOKIE
from common.table import columns_cookie

NAME = re.compile(r"[a-z0-9_-]{1,40}")


def back_to(request: HttpRequest) -> str:
    """The page the form came from, if it is one of ours."""
    wanted = request.POST.get("next", "")
    ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if ours else "/"


def remember(response: HttpResponse, name: str, value: str) -> HttpResponse:
    response.set_cookie(
        name, value, max_age=A_YEAR, samesite="Lax", httponly=True, secure=settings.SESSION_COOKIE_SECURE
    )
    return response


@require_POST
@audience(PUBLIC)
def type_choose(request: HttpRequest) -> HttpResponse:
    """大字版 on or off; on the log-in page too, where it is needed most."""
    large = request.POST.get("type") == LARGE
    return remember(HttpResponseRedirect(back_to(request)), TYPE_COOKIE, LARGE if large else NORMAL)


@require_POST
@audience(SIGNED_IN)
def columns_choose(request: HttpRequest) -> HttpResponse:
    """Keeps the columns chosen for one table."""
    response = HttpResponseRedirect(back_to(request))
    table = request.POST.get("table", "")
    if not NAME.fullmatch(table):
        return response
    keys = [key for key in request.POST.getlist("column") if NAME.fullmatch(key)][:40]
    return remember(response, columns_cookie(table), ".".join(keys))

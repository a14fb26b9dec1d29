"""Error pages in words: what happened, what to do, and the number of the request for whoever is asked."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from common.access import PUBLIC, audience


def _page(request: HttpRequest, name: str, status: int) -> HttpResponse:
    return render(request, f"errors/{name}.html", {"request_number": getattr(request, "id", "")}, status=status)


@audience(PUBLIC)
def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(request, "400", 400)


@audience(PUBLIC)
def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(request, "403", 403)


@audience(PUBLIC)
def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(request, "404", 404)


@audience(PUBLIC)
def server_error(request: HttpRequest) -> HttpResponse:
    return _page(request, "500", 500)


@audience(PUBLIC)
def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _page(request, "csrf", 403)

"""What a page costs before it says anything, and how many statements each page runs."""

from collections.abc import Callable
from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.template import engines

from common.access import SIGNED_IN, audience

SHELL = '{% extends "base.html" %}{% block title %}空白页{% endblock %}'


@audience(SIGNED_IN)
def bench_empty(request: HttpRequest) -> HttpResponse:
    """Log-in, access and middleware, and not one byte of a page."""
    return HttpResponse(b"")


@audience(SIGNED_IN)
def bench_shell(request: HttpRequest) -> HttpResponse:
    """The same with bar, navigation and foot around nothing."""
    return HttpResponse(engines["django"].from_string(SHELL).render({}, request))


class CountStatements:
    """Answers how many SQL statements a request took, where the request asks for it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.headers.get("X-Count-Statements") != "1":
            return self.get_response(request)
        statements: list[str] = []

        def count(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
            statements.append(sql)
            return execute(sql, params, many, context)

        with connection.execute_wrapper(count):
            response = self.get_response(request)
        response["X-Statements"] = str(len(statements))
        return response

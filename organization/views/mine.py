"""我的权限: which roles one holds, through what, where and until when, and what each allows."""

from django.http import HttpResponse
from django.shortcuts import render

from common.access import SIGNED_IN, audience
from organization.access import OFFICE_ACTIONS, holds_of
from organization.enums import ACTION_LABELS, Role
from organization.views.parts import Asked, actor


@audience(SIGNED_IN)
def my_access(request: Asked) -> HttpResponse:
    user = actor(request)
    holds = [
        {"role": Role(hold.role).label, "via": hold.via, "until": hold.until, "rights": _words(hold.actions)}
        for hold in holds_of(user)
    ]
    office = OFFICE_ACTIONS.get(user.office)
    if office:
        words = {"role": user.get_office_display(), "via": "账号类别", "until": None, "rights": _words(office)}
        holds.append(words)
    return render(request, "organization/my_access.html", {"holds": holds})


def _words(actions: frozenset[str]) -> list[str]:
    return [words for action, words in ACTION_LABELS.items() if action in actions]

"""为什么我能看到: the roles and loans that open one object to the account, or the sentence that none does."""

from typing import Any

from django.apps import apps
from django.http import Http404, HttpResponse
from django.shortcuts import render

from common.access import SIGNED_IN, audience
from organization.access import ALL_ACTIONS, ScopedQuerySet, explain
from organization.enums import ACTION_LABELS
from organization.views.parts import Asked, actor


@audience(SIGNED_IN)
def access_why(request: Asked, app_label: str, model: str, pk: int) -> HttpResponse:
    """Which role, through which post or grant, until when; for each action on this object.

    What the account may not see answers 404 like its own page would: the question must not confirm that it exists.
    """
    rows = _rows(app_label, model)
    user = actor(request)
    default = f"{model}.view"
    asked = request.GET.get("action", default)
    action = asked if asked in ALL_ACTIONS else default if default in ALL_ACTIONS else "unit.view"
    obj = rows.visible_to(user, action).filter(pk=pk).first()
    if obj is None:
        raise Http404("not visible")
    told = [(label, explain(user, each, obj)) for each, label in ACTION_LABELS.items() if _concerns(each, action)]
    said = {"obj": obj, "reasons": explain(user, action, obj), "told": told, "label": ACTION_LABELS.get(action, "")}
    return render(request, "organization/access_why.html", said)


def _concerns(action: str, asked: str) -> bool:
    return action.partition(".")[0] == asked.partition(".")[0]


def _rows(app_label: str, model: str) -> Any:
    try:
        rows = apps.get_model(app_label, model)._default_manager.all()
    except LookupError as error:
        raise Http404(str(error)) from error
    if not isinstance(rows, ScopedQuerySet):
        raise Http404("not scoped")
    return rows

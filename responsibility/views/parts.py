"""What the pages of lists share: scoped fetching, the one form page, exports."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from common.errors import DomainError, Forbidden, Stale
from common.table import Table
from engines.documents import sheet, store
from organization.models import User
from responsibility.forms.lists import RefusableForm
from responsibility.models import IssuedList, ResponsibilityList

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
EXPORT_ROWS = 50_000
Crumbs = Sequence[tuple[str, str]]


class Asked(HttpRequest):
    """A request as `RequestMoment` leaves it."""

    now: datetime
    today: date
    id: str


def actor(request: HttpRequest) -> User:
    """Who is signed in; `ClosedByDefault` has let nobody else through."""
    user = request.user
    assert isinstance(user, User)
    return user


def library_of(request: Asked, pk: int, action: str = "list.view") -> ResponsibilityList:
    """The library list, or 404 where the account may not do the action on it."""
    rows = ResponsibilityList.objects.visible_to(actor(request), action).select_related("unit", "supersedes")
    return get_object_or_404(rows, pk=pk)


def issued_of(request: Asked, pk: int) -> IssuedList:
    """The issued list, or 404 outside the reader's scope; what he may do with it is decided by its workflow."""
    rows = IssuedList.objects.visible_to(actor(request), "list.view")
    return get_object_or_404(rows.select_related("unit", "post__person", "list__unit"), pk=pk)


def flat(steps: Crumbs) -> list[str]:
    return [part for step in steps for part in step]


def library_crumbs(target: ResponsibilityList | None = None) -> list[tuple[str, str]]:
    steps = [(reverse("list_list"), "责任清单"), (reverse("library_list"), "清单库")]
    return [*steps, (reverse("library_show", args=[target.pk]), str(target))] if target else steps


def issued_crumbs(issued: IssuedList | None = None) -> list[tuple[str, str]]:
    steps = [(reverse("list_list"), "责任清单")]
    return [*steps, (reverse("list_show", args=[issued.pk]), issued.holder_words)] if issued else steps


def attempt(form: RefusableForm, act: Callable[[], Any]) -> Any:
    """The result of the service, or None where the form or the service refuses; the sentence then stands in the form.

    Forbidden and Stale are no matter of what was typed: they become a page of their own.
    """
    if not form.is_valid():
        return None
    try:
        return act()
    except (Forbidden, Stale):
        raise
    except DomainError as error:
        form.refuse(error)
        return None


def form_page(
    request: Asked,
    form: RefusableForm,
    *,
    title: str,
    act: str,
    up: Crumbs,
    lead: str = "",
    facts: Sequence[tuple[str, Any]] = (),
    multipart: bool = False,
    template: str = "responsibility/list_form.html",
    **more: Any,
) -> HttpResponse:
    """One question clearly asked: what it is about, the fields, one act, the way back."""
    said = {"form": form, "title": title, "act": act, "crumbs": flat([*up, ("", title)]), "back": up[-1][0]}
    said |= {"lead": lead, "facts": list(facts), "multipart": multipart, "keep": request.path, **more}
    return render(request, template, said, status=422 if form.is_bound and form.errors else 200)


def as_download(data: bytes, name: str) -> FileResponse:
    return store.bytes_download(data, name=name, content_type=XLSX)


def exported(request: Asked, table: Table, name: str) -> FileResponse:
    """What the list shows as an Excel file that names who took it out."""
    labels, rows = table.exported(limit=EXPORT_ROWS)
    return sheet_download(request, name, labels, rows)


def sheet_download(request: Asked, name: str, labels: Sequence[str], rows: Any) -> FileResponse:
    page = sheet.Sheet(name, [sheet.Column(label, 20) for label in labels], rows, title=name)
    data = sheet.workbook([page], exporter=str(actor(request)), now=request.now)
    return as_download(data, f"{name}{request.now:%Y%m%d}.xlsx")

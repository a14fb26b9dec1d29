"""What the pages of the organisation share: scoped fetching, the one form page, the one export."""

from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from common.access import audience
from common.table import Table
from engines.documents import sheet, store
from organization.forms import DomainForm, UnitField
from organization.models import Unit, User
from organization.queries.units import tree_rows
from organization.rules.search import normalise_query

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
EXPORT_ROWS = 50_000
SUGGESTED = 20


class Asked(HttpRequest):
    """A request as `RequestMoment` leaves it: one moment, one day, one id."""

    now: datetime
    today: date
    id: str


def actor(request: HttpRequest) -> User:
    """Who is signed in; `ClosedByDefault` has let nobody else through."""
    user = request.user
    assert isinstance(user, User)
    return user


def visible_unit(request: Asked, pk: int, action: str = "unit.view") -> Unit:
    """The unit, or 404 where the account may not do the action on it."""
    return get_object_or_404(
        Unit.objects.visible_to(actor(request), action).select_related("parent", "supervisor", "merged_into"), pk=pk
    )


def choose_units(form: DomainForm, rows: QuerySet[Unit]) -> DomainForm:
    """Tells the unit fields of a form from which units one may choose."""
    for field in form.fields.values():
        if isinstance(field, UnitField):
            field.choose_from = rows
            field.suggest_at(reverse("unit_suggest"))
    return form


def form_page(
    request: Asked,
    form: DomainForm,
    *,
    title: str,
    act: str,
    up: list[tuple[str, str]],
    lead: str = "",
    facts: list[tuple[str, Any]] | None = None,
    multipart: bool = False,
) -> HttpResponse:
    """One question clearly asked: what it is about, the fields, one act, the way back."""
    crumbs = [part for step in [*up, ("", title)] for part in step]
    said = {"form": form, "title": title, "act": act, "crumbs": crumbs, "back": up[-1][0], "lead": lead}
    said |= {"facts": facts or [], "multipart": multipart, "keep": request.resolver_match.url_name}  # type: ignore[union-attr]
    return render(request, "organization/form_page.html", said, status=422 if form.is_bound and form.errors else 200)


def exported(request: Asked, table: Table, name: str) -> FileResponse:
    """What the list shows (search, filters, columns) as an Excel file that names who took it out."""
    labels, rows = table.exported(limit=EXPORT_ROWS)
    page = sheet.Sheet(name, [sheet.Column(label, 20) for label in labels], rows, title=name)
    now = request.now
    data = sheet.workbook([page], exporter=str(actor(request)), now=now)
    return store.bytes_download(data, name=f"{name}{now:%Y%m%d}.xlsx", content_type=XLSX)


@audience("unit.view", "unit.manage", "grant.manage")
def unit_suggest(request: Asked) -> HttpResponse:
    """Suggestions beside a unit field; the text is the value of whatever field asks."""
    typed = next((value for value in request.GET.values() if value.strip()), "")
    rows = tree_rows(actor(request), today=request.today)
    found = rows.filter(search_text__contains=normalise_query(typed))[:SUGGESTED] if typed else rows.none()
    return render(request, "organization/_unit_suggestions.html", {"units": found})

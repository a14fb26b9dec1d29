"""The uniform table: search, filters in the address, sort, chosen columns, keyset paging, selection and export of one list.

A list page declares its table and writes one row; everything else is the same everywhere and works without JavaScript:

    class LetterTable(Table):                       # responsibility/views/letters.py
        id, label, measure = "letters", "责任书", "份"
        columns = (
            Column("title", "责任方与责任书", rank=TITLE, sort="unit_name"),
            Column("number", "编号", rank=SECOND, sort="number"),
            Column("state", "状态", rank=FACT),
            Column("due_on", "签订期限", rank=FACT, sort="due_on"),
            Column("note", "备注", shown=False),       # offered under 选择列, not shown at first
        )
        filters = (
            Filter("state", "状态", State.choices, lookup="state__in"),
            Filter("year", "年度", years, lookup="year__in", initial=("2026",)),     # years(): a callable → choices
        )
        order = "due_on"                            # key of a sortable column, "-due_on" for descending
        search = ("search_text__contains",)         # lookups joined by OR, each word must be found
        hint = "标题、单位、人名，可用拼音首字母"
        batch = (Act("letter_remind", "催签"),)      # url names that take a POST; see `picked`
        export = "letter_export"                    # url name; the address's query goes with it
        empty = Empty("还没有责任书", "由党风政风监督室按清单拟稿后，会出现在这里。")

    @audience("letter.view")
    def letter_list(request):
        letters = Letter.objects.visible_to(request.user, "letter.view").select_related("unit")
        return render(request, "responsibility/letter_list.html", {"table": LetterTable(request, letters)})

    {% load ui %}                                    {# letter_list.html #}
    {% table table %}
      {% cell "title" %}<a href="{% url 'letter' row.pk %}">{{ row.unit_name }}</a>{% endcell %}
      {% cell "number" %}{{ row.number }}{% endcell %}
      {% cell "state" %}{% state row.get_state_display row.tone %}{% endcell %}
      {% cell "due_on" %}{% due row.due_on show_date=True %}{% endcell %}
    {% endtable %}

    def letter_remind(request):                      # a batch act: only what the actor may see and what he picked
        letters = LetterTable(request, Letter.objects.visible_to(request.user, "letter.remind")).picked()

    def letter_export(request):
        headers, rows = LetterTable(request, visible).exported(limit=50_000)   # Column.value says what a cell holds

Statements: the rows, and a count of at most COUNTED rows (for one row as for many). A column's `sort`
is one field path or a tuple of them; ties are broken by the primary key, NULL counts as the greatest value (PostgreSQL's own
order, so a plain index on (sort, id) serves both directions). The address of a page carries a signed cursor; one that was
tampered with, or belongs to another order, is ignored and the first page is shown.
"""

from collections.abc import Callable, Hashable, Iterator
from functools import cached_property, reduce
from operator import and_, or_
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest, QueryDict
from django.urls import reverse

from common.columns import (
    FACT,
    KEEP,
    REST,
    SECOND,
    TITLE,
    Act,
    Chip,
    Column,
    Empty,
    Filter,
    FilterShown,
    Heading,
    Option,
    frame,
    value_of,
)
from common.keyset import Cursor, Window, beyond, read_cursor, write_cursor

__all__ = ["FACT", "KEEP", "REST", "SECOND", "TITLE", "Act", "Column", "Empty", "Filter", "Table", "columns_cookie"]

SIZES = (20, 50, 100)
COUNTED = 10_000  # beyond this a total says "more than"
LONGEST_SEARCH = 50


class Table:
    """One list of one request; see the module for how it is declared and used."""

    id: ClassVar[str] = "rows"
    label: ClassVar[str] = ""
    measure: ClassVar[str] = "条"
    columns: ClassVar[tuple[Column, ...]] = ()
    filters: ClassVar[tuple[Filter, ...]] = ()
    order: ClassVar[str] = ""
    search: ClassVar[tuple[str, ...] | Callable[[Any, str], Any]] = ()
    hint: ClassVar[str] = ""
    batch: ClassVar[tuple[Act, ...]] = ()
    export: ClassVar[str] = ""
    empty: ClassVar[Empty] = Empty("还没有内容")
    grouped: ClassVar[bool] = False

    sizes: ClassVar[tuple[int, ...]] = SIZES

    def __init__(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        self.request = request
        self.all_rows = rows
        self.given: QueryDict = request.GET
        self.path = request.path

    # ---- to be overridden where a list wants it

    def group_of(self, row: Any) -> str:
        """The heading under which a row stands; only asked where `grouped`."""
        raise NotImplementedError

    def name_of(self, row: Any) -> str:
        """How a row is called to a screen reader beside its tick box; "" falls back to its number."""
        return ""

    def pk_of(self, row: Any) -> Any:
        return row["pk"] if isinstance(row, dict) else row.pk

    # ---- what the address says; whatever is not understood is ignored

    @cached_property
    def q(self) -> str:
        return self.given.get("q", "").replace("\x00", "").strip()[:LONGEST_SEARCH]

    @cached_property
    def size(self) -> int:
        wanted = self.given.get("size", "")
        return int(wanted) if wanted in {str(size) for size in SIZES} else SIZES[0]

    @cached_property
    def sort(self) -> tuple[Column | None, bool]:
        """The column sorted by and whether it runs down; (None, False) is the order of the primary key."""
        known = {column.key: column for column in self.columns if column.paths}
        for wanted in (self.given.get("sort", ""), self.order):
            if column := known.get(wanted.removeprefix("-")):
                return column, wanted.startswith("-")
        return None, False

    @cached_property
    def shown_filters(self) -> list[FilterShown]:
        shown = []
        for each in self.filters:
            choices = each.choices() if callable(each.choices) else each.choices
            asked = set(self.given.getlist(each.key) if each.key in self.given else each.initial)
            shown.append(FilterShown(each, [Option(str(value), word, str(value) in asked) for value, word in choices]))
        return shown

    @cached_property
    def chosen(self) -> dict[str, list[str]]:
        """The chosen values of each filter in use; only offered values are taken."""
        return {f.filter.key: [o.value for o in f.options if o.chosen] for f in self.shown_filters if f.used}

    @property
    def searchable(self) -> bool:
        """Whether a search field is shown; a template asking for a function `search` would call it."""
        return bool(self.search)

    @cached_property
    def narrowed(self) -> bool:
        return bool(self.q or self.chosen)

    # ---- the rows

    @cached_property
    def matching(self) -> QuerySet[Any]:
        """All rows that meet search and filters, in no order."""
        rows = self.all_rows
        for each in self.filters:
            if values := self.chosen.get(each.key):
                rows = each.narrow(rows, values)
        return self._found(rows) if self.q else rows

    def _found(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        if callable(self.search):
            return type(self).search(rows, self.q)  # type: ignore[operator]
        if not self.search:
            return rows
        words = (reduce(or_, (Q(**{lookup: word}) for lookup in self.search)) for word in self.q.split())
        return rows.filter(reduce(and_, words, Q()))

    @cached_property
    def keys(self) -> tuple[str, ...]:
        column, _ = self.sort
        return column.paths if column else ()

    def ordered(self, *, down: bool) -> QuerySet[Any]:
        """The matching rows by sort values and primary key, all in one direction."""
        marks = {f"sort_key_{n}": F(path) for n, path in enumerate(self.keys)}
        order = [*marks, "pk"]
        return self.matching.annotate(**marks).order_by(*(f"-{name}" if down else name for name in order))

    @cached_property
    def window(self) -> Window:
        """The page the address asks for; an empty one before the first row becomes the first page."""
        _, down = self.sort
        if cursor := self._cursor("before"):
            found = list(self._beyond(cursor, up=down)[: self.size + 1])
            if len(found) > self.size:
                return Window(found[self.size - 1 :: -1], max(1, cursor.number - self.size), True, True)
        elif cursor := self._cursor("after"):
            found = list(self._beyond(cursor, up=not down)[: self.size + 1])
            return Window(found[: self.size], cursor.number + 1, True, len(found) > self.size)
        found = list(self.ordered(down=down)[: self.size + 1])
        return Window(found[: self.size], 1, False, len(found) > self.size)

    def _beyond(self, cursor: Cursor, *, up: bool) -> QuerySet[Any]:
        names = [*(f"sort_key_{n}" for n in range(len(self.keys))), "pk"]
        return self.ordered(down=not up).filter(beyond(names, [*cursor.values, cursor.pk], up=up))

    @property
    def rows(self) -> list[Any]:
        return self.window.rows

    @cached_property
    def total(self) -> int:
        """How many rows match, at most COUNTED + 1. Counted for one row too: every page of a list asks the same."""
        return counted(self.matching, COUNTED + 1)

    @cached_property
    def total_words(self) -> str:
        """`64 份`, or `10,000 份以上` beyond what is counted."""
        return f"{COUNTED:,}\u00a0{self.measure}以上" if self.total > COUNTED else f"{self.total:,}\u00a0{self.measure}"

    @property
    def last(self) -> int:
        return self.window.first + len(self.rows) - 1

    # ---- addresses

    @cached_property
    def _conditions(self) -> dict[str, list[str]]:
        gone = {"after", "before"} if self.q else {"after", "before", "q"}
        return {key: values for key, values in self.given.lists() if key not in gone}

    def _address(self, **changes: Any) -> str:
        """The address of this list with some parts changed (None takes one away); always from its first page unless told."""
        query = urlencode(
            {key: value for key, value in {**self._conditions, **changes}.items() if value is not None}, doseq=True
        )
        return f"{self.path}?{query}" if query else self.path

    @property
    def view_address(self) -> str:
        return self._address()

    @property
    def query(self) -> str:
        """The conditions as they stand in the address, carried by "all that match"."""
        return self._address().partition("?")[2]

    @property
    def cleared(self) -> str:
        """The address without search and filters; a filter with an initial choice is left open on purpose."""
        return self._address(q=None, **{f.key: [""] if f.initial else None for f in self.filters})

    @cached_property
    def chips(self) -> list[Chip]:
        chips = [Chip(f"查找：{self.q}", self._address(q=None))] if self.q else []
        for shown in self.shown_filters:
            values = self.chosen.get(shown.filter.key, [])
            for option in shown.options:
                if option.chosen:
                    left = [value for value in values if value != option.value] or (
                        [""] if shown.filter.initial else None
                    )
                    chips.append(
                        Chip(f"{shown.filter.label}：{option.word}", self._address(**{shown.filter.key: left}))
                    )
        return chips

    @cached_property
    def headings(self) -> list[Heading]:
        column, down = self.sort
        return [self._heading(each, column, down) for each in self.visible]

    def _heading(self, each: Column, sorted_by: Column | None, down: bool) -> Heading:
        if not each.paths:
            return Heading(each)
        if each is not sorted_by:
            return Heading(each, "", self._address(sort=each.key))
        other_way = each.key if down else f"-{each.key}"
        return Heading(each, "descending" if down else "ascending", self._address(sort=other_way))

    @property
    def previous(self) -> str:
        window = self.window
        return (
            self._address(before=self._token(window.rows[0], window.first))
            if window.more_before and window.rows
            else ""
        )

    @property
    def following(self) -> str:
        window = self.window
        return self._address(after=self._token(window.rows[-1], self.last)) if window.more_after else ""

    @property
    def export_address(self) -> str:
        if not self.export:
            return ""
        return f"{reverse(self.export)}?{self.query}" if self.query else reverse(self.export)

    # ---- cursors

    def _sort_name(self) -> str:
        column, down = self.sort
        return f"{self.id}:{'-' if down else ''}{column.key if column else ''}"

    def _token(self, row: Any, number: int) -> str:
        read = row.get if isinstance(row, dict) else lambda name: getattr(row, name)
        values = tuple(read(f"sort_key_{n}") for n in range(len(self.keys)))
        return write_cursor(self._sort_name(), Cursor(values, self.pk_of(row), number))

    def _cursor(self, key: str) -> Cursor | None:
        cursor = read_cursor(self._sort_name(), self.given.get(key, ""))
        return cursor if cursor and len(cursor.values) == len(self.keys) else None

    # ---- columns

    @cached_property
    def hidden(self) -> set[str]:
        """The columns this reader does not show: the own choice (a cookie), otherwise what the table declares."""
        known = {column.key for column in self.columns if column.rank != TITLE}
        kept = self.request.COOKIES.get(columns_cookie(self.id))
        if kept is None:
            return {column.key for column in self.columns if not column.shown}
        return known - set(kept.split("."))

    @cached_property
    def visible(self) -> list[Column]:
        return [column for column in self.columns if column.key not in self.hidden]

    @property
    def offered(self) -> list[Option]:
        """The columns one may choose; the title always stays."""
        return [Option(c.key, c.label, c.key not in self.hidden) for c in self.columns if c.rank != TITLE]

    @property
    def tools_key(self) -> Hashable:
        """All that search, filters and column choice show; two tables with the same key have the same tools."""
        filters = tuple((f.filter.key, f.filter.label, *f.options) for f in self.shown_filters)
        words = (self.label, self.hint, self.export, self.searchable)
        return type(self), self.id, self.path, self.view_address, self.q, filters, tuple(self.offered), words

    @cached_property
    def cells(self) -> dict[str, tuple[str, str] | None]:
        """For the cell tag: what opens and closes each column's cell, None for a hidden one."""
        return {column.key: None if column.key in self.hidden else frame(column) for column in self.columns}

    @property
    def width(self) -> int:
        return len(self.visible) + bool(self.batch)

    # ---- selection and export

    def picked(self) -> QuerySet[Any]:
        """What a batch POST names: the ticked rows, or all that meet the conditions it carries; never outside `rows`."""
        post = self.request.POST
        if post.get("all") == "1":
            self.given = QueryDict(post.get("filter", "")[:2000])
            for name in ("q", "_conditions", "shown_filters", "chosen", "narrowed", "matching"):
                self.__dict__.pop(name, None)
            return self.matching
        return self.all_rows.filter(pk__in=[key for key in post.getlist("pick") if self._is_key(key)])

    def _is_key(self, text: str) -> bool:
        key: Any = self.all_rows.model._meta.pk
        try:
            key.clean(key.to_python(text), None)
        except Exception:  # noqa: BLE001 - any refusal of a field means "no such row"
            return False
        return True

    def exported(self, *, limit: int) -> tuple[list[str], Iterator[list[Any]]]:
        """Headers and rows of all that matches, in the order shown, visible columns only; at most `limit` rows."""
        columns = [column for column in self.visible if column.value is not None]
        _, down = self.sort
        rows = self.ordered(down=down)[:limit]
        return [c.label for c in columns], (
            [value_of(row, c.value) for c in columns] for row in rows.iterator(chunk_size=2000)
        )


def counted(rows: QuerySet[Any], limit: int) -> int:
    """How many rows there are, looking no further than `limit`.

    The statement is that of `rows[:limit].count()`; wrapping it here saves the ORM a second round of compiling.
    """
    try:
        sql, params = rows.order_by().values("pk")[:limit].query.sql_with_params()
    except EmptyResultSet:
        return 0
    with connections[rows.db].cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({sql}) AS counted", params)  # noqa: S608 (compiled by the ORM)
        return int(cursor.fetchone()[0])


def columns_cookie(table_id: str) -> str:
    """The name of the cookie that keeps the chosen columns of a table."""
    return f"columns-{table_id}"

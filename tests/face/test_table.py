"""The uniform table: every row once in both directions, conditions in the address, nothing an address says breaks it."""

import datetime as dt
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.http import HttpRequest, QueryDict
from django.template import Context, Template, TemplateSyntaxError
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from common import table as table_module
from common.keyset import pack, unpack
from common.table import FACT, TITLE, Act, Column, Filter, Table
from engines.jobs.models import Job

pytestmark = pytest.mark.django_db

NOW = dt.datetime(2026, 3, 24, 1, 40, 0, 123456, tzinfo=dt.UTC)


class JobTable(Table):
    id, label, measure = "jobs", "任务", "件"
    columns = (
        Column("label", "名称", rank=TITLE, sort="label", value="label"),
        Column("total", "总数", rank=FACT, sort="total", number=True, value="total"),
        Column("finished_at", "结束时间", sort="finished_at"),
        Column("both", "两项", sort=("finished_at", "total")),
        Column("person", "发起人", sort="requested_by__username", value="requested_by__username"),
        Column("words", "说明", shown=False),
    )
    filters = (
        Filter("kind", "类别", [("a", "甲类"), ("b", "乙类")], lookup="kind__in"),
        Filter("state", "状态", [("done", "已完成"), ("queued", "排队")], lookup="state__in", initial=("done",)),
    )
    order = "label"
    search = ("label__icontains", "words__icontains")
    batch = (Act("columns_choose", "催办"),)

    def name_of(self, row: Job) -> str:
        return row.label


class AllJobs(JobTable):
    filters = JobTable.filters[:1]


def make(rows: list[tuple[str, int, int | None]], kind: str = "a") -> None:
    """Jobs of (label, total, minutes after NOW at which they ended or None for queued)."""
    Job.objects.bulk_create(
        Job(
            kind=kind,
            label=label,
            total=total,
            state="queued" if ended is None else "done",
            not_before=NOW,
            created_at=NOW,
            finished_at=None if ended is None else NOW + dt.timedelta(microseconds=ended),
        )
        for label, total, ended in rows
    )


def asked(query: str = "", **cookies: str) -> HttpRequest:
    request = RequestFactory().get(f"/jobs/?{query}")
    request.COOKIES.update(cookies)
    return request


def page(query: str = "", kind: type[Table] = AllJobs, **cookies: str) -> Table:
    return kind(asked(query, **cookies), Job.objects.all())


def query_of(address: str) -> str:
    return urlsplit(address).query


def walk(query: str, *, forwards: bool = True, kind: type[Table] = AllJobs) -> list[list[int]]:
    """The ids page by page until there is no further page."""
    pages = []
    while True:
        shown = page(query, kind)
        pages.append([row.pk for row in shown.rows])
        address = shown.following if forwards else shown.previous
        if not address:
            return pages
        query = query_of(address)


def expected(sort: str) -> list[int]:
    """The order told in Python: NULL is the greatest value, ties by id, all in one direction."""
    down, key = sort.startswith("-"), sort.removeprefix("-")
    fields = {"label": ["label"], "total": ["total"], "finished_at": ["finished_at"], "both": ["finished_at", "total"]}[
        key
    ]

    def rank(job: Job) -> tuple[Any, ...]:
        values = (getattr(job, name) for name in fields)
        return (*((value is None, value if value is not None else 0) for value in values), job.pk)

    return [job.pk for job in sorted(Job.objects.all(), key=rank, reverse=down)]


SORTS = ["label", "-label", "total", "-total", "finished_at", "-finished_at", "both", "-both"]
ROW = st.tuples(
    st.sampled_from(["a", "b", "c"]), st.integers(0, 2), st.one_of(st.none(), st.sampled_from([0, 1, 60_000_000]))
)


@hypothesis_settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(ROW, max_size=14), sort=st.sampled_from(SORTS))
def test_every_row_comes_once_in_order_forwards_and_backwards(rows: list[Any], sort: str) -> None:
    Job.objects.all().delete()
    make(rows)
    sizes, table_module.SIZES = table_module.SIZES, (3,)
    try:
        there = walk(f"sort={sort}")
        assert [pk for ids in there for pk in ids] == expected(sort)
        last = page(f"sort={sort}")
        while last.following:
            last = page(query_of(last.following))
        if last.rows and last.previous:
            back = walk(query_of(last.previous), forwards=False)
            assert back[::-1] == there[: len(back)]
            assert back[-1] == there[0]
    finally:
        table_module.SIZES = sizes


def test_the_page_says_which_rows_it_shows() -> None:
    make([(f"{n:03}", 0, None) for n in range(45)])
    first = page()
    second = page(query_of(first.following))
    third = page(query_of(second.following))
    assert [(t.window.first, t.last) for t in (first, second, third)] == [(1, 20), (21, 40), (41, 45)]
    assert third.following == ""
    assert first.previous == ""
    back = page(query_of(third.previous))
    assert (back.window.first, [r.pk for r in back.rows]) == (21, [r.pk for r in second.rows])


def test_a_row_that_is_removed_at_the_edge_loses_no_other() -> None:
    make([(f"{n:03}", 0, None) for n in range(30)])
    first = page()
    first.rows[-1].delete()
    assert [row.label for row in page(query_of(first.following)).rows] == [f"{n:03}" for n in range(20, 30)]


def test_going_back_beyond_the_first_row_shows_a_full_first_page() -> None:
    make([(f"{n:03}", 0, None) for n in range(30)])
    second = page(query_of(page().following))
    Job.objects.filter(label__lt="010").delete()
    assert [row.label for row in page(query_of(second.previous)).rows] == [f"{n:03}" for n in range(10, 30)]


@pytest.mark.parametrize(
    "query",
    [
        "after=x",
        "after=" + "x" * 5000,
        "before=W10:1abc:xyz",
        "sort=password",
        "sort=-",
        "sort=__class__",
        "size=999999",
        "size=-1",
        "size=%00",
        "q=%00",
        "q=" + "长" * 3000,
        "q=%25_%5C",
        "kind=c",
        "kind=%27%3B+DROP+TABLE",
        "kind=&kind=&kind=a",
        "after=&before=&sort=&size=&q=",
    ],
)
def test_nothing_an_address_says_breaks_the_page(query: str) -> None:
    make([("甲", 1, None)])
    shown = page(query)
    assert len(shown.rows) <= 1
    assert shown.total <= 1


def test_a_cursor_of_another_order_is_ignored() -> None:
    make([(f"{n:03}", n % 3, None) for n in range(30)])
    token = parse_qs(query_of(page("sort=label").following))["after"][0]
    assert page(f"sort=total&after={token}").window.first == 1


def test_a_cursor_that_was_changed_is_ignored() -> None:
    make([(f"{n:03}", 0, None) for n in range(30)])
    token = parse_qs(query_of(page().following))["after"][0]
    assert page(f"after={token[:-1]}{'a' if token[-1] != 'a' else 'b'}").window.first == 1


@pytest.mark.parametrize(
    "value",
    [NOW, NOW.date(), NOW.time(), 3, "云", None, 1.25, True],
)
def test_sort_values_come_back_exactly(value: Any) -> None:
    assert unpack(pack(value)) == value


def test_what_cannot_be_sorted_by_is_said_at_once() -> None:
    with pytest.raises(TypeError):
        pack({"a": 1})


def test_two_statements_at_most_whatever_is_shown() -> None:
    make([(f"{n:03}", 0, None) for n in range(60)])
    for query in ("", "size=50", "q=0", "kind=a&q=0", query_of(page().following)):
        with CaptureQueriesContext(
            connection,
        ) as asked_for:
            shown = page(query)
            _ = shown.rows, shown.total_words, shown.chips, shown.headings, shown.previous, shown.following
        assert len(asked_for) <= 2, query
        assert not any("OFFSET" in statement["sql"] for statement in asked_for)


def test_one_row_and_many_ask_the_same_two_statements() -> None:
    for rows, words in ((1, "1\u00a0件"), (59, "60\u00a0件")):
        make([(f"{rows}-{n:03}", 0, None) for n in range(rows)])
        with CaptureQueriesContext(connection) as asked_for:
            shown = page()
            assert shown.rows
            assert shown.total_words == words
        assert len(asked_for) == 2


def test_beyond_what_is_counted_the_total_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    make([(f"{n:03}", 0, None) for n in range(30)])
    monkeypatch.setattr(table_module, "COUNTED", 25)
    assert page().total_words == "25\u00a0件以上"


def test_search_needs_every_word_and_finds_it_in_any_field() -> None:
    make([("市财政局 责任书", 0, None), ("市财政局 清单", 0, None)])
    assert [row.label for row in page("q=财政 责任").rows] == ["市财政局 责任书"]
    assert page("q=财政 没有").rows == []


def test_chips_lead_to_the_address_without_them() -> None:
    make([("甲", 0, None)])
    shown = page("kind=a&kind=b&q=甲&size=50")
    words = {chip.words: chip.without for chip in shown.chips}
    assert set(words) == {"查找：甲", "类别：甲类", "类别：乙类"}
    assert parse_qs(query_of(words["类别：甲类"])) == {"kind": ["b"], "q": ["甲"], "size": ["50"]}
    assert "q=" not in words["查找：甲"]


def test_an_initial_condition_holds_until_it_is_taken_away() -> None:
    make([("完", 0, 5), ("排", 0, None)])
    assert [row.label for row in page("", JobTable).rows] == ["完"]
    open_address = page("", JobTable).chips[0].without
    assert "state=" in open_address
    assert {row.label for row in page(query_of(open_address), JobTable).rows} == {"完", "排"}
    assert {row.label for row in page(query_of(page("", JobTable).cleared), JobTable).rows} == {"完", "排"}


def test_a_first_click_sorts_up_and_the_next_one_down() -> None:
    heads = {head.column.key: head for head in page("sort=total").headings}
    assert heads["total"].order == "ascending"
    assert heads["total"].href.endswith("sort=-total")
    assert heads["label"].order == ""
    assert heads["label"].href.endswith("sort=label")


def test_columns_are_those_chosen_and_the_title_always_stays() -> None:
    assert [column.key for column in page().visible] == ["label", "total", "finished_at", "both", "person"]
    chosen = page("", **{"columns-jobs": "words.nonsense"})
    assert [column.key for column in chosen.visible] == ["label", "words"]
    assert [column.key for column in page("", **{"columns-jobs": ""}).visible] == ["label"]


def posted(**data: Any) -> HttpRequest:
    request = RequestFactory().post("/act/")
    query = QueryDict(mutable=True)
    for key, value in data.items():
        query.setlist(key, value if isinstance(value, list) else [value])
    request.POST = query  # type: ignore[assignment]
    return request


def test_ticked_rows_are_picked_only_within_what_the_actor_may_see() -> None:
    make([("甲", 0, None), ("乙", 0, None), ("丙", 0, None)])
    one, two, three = Job.objects.order_by("pk")
    may_see = Job.objects.exclude(pk=three.pk)
    picked = AllJobs(posted(pick=[str(one.pk), str(three.pk), "x", "", "9" * 40]), may_see).picked()
    assert [job.pk for job in picked] == [one.pk]
    assert two.pk not in {job.pk for job in picked}


def test_all_that_match_carries_the_conditions_and_stays_within_scope() -> None:
    make([("甲一", 0, None), ("甲二", 0, None), ("乙", 0, None)])
    hidden = Job.objects.get(label="甲二")
    picked = AllJobs(posted(all="1", filter="q=甲&kind=a"), Job.objects.exclude(pk=hidden.pk)).picked()
    assert [job.label for job in picked] == ["甲一"]


def test_nothing_ticked_picks_nothing() -> None:
    make([("甲", 0, None)])
    assert not AllJobs(posted(), Job.objects.all()).picked().exists()


def test_an_export_holds_what_is_shown_in_the_order_shown() -> None:
    make([("乙", 2, None), ("甲", 1, None)])
    headers, rows = page("sort=-total").exported(limit=10)
    assert headers == ["名称", "总数", "发起人"]
    assert list(rows) == [["乙", 2, None], ["甲", 1, None]]
    headers, _ = page("", **{"columns-jobs": "total"}).exported(limit=10)
    assert headers == ["名称", "总数"]


SOURCE = (
    '{% load ui %}{% table t %}{% cell "label" %}<a href="/x/">{{ row.label }}</a>{% endcell %}'
    '{% cell "total" %}{{ row.total }}{% endcell %}{% cell "words" %}{{ row.words }}{% endcell %}{% endtable %}'
)


def shown(table: Table, source: str = SOURCE) -> str:
    return Template(source).render(Context({"t": table, "csrf_token": "token", "request": table.request}))


def test_a_row_is_written_once_with_its_label_rank_and_tick() -> None:
    make([("甲<b>", 7, None)])
    html = shown(page())
    assert '<th scope="row" class="lz-title"><a href="/x/">甲&lt;b&gt;</a></th>' in html
    assert '<td class="lz-fact lz-num" data-label="总数"><div>7</div></td>' in html
    assert 'aria-label="选中 甲&lt;b&gt;"' in html
    assert "说明" in html
    assert 'data-label="说明"' not in html


def test_a_cell_of_no_column_fails() -> None:
    make([("甲", 0, None)])
    with pytest.raises(TemplateSyntaxError, match="no column"):
        shown(page(), '{% load ui %}{% table t %}{% cell "nonsense" %}x{% endcell %}{% endtable %}')


def test_an_empty_list_says_what_comes_next_and_a_narrow_one_offers_to_widen() -> None:
    assert "还没有内容" in shown(page())
    html = shown(page("q=没有的"))
    assert "没有符合条件的内容" in html
    assert "清除条件" in html


def test_the_page_is_reachable_without_script() -> None:
    make([(f"{n:03}", 0, None) for n in range(30)])
    html = shown(page())
    assert re.search(r'<a class="btn btn-sm" href="/jobs/\?after=[^"]+" rel="next"', html)
    assert 'method="get"' in html
    assert 'name="q"' in html
    assert 'id="jobs-batch" method="post"' in html
    assert 'form="jobs-batch"' in html


class FunctionSearched(JobTable):
    """Looks through its rows by a function of its own, as lists searched by pinyin do."""

    @staticmethod
    def search(rows: Any, text: str) -> Any:
        return rows.filter(label__icontains=text)


@pytest.mark.parametrize("table", [JobTable, FunctionSearched])
def test_a_list_that_can_be_searched_shows_its_search_field(table: type[Table]) -> None:
    assert 'name="q"' in shown(page(kind=table))

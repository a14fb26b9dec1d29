"""Working days: the State Council's notice read day by day, the ladder's days, a year not yet published, the own table."""

from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import chinese_calendar
import pytest

from common import workdays
from common.errors import DomainError
from common.words import due
from engines.audit.record import timeline_of
from engines.reminders import holidays
from engines.reminders.arrangement import read_arrangement
from engines.reminders.ladder import due_days, firings, offsets_of
from engines.reminders.models import Holiday, HolidayYear, Rung
from tests.factories.organization import NOW, make_officer

# 国务院办公厅关于2026年部分节假日安排的通知, as published on 2025-11-04.
NOTICE_2026 = """各省、自治区、直辖市人民政府，国务院各部委、各直属机构：
经国务院批准，现将2026年元旦、春节、清明节、劳动节、端午节、中秋节和国庆节放假调休日期的具体安排通知如下。
一、元旦：1月1日（周四）至3日（周六）放假调休，共3天。1月4日（周日）上班。
二、春节：2月15日（农历腊月二十八、周日）至23日（农历正月初七、周一）放假调休，共9天。2月14日（周六）、2月28日（周六）上班。
三、清明节：4月4日（周六）至6日（周一）放假，共3天。
四、劳动节：5月1日（周五）至5日（周二）放假调休，共5天。5月9日（周六）上班。
五、端午节：6月19日（周五）至21日（周日）放假，共3天。
六、中秋节：9月25日（周五）至27日（周日）放假，共3天。
七、国庆节：10月1日（周四）至7日（周三）放假调休，共7天。9月20日（周日）、10月10日（周六）上班。
节假日期间，各地区、各部门要妥善安排好值班和安全、保卫、疫情防控等工作。
"""
INVENTED_2027 = """一、元旦：1月1日（周五）至3日（周日）放假，共3天。
二、春节：2月5日至11日放假调休，共7天。1月31日（周日）、2月20日（周六）上班。"""


def days_of(year: int) -> list[date]:
    first = date(year, 1, 1)
    return [first + timedelta(days=n) for n in range((date(year + 1, 1, 1) - first).days)]


# ---------------------------------------------------------------------------------------------- the notice


def test_the_published_notice_gives_exactly_the_known_year() -> None:
    read = read_arrangement(NOTICE_2026, 2026)
    assert read.faults == ()
    said = {named.day: named.is_working for named in read.days}
    for day in days_of(2026):
        assert said.get(day, day.weekday() < 5) == chinese_calendar.is_workday(day), day


def test_the_names_of_the_days_are_kept() -> None:
    named = {each.day: each.name for each in read_arrangement(NOTICE_2026, 2026).days}
    assert (named[date(2026, 2, 28)], named[date(2026, 10, 7)]) == ("春节", "国庆节")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("一、元旦：1月1日（周五）至3日（周六）放假，共3天。", "2026年1月1日是周四，通知里写的是周五"),
        ("一、元旦：1月1日至3日放假，共4天。", "元旦写明共 4 天，读到 3 天"),
        ("一、元旦：2月30日放假。", "没有「2月30日」这一天"),
        ("一、元旦：1月5日至3日放假。", "起止日期不对"),
        ("一、元旦：1月1日放假。\n二、补班：1月1日上班。", "1月1日既写放假又写上班"),
        ("明年的安排另行通知。", "没有读到放假安排"),
        ("", "没有读到放假安排"),
    ],
)
def test_what_cannot_be_believed_is_said_at_its_place(text: str, fault: str) -> None:
    assert any(fault in said for said in read_arrangement(text, 2026).faults)


# ---------------------------------------------------------------------------------------------- the ladder's days


def rung(offset: int, audience: str = "owner", every: int = 0, limit: int = 0) -> Rung:
    return Rung(offset=offset, audience=audience, repeat_every=every, repeat_limit=limit)


@pytest.mark.parametrize(
    ("day", "offset", "expected"),
    [
        (date(2026, 9, 24), -5, [date(2026, 10, 9)]),  # 中秋 and 国庆 lie between: 9-28, 9-29, 9-30, 10-8, 10-9
        (date(2026, 9, 30), -1, [date(2026, 10, 8)]),
        (date(2026, 9, 30), 0, [date(2026, 9, 30), *(date(2026, 10, n) for n in range(1, 8))]),
        (date(2026, 10, 8), 1, [date(2026, 9, 30), *(date(2026, 10, n) for n in range(1, 8))]),
        (date(2026, 10, 9), -1, [date(2026, 10, 10), date(2026, 10, 11)]),  # Saturday 10-10 is worked
        (date(2026, 11, 20), 0, [date(2026, 11, 20), date(2026, 11, 21), date(2026, 11, 22)]),
    ],
)
def test_offsets_count_working_days_with_days_worked_instead(day: date, offset: int, expected: list[date]) -> None:
    assert due_days(day, offset, workdays.is_working_day) == expected


def test_the_ladder_and_the_words_of_a_deadline_count_alike() -> None:
    for day in days_of(2026):
        if not workdays.is_working_day(day):
            continue
        for offset in (-10, -5, -1):
            for due_on in due_days(day, offset, workdays.is_working_day):
                assert workdays.working_days_left(day, due_on) == -offset


def test_every_deadline_of_a_year_is_spoken_of_once_per_rung() -> None:
    said: Counter[tuple[date, int, str]] = Counter()
    rungs = [rung(-10), rung(-5), rung(0), rung(1, every=5, limit=2), rung(3, "superior")]
    for day in [date(2025, 11, 1) + timedelta(days=n) for n in range(500)]:
        for fired in firings(rungs, since=day - timedelta(days=1), today=day, is_working=workdays.is_working_day):
            said[fired.due_on, fired.offset, fired.audience] += 1
    for due_on in days_of(2026):
        for offset, audience in [
            (-10, "owner"),
            (-5, "owner"),
            (0, "owner"),
            (1, "owner"),
            (6, "owner"),
            (11, "owner"),
        ]:
            assert said[due_on, offset, audience] == 1, (due_on, offset)


def test_after_a_gap_only_the_latest_word_is_said() -> None:
    fired = firings(
        [rung(-10), rung(-5), rung(0)],
        since=date(2026, 11, 15),
        today=date(2026, 11, 30),
        is_working=workdays.is_working_day,
    )
    assert [(each.due_on, each.offset) for each in fired if each.due_on == date(2026, 11, 30)] == [
        (date(2026, 11, 30), 0)
    ]


def test_repetitions_are_at_most_as_many_as_set() -> None:
    assert offsets_of(rung(1, every=5, limit=3)) == [1, 6, 11, 16]


# ---------------------------------------------------------------------------------------------- the own table


def test_a_year_not_yet_published_counts_weekdays_and_says_so() -> None:
    assert workdays.is_published(2026)
    assert not workdays.is_published(2027)
    assert workdays.is_working_day(date(2027, 2, 8))
    assert not workdays.is_working_day(date(2027, 2, 6))


@pytest.mark.django_db
def test_an_imported_year_changes_the_words_of_every_page(django_capture_on_commit_callbacks: Any) -> None:
    before = due(date(2027, 2, 20), today=date(2027, 2, 4)).words
    with django_capture_on_commit_callbacks(execute=True):
        kept = holidays.import_year(2027, text=INVENTED_2027, source_document="国办发明电〔2026〕9号", by=None, now=NOW)
    assert workdays.is_published(2027)
    assert not workdays.is_working_day(date(2027, 2, 8))
    assert workdays.is_working_day(date(2027, 2, 20))
    assert due(date(2027, 2, 20), today=date(2027, 2, 4)).words == "还有 7\u00a0个工作日" != before
    (entry,) = timeline_of(kept)
    assert entry.after["days"]["2027-02-20"] == "春节上班"
    assert holidays.copy_path().exists()


@pytest.mark.django_db
def test_importing_again_replaces_and_the_trail_keeps_both(django_capture_on_commit_callbacks: Any) -> None:
    by = make_officer("system")
    for text in (INVENTED_2027, "一、元旦：1月1日至2日放假，共2天。"):
        with django_capture_on_commit_callbacks(execute=True):
            kept = holidays.import_year(2027, text=text, source_document="国办发明电〔2026〕9号", by=by, now=NOW)
    assert list(kept.days.values_list("day", flat=True)) == [date(2027, 1, 1), date(2027, 1, 2)]
    latest = timeline_of(kept)[0]
    assert "2027-02-05" in latest.before["days"]
    assert "2027-02-05" not in latest.after["days"]


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["一、元旦：1月1日（周六）放假，共1天。", "没有安排"])
def test_a_notice_with_a_fault_changes_nothing(text: str) -> None:
    with pytest.raises(DomainError):
        holidays.import_year(2027, text=text, source_document="国办发明电〔2026〕9号", by=None, now=NOW)
    assert not HolidayYear.objects.filter(year=2027).exists()


@pytest.mark.django_db
def test_a_corrected_published_year_wins_over_the_library() -> None:
    year, _ = HolidayYear.objects.get_or_create(year=2026, defaults={"source_document": "x", "imported_at": NOW})
    Holiday.objects.update_or_create(
        day=date(2026, 11, 27), defaults={"year": year, "is_working": False, "name": "补休"}
    )
    holidays.write_copy()
    assert not workdays.is_working_day(date(2026, 11, 27))


@pytest.mark.django_db
def test_a_broken_copy_falls_back_and_is_mended_the_next_morning(settings: Any) -> None:
    path: Path = holidays.copy_path()
    path.parent.mkdir(parents=True)
    path.write_text('{"2026": {"2026-')
    assert not workdays.is_working_day(date(2026, 10, 1))
    holidays.write_copy()
    assert workdays.is_working_day(date(2026, 10, 10))


def test_the_seed_says_what_the_library_says() -> None:
    for year in (2004, 2020, 2026):
        said = {named.day: named.is_working for named in holidays.library_days(year)}
        for day in days_of(year):
            assert said.get(day, day.weekday() < 5) == chinese_calendar.is_workday(day), day
    assert holidays.library_days(2027) == []

"""The pages of reminders: own notices only, own settings, the feed, the ladder, the calendar, failures, the command."""

import json
from datetime import date, time
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from icalendar import Calendar

from config.navigation import Face
from engines.audit.record import timeline_of
from engines.jobs.models import Job
from engines.reminders import preferences
from engines.reminders.ladder import plant
from engines.reminders.models import Channel, Delivery, Preference, Reminder, Rung
from organization.enums import Role
from tests.factories.letters import City, make_city, make_sent, sign
from tests.factories.organization import NOW, make_officer, make_unit, make_user

pytestmark = pytest.mark.django_db
DUE = date(2026, 11, 30)


@pytest.fixture
def city() -> City:
    plant()
    made = make_city()
    make_sent(made, due_on=DUE)
    return made


def logged_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def notice(user: Any, city: City, number: int = 1, **facts: Any) -> Reminder:
    letter = city.head_post.letters_received.get()
    facts = {"audience": "owner", "title": f"签署责任书：第{number}份", "owner_name": "沈宁衡（市财政局）"} | facts
    return Reminder.objects.create(
        source="letter", object_id=number, target_id=letter.pk, recipient=user, due_on=DUE, offset=-5,
        planned_on=NOW.date(), created_at=NOW, **facts,
    )  # fmt: skip


def page(client: Client, name: str, *args: Any, **query: Any) -> str:
    answer = client.get(reverse(name, args=args), query)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


# ---------------------------------------------------------------------------------------------- notices


def test_everybody_sees_his_own_notices_and_nobody_elses(city: City) -> None:
    own, other = notice(city.head, city, 1), notice(city.secretary, city, 2)
    office = logged_in(city.office)  # sees every letter of the city, and no notice of others
    assert "签署责任书：第1份" in page(logged_in(city.head), "notice_list")
    assert "签署责任书：第2份" not in page(logged_in(city.head), "notice_list")
    assert "签署责任书" not in page(office, "notice_list")
    assert office.get(reverse("notice_open", args=[own.pk])).status_code == 404
    office.post(reverse("notice_read"), {"pick": [own.pk, other.pk]})
    assert not Reminder.objects.filter(read_at__isnull=False).exists()


def test_a_stranger_is_led_to_the_log_in() -> None:
    for name in ("notice_list", "reminder_mine", "reminder_ladder", "reminder_failures", "reminder_calendar"):
        assert Client().get(reverse(name)).status_code == 302


def test_opening_a_notice_marks_it_read_and_leads_to_the_letter(city: City) -> None:
    own = notice(city.head, city)
    answer = logged_in(city.head).get(reverse("notice_open", args=[own.pk]))
    assert answer["Location"] == reverse("letter_show", args=[own.target_id])
    own.refresh_from_db()
    assert own.read_at is not None


def test_the_bar_counts_what_is_unread_in_one_statement(city: City, rf: Any) -> None:
    for number in range(3):
        notice(city.head, city, number)
    client = logged_in(city.head)
    assert "通知 <b>3</b>" in page(client, "notice_list")
    request = rf.get("/")
    request.user = city.head
    with CaptureQueriesContext(connection) as captured:
        face = Face(request)
        assert (face.unread, face.unread) == ("3", "3")
    assert len(captured) == 1
    client.post(reverse("notice_read"), {"pick": [Reminder.objects.first().pk]})  # type: ignore[union-attr]
    assert "通知 <b>2</b>" in page(client, "notice_list")
    client.post(reverse("notice_read"))
    assert "通知 <b>" not in page(client, "notice_list")


def test_an_officer_has_no_notices_in_the_bar(rf: Any) -> None:
    request = rf.get("/")
    request.user = make_officer("system")
    assert (Face(request).notices, Face(request).unread) == ("", "")


def test_the_list_takes_as_many_statements_for_three_rows_as_for_one(city: City) -> None:
    client = logged_in(city.head)
    counts = []
    for numbers in ([1], [2, 3]):
        for number in numbers:
            notice(city.head, city, number)
        page(client, "notice_list")
        with CaptureQueriesContext(connection) as captured:
            page(client, "notice_list")
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 12


def test_the_states_can_be_filtered_and_those_above_read_whom_it_is_about(city: City) -> None:
    notice(city.head, city, 1, read_at=NOW)
    notice(city.head, city, 2, settled_at=NOW)
    notice(city.head, city, 3, audience="superior", owner_name="陶知远（市财政局）")
    client = logged_in(city.head)
    assert "第3份" in page(client, "notice_list", state="unread")
    assert "第1份" not in page(client, "notice_list", state="unread")
    assert "第2份" in page(client, "notice_list", state="settled")
    assert "陶知远（市财政局）逾期，您是上级" in page(client, "notice_list")


# ---------------------------------------------------------------------------------------------- own settings


def test_quiet_hours_and_digest_are_kept_and_audited(city: City) -> None:
    client = logged_in(city.head)
    given = {"quiet_from": "12:00", "quiet_until": "14:00", "digest": "on", "digest_at": "16:30"}
    assert client.post(reverse("reminder_mine"), given).status_code == 302
    kept = Preference.objects.get(user=city.head)
    assert (kept.quiet_from, kept.quiet_until, kept.digest, kept.digest_at) == (time(12), time(14), True, time(16, 30))
    assert timeline_of(kept)[0].after["digest"] is True
    assert 'value="16:30"' in page(client, "reminder_mine")


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"quiet_until": ""}, "免打扰时段须同时填写起止时间"),
        ({"quiet_until": "20:00"}, "起止时间不能相同"),
        ({"digest": "on", "digest_at": "23:00"}, "汇总会发不出去"),
        ({"digest_at": "25:00"}, "输入一个有效的时间"),
    ],
)
def test_wishes_that_cannot_be_met_are_refused_at_their_field(city: City, changed: Any, words: str) -> None:
    given = {"quiet_from": "20:00", "quiet_until": "08:00", "digest_at": "09:00"} | changed
    answer = logged_in(city.head).post(reverse("reminder_mine"), given)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Preference.objects.filter(user=city.head).exists()


def test_a_robot_is_added_by_its_whole_address_and_its_key_is_never_shown_again(city: City) -> None:
    client = logged_in(city.head)
    address = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa"
    answer = client.post(reverse("reminder_channel_add"), {"kind": "wecom", "address": address, "label": "工作群"})
    assert answer.status_code == 302
    channel = Channel.objects.get()
    assert channel.address == "693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa"
    assert "693a91f6" not in page(client, "reminder_mine")
    assert "693a91f6" not in json.dumps(timeline_of(channel)[0].after)


@pytest.mark.parametrize(
    ("kind", "address", "words"),
    [
        ("mail", "shen@yunchuan.example", "选择一个有效的选项"),  # no mail server is configured
        ("wecom", "不是密钥", "机器人的密钥格式不对"),
        ("dingtalk", "http://169.254.169.254/latest", "机器人的密钥格式不对"),
        ("feishu", "../../admin", "机器人的密钥格式不对"),
    ],
)
def test_what_is_no_key_is_refused_and_no_address_can_be_smuggled_in(
    city: City, kind: str, address: str, words: str
) -> None:
    answer = logged_in(city.head).post(reverse("reminder_channel_add"), {"kind": kind, "address": address})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Channel.objects.exists()


def test_mail_is_offered_where_a_server_is_configured(city: City, settings: Any) -> None:
    client = logged_in(city.head)
    assert "没有配置邮件服务器" in page(client, "reminder_mine")
    settings.LVZE_MAIL_URL = "smtp://127.0.0.1:25"
    assert "没有配置邮件服务器" not in page(client, "reminder_mine")
    for address, status in (("shen", 422), ("shen@yunchuan.example", 302), ("shen@yunchuan.example", 422)):
        answer = client.post(reverse("reminder_channel_add"), {"kind": "mail", "address": address})
        assert answer.status_code == status


def test_nobody_tests_or_removes_the_channel_of_another(city: City) -> None:
    channel = preferences.add_channel(city.head, kind="wecom", address="a1b2c3", now=NOW)
    other = logged_in(city.secretary)
    for name in ("reminder_channel_test", "reminder_channel_remove"):
        assert other.post(reverse(name, args=[channel.pk])).status_code == 404
    channel.refresh_from_db()
    assert channel.is_active
    assert not Job.objects.exists()


def test_the_test_button_starts_a_job_and_a_removed_channel_may_come_back(city: City) -> None:
    channel = preferences.add_channel(city.head, kind="wecom", address="a1b2c3", now=NOW)
    client = logged_in(city.head)
    answer = client.post(reverse("reminder_channel_test", args=[channel.pk]))
    assert answer["Location"] == reverse("job_show", args=[Job.objects.get(kind="reminders.test").pk])
    client.post(reverse("reminder_channel_remove", args=[channel.pk]))
    assert not Channel.objects.get().is_active
    preferences.add_channel(city.head, kind="wecom", address="a1b2c3", now=NOW)
    assert Channel.objects.get().is_active


# ---------------------------------------------------------------------------------------------- the feed


def feed_address(client: Client) -> str:
    answer = client.post(reverse("reminder_feed_make"))
    assert answer["Cache-Control"] == "no-store"
    return answer.context["address"]


def test_a_calendar_program_reads_the_deadlines(city: City, settings: Any) -> None:
    settings.LVZE_PUBLIC_ADDRESS = "https://lvze.yunchuan.example"
    address = feed_address(logged_in(city.head))
    assert address.startswith("https://lvze.yunchuan.example/feeds/")
    answer = Client().get(address.removeprefix("https://lvze.yunchuan.example"))
    assert answer["Content-Type"].startswith("text/calendar")
    events = {str(e["summary"]): e for e in Calendar.from_ical(answer.content).walk("VEVENT")}
    letter = city.head_post.letters_received.get()
    event = events[f"签署责任书：{letter.number} {letter.title}（市财政局）"]
    assert (event.decoded("dtstart"), event.decoded("dtend")) == (DUE, date(2026, 12, 1))
    assert str(event["url"]) == f"https://lvze.yunchuan.example{reverse('letter_show', args=[letter.pk])}"
    assert len(event.walk("VALARM")) == 1
    assert len(events) == 2  # the letter, and the list of the bureau that its head has to acknowledge
    sign(letter, city.head)
    events = Calendar.from_ical(Client().get(address.removeprefix("https://lvze.yunchuan.example")).content)
    assert len(events.walk("VEVENT")) == 1


def test_only_the_latest_address_works_and_only_while_account_and_feed_are_open(city: City) -> None:
    client = logged_in(city.head)
    first, second = feed_address(client), feed_address(client)
    assert first != second
    assert len(first.rsplit("/", 1)[1]) >= 40
    assert Client().get(first).status_code == 404
    assert Client().get(second).status_code == 200
    assert Preference.objects.get(user=city.head).feed_hash not in second
    client.post(reverse("reminder_feed_revoke"))
    assert Client().get(second).status_code == 404
    third = feed_address(client)
    city.head.is_active = False
    city.head.save(update_fields=["is_active"])
    assert Client().get(third).status_code == 404


@pytest.mark.parametrize("token", ["x", "a" * 43, "%00" * 30, "a" * 5000])
def test_a_guessed_address_answers_like_one_that_is_not_there(token: str) -> None:
    assert Client().get(f"/feeds/{token}.ics").status_code == 404


# ---------------------------------------------------------------------------------------------- ladder, calendar, failures


def rung_given(**changed: Any) -> dict[str, Any]:
    given = {"when": "before", "days": 3, "audience": "owner", "repeat_every": 0, "repeat_limit": 0}
    return {**given, "is_active": "on", "reason": "党风室会议议定", **changed}


def test_the_office_sets_the_ladder_and_the_trail_keeps_it(city: City) -> None:
    client = logged_in(city.office)
    assert "到期前 10 个工作日" in page(client, "reminder_ladder")
    assert client.post(reverse("reminder_rung_add"), rung_given()).status_code == 302
    made = Rung.objects.get(offset=-3)
    change = reverse("reminder_rung_change", args=[made.pk])
    assert 'value="3"' in client.get(change).content.decode()
    assert client.post(change, rung_given(days=4)).status_code == 302
    assert [entry.action for entry in timeline_of(made)] == ["reminder.rung_change", "reminder.rung_add"]
    assert timeline_of(made)[0].before["offset"] == -3
    assert "党风室会议议定" in page(client, "reminder_ladder")


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"days": 10}, "同一天对同一对象已有一级提醒"),
        ({"days": 0}, "请填写相隔几个工作日"),
        ({"repeat_every": 5, "repeat_limit": 2}, "只有逾期后的提醒可以重复"),
        ({"when": "after", "repeat_every": 5}, "重复提醒须同时写明间隔和次数"),
        ({"reason": ""}, "请填写理由"),
        ({"days": 61}, "60"),
    ],
)
def test_a_rung_that_makes_no_sense_is_refused_in_words(city: City, changed: Any, words: str) -> None:
    answer = logged_in(city.office).post(reverse("reminder_rung_add"), rung_given(**changed))
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert Rung.objects.count() == 6


def test_neither_a_head_nor_the_office_of_a_part_sets_the_ladder_of_all(city: City) -> None:
    assert logged_in(city.head).get(reverse("reminder_ladder")).status_code == 403
    part = make_user(Role.DISCIPLINE_OFFICE, make_unit(city.region, name="东河县"))
    client = logged_in(part)
    assert reverse("reminder_rung_add") not in page(client, "reminder_ladder")
    assert client.post(reverse("reminder_rung_add"), rung_given()).status_code == 403
    assert Rung.objects.count() == 6


def test_the_system_officer_imports_a_year_and_nobody_else(city: City) -> None:
    given = {
        "year": 2027,
        "source_document": "国办发明电〔2026〕9号",
        "text": "一、元旦：1月1日（周五）至3日（周日）放假，共3天。",
    }
    address = reverse("reminder_calendar_import")
    assert logged_in(city.office).post(address, given).status_code == 403
    client = logged_in(make_officer("system"))
    assert "2027年的节假日安排还没有公布或导入" in page(client, "reminder_calendar")
    answer = client.post(address, given | {"text": "一、元旦：1月1日（周六）放假，共1天。"})
    assert answer.status_code == 422
    assert "2027年1月1日是周五" in answer.content.decode()
    assert client.post(address, given).status_code == 302
    shown = page(client, "reminder_calendar", year="2027")
    assert "国办发明电〔2026〕9号" in shown
    assert "2027-01-03" in shown


def test_failures_stand_before_the_system_officer_without_what_they_said(city: City) -> None:
    channel = preferences.add_channel(city.head, kind="wecom", address="a1b2c3d4e5", now=NOW)
    failed = Delivery.objects.create(
        reminder=notice(city.head, city), channel=channel, state="failed", attempts=5, next_at=NOW, error="对方拒收。"
    )
    assert logged_in(city.office).get(reverse("reminder_failures")).status_code == 403
    client = logged_in(make_officer("system"))
    shown = page(client, "reminder_failures")
    assert "对方拒收。" in shown
    assert "沈宁衡" in shown
    assert "签署责任书" not in shown
    assert "a1b2c3d4e5" not in shown
    client.post(reverse("reminder_retry"), {"pick": [failed.pk]})
    failed.refresh_from_db()
    assert (failed.state, failed.attempts) == ("queued", 0)
    assert timeline_of(channel)[0].action == "reminder.retry"


# ---------------------------------------------------------------------------------------------- the command


def told(*arguments: str) -> str:
    out = StringIO()
    call_command("send_reminders", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_says_what_it_would_do_and_then_does_it_once(city: City) -> None:
    dry = json.loads(told("--date", "2026-11-23", "--dry-run", "--json"))
    assert dry["collected"]["by_source"]["letter"] == {"owner": 2}
    assert {row["title"][:5] for row in dry["collected"]["rows"] if row["source"] == "letter"} == {"签署责任书"}
    assert not Reminder.objects.exists()
    assert "责任书签署：责任人 2 条" in told("--date", "2026-11-23")
    again = json.loads(told("--date", "2026-11-23", "--json"))
    assert again["collected"]["new"] == 0
    assert again["delivered"] == {"sent": 0, "retried": 0, "failed": 0, "dropped": 0, "doubled": 0}


def test_the_command_speaks_of_days_off_and_years_not_published(city: City) -> None:
    assert "非工作日" in told("--date", "2026-11-22", "--dry-run")
    assert "2027年的节假日安排尚未导入" in told("--date", "2027-01-04", "--dry-run")
    with pytest.raises(CommandError, match="应写成 2026-11-21"):
        told("--date", "明天")
    assert json.loads(told("--dry-run", "--json"))["collected"]["day"] == timezone.localdate().isoformat()

"""Delivery over real connections: what robots and mail receive, refusals, hanging servers, quiet hours, digests, kills."""

import base64
import hashlib
import hmac
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time as clock_time
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core import mail
from django.db import connection
from django.utils import timezone

from engines.jobs import queue
from engines.jobs.models import Job, JobState
from engines.reminders import channels, handlers, preferences, robots
from engines.reminders.deliver import BACKOFF, LEASE, MAX_ATTEMPTS, deliver, due_deliveries, retry_failed
from engines.reminders.ladder import plant
from engines.reminders.models import Channel, Delivery, DeliveryState, Reminder
from tests.factories.letters import City, make_city, make_sent, sign
from tests.factories.organization import NOW

pytestmark = pytest.mark.django_db
DUE = date(2026, 11, 30)
MONDAY = NOW.replace(day=23)  # 10:00, a working day
KINDS = ("wecom", "dingtalk", "feishu")


class Robots:
    """A local server that stands for all three makers and keeps what it was sent."""

    def __init__(self) -> None:
        self.received: list[dict[str, Any]] = []
        self.answer: Callable[[], tuple[int, Any]] = lambda: (200, {"errcode": 0, "errmsg": "ok", "code": 0})
        self.on_request: Callable[[], None] = lambda: None
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.received.append(
                    {"path": self.path, "body": json.loads(body), "type": self.headers["Content-Type"]}
                )
                outer.on_request()
                status, said = outer.answer()
                data = json.dumps(said).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def texts(self) -> list[str]:
        bodies = [one["body"] for one in self.received]
        return [body["text"]["content"] if "text" in body else body["content"]["text"] for body in bodies]


@pytest.fixture
def makers(settings: Any) -> Iterator[Robots]:
    found = Robots()
    settings.LVZE_WECOM_ADDRESS = settings.LVZE_DINGTALK_ADDRESS = settings.LVZE_FEISHU_ADDRESS = found.address
    settings.LVZE_PUBLIC_ADDRESS = "https://lvze.yunchuan.example"
    yield found
    found.server.shutdown()
    found.server.server_close()


@pytest.fixture
def city() -> City:
    plant()
    made = make_city()
    make_sent(made, due_on=DUE)
    return made


def make_reminders(city: City, number: int = 1, user: Any = None) -> list[Reminder]:
    """Reminders of the one letter at that many distances, with their deliveries on every open channel."""
    user = user or city.head
    place = city.head_post.letters_received.get().signatures.get(person_id=user.person_id)
    made = [
        Reminder.objects.create(
            source="letter", object_id=place.pk, target_id=place.letter_id, recipient=user, audience="owner",
            owner_name="沈宁衡", title=f"签署责任书：第{n + 1}份", due_on=DUE, offset=-10 - n, planned_on=MONDAY.date(),
            created_at=MONDAY,
        )
        for n in range(number)
    ]  # fmt: skip
    for reminder in made:
        for channel in Channel.objects.filter(user=user, is_active=True):
            Delivery.objects.create(reminder=reminder, channel=channel, next_at=MONDAY)
    return made


def robot(user: Any, kind: str = "wecom", **facts: Any) -> Channel:
    return preferences.add_channel(user, kind=kind, address=facts.pop("address", "a1b2c3d4"), now=NOW, **facts)


def run(now: datetime = MONDAY) -> Any:
    return deliver(clock=lambda: now)


def state() -> tuple[str, int, int]:
    one = Delivery.objects.get()
    return one.state, one.attempts, one.doubled


# ---------------------------------------------------------------------------------------------- what is received


def test_all_three_robots_receive_what_their_makers_document(city: City, makers: Robots) -> None:
    for kind in KINDS:
        robot(city.head, kind)
    (reminder,) = make_reminders(city)
    assert run().sent == 3
    by_path = {urlsplit(one["path"]).path: one for one in makers.received}
    wecom, dingtalk = by_path["/cgi-bin/webhook/send"], by_path["/robot/send"]
    feishu = by_path["/open-apis/bot/v2/hook/a1b2c3d4"]
    assert parse_qs(urlsplit(wecom["path"]).query) == {"key": ["a1b2c3d4"]}
    assert parse_qs(urlsplit(dingtalk["path"]).query) == {"access_token": ["a1b2c3d4"]}
    text = f"沈宁衡：\n还有 5\u00a0个工作日 · 签署责任书：第1份\n办理：https://lvze.yunchuan.example/notices/{reminder.pk}/"
    assert wecom["body"] == {"msgtype": "text", "text": {"content": text}}
    assert dingtalk["body"] == {"msgtype": "text", "text": {"content": text}}
    assert feishu["body"] == {"msg_type": "text", "content": {"text": text}}


def test_a_signed_robot_signs_as_its_maker_checks(city: City, makers: Robots) -> None:
    robot(city.head, "dingtalk", secret="SEC0123456789")
    robot(city.head, "feishu", secret="fs0123456789")
    make_reminders(city)
    assert run().sent == 2
    by_path = {urlsplit(one["path"]).path: one for one in makers.received}
    query = parse_qs(urlsplit(by_path["/robot/send"]["path"]).query)
    moment = query["timestamp"][0]
    expected = hmac.new(b"SEC0123456789", f"{moment}\nSEC0123456789".encode(), hashlib.sha256).digest()
    assert query["sign"] == [base64.b64encode(expected).decode()]
    body = by_path["/open-apis/bot/v2/hook/a1b2c3d4"]["body"]
    expected = hmac.new(f"{body['timestamp']}\nfs0123456789".encode(), b"", hashlib.sha256).digest()
    assert body["sign"] == base64.b64encode(expected).decode()


def test_a_robot_that_refuses_with_status_200_has_not_received_it(city: City, makers: Robots) -> None:
    robot(city.head)
    make_reminders(city)
    makers.answer = lambda: (200, {"errcode": 93000, "errmsg": "invalid webhook url"})
    assert run().retried == 1
    assert "invalid webhook url" in Delivery.objects.get().error


@pytest.mark.parametrize(
    "said", [(200, "ok"), (404, {"code": 0}), (200, {"code": 19001, "msg": "param invalid"}), (302, {})]
)
def test_an_answer_that_is_no_yes_is_no_delivery(city: City, makers: Robots, said: tuple[int, Any]) -> None:
    robot(city.head, "feishu")
    make_reminders(city)
    makers.answer = lambda: said
    assert (run().sent, Delivery.objects.get().state) == (0, DeliveryState.QUEUED)


def test_mail_says_what_and_where(city: City, settings: Any) -> None:
    settings.LVZE_MAIL_URL, settings.LVZE_PUBLIC_ADDRESS = "smtp://127.0.0.1:25", "https://lvze.yunchuan.example"
    preferences.add_channel(city.head, kind="mail", address="shen@yunchuan.example", now=NOW)
    (reminder,) = make_reminders(city)
    assert run().sent == 1
    (sent,) = mail.outbox
    assert sent.to == ["shen@yunchuan.example"]
    assert "签署责任书：第1份" in sent.subject
    assert sent.body.endswith(f"https://lvze.yunchuan.example/notices/{reminder.pk}/")


def test_a_title_with_line_breaks_cannot_add_headers(city: City, settings: Any) -> None:
    settings.LVZE_MAIL_URL = "smtp://127.0.0.1:25"
    preferences.add_channel(city.head, kind="mail", address="shen@yunchuan.example", now=NOW)
    make_reminders(city)
    Reminder.objects.update(title="签署\r\nBcc: all@yunchuan.example")
    assert run().sent == 1
    assert mail.outbox[0].bcc == []
    assert "\n" not in mail.outbox[0].subject


# ---------------------------------------------------------------------------------------------- when


@pytest.mark.parametrize(("hour", "sent"), [(7, 0), (8, 1), (12, 1), (19, 1), (20, 0), (23, 0)])
def test_without_own_wishes_nothing_is_sent_between_evening_and_morning(
    city: City, makers: Robots, hour: int, sent: int
) -> None:
    robot(city.head)
    make_reminders(city)
    Delivery.objects.update(next_at=MONDAY - timedelta(days=1))
    assert run(MONDAY.replace(hour=hour)).sent == sent


@pytest.mark.parametrize(
    ("quiet", "hour", "sent"),
    [
        ((time(12), time(14)), 11, 1),
        ((time(12), time(14)), 12, 0),
        ((time(12), time(14)), 14, 1),
        ((time(22), time(6)), 21, 1),
        ((time(22), time(6)), 23, 0),
        ((time(22), time(6)), 5, 0),
        ((time(22), time(6)), 6, 1),
        ((None, None), 3, 1),
    ],
)
def test_own_quiet_hours_hold_also_over_midnight(city: City, makers: Robots, quiet: Any, hour: int, sent: int) -> None:
    robot(city.head)
    preferences.save_preference(
        city.head, quiet_from=quiet[0], quiet_until=quiet[1], digest=False, digest_at=time(9), now=NOW
    )
    make_reminders(city)
    Delivery.objects.update(next_at=MONDAY - timedelta(days=1))
    assert run(MONDAY.replace(hour=hour)).sent == sent


def test_a_digest_waits_for_its_hour_and_is_one_message(city: City, makers: Robots) -> None:
    robot(city.head)
    preferences.save_preference(city.head, quiet_from=None, quiet_until=None, digest=True, digest_at=time(11), now=NOW)
    make_reminders(city, 3)
    assert run(MONDAY).sent == 0
    assert run(MONDAY.replace(hour=11)).sent == 3
    (text,) = makers.texts()
    assert text.splitlines()[0] == "沈宁衡：有 3\u00a0件事待办。"
    assert [line[:2] for line in text.splitlines()[1:4]] == ["1.", "2.", "3."]


def test_few_reminders_are_single_messages_and_many_become_one(city: City, makers: Robots) -> None:
    robot(city.head)
    make_reminders(city, 3)
    assert (run().sent, len(makers.received)) == (3, 3)
    Delivery.objects.all().delete()
    Reminder.objects.all().delete()
    make_reminders(city, 40)
    assert (run().sent, len(makers.received)) == (40, 4)
    assert "另有 20\u00a0件" in makers.texts()[-1]
    assert len(makers.texts()[-1].encode()) <= robots.LONGEST + 3


def test_what_was_signed_meanwhile_is_not_sent_any_more(city: City, makers: Robots) -> None:
    robot(city.head)
    make_reminders(city)
    sign(city.head_post.letters_received.get(), city.head)
    assert (run().dropped, makers.received) == (1, [])
    assert Delivery.objects.get().state == DeliveryState.DROPPED


def test_a_channel_switched_off_and_a_closed_account_get_nothing(city: City, makers: Robots) -> None:
    first, second = robot(city.head), robot(city.secretary)
    make_reminders(city)
    make_reminders(city, user=city.secretary)
    preferences.remove_channel(city.head, first.pk, now=NOW)
    city.secretary.is_active = False
    city.secretary.save(update_fields=["is_active"])
    assert run().done == 0
    assert makers.received == []
    assert Delivery.objects.get(channel=first).state == DeliveryState.DROPPED
    assert Delivery.objects.get(channel=second).state == DeliveryState.QUEUED


# ---------------------------------------------------------------------------------------------- what goes wrong


def test_a_failure_is_tried_again_later_each_time_and_then_given_up(city: City, makers: Robots) -> None:
    robot(city.head)
    preferences.save_preference(city.head, quiet_from=None, quiet_until=None, digest=False, digest_at=time(9), now=NOW)
    make_reminders(city)
    makers.answer = lambda: (200, {"errcode": 310000, "errmsg": "sign not match"})
    now = MONDAY
    for attempt, wait in enumerate(BACKOFF, 1):
        assert run(now).retried == 1
        assert state() == ("queued", attempt, 0)
        assert run(now + wait - timedelta(seconds=1)).done == 0
        now += wait
    assert run(now).failed == 1
    assert state() == ("failed", MAX_ATTEMPTS, 0)
    makers.answer = lambda: (200, {"errcode": 0})
    assert run(now + timedelta(days=1)).done == 0
    assert retry_failed([Delivery.objects.get().pk], now=now) == 1
    assert run(now).sent == 1


def test_a_hanging_mail_server_holds_up_one_message_not_all(city: City, makers: Robots, settings: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = silent.getsockname()
        settings.EMAIL_TIMEOUT, settings.LVZE_MAIL_URL = 1, "smtp://silent"
        for user in (city.head, city.secretary, city.deputy):
            preferences.add_channel(user, kind="mail", address=f"u{user.pk}@yunchuan.example", now=NOW)
        robot(city.head)
        make_reminders(city)
        make_reminders(city, user=city.secretary)
        began = clock_time.monotonic()
        outcome = run()
    assert clock_time.monotonic() - began < 5
    assert (outcome.sent, outcome.retried) == (1, 1)
    assert len(makers.received) == 1
    waiting = Delivery.objects.filter(channel__kind="mail").order_by("attempts")
    assert [(one.state, one.attempts) for one in waiting] == [("queued", 0), ("queued", 1)]
    assert waiting[1].error == "邮件服务器没有应答，或中断了连接。"


def test_nobody_there_is_said_in_words(city: City, settings: Any) -> None:
    settings.LVZE_WECOM_ADDRESS = "http://127.0.0.1:1"
    robot(city.head)
    make_reminders(city, 2)
    outcome = run()
    assert (outcome.retried, outcome.sent) == (1, 0)
    assert set(Delivery.objects.values_list("state", "attempts")) == {("queued", 1), ("queued", 0)}


def test_a_leased_delivery_is_left_to_its_worker_until_the_lease_ends(city: City, makers: Robots) -> None:
    robot(city.head)
    make_reminders(city)
    Delivery.objects.update(state="sending", lease_token="dead", lease_until=MONDAY + LEASE, attempts=1)
    assert run().done == 0
    outcome = run(MONDAY + LEASE + timedelta(seconds=1))
    assert (outcome.sent, outcome.doubled) == (1, 1)
    assert state() == ("sent", 2, 1)


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_send_everything_once(makers: Robots) -> None:
    plant()
    city = make_city()
    make_sent(city, due_on=DUE)
    for kind in KINDS:
        robot(city.head, kind)
    make_reminders(city, 4)
    barrier = threading.Barrier(3)
    outcomes: list[Any] = []

    def work() -> None:
        try:
            barrier.wait(10)
            outcomes.append(run())
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sum(outcome.sent for outcome in outcomes) == 12
    assert len(makers.received) == 12
    assert not Delivery.objects.exclude(state="sent").exists()


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_between_sending_and_marking_loses_nothing_and_doubles_one(
    makers: Robots, settings: Any
) -> None:
    """SIGKILL arrives while the robot has the message and before the worker can note it."""
    plant()
    city = make_city()
    make_sent(city, due_on=DUE)
    robot(city.head)
    preferences.save_preference(city.head, quiet_from=None, quiet_until=None, digest=False, digest_at=time(9), now=NOW)
    make_reminders(city, 3)
    code = (
        "import django; django.setup()\n"
        "from django.conf import settings\n"
        f"settings.LVZE_WECOM_ADDRESS = {makers.address!r}\n"
        "from datetime import datetime\n"
        "from engines.reminders.deliver import deliver\n"
        f"deliver(clock=lambda: datetime.fromisoformat({MONDAY.isoformat()!r}))"
    )
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "LVZE_TEST_DATABASE": connection.settings_dict["NAME"],
        "LVZE_TEST_VAR": str(settings.VAR),
    }
    children: list[subprocess.Popen[bytes]] = []

    def kill() -> None:
        if len(makers.received) == 2:
            children[0].send_signal(signal.SIGKILL)
            children[0].wait(10)

    makers.on_request = kill
    child = subprocess.Popen([sys.executable, "-c", code], env=environment, cwd=settings.ROOT)
    children.append(child)
    assert child.wait(60) == -signal.SIGKILL
    assert len(makers.received) == 2
    states = sorted(Delivery.objects.values_list("state", flat=True))
    assert states == ["sending", "sending", "sent"]

    outcome = run(MONDAY + LEASE + timedelta(seconds=1))
    assert outcome.sent == 2
    assert outcome.doubled == 2  # possibly: both were under way, one had really gone out
    said = sorted(text.splitlines()[1].split("：")[1] for text in makers.texts())
    assert set(said) == {"第1份", "第2份", "第3份"}
    assert len(said) == 4
    assert not Delivery.objects.exclude(state="sent").exists()


# ---------------------------------------------------------------------------------------------- test button, tick


def test_the_test_button_says_whether_it_went_out(city: City, makers: Robots) -> None:
    channel = robot(city.head)
    assert channels.test(channel, now=NOW) == ""
    assert "测试提醒" in makers.texts()[0]
    makers.answer = lambda: (200, {"errcode": 93000, "errmsg": "invalid webhook url"})
    assert "invalid webhook url" in channels.test(channel, now=NOW)
    channel.refresh_from_db()
    assert channel.tested_at == NOW
    assert "invalid webhook url" in channel.test_error


def test_the_morning_tick_makes_one_job_for_the_day_however_often_it_comes(city: City) -> None:
    handlers.tick(now=MONDAY.replace(hour=6, minute=59))
    assert not Job.objects.exists()
    for _ in range(3):
        handlers.tick(now=MONDAY)
    assert list(Job.objects.values_list("kind", "key", "state")) == [
        ("reminders.collect", "2026-11-23", JobState.QUEUED)
    ]


def test_the_tick_wakes_delivery_only_when_something_may_go_out(city: City, makers: Robots) -> None:
    robot(city.head)
    make_reminders(city)
    assert not due_deliveries(MONDAY.replace(hour=22)).exists()
    handlers.tick(now=MONDAY)
    handlers.tick(now=MONDAY)
    assert Job.objects.filter(kind="reminders.deliver").count() == 1


def test_a_real_worker_collects_the_day(worker: Any) -> None:
    plant()
    city = make_city()
    make_sent(city, due_on=DUE)
    job = queue.enqueue(handlers.COLLECT_JOB, {"day": "2026-11-23"}, now=timezone.now(), by=None, label="生成提醒")
    deadline = clock_time.monotonic() + 30
    while not Job.objects.filter(pk=job.pk, state="done").exists():
        assert clock_time.monotonic() < deadline, list(Job.objects.values())
        clock_time.sleep(0.2)
    assert Reminder.objects.filter(recipient=city.head, source="letter", offset=-5).exists()
    assert Job.objects.get().result["new"] >= 2

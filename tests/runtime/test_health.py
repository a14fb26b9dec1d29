"""`/healthz` part by part: what is not well is named, the rest is still told, and nothing leaks."""

from collections import namedtuple
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from config import health
from config.celery import app
from engines.jobs import queue

NOW = timezone.now()


@pytest.fixture
def all_beating(db: None) -> None:
    queue.beat("scheduler", now=timezone.now())
    queue.beat("worker:celery@somewhere", now=timezone.now())


def test_it_is_public_and_never_cached(client: Client, all_beating: None) -> None:
    answer = client.get("/healthz")
    assert answer.status_code in {200, 503}
    assert "no-store" in answer["Cache-Control"]
    assert answer["Content-Type"] == "application/json"
    assert client.post("/healthz").status_code == 405


def test_a_silent_worker_and_scheduler_are_named(db: None) -> None:
    parts = health.state_of_parts(timezone.now())
    assert parts["worker"] == {"ok": False, "words": "后台任务进程超过 60 秒没有消息。"}
    assert parts["scheduler"] == {"ok": False, "words": "定时调度超过 60 秒没有消息。"}
    assert parts["database"]["ok"]


def test_one_living_worker_of_several_is_enough(db: None) -> None:
    queue.beat("worker:celery@old", now=NOW - timedelta(hours=1))
    assert health.worker(NOW)[0] is False
    queue.beat("worker:celery@new", now=NOW - timedelta(seconds=30))
    assert health.worker(NOW)[0] is True


def test_a_beat_of_a_minute_ago_still_counts_and_a_second_more_does_not(db: None) -> None:
    queue.beat("scheduler", now=NOW)
    assert health.scheduler(NOW + timedelta(seconds=60))[0] is True
    assert health.scheduler(NOW + timedelta(seconds=61))[0] is False


def test_a_broker_that_is_away_is_one_part_and_503(client: Client, all_beating: None) -> None:
    before = app.conf.broker_url, app.conf.broker_write_url
    app.conf.broker_url = app.conf.broker_write_url = "redis://user:secret-word@127.0.0.1:1/0"
    try:
        answer = client.get("/healthz")
    finally:
        app.conf.broker_url, app.conf.broker_write_url = before
    assert answer.status_code == 503
    parts = answer.json()["parts"]
    assert parts["queue"]["ok"] is False
    assert parts["database"]["ok"] is True
    assert "secret-word" not in answer.content.decode()
    assert "127.0.0.1" not in answer.content.decode()


def test_a_data_folder_that_cannot_be_used_is_one_part(all_beating: None, settings, tmp_path) -> None:
    (tmp_path / "file").write_text("not a folder")
    settings.VAR = tmp_path / "file" / "var"
    parts = health.state_of_parts(timezone.now())
    assert parts["disk"] == {"ok": False, "words": "数据文件夹无法使用。"}
    assert parts["queue"]["ok"] is True


def test_little_space_left_is_named(all_beating: None, monkeypatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("shutil.disk_usage", lambda path: usage(10**12, 10**12, 10**6))
    assert health.disk(NOW) == (False, "数据文件夹所在磁盘的剩余空间不足 512 MB。")


def test_it_stays_cheap(client: Client, all_beating: None, django_assert_max_num_queries) -> None:
    with django_assert_max_num_queries(6):
        client.get("/healthz")

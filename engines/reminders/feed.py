"""The deadlines of one account as a calendar (ICS, RFC 5545) that any calendar program subscribes to."""

from datetime import date, datetime, timedelta
from typing import Any

from icalendar import Alarm, Calendar, Event

from engines.reminders.messages import address_of
from engines.reminders.sources import obligations_of

PRODUCT = "-//lvze//deadlines//ZH"
REFRESH = timedelta(hours=6)


def calendar_of(user: Any, *, today: date, now: datetime) -> bytes:
    """Everything the account has still to do, one all-day entry per obligation at its deadline, with an alarm that morning."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", "履责期限")
    calendar.add("refresh-interval", REFRESH, parameters={"value": "DURATION"})
    for row in obligations_of(user, today):
        calendar.add_component(_event(row, now))
    return bytes(calendar.to_ical())


def _event(row: dict[str, Any], now: datetime) -> Event:
    source = row["source"]
    event = Event()
    event.add("uid", f"{source.name}-{row['object_id']}@lvze")
    event.add("dtstamp", now)
    event.add("summary", row["words"])
    event.add("dtstart", row["deadline"])
    event.add("dtend", row["deadline"] + timedelta(days=1))
    event.add("categories", [source.label])
    event.add("transp", "TRANSPARENT")
    if where := address_of(source.address(row["target_id"])):
        event.add("url", where)
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", row["words"])
    alarm.add("trigger", timedelta(hours=9))
    event.add_component(alarm)
    return event

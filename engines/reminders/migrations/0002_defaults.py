"""Plants the published ladder and the holidays that the library knows."""

from datetime import UTC, datetime
from typing import Any

from django.db import migrations

from engines.reminders.holidays import library_days
from engines.reminders.ladder import plant

FIRST = 2004
SOURCE = "国务院办公厅历年节假日安排通知（chinesecalendar 汇编）"


def plant_defaults(apps: Any, schema_editor: Any) -> None:
    plant(model=apps.get_model("reminders", "Rung"))
    years, holidays = apps.get_model("reminders", "HolidayYear"), apps.get_model("reminders", "Holiday")
    moment = datetime.now(UTC)
    year = FIRST
    while days := library_days(year):
        kept = years.objects.create(year=year, source_document=SOURCE, imported_at=moment)
        holidays.objects.bulk_create(
            holidays(day=named.day, year=kept, is_working=named.is_working, name=named.name) for named in days
        )
        year += 1


class Migration(migrations.Migration):
    dependencies = [("reminders", "0001_initial")]
    operations = [migrations.RunPython(plant_defaults, migrations.RunPython.noop)]

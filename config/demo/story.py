"""When what happens in the demo city: days around the day of loading, so that the demo is always alive."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from common.workdays import is_working_day

FOUNDED = 33  # days before loading: accounts and organisation
LISTS_OUT, LETTERS_OUT = 30, 21


@dataclass(frozen=True)
class Story:
    """The day of loading and the days counted from it."""

    now: datetime

    @property
    def today(self) -> date:
        return timezone.localdate(self.now)

    @property
    def year(self) -> int:
        """The year that lists and letters are for; early in January the old year's work is still going on."""
        return (self.today - timedelta(days=FOUNDED)).year

    def ago(self, days: float, *, hour: int = 9, minute: int = 30) -> datetime:
        """An hour of a working morning so many days back, never later than now."""
        day = self.today - timedelta(days=int(days))
        moment = datetime.combine(day, time(hour, minute), tzinfo=timezone.get_current_timezone())
        return min(moment, self.now)

    def ahead(self, working_days: int) -> date:
        """The day so many working days from today."""
        day = self.today
        while working_days:
            day += timedelta(days=1)
            working_days -= is_working_day(day)
        return day

"""What people do in the demo city, each at its moment, one after the other as it would have happened."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

Say = Callable[[str], None]


@dataclass(frozen=True)
class Event:
    """One act. `do` looks first whether it is done already, so that a load that was killed can be taken up."""

    at: datetime
    do: Callable[[datetime], None]


def run_through(events: Iterable[Event], *, say: Say, words: str) -> None:
    """Does all of them in the order of time and says now and then how far it is."""
    ordered = sorted(events, key=lambda event: event.at)
    for number, event in enumerate(ordered, start=1):
        event.do(event.at)
        if number % 150 == 0:
            say(f"  {words}：{number} / {len(ordered)}")

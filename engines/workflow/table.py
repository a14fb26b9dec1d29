"""Tables of steps: which step may be taken from which state, by which right, when."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

# A guard returns the sentence that refuses, or None.
Guard = Callable[[Any, Any, datetime], str | None]
# May the actor do this action on this object?
May = Callable[[Any, str, Any], bool]


@dataclass(frozen=True)
class Step:
    """One row of a table. `action=None` marks a step that only the system takes."""

    name: str
    label: str
    sources: frozenset[str]
    target: str
    action: str | None
    guard: Guard | None = None
    reason_required: bool = False
    main: bool = False


@dataclass(frozen=True)
class Offer:
    """A step as a page shows it: a button, or the sentence why it cannot be pressed now."""

    step: Step
    refusal: str | None

    @property
    def open(self) -> bool:
        return self.refusal is None


class Table:
    """The steps of one noun. Pages ask it for their buttons; `advance` asks it for permission."""

    def __init__(self, noun: str, steps: Iterable[Step], *, may: May, field: str = "state") -> None:
        self.noun = noun
        self.field = field
        self.may = may
        self.steps = {step.name: step for step in steps}

    def offers(self, obj: Any, actor: Any, now: datetime) -> list[Offer]:
        """The steps this actor may take from the object's state, each with its guard's sentence if it is shut."""
        state = getattr(obj, self.field)
        return [
            Offer(step, step.guard(obj, actor, now) if step.guard else None)
            for step in self.steps.values()
            if step.action and state in step.sources and self.may(actor, step.action, obj)
        ]

    def reachable_from(self, start: str) -> set[str]:
        """All states that can be reached, for the test that no state is an island."""
        seen, fresh = set(), {start}
        while fresh:
            seen |= fresh
            fresh = {step.target for step in self.steps.values() if step.sources & seen} - seen
        return seen

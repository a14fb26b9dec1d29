"""Every view names who may open it; a view that names nobody is closed (ClosedByDefault)."""

from collections.abc import Callable
from typing import Any

PUBLIC = "public"
SIGNED_IN = "signed_in"


def audience(*actions: str) -> Callable[[Any], Any]:
    """Marks a view with the actions of which the user must hold at least one somewhere.

    PUBLIC opens it to everybody, SIGNED_IN to every account. Which objects may be seen is decided
    by `visible_to`, not here.
    """

    def mark(view: Any) -> Any:
        view.audience = actions
        return view

    return mark

"""Who may change lists. `actor=None` is the machine itself: a command typed on the server, never a page."""

from typing import Any

from common.errors import Forbidden
from responsibility.workflows.lists import may


def ensure(actor: Any, action: str, obj: Any) -> None:
    """Refuses with Forbidden where the actor may not do the action on the object."""
    if actor is not None and not may(actor, action, obj):
        raise Forbidden("您没有办理这件事的权限。", remedy="如工作需要，请联系本单位安全管理员授权。")

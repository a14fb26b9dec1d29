"""Makes an undefined variable in one of our templates an error instead of an empty place."""

import sys
from pathlib import Path
from types import FrameType

from django.template.base import Node

OURS = Path(__file__).resolve().parents[1]
ENVIRONMENTS = {".venv", "site-packages"}


class UndefinedVariableInTemplate(Exception):
    """A template of ours shows a variable the view did not give it."""


class UndefinedVariableFails(str):
    """For `string_if_invalid`. Templates of packages are left as lax as their authors meant them."""

    def __new__(cls) -> "UndefinedVariableFails":
        return super().__new__(cls, "%s")

    def __mod__(self, variable: object) -> str:
        origin = _template_being_shown()
        if origin is not None and OURS in origin.parents and not ENVIRONMENTS & set(origin.parts):
            raise UndefinedVariableInTemplate(f"{variable} in {origin}")
        return ""


def _template_being_shown() -> Path | None:
    """The template of the innermost node being rendered: a block of a child counts as the child's."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        node = frame.f_locals.get("self")
        if isinstance(node, Node) and getattr(node, "origin", None) is not None:
            return Path(str(node.origin.name))
        frame = frame.f_back
    return None

"""The one tag library all components register with."""

from collections.abc import Mapping
from typing import Any

from django import template
from django.template import TemplateSyntaxError

register = template.Library()


def pick(table: Mapping[str, Any], key: str, what: str) -> Any:
    """The entry of a declared set; anything else is a mistake of the page and fails."""
    try:
        return table[key]
    except KeyError:
        raise TemplateSyntaxError(f"{what}: {key!r} is none of {', '.join(table)}") from None

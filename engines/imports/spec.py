"""How an app declares the sheets it reads: names, headers, kinds of columns, allowed values."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

HINTS = re.compile(r"\([^)]*\)$")  # after NFKC, so plain parentheses
IGNORED_IN_NAMES = re.compile(r"[\s*:]+")


class Kind(StrEnum):
    TEXT = "text"
    NAME = "name"  # a person's name: spaces that only align it are dropped
    CODE = "code"  # full-width letters, digits and dashes become plain ones, spaces are dropped
    DATE = "date"
    INT = "int"
    CHOICE = "choice"
    PHONE = "phone"


@dataclass(frozen=True)
class Column:
    """One column. `choices` maps what may stand in the cell to the value stored; several labels may share a value.

    `multiline` keeps line breaks. An optional column that is no plain text or name reads 无, / and dashes as nothing,
    an optional date also 至今, 现任 and 在任. `note` is printed in the blank template.
    """

    key: str
    header: str
    aliases: tuple[str, ...] = ()
    kind: Kind = Kind.TEXT
    required: bool = False
    max_length: int = 200
    choices: Mapping[str, str] = field(default_factory=dict)
    multiline: bool = False
    note: str = ""

    @property
    def names(self) -> frozenset[str]:
        return frozenset(folded(name) for name in (self.header, *self.aliases))

    @property
    def labels(self) -> list[str]:
        """One label per value, the first declared, as it is suggested to the person."""
        first: dict[str, str] = {}
        for label, value in self.choices.items():
            first.setdefault(value, label)
        return list(first.values())


@dataclass(frozen=True)
class SheetSpec:
    """One sheet. `key` names the columns that together identify a row; () allows any repetition."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    required: bool = True
    note: str = ""

    @property
    def names(self) -> frozenset[str]:
        return frozenset(folded(name) for name in (self.name, *self.aliases))

    def column(self, key: str) -> Column:
        return next(column for column in self.columns if column.key == key)


def folded(name: object) -> str:
    """A header, sheet name or label as it is compared: width, case, spaces, asterisks and colons fall away."""
    return IGNORED_IN_NAMES.sub("", unicodedata.normalize("NFKC", str(name))).casefold()


def without_hint(name: object) -> str:
    """A folded header without its closing hint: 「手机（选填）」 is 手机."""
    return HINTS.sub("", folded(name))

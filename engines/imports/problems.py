"""What is wrong at which cell, in words the person who filled it in can act on."""

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

SHOWN_VALUE = 60  # characters of a cell's content repeated in a list of problems


class Severity(StrEnum):
    """`ERROR` keeps its row out of the import; `CHECK` only asks a person to look."""

    ERROR = "error"
    CHECK = "check"

    @property
    def label(self) -> str:
        return "须改正" if self is Severity.ERROR else "请核对"


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding. `row` 0 means the whole sheet, `column` "" the whole row; `value` is what stands in the cell."""

    sheet: str
    row: int
    column: str
    value: str
    severity: Severity
    words: str
    remedy: str = ""

    @property
    def address(self) -> str:
        """「人员职务 F27」； 「人员职务 第 27 行」 for a row; 「人员职务」 for a sheet."""
        if not self.row:
            return self.sheet
        return f"{self.sheet} {self.column}{self.row}" if self.column else f"{self.sheet} 第 {self.row} 行"

    @property
    def is_error(self) -> bool:
        return self.severity == Severity.ERROR

    def as_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> "Problem":
        return cls(**{**stored, "severity": Severity(stored["severity"])})


def shown(value: object) -> str:
    """A cell's content as it is repeated to the person: never longer than a line."""
    text = "" if value is None else str(value)
    return text if len(text) <= SHOWN_VALUE else f"{text[:SHOWN_VALUE]}…（共 {len(text):,} 字）"


def column_letter(index: int) -> str:
    """0 → A, 25 → Z, 26 → AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def column_index(letters: str) -> int:
    """A → 0, AA → 26."""
    index = 0
    for letter in letters.upper():
        index = index * 26 + ord(letter) - 64
    return index - 1

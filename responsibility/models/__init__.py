"""What a row of responsibility is and what must always hold."""

from responsibility.models.issued import (
    IssuedItem,
    IssuedList,
    ItemProposal,
    ListPermission,
    ListProposal,
)
from responsibility.models.letter import (
    Letter,
    LetterClause,
    LetterPermission,
    LetterSeries,
    LetterTemplate,
    LetterVersion,
)
from responsibility.models.library import ListCategory, ListItem, NegativeSituation, ResponsibilityList
from responsibility.models.signature import Signature, SigningStage, SigningTrial

__all__ = [
    "IssuedItem",
    "IssuedList",
    "ItemProposal",
    "Letter",
    "LetterClause",
    "LetterPermission",
    "LetterSeries",
    "LetterTemplate",
    "LetterVersion",
    "ListCategory",
    "ListItem",
    "ListPermission",
    "ListProposal",
    "NegativeSituation",
    "ResponsibilityList",
    "Signature",
    "SigningStage",
    "SigningTrial",
]

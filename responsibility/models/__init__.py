from responsibility.models.issued import (
    IssuedItem,
    IssuedList,
    ItemProposal,
    ListPermission,
    ListProposal,
)
from responsibility.models.library import ListCategory, ListItem, NegativeSituation, ResponsibilityList

__all__ = [
    "IssuedItem",
    "IssuedList",
    "ItemProposal",
    "ListCategory",
    "ListItem",
    "ListPermission",
    "ListProposal",
    "NegativeSituation",
    "ResponsibilityList",
]

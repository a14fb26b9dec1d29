"""What a row of the organisation is and what must always hold."""

from organization.models.account import Grant, User
from organization.models.loan import Loan
from organization.models.person import Charge, Field, Person, Post
from organization.models.unit import FACTS, Unit, UnitAlias, UnitVersion

__all__ = ["FACTS", "Charge", "Field", "Grant", "Loan", "Person", "Post", "Unit", "UnitAlias", "UnitVersion", "User"]

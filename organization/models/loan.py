"""Single objects lent to one account: the shape every noun's direct-foreign-key permission model has."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from guardian.managers import UserObjectPermissionManager
from guardian.models import UserObjectPermissionBase


class LoanManager(UserObjectPermissionManager):
    def running(self, on: date) -> models.QuerySet[Any]:
        """Loans that hold on that day; the last day itself is still lent."""
        return self.filter(Q(until__isnull=True) | Q(until__gte=on))


def has_loan(user: Any, action: str) -> bool:
    """Whether any object is lent to the account for this action today; read once per request and user object."""
    held: dict[str, bool] = user.__dict__.setdefault("_loans_held", {})
    if action not in held:
        nouns = [noun for noun in Loan.__subclasses__() if noun.opens == action]
        today = timezone.localdate()
        held[action] = any(noun.objects.running(today).filter(user_id=user.pk).exists() for noun in nouns)
    return held[action]


class Loan(UserObjectPermissionBase):
    """One object lent for reading. A subclass names the object:

        class LetterPermission(Loan):
            opens = "letter.view"
            content_object = models.ForeignKey(Letter, models.PROTECT, related_name="loans")

            class Meta(Loan.Meta):
                verbose_name = verbose_name_plural = "责任书借阅"

    and its queryset says `lent_through = "responsibility.LetterPermission"`. A direct foreign key, because guardian's
    generic table keeps object ids as text and makes every list page slow. Who lent it and why stays in the audit trail.
    """

    opens: ClassVar[str] = ""  # the action that a loan of this noun allows

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="借阅人")
    until = models.DateField("借阅至", null=True, blank=True)
    reason = models.CharField("借阅理由", max_length=200, blank=True)
    lent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="出借人"
    )
    lent_at = models.DateTimeField("出借时间", null=True)

    objects = LoanManager()  # type: ignore[misc]

    class Meta(UserObjectPermissionBase.Meta):
        abstract = True

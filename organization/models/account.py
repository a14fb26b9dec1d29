"""Accounts, what is granted to them, and how three officers are kept apart."""

from __future__ import annotations

from datetime import date

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from organization.access import LENT_ACTIONS, OFFICE_ACTIONS, holds_of
from organization.enums import Office, Role
from organization.models.loan import has_loan
from organization.models.person import Person
from organization.models.unit import Unit


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> User:
        return self.select_related("person").get(username=username)


class User(AbstractBaseUser, PermissionsMixin):
    """An account. `office` says whether it is for business or one of the three officers; never two of them.

    An officer has no person and no grants (constraints here and a composite foreign key on grants),
    so no post can give him a business role. Nobody is a superuser.
    """

    username = models.CharField("账号", max_length=60, unique=True, error_messages={"unique": "这个账号已存在。"})
    person = models.OneToOneField(
        Person, models.PROTECT, null=True, blank=True, related_name="account", verbose_name="人员"
    )
    display_name = models.CharField("显示名", max_length=60, blank=True)
    office = models.CharField("账号类别", max_length=12, choices=Office, default=Office.BUSINESS)
    is_active = models.BooleanField("启用", default=True)
    must_change_password = models.BooleanField("下次登录须改密码", default=True)
    created_at = models.DateTimeField("建立时间")
    large_type = models.BooleanField("大字版", default=False)

    objects = UserManager()
    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: list[str] = []  # type: ignore[misc]

    class Meta:
        verbose_name = verbose_name_plural = "账号"
        ordering = ["username"]
        constraints = [
            models.CheckConstraint(
                condition=Q(office=Office.BUSINESS) | Q(person__isnull=True),
                name="user_officer_has_no_person",
                violation_error_message="系统、安全、审计管理员账号不得关联人员，也不得承担业务。",
            ),
            models.CheckConstraint(
                condition=Q(is_superuser=False),
                name="user_nobody_is_superuser",
                violation_error_message="本系统不设超级用户（三员分立）。",
            ),
            models.UniqueConstraint(fields=["id", "office"], name="user_id_office"),
        ]

    def __str__(self) -> str:
        return self.display_name or (self.person.name if self.person_id and self.person else self.username)

    @property
    def is_staff(self) -> bool:
        """Only officers enter Django admin."""
        return self.office != Office.BUSINESS

    def may_somewhere(self, action: str) -> bool:
        """Whether any post, grant or loan of today allows the action anywhere."""
        if self.office != Office.BUSINESS:
            return action in OFFICE_ACTIONS[self.office]
        if any(action in hold.actions for hold in holds_of(self)):
            return True
        return action in LENT_ACTIONS and has_loan(self, action)


class Grant(models.Model):
    """授权: a role in a unit and all beneath it, from a day (inclusive) to a day (exclusive)."""

    user = models.ForeignKey(User, models.PROTECT, related_name="grants", verbose_name="账号")
    # Together with `user` a foreign key to (User.id, User.office): the database refuses a grant to an officer.
    user_office = models.CharField(max_length=12, default=Office.BUSINESS, editable=False)
    role = models.CharField("角色", max_length=20, choices=Role)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="grants", verbose_name="范围（该单位及以下）")
    started_on = models.DateField("自")
    ended_on = models.DateField("至", null=True, blank=True)
    reason = models.CharField("授权理由", max_length=200)
    granted_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name="授权人")
    granted_at = models.DateTimeField("授权时间")

    class Meta:
        verbose_name = verbose_name_plural = "授权"
        constraints = [
            models.CheckConstraint(
                condition=Q(user_office=Office.BUSINESS),
                name="grant_only_to_business_accounts",
                violation_error_message="系统、安全、审计管理员不得授予业务角色。",
            ),
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=F("started_on")),
                name="grant_ends_after_start",
                violation_error_message="授权截止日期不能早于起始日期。",
            ),
            models.UniqueConstraint(
                fields=["user", "role", "unit", "started_on"],
                name="grant_once",
                violation_error_message="同样的授权已存在。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.get_role_display()} {self.unit}"

    @property
    def running(self) -> bool:
        """Whether it has not ended yet today."""
        return self.ended_on is None or timezone.localdate() < self.ended_on

    def runs_on(self, day: date) -> bool:
        return self.started_on <= day and (self.ended_on is None or day < self.ended_on)

"""Issued lists: what one unit or one post has been given, what it added, and what a new version proposes to it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import BooleanField, Deferrable, F, Func, Q
from django.utils import timezone

from organization.access import LENT_ACTIONS, ScopedQuerySet, pk_among
from organization.enums import Office
from organization.models import Loan, Post, Unit
from responsibility.enums import ChangeKind, IssuedItemState, IssuedState, ItemKind, ProposalState, Subject
from responsibility.models.content import DutyContent, content_constraints
from responsibility.models.library import ListItem, ResponsibilityList


def lent_to(user: Any) -> models.QuerySet[Any]:
    """The ids of the issued lists lent to the account today."""
    running = ListPermission.objects.running(timezone.localdate())
    return running.filter(user_id=user.pk).order_by().values("content_object_id")


def has_loans(user: Any) -> bool:
    """Whether any issued list is lent to the account; read once per request and user object.

    Only borrowers get the further condition: it would cost everybody else the plain range of one index.
    """
    if user.office != Office.BUSINESS:
        return False
    if "_list_loans" not in user.__dict__:
        user.__dict__["_list_loans"] = lent_to(user).exists()
    return bool(user.__dict__["_list_loans"])


class IssuedListQuerySet(ScopedQuerySet["IssuedList"]):
    lent_through = "responsibility.ListPermission"

    def also_visible(self, user: Any, action: str) -> Iterable[Any]:
        """Lists that are lent."""
        if action in LENT_ACTIONS and has_loans(user):
            yield pk_among(lent_to(user))

    def in_force(self) -> IssuedListQuerySet:
        return self.exclude(state=IssuedState.WITHDRAWN)


class IssuedList(models.Model):
    """A list as one unit (collective subjects) or one post (personal subjects) holds it for a year."""

    list = models.ForeignKey(ResponsibilityList, models.PROTECT, related_name="issued", verbose_name="清单版本")
    lineage = models.UUIDField("同一清单标识", editable=False)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="issued_lists", verbose_name="责任单位")
    unit_path = models.CharField("单位路径", max_length=500, db_collation="C", editable=False)
    post = models.ForeignKey(
        Post, models.PROTECT, null=True, blank=True, related_name="issued_lists", verbose_name="责任人（任职）"
    )
    year = models.PositiveSmallIntegerField("年度")
    subject = models.CharField("责任主体", max_length=12, choices=Subject)
    title = models.CharField("清单名称", max_length=120)
    state = models.CharField("状态", max_length=12, choices=IssuedState, default=IssuedState.ISSUED)
    issued_at = models.DateTimeField("下达时间")
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="下达人"
    )
    acknowledge_due_on = models.DateField("认领期限")
    acknowledged_at = models.DateTimeField("认领时间", null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="认领人"
    )
    return_reason = models.TextField("退回理由", max_length=1000, blank=True)
    search_text = models.CharField("检索", max_length=600, editable=False, default="", db_collation="C")

    objects = IssuedListQuerySet.as_manager()
    audit_noun = "issued_list"

    class Meta:
        verbose_name = verbose_name_plural = "下达的责任清单"
        ordering = ["unit_path", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["lineage", "unit"],
                condition=Q(post__isnull=True) & ~Q(state="withdrawn"),
                name="issued_list_once_per_unit",
                violation_error_message="这份清单已经下达给该单位。",
            ),
            models.UniqueConstraint(
                fields=["lineage", "post"],
                condition=Q(post__isnull=False) & ~Q(state="withdrawn"),
                name="issued_list_once_per_post",
                violation_error_message="这份清单已经下达给该同志。",
            ),
            models.CheckConstraint(
                condition=Q(state="acknowledged", acknowledged_at__isnull=False)
                | Q(state__in=["issued", "returned"], acknowledged_at__isnull=True)
                | Q(state="withdrawn"),
                name="issued_list_acknowledged_iff_moment",
            ),
            models.CheckConstraint(
                condition=~Q(state="returned") | ~Q(return_reason=""),
                name="issued_list_returned_with_reason",
                violation_error_message="退回须写明理由。",
            ),
        ]
        indexes = [
            models.Index(fields=["unit_path", "id"], name="issued_list_path"),
            models.Index(fields=["year", "unit_path", "id"], name="issued_list_year_path"),
            models.Index(fields=["year", "state", "unit_path", "id"], name="issued_list_state"),
            models.Index(fields=["acknowledge_due_on", "id"], name="issued_list_due"),
            models.Index(fields=["lineage", "unit_path"], name="issued_list_lineage"),
        ]

    def __str__(self) -> str:
        return f"{self.year}年度{self.title}（{self.holder_words}）"

    @property
    def holder_words(self) -> str:
        return self.post.person.name + "，" + self.unit.name if self.post_id and self.post else self.unit.party

    @property
    def heading(self) -> str:
        """How the list is called on its own page."""
        return (
            f"{self.year}年度{self.title} · {self.post.person.name if self.post_id and self.post else self.unit.party}"
        )

    @property
    def is_adaptable(self) -> bool:
        """Individual items and open fields may be changed until the list is acknowledged."""
        return self.state in (IssuedState.ISSUED, IssuedState.RETURNED)


class IssuedItemQuerySet(ScopedQuerySet["IssuedItem"]):
    def also_visible(self, user: Any, action: str) -> Iterable[Any]:
        """The items of lent lists."""
        if action in LENT_ACTIONS and has_loans(user):
            yield Func(
                F("issued_list_id"),
                ArraySubquery(lent_to(user)),
                template="%(expressions)s)",
                arg_joiner=" = ANY(",
                output_field=BooleanField(),
            )

    def open(self) -> IssuedItemQuerySet:
        return self.filter(state=IssuedItemState.OPEN)


class IssuedItem(DutyContent):
    """A duty as its holder has it: a common one follows the library, an individual one was added below."""

    issued_list = models.ForeignKey(IssuedList, models.PROTECT, related_name="items", verbose_name="下达的清单")
    unit_path = models.CharField("单位路径", max_length=500, db_collation="C", editable=False)
    year = models.PositiveSmallIntegerField("年度")
    source = models.ForeignKey(
        ListItem, models.PROTECT, null=True, blank=True, related_name="issued_items", verbose_name="清单库事项"
    )
    category_no = models.PositiveSmallIntegerField("类别序号", default=0)
    category_name = models.CharField("类别", max_length=120, blank=True)
    state = models.CharField("状态", max_length=12, choices=IssuedItemState, default=IssuedItemState.OPEN)
    search_text = models.CharField("检索", max_length=600, editable=False, default="", db_collation="C")
    # Where two individual items share a band, their texts are compared (rules.similarity); empty for common items.
    bands = ArrayField(models.BigIntegerField(), default=list, blank=True, editable=False, verbose_name="相似特征")

    objects = IssuedItemQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "下达的责任事项"
        ordering = ["issued_list", "no"]
        constraints = [
            models.UniqueConstraint(
                fields=["issued_list", "no"], name="issued_item_no_once", deferrable=Deferrable.DEFERRED
            ),
            models.UniqueConstraint(fields=["issued_list", "key"], name="issued_item_key_once"),
            models.CheckConstraint(
                condition=Q(kind=ItemKind.INDIVIDUAL, source__isnull=True)
                | Q(kind=ItemKind.COMMON, source__isnull=False),
                name="issued_item_common_iff_source",
            ),
            *content_constraints("issued_item"),
        ]
        indexes = [
            models.Index(fields=["unit_path", "id"], name="issued_item_path"),
            models.Index(fields=["year", "unit_path", "id"], name="issued_item_year_path"),
            models.Index(fields=["due_on", "id"], name="issued_item_due"),
            models.Index(fields=["key"], name="issued_item_key"),
            GinIndex(fields=["bands"], name="issued_item_bands", condition=Q(kind="individual")),
        ]


class ListProposal(models.Model):
    """What a new version of the library changes, put before the holder of an issued list."""

    issued_list = models.ForeignKey(IssuedList, models.PROTECT, related_name="proposals", verbose_name="下达的清单")
    unit_path = models.CharField("单位路径", max_length=500, db_collation="C", editable=False)
    from_list = models.ForeignKey(ResponsibilityList, models.PROTECT, related_name="+", verbose_name="原版本")
    to_list = models.ForeignKey(ResponsibilityList, models.PROTECT, related_name="proposals", verbose_name="新版本")
    created_at = models.DateTimeField("提出时间")
    decided_at = models.DateTimeField("办结时间", null=True, blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "清单变更建议"
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["issued_list", "to_list"], name="proposal_once_per_version")]
        indexes = [
            models.Index(fields=["unit_path", "id"], condition=Q(decided_at__isnull=True), name="proposal_open"),
        ]

    def __str__(self) -> str:
        return f"{self.to_list}第{self.to_list.version}版的变更"


class ItemProposal(models.Model):
    """One difference: a duty added, changed or removed above; accepted or declined with a reason."""

    proposal = models.ForeignKey(ListProposal, models.CASCADE, related_name="items", verbose_name="变更建议")
    unit_path = models.CharField("单位路径", max_length=500, db_collation="C", editable=False)
    kind = models.CharField("变更", max_length=8, choices=ChangeKind)
    item = models.ForeignKey(
        IssuedItem, models.PROTECT, null=True, blank=True, related_name="proposals", verbose_name="现有事项"
    )
    source = models.ForeignKey(
        ListItem, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="新版事项"
    )
    before = models.JSONField("变更前", default=dict)
    after = models.JSONField("变更后", default=dict)
    state = models.CharField("状态", max_length=12, choices=ProposalState, default=ProposalState.OPEN)
    reason = models.TextField("理由", max_length=1000, blank=True)
    decided_at = models.DateTimeField("决定时间", null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="决定人"
    )

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "事项变更建议"
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="added", item__isnull=True, state="open")
                | Q(kind="added", state__in=["accepted", "declined", "overtaken"])
                | (~Q(kind="added") & Q(item__isnull=False)),
                name="item_proposal_names_its_item",
            ),
            models.CheckConstraint(
                condition=Q(state="open", decided_at__isnull=True) | (~Q(state="open") & Q(decided_at__isnull=False)),
                name="item_proposal_decided_iff_moment",
            ),
            models.CheckConstraint(
                condition=~Q(state="declined") | ~Q(reason=""),
                name="item_proposal_declined_with_reason",
                violation_error_message="不采纳须写明理由。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}：{(self.after or self.before).get('content', '')[:40]}"


class ListPermission(Loan):
    """An issued list lent to one account for reading (an inspector)."""

    opens = "list.view"
    content_object = models.ForeignKey(IssuedList, models.PROTECT, related_name="loans", verbose_name="下达的清单")

    class Meta(Loan.Meta):
        verbose_name = verbose_name_plural = "责任清单借阅"

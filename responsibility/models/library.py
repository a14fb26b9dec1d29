"""The library of responsibility lists: by issuing unit, year, subject and version."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Deferrable, F, Q

from organization.access import ScopedQuerySet, prefixes
from organization.models import Unit
from responsibility.enums import UNIT_SUBJECTS, DutyKind, ListState, Subject
from responsibility.models.content import DutyContent, content_constraints


class ResponsibilityListQuerySet(ScopedQuerySet["ResponsibilityList"]):
    def also_visible(self, user: Any, action: str) -> Iterable[Any]:
        """Who may see lists in a unit also sees what the units above it have published."""
        if action == "list.view":
            above = {path for prefix in prefixes(user, action) for path in paths_above(prefix)}
            if above:
                yield Q(unit_path__in=sorted(above)) & ~Q(state=ListState.DRAFT)

    def published(self) -> ResponsibilityListQuerySet:
        return self.filter(state=ListState.PUBLISHED)


def paths_above(path: str) -> list[str]:
    """The paths of the units above this one: "1/5/9/" → "1/", "1/5/"."""
    return [path[: n + 1] for n, sign in enumerate(path[:-1]) if sign == "/"]


class ResponsibilityList(models.Model):
    """One version of a list for one subject and year, authored by the unit that issues it."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="responsibility_lists", verbose_name="制定单位")
    unit_path = models.CharField("单位路径", max_length=500, db_collation="C", editable=False)
    year = models.PositiveSmallIntegerField("年度")
    subject = models.CharField("责任主体", max_length=12, choices=Subject)
    variant = models.CharField(
        "适用对象", max_length=40, blank=True, help_text="同一主体分几份清单时填写，如「分管领导」。"
    )
    duty_kind = models.CharField("责任类别", max_length=12, choices=DutyKind, default=DutyKind.PRINCIPAL)
    title = models.CharField("清单名称", max_length=120)
    version = models.PositiveSmallIntegerField("版本", default=1)
    state = models.CharField("状态", max_length=12, choices=ListState, default=ListState.DRAFT)
    # All versions of one list share it; an issued list belongs to the lineage and moves from version to version.
    lineage = models.UUIDField("同一清单标识", editable=False)
    supersedes = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="successors", verbose_name="替代的版本"
    )
    copied_from = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="copies", verbose_name="复制自"
    )
    source_title = models.CharField("来源文章", max_length=200, blank=True)
    source_author = models.CharField("来源作者", max_length=120, blank=True)
    source_year = models.PositiveSmallIntegerField("来源年份", null=True, blank=True)
    source_kind = models.CharField("来源类别", max_length=40, blank=True)
    source_url = models.CharField("来源网址", max_length=300, blank=True)
    source_completeness = models.CharField("来源完整程度", max_length=200, blank=True)
    declared_item_count = models.PositiveSmallIntegerField("来源写明的事项数", null=True, blank=True)
    notes = models.TextField("说明", max_length=4000, blank=True)
    created_at = models.DateTimeField("建立时间")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="建立人"
    )
    published_at = models.DateTimeField("发布时间", null=True, blank=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="发布人"
    )

    objects = ResponsibilityListQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "责任清单"
        ordering = ["-year", "subject", "variant", "-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "year", "subject", "variant", "version"],
                name="list_version_once",
                violation_error_message="本单位这一年度、主体和对象的清单已有这个版本。",
            ),
            models.UniqueConstraint(
                fields=["unit", "year", "subject", "variant"],
                condition=Q(state="published"),
                name="list_one_published",
                violation_error_message="同一单位、年度、主体和对象只能有一份已发布的清单。",
            ),
            models.UniqueConstraint(
                fields=["lineage"],
                condition=Q(state="draft"),
                name="list_one_draft_per_lineage",
                violation_error_message="这份清单已有一个修订中的草稿。",
            ),
            models.CheckConstraint(
                condition=Q(state="draft", published_at__isnull=True)
                | (~Q(state="draft") & Q(published_at__isnull=False)),
                name="list_published_iff_moment",
                violation_error_message="已发布的清单须有发布时间，草稿没有。",
            ),
            models.CheckConstraint(
                condition=Q(year__gte=2000, year__lte=2100),
                name="list_year_sensible",
                violation_error_message="年度须在 2000 至 2100 之间。",
            ),
            models.CheckConstraint(condition=~Q(supersedes=F("id")), name="list_not_its_own_predecessor"),
        ]
        indexes = [
            models.Index(fields=["unit_path", "id"], name="list_unit_path"),
            models.Index(fields=["-year", "-id"], name="list_year"),
            models.Index(fields=["lineage", "-version"], name="list_lineage"),
        ]

    def __str__(self) -> str:
        return f"{self.year}年度{self.title}"

    @property
    def is_draft(self) -> bool:
        return self.state == ListState.DRAFT

    @property
    def goes_to_units(self) -> bool:
        """Whether it is issued to units, and not to the posts of persons."""
        return self.subject in UNIT_SUBJECTS

    @property
    def is_published_source(self) -> bool:
        """Whether it was taken from a publication, so that what is empty is what the source leaves open."""
        return bool(self.source_title)

    @property
    def open_word(self) -> str:
        return "原文未载明" if self.is_published_source else "未填写"

    @property
    def subject_words(self) -> str:
        return f"{self.get_subject_display()}·{self.variant}" if self.variant else self.get_subject_display()


class ListCategory(models.Model):
    """A heading of a list; a source may name categories without printing their items."""

    list = models.ForeignKey(ResponsibilityList, models.CASCADE, related_name="categories", verbose_name="责任清单")
    no = models.PositiveSmallIntegerField("序号")
    name = models.CharField("类别名称", max_length=120)

    class Meta:
        verbose_name = verbose_name_plural = "清单类别"
        ordering = ["no"]
        constraints = [
            models.UniqueConstraint(fields=["list", "no"], name="category_no_once", deferrable=Deferrable.DEFERRED),
            models.UniqueConstraint(
                fields=["list", "name"], name="category_name_once", violation_error_message="这份清单已有同名的类别。"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ListItem(DutyContent):
    """A duty in the library."""

    list = models.ForeignKey(ResponsibilityList, models.CASCADE, related_name="items", verbose_name="责任清单")
    category = models.ForeignKey(
        ListCategory, models.PROTECT, null=True, blank=True, related_name="items", verbose_name="类别"
    )
    upper = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="carried_by", verbose_name="承接的上级事项"
    )

    class Meta:
        verbose_name = verbose_name_plural = "责任事项"
        ordering = ["no"]
        constraints = [
            models.UniqueConstraint(fields=["list", "no"], name="item_no_once", deferrable=Deferrable.DEFERRED),
            models.UniqueConstraint(fields=["list", "key"], name="item_key_once"),
            *content_constraints("item"),
        ]
        indexes = [models.Index(fields=["key"], name="item_key")]


class NegativeSituation(models.Model):
    """负面清单: a concrete situation that leads to accountability, paired with the duties it is the reverse of."""

    list = models.ForeignKey(ResponsibilityList, models.CASCADE, related_name="situations", verbose_name="责任清单")
    no = models.PositiveSmallIntegerField("序号")
    text = models.TextField("问责情形", max_length=2000)
    basis = models.CharField("依据", max_length=200, blank=True)
    items = models.ManyToManyField(ListItem, related_name="situations", blank=True, verbose_name="对应事项")

    class Meta:
        verbose_name = verbose_name_plural = "负面清单情形"
        ordering = ["no"]
        constraints = [
            models.UniqueConstraint(fields=["list", "no"], name="situation_no_once", deferrable=Deferrable.DEFERRED)
        ]

    def __str__(self) -> str:
        return f"情形{self.no} {self.text[:40]}"

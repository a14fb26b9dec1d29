"""Units and the tree they stand in, as they are now and as they were on any day."""

from __future__ import annotations

from datetime import date

from django.db import models
from django.db.models import F, Q

from organization.access import ScopedQuerySet
from organization.enums import PartyKind, UnitKind


class UnitQuerySet(ScopedQuerySet["Unit"]):
    scope_path = "path"

    def active(self, on: date) -> UnitQuerySet:
        """Units that exist on that day."""
        return self.filter(Q(abolished_on__isnull=True) | Q(abolished_on__gt=on)).filter(founded_on__lte=on)

    def beneath(self, unit: Unit) -> UnitQuerySet:
        """The unit itself and all beneath it."""
        return self.filter(path__startswith=unit.path)


class UnitFacts(models.Model):
    """What may change in the life of a unit; kept in the unit for today and in its versions for any other day."""

    name = models.CharField("单位名称", max_length=120)
    kind = models.CharField("单位类别", max_length=16, choices=UnitKind)
    party_name = models.CharField("党组织名称", max_length=160, blank=True)
    party_kind = models.CharField("党组织类别", max_length=20, choices=PartyKind, default=PartyKind.NONE)
    parent = models.ForeignKey(
        "organization.Unit", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="上级单位"
    )
    supervisor = models.ForeignKey(
        "organization.Unit", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="监督单位"
    )
    order = models.PositiveIntegerField("排序", default=0)

    class Meta:
        abstract = True


FACTS = ("name", "kind", "party_name", "party_kind", "parent_id", "supervisor_id", "order")


class Unit(UnitFacts):
    """One unit with its party organisation. `path` holds the ids from the root down and ends in "/".

    Only organization.services.units writes `path` and the versions.
    """

    code = models.CharField(
        "单位编码", max_length=40, unique=True, error_messages={"unique": "这个单位编码已有单位使用。"}
    )
    path = models.CharField("路径", max_length=500, unique=True, db_collation="C", editable=False)
    depth = models.PositiveSmallIntegerField("层级", default=0, editable=False)
    founded_on = models.DateField("成立日期")
    abolished_on = models.DateField("撤销日期", null=True, blank=True)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="并入单位"
    )
    search_text = models.CharField("检索", max_length=500, editable=False, default="", db_collation="C")

    objects = UnitQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "单位"
        ordering = ["order", "code"]
        constraints = [
            models.CheckConstraint(condition=Q(path__endswith="/"), name="unit_path_ends_in_slash"),
            models.CheckConstraint(
                condition=Q(abolished_on__isnull=True) | Q(abolished_on__gte=F("founded_on")),
                name="unit_abolished_after_founded",
                violation_error_message="撤销日期不能早于成立日期。",
            ),
            models.CheckConstraint(
                condition=~Q(parent_id=F("id")),
                name="unit_not_its_own_parent",
                violation_error_message="单位不能以自己为上级。",
            ),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True) | Q(abolished_on__isnull=False),
                name="unit_merged_only_when_abolished",
                violation_error_message="并入其他单位的，须有撤销日期。",
            ),
        ]
        indexes = [
            models.Index(fields=["order", "code"], name="unit_order"),
            models.Index(fields=["parent", "order"], name="unit_children"),
            models.Index(fields=["supervisor", "path"], name="unit_supervised"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def unit_path(self) -> str:
        return self.path

    @property
    def party(self) -> str:
        """The name under which the unit signs."""
        return self.party_name or self.name


class UnitVersion(UnitFacts):
    """The facts of one unit from a day (inclusive) to a day (exclusive)."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="versions", verbose_name="单位")
    valid_from = models.DateField("自")
    valid_to = models.DateField("至", null=True, blank=True)
    change = models.CharField("变更", max_length=40, default="设立")

    class Meta:
        verbose_name = verbose_name_plural = "单位沿革"
        ordering = ["unit", "valid_from"]
        constraints = [
            models.UniqueConstraint(fields=["unit", "valid_from"], name="unit_version_one_per_day"),
            models.UniqueConstraint(fields=["unit"], condition=Q(valid_to__isnull=True), name="unit_version_one_open"),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from")),
                name="unit_version_ends_after_start",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}（{self.valid_from:%Y-%m-%d} 起）"


class UnitAlias(models.Model):
    """Another name under which people look for a unit (简称, 曾用名)."""

    unit = models.ForeignKey(Unit, models.CASCADE, related_name="aliases", verbose_name="单位")
    name = models.CharField("别名", max_length=120)

    class Meta:
        verbose_name = verbose_name_plural = "单位别名"
        constraints = [models.UniqueConstraint(fields=["unit", "name"], name="unit_alias_once")]

    def __str__(self) -> str:
        return self.name

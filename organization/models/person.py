"""People, the posts they hold from a day to a day, and the fields they are in charge of."""

from __future__ import annotations

from datetime import date

from django.db import models
from django.db.models import F, Q

from organization.access import ScopedQuerySet
from organization.enums import PostKind
from organization.models.unit import Unit


class Person(models.Model):
    """A human being; responsibility attaches to the posts, not to the name."""

    code = models.CharField("人员编码", max_length=40, unique=True)
    name = models.CharField("姓名", max_length=60)
    phone = models.CharField("手机", max_length=20, blank=True)
    search_text = models.CharField("检索", max_length=300, editable=False, default="", db_collation="C")

    class Meta:
        verbose_name = verbose_name_plural = "人员"
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(
                fields=["phone"],
                condition=~Q(phone=""),
                name="person_phone_once",
                violation_error_message="这个手机号已有人使用。",
            )
        ]

    def __str__(self) -> str:
        return self.name


class PostQuerySet(ScopedQuerySet["Post"]):
    scope_path = "unit_path"

    def held(self, on: date) -> PostQuerySet:
        """Posts held on that day; the last day itself is no longer held."""
        return self.filter(started_on__lte=on).filter(Q(ended_on__isnull=True) | Q(ended_on__gt=on))


class Post(models.Model):
    """A person in a post of a unit, from a day (inclusive) to a day (exclusive)."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="posts", verbose_name="单位")
    unit_path = models.CharField("单位路径", max_length=500, db_collation="C", editable=False)
    person = models.ForeignKey(Person, models.PROTECT, related_name="posts", verbose_name="人员")
    title = models.CharField("职务", max_length=120)
    kind = models.CharField("职务类别", max_length=16, choices=PostKind)
    rank = models.CharField("职级", max_length=40, blank=True)
    started_on = models.DateField("任职日期")
    ended_on = models.DateField("免职日期", null=True, blank=True)

    objects = PostQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "职务"
        ordering = ["unit", "kind", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "person", "title", "started_on"],
                name="post_once_per_start",
                violation_error_message="同一人同一职务同一天已有任职记录。",
            ),
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=F("started_on")),
                name="post_ends_after_start",
                violation_error_message="免职日期不能早于任职日期。",
            ),
        ]
        indexes = [
            models.Index(fields=["unit_path", "id"], name="post_unit_path"),
            models.Index(fields=["person", "started_on"], name="post_person"),
        ]

    def __str__(self) -> str:
        return f"{self.person.name}（{self.title}，{self.unit.name}）"

    def held_on(self, day: date) -> bool:
        return self.started_on <= day and (self.ended_on is None or day < self.ended_on)


class Field(models.Model):
    """A field of work that somebody in the leading group is in charge of (分管领域)."""

    name = models.CharField("分管领域", max_length=60, unique=True)
    reserved = models.BooleanField("主要负责人不直接分管", default=False)
    business = models.BooleanField("业务领域", default=True)

    class Meta:
        verbose_name = verbose_name_plural = "分管领域"
        ordering = ["-reserved", "id"]

    def __str__(self) -> str:
        return self.name


class Charge(models.Model):
    """分工: a post is in charge of a field, from a day (inclusive) to a day (exclusive)."""

    post = models.ForeignKey(Post, models.PROTECT, related_name="charges", verbose_name="职务")
    field = models.ForeignKey(Field, models.PROTECT, related_name="charges", verbose_name="分管领域")
    started_on = models.DateField("自")
    ended_on = models.DateField("至", null=True, blank=True)
    note = models.CharField("备注", max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "分工"
        constraints = [
            models.UniqueConstraint(fields=["post", "field", "started_on"], name="charge_once_per_start"),
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=F("started_on")), name="charge_ends_after_start"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.field}：{self.post}"

"""What a duty says, the same in the library and in an issued list."""

from typing import Any

from django.db import models
from django.db.models import Q

from responsibility.enums import PERIODIC, ItemKind, Per
from responsibility.rules.frequency import OPEN, Frequency, due_in_words, frequency_in_words


class DutyContent(models.Model):
    """The published columns of a duty; what a source leaves open stays empty and is shown as open."""

    no = models.PositiveSmallIntegerField("序号")
    content = models.TextField("责任内容", max_length=2000)
    measures = models.TextField("具体措施", max_length=4000, blank=True)
    requirement = models.TextField("工作要求", max_length=2000, blank=True)
    per = models.CharField("频次", max_length=12, choices=Per, default=Per.OPEN)
    times = models.PositiveSmallIntegerField("至少次数", null=True, blank=True)
    event = models.CharField("遇何事项", max_length=120, blank=True)
    due_on = models.DateField("完成期限", null=True, blank=True)
    due_words = models.CharField("期限表述", max_length=60, blank=True)
    lead_office = models.CharField("牵头单位", max_length=120, blank=True)
    supporting_offices = models.CharField("配合单位", max_length=300, blank=True)
    responsible_leader = models.CharField("责任领导", max_length=120, blank=True)
    supervising_body = models.CharField("监督主体", max_length=120, blank=True)
    evidence = models.CharField("佐证材料", max_length=500, blank=True)
    points = models.DecimalField("分值", max_digits=6, decimal_places=2, null=True, blank=True)
    basis_document = models.CharField("依据文件", max_length=200, blank=True)
    basis_article = models.CharField("依据条款", max_length=60, blank=True)
    kind = models.CharField("类别", max_length=12, choices=ItemKind, default=ItemKind.COMMON)
    # The identity of the duty through versions, years and issued copies.
    key = models.UUIDField("同一事项标识", editable=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"第{self.no}项 {self.content[:40]}"

    @property
    def frequency_words(self) -> str:
        """How often it is due, in words; what is left open says so."""
        return frequency_in_words(Frequency(self.per, self.times, self.event, self.due_on, self.due_words))

    def frequency_words_or(self, open_word: str) -> str:
        """The same with another word for what is open (原文未载明, 未填写)."""
        frequency = Frequency(self.per, self.times, self.event, self.due_on, self.due_words)
        return frequency_in_words(frequency, open_word=open_word)

    @property
    def rhythm_words(self) -> str:
        """How often, without the deadline, where that stands in a column of its own."""
        if self.per in (Per.DATE, Per.OPEN):
            return "按期限" if self.due_in_words else OPEN
        return frequency_in_words(Frequency(self.per, self.times, self.event))

    @property
    def due_in_words(self) -> str:
        """The deadline as the list says it, "" where there is none."""
        return due_in_words(self.due_on, self.due_words)

    @property
    def is_frequency_open(self) -> bool:
        return self.per == Per.OPEN and not self.due_in_words

    @property
    def basis_words(self) -> str:
        document = self.basis_document
        if document and not document.startswith("《"):
            document = f"《{document}》"
        return document + self.basis_article


# Everything that two versions of a duty may differ in, in the order in which it is shown.
CONTENT_FIELDS = (
    "content",
    "measures",
    "requirement",
    "per",
    "times",
    "event",
    "due_on",
    "due_words",
    "lead_office",
    "supporting_offices",
    "responsible_leader",
    "supervising_body",
    "evidence",
    "points",
    "basis_document",
    "basis_article",
)


def content_constraints(name: str) -> list[models.BaseConstraint]:
    """What must hold of a duty in either table; constraint names carry the table's name."""
    return [
        models.CheckConstraint(
            condition=Q(per__in=PERIODIC, times__isnull=False, times__gte=1)
            | (~Q(per__in=PERIODIC) & Q(times__isnull=True)),
            name=f"{name}_times_iff_periodic",
            violation_error_message="按年、半年、季度、月开展的须写至少次数，其他频次不写次数。",
        ),
        models.CheckConstraint(
            condition=Q(event="") | Q(per=Per.EVENT),
            name=f"{name}_event_only_per_event",
            violation_error_message="只有「遇事即办」的事项才写遇何事项。",
        ),
        models.CheckConstraint(
            condition=~Q(per=Per.DATE) | Q(due_on__isnull=False) | ~Q(due_words=""),
            name=f"{name}_dated_has_due",
            violation_error_message="频次为「按期限」的须写完成期限。",
        ),
        models.CheckConstraint(
            condition=~Q(content=""),
            name=f"{name}_says_something",
            violation_error_message="请写责任内容。",
        ),
        models.CheckConstraint(
            condition=Q(points__isnull=True) | Q(points__gte=0),
            name=f"{name}_points_not_negative",
            violation_error_message="分值不能为负数。",
        ),
    ]


def content_of(item: DutyContent) -> dict[str, Any]:
    """The values of the content fields."""
    return {name: getattr(item, name) for name in CONTENT_FIELDS}

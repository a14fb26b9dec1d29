"""Responsibility lists in small pieces, made through the services."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from organization.models import Post, Unit
from responsibility.enums import Subject
from responsibility.models import IssuedItem, IssuedList, ListItem, ResponsibilityList
from responsibility.services import adapt, contents, issue, library
from tests.factories.organization import NOW

DUE = NOW.date() + timedelta(days=20)
CONTENT = {
    "content": "专题研究全面从严治党工作",
    "measures": "每季度由党组书记主持召开党组会专题研究，形成纪要",
    "per": "quarter",
    "times": 1,
    "responsible_leader": "党组书记",
    "lead_office": "机关党委",
    "evidence": "会议纪要",
    "basis_document": "党委（党组）落实全面从严治党主体责任规定",
    "basis_article": "第六条",
}
DISTINCT = (
    "专题研究全面从严治党工作",
    "选人用人征求纪检机构意见",
    "公务接待和公务用车情况自查",
    "梳理岗位廉政风险点并公示",
    "落实重大事项集体决策制度",
)


def make_list(unit: Unit, *, year: int = 2026, subject: str = Subject.COMMITTEE, **facts: Any) -> ResponsibilityList:
    """An empty draft."""
    facts.setdefault("title", "主体责任清单")
    return library.create_list(unit, year=year, subject=subject, actor=None, now=NOW, **facts)


def make_item(target: ResponsibilityList, *, category: Any = None, **content: Any) -> ListItem:
    return contents.add_item(target, content={**CONTENT, **content}, category=category, actor=None, now=NOW)


def make_published_list(
    unit: Unit, author: Any, *, items: int = 3, subject: str = Subject.COMMITTEE, **facts: Any
) -> ResponsibilityList:
    """A published list with one category and that many items of different text."""
    made = make_list(unit, subject=subject, **facts)
    category = contents.add_category(made, name="加强组织领导", actor=None, now=NOW)
    for number in range(items):
        text = DISTINCT[number] if number < len(DISTINCT) else f"{DISTINCT[number % len(DISTINCT)]}（{number}）"
        make_item(made, category=category, content=text)
    return library.publish_list(made, actor=author, now=NOW)


def issue_to(
    target: ResponsibilityList, holders: Sequence[Unit | Post], author: Any, *, due_on: date = DUE
) -> list[IssuedList]:
    done = issue.issue_list(target, holder_ids=[holder.pk for holder in holders], due_on=due_on, actor=author, now=NOW)
    return sorted(done.made, key=lambda issued: issued.pk)


def make_individual_item(issued: IssuedList, actor: Any = None, **content: Any) -> IssuedItem:
    content.setdefault("content", "财政投资评审廉洁管理")
    content.setdefault("measures", "评审人员随机抽取，评审结论双人复核")
    content = {"per": "half", "times": 1, **content}
    return adapt.add_individual_item(issued, content=content, actor=actor, now=NOW)

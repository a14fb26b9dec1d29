"""Steps of library lists and of issued lists: from which state, by whom, when."""

from datetime import datetime
from typing import Any

from django.utils import timezone

from engines.workflow.table import Step, Table
from organization.access import can
from organization.enums import PostKind
from organization.models import Post
from responsibility.enums import IssuedState, ListState, ProposalState
from responsibility.models import IssuedList, ItemProposal, ResponsibilityList


def may(actor: Any, action: str, obj: Any) -> bool:
    """The matrix decides; `list.hold` is nobody's role but the holder's own, and he may also adapt what he holds."""
    if action == "list.hold":
        return holds(actor, issued_of(obj))
    if can(actor, action, obj):
        return True
    return action == "list.adapt" and holds(actor, issued_of(obj))


def issued_of(obj: IssuedList | ItemProposal) -> IssuedList:
    return obj if isinstance(obj, IssuedList) else obj.proposal.issued_list


def holds(actor: Any, issued: IssuedList) -> bool:
    """Whether the account's person is the one who answers for the list today.

    A personal list is acknowledged by the holder of the post and nobody else; a collective one by a head of the unit.
    """
    if not actor or not actor.is_authenticated or actor.person_id is None:
        return False
    held = Post.objects.held(timezone.localdate()).filter(person_id=actor.person_id, unit_id=issued.unit_id)
    return held.filter(pk=issued.post_id).exists() if issued.post_id else held.filter(kind=PostKind.HEAD).exists()


def _has_items(obj: ResponsibilityList, actor: Any, now: datetime) -> str | None:
    if obj.items.exists():
        return None
    return "清单还没有责任事项，不能发布。来源只写了类别的，请先按类别补写事项。"


def _nothing_open(obj: IssuedList, actor: Any, now: datetime) -> str | None:
    waiting = ItemProposal.objects.filter(proposal__issued_list=obj, state=ProposalState.OPEN).count()
    return f"还有 {waiting} 处上级清单的变更没有决定，请先逐项采纳或说明不采纳的理由。" if waiting else None


LISTS = Table(
    "list",
    [
        Step(
            "publish",
            "发布清单",
            frozenset({ListState.DRAFT}),
            ListState.PUBLISHED,
            "list.author",
            _has_items,
            main=True,
        ),
        Step("supersede", "由新版替代", frozenset({ListState.PUBLISHED}), ListState.SUPERSEDED, None),
    ],
    may=may,
)

ISSUED = Table(
    "issued_list",
    [
        Step(
            "acknowledge",
            "认领清单",
            frozenset({IssuedState.ISSUED}),
            IssuedState.ACKNOWLEDGED,
            "list.hold",
            _nothing_open,
            main=True,
        ),
        Step(
            "return",
            "退回并说明",
            frozenset({IssuedState.ISSUED}),
            IssuedState.RETURNED,
            "list.hold",
            reason_required=True,
        ),
        Step(
            "reissue",
            "重新下达",
            frozenset({IssuedState.RETURNED}),
            IssuedState.ISSUED,
            "list.issue",
            reason_required=True,
            main=True,
        ),
        Step(
            "reopen",
            "退回修改",
            frozenset({IssuedState.ACKNOWLEDGED}),
            IssuedState.ISSUED,
            "list.issue",
            reason_required=True,
        ),
        Step(
            "withdraw",
            "撤回清单",
            frozenset({IssuedState.ISSUED, IssuedState.RETURNED, IssuedState.ACKNOWLEDGED}),
            IssuedState.WITHDRAWN,
            "list.issue",
            reason_required=True,
        ),
    ],
    may=may,
)

PROPOSALS = Table(
    "item_proposal",
    [
        Step("accept", "采纳", frozenset({ProposalState.OPEN}), ProposalState.ACCEPTED, "list.adapt", main=True),
        Step(
            "decline",
            "不采纳",
            frozenset({ProposalState.OPEN}),
            ProposalState.DECLINED,
            "list.adapt",
            reason_required=True,
        ),
        Step("overtake", "由更新的版本取代", frozenset({ProposalState.OPEN}), ProposalState.OVERTAKEN, None),
    ],
    may=may,
)

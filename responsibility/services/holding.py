"""What a holder and the office do with an issued list: acknowledge, return, issue again, open again, withdraw."""

from datetime import datetime
from typing import Any

from django.db import transaction

from engines.workflow.advance import advance
from responsibility.enums import ProposalState
from responsibility.models import IssuedList, ItemProposal
from responsibility.workflows.lists import ISSUED, PROPOSALS


def acknowledge_list(issued: IssuedList, *, actor: Any, now: datetime) -> IssuedList:
    """认领. Only the holder himself; refused while changes from above are undecided."""
    changes = {"acknowledged_at": now, "acknowledged_by": actor}
    return advance(ISSUED, issued, "acknowledge", actor=actor, now=now, changes=changes)


def return_list(issued: IssuedList, *, reason: str, actor: Any, now: datetime) -> IssuedList:
    """退回: the holder says why the list does not fit; the office answers by issuing it again or withdrawing it."""
    return advance(
        ISSUED, issued, "return", actor=actor, now=now, reason=reason, changes={"return_reason": reason.strip()}
    )


def reissue_list(issued: IssuedList, *, reason: str, actor: Any, now: datetime) -> IssuedList:
    """Gives a returned list back to its holder, with the office's answer."""
    return advance(ISSUED, issued, "reissue", actor=actor, now=now, reason=reason, changes={"return_reason": ""})


def reopen_list(issued: IssuedList, *, reason: str, actor: Any, now: datetime) -> IssuedList:
    """Opens an acknowledged list for changes; it must be acknowledged again."""
    changes = {"acknowledged_at": None, "acknowledged_by": None}
    return advance(ISSUED, issued, "reopen", actor=actor, now=now, reason=reason, changes=changes)


@transaction.atomic
def withdraw_list(issued: IssuedList, *, reason: str, actor: Any, now: datetime) -> IssuedList:
    """Takes a list back. It stays on file; proposals that wait for its holder are closed."""
    done = advance(ISSUED, issued, "withdraw", actor=actor, now=now, reason=reason)
    for waiting in ItemProposal.objects.filter(proposal__issued_list=done, state=ProposalState.OPEN):
        advance(PROPOSALS, waiting, "overtake", actor=actor, now=now, changes={"decided_at": now})
    done.proposals.filter(decided_at__isnull=True).update(decided_at=now)
    return done

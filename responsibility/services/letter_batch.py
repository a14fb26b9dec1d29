"""Many letters at once, in the background: each its own transaction, so that a killed worker goes on where it stopped."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from typing import Any

from django.utils import timezone

from common.errors import DomainError
from common.words import person_post
from engines.jobs.models import Job
from engines.jobs.queue import enqueue
from engines.jobs.registry import JobContext
from organization.models import Post, User
from responsibility.enums import LetterState
from responsibility.models import Letter
from responsibility.queries.letter_sources import issuing_posts, items_for
from responsibility.rules.letters import pair_of
from responsibility.services.letter_draft import DraftTerms, draft_letter, side_of
from responsibility.services.letters import send_for_signing

BATCH_DRAFT_JOB, BATCH_SEND_JOB = "letter.draft_batch", "letter.send_batch"
LARGEST = 2000


def draft_many(recipients: Iterable[Post], *, year: int, due_on: date, by: User, now: datetime) -> Job:
    """Leaves a job that drafts a letter for each of these posts with everything it has of its own lists."""
    ids = [post.pk for post in recipients]
    _check_size(ids)
    payload = {"posts": ids, "year": year, "due_on": due_on.isoformat()}
    return enqueue(BATCH_DRAFT_JOB, payload, now=now, by=by, label=f"按清单拟稿 {len(ids)} 份")


def send_many(letters: Iterable[Letter], *, by: User, now: datetime) -> Job:
    """Leaves a job that sends each of these drafts for signing."""
    ids = [letter.pk for letter in letters]
    _check_size(ids)
    return enqueue(BATCH_SEND_JOB, {"letters": ids}, now=now, by=by, label=f"发起签订 {len(ids)} 份")


def _check_size(ids: Sequence[int]) -> None:
    if not ids:
        raise DomainError("没有选中任何一行。")
    if len(ids) > LARGEST:
        raise DomainError(f"一次最多办理 {LARGEST} 份，现在选中 {len(ids)} 份，请缩小范围。")


def draft_batch_job(context: JobContext) -> None:
    """Handler: a post that has its letter already counts as done, so that starting twice changes nothing."""
    by = _requester(context)
    year, due_on = context.payload["year"], date.fromisoformat(context.payload["due_on"])

    def draft(post_id: int) -> str:
        recipient = Post.objects.select_related("unit", "person").get(pk=post_id)
        return _draft_one(recipient, DraftTerms(year=year, due_on=due_on), by=by, now=context.now())

    _work_off(context, context.payload["posts"], draft, "拟稿")


def _draft_one(recipient: Post, terms: DraftTerms, *, by: User, now: datetime) -> str:
    name = person_post(recipient.person.name, recipient.title, recipient.unit.name)
    existing = Letter.objects.filter(recipient_post=recipient, year=terms.year).exclude(state=LetterState.WITHDRAWN)
    if existing.exists():
        return ""
    issuers = issuing_posts(recipient, on=timezone.localdate(now))
    if not issuers:
        return f"{name}：没有可以下达责任书的上级或者主要负责人。"
    kind = pair_of(side_of(issuers[0]), side_of(recipient)).kind
    items = list(items_for(recipient, kind or "", terms.year).values_list("pk", flat=True))
    try:
        draft_letter(issuers[0], recipient_post=recipient, item_ids=items, terms=terms, by=by, now=now)
    except DomainError as refusal:
        return f"{name}：{refusal.message}"
    return ""


def send_batch_job(context: JobContext) -> None:
    """Handler: a letter that is no draft any more counts as done."""
    by = _requester(context)

    def send(letter_id: int) -> str:
        letter = Letter.objects.get(pk=letter_id)
        if letter.state != LetterState.DRAFT:
            return ""
        try:
            send_for_signing(letter, by=by, now=context.now())
        except DomainError as refusal:
            return f"{letter.recipient_unit.name}：{refusal.message}"
        return ""

    _work_off(context, context.payload["letters"], send, "发起签订")


def _requester(context: JobContext) -> User:
    assert context.requested_by_id is not None  # a batch always has somebody who asked for it
    return User.objects.get(pk=context.requested_by_id)


def _work_off(context: JobContext, ids: Sequence[int], act: Callable[[int], str], verb: str) -> None:
    refusals: list[str] = []
    for done, each in enumerate(ids):
        context.progress(done, len(ids), f"正在{verb}，已办 {done} 份，共 {len(ids)} 份")
        if refusal := act(each):
            refusals.append(refusal)
    good = len(ids) - len(refusals)
    words = f"已{verb} {good} 份" + (f"，{len(refusals)} 份没有办成：{refusals[0]}" if refusals else "")
    context.progress(len(ids), len(ids), words)
    result: dict[str, Any] = {"done": good, "refusals": refusals}
    context.result.update(result)

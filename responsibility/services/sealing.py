"""Turns a letter that all have signed into one sealed file; may be killed at any line and started again."""

from datetime import datetime

from django.db import transaction

from engines.documents.pdf import render
from engines.documents.seal import seal_pdf, verify_pdf
from engines.documents.store import keep
from engines.jobs.registry import JobContext
from engines.workflow.advance import advance
from responsibility.documents.letters import document_data, document_name
from responsibility.enums import LetterState
from responsibility.models import Letter
from responsibility.workflows.letters import LETTERS


class SealDoesNotHold(Exception):
    """What was just sealed does not verify: nothing is kept, the job is tried again."""


def seal_letter(letter_id: int, *, now: datetime) -> Letter:
    """Renders, seals, verifies and keeps the file of a letter, and returns the letter; a sealed one is left alone.

    The letter's row stays locked meanwhile, so that two workers cannot seal it twice, and everything that is written
    belongs to one transaction: killed anywhere, nothing but perhaps a file without a row is left, and no state.
    The pages carry the moment of the last signature, so that rendering again gives the same bytes.
    """
    with transaction.atomic():
        letter = Letter.objects.select_for_update(of=("self",)).get(pk=letter_id)
        if letter.state != LetterState.SIGNED:
            return letter
        assert letter.signed_at is not None
        pages = render("letter", document_data(letter), now=letter.signed_at)
        sealed = seal_pdf(pages, reason=f"责任书封存 {letter.number}", now=now)
        verdict = verify_pdf(sealed)
        if not verdict.valid:
            raise SealDoesNotHold(verdict.words)
        file = keep(sealed, name=document_name(letter), content_type="application/pdf", now=now)
        return advance(
            LETTERS,
            letter,
            "seal",
            actor=None,
            now=now,
            changes={"document": file, "sealed_at": now},
            evidence={"sha256": file.sha256, "sm3": file.sm3, "size": file.size},
        )


def seal_job(context: JobContext) -> None:
    """The handler of `letter.seal`: payload {"letter": id}."""
    context.progress(0, 1, "正在生成并封存文件")
    letter = seal_letter(context.payload["letter"], now=context.now())
    context.progress(1, 1, f"{letter.number}已封存")
    context.result["letter"] = letter.pk

"""What the two sides and the office do with a letter besides signing it: send, return, resume, withdraw, extend."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from common.errors import DomainError, Forbidden
from common.words import cn_date
from engines.audit.record import Entry, record, record_many
from engines.documents.fonts import missing_characters
from engines.documents.pdf import content_digests
from engines.workflow.advance import advance
from organization.access import ensure_can
from organization.models import Post, Unit, User
from responsibility.documents.letters import content_of_letter, words_of_content
from responsibility.enums import IssuedItemState, LetterState, SignatureState, SigningSide
from responsibility.models import Letter, LetterSeries, LetterVersion, Signature, SigningStage
from responsibility.rules.letters import default_prefix, number_words, places_for
from responsibility.services.letter_draft import ensure_may_sign, letter_search_text
from responsibility.workflows.letters import LETTERS, may


@transaction.atomic
def send_for_signing(letter: Letter, *, by: User, now: datetime) -> Letter:
    """Fixes the text of a draft, gives it its number and opens the first stage of signing.

    Refuses who may not issue it, anything but a draft, clauses whose list item is no longer in force, a deadline that
    has passed, posts not held today, and characters that no font can print.
    """
    locked = Letter.objects.select_for_update(of=("self",)).get(pk=letter.pk)
    if not may(by, "letter.issue", locked):
        raise Forbidden("您没有发起签订的权限。", remedy="请由下达方签署人或者党风政风监督室发起。")
    _check_items(locked)
    posts = _posts_of(locked)
    for _, post in posts:
        ensure_may_sign(post, on=timezone.localdate(now))
    if not locked.number:
        locked.number = _next_number(locked.issuer_unit, locked.year)
    content = content_of_letter(locked, posts)
    _check_characters(content)
    digests = content_digests(content)
    sent = advance(
        LETTERS,
        letter,
        "send",
        actor=by,
        now=now,
        changes={
            "number": locked.number,
            "stage": 1,
            "text_sha256": digests.sha256,
            "search_text": letter_search_text(locked),
        },
        evidence={"version": locked.version, "text_sm3": digests.sm3},
    )
    LetterVersion.objects.create(
        letter=sent,
        version=sent.version,
        content=content,
        text_sha256=digests.sha256,
        text_sm3=digests.sm3,
        frozen_by=by,
        frozen_at=now,
    )
    _open_places(sent, posts)
    return sent


def _posts_of(letter: Letter) -> list[tuple[SigningSide, Post]]:
    sides = [
        (SigningSide.ISSUER, letter.issuer_post),
        (SigningSide.RECIPIENT, letter.recipient_post),
        (SigningSide.SUPERVISOR, letter.supervisor_post),
    ]
    return [(side, post) for side, post in sides if post is not None]


def _open_places(letter: Letter, posts: Iterable[tuple[SigningSide, Post]]) -> None:
    by_side = dict(posts)
    stages: dict[int, SigningStage] = {}
    for place in places_for(supervised=SigningSide.SUPERVISOR in by_side):
        post = by_side[place.side]
        if place.stage not in stages:
            stages[place.stage] = SigningStage.objects.create(
                letter=letter, version=letter.version, order=place.stage, label=place.label
            )
        Signature.objects.create(
            letter=letter,
            stage=stages[place.stage],
            version=letter.version,
            stage_order=place.stage,
            order=place.order,
            side=place.side,
            post=post,
            person=post.person,
            person_name=post.person.name,
            post_title=post.title,
            unit_name=post.unit.name,
        )


def _check_items(letter: Letter) -> None:
    dropped = letter.clauses.exclude(item__state=IssuedItemState.OPEN).order_by("no").values_list("no", flat=True)
    if dropped:
        numbers = "、".join(str(no) for no in dropped)
        raise DomainError(f"第 {numbers} 条对应的清单事项已撤下，请先删去或者更换。", field="clauses")


def _check_characters(content: dict[str, Any]) -> None:
    if lacking := missing_characters(words_of_content(content)):
        shown = "、".join(f"「{c}」" for c in sorted(lacking)[:10])
        raise DomainError(
            f"文中的{shown}没有可用的字体，无法印成文件。", remedy="请改用通行字形，或者请管理员补充字体。"
        )


def _next_number(unit: Unit, year: int) -> str:
    series = LetterSeries.objects.select_for_update().filter(unit=unit, year=year).first()
    if series is None:
        series = _new_series(unit, year)
    series.last += 1
    series.save(update_fields=["last"])
    return number_words(series.prefix, year, series.last)


def _new_series(unit: Unit, year: int) -> LetterSeries:
    root = Unit.objects.get(path=f"{unit.path.split('/', 1)[0]}/")
    last_year = LetterSeries.objects.filter(unit=unit, year__lt=year).order_by("-year").first()
    prefix = last_year.prefix if last_year else default_prefix(root.name, unit.name)
    if LetterSeries.objects.filter(prefix=prefix, year=year).exclude(unit=unit).exists():
        prefix = f"{prefix[:-1]}{unit.pk}责"
    try:
        with transaction.atomic():
            LetterSeries.objects.create(unit=unit, year=year, prefix=prefix)
    except IntegrityError:  # the first two letters of the year went out in the same moment
        pass
    return LetterSeries.objects.select_for_update().get(unit=unit, year=year)


@transaction.atomic
def set_prefix(unit: Unit, *, year: int, prefix: str, by: User, now: datetime) -> LetterSeries:
    """Sets the 代字 under which a unit numbers its letters of a year. Refuses once numbers were given out."""
    ensure_can(by, "letter.issue", unit)
    clean = prefix.strip()
    if not clean or len(clean) > 20:
        raise DomainError("代字须为 1 至 20 个字。", field="prefix")
    if LetterSeries.objects.filter(prefix=clean, year=year).exclude(unit=unit).exists():
        raise DomainError("这个代字本年度已由其他单位使用。", field="prefix")
    series, _ = LetterSeries.objects.select_for_update().get_or_create(unit=unit, year=year, defaults={"prefix": clean})
    if series.last and series.prefix != clean:
        raise DomainError(f"本年度已用「{series.prefix}」编到 {series.last} 号，不能更改代字。", field="prefix")
    before = {"prefix": series.prefix}
    series.prefix = clean
    series.save(update_fields=["prefix"])
    record("letter.prefix", series, actor=by, now=now, before=before, after={"prefix": clean}, path=unit.path)
    return series


@transaction.atomic
def return_letter(letter: Letter, *, by: User, reason: str, now: datetime) -> Letter:
    """A signer whose turn it is sends the text back. What others have signed loses its force and stays on file."""
    returned = advance(LETTERS, letter, "return", actor=by, now=now, reason=reason, changes={"stage": None})
    places = returned.signatures.filter(version=returned.version)
    places.filter(person=by.person).update(state=SignatureState.RETURNED, reason=reason.strip())
    places.exclude(person=by.person).update(state=SignatureState.VOID)
    return returned


@transaction.atomic
def resume_letter(letter: Letter, *, by: User, now: datetime) -> Letter:
    """Turns a returned letter into a draft of its next version; the number stays."""
    locked = Letter.objects.select_for_update(of=("self",)).get(pk=letter.pk)
    changes = {"version": locked.version + 1, "text_sha256": "", "edited_at": now}
    return advance(LETTERS, letter, "resume", actor=by, now=now, changes=changes)


@transaction.atomic
def withdraw_letter(letter: Letter, *, by: User, reason: str, now: datetime) -> Letter:
    """Takes a letter back before all have signed. Refuses afterwards: a signed letter stays on file."""
    withdrawn = advance(LETTERS, letter, "withdraw", actor=by, now=now, reason=reason, changes={"stage": None})
    places = withdrawn.signatures.filter(version=withdrawn.version)
    places.exclude(state=SignatureState.RETURNED).update(state=SignatureState.VOID)
    return withdrawn


@transaction.atomic
def extend_deadline(letters: Iterable[Letter], *, due_on: date, reason: str, by: User, now: datetime) -> int:
    """Gives all these letters a later day for signing and returns how many changed; all or none.

    Refuses closed letters, those on which the actor may not, a day not later than the present one, a missing reason.
    """
    if not reason.strip():
        raise DomainError("请写明延长的理由。", field="reason")
    ids = [letter.pk for letter in letters]
    locked = Letter.objects.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk")
    entries, changed = [], list(locked.select_related("recipient_unit", "issuer_post"))
    for letter in changed:
        name = letter.number or letter.title
        if not may(by, "letter.issue", letter):
            raise Forbidden(f"您没有延长「{name}」签订期限的权限。")
        if letter.state not in (LetterState.DRAFT, LetterState.SIGNING, LetterState.RETURNED):
            raise DomainError(f"「{name}」{letter.get_state_display()}，不需要延长签订期限。", field="due_on")
        if due_on <= letter.due_on:
            raise DomainError(
                f"「{name}」现在的签订期限是{cn_date(letter.due_on)}，延长后的日期须在其后。", field="due_on"
            )
        before = {"due_on": letter.due_on}
        letter.due_on = due_on
        entries.append(Entry("letter.extend", letter, by, now, before, {"due_on": due_on}, reason.strip()))
    Letter.objects.bulk_update(changed, ["due_on"])
    record_many(entries)
    return len(changed)

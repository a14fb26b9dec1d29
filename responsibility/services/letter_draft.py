"""Makes and edits the draft of a letter; nothing here is binding yet."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from pypinyin import Style, lazy_pinyin

from common.errors import DomainError, Stale
from common.words import cn_date
from engines.audit.record import record
from engines.workflow.advance import advance
from organization.access import MATRIX, ensure_can, role_of_post
from organization.models import Post, Unit, User
from organization.rules.search import search_text
from responsibility.enums import LetterState
from responsibility.models import IssuedItem, Letter, LetterClause, LetterTemplate
from responsibility.queries.letter_sources import items_for, standard_supervisor, template_for
from responsibility.rules.frequency import Frequency, frequency_in_words
from responsibility.rules.letter_text import CLAUSES, DEFAULT_BASIS, FIELDS
from responsibility.rules.letters import (
    CODE_GROUP,
    CODE_GROUPS,
    Pair,
    Side,
    UnknownMergeField,
    clause_text,
    copies_words,
    merge,
    pair_of,
    verify_code,
)
from responsibility.workflows.letters import LETTERS

LONGEST_CLAUSE, LONGEST_PARAGRAPH = 2000, 4000


@dataclass(frozen=True)
class DraftTerms:
    """What a draft says besides its parties; what is left out gets the usual value of the year."""

    year: int
    due_on: date
    period_from: date | None = None
    period_to: date | None = None
    basis: str = ""
    title: str = ""

    def dates(self) -> tuple[date, date]:
        return self.period_from or date(self.year, 1, 1), self.period_to or date(self.year, 12, 31)


@dataclass(frozen=True)
class DraftEdit:
    """What somebody changed in a draft: texts of clauses by id (an empty one is taken out), sections, terms."""

    title: str
    basis: str
    due_on: date
    period_from: date
    period_to: date
    sections: Sequence[Mapping[str, Any]]
    clauses: Mapping[int, str] = field(default_factory=dict)
    added_items: Sequence[int] = ()


@transaction.atomic
def draft_letter(
    issuer_post: Post,
    *,
    recipient_post: Post,
    item_ids: Sequence[int],
    terms: DraftTerms,
    by: User,
    now: datetime,
    supervisor_post: Post | None = None,
    supervised: bool = True,
    renewed_from: Letter | None = None,
) -> Letter:
    """A new draft with one clause per item of the recipient's own list, and the standard text of its kind.

    With `supervised` and no `supervisor_post` the body that supervises the recipient's unit co-signs where that is
    usual. Refuses who may not draft for the unit, pairs that sign nothing with each other, posts not held today,
    items of other lists, and a second letter of the same pair and year.
    """
    ensure_can(by, "letter.draft", recipient_post.unit)
    pair = checked_pair(issuer_post, recipient_post, on=timezone.localdate(now))
    assert pair.kind is not None
    if supervisor_post is None and supervised:
        supervisor_post = standard_supervisor(issuer_post, recipient_post, pair.kind, on=timezone.localdate(now))
    _check_supervisor(supervisor_post, issuer_post, recipient_post, on=timezone.localdate(now))
    items = _own_items(item_ids, recipient_post, pair.kind, terms.year)
    title, sections = template_for(pair.kind, terms.year, supervised=supervisor_post is not None)
    starts, ends = terms.dates()
    letter = Letter(
        year=terms.year,
        kind=pair.kind,
        issuer_unit=issuer_post.unit,
        issuer_post=issuer_post,
        recipient_unit=recipient_post.unit,
        recipient_post=recipient_post,
        supervisor_unit=supervisor_post.unit if supervisor_post else None,
        supervisor_post=supervisor_post,
        unit_path=recipient_post.unit.path,
        due_on=terms.due_on,
        period_from=starts,
        period_to=ends,
        basis=terms.basis.strip() or DEFAULT_BASIS,
        verify_code=_new_code(issuer_post.unit, terms.year),
        renewed_from=renewed_from,
        drafted_by=by,
        drafted_at=now,
        edited_at=now,
    )
    _fill(letter, terms.title.strip() or title, sections, len(items))
    letter.search_text = letter_search_text(letter)
    _save_new(letter)
    LetterClause.objects.bulk_create(_clause(letter, no, item) for no, item in enumerate(items, start=1))
    after = {"recipient": str(recipient_post), "issuer": str(issuer_post), "items": [item.pk for item in items]}
    record("letter.draft", letter, actor=by, now=now, after=after)
    return letter


@transaction.atomic
def edit_letter(letter: Letter, edit: DraftEdit, *, by: User, now: datetime, seen_at: datetime) -> Letter:
    """Changes a draft. `seen_at` is the `edited_at` of the page that was edited; a later change refuses with Stale.

    Refuses empty clauses left alone, unknown items, and everything that is no draft any more.
    """
    locked = Letter.objects.select_for_update(of=("self",)).get(pk=letter.pk)
    if locked.state == LetterState.DRAFT and locked.edited_at != seen_at:
        raise Stale("您打开页面后，这份拟稿已由他人修改，您的修改没有保存。", remedy="请重新打开，再作修改。")
    changes: dict[str, Any] = {
        "title": _plain(edit.title, 120) or locked.title,
        "basis": _plain(edit.basis, 300),
        "due_on": edit.due_on,
        "period_from": edit.period_from,
        "period_to": edit.period_to,
        "sections": [_section(section) for section in edit.sections] or locked.sections,
        "edited_at": now,
    }
    if edit.period_to < edit.period_from:
        raise DomainError("责任期限的终止日期不能早于起始日期。", field="period_to")
    clauses = _edit_clauses(locked, edit)
    locked.title = changes["title"]
    changes["search_text"] = letter_search_text(locked)
    return advance(LETTERS, letter, "edit", actor=by, now=now, changes=changes, evidence={"clauses": clauses})


def _edit_clauses(letter: Letter, edit: DraftEdit) -> list[str]:
    kept: list[LetterClause] = []
    for clause in letter.clauses.order_by("no"):
        text = _plain(edit.clauses.get(clause.pk, clause.text), LONGEST_CLAUSE)
        if not text:
            clause.delete()
            continue
        clause.text = text
        kept.append(clause)
    own = _own_items(edit.added_items, letter.recipient_post, letter.kind, letter.year) if edit.added_items else []
    present = {clause.item_id for clause in kept}
    added = [_clause(letter, 0, item) for item in own if item.pk not in present]
    for no, clause in enumerate([*kept, *added], start=1):
        clause.no = no
    LetterClause.objects.bulk_update(kept, ["no", "text"])
    LetterClause.objects.bulk_create(added)
    if not kept and not added:
        raise DomainError("责任内容至少保留一条。", field="clauses")
    return [f"{clause.no}. {clause.text}" for clause in [*kept, *added]]


def checked_pair(issuer_post: Post, recipient_post: Post, *, on: date) -> Pair:
    """The kind of letter the two posts sign; refuses with the rule's sentence, and posts not held on that day."""
    for post in (issuer_post, recipient_post):
        ensure_may_sign(post, on=on)
    pair = pair_of(side_of(issuer_post), side_of(recipient_post))
    if pair.kind is None:
        raise DomainError(pair.refusal, field="issuer_post")
    return pair


def side_of(post: Post) -> Side:
    return Side(post.unit.kind, post.kind, post.unit.path, post.person_id, post.title)


def ensure_may_sign(post: Post, *, on: date) -> None:
    """Refuses a post that is not held that day, and posts that sign nothing (联络员)."""
    if not post.held_on(on):
        ended = f"，{cn_date(post.ended_on)}免职" if post.ended_on else ""
        raise DomainError(f"{post.person.name}现不担任{post.unit.name}{post.title}{ended}。", field="recipient_post")
    if "letter.sign" not in MATRIX[role_of_post(post.kind, post.unit.kind)]:
        raise DomainError(f"{post.unit.name}{post.title}不是签署责任书的职务。", field="recipient_post")


def _check_supervisor(post: Post | None, issuer: Post, recipient: Post, *, on: date) -> None:
    if post is None:
        return
    ensure_may_sign(post, on=on)
    if post.person_id in (issuer.person_id, recipient.person_id):
        raise DomainError("监督方会签人不能同时是签订的一方。", field="supervisor_post")


def _own_items(ids: Sequence[int], recipient: Post, kind: str, year: int) -> list[IssuedItem]:
    wanted = list(dict.fromkeys(ids))
    own = {item.pk: item for item in items_for(recipient, kind, year).filter(pk__in=wanted)}
    if not wanted:
        raise DomainError("请至少选取一项责任清单事项。", field="items")
    if strangers := len(wanted) - len(own):
        raise DomainError(f"有 {strangers} 项不是责任方本年度清单中的事项，不能写入责任书。", field="items")
    return [own[pk] for pk in wanted]


def _clause(letter: Letter, no: int, item: IssuedItem) -> LetterClause:
    frequency = Frequency(item.per, item.times, item.event, item.due_on, item.due_words)
    how_often = frequency_in_words(frequency, open_word="")
    text = clause_text(item.content, item.measures, how_often if "何事" not in how_often else "")
    return LetterClause(letter=letter, no=no, text=text[:LONGEST_CLAUSE], item=item)


def _fill(letter: Letter, title: str, sections: Sequence[Mapping[str, Any]], clauses: int) -> None:
    values = merge_values(letter, clauses)
    try:
        letter.title = merge(title, values)[:120]
        letter.sections = [
            {
                "key": section["key"],
                "heading": section["heading"],
                "paragraphs": [merge(words, values) for words in section["paragraphs"]],
            }
            for section in sections
        ]
    except UnknownMergeField as unknown:
        raise DomainError(f"责任书范本中的「{{{unknown}}}」不是可以填入的字段，请先修订范本。") from unknown


def merge_values(letter: Letter, clauses: int) -> dict[str, str]:
    """What the fields of a standard text stand for in this letter."""
    issuer, recipient = letter.issuer_post, letter.recipient_post
    supervisor = letter.supervisor_unit.party if letter.supervisor_unit else "上级纪检监察机关"
    personal = letter.kind in ("secretary_member", "group_member", "member_section")
    first = issuer.person.name if personal else issuer.unit.party
    second = recipient.person.name if personal else recipient.unit.party
    third = [supervisor] if letter.supervisor_unit else []
    return {
        "年度": str(letter.year),
        "下达方": issuer.unit.party,
        "责任方": recipient.unit.party,
        "责任单位": recipient.unit.name,
        "下达人": f"{issuer.unit.party}{issuer.person.name}" if personal else issuer.person.name,
        "责任人": recipient.person.name,
        "责任人职务": recipient.title,
        "监督方": supervisor,
        "依据": letter.basis,
        "起": cn_date(letter.period_from),
        "止": cn_date(letter.period_to),
        "一式": copies_words([first, second, *third]),
        "条数": str(clauses),
    }


def letter_search_text(letter: Letter) -> str:
    """Number, title, units and signers, each also by pinyin and initials."""
    posts = [letter.recipient_post, letter.issuer_post, letter.supervisor_post]
    names = [post.person.name for post in posts if post is not None]
    unit = letter.recipient_unit
    return search_text([unit.name, unit.party_name, *names, letter.title, letter.number], longest=1000)


def _section(section: Mapping[str, Any]) -> dict[str, Any]:
    paragraphs = [text for words in section["paragraphs"] if (text := _plain(words, LONGEST_PARAGRAPH))]
    heading = _plain(section["heading"], 40)
    if not paragraphs and section["key"] != CLAUSES:
        raise DomainError(f"「{heading or '引言'}」不能为空。", field="sections")
    return {"key": str(section["key"])[:20], "heading": heading, "paragraphs": paragraphs}


def _plain(text: str, longest: int) -> str:
    clean = "".join(c for c in text.replace("\r\n", "\n") if c == "\n" or c.isprintable()).strip()
    if len(clean) > longest:
        raise DomainError(f"一段文字最多 {longest} 个字，现在有 {len(clean)} 个。")
    return clean


def _new_code(unit: Unit, year: int) -> str:
    root = unit.path.split("/", 1)[0]
    region = Unit.objects.filter(path=f"{root}/").values_list("name", flat=True).first() or unit.name
    initials = "".join(lazy_pinyin(region[:2], style=Style.FIRST_LETTER))
    numbers = [secrets.randbelow(1 << 30) for _ in range(CODE_GROUPS * CODE_GROUP)]
    return verify_code("".join(c for c in initials if c.isascii() and c.isalpha()) or "LZ", year, numbers)


def _save_new(letter: Letter) -> None:
    same = Letter.objects.filter(
        issuer_post=letter.issuer_post, recipient_post=letter.recipient_post, year=letter.year
    ).exclude(state=LetterState.WITHDRAWN)
    words = "双方本年度已有一份责任书，不重复签订。"
    if same.exists():
        raise DomainError(words, field="recipient_post")
    try:
        with transaction.atomic():
            letter.save(force_insert=True)
    except IntegrityError as error:  # somebody drafted the same letter in the same moment
        if "letter_one_per_pair_and_year" not in str(error):
            raise
        raise DomainError(words, field="recipient_post") from error


@transaction.atomic
def save_template(
    *, kind: str, year: int | None, title: str, sections: Sequence[Mapping[str, Any]], by: User, now: datetime
) -> LetterTemplate:
    """A new version of a standard text; drafts made before keep theirs. Needs the right to issue letters."""
    roots = Unit.objects.filter(depth=0).order_by("path")
    ensure_can(by, "letter.issue", roots.first())
    clean = [_section(section) for section in sections]
    if CLAUSES not in {section["key"] for section in clean}:
        raise DomainError("范本须有「责任内容」部分。", field="sections")
    known = dict.fromkeys(FIELDS, "")
    try:
        for words in [title, *(words for section in clean for words in section["paragraphs"])]:
            merge(words, known)
    except UnknownMergeField as unknown:
        raise DomainError(f"「{{{unknown}}}」不是可以填入的字段。", field="sections") from unknown
    last = LetterTemplate.objects.filter(kind=kind, year=year).order_by("-version").first()
    template = LetterTemplate.objects.create(
        kind=kind,
        year=year,
        version=last.version + 1 if last else 1,
        title=title.strip(),
        sections=clean,
        edited_by=by,
        edited_at=now,
    )
    record("letter.template", template, actor=by, now=now, after={"title": title, "sections": clean})
    return template

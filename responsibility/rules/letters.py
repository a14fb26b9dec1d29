"""Which two posts may sign a letter, in which order, under which number, and with which words."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from organization.enums import DISCIPLINE_KINDS, PostKind, UnitKind
from responsibility.enums import LetterKind, SigningSide

CODE_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # without 0 1 I O, which people confuse on paper
CODE_GROUPS, CODE_GROUP = 3, 4
NUMERALS = "零一二三四五六七八九十"
# What a section is called on paper is generic; the rest of a unit's name is what tells units apart.
_UNIT_TAIL = re.compile(r"(委员会|办公室|办事处|管理局|服务中心|局|委|办|中心|公司|街道|镇|乡|处)$")


@dataclass(frozen=True)
class Side:
    """One party of a letter, as far as the rules need it. `path` is the unit's."""

    unit_kind: str
    post_kind: str
    path: str
    person_id: int
    post_words: str = ""


@dataclass(frozen=True)
class Pair:
    """Which kind of letter two posts sign, or the sentence why they sign none."""

    kind: LetterKind | None
    refusal: str = ""


def pair_of(issuer: Side, recipient: Side) -> Pair:
    """The kind of letter between two posts: responsibility is passed on one level down or within one leading group."""
    if issuer.person_id == recipient.person_id:
        return Pair(None, "下达方与责任方是同一人，不能签订责任书。")
    if not recipient.path.startswith(issuer.path):
        return Pair(None, "责任方不在下达方及其下级单位中，不能签订责任书。")
    if issuer.post_kind not in (PostKind.HEAD, PostKind.MEMBER):
        return Pair(None, "下达方须为主要负责人或者班子成员。")
    if recipient.post_kind in (PostKind.CLERK, PostKind.OFFICER, PostKind.COMMISSIONER):
        return Pair(None, "联络员、纪检干部和纪委委员不作为责任方签订责任书。")
    return _within(issuer, recipient) if issuer.path == recipient.path else _downward(issuer, recipient)


def _within(issuer: Side, recipient: Side) -> Pair:
    if recipient.post_kind == PostKind.HEAD:
        return Pair(None, "主要负责人不向本单位其他成员领受责任书。")
    if recipient.post_kind == PostKind.DEPARTMENT:
        return Pair(LetterKind.MEMBER_SECTION)
    if issuer.post_kind != PostKind.HEAD:
        return Pair(None, "班子成员之间不签订责任书。")
    region = issuer.unit_kind == UnitKind.REGION
    return Pair(LetterKind.SECRETARY_MEMBER if region else LetterKind.GROUP_MEMBER)


def _downward(issuer: Side, recipient: Side) -> Pair:
    if recipient.unit_kind == UnitKind.SECTION or recipient.post_kind == PostKind.DEPARTMENT:
        return Pair(LetterKind.MEMBER_SECTION)
    if recipient.post_kind != PostKind.HEAD and recipient.unit_kind not in DISCIPLINE_KINDS:
        return Pair(None, "与下级单位签订责任书，责任方须为其主要负责人。")
    if issuer.unit_kind == UnitKind.TOWN:
        return Pair(LetterKind.TOWN_VILLAGE)
    return Pair(LetterKind.COMMITTEE_UNIT)


@dataclass(frozen=True)
class Place:
    """One place to sign: which side, in which stage, in which order within the stage."""

    side: SigningSide
    stage: int
    label: str
    order: int


def places_for(*, supervised: bool) -> list[Place]:
    """签订 by both parties, in whichever order they come to it; then 会签 by the supervising body."""
    places = [
        Place(SigningSide.ISSUER, 1, "签订", 1),
        Place(SigningSide.RECIPIENT, 1, "签订", 2),
    ]
    if supervised:
        places.append(Place(SigningSide.SUPERVISOR, 2, "会签", 1))
    return places


def next_stage(left: Iterable[int]) -> int | None:
    """The first stage with somebody left to sign; None when all have signed."""
    return min(left, default=None)


def turn_refusal(own_stage: int, open_stage: int | None, waiting_for: Sequence[str]) -> str | None:
    """Why somebody of `own_stage` may not sign yet, or None when it is his turn."""
    if open_stage is not None and own_stage > open_stage:
        return f"还没有轮到您签署，请等{'、'.join(waiting_for)}先签署。"
    return None


def number_words(prefix: str, year: int, sequence: int) -> str:
    """云责〔2026〕19号, with the six-cornered brackets that GB/T 9704 asks for."""
    return f"{prefix}〔{year}〕{sequence}号"


def default_prefix(region: str, unit: str) -> str:
    """云责 for the region itself, 云财政责 for 市财政局 in 云川市; the office may set another."""
    head = region[:1]
    if unit == region:
        return f"{head}责"
    core = _UNIT_TAIL.sub("", re.sub(r"^(中共)?[省市县区]?委?", "", unit)) or unit
    return f"{head}{core[:4]}责"


def verify_code(initials: str, year: int, numbers: Sequence[int]) -> str:
    """YC26-XXXX-XXXX-XXXX from random numbers: 60 bits that nobody guesses, letters that nobody misreads."""
    letters = [CODE_ALPHABET[number % len(CODE_ALPHABET)] for number in numbers[: CODE_GROUPS * CODE_GROUP]]
    groups = ["".join(letters[n : n + CODE_GROUP]) for n in range(0, len(letters), CODE_GROUP)]
    return "-".join([f"{initials[:4].upper()}{year % 100:02d}", *groups])


def normal_code(typed: str) -> str:
    """A code as somebody typed it, as it is stored: upper case, plain dashes, no spaces."""
    text = re.sub(r"[\s　]+", "", typed).upper()
    return re.sub(r"[－—–_]", "-", text)[:24]


FIELD = re.compile(r"\{([^{}]*)\}")


class UnknownMergeField(ValueError):
    """A standard text names something the letter does not know."""


def merge(text: str, values: Mapping[str, str]) -> str:
    """`text` with each {字段} filled in. Refuses with UnknownMergeField what is not among `values`."""

    def fill(found: re.Match[str]) -> str:
        name = found.group(1).strip()
        if name not in values:
            raise UnknownMergeField(name)
        return values[name]

    return FIELD.sub(fill, text)


def clause_text(content: str, measures: str, how_often: str) -> str:
    """A clause in one sentence each: the duty, its measures, how often or until when."""
    parts = [part.strip().rstrip("。；;. ") for part in (content, measures, how_often) if part.strip()]
    return "".join(f"{part}。" for part in dict.fromkeys(parts))


def copies_words(parties: Sequence[str]) -> str:
    """一式三份，由甲、乙、丙各执一份."""
    return f"一式{NUMERALS[len(parties)]}份，由{'、'.join(parties)}各执一份"

"""What is wrong with a division of work (分工): findings with the sentence a page shows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from common.words import cn_date, person_post

BASIS = "鹿邑县质监局「五个不直接分管」（2017年）"


class Fault(StrEnum):
    """Why a finding stands there."""

    HEAD_HOLDS_RESERVED = "head_holds_reserved"
    NOBODY_HOLDS = "nobody_holds"
    DISCIPLINE_HOLDS_BUSINESS = "discipline_holds_business"
    ENDED_POST_HOLDS = "ended_post_holds"

    @property
    def label(self) -> str:
        return FAULT_LABELS[self]


FAULT_LABELS = {
    Fault.HEAD_HOLDS_RESERVED: "主要负责人直接分管",
    Fault.NOBODY_HOLDS: "无人分管",
    Fault.DISCIPLINE_HOLDS_BUSINESS: "纪检负责人分管业务",
    Fault.ENDED_POST_HOLDS: "免职后仍登记分管",
}


@dataclass(frozen=True)
class FieldFacts:
    """A field of work: reserved ones the head does not hold himself, business ones the discipline leader does not."""

    name: str
    reserved: bool
    business: bool = True


@dataclass(frozen=True)
class HeldPost:
    """A post with the fields it is in charge of on the day that is checked."""

    post_id: int
    person: str
    title: str
    kind: str
    fields: tuple[str, ...] = ()
    ended_on: date | None = None


@dataclass(frozen=True)
class Finding:
    """One fault: of which sort, about which field and post, and the sentence that says so."""

    fault: Fault
    sentence: str
    field: str
    post_id: int | None = None


def check_charges(posts: Sequence[HeldPost], fields: Mapping[str, FieldFacts], *, on: date) -> list[Finding]:
    """The findings about one unit on that day; none where the unit has no division of work at all.

    The head holds one of the reserved fields; a reserved field is held by nobody; a discipline leader holds a business
    field; a post that has ended still holds a field (what it holds does not count as held).
    """
    ended = [post for post in posts if post.ended_on is not None and post.ended_on <= on]
    held = [post for post in posts if post not in ended]
    if not any(post.fields for post in posts):
        return []
    return [
        *(_head_holds(post, name) for post, name in _pairs(held, "head") if _is_reserved(fields, name)),
        *(_discipline_holds(post, name) for post, name in _pairs(held, "discipline") if _is_business(fields, name)),
        *(_ended_holds(post, name) for post, name in _pairs(ended)),
        *_nobody_holds(held, fields),
    ]


def _pairs(posts: Iterable[HeldPost], kind: str | None = None) -> Iterable[tuple[HeldPost, str]]:
    return ((post, name) for post in posts if kind in (None, post.kind) for name in post.fields)


def _is_reserved(fields: Mapping[str, FieldFacts], name: str) -> bool:
    return name in fields and fields[name].reserved


def _is_business(fields: Mapping[str, FieldFacts], name: str) -> bool:
    return name not in fields or fields[name].business


def _head_holds(post: HeldPost, name: str) -> Finding:
    words = f"{person_post(post.person, post.title)}直接分管{name}：主要负责人不直接分管{name}，应由班子副职分管。"
    return Finding(Fault.HEAD_HOLDS_RESERVED, words, name, post.post_id)


def _discipline_holds(post: HeldPost, name: str) -> Finding:
    words = f"{person_post(post.person, post.title)}分管{name}：纪检负责人不分管业务工作。"
    return Finding(Fault.DISCIPLINE_HOLDS_BUSINESS, words, name, post.post_id)


def _ended_holds(post: HeldPost, name: str) -> Finding:
    words = f"{person_post(post.person, post.title)}已于{cn_date(post.ended_on)}免职，仍登记为分管{name}。"
    return Finding(Fault.ENDED_POST_HOLDS, words, name, post.post_id)


def _nobody_holds(held: Sequence[HeldPost], fields: Mapping[str, FieldFacts]) -> list[Finding]:
    taken = {name for post in held for name in post.fields}
    return [
        Finding(Fault.NOBODY_HOLDS, f"{name}没有人分管，应明确一名班子副职。", name)
        for name, facts in fields.items()
        if facts.reserved and name not in taken
    ]

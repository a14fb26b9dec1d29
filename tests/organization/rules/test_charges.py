"""What the rules say about a division of work, sentence by sentence."""

from datetime import date

import pytest

from organization.enums import RESERVED_FIELDS
from organization.rules.charges import FieldFacts, HeldPost, check_charges

ON = date(2026, 11, 21)
FIELDS = {name: FieldFacts(name, reserved=True) for name in RESERVED_FIELDS} | {
    "教育": FieldFacts("教育", reserved=False),
    "纪检监察": FieldFacts("纪检监察", reserved=False, business=False),
}
ALL_HELD = HeldPost(9, "孔二言", "副局长", "member", RESERVED_FIELDS)


def post(kind: str, *fields: str, ended_on: date | None = None) -> HeldPost:
    return HeldPost(1, "孔一言", "局长", kind, fields, ended_on)


CASES = [
    ("nobody has any field", [post("head")], []),
    ("all is as it should be", [post("head", "教育"), ALL_HELD], []),
    (
        "the head holds one of the five",
        [post("head", "财务"), ALL_HELD],
        ["孔一言（局长）直接分管财务：主要负责人不直接分管财务，应由班子副职分管。"],
    ),
    (
        "a discipline leader holds a business field",
        [post("discipline", "教育", "纪检监察"), ALL_HELD],
        ["孔一言（局长）分管教育：纪检负责人不分管业务工作。"],
    ),
    (
        "an ended post still holds a field",
        [post("member", "教育", ended_on=date(2026, 3, 1)), ALL_HELD],
        ["孔一言（局长）已于2026年3月1日免职，仍登记为分管教育。"],
    ),
    ("a post that ends later is still held", [post("member", "教育", ended_on=date(2026, 12, 1)), ALL_HELD], []),
    (
        "what an ended post holds does not count as held",
        [
            post("member", "财务", ended_on=date(2026, 3, 1)),
            HeldPost(9, "孔二言", "副局长", "member", RESERVED_FIELDS[1:]),
        ],
        ["孔一言（局长）已于2026年3月1日免职，仍登记为分管财务。", "财务没有人分管，应明确一名班子副职。"],
    ),
    (
        "one of the five nobody holds",
        [HeldPost(9, "孔二言", "副局长", "member", RESERVED_FIELDS[:-1])],
        ["物资采购没有人分管，应明确一名班子副职。"],
    ),
    (
        "an unknown field is a business field",
        [post("discipline", "新领域"), ALL_HELD],
        ["孔一言（局长）分管新领域：纪检负责人不分管业务工作。"],
    ),
]


@pytest.mark.parametrize(("name", "posts", "sentences"), CASES, ids=[case[0] for case in CASES])
def test_the_findings_of_a_division_of_work(name: str, posts: list[HeldPost], sentences: list[str]):
    assert [finding.sentence for finding in check_charges(posts, FIELDS, on=ON)] == sentences

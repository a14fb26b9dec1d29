"""The rules of letters as tables of cases."""

import pytest

from organization.enums import PostKind, UnitKind
from responsibility.enums import LetterKind, SigningSide
from responsibility.rules.letter_text import FIELDS, standard_text
from responsibility.rules.letters import (
    Side,
    UnknownMergeField,
    clause_text,
    copies_words,
    default_prefix,
    merge,
    next_stage,
    normal_code,
    number_words,
    pair_of,
    places_for,
    turn_refusal,
    verify_code,
)

SECRETARY = Side(UnitKind.REGION, PostKind.HEAD, "1/", 1)
STANDING = Side(UnitKind.REGION, PostKind.MEMBER, "1/", 2)
HEAD = Side(UnitKind.GOVERNMENT, PostKind.HEAD, "1/7/", 3)
DEPUTY = Side(UnitKind.GOVERNMENT, PostKind.MEMBER, "1/7/", 4)
SECTION = Side(UnitKind.SECTION, PostKind.DEPARTMENT, "1/7/8/", 5)
OWN_SECTION = Side(UnitKind.GOVERNMENT, PostKind.DEPARTMENT, "1/7/", 6)
TOWN = Side(UnitKind.TOWN, PostKind.HEAD, "1/9/", 7)
VILLAGE = Side(UnitKind.VILLAGE, PostKind.HEAD, "1/9/10/", 8)
CLERK = Side(UnitKind.GOVERNMENT, PostKind.CLERK, "1/7/", 9)


@pytest.mark.parametrize(
    ("issuer", "recipient", "kind"),
    [
        (SECRETARY, HEAD, LetterKind.COMMITTEE_UNIT),
        (SECRETARY, TOWN, LetterKind.COMMITTEE_UNIT),
        (SECRETARY, STANDING, LetterKind.SECRETARY_MEMBER),
        (HEAD, DEPUTY, LetterKind.GROUP_MEMBER),
        (DEPUTY, SECTION, LetterKind.MEMBER_SECTION),
        (DEPUTY, OWN_SECTION, LetterKind.MEMBER_SECTION),
        (HEAD, SECTION, LetterKind.MEMBER_SECTION),
        (TOWN, VILLAGE, LetterKind.TOWN_VILLAGE),
    ],
)
def test_the_kind_follows_from_the_two_posts(issuer, recipient, kind):
    assert pair_of(issuer, recipient).kind == kind


@pytest.mark.parametrize(
    ("issuer", "recipient", "words"),
    [
        (HEAD, HEAD, "同一人"),
        (HEAD, SECRETARY, "不在下达方及其下级单位中"),
        (HEAD, TOWN, "不在下达方及其下级单位中"),
        (SECRETARY, DEPUTY, "责任方须为其主要负责人"),
        (DEPUTY, HEAD, "主要负责人不向本单位其他成员领受"),
        (DEPUTY, Side(UnitKind.GOVERNMENT, PostKind.MEMBER, "1/7/", 11), "班子成员之间不签订"),
        (SECRETARY, CLERK, "联络员"),
        (CLERK, DEPUTY, "下达方须为主要负责人或者班子成员"),
        # "1/7" is no parent of "1/70/": paths end in a slash
        (
            Side(UnitKind.GOVERNMENT, PostKind.HEAD, "1/7/", 3),
            Side(UnitKind.SECTION, PostKind.DEPARTMENT, "1/70/", 5),
            "不在下达方",
        ),
    ],
)
def test_pairs_that_sign_nothing_are_told_why(issuer, recipient, words):
    verdict = pair_of(issuer, recipient)
    assert verdict.kind is None
    assert words in verdict.refusal


def test_both_sides_sign_before_the_supervisor():
    assert [(place.side, place.stage) for place in places_for(supervised=True)] == [
        (SigningSide.ISSUER, 1),
        (SigningSide.RECIPIENT, 1),
        (SigningSide.SUPERVISOR, 2),
    ]
    assert [place.stage for place in places_for(supervised=False)] == [1, 1]


@pytest.mark.parametrize(("left", "stage"), [([1, 1, 2], 1), ([1, 2], 1), ([2], 2), ([], None)])
def test_the_next_stage_is_the_first_with_somebody_left(left, stage):
    assert next_stage(left) == stage


def test_who_comes_too_early_is_told_whom_to_wait_for():
    assert turn_refusal(2, 1, ["沈宁衡"]) == "还没有轮到您签署，请等沈宁衡先签署。"
    assert turn_refusal(1, 1, ["沈宁衡"]) is None
    assert turn_refusal(1, 2, []) is None


@pytest.mark.parametrize(
    ("unit", "prefix"),
    [
        ("云川市", "云责"),
        ("市财政局", "云财政责"),
        ("市委组织部", "云组织部责"),
        ("东湖街道", "云东湖责"),
        ("团市委", "云团市责"),
    ],
)
def test_every_unit_has_a_prefix_of_its_own(unit, prefix):
    assert default_prefix("云川市", unit) == prefix
    assert number_words(prefix, 2026, 19) == f"{prefix}〔2026〕19号"


def test_codes_are_long_plain_and_found_however_they_are_typed():
    code = verify_code("yc", 2026, range(12))
    assert code == "YC26-2345-6789-ABCD"
    assert normal_code(" yc26－2345—6789-abcd　") == code


def test_merge_fills_every_field_and_refuses_unknown_ones():
    assert merge("{年度}年度由{ 责任方 }承担", {"年度": "2026", "责任方": "{年度}"}) == "2026年度由{年度}承担"
    with pytest.raises(UnknownMergeField, match="金额"):
        merge("{金额}", {"年度": "2026"})


@pytest.mark.parametrize("kind", LetterKind.values)
@pytest.mark.parametrize("supervised", [True, False])
def test_every_standard_text_has_the_usual_parts_and_only_known_fields(kind, supervised):
    text = standard_text(kind, supervised=supervised)
    assert [section.heading for section in text.sections] == [
        "",
        "责任目标",
        "责任内容",
        "工作要求",
        "考核与责任追究",
        "责任期限",
        "附则",
    ]
    values = dict.fromkeys(FIELDS, "某")
    said = "".join(merge(words, values) for section in text.sections for words in section.paragraphs)
    assert "{" not in said + merge(text.title, values)
    assert ("{监督方}" in "".join(w for s in text.sections for w in s.paragraphs)) is supervised


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        (("专题研究。", "每季度召开会议", "每季度至少 1 次"), "专题研究。每季度召开会议。每季度至少 1 次。"),
        (("专题研究", "专题研究", ""), "专题研究。"),
        (("及时报告；", "", ""), "及时报告。"),
    ],
)
def test_a_clause_says_the_duty_its_measures_and_how_often(parts, text):
    assert clause_text(*parts) == text


def test_copies_are_counted_in_words():
    assert copies_words(["甲", "乙"]) == "一式二份，由甲、乙各执一份"
    assert copies_words(["甲", "乙", "丙"]) == "一式三份，由甲、乙、丙各执一份"

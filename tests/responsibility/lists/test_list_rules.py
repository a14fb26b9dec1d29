"""Rules of lists as tables of cases: frequency in words, how alike texts are, what two versions differ in."""

import random
from datetime import date

import pytest

from responsibility.enums import ChangeKind
from responsibility.rules.frequency import Frequency, frequency_in_words, moved_to_year, refusal_of
from responsibility.rules.lists import Duty, difference, merged
from responsibility.rules.similarity import (
    Piece,
    bands_of,
    in_percent,
    likeness,
    plain,
    side_by_side,
    unit_names,
)


@pytest.mark.parametrize(
    ("frequency", "words"),
    [
        (Frequency("year", 2), "每年至少 2 次"),
        (Frequency("half", 1), "每半年至少 1 次"),
        (Frequency("quarter", 1, due_words="季末前"), "每季度至少 1 次，季末前"),
        (Frequency("month", 1), "每月至少 1 次"),
        (Frequency("date", due_on=date(2026, 4, 30)), "2026年4月30日前"),
        (Frequency("date", due_words="年初"), "年初"),
        (Frequency("event", event="新任职"), "新任职时"),
        (Frequency("event", event="重大节点前"), "重大节点前"),
        (Frequency("event"), "遇事即办（何事：未载明）"),
        (Frequency("continuous"), "持续开展，及时办理"),
        (Frequency("open"), "未载明"),
        (Frequency("open", due_words="4月底前"), "4月底前"),
    ],
)
def test_a_frequency_is_said_in_words(frequency, words):
    assert frequency_in_words(frequency).replace("\u00a0", " ") == words


@pytest.mark.parametrize(
    ("frequency", "refused"),
    [
        (Frequency("year", 1), None),
        (Frequency("year"), "至少次数"),
        (Frequency("open", 1), "只有按年"),
        (Frequency("year", 1, event="新任职"), "遇何事项"),
        (Frequency("date"), "完成期限"),
        (Frequency("date", due_words="年初"), None),
    ],
)
def test_values_that_make_no_frequency_are_refused(frequency, refused):
    found = refusal_of(frequency)
    assert (refused is None and found is None) or refused in (found or "")


def test_a_leap_day_moves_to_the_last_of_february():
    assert moved_to_year(date(2028, 2, 29), 1) == date(2029, 2, 28)
    assert moved_to_year(None, 1) is None


@pytest.mark.parametrize(
    ("one", "other", "percent"),
    [
        ("评审人员随机抽取，评审结论双人复核", "评审人员随机抽取；评审结论双人复核。", 100),
        ("评审人员随机抽取,评审结论双人复核", "评审人员随机抽取，评审结论双人复核", 100),
        ("评审人员随机抽取评审结论双人复核", "评审人员随机抽取评审结论三人复核", 93),
        ("评审人员随机抽取评审结论双人复核", "公务用车每半年自查一次并公开", 0),
    ],
)
def test_likeness_counts_equal_text_without_punctuation(one, other, percent):
    found = in_percent(likeness(plain(one), plain(other)))
    assert found == percent if percent else found < 30


def test_replacing_the_units_own_name_does_not_make_a_text_another():
    one = plain("市财政局每季度公开财政局评审结果", unit_names("市财政局", "中共市财政局党组"))
    other = plain("市统计局每季度公开统计局评审结果", unit_names("市统计局", "中共市统计局党组"))
    assert one == other == "每季度公开评审结果"


def test_short_texts_are_alike_only_if_equal():
    assert likeness("谈心谈话", "谈心谈话") == 1.0
    assert likeness("谈心谈话", "约谈谈话") == 0.0
    assert bands_of("谈心谈话") == []


def test_texts_that_are_85_percent_equal_share_a_band_in_99_of_100_cases():
    draw = random.Random(26)
    signs = [chr(0x4E00 + n) for n in range(3000)]
    found = 0
    for _ in range(300):
        text = draw.sample(signs, 60)
        copy = list(text)
        for place in draw.sample(range(60), 9):
            copy[place] = draw.choice(signs)
        found += not set(bands_of("".join(text))).isdisjoint(bands_of("".join(copy)))
    assert found >= 297


def test_unrelated_texts_seldom_share_a_band():
    draw = random.Random(27)
    signs = [chr(0x4E00 + n) for n in range(3000)]
    texts = [bands_of("".join(draw.sample(signs, 60))) for _ in range(200)]
    shared = sum(not set(one).isdisjoint(other) for n, one in enumerate(texts) for other in texts[n + 1 :])
    assert shared <= 20  # of 19,900 pairs


def test_signatures_are_the_same_on_every_machine():
    # Kept beside the rows of the database: a change of the function needs a migration that writes them anew.
    assert bands_of(plain("评审人员随机抽取，评审结论双人复核"))[:3] == BANDS_OF_2026


BANDS_OF_2026 = [3610911742547823002, -8226103132981266653, -3904701164726624331]


def test_side_by_side_marks_what_is_equal():
    left, right = side_by_side("每季度研究一次", "每半年研究一次")
    assert "".join(piece.text for piece in left) == "每季度研究一次"
    assert "".join(piece.text for piece in right) == "每半年研究一次"
    assert left[0] == right[0] == Piece("每", True)
    assert left[-1] == right[-1] == Piece("研究一次", True)
    assert Piece("季度", False) in left


def duty(key: str, no: int, content: str, **more) -> Duty:
    return Duty(key, no, {"content": content, **more})


OLD = [
    duty("a", 1, "专题研究全面从严治党工作", times=1),
    duty("b", 2, "听取班子成员履责情况汇报"),
    duty("c", 3, "公开承诺"),
]


@pytest.mark.parametrize(
    ("new", "told"),
    [
        (OLD, []),
        ([OLD[0], OLD[2], OLD[1]], []),  # another order is no other duty
        ([duty("a", 1, "专题研究全面从严治党工作", times=2), *OLD[1:]], [("changed", "a", ("times",), False)]),
        ([*OLD, duty("d", 4, "任前廉政谈话")], [("added", "d", (), False)]),
        (OLD[:2], [("removed", "c", (), False)]),
        (
            [OLD[0], duty("x", 2, "听取班子成员履行责任情况汇报"), OLD[2]],
            [("changed", "x", ("content",), True)],
        ),
        ([duty("y", 1, "完全不同的一件事情"), *OLD[1:]], [("added", "y", (), False), ("removed", "a", (), False)]),
    ],
)
def test_two_versions_differ_item_by_item(new, told):
    found = [(str(one.kind), (one.after or one.before).key, one.fields, one.reworded) for one in difference(OLD, new)]
    assert found == told


def test_everything_is_added_to_nothing():
    assert {one.kind for one in difference([], OLD)} == {ChangeKind.ADDED}


def test_what_a_holder_filled_stays_where_both_versions_left_it_open():
    before = {"measures": "", "lead_office": "", "times": 1}
    after = {"measures": "", "lead_office": "机关党委", "times": 2}
    current = {"measures": "自己写的措施", "lead_office": "办公室", "times": 1}
    assert merged(current, before, after) == {"measures": "自己写的措施", "lead_office": "机关党委", "times": 2}

"""Rendering: pages, faces, inert text, the same bytes twice, what is refused."""

import io
import logging
import re
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pypdf import PdfReader

from common.errors import DomainError
from engines.documents.images import qr_svg
from engines.documents.pdf import RenderFailed, bytes_digests, content_digests, inert, render, render_pages

HOSTILE = [
    '#import "official.typ": *',
    '#read("/etc/passwd")',
    "#panic(1)",
    "$x^2$ *粗* _斜_ `码` <标签> @引用",
    "// 注释 /* 注释 */",
    "反斜杠 \\ \\n \\u{41} 引号 \" ' ”",
    "= 标题\n- 条目\n+ 编号",
    "#set page(width: 1mm)",
    "]} )(#] //",
    "https://evil.example/?a=1&b=<script>alert(1)</script>",
    "{{ 7*7 }} {% now %}",
    "---\n```typ\n#pagebreak()\n```",
]


def pages_as_text(pdf: bytes) -> list[str]:
    """Return the text of every page, line by line, as another program reads it."""
    return [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]


def text_of(pdf: bytes) -> str:
    return re.sub(r"\s", "", "".join(pages_as_text(pdf)))


def pages_of(pdf: bytes) -> int:
    return len(PdfReader(io.BytesIO(pdf)).pages)


def test_the_same_letter_at_the_same_moment_is_the_same_bytes(letter: dict[str, Any], now: datetime) -> None:
    first = render("letter", letter, now=now)
    assert first == render("letter", letter, now=now.astimezone(UTC))
    assert first != render("letter", letter, now=now + timedelta(seconds=1))


def test_a_letter_is_an_archivable_pdf_in_chinese(letter: dict[str, Any], now: datetime) -> None:
    pdf = render("letter", letter, now=now)
    assert pdf.startswith(b"%PDF-1.7")
    assert b"<pdfaid:part>2</pdfaid:part>" in pdf
    assert b"<pdfaid:conformance>U</pdfaid:conformance>" in pdf
    assert b"/Lang (zh-CN)" in pdf or b"/Lang(zh-CN)" in pdf


def test_every_word_of_the_letter_can_be_read_out_again(letter: dict[str, Any], now: datetime) -> None:
    text = text_of(render("letter", letter, now=now))
    for words in (
        "目标管理责任书",
        "云纪责〔2026〕12号",
        "一、责任期限",
        "（四）加强领导。",
        "2.每季度研判1次。",
        "孙䶮",
        "欧阳𠮷",
    ):
        assert words in text
    assert "—1—" in text


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_text_is_printed_as_it_stands(letter: dict[str, Any], now: datetime, words: str) -> None:
    letter["preamble"] = [words]
    letter["sections"][0]["heading"] = words.replace("\n", " ")
    letter["parties"][0]["name"] = words.replace("\n", " ")
    text = text_of(render("letter", letter, now=now))
    for line in words.split("\n"):
        assert re.sub(r"\s", "", line) in text
    assert pages_of(render("letter", letter, now=now)) == pages_of(
        render("letter", letter | {"preamble": ["平常"]}, now=now)
    )


def test_marks_that_turn_the_direction_of_writing_are_left_out(letter: dict[str, Any], now: datetime) -> None:
    assert inert("甲\u202e乙\u2066丙\x07丁\ud800戊") == "甲乙丙丁戊"
    letter["preamble"] = ["甲\u202e乙\x00丙"]
    assert "甲乙丙" in text_of(render("letter", letter, now=now))


def test_a_character_without_a_font_is_refused_by_name(letter: dict[str, Any], now: datetime) -> None:
    letter["parties"][0]["name"] = "王\U0001f600\ue000"
    with pytest.raises(DomainError) as refusal:
        render("letter", letter, now=now)
    assert "U+1F600" in refusal.value.message
    assert "U+E000" in refusal.value.message
    assert "字体目录" in refusal.value.remedy


def test_a_printed_list_shows_a_geta_for_a_character_without_a_font(now: datetime) -> None:
    data = {"title": "名单", "columns": [{"label": "姓名"}], "rows": [["王\U0001f600"]]}
    assert "王〓" in text_of(render("table", data, now=now, missing="mark"))


def test_twenty_two_lines_fill_an_official_page(letter: dict[str, Any], now: datetime) -> None:
    lines = [f"第{n}行" for n in range(1, 60)]
    letter |= {"preamble": lines, "sections": [], "closing": [], "parties": []}
    second = pages_as_text(render("letter", letter, now=now))[1]
    assert len([line for line in second.splitlines() if line.startswith("第")]) == 22


def test_a_full_line_holds_twenty_eight_characters(letter: dict[str, Any], now: datetime) -> None:
    letter |= {"preamble": ["国" * 200], "sections": [], "closing": [], "parties": []}
    (page,) = pages_as_text(render("letter", letter, now=now))
    full = [len(line.strip()) for line in page.splitlines() if "国国" in line]
    assert full[0] == 26  # two characters of indent
    assert set(full[1:-1]) == {28}


@pytest.mark.parametrize("lines", range(9, 22))
def test_signatures_never_stand_on_a_page_without_text(letter: dict[str, Any], now: datetime, lines: int) -> None:
    letter |= {
        "preamble": [f"第{n}行" for n in range(lines)],
        "sections": [],
        "closing": ["本责任书自签字之日起生效。"],
    }
    pages = pages_as_text(render("letter", letter, now=now))
    (signed,) = [page for page in pages if "市委书记" in page]
    assert "自签字之日起生效" in signed


def test_the_record_of_signing_is_a_page_of_its_own(letter: dict[str, Any], now: datetime) -> None:
    before = render("letter", letter, now=now)
    letter["record"] = {
        "entries": [
            {
                "order": "1",
                "name": "孙䶮",
                "post": "市委书记",
                "unit": "市委",
                "how": "手写签名",
                "when": "2026年3月31日 16:02:11",
            }
        ],
        "facts": [{"label": "正文摘要 SHA-256", "value": "ab" * 32, "exact": True}],
        "address": "https://lvze.example.gov.cn/v/7K3M",
        "qr": qr_svg("https://lvze.example.gov.cn/v/7K3M"),
        "notes": ["本页由系统附加。"],
    }
    after = render("letter", letter, now=now)
    assert pages_of(after) == pages_of(before) + 1
    assert text_of(after).startswith(text_of(before)), "the record must not touch the text before it"
    assert "ab" * 32 in text_of(after)
    assert "7K3M" in text_of(after)


def test_a_list_repeats_header_and_group_on_every_page(now: datetime) -> None:
    rows: list[Any] = [{"group": "市直部门"}, *[[str(n), "云川市财政局"] for n in range(120)]]
    data = {
        "title": "签订情况",
        "columns": [{"label": "序号"}, {"label": "单位名称"}],
        "rows": rows,
        "footer": "由 李文 打印",
    }
    pdf = render("table", data, now=now)
    pages = pages_of(pdf)
    text = text_of(pdf)
    assert pages > 2
    assert text.count("单位名称") == text.count("市直部门") == text.count("由李文打印") == pages


def test_a_large_list_is_made_apart_with_the_same_bytes(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [[f"第{n}行", "云川市财政局"] for n in range(900)]
    data = {"title": "签订情况", "columns": [{"label": "序号"}, {"label": "单位名称"}], "rows": rows}
    apart = render("table", data, now=now, tagged=False)
    assert "第899行" in pages_as_text(apart)[-1]
    monkeypatch.setattr("engines.documents.pdf.MANY_WORDS", 10_000)
    assert render("table", data, now=now, tagged=False) == apart


def test_a_fault_in_a_large_list_is_told_as_in_a_small_one(now: datetime) -> None:
    with pytest.raises(RenderFailed, match="table"):
        render("table", {"title": "无列", "rows": [["甲"]] * 2000}, now=now)


def test_more_than_can_be_printed_is_refused(now: datetime) -> None:
    data = {"title": "签订情况", "columns": [{"label": "序号"}], "rows": [["甲"]] * 50_000}
    with pytest.raises(DomainError, match="没有生成文件") as refusal:
        render("table", data, now=now)
    assert "Excel" in refusal.value.remedy


def test_an_empty_list_says_so(now: datetime) -> None:
    data = {"title": "签订情况", "columns": [{"label": "单位"}], "rows": []}
    assert "没有符合条件的记录" in text_of(render("table", data, now=now))


def test_a_page_can_be_previewed_as_a_picture(letter: dict[str, Any], now: datetime) -> None:
    pages = render_pages("letter", letter | {"watermark": "预览"}, now=now, ppi=40)
    assert len(pages) == pages_of(render("letter", letter, now=now))
    assert all(page.startswith(b"\x89PNG") for page in pages)


def test_templates_set_without_a_warning(
    letter: dict[str, Any], now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, logger="engines.documents.pdf"):
        render("letter", letter, now=now)
        render("table", {"title": "表", "columns": [{"label": "甲"}], "rows": [["乙"]]}, now=now)
    assert caplog.messages == []


@pytest.mark.parametrize("name", ["../letter", "letter.typ", "nothing", "/etc/passwd", ""])
def test_only_templates_of_the_house_can_be_named(name: str, now: datetime) -> None:
    with pytest.raises(RenderFailed):
        render(name, {}, now=now)


def test_data_that_lacks_a_part_is_a_fault_of_the_program(now: datetime) -> None:
    with pytest.raises(RenderFailed, match="letter"):
        render("letter", {"title": "无当事人"}, now=now)


def test_a_moment_without_a_zone_and_a_live_object_are_refused(letter: dict[str, Any], now: datetime) -> None:
    with pytest.raises(ValueError, match="time-zone"):
        render("letter", letter, now=now.replace(tzinfo=None))
    with pytest.raises(TypeError, match="datetime"):
        render("letter", letter | {"number": now}, now=now)


def test_threads_do_not_disturb_each_other(letter: dict[str, Any], now: datetime) -> None:
    wanted = [render("letter", letter | {"number": f"第{n}号"}, now=now) for n in range(4)]
    found: dict[int, bytes] = {}

    def work(n: int) -> None:
        found[n] = render("letter", letter | {"number": f"第{n}号"}, now=now)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [found[n] for n in range(4)] == wanted


def test_digests_do_not_depend_on_the_order_of_keys() -> None:
    assert content_digests({"a": 1, "b": ["字"]}) == content_digests({"b": ["字"], "a": 1})
    assert content_digests({"a": 1}) != content_digests({"a": "1"})
    # GB/T 32905-2016, appendix A.1
    assert bytes_digests(b"abc").sm3 == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert bytes_digests(b"abc").sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

"""What must not reach a parser is refused in a sentence with what to do, and nothing else happens."""

import zipfile
from collections.abc import Callable

import pytest

from common.errors import DomainError
from engines.imports.container import open_container
from engines.imports.limits import MIB, Limits
from engines.imports.workbook import open_workbook
from tests.engines.imports.workbooks import (
    changed,
    hand_made,
    inline,
    lying_zip,
    ole,
    parts_of,
    rows_of,
    xlsx,
    zipped,
)

GOOD = xlsx({"单位": [["单位编码", "单位名称"], ["A1", "甲局"]]})
LAUGHS = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>'
XXE = b'<?xml version="1.0"?><!DOCTYPE sst [<!ENTITY f SYSTEM "file:///etc/passwd">]><sst><si><t>&f;</t></si></sst>'


def sheet(xml: str) -> bytes:
    return hand_made(xml)


def bomb() -> bytes:
    return changed(GOOD, "xl/media/a.xml", b"<a>" + b" " * (30 * MIB) + b"</a>")


def many_entries() -> bytes:
    return zipped({**parts_of(GOOD), **{f"x/{n}.txt": b"" for n in range(2_100)}}, zipfile.ZIP_STORED)


def flipped() -> bytes:
    broken = bytearray(GOOD)
    at = broken.index(b"xl/worksheets/sheet1.xml") + 60
    broken[at] ^= 0xFF
    return bytes(broken)


def locked_zip() -> bytes:
    data = bytearray(GOOD)
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def twice_the_same_entry() -> bytes:
    parts = parts_of(GOOD)
    return zipped({**parts, "xl/Workbook.xml": parts["xl/workbook.xml"]})


def long_text_used_often() -> bytes:
    cells = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(1, 3_001))
    return hand_made(f"<sheetData>{cells}</sheetData>", shared=["长" * 40_000])


REFUSED: list[tuple[str, Callable[[], bytes], str]] = [
    ("empty file", lambda: b"", "空文件"),
    ("picture named .xlsx", lambda: b"\x89PNG\r\n\x1a\n" + b"\x00" * 64, "从内容看是图片"),
    ("pdf", lambda: b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "从内容看是PDF 文件"),
    ("csv text", lambda: "单位编码，单位名称\nA1，甲局\n".encode("gb18030"), "文本文件"),
    ("random bytes", lambda: b"\x00\x01\x02\x03" * 50, "不是 Excel 工作簿"),
    ("web page saved as .xls", lambda: b"<html><table><tr><td>1</td></tr></table></html>", "网页格式"),
    ("plain zip", lambda: zipped({"a.txt": b"x"}), "压缩包"),
    ("word document", lambda: zipped({"word/document.xml": b"<w/>"}), "Word 文档"),
    ("binary workbook", lambda: zipped({"xl/workbook.bin": b"x"}), ".xlsb"),
    ("open document", lambda: zipped({"content.xml": b"<o/>", "mimetype": b"x"}), ".ods"),
    ("password (encrypted package)", lambda: ole("EncryptionInfo", "EncryptedPackage"), "打开密码"),
    ("password (zip)", locked_zip, "设有密码"),
    ("old .xls", lambda: ole("Workbook"), "旧版 Excel"),
    ("truncated", lambda: GOOD[: len(GOOD) // 2], "不完整或已损坏"),
    ("truncated at the last byte", lambda: GOOD[:-1], "不完整或已损坏"),
    ("one byte flipped", flipped, "不完整或已损坏"),
    ("two entries of one name", twice_the_same_entry, "不完整或已损坏"),
    ("zip bomb", bomb, "压缩炸弹"),
    ("zip bomb with a lying header", lambda: lying_zip(GOOD, name="xl/b.xml", real=b" " * (30 * MIB), declared=10), "压缩炸弹"),
    ("small lie about a size", lambda: lying_zip(GOOD, name="xl/b.xml", real=b"<a>1234567890</a>", declared=10), "损坏"),
    ("thousands of entries", many_entries, "压缩炸弹"),
    ("XXE in shared strings", lambda: changed(GOOD, "xl/sharedStrings.xml", XXE), "外部引用定义"),
    ("billion laughs in a part nobody reads", lambda: changed(GOOD, "docProps/evil.xml", LAUGHS), "外部引用定义"),
    (
        "DTD hidden in UTF-16",
        lambda: changed(GOOD, "xl/sharedStrings.xml", XXE.decode().encode("utf-16")),
        "文字编码不是 UTF-8",
    ),
    (
        "DTD hidden by a declared encoding",
        lambda: changed(GOOD, "xl/styles.xml", b"<?xml version='1.0' encoding='utf-7'?><a/>"),
        "文字编码不是 UTF-8",
    ),
    ("macros", lambda: changed(GOOD, "xl/vbaProject.bin", b"\xd0\xcf"), "带有宏"),
    ("excel 4 macro sheet", lambda: changed(GOOD, "xl/macrosheets/sheet1.xml", b"<a/>"), "带有宏"),
    ("no catalogue", lambda: changed(GOOD, "xl/_rels/workbook.xml.rels", None), "目录缺失"),
    ("broken catalogue", lambda: changed(GOOD, "xl/workbook.xml", b"<workbook>"), "目录缺失"),
    ("a cell at the far corner", lambda: sheet(f"<sheetData><row r='1'>{inline('A1', 'x')}</row>"
     f"<row r='1048576'>{inline('XFD1048576', 'y')}</row></sheetData>"), "超出可读取的范围"),
    ("too many rows", lambda: sheet(f'<sheetData><row r="1">{inline("A1", "x")}</row>'
     f'<row r="1048576">{inline("A1048576", "y")}</row></sheetData>'), "超出可读取的范围"),
    ("a far column without addresses", lambda: sheet('<sheetData><row r="1">' + "<c/>" * 400 + '</row><row r="190000">'
     + inline("A190000", "x") + "</row></sheetData>"), "超出可读取的范围"),
    ("a far column in a prefixed sheet", lambda: sheet('<x:sheetData xmlns:x="urn:x"><x:row r="1"><x:c r="XFD1"/></x:row>'
     '<x:row r="190000"><x:c r="A190000"/></x:row></x:sheetData>'), "超出可读取的范围"),
    ("broken sheet with a formula", lambda: sheet("<sheetData><row><c><f>1</f></row></sheetData>"), "内部格式有错"),
]  # fmt: skip


@pytest.mark.parametrize(("make", "words"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_a_file_that_is_no_sound_workbook_is_refused_in_words(make: Callable[[], bytes], words: str) -> None:
    with pytest.raises(DomainError) as refusal:
        open_workbook(make())
    assert words in refusal.value.message
    assert refusal.value.remedy


def test_a_file_of_100_mb_is_refused_before_anything_is_read() -> None:
    with pytest.raises(DomainError, match="文件有 100 MB，超过单个文件 30 MB 的上限") as refusal:
        open_workbook(b"PK\x03\x04" + bytes(100 * MIB))
    assert "分成几个文件" in refusal.value.remedy


def test_a_file_on_disk_is_measured_without_loading_it(tmp_path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "大.xlsx"
    with path.open("wb") as file:
        file.truncate(100 * MIB)
    with pytest.raises(DomainError, match="100 MB"):
        open_workbook(path)
    path.write_bytes(GOOD)
    assert open_workbook(path).sheet_names == ["单位"]


def test_a_long_text_used_a_thousand_times_is_refused() -> None:
    with pytest.raises(DomainError, match="大量重复引用"):
        open_workbook(long_text_used_often())


def test_the_same_long_text_used_a_few_times_is_read() -> None:
    cells = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(1, 4))
    book = open_workbook(hand_made(f"<sheetData>{cells}</sheetData>", shared=["长" * 40_000]))
    assert [len(row[0]) for row in book.grid("单位").rows] == [40_000] * 3


def test_total_inflated_size_is_limited_across_entries() -> None:
    noise = bytes(range(256)) * 4096  # compresses, but not suspiciously per entry
    data = zipped({**parts_of(GOOD), **{f"xl/media/{n}.bin": noise for n in range(6)}})
    with pytest.raises(DomainError, match="压缩炸弹"):
        open_container(data, limits=Limits(inflated_bytes=5 * MIB))


def test_what_was_checked_is_what_is_read() -> None:
    """The reader gets the parts packed anew, so that a second reading of the archive cannot differ."""
    container = open_container(GOOD, limits=Limits())
    assert parts_of(container.clean.getvalue()) == parts_of(GOOD)
    assert container.clean.getvalue() != GOOD


def test_links_to_other_files_are_not_followed() -> None:
    link = b'<externalLink><externalBook r:id="rId1" xmlns:r="x"/></externalLink>'
    data = changed(GOOD, "xl/externalLinks/externalLink1.xml", link)
    assert open_workbook(data).grid("单位").rows[1] == ["A1", "甲局"]


@pytest.mark.parametrize(
    "data",
    [
        sheet(
            '<sheetData><row><c t="inlineStr"><is><t>编码</t></is></c><c t="inlineStr"><is><t>名</t></is></c></row></sheetData>'
        ),
        sheet(rows_of(["编码", "名"]).replace('r="', "r='").replace('" t', "' t").replace('"><c', "'><c")),
        changed(GOOD, "xl/workbook.xml", lambda xml: b"\xef\xbb\xbf" + xml),
    ],
    ids=["cells without addresses", "single quotes", "byte order mark"],
)
def test_unusual_but_honest_writing_is_read(data: bytes) -> None:
    assert len(open_workbook(data).grid("单位").rows[0]) == 2

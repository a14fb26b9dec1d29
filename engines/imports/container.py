"""Lets a workbook in only after looking at every byte: type, password, damage, bombs, XML tricks, macros."""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from common.errors import DomainError
from engines.imports.filetype import SAVE_AS_XLSX, refuse_unless_zip
from engines.imports.limits import MIB, Limits
from engines.imports.sheetxml import SHARED_STRINGS, SheetFacts, StringBudget, catalogue_of, facts_of_sheet

XML_NAMES = (".xml", ".rels", ".vml")
DECLARED_ENCODING = re.compile(rb"""^<\?xml[^>]*?encoding\s*=\s*["']([^"']+)["']""")
MACRO_PARTS = ("vbaproject.bin", "vbadata.xml", "/macrosheets/", "/dialogsheets/")
DAMAGED = "这个文件不完整或已损坏，没有读取。"
DAMAGED_REMEDY = "请用 Excel 或 WPS 打开原文件，另存一份后重新上传；从聊天软件转发的，请让对方重新发送。"


@dataclass(frozen=True)
class Container:
    """A checked workbook. `clean` holds the same parts packed anew, so that what was checked is what is read."""

    clean: io.BytesIO
    sheets: dict[str, SheetFacts] = field(default_factory=dict)
    date1904: bool = False


def open_container(source: bytes | Path, *, limits: Limits) -> Container:
    """Checks and repacks. Refuses with DomainError (a sentence and what to do) whatever must not reach a parser."""
    data = _bytes_of(source, limits)
    refuse_unless_zip(data)
    parts, clean = _checked_parts(data, limits)
    _refuse_other_formats(parts)
    catalogue = catalogue_of(parts.small)
    facts = {title: parts.facts.get(part, SheetFacts()) for title, part in catalogue.sheets.items()}
    return Container(clean=clean, sheets=facts, date1904=catalogue.date1904)


@dataclass
class Parts:
    """What is kept of the parts after looking at them: the small ones that are needed again."""

    names: set[str] = field(default_factory=set)
    small: dict[str, bytes] = field(default_factory=dict)
    facts: dict[str, SheetFacts] = field(default_factory=dict)


def _bytes_of(source: bytes | Path, limits: Limits) -> bytes:
    size = len(source) if isinstance(source, bytes) else source.stat().st_size
    if size > limits.upload_bytes:
        raise DomainError(
            f"文件有 {size / MIB:,.0f} MB，超过单个文件 {limits.upload_bytes / MIB:,.0f} MB 的上限，没有读取。",
            remedy="请删去图片和无关的工作表，或分成几个文件导入。",
        )
    if size == 0:
        raise DomainError("这是一个空文件。", remedy="请检查文件是否已经保存，再重新上传。")
    return source if isinstance(source, bytes) else source.read_bytes()


def _checked_parts(data: bytes, limits: Limits) -> tuple[Parts, io.BytesIO]:
    parts, budget, packed = Parts(), StringBudget(limits), io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as clean:
        for name, content in _inflated(data, limits):
            parts.names.add(name)
            if name.lower().endswith(XML_NAMES):
                _refuse_xml_tricks(name, content)
                _look_at(name, content, parts, budget, limits)
            clean.writestr(name, content)
    packed.seek(0)
    return parts, packed


def _look_at(name: str, content: bytes, parts: Parts, budget: StringBudget, limits: Limits) -> None:
    if SHARED_STRINGS in name.lower():
        budget.learn(content)
    if b"sheetData" in content:
        parts.facts[name] = facts_of_sheet(content, limits)
        budget.spend(content)
    elif len(content) <= limits.catalogue_bytes:
        parts.small[name] = content


def _inflated(data: bytes, limits: Limits) -> Iterator[tuple[str, bytes]]:
    """Every entry's real bytes, inflated here and counted; the sizes an archive declares are not believed."""
    room = limits.inflated_bytes
    for info in _entries(data, limits):
        content = _inflate(data, info, room, limits)
        room -= len(content)
        yield info.filename.replace("\\", "/"), content


def _entries(data: bytes, limits: Limits) -> list[zipfile.ZipInfo]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = [info for info in archive.infolist() if not info.is_dir()]
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, struct.error, UnicodeDecodeError):
        raise DomainError(DAMAGED, remedy=DAMAGED_REMEDY) from None
    if len(entries) > limits.entries:
        raise _bomb()
    if any(info.flag_bits & 0x1 for info in entries):
        raise DomainError("这个文件设有密码，没有读取。", remedy="请取消密码保护，另存一份后重新上传。")
    if len({info.filename.lower() for info in entries}) != len(entries):
        raise DomainError(DAMAGED, remedy=DAMAGED_REMEDY)
    return sorted(entries, key=lambda info: SHARED_STRINGS not in info.filename.lower())  # the sheets refer to these


def _inflate(data: bytes, info: zipfile.ZipInfo, room: int, limits: Limits) -> bytes:
    start = info.header_offset
    header = data[start : start + 30]
    if len(header) < 30 or header[:4] != b"PK\x03\x04":
        raise DomainError(DAMAGED, remedy=DAMAGED_REMEDY)
    name_length, extra_length = struct.unpack("<HH", header[26:30])
    begin = start + 30 + name_length + extra_length
    packed = data[begin : begin + info.compress_size]
    content = _unpacked(packed, info, room)
    dense = len(content) > limits.ratio_from_bytes and len(content) > limits.ratio * max(info.compress_size, 1)
    if len(content) > room or dense:
        raise _bomb()
    if len(content) != info.file_size or zlib.crc32(content) != info.CRC:
        raise DomainError(DAMAGED, remedy=DAMAGED_REMEDY)
    return content


def _unpacked(packed: bytes, info: zipfile.ZipInfo, room: int) -> bytes:
    if info.compress_type == zipfile.ZIP_STORED:
        return packed
    if info.compress_type != zipfile.ZIP_DEFLATED:
        raise DomainError(DAMAGED, remedy=DAMAGED_REMEDY)
    inflater = zlib.decompressobj(-15)
    try:
        content = inflater.decompress(packed, room + 1)
    except zlib.error:
        raise DomainError(DAMAGED, remedy=DAMAGED_REMEDY) from None
    if not inflater.eof and len(content) <= room:
        raise DomainError(DAMAGED, remedy=DAMAGED_REMEDY)
    return content


def _refuse_xml_tricks(name: str, content: bytes) -> None:
    """No document type, no entity (XXE, billion laughs), and only UTF-8, because the check itself reads bytes."""
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise DomainError(
            "文件内部含有外部引用定义（DTD），可能被人动过手脚，没有读取。",
            remedy="请用 Excel 或 WPS 打开原文件，另存为 .xlsx 后重新上传。",
        )
    body = content[3:] if content.startswith(b"\xef\xbb\xbf") else content
    declared = DECLARED_ENCODING.match(body.lstrip()[:300])
    encoding = declared.group(1).lower() if declared else b"utf-8"
    if b"\x00" in body[:64] or body[:2] in (b"\xff\xfe", b"\xfe\xff") or encoding not in (b"utf-8", b"us-ascii"):
        raise DomainError(
            f"文件内部的文字编码不是 UTF-8（{name}），没有读取。",
            remedy="请用 Excel 或 WPS 打开原文件，另存为 .xlsx 后重新上传。",
        )


def _refuse_other_formats(parts: Parts) -> None:
    names = {name.lower() for name in parts.names}
    types = parts.small.get("[Content_Types].xml", b"").lower()
    if any(mark in f"/{name}" for name in names for mark in MACRO_PARTS) or b"macroenabled" in types:
        raise DomainError(
            "这个工作簿带有宏，为安全起见没有读取。",
            remedy="请在 Excel 或 WPS 中另存为「Excel 工作簿（*.xlsx）」，选择不保留宏，再重新上传。",
        )
    for mark, kind in (
        ("xl/workbook.bin", "Excel 二进制工作簿（.xlsb）"),
        ("content.xml", "OpenDocument 文件（.ods）"),
    ):
        if mark in names:
            raise DomainError(f"这是 {kind}，不是 .xlsx 工作簿。", remedy=SAVE_AS_XLSX)
    for folder, kind in (("word/", "Word 文档"), ("ppt/", "演示文稿")):
        if any(name.startswith(folder) for name in names):
            raise DomainError(f"这是{kind}，不是 Excel 工作簿。", remedy="请选择单位或任职名册的 .xlsx 文件。")
    if not any(name.startswith("xl/") for name in names):
        raise DomainError("这是一个压缩包，不是 Excel 工作簿。", remedy="请先解压，再上传其中的 .xlsx 文件。")


def _bomb() -> DomainError:
    return DomainError(
        "文件解压后异常庞大（疑似压缩炸弹），已停止读取。",
        remedy="正常名册不会这样。请用 Excel 或 WPS 新建工作簿，把需要的内容粘贴进去再上传。",
    )

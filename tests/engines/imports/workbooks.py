"""Makes workbooks for the tests, sound ones and every kind of bad one."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import xlsxwriter

Cells = Sequence[Sequence[Any]]
NS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


def xlsx(sheets: Mapping[str, Cells], arrange: Callable[[Any, Any], None] | None = None) -> bytes:
    """A sound workbook; text stays text. `arrange(book, sheets by name)` adds merges, formulas, formats."""
    packed = io.BytesIO()
    options = {"strings_to_formulas": False, "strings_to_urls": False, "default_date_format": "yyyy-mm-dd"}
    book = xlsxwriter.Workbook(packed, options)
    made = {}
    for name, rows in sheets.items():
        made[name] = sheet = book.add_worksheet(name)
        for number, row in enumerate(rows):
            for column, value in enumerate(row):
                if isinstance(value, str):
                    sheet.write_string(number, column, value)
                elif value is not None:
                    sheet.write(number, column, value)
    if arrange:
        arrange(book, made)
    book.close()
    return packed.getvalue()


def parts_of(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(parts: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return packed.getvalue()


def changed(data: bytes, part: str, content: bytes | Callable[[bytes], bytes] | None) -> bytes:
    """The workbook with one part replaced, added, or (None) taken away."""
    known = parts_of(data)
    if content is None:
        known.pop(part)
    else:
        known[part] = content(known[part]) if callable(content) else content
    return zipped(known)


def hand_made(sheet_data: str, *, shared: Sequence[str] | None = None, name: str = "单位", pr: str = "") -> bytes:
    """A workbook whose sheet XML is written by hand: for what no library would write."""
    parts = {
        "[Content_Types].xml": '<?xml version="1.0" encoding="UTF-8"?>'
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
        "_rels/.rels": f'<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="{PACKAGE}">'
        f'<Relationship Id="rId1" Type="{REL}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<?xml version="1.0" encoding="UTF-8"?><workbook xmlns="{NS}" xmlns:r="{REL}">{pr}'
        f'<sheets><sheet name="{name}" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="{PACKAGE}">'
        f'<Relationship Id="rId1" Type="{REL}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{REL}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="{NS}">{sheet_data}</worksheet>',
    }
    if shared is not None:
        strings = "".join(f"<si><t>{text}</t></si>" for text in shared)
        parts["xl/sharedStrings.xml"] = f'<?xml version="1.0" encoding="UTF-8"?><sst xmlns="{NS}">{strings}</sst>'
    return zipped({key: text.encode() for key, text in parts.items()})


def inline(address: str, text: str) -> str:
    return f'<c r="{address}" t="inlineStr"><is><t>{text}</t></is></c>'


def rows_of(*rows: Sequence[str]) -> str:
    """<sheetData> with inline strings, from row 1."""
    made = []
    for number, row in enumerate(rows, start=1):
        cells = "".join(inline(f"{chr(65 + column)}{number}", text) for column, text in enumerate(row) if text)
        made.append(f'<row r="{number}">{cells}</row>')
    return f"<sheetData>{''.join(made)}</sheetData>"


def lying_zip(data: bytes, *, name: str, real: bytes, declared: int) -> bytes:
    """The workbook with one more entry whose headers claim another size than its deflate stream gives."""
    packed = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = packed.compress(real) + packed.flush()
    plain = zipped({**parts_of(data), name: b"x" * 10}, zipfile.ZIP_STORED)
    marker = plain.index(b"PK\x03\x04", plain.index(name.encode()) - 30)
    length = len(name.encode())
    local = struct.pack(
        "<4sHHHHHIIIHH", b"PK\x03\x04", 20, 0, 8, 0, 33, zlib.crc32(real), len(body), declared, length, 0
    )
    head = plain[:marker] + local + name.encode() + body
    with zipfile.ZipFile(io.BytesIO(plain)) as archive:
        infos = [info for info in archive.infolist() if info.filename != name]
    central = b""
    for info in infos:
        raw = info.filename.encode()
        flags = info.flag_bits
        central += (
            struct.pack("<4sHHHHHHIIIHHHHHII", b"PK\x01\x02", 20, 20, flags, 0, 0, 33, info.CRC, info.compress_size,
                        info.file_size, len(raw), 0, 0, 0, 0, 0, info.header_offset) + raw
        )  # fmt: skip
    central += (
        struct.pack("<4sHHHHHHIIIHHHHHII", b"PK\x01\x02", 20, 20, 0, 8, 0, 33, zlib.crc32(real), len(body),
                    declared, length, 0, 0, 0, 0, 0, marker) + name.encode()
    )  # fmt: skip
    count = len(infos) + 1
    return head + central + struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, count, count, len(central), len(head), 0)


def ole(*streams: str) -> bytes:
    """The beginning of an OLE file whose directory names these streams."""
    directory = b"".join(name.encode("utf-16-le").ljust(128, b"\x00") for name in ("Root Entry", *streams))
    return (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 504 + directory).ljust(4096, b"\x00")

"""Pictures: the QR code says its address, a drawn signature is a whole, sane, written-on PNG."""

import struct
import zlib
from datetime import datetime
from typing import Any

import pytest

from common.errors import DomainError
from engines.documents.images import PNG, _chunk, check_signature_png, qr_svg
from engines.documents.pdf import render


def png(width: int = 120, height: int = 40, *, blank: bool = False, colour: int = 6, depth: int = 8) -> bytes:
    line = b"\x00" + b"\x00\x00\x00\x00" * width
    inked = b"\x00" + b"\x00\x00\x00\x00" * (width // 2) + b"\x1f\x29\x33\xff" * (width - width // 2)
    rows = [line if blank or n % 2 else inked for n in range(height)]
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    body = zlib.compress(b"".join(rows))
    return PNG + _chunk(b"IHDR", header) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def test_a_drawn_signature_is_kept_and_can_be_printed(letter: dict[str, Any], now: datetime) -> None:
    clean = check_signature_png(png())
    assert check_signature_png(clean) == clean
    letter["parties"][0]["image"] = clean
    assert b"/Subtype/Image" in render("letter", letter, now=now).replace(b" ", b"")


def test_notes_and_what_hangs_behind_are_left_out() -> None:
    data = png()
    noted = data[:33] + _chunk(b"tEXt", b"Comment\x00<script>") + data[33:] + b"PK\x03\x04 hidden"
    assert check_signature_png(noted) == check_signature_png(data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GIF89a",
        b"<svg onload='x'/>",
        png()[:-20],
        png()[:60] + b"\xff" + png()[61:],
        png(colour=5),
        png(depth=16),
        PNG + _chunk(b"IHDR", struct.pack(">IIBBBBB", 100_000, 100_000, 8, 6, 0, 0, 0)) + _chunk(b"IEND", b""),
        PNG
        + _chunk(b"IHDR", struct.pack(">IIBBBBB", 10, 10, 8, 6, 0, 0, 0))
        + _chunk(b"IDAT", zlib.compress(b"\x00" * 50_000_000))
        + _chunk(b"IEND", b""),
    ],
)
def test_what_is_no_whole_sane_png_is_refused(data: bytes) -> None:
    with pytest.raises(DomainError) as refusal:
        check_signature_png(data)
    assert refusal.value.field == "signature"
    assert "没有保存" in refusal.value.message


def test_an_empty_box_is_refused() -> None:
    with pytest.raises(DomainError, match="空白"):
        check_signature_png(png(blank=True))


def test_a_huge_file_is_refused() -> None:
    with pytest.raises(DomainError, match="512 KB"):
        check_signature_png(png() + b"\x00" * 600_000)


def test_the_qr_code_is_an_svg_of_the_address(letter: dict[str, Any], now: datetime) -> None:
    svg = qr_svg("https://lvze.example.gov.cn/verify/7K3M-Q9XD-2F4T")
    assert svg.startswith("<svg")
    assert "script" not in svg
    assert svg != qr_svg("https://lvze.example.gov.cn/verify/AAAA-AAAA-AAAA")

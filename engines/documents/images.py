"""Pictures that go into documents: QR codes drawn here, drawn signatures checked before they are trusted."""

import io
import struct
import zlib

import segno

from common.errors import DomainError

PNG = b"\x89PNG\r\n\x1a\n"
MAX_BYTES = 512 * 1024
MAX_SIDE = 4096
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


def qr_svg(words: str) -> str:
    """Return a QR code of `words` as SVG text (error level M, no border: the page gives it room)."""
    out = io.BytesIO()
    segno.make(words, error="m", micro=False).save(out, kind="svg", border=0, xmldecl=False, svgns=True, scale=4)
    return out.getvalue().decode()


def check_signature_png(data: bytes) -> bytes:
    """Return `data` rebuilt with only its picture, if it is a whole PNG of sane size that is not blank; refuses others.

    Notes, colour profiles and whatever hangs behind the picture are left out.
    """
    if len(data) > MAX_BYTES:
        raise DomainError(f"签名图片超过 {MAX_BYTES // 1024} KB，没有保存。", field="signature", remedy="请重新签名。")
    try:
        header, palette, pixels = _parts(data)
    except (ValueError, struct.error, zlib.error) as error:
        raise DomainError("签名图片不完整，没有保存。", field="signature", remedy="请重新签名。") from error
    if len(set(pixels)) < 2:
        raise DomainError("签名框是空白的，没有保存。", field="signature", remedy="请在框内签名。")
    kept = [(b"IHDR", header), *palette, (b"IDAT", zlib.compress(pixels, 9)), (b"IEND", b"")]
    return PNG + b"".join(_chunk(kind, body) for kind, body in kept)


def _parts(data: bytes) -> tuple[bytes, list[tuple[bytes, bytes]], bytes]:
    if data[:8] != PNG:
        raise ValueError("not a PNG")
    header, packed, palette, position = b"", b"", [], 8
    while position < len(data):
        (length,) = struct.unpack_from(">I", data, position)
        kind, body = data[position + 4 : position + 8], data[position + 8 : position + 8 + length]
        (checksum,) = struct.unpack_from(">I", data, position + 8 + length)
        if zlib.crc32(kind + body) != checksum:
            raise ValueError("checksum")
        position += 12 + length
        if kind == b"IHDR":
            header = body
        elif kind in (b"PLTE", b"tRNS"):
            palette.append((kind, body))
        elif kind == b"IDAT":
            packed += body
        elif kind == b"IEND":
            return header, palette, _unpack(header, packed)
    raise ValueError("no end")


def _unpack(header: bytes, packed: bytes) -> bytes:
    width, height, depth, colour, _method, _filter, interlace = struct.unpack(">IIBBBBB", header)
    if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE) or depth != 8 or colour not in CHANNELS or interlace:
        raise ValueError("size or kind")
    size = height * (1 + width * CHANNELS[colour])
    pixels = zlib.decompressobj().decompress(packed, size + 1)
    if len(pixels) != size or any(line > 4 for line in pixels[:: 1 + width * CHANNELS[colour]]):
        raise ValueError("picture data")
    return pixels


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

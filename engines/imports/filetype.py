"""Names what a file really is by its content, so that a refusal can say what to do."""

import codecs

import puremagic

from common.errors import DomainError

ZIP = b"PK\x03\x04"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
SAVE_AS_XLSX = "请在 Excel 或 WPS 中打开，另存为「Excel 工作簿（*.xlsx）」后重新上传。"
NAMES = {
    ".pdf": "PDF 文件",
    ".png": "图片",
    ".jpg": "图片",
    ".jpeg": "图片",
    ".jfif": "图片",
    ".gif": "图片",
    ".bmp": "图片",
    ".rar": "压缩包",
    ".7z": "压缩包",
    ".gz": "压缩包",
    ".exe": "程序文件",
    ".rtf": "文字文档",
    ".xml": "XML 文件",
}
SNIFFED = 64 * 1024


def refuse_unless_zip(data: bytes) -> None:
    """Refuses with DomainError everything that does not begin as an .xlsx must; the file's name is not asked."""
    if data.startswith(ZIP):
        return
    if data.startswith(OLE):
        raise _ole_refusal(data)
    head = data[:2048].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith((b"<html", b"<!doctype html", b"<table", b"<meta")):
        raise DomainError("这是网页格式的表格，只是改了扩展名，不是 Excel 工作簿。", remedy=SAVE_AS_XLSX)
    raise DomainError(f"这不是 Excel 工作簿：从内容看是{_named(data)}。", remedy=SAVE_AS_XLSX)


def _ole_refusal(data: bytes) -> DomainError:
    if "EncryptedPackage".encode("utf-16-le") in data:
        return DomainError(
            "这个工作簿设有打开密码，没有读取。",
            remedy="请在 Excel 或 WPS 中取消打开密码，保存后重新上传。",
        )
    if any(name.encode("utf-16-le") in data for name in ("Workbook", "Book", "WpsEt")):
        return DomainError("这是旧版 Excel 格式（.xls 或 .et），没有读取。", remedy=SAVE_AS_XLSX)
    return DomainError("这是旧版 Office 文档，不是 Excel 工作簿。", remedy=SAVE_AS_XLSX)


def _named(data: bytes) -> str:
    try:
        extension = puremagic.from_string(data[:SNIFFED])
    except (puremagic.PureError, ValueError, IndexError):
        extension = ""
    if extension in NAMES:
        return NAMES[extension]
    return "文本文件" if _is_text(data[:SNIFFED]) else "无法识别的文件"


def _is_text(head: bytes) -> bool:
    if b"\x00" in head:
        return False
    for encoding in ("utf-8", "gb18030"):
        try:
            codecs.getincrementaldecoder(encoding)().decode(head)  # the last character may be cut
        except UnicodeDecodeError:
            continue
        return True
    return False

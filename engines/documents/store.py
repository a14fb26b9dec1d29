"""Keeps files under the hash of their content and gives them back only if they are still that content."""

import hashlib
import io
import os
import tempfile
import unicodedata
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.db import transaction
from django.http import FileResponse

from common.errors import DomainError
from engines.documents.models import StoredFile
from engines.documents.pdf import bytes_digests

NAME_LENGTH = 255
FORBIDDEN_IN_NAMES = frozenset('\\/:*?"<>|')


def keep(data: bytes, *, name: str, content_type: str, now: datetime) -> StoredFile:
    """Return the row of the file with these bytes, stored durably before the row exists.

    The same bytes again give the same row (with its first name). May be called by several processes at once and
    inside a transaction: rolled back, it leaves a file without a row, which the next `keep` takes up again.
    """
    digests = bytes_digests(data)
    fresh = StoredFile(
        sha256=digests.sha256,
        sm3=digests.sm3,
        size=len(data),
        content_type=content_type[:100],
        name=plain_name(name),
        stored_at=now,
    )
    _put(place(fresh), data)
    with transaction.atomic():
        # Waits for another process that is inserting the same hash, so that the row can be read below.
        StoredFile.objects.bulk_create([fresh], ignore_conflicts=True)
        return StoredFile.objects.get(sha256=digests.sha256)


def read(file: StoredFile) -> bytes:
    """Return the bytes of a stored file; refuses one that is missing or no longer what was stored."""
    try:
        data = place(file).read_bytes()
    except FileNotFoundError as error:
        raise DomainError(
            f"文件「{file.name}」在存储中找不到。", remedy="请管理员从备份中恢复文件目录，记录本身没有丢失。"
        ) from error
    except OSError as error:
        raise DomainError(f"文件「{file.name}」读不出来。", remedy="请管理员检查文件目录的权限和磁盘。") from error
    if hashlib.sha256(data).hexdigest() != file.sha256:
        raise DomainError(
            f"文件「{file.name}」的内容与存入时不一致，已停止读取。",
            remedy="请管理员从备份中恢复这份文件，并查明原因。",
        )
    return data


def open_file(file: StoredFile) -> BinaryIO:
    """Return a checked stored file as a readable stream; refuses what `read` refuses."""
    return io.BytesIO(read(file))


def as_download(file: StoredFile, *, name: str = "", content_type: str = "") -> FileResponse:
    """Return the stored file as a download (never shown in the page, its type not guessed); refuses what `read` refuses."""
    return bytes_download(
        read(file), name=name or file.name, content_type=content_type or file.content_type or "application/octet-stream"
    )


def bytes_download(data: bytes, *, name: str, content_type: str) -> FileResponse:
    """Return fresh bytes as a download under `name`, in Chinese too (RFC 6266 `filename*`)."""
    response = FileResponse(io.BytesIO(data), as_attachment=True, filename=plain_name(name), content_type=content_type)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = "private, no-store"
    return response


def place(file: StoredFile) -> Path:
    """Return where the bytes of a stored file lie on disk."""
    return Path(settings.MEDIA_ROOT) / file.path


def plain_name(name: str) -> str:
    """Return `name` without folders, control and direction characters, kept within 255 characters with its suffix."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    clean = "".join(
        c for c in last if unicodedata.category(c) not in ("Cc", "Cf", "Cs") and c not in FORBIDDEN_IN_NAMES
    )
    clean = clean.strip(" .") or "文件"
    if len(clean) <= NAME_LENGTH:
        return clean
    suffix = Path(clean).suffix[:20]
    return clean[: NAME_LENGTH - len(suffix)] + suffix


def _put(target: Path, data: bytes) -> None:
    """Write the bytes so that they are either wholly there or not at all, also after a power cut."""
    if target.is_file() and target.stat().st_size == len(data) and _same(target, data):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    _settle(target.parent)


def _same(target: Path, data: bytes) -> bool:
    # A file that went bad on the disk is mended by storing its content again.
    return target.read_bytes() == data


def _settle(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

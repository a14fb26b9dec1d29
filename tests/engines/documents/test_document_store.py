"""The file store: once per content, whole or not at all, never given back changed."""

import threading
from datetime import datetime
from typing import Any
from urllib.parse import unquote

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from common.errors import DomainError
from engines.documents.models import StoredFile
from engines.documents.store import as_download, bytes_download, keep, open_file, place, plain_name, read

pytestmark = pytest.mark.django_db
PDF = "application/pdf"


def kept(now: datetime, data: bytes = b"%PDF content", name: str = "责任书.pdf") -> StoredFile:
    return keep(data, name=name, content_type=PDF, now=now)


def test_a_file_lies_under_its_hash_and_comes_back(now: datetime) -> None:
    file = kept(now)
    assert (file.name, file.size, file.content_type, file.stored_at) == ("责任书.pdf", 12, PDF, now)
    assert place(file).parts[-3:] == (file.sha256[:2], file.sha256[2:4], file.sha256)
    assert read(file) == open_file(file).read() == b"%PDF content"
    assert place(file).stat().st_mode & 0o077 == 0


def test_the_same_content_is_one_row_and_one_file(now: datetime) -> None:
    first, second = kept(now), kept(now, name="另一个名字.pdf")
    assert first.pk == second.pk
    assert second.name == "责任书.pdf"
    assert len([path for path in place(first).parent.iterdir() if path.is_file()]) == 1


def test_an_altered_file_is_not_given_back(now: datetime) -> None:
    file = kept(now)
    place(file).write_bytes(b"%PDF contenT")
    with pytest.raises(DomainError, match="与存入时不一致"):
        read(file)
    with pytest.raises(DomainError, match="与存入时不一致"):
        as_download(file)


def test_a_missing_file_is_said(now: datetime) -> None:
    file = kept(now)
    place(file).unlink()
    with pytest.raises(DomainError, match="找不到") as refusal:
        read(file)
    assert "备份" in refusal.value.remedy


def test_storing_again_mends_a_file_gone_bad(now: datetime) -> None:
    file = kept(now)
    place(file).write_bytes(b"rubbish")
    kept(now)
    assert read(file) == b"%PDF content"


def test_a_rollback_leaves_no_row_and_the_next_keep_works(now: datetime) -> None:
    with transaction.atomic():
        kept(now)
        transaction.set_rollback(True)
    assert not StoredFile.objects.exists()
    assert read(kept(now)) == b"%PDF content"


@pytest.mark.django_db(transaction=True)
def test_many_at_once_get_the_same_row(now: datetime) -> None:
    rows: list[Any] = []
    start = threading.Barrier(5)

    def work() -> None:
        start.wait()
        try:
            rows.append(kept(now, b"at once").pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(rows) == 5
    assert len(set(rows)) == 1


def test_the_database_refuses_a_hash_that_is_none(now: datetime) -> None:
    row = StoredFile(sha256="X" * 64, sm3="a" * 64, size=1, content_type=PDF, name="x", stored_at=now)
    with pytest.raises(ValidationError, match="64 位小写十六进制"):
        row.validate_constraints()
    with pytest.raises(IntegrityError, match="stored_file_sha256_is_hex"), transaction.atomic():
        row.save()


def test_a_download_is_saved_not_shown(now: datetime) -> None:
    response = as_download(kept(now, name='责任书"；\r\n.pdf'))
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Type"] == PDF
    disposition = response["Content-Disposition"]
    assert disposition.startswith("attachment; filename*=utf-8''")
    assert unquote(disposition).endswith("责任书；.pdf")
    assert b"".join(response.streaming_content) == b"%PDF content"


def test_fresh_bytes_are_downloaded_under_a_chinese_name() -> None:
    response = bytes_download(b"x", name="签订情况.xlsx", content_type="application/octet-stream")
    assert "attachment" in response["Content-Disposition"]
    assert response["Content-Length"] == "1"


@pytest.mark.parametrize(
    ("given", "plain"),
    [
        ("..\\..\\etc/passwd", "passwd"),
        ("C:\\用户\\责任书.pdf", "责任书.pdf"),
        ("", "文件"),
        ("...", "文件"),
        ("责任\u202efdp.exe", "责任fdp.exe"),
        ("a\x00b\n.pdf", "ab.pdf"),
        ("字" * 300 + ".pdf", "字" * 251 + ".pdf"),
    ],
)
def test_names_lose_what_is_dangerous(given: str, plain: str) -> None:
    assert plain_name(given) == plain

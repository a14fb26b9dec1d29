"""The seal: whole and ours, or refused with a sentence, whatever was done to the file."""

import asyncio
import io
import random
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.conf import LazySettings
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import copy_into_new_writer
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from engines.documents.certificate import authorities, ensure_certificate, keys_folder
from engines.documents.pdf import render
from engines.documents.seal import VerdictKind, _asn1, _signer, seal_pdf, verify_pdf

SMALL = {"title": "责任书", "columns": [{"label": "事项"}], "rows": [["签订责任书"]]}


@pytest.fixture
def plain(now: datetime) -> bytes:
    return render("table", SMALL, now=now)


@pytest.fixture
def sealed(plain: bytes, now: datetime) -> bytes:
    return seal_pdf(plain, reason="责任书签署完成", location="云川市", now=now)


def test_a_sealed_file_is_valid_and_says_by_whom_and_when(sealed: bytes, now: datetime) -> None:
    verdict = verify_pdf(sealed)
    assert verdict.valid
    assert verdict.words == "文件有效：2026年11月21日 09:30 由本系统签章，此后没有任何改动。"
    assert verdict.signer == "履责系统电子签章"
    assert (verdict.signed_at, verdict.covers_whole) == (now, True)
    assert (verdict.reason, verdict.location) == ("责任书签署完成", "云川市")


def test_sealing_leaves_what_was_there_byte_for_byte(plain: bytes, sealed: bytes) -> None:
    assert sealed.startswith(plain)
    assert b"ETSI.CAdES.detached" in sealed


def test_another_program_finds_the_seal_good(sealed: bytes) -> None:
    (signature,) = PdfFileReader(io.BytesIO(sealed)).embedded_regular_signatures
    roots = [_asn1(root.public_bytes(Encoding.DER)) for root in authorities()]
    status = validate_pdf_signature(signature, ValidationContext(trust_roots=roots, allow_fetching=False))
    assert status.bottom_line


def test_the_seal_shows_nothing_on_the_page(sealed: bytes) -> None:
    (field,) = PdfFileReader(io.BytesIO(sealed)).root["/AcroForm"]["/Fields"]
    assert [float(side) for side in field.get_object()["/Rect"]] == [0, 0, 0, 0]


def test_no_changed_byte_is_called_valid(sealed: bytes) -> None:
    """Every seventh byte of the text and every byte of the seal itself, one bit at a time."""
    start = sealed.index(b"/Contents <") if b"/Contents <" in sealed else sealed.index(b"/ByteRange") - 9000
    positions = [*range(0, start, max(1, start // 150)), *range(start, len(sealed), 23)]
    chance = random.Random(20261121)
    for position in positions:
        changed = bytearray(sealed)
        changed[position] ^= 1 << chance.randrange(8)
        verdict = verify_pdf(bytes(changed))
        assert not verdict.valid, f"bit at {position} of {len(sealed)}"
        assert verdict.words.endswith("。")


def test_the_case_of_a_digit_and_the_padding_of_the_signature_are_held(sealed: bytes) -> None:
    (signature,) = PdfFileReader(io.BytesIO(sealed)).embedded_regular_signatures
    _zero, first, second, _rest = (int(number) for number in signature.byte_range)
    letter = next(n for n in range(first, second) if sealed[n : n + 1] in b"ABCDEF" and sealed[n : n + 1])
    for position, byte in ((letter, sealed[letter] ^ 0x20), (second - 5, ord("1")), (second - 5, ord(" "))):
        changed = bytearray(sealed)
        changed[position] = byte
        assert verify_pdf(bytes(changed)).kind is VerdictKind.ALTERED


@examples(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_piece_replaced_cut_or_added_is_called_valid(sealed: bytes, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(sealed)))
    end = data.draw(st.integers(start, min(len(sealed), start + 200)))
    piece = data.draw(st.binary(max_size=40))
    changed = sealed[:start] + piece + sealed[end:]
    assert verify_pdf(changed).valid == (changed == sealed)


def test_the_text_changed_is_altered_not_unknown(sealed: bytes) -> None:
    position = sealed.index(b"stream") + 40
    changed = sealed[:position] + bytes([sealed[position] ^ 1]) + sealed[position + 1 :]
    verdict = verify_pdf(changed)
    assert verdict.kind is VerdictKind.ALTERED
    assert "改动" in verdict.words


def test_an_appended_revision_is_altered(sealed: bytes) -> None:
    writer = IncrementalPdfFileWriter(io.BytesIO(sealed))
    writer.update_root()
    out = io.BytesIO()
    writer.write(out)
    verdict = verify_pdf(out.getvalue())
    assert verdict.kind is VerdictKind.ALTERED
    assert "追加" in verdict.words


@pytest.mark.parametrize("tail", [b"\n", b"%%EOF", b"\x00" * 100])
def test_bytes_hung_on_are_altered(sealed: bytes, tail: bytes) -> None:
    assert verify_pdf(sealed + tail).kind is VerdictKind.ALTERED


@pytest.mark.parametrize("share", [0.01, 0.3, 0.7, 0.99])
def test_a_truncated_file_is_never_valid(sealed: bytes, share: float) -> None:
    verdict = verify_pdf(sealed[: int(len(sealed) * share)])
    assert not verdict.valid
    assert verdict.words.endswith("。")


def test_a_file_saved_anew_without_its_seal_is_unknown(sealed: bytes) -> None:
    writer = copy_into_new_writer(PdfFileReader(io.BytesIO(sealed)))
    del writer.root["/AcroForm"]
    out = io.BytesIO()
    writer.write(out)
    assert verify_pdf(out.getvalue()).kind is VerdictKind.UNKNOWN


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "这不是 PDF 文件。"),
        (b"PK\x03\x04 workbook", "这不是 PDF 文件。"),
        ("一段文字".encode(), "这不是 PDF 文件。"),
        (b"%PDF-1.7\n" + b"\xff" * 500, "读不出来"),
        (b"%PDF-1.7\n1 0 obj << /Type /Catalog >> endobj trailer << /Root 1 0 R >>", "读不出来"),
    ],
)
def test_what_is_no_document_is_unknown(data: bytes, words: str) -> None:
    verdict = verify_pdf(data)
    assert verdict.kind is VerdictKind.UNKNOWN
    assert words in verdict.words


def test_a_pdf_without_a_seal_is_unknown(plain: bytes) -> None:
    assert "没有签章" in verify_pdf(plain).words


def test_the_seal_of_another_installation_is_unknown(
    plain: bytes, sealed: bytes, settings: LazySettings, tmp_path: Path, now: datetime
) -> None:
    assert verify_pdf(sealed).valid
    settings.VAR = tmp_path / "other"
    assert "本机没有签章证书" in verify_pdf(sealed).words
    own = seal_pdf(plain, reason="另一处", now=now)
    verdict = verify_pdf(sealed)
    assert verdict.kind is VerdictKind.UNKNOWN
    assert "不是本系统所盖" in verdict.words
    assert verify_pdf(own).valid


def test_an_authority_that_only_bears_our_name_is_not_ours(
    plain: bytes, settings: LazySettings, tmp_path: Path, now: datetime
) -> None:
    ours = seal_pdf(plain, reason="本处", now=now)
    (authority,) = authorities()
    mine, settings.VAR = settings.VAR, tmp_path / "forger"
    forge_authority(authority)
    forged = seal_pdf(plain, reason="伪造", now=now)
    assert verify_pdf(forged).valid, "the forger's own house believes it"
    settings.VAR = mine
    assert verify_pdf(ours).valid
    assert verify_pdf(forged).kind is not VerdictKind.VALID


def forge_authority(like: x509.Certificate) -> None:
    """Put an authority of the same name, serial and dates, but of another key, into the key folder."""
    key = ec.generate_private_key(ec.SECP256R1())
    key_identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    others = [held for held in like.extensions if held.oid != key_identifier.oid]
    forged = x509.CertificateBuilder(
        like.subject,
        like.subject,
        key.public_key(),
        like.serial_number,
        like.not_valid_before_utc,
        like.not_valid_after_utc,
        [*others, x509.Extension(key_identifier.oid, False, key_identifier)],
    ).sign(key, hashes.SHA256())
    keys_folder().mkdir(parents=True)
    (keys_folder() / "authority-forged.crt").write_bytes(forged.public_bytes(Encoding.PEM))
    (keys_folder() / "authority-forged.key").write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )


def test_a_file_sealed_twice_is_altered(sealed: bytes, now: datetime) -> None:
    second = PdfSigner(PdfSignatureMetadata(field_name="Second"), signer=_signer(ensure_certificate(now)))
    twice = second.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(sealed))).getvalue()
    assert verify_pdf(twice).kind is VerdictKind.ALTERED


def test_an_old_seal_stays_valid_after_the_certificate_was_renewed(plain: bytes, now: datetime) -> None:
    old = seal_pdf(plain, reason="旧", now=now)
    for years in (3, 6, 9):
        later = now + timedelta(days=365 * years)
        assert verify_pdf(seal_pdf(plain, reason="新", now=later)).valid
    assert verify_pdf(old).valid


def test_sealing_works_where_an_event_loop_runs(plain: bytes, now: datetime) -> None:
    async def inside() -> bool:
        return verify_pdf(seal_pdf(plain, reason="循环中", now=now)).valid

    assert asyncio.run(inside())


def test_a_whole_letter_is_sealed_and_verified(letter: dict[str, Any], now: datetime) -> None:
    assert verify_pdf(seal_pdf(render("letter", letter, now=now), reason="责任书签署完成", now=now)).valid

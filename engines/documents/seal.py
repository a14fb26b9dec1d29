"""Seals a PDF with the installation's certificate (PAdES) and says of any file whether it is still what was sealed."""

import asyncio
import io
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

from asn1crypto import cms, pem
from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives import serialization
from django.utils import timezone
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import InvisSigSettings, SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.signers.pdf_byterange import BuildProps
from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from engines.documents.certificate import Credential, authorities, ensure_certificate

FIELD = "LvzeSeal"
RESERVED = 8192  # hex digits kept free for the signature: two EC certificates need about a half of them

Result = TypeVar("Result")


class VerdictKind(StrEnum):
    """What a check can end with."""

    VALID = "valid"
    ALTERED = "altered"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Verdict:
    """The outcome of a check, with the sentence a person is told."""

    kind: VerdictKind
    words: str
    signer: str = ""
    signed_at: datetime | None = None
    covers_whole: bool = False
    reason: str = ""
    location: str = ""

    @property
    def valid(self) -> bool:
        """Return whether the file is byte for byte what this installation sealed."""
        return self.kind is VerdictKind.VALID


class _Refused(Exception):
    """Carries the verdict out of the depth of the check."""

    def __init__(self, kind: VerdictKind, words: str) -> None:
        super().__init__(words)
        self.verdict = Verdict(kind, words)


def seal_pdf(
    pdf: bytes, *, reason: str, now: datetime, location: str = "", timestamper: TimeStamper | None = None
) -> bytes:
    """Return `pdf` with an invisible PAdES seal (B-B; B-T with a `timestamper`) that claims to be made at `now`.

    The seal is appended; what was there stays byte for byte. Raises CertificateFault where no certificate can be made.
    """
    credential = ensure_certificate(now)
    signer = PdfSigner(
        PdfSignatureMetadata(
            field_name=FIELD,
            md_algorithm="sha256",
            reason=reason,
            location=location or None,
            subfilter=SigSeedSubFilter.PADES,
            app_build_props=BuildProps(name="lvze"),
        ),
        signer=_signer(credential),
        timestamper=timestamper,
        # PDF/A asks for a printable annotation; a box of no size shows nothing.
        new_field_spec=SigFieldSpec(FIELD, on_page=0, box=None, invis_sig_settings=InvisSigSettings()),
    )
    return _finish(_sign(signer, pdf, now, RESERVED if timestamper is None else None))


def verify_pdf(data: bytes) -> Verdict:
    """Return whether `data` is exactly what this installation sealed; every fault is a sentence, never an exception."""
    try:
        return _verify(data)
    except _Refused as refusal:
        return refusal.verdict
    except (OSError, PermissionError) as error:
        return Verdict(VerdictKind.UNKNOWN, f"无法核验：本机的签章证书读不出来（{error}）。")
    except Exception:  # noqa: BLE001  a hostile file may break the parser anywhere; what cannot be read is not valid
        return _unreadable(data)


async def _sign(signer: PdfSigner, pdf: bytes, now: datetime, reserved: int | None) -> bytes:
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    session = signer.init_signing_session(writer)
    session.system_time = now  # the library would ask the clock of the machine
    validation = await session.perform_presign_validation(writer)
    if reserved is None:
        reserved = await session.estimate_signature_container_size(validation)
    prepared = session.prepare_tbs_document(validation_info=validation, bytes_reserved=reserved)
    output = io.BytesIO()
    digest, _same = prepared.digest_tbs_document(output=output)
    done = await prepared.perform_signature(
        document_digest=digest.document_digest, pdf_cms_signed_attrs=PdfCMSSignedAttributes(signing_time=now)
    )
    await done.post_signature_processing(output)
    return output.getvalue()


def _signer(credential: Credential) -> SimpleSigner:
    store = SimpleCertificateStore()
    store.register(_asn1(credential.authority.public_bytes(serialization.Encoding.DER)))
    key = credential.key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return SimpleSigner(
        signing_cert=_asn1(credential.certificate.public_bytes(serialization.Encoding.DER)),
        signing_key=asn1_keys.PrivateKeyInfo.load(key),
        cert_registry=store,
        embed_roots=True,
    )


def _verify(data: bytes) -> Verdict:
    if b"%PDF-" not in data[:1024]:
        raise _Refused(VerdictKind.UNKNOWN, "这不是 PDF 文件。")
    roots = [_asn1(root.public_bytes(serialization.Encoding.DER)) for root in authorities()]
    signature = _only_signature(data)
    _check_range(signature, data)
    if not roots:
        raise _Refused(VerdictKind.UNKNOWN, "本机没有签章证书，无法判断这份文件是否由本系统签章。")
    _check_owner(signature, roots)
    _check_container(signature, data, roots)
    claimed = signature.self_reported_timestamp
    context = ValidationContext(trust_roots=roots, allow_fetching=False, moment=claimed)
    status = _finish(async_validate_pdf_signature(signature, signer_validation_context=context))
    return _judge(status, signature, claimed)


def _judge(status: PdfSignatureStatus, signature: EmbeddedPdfSignature, claimed: datetime | None) -> Verdict:
    if not (status.intact and status.valid):
        raise _Refused(VerdictKind.ALTERED, "文件在签章以后被改动过，不是当时签署的内容。")
    if status.coverage != SignatureCoverageLevel.ENTIRE_FILE:
        raise _Refused(VerdictKind.ALTERED, "文件在签章以后被追加了内容，不是当时签署的文件。")
    if not status.trusted or claimed is None:
        raise _Refused(VerdictKind.UNKNOWN, "签章时间不在证书有效期内，不能确认由本系统签章。")
    moment = timezone.localtime(claimed)
    return Verdict(
        VerdictKind.VALID,
        f"文件有效：{moment.year}年{moment.month}月{moment.day}日 {moment:%H:%M} 由本系统签章，此后没有任何改动。",
        signer=str(status.signing_cert.subject.native.get("common_name", "")),
        signed_at=moment,
        covers_whole=True,
        reason=str(signature.sig_object.get("/Reason", "")),
        location=str(signature.sig_object.get("/Location", "")),
    )


def _only_signature(data: bytes) -> EmbeddedPdfSignature:
    found = PdfFileReader(io.BytesIO(data), strict=True).embedded_regular_signatures
    if not found:
        raise _Refused(VerdictKind.UNKNOWN, "这份 PDF 没有签章，不是本系统签署完成的文件。")
    if len(found) > 1:
        raise _Refused(VerdictKind.ALTERED, "文件在签章以后又被加盖了别的签章，不是当时签署的文件。")
    return found[0]


def _check_range(signature: EmbeddedPdfSignature, data: bytes) -> None:
    """Refuse a seal that leaves anything but its own digits unsigned."""
    start, first, second, rest = (int(number) for number in signature.byte_range)
    if start != 0 or second + rest != len(data) or not 0 < first < second:
        raise _Refused(VerdictKind.ALTERED, "文件在签章以后被追加或截去了内容，不是当时签署的文件。")


def _check_owner(signature: EmbeddedPdfSignature, roots: list[asn1_x509.Certificate]) -> None:
    issuer = signature.signer_cert.issuer
    if not any(root.subject == issuer for root in roots):
        raise _Refused(VerdictKind.UNKNOWN, "这份文件的签章不是本系统所盖。")


def _check_container(signature: EmbeddedPdfSignature, data: bytes, roots: list[asn1_x509.Certificate]) -> None:
    """Refuse any change inside the signature's own digits.

    They are the one part of the file that the digest cannot cover: the padding, the case of a hex digit, a spare
    certificate. So they must be written exactly as this engine writes them.
    """
    _start, first, second, _rest = (int(number) for number in signature.byte_range)
    expected = _canonical(signature.signed_data, {root.dump() for root in roots}).hex().upper().encode()
    written = data[first:second]
    if written[:1] + written[-1:] != b"<>" or written[1:-1] != expected.ljust(len(written) - 2, b"0"):
        raise _Refused(VerdictKind.ALTERED, "文件的签章数据被改动过。")


def _canonical(signed: cms.SignedData, roots: set[bytes]) -> bytes:
    info = signed["signer_infos"][0]
    own = [c.chosen for c in signed["certificates"] if c.chosen.dump() not in roots]
    spare = [c.chosen for c in signed["certificates"] if c.chosen.dump() in roots]
    if len(own) != 1 or len(spare) > 1:
        raise _Refused(VerdictKind.ALTERED, "文件的签章数据被改动过。")
    leaf = own[0]
    signer = {
        "version": "v1",
        "sid": {"issuer_and_serial_number": {"issuer": leaf.issuer, "serial_number": leaf.serial_number}},
        "digest_algorithm": {"algorithm": "sha256"},
        "signed_attrs": info["signed_attrs"].untag(),
        "signature_algorithm": {"algorithm": "sha256_ecdsa"},
        "signature": info["signature"].native,
    }
    if not isinstance(info["unsigned_attrs"].native, type(None)):
        signer["unsigned_attrs"] = info["unsigned_attrs"].untag()
    data = {
        "version": "v1",
        "digest_algorithms": [{"algorithm": "sha256"}],
        "encap_content_info": {"content_type": "data"},
        "certificates": [c.chosen for c in signed["certificates"]],
        "signer_infos": [signer],
    }
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(data)}).dump())


def _unreadable(data: bytes) -> Verdict:
    if b"%PDF-" in data[:1024] and FIELD.encode() in data:
        return Verdict(VerdictKind.ALTERED, "文件已损坏或不完整，不是当时签署的文件。")
    return Verdict(VerdictKind.UNKNOWN, "文件已损坏或不完整，读不出来，无法核验。")


def _asn1(der: bytes) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(pem.unarmor(der)[2] if pem.detect(der) else der)


def _finish(work: Coroutine[Any, Any, Result]) -> Result:
    """Run the library's coroutine to its end, also from a thread in which a loop is already running."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()

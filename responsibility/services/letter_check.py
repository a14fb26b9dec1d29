"""Says of any file whether it is a sealed letter of this installation, and which."""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime

from engines.documents.seal import VerdictKind, verify_pdf
from responsibility.enums import LetterState
from responsibility.models import Letter
from responsibility.rules.letters import normal_code

VALID, ALTERED, UNKNOWN = VerdictKind.VALID, VerdictKind.ALTERED, VerdictKind.UNKNOWN


@dataclass(frozen=True)
class FileCheck:
    """The outcome: valid, altered or unknown, in sentences; `letter` where the register knows it."""

    kind: VerdictKind
    words: str
    sha256: str
    letter: Letter | None = None
    signed_at: datetime | None = None
    signer: str = ""

    @property
    def valid(self) -> bool:
        return self.kind is VALID


def check_file(data: bytes) -> FileCheck:
    """Valid only if the seal holds and the register has exactly these bytes; every doubt is a sentence.

    A file that was changed is still recognised by the seal's own reason (its number), so that the person learns which
    letter was tampered with.
    """
    sha256 = hashlib.sha256(data).hexdigest()
    verdict = verify_pdf(data)
    letter = Letter.objects.select_related("recipient_unit").filter(document__sha256=sha256).first()
    if verdict.valid and letter is not None:
        words = f"有效：与封存的「{letter.number}」逐字节一致，电子印章完好。"
        return FileCheck(VALID, words, sha256, letter, verdict.signed_at, verdict.signer)
    if verdict.valid:
        words = "电子印章完好，但是库中没有登记这份文件，不能认定为有效的责任书。"
        return FileCheck(UNKNOWN, words, sha256, None, verdict.signed_at, verdict.signer)
    named = letter or _named_in(data) if verdict.kind is ALTERED else letter
    words = verdict.words
    if verdict.kind is ALTERED and named is not None:
        words = f"{words}库中「{named.number}」的封存文件与它不一致，请以封存的文件为准。"
    return FileCheck(verdict.kind, words, sha256, named)


def _named_in(data: bytes) -> Letter | None:
    """The letter whose sealing reason stands in the file, whatever else was changed."""
    for found in re.finditer(rb"/Reason\s*(?:\(((?:[^()\\]|\\.)*)\)|<([0-9A-Fa-f]+)>)", data[-200_000:]):
        raw = bytes.fromhex(found.group(2).decode()) if found.group(2) else _unescaped(found.group(1))
        text = raw[2:].decode("utf-16-be", "ignore") if raw.startswith(b"\xfe\xff") else raw.decode("latin-1")
        number = text.removeprefix("责任书封存").strip()
        if number and (letter := Letter.objects.filter(number=number).first()):
            return letter
    return None


def _unescaped(raw: bytes) -> bytes:
    plain = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}

    def one(found: re.Match[bytes]) -> bytes:
        code = found.group(1)
        return bytes([int(code, 8) & 0xFF]) if code.isdigit() else plain.get(code, code)

    return re.sub(rb"\\([0-7]{1,3}|.)", one, raw, flags=re.S)


def sealed_letter_by_code(typed: str) -> Letter | None:
    """The sealed letter with this code; a letter not yet sealed has nothing that could be checked."""
    code = normal_code(typed)
    if not code:
        return None
    sealed = Letter.objects.filter(verify_code=code, state=LetterState.SEALED)
    return sealed.select_related("issuer_unit", "recipient_unit", "supervisor_unit", "document").first()

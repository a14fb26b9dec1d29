"""Sealing: one file, once, whatever is killed in between; and telling it from every other file."""

import json
from datetime import timedelta
from io import BytesIO, StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from pyhanko.pdf_utils.reader import PdfFileReader

from engines.audit.record import timeline_of
from engines.documents import store
from engines.documents.models import StoredFile
from engines.documents.pdf import render
from engines.documents.seal import seal_pdf, verify_pdf
from engines.jobs import queue
from engines.jobs.models import Job, JobState
from responsibility.documents.letters import document_data
from responsibility.enums import LetterState
from responsibility.services import sealing
from responsibility.services.letter_check import check_file, sealed_letter_by_code
from responsibility.services.sealing import seal_letter
from tests.factories.letters import make_city, make_sealed, make_sent, make_signed, sign
from tests.factories.organization import NOW

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(minutes=5)


@pytest.fixture
def signed():
    return make_signed(make_city())


def test_the_worker_seals_a_signed_letter(signed):
    job = Job.objects.get(kind="letter.seal")
    assert queue.run(job.pk, now=LATER)
    signed.refresh_from_db()
    job.refresh_from_db()
    assert job.state == JobState.DONE
    assert (signed.state, signed.sealed_at is not None) == (LetterState.SEALED, True)
    assert verify_pdf(store.read(signed.document)).valid
    entry = timeline_of(signed).first()
    assert (entry.action, entry.actor, entry.after["sha256"]) == ("letter.seal", None, signed.document.sha256)


def test_sealing_twice_changes_nothing(signed):
    first = seal_letter(signed.pk, now=LATER)
    second = seal_letter(signed.pk, now=LATER + timedelta(hours=1))
    assert (second.document_id, second.sealed_at) == (first.document_id, first.sealed_at)
    assert timeline_of(signed).filter(action="letter.seal").count() == 1
    assert StoredFile.objects.filter(content_type="application/pdf").count() == 1


class Killed(BaseException):
    """As abrupt as a signal: no `except Exception` sees it."""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("line", ["render", "seal_pdf", "verify_pdf", "keep", "advance", "after"])
def test_killed_at_any_line_it_is_sealed_once_when_started_again(monkeypatch, line):
    letter = make_signed(make_city())

    def die(*args, **kwargs):
        raise Killed

    real = sealing.advance
    with monkeypatch.context() as patch:
        if line == "after":  # everything done, killed before the commit
            patch.setattr(sealing, "advance", lambda *a, **k: (real(*a, **k), die()))
        else:
            patch.setattr(sealing, line, die)
        with pytest.raises(Killed):
            seal_letter(letter.pk, now=LATER)
    letter.refresh_from_db()
    assert (letter.state, letter.document) == (LetterState.SIGNED, None)
    sealed = seal_letter(letter.pk, now=LATER)
    assert sealed.state == LetterState.SEALED
    assert timeline_of(letter).filter(action="letter.seal").count() == 1
    assert StoredFile.objects.filter(content_type="application/pdf").count() == 1


def test_a_letter_not_yet_signed_by_all_is_not_sealed():
    city = make_city()
    letter = make_sent(city)
    sign(letter, city.head)
    assert seal_letter(letter.pk, now=LATER).state == LetterState.SIGNING
    assert not StoredFile.objects.filter(content_type="application/pdf").exists()


def test_the_pages_come_out_the_same_every_time(signed):
    assert render("letter", document_data(signed), now=signed.signed_at) == render(
        "letter", document_data(signed), now=signed.signed_at
    )


def test_the_data_of_the_page_hold_every_clause_name_and_the_fingerprint(signed):
    said = json.dumps(document_data(signed), ensure_ascii=False, default=lambda image: f"<{len(image)} bytes>")
    for clause in signed.clauses.all():
        assert clause.text in said
    for words in (
        "孙一然",
        "沈宁衡",
        "彭若泉",
        signed.number,
        signed.verify_code,
        signed.text_sha256,
        "本人登录后手写",
    ):
        assert words in said
    assert "{" + "责任方" + "}" not in said


def test_a_sealed_file_is_valid_for_the_check_and_for_pyhanko(signed):
    data = store.read(seal_letter(signed.pk, now=LATER).document)
    check = check_file(data)
    assert check.valid
    assert check.letter == signed
    (signature,) = PdfFileReader(BytesIO(data)).embedded_signatures
    signature.compute_integrity_info()
    assert signature.coverage.name == "ENTIRE_FILE"


def test_one_changed_byte_anywhere_is_altered_and_names_the_letter(signed):
    data = store.read(seal_letter(signed.pk, now=LATER).document)
    for at in range(1500, len(data), len(data) // 23):
        changed = bytearray(data)
        changed[at] ^= 0x01
        assert not check_file(bytes(changed)).valid, at
    middle = bytearray(data)
    middle[len(data) // 3] ^= 0xFF
    check = check_file(bytes(middle))
    assert check.kind == "altered"
    assert signed.number in check.words


def test_a_seal_that_the_register_does_not_know_is_unknown(signed):
    foreign = seal_pdf(render("letter", document_data(signed), now=NOW), reason="另一份", now=NOW)
    check = check_file(foreign)
    assert (check.kind, check.letter) == ("unknown", None)
    assert "库中没有登记" in check.words


def run_command(path: Path, *options: str) -> tuple[int, str]:
    out = StringIO()
    with pytest.raises(SystemExit) as left:
        call_command("verify_letter", str(path), *options, stdout=out)
    return left.value.code, out.getvalue()


def test_the_command_tells_valid_altered_unknown_and_unreadable_by_its_exit_code():
    letter = make_sealed(make_city())
    data = store.read(letter.document)
    good, bad, other = (Path(settings.VAR) / name for name in ("good.pdf", "bad.pdf", "other.pdf"))
    good.write_bytes(data)
    bad.write_bytes(data[:5000] + bytes([data[5000] ^ 1]) + data[5001:])
    other.write_bytes(b"%PDF-1.7\nnothing")
    code, words = run_command(good)
    assert code == 0
    assert letter.number in words
    code, words = run_command(bad, "--json")
    assert code == 1
    assert json.loads(words)["verdict"] == "altered"
    assert run_command(other)[0] == 2
    assert run_command(other.with_name("absent.pdf"))[0] == 3


def test_a_code_finds_only_sealed_letters_however_it_is_typed(signed):
    assert sealed_letter_by_code(signed.verify_code) is None
    seal_letter(signed.pk, now=LATER)
    for typed in (signed.verify_code, f" {signed.verify_code.lower()} ", signed.verify_code.replace("-", "－")):
        assert sealed_letter_by_code(typed) == signed
    assert sealed_letter_by_code("YC26-AAAA-AAAA-AAAA") is None

"""The installation's certificates: made once, kept private, renewed in time."""

import multiprocessing
import os
import stat
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import LazySettings

from engines.documents.certificate import (
    CertificateFault,
    authorities,
    authority_pem,
    certificate_state,
    ensure_certificate,
    keys_folder,
)


def serials() -> set[str]:
    return {path.name for path in keys_folder().glob("seal-*.crt")}


def test_the_first_call_makes_authority_and_certificate(now: datetime) -> None:
    made = ensure_certificate(now)
    assert isinstance(made.key.curve, ec.SECP256R1)
    made.certificate.verify_directly_issued_by(made.authority)
    usage = made.certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.digital_signature
    assert usage.content_commitment
    assert not usage.key_cert_sign
    years = made.certificate.not_valid_after_utc - now
    assert timedelta(days=3 * 365) <= years <= timedelta(days=3 * 366)
    assert made.authority.not_valid_after_utc > now + timedelta(days=9 * 365)


def test_keys_are_readable_by_nobody_else(now: datetime) -> None:
    ensure_certificate(now)
    assert stat.S_IMODE(keys_folder().stat().st_mode) == 0o700
    keys = list(keys_folder().glob("*.key"))
    assert len(keys) == 2
    assert {stat.S_IMODE(key.stat().st_mode) for key in keys} == {0o600}


def test_later_calls_return_the_same_certificate(now: datetime) -> None:
    first = ensure_certificate(now)
    assert ensure_certificate(now + timedelta(days=900)).certificate == first.certificate
    assert len(serials()) == 1


def test_a_certificate_about_to_end_is_replaced_and_the_old_one_kept(now: datetime) -> None:
    old = ensure_certificate(now)
    new = ensure_certificate(now + timedelta(days=3 * 365 - 30))
    assert new.certificate != old.certificate
    assert new.authority == old.authority
    assert len(serials()) == 2


def test_the_key_of_an_ended_certificate_is_destroyed(now: datetime) -> None:
    ensure_certificate(now)
    ensure_certificate(now + timedelta(days=4 * 365))
    assert len(serials()) == 2
    assert len(list(keys_folder().glob("seal-*.key"))) == 1


def test_an_authority_that_would_end_first_is_replaced(now: datetime) -> None:
    ensure_certificate(now)
    late = ensure_certificate(now + timedelta(days=8 * 365))
    assert len(authorities()) == 2
    assert late.authority.not_valid_after_utc >= late.certificate.not_valid_after_utc


def test_a_clock_that_was_ahead_does_not_stop_sealing(now: datetime) -> None:
    ensure_certificate(now)
    earlier = now - timedelta(days=300)
    assert ensure_certificate(earlier).lasts(earlier)
    assert len(authorities()) == 1


def test_two_processes_that_start_at_once_get_the_same_certificate(now: datetime, tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    ready = context.Barrier(6)
    queue: multiprocessing.Queue[str] = context.Queue()

    def start() -> None:
        ready.wait()
        queue.put(f"{ensure_certificate(now).certificate.serial_number:x}")

    processes = [context.Process(target=start) for _ in range(6)]
    for process in processes:
        process.start()
    seen = {queue.get(timeout=30) for _ in processes}
    for process in processes:
        process.join()
    assert len(seen) == 1
    assert len(serials()) == len(authorities()) == 1


def test_the_state_says_until_when_and_changes_nothing(now: datetime) -> None:
    assert certificate_state(now) == (False, "没有当前有效的签章证书，重新启动服务即自动生成。")
    assert not keys_folder().exists()
    ensure_certificate(now)
    assert certificate_state(now) == (True, "签章证书有效至2029年11月20日，到期前自动更换。")


def test_the_state_tells_of_a_key_others_can_read(now: datetime) -> None:
    ensure_certificate(now)
    next(keys_folder().glob("seal-*.key")).chmod(0o644)
    ok, words = certificate_state(now)
    assert not ok
    assert "600" in words


def test_a_certificate_whose_key_was_not_written_is_not_used(now: datetime) -> None:
    ensure_certificate(now)
    next(keys_folder().glob("seal-*.key")).unlink()
    assert ensure_certificate(now).key is not None
    assert len(serials()) == 2


def test_a_broken_key_file_is_said_in_words_and_never_overwritten(now: datetime) -> None:
    ensure_certificate(now)
    key = next(keys_folder().glob("seal-*.key"))
    key.write_bytes(b"rubbish")
    with pytest.raises(CertificateFault, match="签章证书目录"):
        ensure_certificate(now)
    assert key.read_bytes() == b"rubbish"
    assert certificate_state(now)[0] is False


def test_a_folder_that_cannot_be_made_is_said_in_words(now: datetime, settings: LazySettings, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    settings.VAR = tmp_path / "file"
    with pytest.raises(CertificateFault, match="无法读写"):
        ensure_certificate(now)


def test_the_authority_can_be_given_to_people(now: datetime) -> None:
    pem = authority_pem(now)
    assert x509.load_pem_x509_certificate(pem) == ensure_certificate(now).authority
    assert b"PRIVATE" not in pem


def test_nothing_half_written_is_left(now: datetime) -> None:
    ensure_certificate(now)
    assert not [name for name in os.listdir(keys_folder()) if name.startswith(".new-")]

"""The installation's own authority and sealing certificates: made on first start, renewed in time, never overwritten."""

import fcntl
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.conf import settings
from django.utils import timezone

AUTHORITY_YEARS = 10
SEAL_YEARS = 3
RENEW_BEFORE = timedelta(days=90)
# The authority reaches back, so that a clock that is set right later does not need another one.
AUTHORITY_REACHES_BACK = timedelta(days=366)
CLOCK_SKEW = timedelta(days=1)


class CertificateFault(Exception):
    """The key folder cannot be used; the message is a sentence in Chinese."""


@dataclass(frozen=True)
class Credential:
    """A private key with its certificate and, for a seal, the authority that issued it."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    authority: x509.Certificate

    def lasts(self, now: datetime, *, spare: timedelta = RENEW_BEFORE) -> bool:
        """Return whether the certificate is valid at `now` and stays so for `spare`."""
        own = self.certificate
        return own.not_valid_before_utc <= now and now + spare < own.not_valid_after_utc


def keys_folder() -> Path:
    """Return the folder that holds keys and certificates."""
    return Path(settings.VAR) / "keys"


def ensure_certificate(now: datetime) -> Credential:
    """Return the certificate to seal with at `now`, making authority and certificate where none is valid.

    Two processes that start at once get the same one. A certificate about to end is replaced; the old ones stay in
    the folder, so that what they sealed can still be checked. Raises CertificateFault where the folder is unusable.
    """
    try:
        if (found := _current(now)) is not None:
            return found
        with _alone():
            return _current(now) or _issue_seal(_authority(now), now)
    except (OSError, ValueError) as error:
        raise CertificateFault(f"签章证书目录 {keys_folder()} 无法读写：{error}") from error


def certificate_state(now: datetime) -> tuple[bool, str]:
    """Return whether documents can be sealed at `now`, and a sentence saying until when; changes nothing."""
    try:
        found = _current(now, spare=timedelta(0))
        open_keys = [path.name for path in keys_folder().glob("*.key") if stat.S_IMODE(path.stat().st_mode) & 0o077]
    except (OSError, ValueError) as error:
        return False, f"签章证书目录 {keys_folder()} 无法读取：{error}"
    if found is None:
        return False, "没有当前有效的签章证书，重新启动服务即自动生成。"
    if open_keys:
        return False, f"签章私钥可被其他用户读取：{'、'.join(open_keys)}，请把文件权限改为 600。"
    until = timezone.localtime(found.certificate.not_valid_after_utc)
    return True, f"签章证书有效至{until.year}年{until.month}月{until.day}日，到期前自动更换。"


def authorities() -> list[x509.Certificate]:
    """Return every authority certificate of this installation, old ones too; empty where none was made."""
    return [x509.load_pem_x509_certificate(path.read_bytes()) for path in sorted(keys_folder().glob("authority-*.crt"))]


def authority_pem(now: datetime) -> bytes:
    """Return the authority certificate in use at `now` as PEM, for people to import into their PDF reader."""
    return ensure_certificate(now).authority.public_bytes(serialization.Encoding.PEM)


def _current(now: datetime, *, spare: timedelta = RENEW_BEFORE) -> Credential | None:
    """Return the youngest complete seal credential that is valid at `now`."""
    issuers = {authority.subject: authority for authority in authorities()}
    valid: list[Credential] = []
    for path in keys_folder().glob("seal-*.crt"):
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
        authority = issuers.get(certificate.issuer)
        if authority is None or not path.with_suffix(".key").exists():
            continue
        credential = Credential(_read_key(path.with_suffix(".key")), certificate, authority)
        if credential.lasts(now, spare=spare):
            valid.append(credential)
    return max(valid, key=lambda c: c.certificate.not_valid_before_utc, default=None)


def _authority(now: datetime) -> Credential:
    """Return an authority that outlives a seal issued at `now`, making one where there is none."""
    seal_life = timedelta(days=365 * SEAL_YEARS + 1)
    for path in sorted(keys_folder().glob("authority-*.crt"), reverse=True):
        if path.with_suffix(".key").exists():
            own = x509.load_pem_x509_certificate(path.read_bytes())
            credential = Credential(_read_key(path.with_suffix(".key")), own, own)
            if own.not_valid_before_utc <= now - CLOCK_SKEW and credential.lasts(now, spare=seal_life):
                return credential
    return _issue_authority(now)


def _issue_authority(now: datetime) -> Credential:
    key = ec.generate_private_key(ec.SECP256R1())
    serial = x509.random_serial_number()
    # The serial in the name keeps two authorities of one installation apart.
    name = _name(f"履责系统签章根证书 {serial % 0xFFFFFF:06X}")
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), serial)
        .not_valid_before(now - AUTHORITY_REACHES_BACK)
        .not_valid_after(now + timedelta(days=365 * AUTHORITY_YEARS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(key_cert_sign=True, crl_sign=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    _keep("authority", key, certificate)
    return Credential(key, certificate, certificate)


def _issue_seal(authority: Credential, now: datetime) -> Credential:
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = authority.key.public_key()
    certificate = (
        x509.CertificateBuilder(
            authority.certificate.subject, _name(_seal_name()), key.public_key(), x509.random_serial_number()
        )
        .not_valid_before(now - CLOCK_SKEW)
        .not_valid_after(now + timedelta(days=365 * SEAL_YEARS))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(digital_signature=True, content_commitment=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer), critical=False)
        .sign(authority.key, hashes.SHA256())
    )
    _keep("seal", key, certificate)
    _drop_ended_keys(now)
    return Credential(key, certificate, authority.certificate)


def _drop_ended_keys(now: datetime) -> None:
    # A key that may no longer seal is only a danger; its certificate stays for checking.
    for path in keys_folder().glob("seal-*.crt"):
        if x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc < now:
            path.with_suffix(".key").unlink(missing_ok=True)


def _seal_name() -> str:
    return str(getattr(settings, "LVZE_SEAL_NAME", "") or "履责系统电子签章")


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"), x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _usage(**wanted: bool) -> x509.KeyUsage:
    names = (
        "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
        "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
    )  # fmt: skip
    return x509.KeyUsage(**{name: wanted.get(name, False) for name in names})


def _read_key(path: Path) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError(f"{path.name} 不是椭圆曲线私钥")
    return key


def _keep(kind: str, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
    """Write the key, then the certificate: one without its key is never taken, so a crash between leaves nothing."""
    base = keys_folder() / f"{kind}-{certificate.not_valid_after_utc:%Y%m%d}-{certificate.serial_number:x}"
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    _write(base.with_suffix(".key"), pem, 0o600)
    _write(base.with_suffix(".crt"), certificate.public_bytes(serialization.Encoding.PEM), 0o644)


def _write(path: Path, data: bytes, mode: int) -> None:
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")  # mkstemp makes it 0600
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
        os.fchmod(file.fileno(), mode)
    Path(temporary).replace(path)


@contextmanager
def _alone() -> Iterator[None]:
    """Let one process of this machine at a time make certificates."""
    folder = keys_folder()
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield

"""The sandbox's own certificate authority, and the certificates it issues to servers and clients.

Everything stays in `State.certificates`; keys are readable by their owner alone and never leave the machine.
"""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from sandbox.state import State, write_private

_LIFETIME = timedelta(days=365)
_RENEW_BEFORE = timedelta(days=30)


@dataclass(frozen=True)
class Certificate:
    """Where a certificate and its key are, as PEM files."""

    certificate: Path
    key: Path


def authority(state: State) -> Certificate:
    """The sandbox's CA, made on the first call; parallel calls end up with the same one."""
    files = _files(state, "ca")
    with state.locked("authority"):
        if not files.certificate.exists():
            key = ec.generate_private_key(ec.SECP256R1())
            name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "platform sandbox")])
            usage = x509.KeyUsage(
                digital_signature=True,
                key_cert_sign=True,
                crl_sign=True,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                encipher_only=False,
                decipher_only=False,
            )
            signed = (
                _builder(name, name, key.public_key(), timedelta(days=3650))
                .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
                .add_extension(usage, critical=True)
                .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
                .sign(key, hashes.SHA256())
            )
            _write(files, signed, key)
    return files


def issue_server(state: State, name: str, addresses: Sequence[str], names: Sequence[str]) -> Certificate:
    """A certificate for a server, kept under `name` as long as it fits the addresses and names."""
    # Clients look at the alternative names only; a common name has 64 characters at most (X.520)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, (names or addresses)[0][:64])])
    reached_by = x509.SubjectAlternativeName(
        [
            *(x509.IPAddress(ipaddress.ip_address(address)) for address in addresses),
            *(x509.DNSName(each) for each in names),
        ]
    )
    return _issue(state, name, subject, ExtendedKeyUsageOID.SERVER_AUTH, reached_by)


def issue_client(state: State, common_name: str, organizations: Sequence[str] = ()) -> Certificate:
    """A certificate that names a user and its groups, as the API server reads them: O is a group, CN the user."""
    subject = x509.Name(
        [
            *(x509.NameAttribute(NameOID.ORGANIZATION_NAME, each) for each in organizations),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )
    return _issue(state, f"client-{common_name.replace(':', '-')}", subject, ExtendedKeyUsageOID.CLIENT_AUTH, None)


def issue_key_pair(state: State, name: str) -> Certificate:
    """A key pair to sign tokens with; the certificate's place holds the public key."""
    files = _files(state, name)
    if not files.key.exists():
        key = ec.generate_private_key(ec.SECP256R1())
        public = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        write_private(files.certificate, public)
        write_private(files.key, _pem(key))
    return files


def _issue(
    state: State,
    name: str,
    subject: x509.Name,
    usage: x509.ObjectIdentifier,
    reached_by: x509.SubjectAlternativeName | None,
) -> Certificate:
    files = _files(state, name)
    issuer = authority(state)
    if _still_good(files, subject, reached_by):
        return files
    issuer_certificate = x509.load_pem_x509_certificate(issuer.certificate.read_bytes())
    issuer_key = serialization.load_pem_private_key(issuer.key.read_bytes(), password=None)
    assert isinstance(issuer_key, ec.EllipticCurvePrivateKey)
    key = ec.generate_private_key(ec.SECP256R1())
    builder = (
        _builder(subject, issuer_certificate.subject, key.public_key(), _LIFETIME)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )
    if reached_by is not None:
        builder = builder.add_extension(reached_by, critical=False)
    _write(files, builder.sign(issuer_key, hashes.SHA256()), key)
    return files


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, lifetime: timedelta
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + lifetime)
    )


def _still_good(files: Certificate, subject: x509.Name, reached_by: x509.SubjectAlternativeName | None) -> bool:
    if not (files.certificate.exists() and files.key.exists()):
        return False
    present = x509.load_pem_x509_certificate(files.certificate.read_bytes())
    if present.not_valid_after_utc < datetime.now(UTC) + _RENEW_BEFORE or present.subject != subject:
        return False
    if reached_by is None:
        return True
    return present.extensions.get_extension_for_class(x509.SubjectAlternativeName).value == reached_by


def _files(state: State, name: str) -> Certificate:
    return Certificate(state.certificates / f"{name}.crt", state.certificates / f"{name}.key")


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(files: Certificate, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
    write_private(files.key, _pem(key))
    write_private(files.certificate, certificate.public_bytes(serialization.Encoding.PEM), mode=0o644)

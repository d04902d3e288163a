"""A small certificate factory for tests.

Everything is a pure function of its arguments, apart from the keys: a key is made once per process and name, so
that `ca("Root")` is the same CA wherever it is asked for. EC P-256 unless another kind is asked for.
"""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs7 as crypto_pkcs7
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | dsa.DSAPrivateKey

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
START = datetime(2026, 1, 1, tzinfo=UTC)
END = datetime(2028, 1, 1, tzinfo=UTC)
SERVER_AUTH = ExtendedKeyUsageOID.SERVER_AUTH
CLIENT_AUTH = ExtendedKeyUsageOID.CLIENT_AUTH
BOTH = (SERVER_AUTH, CLIENT_AUTH)


@cache
def key(name: str = "", kind: str = "ec") -> Key:
    """Return the private key of this name; `kind`: ec, ec384, rsa, rsa1024, ed25519, dsa."""
    match kind:
        case "ec":
            return ec.generate_private_key(ec.SECP256R1())
        case "ec384":
            return ec.generate_private_key(ec.SECP384R1())
        case "rsa":
            return rsa.generate_private_key(65537, 2048)
        case "rsa1024":
            return rsa.generate_private_key(65537, 1024)  # weak on purpose
        case "ed25519":
            return ed25519.Ed25519PrivateKey.generate()
        case "dsa":
            return dsa.generate_private_key(1024)
    raise ValueError(kind)


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate with its private key and its issuer."""

    certificate: x509.Certificate
    key: Key
    issuer: Issued | None = None

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.der).hexdigest()

    @property
    def chain(self) -> tuple[Issued, ...]:
        """This certificate and those above it, the root included."""
        return (self, *(self.issuer.chain if self.issuer else ()))

    @property
    def key_pem(self) -> str:
        return key_pem(self.key)


def name(common_name: str | None, organization: str = "Example Ltd") -> x509.Name:
    """Return a distinguished name; without a common name if that is None."""
    parts = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization)] if organization else []
    if common_name is not None:
        parts.append(x509.NameAttribute(NameOID.COMMON_NAME, common_name))
    return x509.Name(parts)


def general_names(names: Sequence[str]) -> list[x509.GeneralName]:
    """Return dNSNames and, for what is an address, iPAddresses."""
    found: list[x509.GeneralName] = []
    for text in names:
        try:
            found.append(x509.IPAddress(ipaddress.ip_address(text)))
        except ValueError:
            found.append(x509.DNSName(text))
    return found


def issue(
    subject: x509.Name,
    issuer: Issued | None = None,
    *,
    private: Key | None = None,
    is_ca: bool | None = False,
    path_length: int | None = None,
    names: Sequence[str] = (),
    purposes: Sequence[x509.ObjectIdentifier] | None = None,
    start: datetime = START,
    end: datetime = END,
    serial: int | None = None,
    key_ids: bool = True,
    digest: hashes.HashAlgorithm | None = None,
    extensions: Sequence[tuple[x509.ExtensionType, bool]] = (),
) -> Issued:
    """Issue a certificate; self-signed without `issuer`.

    `digest`: SHA-256 by default; SHA-1 and MD5 need an issuer with an RSA key.
    `is_ca` None leaves basic constraints out, `purposes` None the extended key usage, `names` () the SAN.
    """
    own = private or key(subject.rfc4514_string())
    signer = issuer.key if issuer else own
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(own.public_key())
        .serial_number(serial if serial is not None else _serial(subject, names, start, end, public_sha256(own)))
        .not_valid_before(start)
        .not_valid_after(end)
    )
    if is_ca is not None:
        constraints = x509.BasicConstraints(is_ca, path_length if is_ca else None)
        builder = builder.add_extension(constraints, critical=True)
    if key_ids:
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(own.public_key()), False)
        above = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
        builder = builder.add_extension(above, critical=False)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(general_names(names)), critical=False)
    if purposes is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage(list(purposes)), critical=False)
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    algorithm = None if isinstance(signer, ed25519.Ed25519PrivateKey) else digest or hashes.SHA256()
    if isinstance(digest, hashes.SHA1 | hashes.MD5):
        assert isinstance(signer, rsa.RSAPrivateKey), "old digests only with RSA"
        return Issued(_signed_with(builder.sign(signer, hashes.SHA256()), signer, digest), own, issuer)
    fixed = True if isinstance(signer, ec.EllipticCurvePrivateKey) else None
    signed = builder.sign(signer, algorithm, ecdsa_deterministic=fixed)  # type: ignore[arg-type]
    return Issued(signed, own, issuer)


def _signed_with(
    certificate: x509.Certificate, signer: rsa.RSAPrivateKey, digest: hashes.SHA1 | hashes.MD5
) -> x509.Certificate:
    """The certificate signed anew with a digest that cryptography's builder refuses."""
    sha256 = bytes.fromhex("2a864886f70d01010b")
    other = sha256[:-1] + (b"\x05" if isinstance(digest, hashes.SHA1) else b"\x04")
    body = certificate.tbs_certificate_bytes.replace(sha256, other)
    der = certificate.public_bytes(serialization.Encoding.DER).replace(sha256, other)
    signature = signer.sign(body, padding.PKCS1v15(), digest)
    return x509.load_der_x509_certificate(der[: -len(signature)] + signature)


def _serial(*parts: object) -> int:
    return int.from_bytes(hashlib.sha256(repr(parts).encode()).digest()[:15], "big") | 1


@cache
def ca(
    common_name: str = "Example Root CA",
    issuer: Issued | None = None,
    *,
    kind: str = "ec",
    key_name: str = "",
    path_length: int | None = None,
    start: datetime = datetime(2020, 1, 1, tzinfo=UTC),
    end: datetime = datetime(2040, 1, 1, tzinfo=UTC),
) -> Issued:
    """Return a CA: a root, or an intermediate where `issuer` is given. Another `key_name`: another key."""
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    return issue(
        name(common_name),
        issuer,
        private=key(f"ca {common_name} {key_name}", kind),
        is_ca=True,
        path_length=path_length,
        start=start,
        end=end,
        extensions=((usage, True),),
    )


def intermediate(common_name: str = "Example Issuing CA", root: Issued | None = None) -> Issued:
    """Return an intermediate CA below `root` (the default root)."""
    return ca(common_name, root or ca(), path_length=0)


def leaf(
    common_name: str | None = "expe1.example.com",
    issuer: Issued | None = None,
    *,
    names: Sequence[str] | None = None,
    purposes: Sequence[x509.ObjectIdentifier] | None = BOTH,
    start: datetime = START,
    end: datetime = END,
    kind: str = "ec",
    key_name: str = "",
    serial: int | None = None,
    digest: hashes.HashAlgorithm | None = None,
    extensions: Sequence[tuple[x509.ExtensionType, bool]] = (),
) -> Issued:
    """Return a leaf below `issuer` (the default intermediate). `names` None: its common name only."""
    if names is None:
        names = (common_name,) if common_name else ()
    return issue(
        name(common_name),
        issuer or intermediate(),
        private=key(f"leaf {common_name} {key_name}", kind),
        names=names,
        purposes=purposes,
        start=start,
        end=end,
        serial=serial,
        digest=digest,
        extensions=extensions,
    )


def self_signed(
    common_name: str = "expe1.example.com",
    *,
    names: Sequence[str] | None = None,
    purposes: Sequence[x509.ObjectIdentifier] | None = BOTH,
    start: datetime = START,
    end: datetime = END,
    key_name: str = "",
    key_ids: bool = True,
) -> Issued:
    """Return a self-signed server certificate, not a CA."""
    return issue(
        name(common_name),
        private=key(f"self {common_name} {key_name}"),
        names=(common_name,) if names is None else names,
        purposes=purposes,
        start=start,
        end=end,
        key_ids=key_ids,
    )


def bundle(*items: Issued) -> str:
    """Return the PEM of several certificates."""
    return "".join(item.pem for item in items)


def alternative_names(names: Sequence[str], xmpp: Sequence[str] = ()) -> x509.SubjectAlternativeName:
    """Return subject alternative names; `xmpp` as XMPP addresses (RFC 6120, 13.7.1.4)."""
    return x509.SubjectAlternativeName([*general_names(names), *(_xmpp_address(address) for address in xmpp)])


def _xmpp_address(address: str) -> x509.OtherName:
    text = address.encode()
    return x509.OtherName(x509.ObjectIdentifier("1.3.6.1.5.5.7.8.5"), bytes([0x0C, len(text)]) + text)


def csr(
    common_name: str | None = "expe1.example.com",
    *,
    names: Sequence[str] = (),
    purposes: Sequence[x509.ObjectIdentifier] | None = None,
    private: Key | None = None,
    xmpp: Sequence[str] = (),
) -> str:
    """Return a signing request in PEM, made with the key of `leaf(common_name)` unless `private` is given."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(name(common_name))
    if names or xmpp:
        builder = builder.add_extension(alternative_names(names, xmpp=xmpp), critical=False)
    if purposes is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage(list(purposes)), critical=False)
    request = builder.sign(private or key(f"leaf {common_name} "), hashes.SHA256())
    return request.public_bytes(serialization.Encoding.PEM).decode()


def crl(
    issuer: Issued,
    revoked: Sequence[Issued | int] = (),
    *,
    updated: datetime = datetime(2026, 11, 1, tzinfo=UTC),
    next_update: datetime | None = None,
) -> str:
    """Return a revocation list in PEM."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(updated)
        .next_update(next_update or updated + timedelta(days=60))
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()), False)
    )
    for item in revoked:
        serial = item if isinstance(item, int) else item.certificate.serial_number
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(updated)
        builder = builder.add_revoked_certificate(entry.build())
    signed = builder.sign(issuer.key, hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM).decode()


def pkcs7(*items: Issued, pem: bool = True) -> bytes:
    """Return a PKCS#7 bundle of certificates, in PEM or DER."""
    encoding = serialization.Encoding.PEM if pem else serialization.Encoding.DER
    return crypto_pkcs7.serialize_certificates([item.certificate for item in items], encoding)


def pfx(item: Issued, *, password: str | None = "secret", with_key: bool = True) -> bytes:
    """Return a PKCS#12 file with the certificate, its key and its chain."""
    encryption: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if password is not None:
        encryption = serialization.BestAvailableEncryption(password.encode())
    above = [other.certificate for other in item.chain[1:]]
    private = item.key if with_key else None
    return pkcs12.serialize_key_and_certificates(
        b"test",
        private,
        item.certificate,
        above,
        encryption,
    )


def key_pem(private: Key, *, password: str | None = None, traditional: bool = False) -> str:
    """Return a private key in PEM: PKCS#8, or with `traditional` in the older form of OpenSSL."""
    encryption: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if password is not None:
        encryption = serialization.BestAvailableEncryption(password.encode())
    form = serialization.PrivateFormat.PKCS8
    if traditional:
        form = serialization.PrivateFormat.TraditionalOpenSSL
    return private.private_bytes(serialization.Encoding.PEM, form, encryption).decode()


def public_sha256(private: Key) -> str:
    """Return the SHA-256 of the key's SubjectPublicKeyInfo."""
    spki = private.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return hashlib.sha256(spki).hexdigest()

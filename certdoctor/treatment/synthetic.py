"""Candidates that nobody has issued yet: the certificate of now as another CA would issue it, to rehearse with.

They are signed by a throw-away CA whose key lives in memory and is dropped with it. Every name of that CA says that
it is synthetic, so that nobody can take one for a real certificate.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID, ObjectIdentifier

from certdoctor.evidence.items import Certificate

MARK = "SYNTHETIC - certdoctor rehearsal"
USAGES = {"serverAuth": "1.3.6.1.5.5.7.3.1", "clientAuth": "1.3.6.1.5.5.7.3.2"}


@dataclass(frozen=True, slots=True)
class Wish:
    """How a certificate is to differ from the one that is there: "from issuer X, without clientAuth, from a day on"."""

    issuer: str
    without: tuple[str, ...] = ()  # usages: "clientAuth"
    start: datetime | None = None  # None: now
    days: int = 200  # CA/Browser Forum SC-081: the most from 2026-03-15 on


class Issuer:
    """A throw-away CA."""

    def __init__(self, name: str, now: datetime) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name(f"{name[:24]} ({MARK})"[:64])
        self._now = now
        builder = (
            _builder(
                self._name, self._name, self._key.public_key(), now - timedelta(days=1), now + timedelta(days=3650)
            )
            .add_extension(x509.BasicConstraints(True, None), critical=True)
            .add_extension(_usage(signs=True), critical=True)
        )
        self.certificate = builder.sign(self._key, hashes.SHA256())

    @property
    def pem(self) -> str:
        """The CA certificate."""
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode("ascii")

    def instead_of(self, current: Certificate, wish: Wish) -> str:
        """Return a certificate like `current` but as wished, as PEM with this CA behind it."""
        start = wish.start or self._now
        dropped = {USAGES.get(usage, usage) for usage in wish.without}
        held = current.extended_key_usage
        purposes = [p for p in (tuple(USAGES.values()) if held is None else held) if p not in dropped]
        key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
        if current.key_type == "ec":
            key = ec.generate_private_key(ec.SECP256R1())
        else:
            key = rsa.generate_private_key(65537, 2048)
        subject = _name(current.common_name[:64]) if current.common_name else x509.Name([])
        builder = (
            _builder(subject, self._name, key.public_key(), start, start + timedelta(days=wish.days))
            .add_extension(x509.BasicConstraints(False, None), critical=True)
            .add_extension(_usage(signs=False), critical=True)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )
        names = _names(current.names)
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=not current.common_name)
        if purposes:
            usage = x509.ExtendedKeyUsage([ObjectIdentifier(purpose) for purpose in purposes])
            builder = builder.add_extension(usage, critical=False)
        made = builder.sign(self._key, hashes.SHA256())
        return made.public_bytes(serialization.Encoding.PEM).decode("ascii") + self.pem


def is_synthetic(certificate: Certificate) -> bool:
    """Tell whether a certificate was made here."""
    return MARK in certificate.issuer


def usages_of(certificate: Certificate) -> Collection[str]:
    """Return the extended key usages by their names where they have one here."""
    names = {oid: name for name, oid in USAGES.items()}
    return [names.get(oid, oid) for oid in certificate.extended_key_usage or ()]


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey,
    start: datetime,
    end: datetime,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _names(names: Collection[str]) -> list[x509.GeneralName]:
    found: list[x509.GeneralName] = []
    for text in names:
        try:
            found.append(x509.IPAddress(ipaddress.ip_address(text)))
        except ValueError:
            if text.isascii():  # what is no host name cannot be looked for
                found.append(x509.DNSName(text))
    return found


def _usage(signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        content_commitment=False,
        key_encipherment=not signs,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )

"""Certificates written octet by octet, to break whichever rule a test wants broken."""

from __future__ import annotations

from collections.abc import Sequence

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests import pki


def tlv(tag: int, *content: bytes) -> bytes:
    """One element of DER."""
    body = b"".join(content)
    if len(body) < 0x80:
        return bytes([tag, len(body)]) + body
    length = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + body


def indefinite(tag: int, *content: bytes) -> bytes:
    """One element of BER with indefinite length."""
    return bytes([tag, 0x80]) + b"".join(content) + b"\0\0"


def integer(value: int) -> bytes:
    return tlv(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def oid(dotted: str) -> bytes:
    first, second, *rest = (int(part) for part in dotted.split("."))
    octets = bytearray([first * 40 + second])
    for number in rest:
        groups = [number & 0x7F]
        while number := number >> 7:
            groups.append(number & 0x7F | 0x80)
        octets += bytes(reversed(groups))
    return tlv(0x06, bytes(octets))


def utf8(text: str) -> bytes:
    return tlv(0x0C, text.encode())


def name(*common_names: bytes) -> bytes:
    """A name of common names that are given as whole string elements."""
    return tlv(0x30, *(tlv(0x31, tlv(0x30, oid("2.5.4.3"), value)) for value in common_names))


def utc(text: str) -> bytes:
    return tlv(0x17, text.encode())


def generalized(text: str) -> bytes:
    return tlv(0x18, text.encode())


def extension(dotted: str, value: bytes, critical: bytes = b"") -> bytes:
    return tlv(0x30, oid(dotted), critical, tlv(0x04, value))


SAN = "2.5.29.17"
BASIC = "2.5.29.19"
ECDSA_SHA256 = tlv(0x30, oid("1.2.840.10045.4.3.2"))
CN = "forged.example.com"


def san(*names: bytes) -> bytes:
    return extension(SAN, tlv(0x30, *names))


def dns(octets: bytes) -> bytes:
    return tlv(0x82, octets)


def certificate(
    *,
    version: int | None = 2,
    serial: bytes | None = None,
    inner_algorithm: bytes = ECDSA_SHA256,
    subject: bytes | None = None,
    not_before: bytes | None = None,
    not_after: bytes | None = None,
    extensions: Sequence[bytes] = (),
    issuer: bytes | None = None,
    signature: bytes | None = None,
    outer: int | None = None,
) -> bytes:
    """Return a certificate; signed by its own key, unless told otherwise."""
    private = pki.key("forged")
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    spki = private.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    whole_subject = name(utf8(CN)) if subject is None else subject
    body = tlv(
        0x30,
        tlv(0xA0, integer(version)) if version is not None else b"",
        integer(4711) if serial is None else serial,
        inner_algorithm,
        whole_subject if issuer is None else issuer,
        tlv(0x30, not_before or utc("260101000000Z"), not_after or utc("280101000000Z")),
        whole_subject,
        spki,
        tlv(0xA3, tlv(0x30, *extensions)) if extensions else b"",
    )
    signed = signature or private.sign(body, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
    if outer is not None:
        return indefinite(0x30, body, ECDSA_SHA256, tlv(0x03, b"\0", signed))
    return tlv(0x30, body, ECDSA_SHA256, tlv(0x03, b"\0", signed))

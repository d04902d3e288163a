"""Public keys: what they are. Private keys: their public half, and nothing else of them."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import NamedTuple

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization

from certdoctor.evidence import asn1
from certdoctor.evidence.items import KeyNotice

_RSA = ("1.2.840.113549.1.1.1", "1.2.840.113549.1.1.10")
_EC = "1.2.840.10045.2.1"
_DSA = "1.2.840.10040.4.1"
_TYPES = {
    _RSA[0]: "rsa",
    _RSA[1]: "rsa-pss",
    _EC: "ec",
    _DSA: "dsa",
    "1.3.101.110": "x25519",
    "1.3.101.111": "x448",
    "1.3.101.112": "ed25519",
    "1.3.101.113": "ed448",
}
_FIXED_BITS = {"x25519": 253, "x448": 448, "ed25519": 256, "ed448": 456}
_CURVE_BITS = {
    "1.2.840.10045.3.1.1": 192,
    "1.2.840.10045.3.1.7": 256,
    "1.3.132.0.10": 256,
    "1.3.132.0.33": 224,
    "1.3.132.0.34": 384,
    "1.3.132.0.35": 521,
    "1.3.36.3.3.2.8.1.1.7": 256,
    "1.3.36.3.3.2.8.1.1.11": 384,
    "1.3.36.3.3.2.8.1.1.13": 512,
}


class PublicKey(NamedTuple):
    """A SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7)."""

    type: str  # "rsa", "ec" ...; the dotted OID where we have no word for it
    bits: int  # 0 where it cannot be told
    sha256: str
    sound: bool


@lru_cache(maxsize=4096)
def public(spki: bytes) -> PublicKey:
    """Return what kind of key `spki` is; `sound` is False where only the digest could be had."""
    digest = hashlib.sha256(spki).hexdigest()
    kind = "unknown"
    try:
        algorithm, key = asn1.parts(spki)
        identifiers = asn1.children(spki, algorithm)
        dotted = asn1.oid(spki, identifiers[0])
        kind = _TYPES.get(dotted, dotted)
        value = asn1.bits(spki, key)
        if dotted in _RSA:
            bits = asn1.integer(value, asn1.parts(value)[0]).bit_length()
        elif dotted == _EC:
            bits = _curve_bits(spki, identifiers[1], value)
        elif dotted == _DSA:
            bits = asn1.integer(spki, asn1.children(spki, identifiers[1])[0]).bit_length()
        else:
            bits = _FIXED_BITS.get(kind, 0)
    except (asn1.Malformed, IndexError, ValueError):
        return PublicKey(kind, 0, digest, False)
    return PublicKey(kind, bits, digest, True)


def _curve_bits(spki: bytes, parameters: asn1.Element, point: bytes) -> int:
    if parameters.tag == asn1.OID and (known := _CURVE_BITS.get(asn1.oid(spki, parameters))):
        return known
    return (len(point) - 1) * 4 if point[:1] == b"\x04" else (len(point) - 1) * 8


def notice_of_der(der: bytes) -> KeyNotice:
    """Return the public half of an unencrypted private key (PKCS#8, PKCS#1, SEC 1).

    `public_key_sha256` is None where the key cannot be read; the key itself is not kept anywhere.
    """
    try:
        key = serialization.load_der_private_key(der, password=None, unsafe_skip_rsa_key_validation=True)
    except TypeError:
        return KeyNotice(None, encrypted=True)
    except (ValueError, UnsupportedAlgorithm):
        return KeyNotice(None, encrypted=False)
    return KeyNotice(public_digest(key), encrypted=False)


def notice_of_ssh(text: bytes) -> KeyNotice:
    """Return the public half of a key in OpenSSH's own form."""
    try:
        key = serialization.load_ssh_private_key(text, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        return KeyNotice(None, encrypted="encrypted" in str(error) or isinstance(error, TypeError))
    return KeyNotice(public_digest(key), encrypted=False)


def public_digest(key: object) -> str | None:
    """Return the SHA-256 of the SubjectPublicKeyInfo of a private key that cryptography has loaded."""
    half = key.public_key()  # type: ignore[attr-defined]
    try:
        spki = half.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    except (ValueError, UnsupportedAlgorithm):
        return None
    return hashlib.sha256(spki).hexdigest()

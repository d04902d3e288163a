"""Signature algorithms of certificates, and whether a certificate signed itself."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, padding, rsa

from certdoctor.evidence import asn1

_PSS = "1.2.840.113549.1.1.10"
_HASHES = {
    "1.2.840.113549.1.1.2": "md2",
    "1.2.840.113549.1.1.4": "md5",
    "1.2.840.113549.1.1.5": "sha1",
    "1.3.14.3.2.29": "sha1",
    "1.2.840.113549.1.1.14": "sha224",
    "1.2.840.113549.1.1.11": "sha256",
    "1.2.840.113549.1.1.12": "sha384",
    "1.2.840.113549.1.1.13": "sha512",
    "1.2.840.10045.4.1": "sha1",
    "1.2.840.10045.4.3.1": "sha224",
    "1.2.840.10045.4.3.2": "sha256",
    "1.2.840.10045.4.3.3": "sha384",
    "1.2.840.10045.4.3.4": "sha512",
    "1.2.840.10040.4.3": "sha1",
    "2.16.840.1.101.3.4.3.1": "sha224",
    "2.16.840.1.101.3.4.3.2": "sha256",
}
_DIGESTS = {
    "1.2.840.113549.2.5": "md5",
    "1.3.14.3.2.26": "sha1",
    "2.16.840.1.101.3.4.2.4": "sha224",
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}
_ALGORITHMS: dict[str, type[hashes.HashAlgorithm]] = {
    "md5": hashes.MD5,
    "sha1": hashes.SHA1,
    "sha224": hashes.SHA224,
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}


class Algorithm(NamedTuple):
    """An AlgorithmIdentifier in the place of a signature algorithm."""

    oid: str
    hash: str | None
    salt: int | None  # bytes of salt, for RSA-PSS


@lru_cache(maxsize=256)
def algorithm(data: bytes) -> Algorithm:
    """Return the signature algorithm of which `data` is the AlgorithmIdentifier (RFC 5280 section 4.1.1.2).

    Raises:
        asn1.Malformed: it is no AlgorithmIdentifier.
    """
    fields = asn1.children(data, asn1.read(data))
    if not fields:
        raise asn1.Malformed("a signature algorithm is expected and not there")
    oid = asn1.oid(data, fields[0])
    if oid != _PSS:
        return Algorithm(oid, _HASHES.get(oid), None)
    digest, salt = "sha1", 20  # defaults of RFC 4055 section 3.1
    for field in asn1.children(data, fields[1]) if len(fields) > 1 else ():
        inner = asn1.children(data, field)
        if field.tag == 0xA0 and inner:
            digest = _DIGESTS.get(asn1.oid(data, asn1.children(data, inner[0])[0]), "")
        elif field.tag == 0xA2 and inner:
            salt = asn1.integer(data, inner[0])
    return Algorithm(oid, digest or None, salt)


_Key = rsa.RSAPublicKey | ec.EllipticCurvePublicKey | dsa.DSAPublicKey | ed25519.Ed25519PublicKey | ed448.Ed448PublicKey


@lru_cache(maxsize=4096)
def _key(spki: bytes) -> _Key | None:
    """The key in `spki`, or None where this machine cannot verify a signature with it."""
    try:
        key = serialization.load_der_public_key(spki)
    except (ValueError, TypeError, UnsupportedAlgorithm, OverflowError):
        return None
    return key if isinstance(key, _Key) else None


def verifiable(spki: bytes, used: Algorithm) -> bool:
    """Tell whether this machine can verify a signature that was made with the key in `spki`."""
    key = _key(spki)
    if used.hash in _ALGORITHMS:
        return key is not None
    return isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey)


@lru_cache(maxsize=4096)
def signed_itself(der: bytes) -> bool | None:
    """Tell whether a certificate verifies with the key that is in it; None if it cannot be checked.

    Args:
        der: one certificate that `certificate.read` has read.
    """
    try:
        body, algorithm_, signature = asn1.parts(der)
        fields = asn1.children(der, body)
        spki = asn1.raw(der, fields[6 if fields[0].tag == 0xA0 else 5])
        used = algorithm(asn1.raw(der, algorithm_))
        return _verifies(spki, used, asn1.raw(der, body), asn1.bits(der, signature))
    except (asn1.Malformed, ValueError, IndexError):
        return None


def _verifies(spki: bytes, used: Algorithm, signed: bytes, signature: bytes) -> bool | None:
    if not verifiable(spki, used):
        return None
    key = _key(spki)
    try:
        if isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey):
            key.verify(signature, signed)
            return True
        digest = _ALGORITHMS[used.hash or ""]()
        if isinstance(key, rsa.RSAPublicKey):
            if used.salt is not None:
                pss = padding.PSS(padding.MGF1(digest), used.salt)
                key.verify(signature, signed, pss, digest)
            else:
                key.verify(signature, signed, padding.PKCS1v15(), digest)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, signed, ec.ECDSA(digest))
        elif isinstance(key, dsa.DSAPublicKey):
            key.verify(signature, signed, digest)
        else:
            return None
    except InvalidSignature:
        return False
    except (ValueError, TypeError, UnsupportedAlgorithm, OverflowError):
        return None
    return True

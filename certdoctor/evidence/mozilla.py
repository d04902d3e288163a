"""Mozilla's list of roots for servers, as the package certifi ships it.

Only fingerprints, keys and names are taken: the list is trusted as a whole, so that no signature is verified and
reading it costs milliseconds.
"""

from __future__ import annotations

import hashlib
import re
import ssl
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import certifi

from certdoctor.evidence import asn1, names

_BLOCK = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_TBS_VERSION = 0xA0


class PublicRoots(NamedTuple):
    """What the roots are recognised by."""

    fingerprints: frozenset[str]  # SHA-256 of the DER form, lower-case hex
    keys: frozenset[str]  # SHA-256 of the SubjectPublicKeyInfo
    names: frozenset[str]  # subjects, RFC 4514


@cache
def public_roots() -> PublicRoots:
    """Return the roots of the installed certifi, read once."""
    read = list(_read(Path(certifi.where()).read_text(encoding="utf-8")))
    return PublicRoots(*(frozenset(column) for column in zip(*read, strict=True)))


def _read(bundle: str) -> Iterator[tuple[str, str, str]]:
    for block in _BLOCK.findall(bundle):
        der = ssl.PEM_cert_to_DER_cert(block)
        fields = asn1.children(der, asn1.children(der, asn1.read(der))[0])
        if fields[0].tag == _TBS_VERSION:
            fields = fields[1:]
        # serial, signature, issuer, validity, subject, SubjectPublicKeyInfo (RFC 5280 section 4.1)
        subject, public = asn1.raw(der, fields[4]), asn1.raw(der, fields[5])
        yield hashlib.sha256(der).hexdigest(), hashlib.sha256(public).hexdigest(), names.read(subject).text

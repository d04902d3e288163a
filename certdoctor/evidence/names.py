"""Distinguished names: as text, and as a key that is equal where OpenSSL takes two names as equal."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from typing import NamedTuple

from certdoctor.evidence import asn1

_COMMON_NAME = "2.5.4.3"
_SHORT = {
    _COMMON_NAME: "CN",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    "2.5.4.10": "O",
    "2.5.4.11": "OU",
    "2.5.4.6": "C",
    "2.5.4.9": "STREET",
    "0.9.2342.19200300.100.1.25": "DC",
    "0.9.2342.19200300.100.1.1": "UID",
    "1.2.840.113549.1.9.1": "emailAddress",
    "2.5.4.5": "serialNumber",
}
# String types that OpenSSL compares by their characters (ASN1_MASK_CANON in crypto/x509/x_name.c)
_COMPARED_AS_TEXT = (0x0C, 0x13, 0x14, 0x16, 0x1A, 0x1C, 0x1E)


class Name(NamedTuple):
    """A distinguished name."""

    text: str  # RFC 4514
    key: str
    common_name: str | None  # the last, most specific one
    sound: bool  # False: a part breaks the rules of its type and was read as well as possible


@lru_cache(maxsize=8192)
def read(der: bytes) -> Name:
    """Return the Name (RFC 5280 section 4.1.2.4) that `der` holds.

    The key is the SHA-256 of the name in OpenSSL's canonical form (X509_NAME_cmp): case, runs of spaces and the
    string type make no difference.

    Raises:
        asn1.Malformed: it is no name at all.
    """
    relative: list[str] = []
    canonical = hashlib.sha256()
    common_name = None
    sound = True
    for rdn in asn1.parts(der):
        part = _relative(asn1.raw(der, rdn))
        sound = sound and part.sound
        common_name = part.common_name if part.common_name is not None else common_name
        relative.append(part.text)
        canonical.update(part.canonical)
    text = ",".join(reversed([part for part in relative if part]))
    return Name(text, canonical.hexdigest(), common_name, sound)


class _Relative(NamedTuple):
    text: str
    canonical: bytes
    common_name: str | None
    sound: bool


@lru_cache(maxsize=8192)
def _relative(der: bytes) -> _Relative:
    """One RelativeDistinguishedName: the countries and organisations of most names are the same."""
    pairs = []
    keys = []
    common_name = None
    sound = True
    for attribute in asn1.children(der, asn1.read(der)):
        pair = asn1.children(der, attribute)
        if len(pair) != 2:
            raise asn1.Malformed("an attribute of a name is not a pair")
        kind = asn1.oid(der, pair[0])
        value, follows_rules = asn1.text(der, pair[1])
        sound = sound and follows_rules
        if kind == _COMMON_NAME:
            common_name = value
        pairs.append(f"{_SHORT.get(kind, kind)}={_escaped(value)}")
        if pair[1].tag in _COMPARED_AS_TEXT:
            keys.append(f"{kind}={_folded(value)}".encode("utf-8", "surrogatepass"))
        else:
            keys.append(kind.encode() + b"#" + asn1.raw(der, pair[1]))
    canonical = b"".join(len(key).to_bytes(4, "big") + key for key in sorted(keys)) + b"\xff\xff\xff\xff"
    return _Relative("+".join(pairs), canonical, common_name, sound and bool(pairs))


def _folded(value: str) -> str:
    """As OpenSSL's asn1_string_canon: ASCII spaces trimmed and collapsed, ASCII letters lower-cased."""
    if value.isascii() and value.isprintable():
        return " ".join(value.split()).lower()
    words = value.translate(_SPACES).split(" ")
    return " ".join(word for word in words if word).translate(_LOWER)


_SPACES = {ord(character): " " for character in "\t\n\v\f\r"}
_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}
_SPECIAL = re.compile(r'[\\"+,;<>\0]')
_ESCAPES = str.maketrans({character: "\\" + character for character in '\\"+,;<>'} | {"\0": "\\00"})


def _escaped(value: str) -> str:
    """RFC 4514 section 2.4."""
    if not value:
        return ""
    escaped = value.translate(_ESCAPES) if _SPECIAL.search(value) else value
    if escaped[0] in "# ":
        escaped = "\\" + escaped
    if escaped[-1] == " " and len(value) > 1:
        escaped = escaped[:-1] + "\\ "
    return escaped

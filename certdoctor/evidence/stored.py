"""What may be kept of a document: everything but private keys.

In the place of a key stands a notice with its public half, so that reading what was kept gives the same
evidence again.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable

from certdoctor.evidence.items import KeyNotice

_NOTICE = re.compile(r"\[certdoctor: (encrypted )?private key removed(?:, public key sha256 ([0-9a-f]{64}))?\]")
FROM_PFX = "[certdoctor: certificates of a PKCS#12 file]"


def notice_text(notice: KeyNotice) -> str:
    """Return the line that stands for a key."""
    if notice.encrypted:
        return "[certdoctor: encrypted private key removed]"
    half = f", public key sha256 {notice.public_key_sha256}" if notice.public_key_sha256 else ""
    return f"[certdoctor: private key removed{half}]"


def notices(text: str) -> Iterable[KeyNotice]:
    """Yield the keys that notices in a text stand for."""
    for match in _NOTICE.finditer(text):
        yield KeyNotice(match[2], encrypted=bool(match[1]))


def without(text: str, spans: Iterable[tuple[int, int, KeyNotice]]) -> str:
    """Return the text with the spans (start, stop, the key there) replaced by notices; line ends are kept."""
    kept = []
    at = 0
    for start, stop, notice in spans:
        kept += [text[at:start], notice_text(notice)]
        if text[start:stop].endswith(("\n", "\r")):
            kept.append("\n")
        at = stop
    kept.append(text[at:])
    return "".join(kept)


def digest(data: bytes) -> str:
    """Return the SHA-256 in lower-case hex."""
    return hashlib.sha256(data).hexdigest()


def pem(label: str, der: bytes) -> str:
    """Return a PEM block (RFC 7468) with lines of 64 characters."""
    body = base64.b64encode(der).decode()
    lines = [body[at : at + 64] for at in range(0, len(body), 64)]
    return "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""])

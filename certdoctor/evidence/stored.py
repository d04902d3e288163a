"""What may be kept of a document: everything but private keys.

In the place of a key stands a notice with its public half, so that reading what was kept gives the same
evidence again.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable

from certdoctor.evidence import decoding
from certdoctor.evidence import pem as pem_blocks
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


UNREADABLE = "[certdoctor: unreadable block removed]"


def without(text: str, spans: Iterable[tuple[int, int, str]]) -> str:
    """Return the text with the spans (start, stop, what stands there instead) replaced.

    The number of lines stays, so that every line keeps its number; and the text ends as it did, because a box
    may stumble over a key without a line end behind it.
    """
    kept = []
    at = 0
    for start, stop, instead in spans:
        kept += [text[at:start], "\n" * text.count("\n", start, stop), instead]
        at = stop
    kept.append(text[at:])
    return "".join(kept)


_MENTION = re.compile(r"PRIVATE[ \t]{0,4}KEY", re.IGNORECASE)
_SOLID = re.compile(r"(?:[A-Za-z0-9+/=]|\\+[nr/]){40,}")
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_LONGEST_KEY = 250  # lines
_SHORTEST_KEY = 48  # characters
_LONGEST_LINE = 16_384  # characters, of a key on one line


def remains(text: str) -> list[tuple[int, int, str]]:
    """Return where key material may still stand: base64 beside a mention of a private key.

    This is for damaged markers that no block was found by. What is returned is to be cut out.
    """
    found: list[tuple[int, int, str]] = []
    if not any("private" in piece for piece in decoding.lowered(text)):  # far quicker than the search
        return found
    for mention in _MENTION.finditer(text):
        word = text[max(0, mention.start() - 40) : mention.start()].splitlines()[-1:]
        if word and "certdoctor:" in word[0]:
            continue
        stop = _following(text, mention.end())
        start = mention.end() if word and "BEG" in word[0].upper() else _preceding(text, mention.start())
        start = max(start, found[-1][1] if found else 0)
        if stop > mention.end() and start < stop:
            found.append((start, stop, notice_text(KeyNotice(None, encrypted=False))))
        elif start < mention.start():
            found.append((start, mention.start(), notice_text(KeyNotice(None, encrypted=False))))
    return found


def _following(text: str, at: int) -> int:
    """Where the last of the solid lines ends that follow directly; `at` if none does."""
    stop = at
    characters = 0
    for count, line in enumerate(_LINE.finditer(text, at, at + _LONGEST_KEY * 400)):
        content = line[0].strip(" \t\r\n>|\"',-\u2013\u2014")
        solid = _SOLID.search(content) if count == 0 else pem_blocks.is_body_line(content)
        if count > _LONGEST_KEY or (content and not solid):
            break
        if content:
            stop = line.end()
            characters += len(content)
    return stop if characters >= _SHORTEST_KEY else at


def _preceding(text: str, at: int) -> int:
    """Where the first of the solid lines begins that stand directly before; `at` if none does."""
    position = text.rfind("\n", 0, at) + 1
    first = at
    characters = 0
    before = text[max(0, position - _LONGEST_LINE) : position]
    for line in reversed(before.splitlines(keepends=True)[-_LONGEST_KEY:]):
        content = line.strip(" \t\r\n>|\"',")
        if content and not pem_blocks.is_body_line(content):
            break
        position -= len(line)
        if content:
            first = position
            characters += len(content)
    return first if characters >= _SHORTEST_KEY else at


def digest(data: bytes) -> str:
    """Return the SHA-256 in lower-case hex."""
    return hashlib.sha256(data).hexdigest()


def pem(label: str, der: bytes) -> str:
    """Return a PEM block (RFC 7468) with lines of 64 characters."""
    body = base64.b64encode(der).decode()
    lines = [body[at : at + 64] for at in range(0, len(body), 64)]
    return "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""])

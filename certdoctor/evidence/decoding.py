"""Bytes -> text, whatever the encoding, without ever failing."""

from __future__ import annotations

import codecs
from collections.abc import Iterator

_SAMPLE = 4096
_PIECE = 1 << 18  # characters
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def decode(data: bytes) -> tuple[str, str]:
    """Return the text and the encoding it was read in: "utf-8", "utf-16-le", "latin-1" ...

    Bytes that are not UTF-8 are read as Latin-1, which has a character for each.
    """
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return data[len(bom) :].decode(encoding, "replace"), encoding
    wide = _wide(data[:_SAMPLE])
    if wide:
        return data.decode(wide, "replace"), wide
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return data.decode("latin-1"), "latin-1"


def lowered(text: str) -> Iterator[str]:
    """Yield a text in lower case, piece by piece: the quickest way to see that a large one does not hold a word.

    The pieces overlap by 1,024 characters, and no second text of that size is made.
    """
    for at in range(0, len(text), _PIECE):
        yield text[at : at + _PIECE + 1024].lower()


def _wide(sample: bytes) -> str:
    """UTF-16 without a byte order mark: every other byte of ASCII text is zero."""
    if len(sample) < 16:
        return ""
    even, odd = sample[0::2], sample[1::2]
    if odd.count(0) > 0.8 * len(odd) and even.count(0) < 0.1 * len(even):
        return "utf-16-le"
    if even.count(0) > 0.8 * len(even) and odd.count(0) < 0.1 * len(odd):
        return "utf-16-be"
    return ""


def is_text(data: bytes) -> bool:
    """Tell whether bytes are meant to be read as text: hardly any control characters."""
    sample = data[:_SAMPLE]
    if any(sample.startswith(bom) for bom, _ in _BOMS) or _wide(sample):
        return True
    controls = sum(1 for octet in sample if octet < 32 and octet not in b"\t\n\r\f\x1b\b")
    return controls <= len(sample) // 50

"""Cleaning of text that comes from outside, before a screen or a report shows it."""

from __future__ import annotations

import unicodedata

# Bidirectional controls can make a name read differently from what it is.
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def clean(text: str, limit: int = 4_000, keep_newlines: bool = False) -> str:
    """Return `text` without control, bidi, surrogate and private-use characters, at most `limit` long.

    Each removed character is shown as `�`, so that a manipulated name is visibly manipulated. Rich markup
    is not touched here: screens build their texts from parts and never parse markup from outside.
    """
    if len(text) <= limit and text.isascii() and text.isprintable():
        return text
    out: list[str] = []
    for character in text[:limit]:
        if character == "\n" and keep_newlines:
            out.append(character)
        elif character == "\t":
            out.append(" ")
        elif character in _BIDI or unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn"):
            out.append("�")
        else:
            out.append(character)
    if len(text) > limit:
        out.append("…")
    return "".join(out)

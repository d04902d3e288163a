"""Finds PEM blocks (RFC 7468) in any text, as damaged as people hand them over.

The blocks keep their position in the text, so that private keys can be cut out of it.
"""

from __future__ import annotations

import base64
import binascii
import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import unquote

from certdoctor.evidence import wording

_DASH = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\uff0d"
_MARKER = re.compile(
    rf"(?P<before>-{{2,5}}|[-{_DASH}]{{1,5}})[ \t]*"
    r"(?P<word>BEGIN|END)[ \t]+(?P<label>[A-Z0-9][A-Z0-9 .#/]{1,40}?)[ \t]*"
    rf"(?P<after>-{{2,5}}|[-{_DASH}]{{1,5}})",
    re.IGNORECASE,
)
_ANY_MARKER = re.compile(rf"[-{_DASH}][ \t]*(?:BEGIN|END)[ \t]", re.IGNORECASE)
_BASE64_LINE = r"[ \t>|\"']*[A-Za-z0-9+/]{16,}={0,2}[ \t\"',;]*"
_BARE = re.compile(rf"^{_BASE64_LINE}$(?:\r?\n^[ \t>|\"']*[A-Za-z0-9+/]{{1,}}={{0,2}}[ \t\"',;]*$)*", re.MULTILINE)
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_LONGEST_KEY = 250  # lines: an RSA key of 16384 bits
_SHORTEST_BARE = 96  # characters; nothing that we look for is shorter

_ESCAPES = re.compile(r"\\+r\\+n|\\+[nr]|&#(?:1[03]|x0*[ad]);|<br */?>", re.IGNORECASE)
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]*:[ \t]")
_QUOTE = re.compile(r"[ \t]*(?:[>|#*][ \t>|#*]*)?")
_BLANK = re.compile(r"[\s\u00a0\u00ad\u200b-\u200f\u2028\u2029\u2060\ufeff\"',;\\]+")
_CLEAN_BODY = r"[ \t]*\r?\n(?:[A-Za-z0-9+/]+={0,2}[ \t]*\r?\n)+"
_CLEAN = re.compile(_CLEAN_BODY)
# What nearly every file holds, one block behind the other: found at once, all else is looked at by its markers
_USUAL = re.compile(
    r"[\r\n]*(-----BEGIN ([A-Z0-9]{2,20}(?: [A-Z0-9]{1,20})?)-----"
    rf"({_CLEAN_BODY})-----END \2-----)(?=[\r\n]|\Z)"
)
_LINE_END = re.compile(r"[ \t]*[\r\n]")
_INDENTED = re.compile(r"[\r\n][ \t>|#*]+[A-Za-z0-9+/]")
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/=]")


class Oddity(StrEnum):
    """What is unusual about a block: OpenSSL or a box may not read it."""

    INDENTED = wording.REMARK_INDENTED
    ONE_LINE = wording.REMARK_ONE_LINE
    ESCAPED = wording.REMARK_ESCAPED
    DASHES = wording.REMARK_DASHES
    GLUED = wording.REMARK_GLUED
    LABEL_CASE = wording.REMARK_LABEL_CASE
    NO_END = wording.REMARK_NO_END
    NO_BEGIN = wording.REMARK_NO_BEGIN
    END_LABEL = wording.REMARK_END_LABEL
    HEADERS = wording.REMARK_HEADERS
    PADDING = wording.REMARK_PADDING
    BARE = wording.REMARK_BARE
    TWICE = wording.REMARK_TWICE


@dataclass(frozen=True, slots=True)
class Block:
    """One block: `text[start:stop]` is all of it, markers included; `label` is "" for bare base64."""

    label: str
    start: int
    stop: int
    body: str
    oddities: tuple[Oddity, ...] = ()
    clean: bool = False  # lines of base64 and nothing else

    @property
    def is_key(self) -> bool:
        """Whether its label says that it is a private key."""
        return _says_key(self.label)


class Undecodable(ValueError):
    """The body of a block is not base64; `str()` says why."""


def blocks(text: str) -> Iterator[Block]:
    """Yield all blocks of a text in order, and runs of base64 outside of markers that may hold such data."""
    at = 0
    for block in _marked(text):
        yield from _bare(text, at, block.start)
        yield block
        at = block.stop
    yield from _bare(text, at, len(text))


def _marked(text: str) -> Iterator[Block]:
    if _ANY_MARKER.search(text) is None:  # quick, for long logs
        return
    opened: re.Match[str] | None = None
    previous_stop = -1
    at = 0
    while True:
        if opened is None and (usual := _USUAL.match(text, at)) and usual.start(1) != previous_stop:
            previous_stop = at = usual.end(1)
            yield Block(usual[2], usual.start(1), at, usual[3], clean=True)
            continue
        marker = _MARKER.search(text, at)
        if marker is None:
            break
        at = marker.end()
        if marker["word"].upper() == "BEGIN":
            if opened is not None:
                yield _block(text, opened, None, _end_of_run(text, opened, marker.start()), previous_stop)
                previous_stop = marker.start()
            opened = marker
        elif opened is not None:
            yield _block(text, opened, marker, marker.end(), previous_stop)
            previous_stop = marker.end()
            opened = None
        else:
            run = _run_before(text, max(previous_stop, 0), marker)
            if run is not None:
                oddities = (Oddity.NO_BEGIN,)
                yield Block(_label(marker), run, marker.end(), text[run : marker.start()], oddities)
                previous_stop = marker.end()
    if opened is not None:
        yield _block(text, opened, None, _end_of_run(text, opened, len(text)), previous_stop)


def _says_key(label: str) -> bool:
    return "PRIVATE" in label or (label.endswith("KEY") and "PUBLIC" not in label)


def _label(marker: re.Match[str]) -> str:
    return " ".join(marker["label"].upper().split())


def _block(text: str, begin: re.Match[str], end: re.Match[str] | None, stop: int, previous_stop: int) -> Block:
    body = text[begin.end() : end.start() if end else stop]
    clean = _CLEAN.fullmatch(body) is not None
    odd: list[Oddity] = []
    markers = [begin, end] if end else [begin]
    if any(m["before"] != "-----" or m["after"] != "-----" for m in markers):
        odd.append(Oddity.DASHES)
    if any(m["label"] != m["label"].upper() or m["word"] != m["word"].upper() for m in markers):
        odd.append(Oddity.LABEL_CASE)
    if end is None:
        odd.append(Oddity.NO_END)
    elif _label(end) != _label(begin):
        odd.append(Oddity.END_LABEL)
    if begin.start() == previous_stop:
        odd.append(Oddity.GLUED)
    elif text[begin.start() - 1 : begin.start()].strip("\r\n\ufeff") or (not clean and _INDENTED.search(body)):
        odd.append(Oddity.INDENTED)
    if not clean and _ESCAPES.search(body):
        odd.append(Oddity.ESCAPED)
    elif end is not None and not _LINE_END.match(body):
        odd.append(Oddity.ONE_LINE)
    return Block(_label(begin), begin.start(), stop, body, tuple(odd), clean)


def _run_before(text: str, low: int, end: re.Match[str]) -> int | None:
    """Where the lines of base64 begin that stand directly before an END line without BEGIN, or None."""
    is_key = _says_key(_label(end))
    start = None
    at = end.start()
    lines = 0
    while at > low and lines < _LONGEST_KEY:
        line_start = max(text.rfind("\n", low, at - 1), text.rfind("\r", low, at - 1)) + 1
        line_start = max(line_start, low)
        line = text[line_start:at].strip(" \t\r\n>|")
        if line and _NOT_BASE64.search(line) and not (is_key and (is_body_line(line) or _HEADER.match(line))):
            break
        if line:
            start = line_start
            lines += 1
        at = line_start
    return start


def is_body_line(line: str) -> bool:
    """Tell whether a line is base64, a few damaged characters aside."""
    odd = sum(1 for character in line if not (character.isascii() and (character.isalnum() or character in "+/=")))
    return odd * 8 <= len(line) and " " not in line


def _end_of_run(text: str, begin: re.Match[str], high: int) -> int:
    """Where a block without an END line ends: with the last line that can be base64 or a PEM header.

    What can belong to a private key is taken as a part of it.
    """
    is_key = _says_key(_label(begin))
    stop = begin.end()
    for count, line in enumerate(_LINE.finditer(text, stop, high)):
        content = _BLANK.sub("", _QUOTE.sub("", line[0], count=1))
        foreign = content and _NOT_BASE64.search(_ESCAPES.sub("", content)) and not _HEADER.match(line[0])
        if foreign and (not is_key or count > _LONGEST_KEY):
            break
        stop = line.end()
    return stop


def _bare(text: str, start: int, stop: int) -> Iterator[Block]:
    if stop - start < _SHORTEST_BARE:
        return
    gap = text[start:stop]
    whole = start == 0 and stop == len(text) and not _NOT_BASE64.search(_BLANK.sub("", gap[:4096]))
    squeezed = _BLANK.sub("", gap) if whole else ""
    if len(squeezed) >= _SHORTEST_BARE and not _NOT_BASE64.search(squeezed.rstrip("=")):
        yield Block("", start, stop, gap, (Oddity.BARE,))
        return
    for run in _BARE.finditer(gap):
        if len(run[0]) >= _SHORTEST_BARE:
            yield Block("", start + run.start(), start + run.end(), run[0], (Oddity.BARE,))


def decode(block: Block) -> tuple[bytes, tuple[Oddity, ...]]:
    """Return the bytes of a block and further oddities.

    Raises:
        Undecodable: the body is empty or not base64.
    """
    if block.clean:
        return _from_base64("".join(block.body.split()), [])
    odd: list[Oddity] = []
    body = block.body
    if "\\" in body or "&#" in body or "<" in body:
        body = _ESCAPES.sub("\n", body.replace("\\/", "/"))
    if _quoted_printable(body):
        body = quopri.decodestring(body.encode("utf-8", "replace")).decode("utf-8", "replace")
    if "%" in body:
        body = unquote(body)
    lines = body.splitlines()
    if any(_HEADER.match(line.strip()) for line in lines[:12]):
        odd.append(Oddity.HEADERS)
        lines = _without_headers(lines)
    compact = _BLANK.sub("", "".join(_QUOTE.sub("", line, count=1) for line in lines))
    if not compact:
        raise Undecodable(wording.BLOCK_EMPTY)
    stray = _NOT_BASE64.search(compact)
    if stray:
        why = wording.BASE64_CHARACTER.format(character=ascii(stray[0]), position=stray.start() + 1)
        raise Undecodable(wording.BAD_BASE64.format(why=why))
    return _from_base64(compact, odd)


def _from_base64(compact: str, odd: list[Oddity]) -> tuple[bytes, tuple[Oddity, ...]]:
    bare = compact.rstrip("=")
    if len(bare) % 4 == 1 or "=" in bare:
        raise Undecodable(wording.BAD_BASE64.format(why=wording.BASE64_LENGTH))
    if len(compact) % 4:
        odd.append(Oddity.PADDING)
    try:
        data = binascii.a2b_base64(bare + "=" * (-len(bare) % 4), strict_mode=True)
    except binascii.Error as error:
        raise Undecodable(wording.BAD_BASE64.format(why=str(error))) from error
    again = _twice(data)
    if again:
        odd.append(Oddity.TWICE)
        data = again
    return data, tuple(odd)


def _quoted_printable(body: str) -> bool:
    """Tell whether `=` is an escape here: written out as =3D, or a soft end of a line before the last one."""
    filled = [line for line in body.splitlines() if _QUOTE.sub("", line, count=1).strip()]
    return "=3D" in body or any(line.endswith("=") for line in filled[:-1])


def _without_headers(lines: list[str]) -> list[str]:
    kept: list[str] = []
    in_header = True
    for line in lines:
        stripped = line.strip()
        if in_header and (_HEADER.match(stripped) or (line[:1] in " \t" and kept == [] and ":" in stripped)):
            continue
        if stripped:
            in_header = False
        kept.append(line)
    return kept


def _twice(data: bytes) -> bytes:
    """What is inside, if `data` is base64 of DER once more; b"" otherwise."""
    if data[:1] not in b"M-" or len(data) < _SHORTEST_BARE:
        return b""
    inner = data.decode("latin-1")
    marked = next(_marked(inner), None)
    compact = _BLANK.sub("", marked.body if marked else inner)
    try:
        decoded = base64.b64decode(compact, validate=True)
    except (binascii.Error, ValueError):
        return b""
    return decoded if decoded[:1] == b"\x30" else b""

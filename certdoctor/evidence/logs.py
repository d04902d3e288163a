"""Logs and session transcripts: how they are recognised, and their lines."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator

from certdoctor.evidence import decoding
from certdoctor.evidence.items import Document
from certdoctor.limits import DEFAULT, Limits

_TIMED = re.compile(
    r"""^\s*(?:
    \[?\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d                   # 2026-11-23T20:48, 2026/11/23 20:48
    | \[?\d\d?[-/. ][A-Z][a-z]{2}[-/. ]\d{2,4}[: ]\d\d:\d\d   # 23-Nov-2026 20:48
    | \[?[A-Z][a-z]{2}\ {1,2}\d{1,2}\ (?:\d{4}\ )?\d\d:\d\d:\d\d  # Nov 23 20:48:27
    | \[?(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d[.,\ \]]          # 20:48:27
    | \d\d/\d\d/\d{4}\ \d\d:\d\d                           # 11/23/2026 20:48
    | \d+:\ [A-Z][a-z]{2}\ \d                              # IOS: 000123: Nov 23
    | <\d{1,3}>                                            # syslog priority
    | \d+\(\d+\)\ (?:DEBUG|INFO|NOTICE|WARNING|ERROR)
    | [\d.]+\ \S+\ \S+\ \[\d\d/[A-Z][a-z]{2}/\d{4}:        # access log
    )""",
    re.VERBOSE,
)
# Lines that only sessions and TLS libraries write
_TELLTALE = re.compile(
    r"""^(?:\$\ |\#\ |C:\\).*\b(?:openssl|curl|ssh|xconf|show)\b
    | \bCONNECTED\([0-9A-F]{8}\) | ^depth=\d+\  | ^verify\ (?:error|return): | ^Certificate\ chain\s*$
    | ^\*\ (?:TLS|SSL|Connected|Trying|Server\ certificate) | \bssl_error_reason= | \bUTCTime="
    | \b(?:Event|Detail|Module)="[^"]+" | error:[0-9A-F]{8}:SSL\ routines | SSL_do_handshake
    | alert\ (?:unknown\ ca|bad\ certificate|certificate\ \w+|handshake\ failure|unsupported\ certificate)
    | certificate\ verify\ failed | \bTLS\ [Hh]andshake | ^\s+at\ [\w.$]+\([\w.]+:\d+\) | javax\.net\.ssl\.
    | ^debug\d:\  | ^admin:\s*(?:show|utils|set)\b
    | ^[\w-]+/[\w.-]+\.pem:\ (?:Certificate\ Signed\ by|Self-signed\ certificate)
    | ^Unit\s*:\s*[\w-]+\s*$""",
    re.VERBOSE | re.IGNORECASE,
)
# A row of an Expressway's Status > Alarms, copied or exported: number of the alarm, and its state or severity
_ALARM_NUMBER = re.compile(r"(?<![\d.:/-])\d{5}(?![\d./-]|:\d)", re.ASCII)
_ALARM_STATE = re.compile(
    r"\b(?:raised|lowered|(?:un)?acknowledged|emergency|alert|critical|error|warning|notice)\b", re.IGNORECASE
)
_SAMPLE = 400


def looks_like_log(text_lines: list[str]) -> bool:
    """Tell whether lines (those outside of PEM blocks) are those of a log or a session transcript."""
    lines = [line for line in text_lines if line.strip()][:_SAMPLE]
    timed = sum(1 for line in lines if _TIMED.match(line[:200]))
    if timed and timed * 5 >= len(lines):
        return True
    if any(_TELLTALE.search(line[:1000]) for line in lines):
        return True
    return any("alarm" in line.lower() for line in lines) and any(
        _ALARM_NUMBER.search(line[:1000]) and _ALARM_STATE.search(line[:1000]) for line in lines
    )


def any_timed(text_lines: Iterable[str]) -> bool:
    """Tell whether any line begins as that of a log does."""
    return any(_TIMED.match(line[:200]) for line in text_lines)


def narrow(document: Document, limits: Limits = DEFAULT) -> bytes:
    """Return a log's bytes with one byte for each ASCII character and with LF between lines.

    UTF-16 and UTF-32 become UTF-8 and a byte order mark goes; where lines end with CR alone, LF takes its place.
    """
    data = document.stored
    if b"\0" in data[:4096] or data[:1] in (b"\xff", b"\xfe"):
        text, encoding = decoding.decode(data)
        data = text.encode("utf-8", "replace") if encoding != "latin-1" else data
    elif b"\n" not in data[: limits.line_bytes] and b"\r" in data[: limits.line_bytes]:
        data = data.replace(b"\r", b"\n")
    return data.removeprefix(b"\xef\xbb\xbf")


def lines(document: Document, limits: Limits = DEFAULT) -> Iterator[tuple[int, str]]:
    """Yield the lines of a document with their numbers, counted from 1.

    A line longer than `limits.line_bytes` is cut there and ends with “… (cut)”. Bytes that are not UTF-8 are
    read as Latin-1, line by line.
    """
    for number, raw in enumerate(io.BytesIO(narrow(document, limits)), 1):
        cut = raw[: limits.line_bytes]
        try:
            line = cut.decode("utf-8")
        except UnicodeDecodeError:
            line = cut.decode("latin-1")
        line = line.rstrip("\r\n")
        yield number, f"{line}… (cut)" if len(raw.rstrip(b"\r\n")) > limits.line_bytes else line

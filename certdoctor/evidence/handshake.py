"""What TLS shows in the clear: the handshake up to TLS 1.2, of TLS 1.3 its beginning (RFC 5246, RFC 8446).

Only lengths are believed that the bytes at hand can fill; what is encrypted is counted and never read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

_CHANGE_CIPHER, _ALERT, _HANDSHAKE, _APPLICATION = 20, 21, 22, 23
_MOST_IN_RECORD = 2**14 + 2048
_HIDDEN_ALERT = 19  # an alert, the type byte and the tag of TLS 1.3; a Finished is longer
_RETRY = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")  # RFC 8446 4.1.3
_TLS13 = 0x0304
_SIGNATURE_ALGORITHMS, _SUPPORTED_VERSIONS = 13, 43  # extensions
_SHA1_OR_LESS = (1, 2)  # hashes of RFC 5246: MD5 and SHA-1; RFC 8446 keeps their numbers

VERSIONS = {0x0300: "SSL 3.0", 0x0301: "TLS 1.0", 0x0302: "TLS 1.1", 0x0303: "TLS 1.2", _TLS13: "TLS 1.3"}

# Names of alerts: https://www.iana.org/assignments/tls-parameters, RFC 8446 section 6, RFC 5246 section 7.2
ALERTS = {
    0: "close_notify",
    10: "unexpected_message",
    20: "bad_record_mac",
    21: "decryption_failed",
    22: "record_overflow",
    30: "decompression_failure",
    40: "handshake_failure",
    41: "no_certificate",
    42: "bad_certificate",
    43: "unsupported_certificate",
    44: "certificate_revoked",
    45: "certificate_expired",
    46: "certificate_unknown",
    47: "illegal_parameter",
    48: "unknown_ca",
    49: "access_denied",
    50: "decode_error",
    51: "decrypt_error",
    60: "export_restriction",
    70: "protocol_version",
    71: "insufficient_security",
    80: "internal_error",
    86: "inappropriate_fallback",
    90: "user_canceled",
    100: "no_renegotiation",
    109: "missing_extension",
    110: "unsupported_extension",
    111: "certificate_unobtainable",
    112: "unrecognized_name",
    113: "bad_certificate_status_response",
    114: "bad_certificate_hash_value",
    115: "unknown_psk_identity",
    116: "certificate_required",
    120: "no_application_protocol",
    121: "ech_required",
}

# TLS may begin behind STARTTLS or CONNECT
_PREAMBLE = 16 * 1024
_CLIENT_START = re.compile(rb"\x16\x03[\x00-\x04]..\x01\x00", re.DOTALL)
_SERVER_START = re.compile(rb"\x16\x03[\x00-\x04]..\x02\x00\x00|\x15\x03[\x00-\x04]\x00\x02[\x01\x02]", re.DOTALL)


class _Message(IntEnum):
    CLIENT_HELLO = 1
    SERVER_HELLO = 2
    CERTIFICATE = 11
    CERTIFICATE_REQUEST = 13


class _Short(Exception):
    """A length leads beyond the bytes at hand."""


@dataclass(slots=True)
class Side:
    """What one side was seen to send."""

    speaks_tls: bool = False
    hello: bool = False
    version: int | None = None  # of the server's choice
    offered_version: int | None = None  # the highest that a client offers
    offers_sha1_only: bool = False  # no signature that a client takes is better than SHA-1
    sni: str | None = None
    certificates: list[bytes] | None = None  # DER, as sent; None: no Certificate message was seen
    requested: bool = False
    names: list[bytes] = field(default_factory=list)  # DER of the acceptable CAs' names
    alerts: list[tuple[int, int]] = field(default_factory=list)  # level, number
    hidden_alert: bool = False  # an encrypted record that can only be an alert
    finished: bool = False
    broken: bool = False  # a message or record that makes no sense, or is not there to its end


@dataclass(slots=True)
class _Progress:
    """Where a side stands in the handshake."""

    tls13: bool
    encrypted: bool = False
    pending: bytearray = field(default_factory=bytearray)
    applications: int = 0


def speaks_as(runs: Sequence[bytes]) -> str:
    """Return "client" or "server" where the first run begins a TLS handshake as that, else ""."""
    start = runs[0][:_PREAMBLE] if runs else b""
    client, server = _CLIENT_START.search(start), _SERVER_START.search(start)
    if client and (not server or client.start() <= server.start()):
        return "client"
    return "server" if server else ""


def server_side(runs: Sequence[bytes], most_names: int) -> Side:
    """Read what a server sent, gaps between the runs."""
    return _side(runs, _SERVER_START, False, most_names)


def client_side(runs: Sequence[bytes], server: Side) -> Side:
    """Read what a client sent to that server, gaps between the runs."""
    return _side(runs, _CLIENT_START, server.version == _TLS13, 0)


def _side(runs: Sequence[bytes], begins: re.Pattern[bytes], tls13: bool, most_names: int) -> Side:
    side = Side()
    progress = _Progress(tls13)
    for number, run in enumerate(runs):
        start = 0
        if number == 0:
            found = begins.search(run[: _PREAMBLE + 16])
            if found:
                start, side.speaks_tls = found.start(), True
        else:
            progress.pending.clear()  # the rest of a message fell into the gap
        for kind, body in _records(run, start, side):
            _record(kind, body, side, progress, most_names, after_gap=number > 0)
        if progress.pending:
            side.broken = True
    return side


def _records(run: bytes, at: int, side: Side) -> Iterator[tuple[int, bytes]]:
    while at + 5 <= len(run):
        length = int.from_bytes(run[at + 3 : at + 5], "big")
        known = _CHANGE_CIPHER <= run[at] <= _APPLICATION and run[at + 1] == 3 and run[at + 2] <= 4
        if not known or not 0 < length <= _MOST_IN_RECORD or at + 5 + length > len(run):
            side.broken = True
            return
        yield run[at], run[at + 5 : at + 5 + length]
        at += 5 + length
    side.broken |= at < len(run)


def _record(kind: int, body: bytes, side: Side, progress: _Progress, most_names: int, after_gap: bool) -> None:
    if kind == _CHANGE_CIPHER:
        progress.encrypted = not progress.tls13  # of TLS 1.3 it is there for old middle boxes only
    elif kind == _APPLICATION:
        if progress.tls13 and not progress.applications and len(body) == _HIDDEN_ALERT:
            side.hidden_alert = True
        progress.applications += 1
        side.finished |= not side.hidden_alert
    elif kind == _ALERT:
        if len(body) == 2 and body[0] in (1, 2):
            side.alerts.append((body[0], body[1]))
        elif not side.finished:
            side.hidden_alert = True
    elif progress.encrypted:
        side.finished = True
    elif not after_gap:  # behind a gap a message may begin anywhere, and may be encrypted
        progress.pending += body
        try:
            _messages(side, progress, most_names)
        except _Short:
            side.broken = True
            progress.pending.clear()


def _messages(side: Side, progress: _Progress, most_names: int) -> None:
    pending = progress.pending
    while len(pending) >= 4:
        length = int.from_bytes(pending[1:4], "big")
        if len(pending) < 4 + length:
            return
        kind, body = pending[0], bytes(pending[4 : 4 + length])
        del pending[: 4 + length]
        cursor = _Cursor(body)
        match kind:
            case _Message.CLIENT_HELLO:
                _client_hello(cursor, side)
            case _Message.SERVER_HELLO:
                _server_hello(cursor, side, progress)
            case _Message.CERTIFICATE:
                chain = _Cursor(cursor.vector(3))
                side.certificates = []
                while chain:
                    side.certificates.append(chain.vector(3))
            case _Message.CERTIFICATE_REQUEST:
                _certificate_request(cursor, side, most_names)


def _client_hello(cursor: _Cursor, side: Side) -> None:
    side.hello = True
    version = cursor.number(2)
    cursor.take(32)
    cursor.vector(1)
    cursor.vector(2)
    cursor.vector(1)
    extensions = dict(_extensions(cursor))
    side.offered_version = version
    if listed_versions := extensions.get(_SUPPORTED_VERSIONS):
        offered = _numbers(_Cursor(listed_versions).vector(1))
        side.offered_version = max((number for number in offered if number in VERSIONS), default=version)
    if side.offered_version == 0x0303:  # before, there was no choice; TLS 1.3 has no SHA-1 in its handshake
        listed_signatures = extensions.get(_SIGNATURE_ALGORITHMS)
        # A client that names none takes SHA-1 (RFC 5246 section 7.4.1.4.1).
        taken = _numbers(_Cursor(listed_signatures).vector(2)) if listed_signatures else ()
        side.offers_sha1_only = all(number >> 8 in _SHA1_OR_LESS for number in taken)
    names = extensions.get(0)
    if names:
        listed = _Cursor(_Cursor(names).vector(2))
        if listed.number(1) == 0:
            side.sni = listed.vector(2).decode("ascii", "replace")


def _numbers(data: bytes) -> tuple[int, ...]:
    return tuple(int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data) - 1, 2))


def _server_hello(cursor: _Cursor, side: Side, progress: _Progress) -> None:
    version = cursor.number(2)
    random = cursor.take(32)
    cursor.vector(1)
    cursor.take(3)
    chosen = dict(_extensions(cursor)).get(43)
    if chosen and len(chosen) == 2:
        version = int.from_bytes(chosen, "big")
    side.version = version
    side.hello = side.hello or random != _RETRY
    progress.tls13 = version == _TLS13


def _certificate_request(cursor: _Cursor, side: Side, most_names: int) -> None:
    """RFC 5246 section 7.4.4; the list of signature algorithms came with TLS 1.2."""
    side.requested = True
    cursor.vector(1)
    if side.version == 0x0303:
        cursor.vector(2)
    listed = _Cursor(cursor.vector(2))
    while listed:
        name = listed.vector(2)
        if len(side.names) < most_names:
            side.names.append(name)
        else:
            side.broken = True


def _extensions(cursor: _Cursor) -> Iterator[tuple[int, bytes]]:
    if not cursor:
        return
    listed = _Cursor(cursor.vector(2))
    while listed:
        kind = listed.number(2)
        yield kind, listed.vector(2)


class _Cursor:
    """Reads TLS presentation language (RFC 8446 section 3); true while there is something left."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def __bool__(self) -> bool:
        return self._at < len(self._data)

    def take(self, count: int) -> bytes:
        """Return the next bytes."""
        if self._at + count > len(self._data):
            raise _Short
        self._at += count
        return self._data[self._at - count : self._at]

    def number(self, width: int) -> int:
        """Return an unsigned number of `width` bytes."""
        return int.from_bytes(self.take(width), "big")

    def vector(self, width: int) -> bytes:
        """Return the content of a vector whose length stands before it in `width` bytes."""
        return self.take(self.number(width))

"""What a live look is aimed at: HOST, HOST:PORT, [IPv6]:PORT."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from enum import StrEnum

from certdoctor.errors import BadInput
from certdoctor.evidence import wording
from certdoctor.text import clean

HTTPS = 443


class Starttls(StrEnum):
    """How a plain stream is turned into TLS before the handshake (RFC 6120 section 5)."""

    XMPP_CLIENT = "xmpp-client"
    XMPP_SERVER = "xmpp-server"


# The ports that are usual where the user names none (RFC 6120 section 14.7)
_USUAL = {Starttls.XMPP_CLIENT: 5222, Starttls.XMPP_SERVER: 5269, None: HTTPS}


@dataclass(frozen=True, slots=True)
class Target:
    """One server to look at."""

    host: str  # ASCII: a name, an IPv4 or an IPv6 address without brackets
    port: int = HTTPS
    sni: str | None = None  # the name asked for; None: the host, if that is a name
    starttls: Starttls | None = None

    @property
    def is_address(self) -> bool:
        return _is_address(self.host)

    @property
    def name(self) -> str | None:
        """The name that goes into server_name; addresses are not allowed there (RFC 6066 section 3)."""
        return self.sni or (None if self.is_address else self.host)

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def target(text: str, sni: str | None = None, starttls: Starttls | None = None) -> Target:
    """Return the target that a user wrote. Without a port: 443, with `starttls` 5222 or 5269.

    Raises:
        BadInput: it is no host with or without a port, or `sni` is no host name.
    """
    host, port = _split(text.strip())
    if port and not (re.fullmatch(r"[0-9]{1,5}", port) and 1 <= int(port) <= 65535):
        raise _bad(text, wording.SITE_PORT.format(value=clean(port, 100)))
    if sni is not None and _is_address(sni):
        raise _bad(sni, wording.PROBE_SNI_ADDRESS)
    number = int(port) if port else _USUAL[starttls]
    return Target(_host(host, text), number, None if sni is None else _host(sni, sni), starttls)


def _split(text: str) -> tuple[str, str]:
    if _is_address(text):
        return text, ""
    bracketed = re.fullmatch(r"\[([^\]]*)\](?::(.*))?", text, re.DOTALL)
    if bracketed:
        if not _is_address(bracketed[1]):
            raise _bad(text, wording.PROBE_TARGET)
        return bracketed[1], bracketed[2] or ""
    host, colon, port = text.rpartition(":")
    if colon and not port:
        raise _bad(text, wording.PROBE_TARGET)
    return (host, port) if colon else (text, "")


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


_LABEL = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)")


def _host(text: str, given: str) -> str:
    """The host in ASCII, without the dot of the root."""
    if _is_address(text):
        return text
    try:
        name = text.encode("idna").decode("ascii").removesuffix(".").lower()
    except UnicodeError:
        raise _bad(given, wording.PROBE_TARGET) from None
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in name.split(".")):
        raise _bad(given, wording.PROBE_TARGET)
    return name


def _bad(text: str, reason: str) -> BadInput:
    return BadInput(clean(text, 200), "", reason, wording.PROBE_TARGET_REMEDY)

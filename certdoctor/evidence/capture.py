"""A packet capture -> who showed which certificates to whom, and who refused what.

Of a capture a transcript is kept: one line of JSON for each conversation, then the certificates as PEM. What was
said within the connections is never kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import msgspec

from certdoctor.evidence import asn1, handshake, names, packets, pem, stored, wording
from certdoctor.evidence.containers import Gathering
from certdoctor.evidence.items import Alert, Conversation, Document, Found, Kind, Origin, Problem
from certdoctor.evidence.streams import End, Flow, Flows
from certdoctor.limits import Limits
from certdoctor.text import clean

CLIENT, SERVER = "client", "server"

_KEPT = "[certdoctor: TLS conversations of a packet capture]"

_Read = tuple[tuple[Document, ...], tuple[Problem, ...]]


def is_capture(data: bytes) -> bool:
    """Tell whether the bytes begin like a capture, or like what was kept of one."""
    return packets.is_capture(data) or data.startswith(_KEPT.encode())


def read(data: bytes, blank: Document, limits: Limits) -> _Read:
    """Read a capture or what was kept of one.

    Args:
        data: the bytes, for which `is_capture` is true.
        blank: the document without its content.
        limits: the bounds on what is read.
    """
    gathering = Gathering(blank.origin, limits)
    if data.startswith(_KEPT.encode()):
        try:
            conversations = _from_transcript(data, blank.origin, gathering)
        except (msgspec.MsgspecError, UnicodeDecodeError, _Unknown) as error:
            reason = wording.CAPTURE_KEPT_BROKEN.format(why=error)
            problem = Problem(blank.origin, wording.LOOKS_CAPTURE, reason, wording.CAPTURE_REMEDY)
            return (blank,), (problem,)
    else:
        flows, tally = Flows(limits), packets.Tally()
        try:
            flows.take(packets.segments(data, tally, limits.capture_packets))
        except packets.Malformed as error:
            reason = wording.CAPTURE_BROKEN.format(why=error)
            return (blank,), (Problem(blank.origin, wording.LOOKS_CAPTURE, reason, wording.CAPTURE_REMEDY),)
        certificates = _Certificates(gathering)
        conversations = tuple(_conversations(flows, certificates))
        for remark in _remarks(flows, tally, limits, conversations):
            gathering.remark(remark)
    found = _once(conversations)
    document = replace(
        blank,
        kind=Kind.CAPTURE,
        kept=_transcript(conversations, found),
        certificates=found,
        conversations=conversations,
        remarks=tuple(gathering.remarks),
    )
    return (document,), tuple(gathering.problems)


def _remarks(
    flows: Flows, tally: packets.Tally, limits: Limits, conversations: Sequence[Conversation]
) -> Iterator[str]:
    if tally.truncated:
        yield wording.CAPTURE_CUT
    if tally.packets > limits.capture_packets:
        yield wording.CAPTURE_PACKETS.format(limit=limits.capture_packets)
    if flows.left_out:
        yield wording.CAPTURE_CONNECTIONS.format(limit=limits.capture_connections)
    if flows.overfull:
        yield wording.CAPTURE_TOTAL.format(limit=limits.capture_total_bytes)
    if tally.fragments:
        yield wording.CAPTURE_FRAGMENTS.format(count=tally.fragments)
    if tally.unreadable:
        yield wording.CAPTURE_UNREADABLE.format(count=tally.unreadable)
    if tally.other_links:
        yield wording.CAPTURE_LINKS.format(links=", ".join(str(link) for link in sorted(tally.other_links)))
    if not any(conversation.trouble == "" for conversation in conversations):
        yield wording.CAPTURE_NO_TLS.format(count=min(tally.packets, limits.capture_packets))


def _once(conversations: Sequence[Conversation]) -> tuple[Found, ...]:
    """Each certificate with the first place it was sent at."""
    found: dict[str, Found] = {}
    for conversation in conversations:
        for item in (*conversation.server_chain, *conversation.client_chain):
            found.setdefault(item.certificate.sha256, item)
    return tuple(found.values())


# --- conversations -------------------------------------------------------------------------------------------


class _Certificates:
    """Decodes each certificate once, however often it was sent."""

    def __init__(self, gathering: Gathering) -> None:
        self.gathering = gathering
        self._read: dict[bytes, Found | None] = {}

    def chain(self, sent: Sequence[bytes] | None, place: str, side: str) -> tuple[Found, ...]:
        """Return the certificates of one Certificate message; one that cannot be read becomes a problem."""
        found = []
        for number, der in enumerate(sent or (), 1):
            at = f"{place}, {side} certificate {number}"
            if der not in self._read:
                before = len(self.gathering.found)
                self.gathering.certificate(der, at)
                self._read[der] = self.gathering.found[before] if len(self.gathering.found) > before else None
            item = self._read[der]
            if item is not None:
                found.append(Found(item.certificate, self.gathering.origin.at(at)))
        return tuple(found)


def _conversations(flows: Flows, certificates: _Certificates) -> Iterator[Conversation]:
    number = 0
    for flow in flows.flows:
        place = f"conversation {number + 1}, from packet {flow.packet}"
        conversation = _conversation(flow, place, certificates)
        if conversation is not None:
            number += 1
            yield conversation


def _conversation(flow: Flow, place: str, certificates: _Certificates) -> Conversation | None:
    """Return what a TCP connection shows, None where it has nothing to do with TLS."""
    opener = flow.opener()
    if flow.refused and opener is not None:
        return _failed(flow, opener, place, "refused_port", wording.NOTE_REFUSED)
    if flow.unanswered and opener is not None:
        note = wording.NOTE_UNANSWERED.format(count=flow.halves[opener].attempts)
        return _failed(flow, opener, place, "timeout", note)
    runs = {end: flow.halves[end].runs() for end in (flow.one, flow.other)}
    client = _client_of(flow, runs)
    if client is None:
        return None
    server = flow.peer(client)
    limits = certificates.gathering.limits
    sent_by_server = handshake.server_side(runs[server], limits.capture_names)
    sent_by_client = handshake.client_side(runs[client], sent_by_server)
    sides = {CLIENT: (client, sent_by_client), SERVER: (server, sent_by_server)}
    tls13 = sent_by_server.version == 0x0304
    complete = sent_by_client.finished and (tls13 or sent_by_server.finished)
    hidden = tuple(side for side, (_, said) in sides.items() if said.hidden_alert and not complete)
    reset_by = "" if flow.reset_by is None else CLIENT if flow.reset_by == client else SERVER
    alerts = tuple(
        Alert(side, level, number, handshake.ALERTS.get(number, ""))
        for side, (_, said) in sides.items()
        for level, number in said.alerts
    )
    first = runs[server][0]
    foreign = sent_by_client.speaks_tls and bool(first) and not sent_by_server.speaks_tls and len(first) >= 5
    blank = _blank(flow, client, place)
    return replace(
        blank,
        sni=clean(sent_by_client.sni, 255) if sent_by_client.sni else None,
        version=handshake.VERSIONS.get(sent_by_server.version or 0, ""),
        offered_version=handshake.VERSIONS.get(sent_by_client.offered_version or 0, ""),
        offers_sha1_only=sent_by_client.offers_sha1_only,
        server_chain=certificates.chain(sent_by_server.certificates, place, SERVER),
        client_chain=certificates.chain(sent_by_client.certificates, place, CLIENT),
        server_sent=sent_by_server.certificates is not None,
        client_sent=sent_by_client.certificates is not None,
        client_certificate_requested=sent_by_server.requested,
        acceptable_cas=tuple(_name(name) for name in sent_by_server.names),
        alerts=alerts,
        hidden_alerts=hidden,
        reset_by=reset_by,
        trouble="not_tls" if foreign else "",
        complete=complete,
        gaps=any(len(parts) > 1 for parts in runs.values()) or any(half.overfull for half in flow.halves.values()),
        notes=tuple(_notes(flow, sides, runs, tls13, complete, foreign, bool(alerts))),
    )


def _client_of(flow: Flow, runs: dict[End, list[bytes]]) -> End | None:
    """The end that speaks TLS as the client, None where none of both speaks TLS."""
    speaks = {end: handshake.speaks_as(runs[end]) for end in runs}
    for end in runs:
        if speaks[end] == CLIENT:
            return end
    for end in runs:
        if speaks[end] == SERVER:
            return flow.peer(end)
    return None


def _blank(flow: Flow, client: End, place: str) -> Conversation:
    server = flow.peer(client)
    return Conversation(place, client[0], client[1], server[0], server[1], flow.time)


def _failed(flow: Flow, client: End, place: str, trouble: str, note: str) -> Conversation:
    reset_by = SERVER if trouble == "refused_port" else ""
    return replace(_blank(flow, client, place), trouble=trouble, reset_by=reset_by, notes=(note,))


def _notes(
    flow: Flow,
    sides: dict[str, tuple[End, handshake.Side]],
    runs: dict[End, list[bytes]],
    tls13: bool,
    complete: bool,
    foreign: bool,
    alerts: bool,
) -> Iterator[str]:
    if flow.opener() is None:
        yield wording.NOTE_BEGINNING
    if foreign:
        yield wording.NOTE_NOT_TLS
    for side, (end, said) in sides.items():
        half = flow.halves[end]
        if len(runs[end]) > 1:
            yield (wording.NOTE_CUT if half.cut else wording.NOTE_GAP).format(side=side)
        elif said.broken and not complete and said.speaks_tls:
            yield wording.NOTE_BROKEN.format(side=side)
        if said.hidden_alert and not complete:
            yield wording.NOTE_HIDDEN.format(side=side)
        elif half.closed and not half.reset and not complete and not alerts and not foreign:
            yield wording.NOTE_CLOSED.format(side=side)
    server = sides[SERVER][1]
    if tls13:
        yield wording.NOTE_TLS13
    elif complete and server.hello and server.certificates is None and len(runs[sides[SERVER][0]]) == 1:
        yield wording.NOTE_RESUMED


def _name(der: bytes) -> str:
    try:
        return clean(names.read(der).text, 1_000)
    except asn1.Malformed:
        return f"#{der[:200].hex()}"  # RFC 4514 section 2.4


# --- what is kept --------------------------------------------------------------------------------------------


class _Unknown(Exception):
    """The transcript names something that is not in it."""


@dataclass(frozen=True, slots=True)
class _Line:
    """One conversation of a transcript; chains are fingerprints, CAs stand by number in the line of names."""

    conversation: Conversation  # without chains and CAs
    server_chain: tuple[tuple[str, str], ...]  # SHA-256 and place
    client_chain: tuple[tuple[str, str], ...]
    acceptable_cas: tuple[int, ...]


# Made at import: two threads that make it at once crash msgspec.
_LINES = msgspec.json.Decoder(_Line)


def _transcript(conversations: Sequence[Conversation], found: Sequence[Found]) -> bytes:
    cas: dict[str, int] = {}
    lines = [
        _Line(
            replace(held, server_chain=(), client_chain=(), acceptable_cas=()),
            tuple((item.certificate.sha256, item.origin.place) for item in held.server_chain),
            tuple((item.certificate.sha256, item.origin.place) for item in held.client_chain),
            tuple(cas.setdefault(name, len(cas)) for name in held.acceptable_cas),
        )
        for held in conversations
    ]
    text = [_KEPT, *(msgspec.json.encode(part).decode() for part in (list(cas), *lines)), ""]
    return ("\n".join(text) + "".join(stored.pem("CERTIFICATE", item.certificate.der) for item in found)).encode()


def _from_transcript(data: bytes, origin: Origin, gathering: Gathering) -> tuple[Conversation, ...]:
    text = data.decode()
    head, _, _ = text.partition("-----BEGIN")
    _title, cas_line, *lines = [*head.split("\n"), ""]
    cas = msgspec.json.decode(cas_line, type=list[str])
    for number, block in enumerate(pem.blocks(text), 1):
        if block.label == "CERTIFICATE":
            try:
                gathering.certificate(pem.decode(block)[0], f"block {number}")
            except pem.Undecodable as error:
                raise _Unknown(str(error)) from error
    found = {item.certificate.sha256: item.certificate for item in gathering.found}

    def chain(kept: Iterable[tuple[str, str]]) -> tuple[Found, ...]:
        return tuple(Found(found[sha256], origin.at(place)) for sha256, place in kept)

    conversations = []
    for line in filter(None, lines):
        read = _LINES.decode(line)
        prints = {sha256 for sha256, _place in (*read.server_chain, *read.client_chain)}
        if not prints <= found.keys() or not set(read.acceptable_cas) <= set(range(len(cas))):
            raise _Unknown("a certificate or a name is missing")
        conversations.append(
            replace(
                read.conversation,
                server_chain=chain(read.server_chain),
                client_chain=chain(read.client_chain),
                acceptable_cas=tuple(cas[at] for at in read.acceptable_cas),
            )
        )
    return tuple(conversations)

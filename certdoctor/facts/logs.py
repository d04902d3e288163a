"""What log lines say about connections: which side refused which certificate, and what was no certificate fault.

Who sent the alert matters: an alert received means that the peer refused this node's certificate, a failed
verification means that this node refused the peer's (catalogue, section 16.8).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from certdoctor.deployment.model import CLIENT, SERVER, Connection, Deployment, Node
from certdoctor.evidence.items import Document
from certdoctor.evidence.logs import narrow
from certdoctor.facts.derive import node_subject
from certdoctor.facts.model import Fact, FactSource, Subject, SubjectKind
from certdoctor.facts.signatures import ReasonsForm, SignatureForm
from certdoctor.limits import DEFAULT, Limits
from certdoctor.text import clean

_CHUNK = 1024 * 1024  # searched at a time
_SPECIAL = {"own_key", "peer_key"}
_XCP = 7400
# What the texts speak of and no log line tells.
_UNTOLD = ("slot", "not_before", "not_after", "key", "signature")
_OUTSIDE = {"client", "partner", "webex"}


@dataclass(frozen=True, slots=True)
class Event:
    """One telling log line of one node, or what a packet capture tells in its place."""

    node: str
    means: str  # as in SignatureForm, but never "openssl"
    reason: str  # token
    words: str  # as the log puts it
    acting: str  # "client", "server" or ""
    name: str
    address: str
    port: int | None
    document: Document
    line: int
    place: str = ""  # in the document, where it has no lines
    connection: str = ""  # id, where it is known which one this is about
    time: datetime | None = None  # aware; None where the line does not tell it with its zone
    own_address: str = ""  # of the node, where the line tells it
    kinds: frozenset[str] = frozenset()  # of the connections that the line can be about; empty: any


class Signatures:
    """The compiled signatures of a knowledge base."""

    def __init__(self, signatures: Mapping[str, SignatureForm], reasons: ReasonsForm) -> None:
        self._reasons = reasons
        self._compiled = tuple((form, re.compile(form.pattern)) for _, form in sorted(signatures.items()))
        self._literals = tuple(sorted({form.contains.encode() for form, _ in self._compiled}))

    def events(self, node: str, document: Document, limits: Limits = DEFAULT) -> Iterator[Event]:
        """Return the telling lines of a log. A line is looked at up to `limits.searched_line_bytes`.

        One plain search for each literal is several times faster than one pattern of them all.
        """
        data = narrow(document)
        at, number = 0, 1
        while at < len(data):
            end = data.find(b"\n", min(at + _CHUNK, len(data))) + 1 or len(data)
            counted = at
            for start in self._telling(data, at, end):
                number += data.count(b"\n", counted, start)
                counted = start
                stop = data.find(b"\n", start, end)
                stop = min(end if stop < 0 else stop, start + limits.searched_line_bytes)
                line = data[start:stop].decode("utf-8", "replace").rstrip("\r")
                yield from self._line(node, document, line, number)
            number += data.count(b"\n", counted, end)
            at = end

    def _telling(self, data: bytes, at: int, end: int) -> list[int]:
        """Where the lines begin that hold a literal of any signature."""
        starts: set[int] = set()
        for literal in self._literals:
            found = data.find(literal, at, end)
            while found >= 0:
                starts.add(data.rfind(b"\n", at, found) + 1 or at)
                following = data.find(b"\n", found, end)
                found = data.find(literal, following, end) if following >= 0 else -1
        return sorted(starts)

    def _line(self, node: str, document: Document, line: str, number: int) -> Iterator[Event]:
        for form, pattern in self._compiled:
            if form.contains in line and (found := pattern.search(line)):
                event = self._event(node, document, form, found.groupdict(), number)
                if event is not None:
                    yield replace(event, time=_time(line))

    def _event(
        self, node: str, document: Document, form: SignatureForm, held: Mapping[str, str | None], number: int
    ) -> Event | None:
        words = (held.get("reason") or form.reason).strip()
        token, alert = self._token(form, held, words)
        if not token:
            return None
        acting = form.acting or {"Inbound": SERVER, "Outbound": CLIENT}.get(held.get("way") or "", "")
        means = form.means
        if token in _SPECIAL:
            # A "decrypt error" alert or a bad signature: the key behind a certificate is not the one in it.
            means = "own_key" if token == "own_key" or alert else "peer_key"
        elif token in self._reasons.troubles:
            means = "trouble"
        elif means == "openssl":
            means = "was_refused" if alert else "refused"
        port = held.get("port") or held.get("xcp_port")
        return Event(
            node=node,
            means=means,
            reason=token,
            words=clean(words, 200),
            acting=acting,
            name=held.get("name") or "",
            address=self._peer_address(held, acting),
            port=int(port) if port else None,
            document=document,
            line=number,
            own_address=self._own_address(held, acting),
            kinds=frozenset(form.kinds),
        )

    @staticmethod
    def _own_address(held: Mapping[str, str | None], acting: str) -> str:
        # Where a line does not say who connected, this is the source; see `_directed`.
        if "source_address" not in held:
            return ""
        return held.get("address" if acting == SERVER else "source_address") or ""

    @staticmethod
    def _peer_address(held: Mapping[str, str | None], acting: str) -> str:
        # The source of an inbound connection is the peer; its destination is the node itself.
        inbound = acting == SERVER and "source_address" in held
        return held.get("source_address" if inbound else "address") or ""

    def _token(self, form: SignatureForm, held: Mapping[str, str | None], words: str) -> tuple[str, bool]:
        """Return the token of a line, and whether it tells of an alert that was received."""
        reasons = self._reasons
        lowered = words.lower()
        alert = form.means == "was_refused" or " alert " in f" {lowered} " or "_alert_" in lowered
        if form.means in _SPECIAL or form.means == "accepted":
            return form.means, False
        if form.reason:
            return form.reason, alert
        if held.get("verify"):
            return reasons.verify.get(held["verify"] or "", "verify_failed"), False
        code = int(held["code"] or "0", 16) & 0xFFF if held.get("code") else 0
        if code >= 1000:
            return reasons.alerts.get(str(code - 1000), ""), True
        by_text = next((t for t, pieces in reasons.texts.items() if any(p in lowered for p in pieces)), "")
        return by_text or reasons.codes.get(f"{code:03x}", ""), alert


_UTC_TIME = re.compile(r'UTCTime="(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)')
_ISO_TIME = re.compile(r"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d))")


def _time(line: str) -> datetime | None:
    """Return when a line was written, where it says so with its time zone."""
    found = _UTC_TIME.search(line) or _ISO_TIME.match(line)
    if found is None:
        return None
    try:
        moment = datetime.fromisoformat(found[1])
    except ValueError:  # the 31st of February
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def events(deployment: Deployment, signatures: Signatures) -> tuple[Event, ...]:
    """Return all telling log lines of a site."""
    return tuple(
        event
        for node in deployment.nodes.values()
        for document in node.logs
        for event in signatures.events(node.id, document)
    )


def observe_logs(
    deployment: Deployment, found: Sequence[Event], reasons: ReasonsForm, mutual: frozenset[str]
) -> tuple[Fact, ...]:
    """Return the facts that the log lines give: `log.refusal` per side, `log.trouble`, `node.private_key`,
    `log.xcp_refused`.

    Args:
        deployment: the site with its connections.
        found: the events of its logs.
        reasons: kb/signatures/reasons.yml.
        mutual: kinds of connections in which the client shows a certificate too.
    """
    refusals: dict[Subject, list[Event]] = {}
    troubles: dict[Subject, list[Event]] = {}
    keys: dict[str, list[Event]] = {}
    chains: dict[Subject, list[Event]] = {}
    for event in found:
        node = deployment.nodes[event.node]
        if event.means == "message":  # see facts/messages.py
            continue
        if event.means == "own_key":
            keys.setdefault(node.id, []).append(event)
            continue
        for connection, acting in _connections(deployment, mutual, node, event):
            if event.means == "peer_key":
                keys.setdefault(connection.server if acting == CLIENT else connection.client, []).append(event)
            elif event.means == "accepted":
                side = SERVER if acting == CLIENT else CLIENT
                chains.setdefault(Subject(SubjectKind.CONNECTION, connection.id, side), []).append(event)
            elif event.means == "trouble":
                for side in (SERVER, CLIENT):
                    troubles.setdefault(Subject(SubjectKind.CONNECTION, connection.id, side), []).append(event)
            else:
                own = event.means == "refused"
                side = (SERVER if own else CLIENT) if acting == CLIENT else (CLIENT if own else SERVER)
                refusals.setdefault(Subject(SubjectKind.CONNECTION, connection.id, side), []).append(event)
    # "Handshake failure" beside a refusal is the same event told twice (OpenSSL 1.0.2 prints both lines).
    refused = {subject.id for subject in refusals}
    for subject in list(troubles):
        telling = [e for e in troubles[subject] if not (e.reason == "handshake_failure" and subject.id in refused)]
        if telling:
            troubles[subject] = telling
        else:
            del troubles[subject]
    kinds = {connection.id: connection.kind for connection in deployment.connections}
    facts = [*_xcp_refused(deployment, found)]
    for subject, held in refusals.items():
        fact = _fact("log.refusal", subject, _most_telling(held, reasons.refusals), held)
        facts.append(replace(fact, bindings={**fact.bindings, **_presenter(deployment, subject)}))
    for subject, held in troubles.items():
        value = _most_telling(held, reasons.troubles)
        if value == "not_tls" and kinds[subject.id] == "traversal-ssh":
            value = "ssh_instead_of_tls"
        facts.append(_fact("log.trouble", subject, value, held))
    for connection in deployment.connections:
        for side in (SERVER, CLIENT):
            subject = Subject(SubjectKind.CONNECTION, connection.id, side)
            if subject in chains:
                facts.append(_fact("log.chain", subject, "accepted", chains[subject]))
            else:
                facts.append(Fact("log.chain", subject, "not_told"))
    for node_id, held in keys.items():
        node = deployment.nodes[node_id]
        fact = _fact("node.private_key", node_subject(node), "differs", held)
        facts.append(
            Fact(
                fact.id,
                fact.subject,
                fact.value,
                fact.source,
                {**fact.bindings, "node": node.id, "node_name": clean(node.name)},
                fact.seen,
            )
        )
    return tuple(facts)


def _presenter(deployment: Deployment, subject: Subject) -> Mapping[str, str]:
    """Return whose certificate a line is about: where no file shows it, the node's name has to stand for it."""
    connection = next(c for c in deployment.connections if c.id == subject.id)
    client, server = (clean(deployment.nodes[node].name) for node in (connection.client, connection.server))
    presenter, verifier = (server, client) if subject.side == SERVER else (client, server)
    return {"leaf": presenter, "node_name": presenter, "presenter_name": presenter, "verifier_name": verifier}


def _xcp_refused(deployment: Deployment, found: Iterable[Event]) -> Iterator[Fact]:
    """Say whose port 7400 refused an Expressway-C; of several boxes the one of the last line."""
    held: dict[str, list[tuple[str, Event]]] = {}
    for event in found:
        if (value := _xcp_refused_by(deployment, event)) is not None:
            held.setdefault(event.node, []).append((value, event))
    for name, refused in held.items():
        value = refused[-1][0]
        node = deployment.nodes[name]
        fact = _fact("log.xcp_refused", node_subject(node), value, [event for by, event in refused if by == value])
        yield replace(fact, bindings={**fact.bindings, "node": node.id, "node_name": clean(node.name)})


def _xcp_refused_by(deployment: Deployment, event: Event) -> str | None:
    """Whose port 7400 refused an Expressway-C: the router of Expressway-E listens there as well as IM&P (S11)."""
    if event.reason != "refused_port" or event.port != _XCP or deployment.nodes[event.node].role != "expressway-c":
        return None
    owner = _owner(deployment, event)
    return {"expressway-e": "expressway_e", "imp": "imp"}.get(owner.role if owner else "")


def _owner(deployment: Deployment, event: Event) -> Node | None:
    """The node that a line names as its peer, by a name or an address of its own or by the peer address of a zone."""
    wanted = {text.lower() for text in (event.name, event.address) if text}
    for node in deployment.nodes.values():
        if node.id != event.node and wanted & {known.lower() for known in (*node.names, *node.addresses)}:
            return node
    zone = (c for c in deployment.connections if c.client == event.node and (c.name or "").lower() in wanted)
    return next((deployment.nodes[connection.server] for connection in zone), None)


def _most_telling(held: Iterable[Event], order: Sequence[str]) -> str:
    return min((event.reason for event in held), key=lambda r: order.index(r) if r in order else len(order))


def _fact(name: str, subject: Subject, value: str, held: Sequence[Event]) -> Fact:
    telling = [event for event in held if event.reason == value] or list(held)
    seen = tuple(str(event.document.origin.at(event.place or f"line {event.line}")) for event in telling[:5])
    name_seen = clean(telling[0].name)
    bindings = {"log_line": seen[0], "log_reason": telling[0].words, "log_name": name_seen}
    if name == "log.refusal":
        times = [event.time for event in telling]
        if known := [time for time in times if time is not None]:
            # One line without a time may be the newest.
            bindings |= {"log_time": max(known).isoformat()} if len(known) == len(times) else {}
        bindings["name"] = name_seen or "…"  # lines about inbound connections do not tell the name looked for
        bindings |= dict.fromkeys(_UNTOLD, "…")
    return Fact(name, subject, value, FactSource.LOG, bindings, seen)


def _connections(
    deployment: Deployment, mutual: frozenset[str], node: Node, event: Event
) -> tuple[tuple[Connection, str], ...]:
    """The connections that a line can be about, with the role the node has in each.

    Where the line leaves several pairs of nodes open, nothing is claimed of any.
    """
    if event.connection:
        return tuple((c, event.acting) for c in deployment.connections if c.id == event.connection)
    if _xcp_refused_by(deployment, event) == "expressway_e":
        return ()  # no certificate is shown on that one
    event = _directed(event, node)
    if event.means == "trouble" and not event.acting and event.own_address:
        return ()  # perhaps a stranger's
    if event.means == "trouble" and event.acting == SERVER and event.own_address and _owner(deployment, event) is None:
        # Whoever scans the Internet knocks at an open port: a handshake that fails is no client's of the site.
        inside = [c for c in deployment.connections if deployment.nodes[c.client].role not in _OUTSIDE]
    else:
        inside = list(deployment.connections)
    left = [
        (c, role)
        for c in inside
        if c.kind != "upload" and (not event.kinds or c.kind in event.kinds)
        for role in ((CLIENT,) if c.client == node.id else ()) + ((SERVER,) if c.server == node.id else ())
        if event.acting in ("", role) and (c.kind in mutual or not _needs_client_certificate(event, role))
        if not (role == SERVER and _hung_up_unnamed(event))
    ]

    looked_for = {text.lower() for text in (event.name, event.address) if text}

    def named(c: Connection) -> bool:
        names = {text.lower() for text in (c.name or "", c.server, *deployment.nodes[c.server].names)}
        return bool(looked_for & {*names, *(name.partition(".")[0] for name in names)})

    def addressed(c: Connection) -> bool:
        peers = (deployment.nodes[c.client], deployment.nodes[c.server])
        return any(looked_for & set(n.addresses) for n in peers if n.id != node.id)

    def ported(c: Connection) -> bool:
        return event.port is not None and c.port == event.port

    # An address of another node, or a port that none of these connections has and no name or address to make up for
    # it: the line is about a connection that is not among them.
    owners = {n.id for n in deployment.nodes.values() if event.address in n.addresses and n.id != node.id}
    left = [(c, role) for c, role in left if not owners or (c.server if role == CLIENT else c.client) in owners]
    if event.port is not None and not any(ported(c) for c, _ in left):
        left = [(c, role) for c, role in left if named(c) or addressed(c)]
    for test in (ported, named, addressed):
        left = [(c, role) for c, role in left if test(c)] or left
    return tuple(left) if len({(c.client, c.server) for c, _ in left}) == 1 else ()


def _directed(event: Event, node: Node) -> Event:
    """The event with the role of its node, where the line has both addresses and one of them is the node's."""
    if event.acting or not event.own_address:
        return event
    if event.own_address in node.addresses:
        return replace(event, acting=CLIENT)
    if event.address in node.addresses:
        return replace(event, acting=SERVER, address=event.own_address, own_address=event.address)
    return event


def _hung_up_unnamed(event: Event) -> bool:
    """Whether somebody hung up whom the line does not name: health checks and port scans do that to every server."""
    return event.means == "trouble" and event.reason == "reset" and not event.address


def _needs_client_certificate(event: Event, role: str) -> bool:
    """Whether such a line can only come from a handshake in which the client shows a certificate."""
    return (event.means == "was_refused" and role == CLIENT) or (event.means == "refused" and role == SERVER)

"""What packet captures say about connections: alerts, broken attempts, and which certificates were really sent.

A capture shows both addresses, so that a conversation counts for a connection only where both ends are known for
sure: by their addresses, by the certificate they showed, or, for a client that can be anywhere, by the name that it
asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from certdoctor.deployment import names
from certdoctor.deployment.kinds import ConnectionKindForm
from certdoctor.deployment.model import CLIENT, SERVER, Connection, Deployment, Judgement, Node
from certdoctor.evidence.items import Certificate, Conversation, Document, Found, Kind
from certdoctor.facts.logs import Event
from certdoctor.facts.model import Fact, Subject, SubjectKind
from certdoctor.facts.signatures import ReasonsForm
from certdoctor.text import clean

_WARNING = 1
_HANDSHAKE_FAILURE = 40
_OLD_VERSIONS = ("SSL 3.0", "TLS 1.0", "TLS 1.1")
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Difference:
    """A chain that was sent otherwise than the description says."""

    connection: str
    side: str
    sent: tuple[Found, ...]
    described: tuple[str, ...]  # labels, leaf first; () where the description has no certificate
    same_leaf: bool
    place: str


def captured(
    deployment: Deployment,
    documents: Iterable[Document],
    kinds: Mapping[str, ConnectionKindForm],
    reasons: ReasonsForm,
) -> tuple[Event, ...]:
    """Return what captures tell, in the form of telling log lines: see `logs.observe_logs`.

    Of several conversations between the same ends the last that came to a result speaks.
    """
    return tuple(
        event
        for document, conversation, connections in _matched(deployment, documents)
        for connection in connections
        for event in _events(document, conversation, connection, kinds, reasons)
    )


def differences(
    deployment: Deployment, documents: Iterable[Document], judgements: Iterable[Judgement]
) -> Iterator[Difference]:
    """Yield, once each, the chains that captures show otherwise than the description has them."""
    sides = {(j.connection.id, j.side): j for j in judgements}
    told: set[tuple[str, str, tuple[str, ...]]] = set()
    for document, conversation, connections in _matched(deployment, documents):
        for side, sent in ((SERVER, conversation.server_chain), (CLIENT, conversation.client_chain)):
            prints = tuple(item.certificate.sha256 for item in sent)
            for connection in connections:
                judgement = sides.get((connection.id, side))
                if not sent or judgement is None or (connection.id, side, prints) in told:
                    continue
                described = tuple(certificate.sha256 for certificate in judgement.sent)
                if prints != described:
                    told.add((connection.id, side, prints))
                    yield Difference(
                        connection=connection.id,
                        side=side,
                        sent=sent,
                        described=tuple(certificate.label for certificate in judgement.sent),
                        same_leaf=prints[:1] == described[:1],
                        place=str(document.origin.at(conversation.place)),
                    )


def observe_offers(deployment: Deployment, documents: Iterable[Document]) -> Iterator[Fact]:
    """Yield, for both sides of a connection, what its client offers in the last captured handshake."""
    for document, conversation, connections in _matched(deployment, documents):
        if not conversation.offered_version:
            continue
        old = conversation.offered_version in _OLD_VERSIONS
        value = "old_version" if old else "sha1_only" if conversation.offers_sha1_only else "modern"
        seen = (str(document.origin.at(conversation.place)),)
        for connection in connections:
            bindings = {
                "client_name": clean(deployment.nodes[connection.client].name),
                "server_name": clean(deployment.nodes[connection.server].name),
                "offered": conversation.offered_version + (", SHA-1" if conversation.offers_sha1_only else ""),
            }
            for side in (SERVER, CLIENT):
                subject = Subject(SubjectKind.CONNECTION, connection.id, side)
                yield Fact("hello.offer", subject, value, bindings=bindings, seen=seen)


def observe_tenants(deployment: Deployment, documents: Iterable[Document]) -> Iterator[Fact]:
    """Yield whether an Expressway-E that serves several domains shows each of them a certificate of its own (SNI).

    A certificate that lacks the domain asked for but has another domain of the site is the server's own or another
    tenant's. One that has none of them is no matter of tenants.
    """
    domains = {domain.lower() for domain in deployment.domains}
    edges = [node for node in deployment.nodes.values() if node.role == "expressway-e" and len(domains) > 1]
    captures = _standing(documents) if edges else []
    for node in edges:
        told: Fact | None = None
        for document, conversation, leaf in _shown_by(node, captures):
            asked = (conversation.sni or "").lower().removeprefix("collab-edge.")
            held = {d for d in domains if names.match(leaf, (d, f"collab-edge.{d}"), wildcards=True) == names.SAN}
            if asked not in domains or not held or (told is not None and asked in held):
                continue
            bindings = {"domain": clean(asked), "leaf": clean(leaf.label)}
            told = Fact(
                "tenant.certificate",
                Subject(SubjectKind.NODE, node.id),
                "own" if asked in held else "of_another",
                bindings={"node": node.id, "node_name": clean(node.name), **bindings},
                seen=(str(document.origin.at(conversation.place)),),
            )
        if told is not None:
            yield told


def _shown_by(node: Node, captures: Iterable[Document]) -> Iterator[tuple[Document, Conversation, Certificate]]:
    """Yield the conversations in which a node showed a certificate as the server: by its address, or by its own."""
    own = node.identities.get("server")
    known = own.leaf.certificate.sha256 if own is not None else ""
    for document in captures:
        for conversation in document.conversations:
            leaf = conversation.server_chain[0].certificate if conversation.server_chain else None
            if leaf is not None and (conversation.server_address in node.addresses or leaf.sha256 == known):
                yield document, conversation, leaf


# --- which connection ----------------------------------------------------------------------------------------


def _matched(
    deployment: Deployment, documents: Iterable[Document]
) -> Iterator[tuple[Document, Conversation, tuple[Connection, ...]]]:
    last: dict[tuple[str, str, int, str], tuple[Document, Conversation]] = {}
    held = [(document, c) for document in _standing(documents) for c in document.conversations]
    for document, conversation in sorted(held, key=lambda pair: pair[1].started or _LONG_AGO):
        if _has_result(conversation):
            ends = (conversation.client_address, conversation.server_address, conversation.server_port)
            last[*ends, (conversation.sni or "").lower()] = (document, conversation)
    for document, conversation in last.values():
        connections = _connections(deployment, conversation)
        if connections:
            yield document, conversation, connections


def _standing(documents: Iterable[Document]) -> list[Document]:
    """Captures; of those in several archives of one box the ones of the newest archive."""
    captures = [document for document in documents if document.kind == Kind.CAPTURE]
    newest: dict[str, tuple[str, str]] = {}
    for document in captures:
        stamp = (document.taken, document.origin.source)
        newest[document.host] = max(stamp, newest.get(document.host, stamp))
    return [d for d in captures if not (d.host and d.origin.member) or d.origin.source == newest[d.host][1]]


def _has_result(conversation: Conversation) -> bool:
    return bool(
        conversation.complete
        or conversation.alerts
        or conversation.hidden_alerts
        or conversation.reset_by
        or conversation.trouble
        or conversation.server_chain
    )


def _connections(deployment: Deployment, held: Conversation) -> tuple[Connection, ...]:
    """The connections that a conversation belongs to; none where it leaves several pairs of nodes open."""
    clients = _nodes(deployment, held.client_address, held.client_chain)
    servers = _nodes(deployment, held.server_address, held.server_chain)
    asked = (held.sni or "").lower()
    found = []
    for connection in deployment.connections:
        if connection.kind == "upload" or connection.port not in (None, held.server_port):
            continue
        names = {(connection.name or "").lower(), *(n.lower() for n in connection.accepted_names)}
        names |= {name.lower() for name in deployment.nodes[connection.server].names}
        named = bool(asked) and asked in names
        anywhere = not clients and not deployment.nodes[connection.client].addresses
        serves = connection.server in servers or (not servers and named)
        asks = connection.client in clients or (anywhere and named)
        if serves and asks:
            found.append((connection, asked == (connection.name or "").lower()))
    best = [connection for connection, exact in found if exact] or [connection for connection, _ in found]
    return tuple(best) if len({(c.client, c.server) for c in best}) == 1 else ()


def _nodes(deployment: Deployment, address: str, chain: Sequence[Found]) -> set[str]:
    by_address = {node.id for node in deployment.nodes.values() if address in (*node.addresses, *node.names)}
    if by_address or not chain:
        return by_address
    leaf = chain[0].certificate.sha256
    return {
        node.id
        for node in deployment.nodes.values()
        for identity in node.identities.values()
        if identity.leaf.certificate.sha256 == leaf
    }


# --- what happened -------------------------------------------------------------------------------------------


def _events(
    document: Document,
    held: Conversation,
    connection: Connection,
    kinds: Mapping[str, ConnectionKindForm],
    reasons: ReasonsForm,
) -> Iterator[Event]:
    def event(acting: str, means: str, reason: str, words: str) -> Event:
        return Event(
            node=connection.client if acting == CLIENT else connection.server,
            means=means,
            reason=reason,
            words=words,
            acting=acting,
            name=held.sni or "",
            address="",
            port=held.server_port,
            document=document,
            line=0,
            place=held.place,
            connection=connection.id,
        )

    for acting, means, reason, words in _refusals(held, reasons):
        yield event(acting, means, reason, words)
    if held.trouble:
        yield event(CLIENT, "trouble", held.trouble, held.notes[0] if held.notes else held.trouble)
    # What an alert said may lie in a gap or be encrypted; only where neither can be is a reset without a reason.
    explained = held.alerts or held.hidden_alerts or held.gaps or held.trouble
    if held.reset_by and not held.complete and not explained:
        yield event(CLIENT, "trouble", "reset", f"TCP reset by the {held.reset_by}")
    if held.complete and held.version != "TLS 1.3":
        kind = kinds.get(connection.kind)
        words = f"{held.version} handshake completed"
        # A side that does not check accepts everything; that says nothing about the chain.
        if kind is not None and kind.server.checked == "always" and held.server_chain:
            yield event(CLIENT, "accepted", "accepted", words)
        if kind is not None and kind.client and kind.client.checked == "always" and held.client_chain:
            yield event(SERVER, "accepted", "accepted", words)


def _refusals(held: Conversation, reasons: ReasonsForm) -> Iterator[tuple[str, str, str, str]]:
    """Who acts, what it means, the token and the words of each alert that ended the handshake."""
    for alert in held.alerts:
        token = reasons.alerts.get(str(alert.number), "")
        if not token or (held.complete and alert.level == _WARNING):
            continue
        words = f"TLS alert {alert.number} {alert.name} sent by the {alert.sender}"
        no_client_certificate = held.client_sent and not held.client_chain
        if alert.sender == SERVER and alert.number == _HANDSHAKE_FAILURE and no_client_certificate:
            # Until TLS 1.2 that is how a missing client certificate is refused (RFC 5246 section 7.4.6).
            yield SERVER, "refused", "absent", words
        elif token in reasons.troubles:
            yield alert.sender, "trouble", token, words
        elif alert.sender == SERVER and not (held.client_certificate_requested or held.client_sent or _hides(held)):
            continue  # no certificate of the client was asked for: it is about something else
        elif token in reasons.key_faults:
            yield alert.sender, "peer_key", token, words
        else:
            yield alert.sender, "refused", token, words


def _hides(held: Conversation) -> bool:
    """Whether a request for a certificate may have been sent without being seen."""
    return held.gaps or held.version == "TLS 1.3"

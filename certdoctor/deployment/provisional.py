"""Boxes that are known only from what another one's diagnostic archive or log says of them."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_address

from certdoctor.deployment import expressway
from certdoctor.deployment.model import CLIENT, SERVER, Identity, Node
from certdoctor.evidence.items import Document, Kind, Origin

_TRAVERSAL, _XCP = 7001, 7400  # usual ports, kb/connections
_MOST = 4  # boxes at the other end; more addresses than that are no site's Expressways but scanners


@dataclass(frozen=True, slots=True)
class Told:
    """What a log line says of the connection that it is about. `acting`: what the log's node is in it."""

    node: str
    acting: str
    address: str  # of the other end, "" where the line does not tell
    name: str  # that the client looks for
    port: int | None  # of the server
    origin: Origin
    expressway: bool  # whether an Expressway writes such lines
    own_address: str = ""  # of the log's node
    reason: str = ""  # token of kb/signatures/reasons.yml


def beyond(nodes: Mapping[str, Node], brought: Iterable[str]) -> tuple[Node, ...]:
    """Return an Expressway-E for each traversal peer that an archive names, where the site has no Expressway-E.

    With an Expressway-E in the evidence an unknown peer address may mean that one; see `derive`.

    Args:
        nodes: the nodes that are known, by id.
        brought: ids of those that a diagnostic archive brought.
    """
    if any(node.role == "expressway-e" for node in nodes.values()):
        return ()
    found: dict[str, Node] = {}
    for name in brought:
        for zone in expressway.zones(nodes[name].settings):
            if zone.role == "client":
                for peer in zone.peers:
                    taken = {*nodes, *(node.id for node in found.values())}
                    origin = nodes[name].settings_origin
                    place = origin.at(f"line {peer.line}") if origin else None
                    found.setdefault(peer.value.lower(), known_as(peer.value, "expressway-e", place, taken))
    return tuple(found.values())


def writers(nodes: Collection[str], documents: Iterable[Document]) -> Iterator[Node]:
    """Yield a box for each log that says of none who wrote it: what it tells of connections tells its role, perhaps."""
    taken = set(nodes)
    for document in documents:
        if document.kind == Kind.LOG and not document.host:
            stem = re.split(r"[/!]", document.origin.path)[-1].partition(".")[0]
            node = dataclasses.replace(known_as(stem, "other", None, taken), names=(), logs=(document,))
            taken.add(node.id)
            yield node


# The server's port tells what both ends are (kb/connections).
_ENDS = {_TRAVERSAL: ("expressway-c", "expressway-e"), 6972: ("expressway-c", "cucm")}


def seen(nodes: Mapping[str, Node], documents: Iterable[Document]) -> Iterator[Node]:
    """Yield the ends of captured conversations that are no node, where the site has none of their role.

    What an end was seen to send is its identity, as far as anything tells.
    """
    known = dict(nodes)
    roles = {node.role for node in nodes.values()}
    for document in documents:
        for held in document.conversations if document.kind == Kind.CAPTURE else ():
            for role, address, chain, sni in zip(
                _ENDS.get(held.server_port, ()),
                (held.client_address, held.server_address),
                (held.client_chain, held.server_chain),
                (None, held.sni),
                strict=False,
            ):
                taken = {at for node in known.values() for at in node.addresses}
                if role in roles or address in taken or len(known) - len(nodes) >= _MOST:
                    continue
                name = sni or next(iter(chain[0].certificate.dns_names if chain else ()), "")
                node = known_as(name or address, role, document.origin.at(held.place), known)
                slot = "tomcat" if role == "cucm" else "server"
                identities = {slot: Identity(node.id, slot, chain[0], chain[1:], document)} if chain else {}
                node = dataclasses.replace(node, addresses=(address,), identities=identities)
                known[node.id] = node
                yield node


def heard_of(nodes: Mapping[str, Node], told: Iterable[Told]) -> Mapping[str, Node]:
    """Return the nodes with the roles that their logs tell, and the boxes that only logs tell of.

    The port of a traversal zone tells Expressway-C from Expressway-E. An Expressway at the other end is added only
    where the site has none of that role, a UC node where no node has the name that Expressway-C looks for.
    """
    lines = [line for line in told if line.acting]
    found = dict(nodes)
    for line in lines:
        node = found[line.node]
        if node.role == "other" and (role := _role(line)):
            found[node.id] = dataclasses.replace(node, role=role)
    for name, node in found.items():
        own = dict.fromkeys(line.own_address for line in lines if line.node == name and line.own_address)
        if own and not node.addresses:
            found[name] = dataclasses.replace(node, addresses=tuple(own)[:_MOST])
    known = dict(found)
    for role, at in (("expressway-c", _clients_of), ("expressway-e", _servers_of)):
        if not any(node.role == role for node in known.values()):
            others = {who: origin for line in lines for who, origin in at(known[line.node], line)}
            for who, origin in others.items() if len(others) <= _MOST else ():
                node = known_as(who, role, origin, found)
                found[node.id] = node
    for line in lines:
        if known[line.node].role == "expressway-c" and _to_uc_node(line):
            added = len(found) - len(known)
            role = "imp" if line.port == _XCP else "cucm"
            who = "" if _alike(line.name, known[line.node]) else line.name.lower() or line.address
            names = {name.lower() for node in found.values() for name in (node.id, *node.names, *node.addresses)}
            names |= {name.partition(".")[0] for name in names}
            # The router of Expressway-E listens on 7400 too.
            names |= {peer.value.lower() for zone in expressway.zones(known[line.node].settings) for peer in zone.peers}
            if added < _MOST and who not in names and (who or not any(node.role == role for node in found.values())):
                node = known_as(who, role, line.origin, found)
                found[node.id] = node
    return found


def _role(line: Told) -> str:
    """The role that a line gives to the box that wrote it."""
    if line.port == _TRAVERSAL:
        return "expressway-e" if line.acting == SERVER else "expressway-c"
    return "expressway-c" if _to_uc_node(line) else ""


def _to_uc_node(line: Told) -> bool:
    """Whether a line is of Expressway-C's traffic server or XCP router, which connect to UC nodes."""
    return line.expressway and line.acting == CLIENT and bool(line.name) and line.port in (None, _XCP)


def _alike(name: str, node: Node) -> bool:
    """Whether a name is the box's own: the traffic server's lines name either end."""
    own = {re.sub(r"[^a-z0-9]", "", own.lower().partition(".")[0]) for own in (node.id, *node.names)}
    return re.sub(r"[^a-z0-9]", "", name.lower().partition(".")[0]) in own


def _clients_of(node: Node, line: Told) -> Iterator[tuple[str, Origin]]:
    """An Expressway-E's traversal clients."""
    if node.role == "expressway-e" and line.acting == SERVER and line.address and line.port in _ports(node, "server"):
        yield line.address, line.origin


def _servers_of(node: Node, line: Told) -> Iterator[tuple[str, Origin]]:
    """An Expressway-C's traversal servers."""
    who = line.name or line.address
    if node.role == "expressway-c" and line.acting == CLIENT and who and line.port in _ports(node, "client"):
        yield who, line.origin


def _ports(node: Node, role: str) -> set[int]:
    return {_TRAVERSAL, *(zone.port for zone in expressway.zones(node.settings) if zone.role == role and zone.port)}


def known_as(who: str, role: str, origin: Origin | None, taken: Iterable[str]) -> Node:
    """Return a node of which only its name or address is known; its id is none of `taken`."""
    address = _is_address(who)
    letter = {"expressway-c": "c", "expressway-e": "e"}.get(role, role)
    stem = re.sub(r"[^a-z0-9-]+", "-", f"{letter}-{who.lower()}" if address else who.lower().partition(".")[0])
    stem = stem.strip("-")[:60] or role
    held, number, name = set(taken), 1, stem
    while name in held:
        number += 1
        name = f"{stem}-{number}"
    return Node(
        id=name,
        role=role,
        names=() if address or not who else (who,),
        addresses=(who,) if address else (),
        known_from=origin,
    )


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True

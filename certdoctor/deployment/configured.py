"""Connections that an Expressway's configuration names besides the traversal zone and the cluster.

Only where both ends are nodes of the site: an address that is no node's name or address is nobody's, and nothing is
said of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from certdoctor.deployment import expressway
from certdoctor.deployment.kinds import ConnectionKindForm
from certdoctor.deployment.model import Connection, Deployment, Node
from certdoctor.deployment.partners import WEBEX
from certdoctor.evidence.items import Origin, Setting

# Zones that an Expressway-C makes by itself when it discovers CUCM nodes (S30, S45).
_LINE, _OAUTH, _PLAIN = "cetls-", "ceoauth", "cetcp-"
_SYSLOG = re.compile(r"^remote syslog (\d+) address$")


def connections(deployment: Deployment, kinds: Mapping[str, ConnectionKindForm]) -> Iterator[Connection]:
    """Yield the connections of neighbour, automatic and DNS zones, of clients, XMPP and management servers."""
    nodes = tuple(deployment.nodes.values())
    for node in nodes:
        if node.is_expressway and node.settings:
            yield from _neighbours(node, nodes, kinds)
            yield from _dns_zones(node, nodes, kinds)
            yield from _management(node, nodes, kinds)
            yield from _callers(node, nodes, kinds)
        if node.role == "expressway-c":
            yield from _pairs("xcp", [node], nodes, kinds)
        if node.role == "expressway-e":
            yield from _clients(node, deployment, kinds)
            if any(other.federation_domains for other in nodes if other.role == "imp"):
                yield from _pairs("xmpp-federation", [node], [n for n in nodes if n.role == "partner"], kinds)


def _pairs(
    kind: str, clients: Iterable[Node], servers: Iterable[Node], kinds: Mapping[str, ConnectionKindForm]
) -> Iterator[Connection]:
    form = kinds.get(kind)
    for client in clients if form else ():
        for server in servers:
            if form and server.role in form.server_roles and server.id != client.id:
                yield Connection(
                    f"{kind}-{client.id}-{server.id}", kind, client.id, server.id, form.port, server.name, None
                )


def _clients(edge: Node, deployment: Deployment, kinds: Mapping[str, ConnectionKindForm]) -> Iterator[Connection]:
    """SIP and XMPP of clients, where MRA is switched on (S10); they ask for the same names as at sign-in."""
    if expressway.value(edge.settings, "CollaborationEdge Enabled").lower() != "on":
        return
    nodes = deployment.nodes.values()
    xmpp = any(node.role == "imp" for node in nodes)
    name = deployment.domains[0] if deployment.domains else edge.name
    for kind in ("edge-sip", "edge-xmpp") if xmpp else ("edge-sip",):
        form = kinds.get(kind)
        for client in nodes:
            if form and client.role in form.client_roles:
                yield Connection(f"{kind}-{client.id}-{edge.id}", kind, client.id, edge.id, form.port, name, None)


def _neighbours(client: Node, nodes: Sequence[Node], kinds: Mapping[str, ConnectionKindForm]) -> Iterator[Connection]:
    for zone in expressway.zones(client.settings):
        title = zone.name.lower()
        kind = "sip-line" if title.startswith(_LINE) else "sip-oauth" if title.startswith(_OAUTH) else "neighbour-sip"
        form = kinds.get(kind)
        if form is None or not zone.tls or title.startswith(_PLAIN):
            continue
        for peer in zone.neighbours:
            server = named(peer.value, nodes)
            if server is None or server.id == client.id or server.role not in form.server_roles:
                continue
            yield Connection(
                id=f"{kind}-{client.id}-{server.id}",
                kind=kind,
                client=client.id,
                server=server.id,
                port=zone.port or form.port,
                name=peer.value,
                verify_name=None,
                name_origin=_line(client, peer),
                client_zone=zone.number,
            )
            reverse = kinds.get("sip-reverse")
            if kind == "sip-line" and reverse is not None:
                # CUCM opens a second connection back to Expressway-C for secure lines (S10).
                yield Connection(
                    f"reverse-{server.id}-{client.id}", reverse.id, server.id, client.id, reverse.port, None, None
                )


def _dns_zones(edge: Node, nodes: Sequence[Node], kinds: Mapping[str, ConnectionKindForm]) -> Iterator[Connection]:
    """Outbound calls over DNS zones that verify a subject name, to the node that has this name (S12, S28)."""
    for zone in expressway.zones(edge.settings):
        wanted = zone.dns_name
        if wanted is None:
            continue
        server = named(wanted.value, [node for node in nodes if node.role in ("partner", "webex")])
        cloud = [node for node in nodes if node.role == "webex"]
        if server is None and wanted.value.lower().endswith(WEBEX) and len(cloud) == 1:
            server = cloud[0]
        kind = "webex-sip" if server is not None and server.role == "webex" else "b2b-sip"
        form = kinds.get(kind)
        if server is None or form is None or edge.role not in form.client_roles:
            continue
        yield Connection(
            id=f"{kind}-{edge.id}-{server.id}",
            kind=kind,
            client=edge.id,
            server=server.id,
            port=form.port,
            name=wanted.value,
            verify_name=None,
            name_origin=_line(edge, wanted),
            client_zone=zone.number,
        )


def _callers(edge: Node, nodes: Sequence[Node], kinds: Mapping[str, ConnectionKindForm]) -> Iterator[Connection]:
    """Calls from those whom only the log tells of (S02, S28); a site that describes its partners describes these too."""
    for caller in nodes:
        kind = {"webex": "webex-sip", "partner": "b2b-sip"}.get(caller.role, "") if caller.known_from else ""
        form = kinds.get(kind)
        if form and edge.role in form.server_roles:
            yield Connection(f"{kind}-{caller.id}-{edge.id}", kind, caller.id, edge.id, form.port, None, None)


def _management(node: Node, nodes: Sequence[Node], kinds: Mapping[str, ConnectionKindForm]) -> Iterator[Connection]:
    """LDAP, TMS and syslog over TLS, where the certificate of the other side is checked (S12)."""
    form = kinds.get("management")
    for port, address in _managers(node.settings) if form else ():
        server = named(address.value, nodes)
        if form and server is not None and server.role in form.server_roles:
            yield Connection(
                id=f"management-{node.id}-{server.id}",
                kind=form.id,
                client=node.id,
                server=server.id,
                port=port,
                name=address.value,
                verify_name=None,
                name_origin=_line(node, address),
            )


def _managers(settings: Mapping[str, Setting]) -> Iterator[tuple[int, Setting]]:
    ldap = expressway.lookup(settings, "Login Remote LDAP Server Address")
    if ldap and ldap.value and expressway.value(settings, "Login Remote LDAP Encryption").lower() == "tls":
        yield 636, ldap
    tms = expressway.lookup(settings, "ExternalManager Address")
    verified = expressway.value(settings, "ExternalManager Server Certificate Verification Mode").lower() == "on"
    if tms and tms.value and verified:
        yield 443, tms
    for key, address in settings.items():
        found = _SYSLOG.match(key.lower())
        if (
            found
            and address.value
            and expressway.value(settings, f"Remote Syslog {found[1]} Transport").lower() == "tls"
        ):
            yield 6514, address


def named(address: str, nodes: Iterable[Node]) -> Node | None:
    """Return the node that has this name or address."""
    wanted = address.lower().rstrip(".")
    return next((n for n in nodes if wanted in {x.lower() for x in (*n.names, *n.addresses)}), None)


def _line(node: Node, setting: Setting) -> Origin | None:
    return node.settings_origin.at(f"line {setting.line}") if node.settings_origin else None

"""Which connections a site has: from roles and settings, with those that the description gives laid over."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from certdoctor.deployment import configured, expressway, wording
from certdoctor.deployment.kinds import ConnectionKindForm
from certdoctor.deployment.model import Connection, Deployment, Node
from certdoctor.evidence.items import Origin, Setting
from certdoctor.evidence.site import ConnectionDescription

_EDGE = ("edge-https", "edge-sip", "edge-xmpp")


def connections(
    deployment: Deployment, given: Sequence[ConnectionDescription], kinds: Mapping[str, ConnectionKindForm]
) -> tuple[Connection, ...]:
    """Return all connections of the site.

    A connection given and one derived are the same when kind, client, server and port agree; the given one's
    fields then win.
    """
    found: dict[tuple[str, str, str, int | None], Connection] = {}
    described_pairs = {(described.client, described.server) for described in given}
    for connection in _derived(deployment, kinds):
        pair = (connection.client, connection.server)
        settings_known = any(deployment.nodes[node].settings for node in pair)
        # Roles alone are a guess: where the description speaks of a pair and no configuration does, it is right.
        if settings_known or pair not in described_pairs or connection.kind == "upload":
            found.setdefault(_key(connection), connection)
    for described in given:
        kind = kinds.get(described.kind)
        connection = Connection(
            id=described.id,
            kind=described.kind,
            client=described.client,
            server=described.server,
            port=described.port if described.port is not None else (kind.port if kind else None),
            name=described.name,
            verify_name=described.verify_name,
            client_identity=described.client_identity,
            server_identity=described.server_identity,
            store=described.store,
            given=True,
        )
        same = found.pop(_key(connection), None)
        found[_key(connection)] = _merged(connection, same) if same else connection
    return tuple(_accepting(connection, deployment) for connection in _unique(found.values()))


def _key(connection: Connection) -> tuple[str, str, str, int | None]:
    # Several certificates may be offered to one node; without a slot, "candidate" is meant (kb/connections/upload.yml).
    slot = connection.server_identity or "candidate" if connection.kind == "upload" else ""
    return (connection.kind + slot, connection.client, connection.server, connection.port)


def _merged(given: Connection, derived: Connection) -> Connection:
    name_origin = derived.name_origin if given.name in (None, derived.name) else None
    verify_origin = derived.verify_name_origin if given.verify_name in (None, derived.verify_name) else None
    return dataclasses.replace(
        given,
        name=given.name if given.name is not None else derived.name,
        verify_name=given.verify_name if given.verify_name is not None else derived.verify_name,
        name_origin=name_origin,
        verify_name_origin=verify_origin,
        assumptions=derived.assumptions if given.name is None else (),
        client_zone=derived.client_zone,
        server_zone=derived.server_zone,
    )


def _unique(found: Iterable[Connection]) -> Iterator[Connection]:
    taken: set[str] = set()
    for connection in found:
        name, number = connection.id, 2
        while name in taken:
            name, number = f"{connection.id}-{number}", number + 1
        taken.add(name)
        yield dataclasses.replace(connection, id=name)


def _accepting(connection: Connection, deployment: Deployment) -> Connection:
    """A client takes collab-edge.<domain> as well as the domain itself (S22: CollabEdgeDNS format)."""
    if connection.kind not in _EDGE or not connection.name:
        return connection
    name = connection.name.lower().rstrip(".")
    domain = name.removeprefix("collab-edge.")
    if name != domain or domain in deployment.domains:
        return dataclasses.replace(connection, accepted_names=(domain, f"collab-edge.{domain}"))
    return connection


def _derived(deployment: Deployment, kinds: Mapping[str, ConnectionKindForm]) -> Iterator[Connection]:
    nodes = tuple(deployment.nodes.values())
    rules: dict[str, Callable[[], Iterator[Connection]]] = {
        "traversal-sip": lambda: _traversal(nodes, "traversal-sip"),
        "traversal-ssh": lambda: _traversal(nodes, "traversal-ssh"),
        "edge-https": lambda: _edge(nodes, deployment.domains, kinds["edge-https"]),
        "uc-https": lambda: _to_uc_nodes(nodes, kinds["uc-https"]),
        "tftp-https": lambda: _to_uc_nodes(nodes, kinds["tftp-https"]),
        "cluster": lambda: _cluster(nodes, kinds["cluster"]),
        "upload": lambda: _uploads(nodes),
    }
    for kind, rule in rules.items():
        if kind in kinds:
            yield from rule()
    yield from configured.connections(deployment, kinds)


def _with_role(nodes: Iterable[Node], roles: Sequence[str]) -> tuple[Node, ...]:
    return tuple(node for node in nodes if node.role in roles)


def _traversal(nodes: Sequence[Node], kind: str) -> Iterator[Connection]:
    edges = _with_role(nodes, ["expressway-e"])
    for client in _with_role(nodes, ["expressway-c"]):
        zones = [zone for zone in expressway.zones(client.settings) if zone.role == "client" and zone.peers]
        if zones:
            for zone in zones:
                for peer, server, assumed in _match_peers(zone.peers, edges):
                    made = _traversal_connection(
                        kind, client, server, zone.port, peer.value, _line(client, peer), assumed
                    )
                    yield dataclasses.replace(made, client_zone=zone.number)
        elif not client.settings:
            for server in edges:
                yield _traversal_connection(kind, client, server, None, server.name, None, "")


def _traversal_connection(
    kind: str, client: Node, server: Node, port: int | None, name: str, origin: Origin | None, assumed: str
) -> Connection:
    served = [zone for zone in expressway.zones(server.settings) if zone.role == "server"]
    zone = next((z for z in served if port is None or z.port in (None, port)), served[0] if served else None)
    ssh = kind == "traversal-ssh"
    verify = zone.verify_name if zone and not ssh else None
    return Connection(
        id=f"{'ssh' if ssh else 'sip'}-{client.id}-{server.id}",
        kind=kind,
        client=client.id,
        server=server.id,
        port=2222 if ssh else port or (zone.port if zone else None) or 7001,
        name=name,
        verify_name=verify.value if verify else None,
        name_origin=origin,
        verify_name_origin=_line(server, verify) if verify else None,
        assumptions=(assumed,) if assumed else (),
        server_zone=zone.number if zone else None,
    )


def _match_peers(peers: Sequence[Setting], edges: Sequence[Node]) -> Iterator[tuple[Setting, Node, str]]:
    """Pair each peer address with the Expressway-E it means.

    A peer address may be wrong, which is a fault to be found: so an address that is no node's name or address
    goes to the node left over whose name is most alike, and that is said.
    """
    left = list(edges)
    open_peers: list[Setting] = []
    for peer in peers:
        node = next((e for e in edges if peer.value.lower() in {x.lower() for x in (*e.names, *e.addresses)}), None)
        if node is None:
            open_peers.append(peer)
        else:
            if node in left:
                left.remove(node)
            yield peer, node, ""
    for peer in open_peers:
        if not left:
            return
        node = max(
            left,
            key=lambda e: max(difflib.SequenceMatcher(None, peer.value, n).ratio() for n in (*e.names, e.id)),
        )
        left.remove(node)
        yield peer, node, wording.PEER_ASSUMED.format(peer=peer.value, node=node.id)


def _edge(nodes: Sequence[Node], domains: Sequence[str], kind: ConnectionKindForm) -> Iterator[Connection]:
    for client in _with_role(nodes, kind.client_roles):
        for server in _with_role(nodes, kind.server_roles):
            name = domains[0] if domains else server.name
            yield Connection(f"edge-{client.id}-{server.id}", kind.id, client.id, server.id, kind.port, name, None)


def _to_uc_nodes(nodes: Sequence[Node], kind: ConnectionKindForm) -> Iterator[Connection]:
    prefix = {"uc-https": "https", "tftp-https": "tftp"}.get(kind.id, kind.id)
    for client in _with_role(nodes, kind.client_roles):
        for server in _with_role(nodes, kind.server_roles):
            yield Connection(
                f"{prefix}-{client.id}-{server.id}",
                kind.id,
                client.id,
                server.id,
                kind.port,
                server.name,
                None,
            )


def _cluster(nodes: Sequence[Node], kind: ConnectionKindForm) -> Iterator[Connection]:
    """The connections between peers, under the peer addresses of the configuration; without it none is known."""
    for client in _with_role(nodes, kind.client_roles):
        others = [n for n in nodes if n.id != client.id and n.role == client.role and n.cluster == client.cluster]
        own = {name.lower() for name in (*client.names, *client.addresses)}
        peers = [peer for peer in expressway.cluster_peers(client.settings) if peer.value.lower() not in own]
        # One address too many is the node's own, under a name that it does not have.
        peers.sort(
            key=lambda peer: max(difflib.SequenceMatcher(None, peer.value, n).ratio() for n in (*own, client.id))
        )
        for peer, server, assumed in _match_peers(peers[: len(others)], others):
            yield Connection(
                f"cluster-{client.id}-{server.id}",
                kind.id,
                client.id,
                server.id,
                kind.port,
                peer.value,
                None,
                name_origin=_line(client, peer),
                assumptions=(assumed,) if assumed else (),
            )


def _uploads(nodes: Sequence[Node]) -> Iterator[Connection]:
    for node in nodes:
        for slot in node.identities:
            if slot.startswith("candidate"):
                yield Connection(
                    f"upload-{node.id}", "upload", node.id, node.id, None, None, None, server_identity=slot
                )


def _line(node: Node, setting: Setting) -> Origin | None:
    return node.settings_origin.at(f"line {setting.line}") if node.settings_origin else None

"""The boxes that a fix is carried out on, in the order in which it is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from certdoctor.deployment import expressway
from certdoctor.deployment.model import Deployment, Node
from certdoctor.facts.peers import peers_of

# The far end of the traffic first: what connects inwards then meets boxes that are done (E before C before CUCM).
_OUTWARDS = ("expressway-e", "expressway-c", "cucm", "imp", "cuc", "cms")
# X12.5 and before say Master.
_PRIMARY = ("Alternates ConfigurationPrimary", "Alternates ConfigurationMaster")


@dataclass(frozen=True, slots=True)
class Box:
    """One box in its place: "primary" or "peer" of a cluster, "" where no cluster of it is known."""

    node: Node
    place: str = ""


def in_order(ids: Iterable[str], deployment: Deployment) -> tuple[Box, ...]:
    """Return these nodes and the peers of their Expressway clusters in the order of the work.

    Primary first, as far as the configuration tells which one it is, then the peers as the cluster lists them.
    """
    nodes: dict[str, Node] = {}
    for id_ in ids:
        node = deployment.nodes.get(id_)
        if node is not None:
            nodes[node.id] = node
            nodes |= {peer.id: peer for peer in (peers_of(node, deployment) if node.is_expressway else ())}
    given = list(deployment.nodes)

    def place(node: Node) -> tuple[int, str, int, int, int]:
        role = _OUTWARDS.index(node.role) if node.role in _OUTWARDS else len(_OUTWARDS)
        cluster = (node.cluster or "").lower()
        return role, cluster, not is_primary(node), _number(node), given.index(node.id)

    return tuple(Box(node, _place(node, deployment)) for node in sorted(nodes.values(), key=place))


def is_primary(node: Node) -> bool:
    """Tell whether the node's own configuration names it as the primary of its cluster."""
    number = next((found for path in _PRIMARY if (found := expressway.value(node.settings, path))), "")
    return number.isdigit() and int(number) == _number(node) > 0


def _place(node: Node, deployment: Deployment) -> str:
    if not peers_of(node, deployment):
        return ""
    return "primary" if is_primary(node) else "peer"


def _number(node: Node) -> int:
    """The number of a node among the peers of its cluster from 1, 0 where its configuration does not tell."""
    own = {name.lower() for name in (*node.names, *node.addresses)}
    peers = expressway.cluster_peers(node.settings)
    return next((n for n, peer in enumerate(peers, 1) if peer.value.lower() in own), 0)

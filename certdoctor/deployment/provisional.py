"""Boxes that are known only from what another one's diagnostic archive says of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from ipaddress import ip_address

from certdoctor.deployment import expressway
from certdoctor.deployment.model import Node
from certdoctor.evidence.items import Origin, Setting


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
                    found.setdefault(
                        peer.value.lower(), _node(peer, origin.at(f"line {peer.line}") if origin else None, taken)
                    )
    return tuple(found.values())


def _node(peer: Setting, origin: Origin | None, taken: Iterable[str]) -> Node:
    stem = re.sub(r"[^a-z0-9-]+", "-", peer.value.lower().partition(".")[0] if not _is_address(peer.value)
                  else f"e-{peer.value.lower()}").strip("-")[:60] or "expressway-e"  # fmt: skip
    held, number, name = set(taken), 1, stem
    while name in held:
        number += 1
        name = f"{stem}-{number}"
    at = (peer.value,)
    return Node(
        id=name,
        role="expressway-e",
        names=() if _is_address(peer.value) else at,
        addresses=at if _is_address(peer.value) else (),
        known_from=origin,
    )


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True

"""Partners and Webex as far as an Expressway's zones name them and its log tells of a handshake with them.

A zone alone adds nobody: most are well, and nothing is known of the certificates at their other end.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping

from certdoctor.deployment import expressway
from certdoctor.deployment.model import CLIENT, SERVER, Node
from certdoctor.deployment.provisional import Told, known_as

WEBEX = (".webex.com", ".ciscospark.com")
_WEBEX_PORT, _SIP_TLS = 5062, 5061  # Webex calls on the port for mutual TLS (S28)
_MOST = 4  # partners; whoever else knocks is no partner of the site


def partners(nodes: Mapping[str, Node], told: Iterable[Told]) -> Mapping[str, Node]:
    """Return the nodes, and those at the other end of a zone that a certificate line is about.

    Args:
        nodes: the nodes that are known, by id.
        told: what log lines tell of the connections they are about.
    """
    found = dict(nodes)
    for line in told:
        node = nodes.get(line.node)
        if node is None or not node.is_expressway or not node.settings:
            continue
        at = next((name for name, other in found.items() if line.address in other.addresses), "")
        for who, role in _far_end(node, line):
            holder = next(
                (n for n in found.values() if who.lower() in {x.lower() for x in (*n.names, *n.addresses)}), None
            )
            if holder is None and not at and len(found) - len(nodes) < _MOST:
                holder = known_as(who, role, line.origin, found)
            if holder is not None and holder.id not in nodes:
                if line.address and line.address not in holder.addresses and not at:
                    holder = dataclasses.replace(holder, addresses=(*holder.addresses, line.address))
                found[holder.id] = holder
    return found


def _far_end(node: Node, line: Told) -> Iterator[tuple[str, str]]:
    """The name or address of the other end and its role, where a zone tells whom a line is about."""
    zones = expressway.zones(node.settings)
    wanted = {text.lower().rstrip(".") for text in (line.name, line.address) if text}
    if line.acting == CLIENT:
        for zone in zones:
            peers = [*(zone.neighbours if zone.tls else ()), *([zone.dns_name] if zone.dns_name else [])]
            for peer in peers:
                if peer.value.lower().rstrip(".") in wanted:
                    yield peer.value, _role(node, peer.value)
                    return
    elif line.acting == SERVER and line.address and node.role == "expressway-e":
        for zone in zones:
            if line.port == _WEBEX_PORT and zone.dns_name and zone.dns_name.value.lower().endswith(WEBEX):
                yield zone.dns_name.value, "webex"
                return
            if zone.tls and line.address in {peer.value for peer in zone.neighbours}:
                yield line.address, "partner"
                return
        # Usages are looked at after the chain: the caller is known to a CA that is trusted here, so no scanner.
        if line.port in (_SIP_TLS, None) and line.reason == "purpose":
            yield line.address, "partner"


def _role(node: Node, name: str) -> str:
    return "webex" if node.role == "expressway-e" and name.lower().endswith(WEBEX) else "partner"

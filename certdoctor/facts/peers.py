"""Peers of an Expressway cluster beside each other: keys, names, trust lists, and how they check one another.

Trust lists, certificates and keys are not replicated between the peers of a cluster (S10, S21): each peer has its own,
and a difference matters only where a certificate is refused for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from certdoctor.deployment import expressway
from certdoctor.deployment.model import Deployment, Identity, Judgement, Node
from certdoctor.evidence.items import Certificate
from certdoctor.facts.derive import node_subject, side_subject
from certdoctor.facts.model import Fact
from certdoctor.text import clean

_MODE = "Alternates TLSVerificationMode"


def peers_of(node: Node, deployment: Deployment) -> tuple[Node, ...]:
    """Return the other nodes of the same product in the same cluster.

    A cluster is known by its name; one of CUCM, IM&P or Unity Connection also by the multi-server certificate that its
    nodes share.
    """
    return tuple(
        other
        for other in deployment.nodes.values()
        if other.id != node.id and other.role == node.role and _one_cluster(node, other)
    )


def _one_cluster(node: Node, other: Node) -> bool:
    if node.cluster or other.cluster or node.is_expressway:
        return bool(node.cluster) and (node.cluster or "").lower() == (other.cluster or "").lower()
    own, others = node.identities.get("tomcat"), other.identities.get("tomcat")
    return own is not None and others is not None and own.leaf.certificate.sha256 == others.leaf.certificate.sha256


def observe_peers(deployment: Deployment, judgements: Sequence[Judgement]) -> Iterator[Fact]:
    """Yield what the peers of every Expressway cluster have in common and where they differ."""
    for node in deployment.nodes.values():
        peers = peers_of(node, deployment)
        if node.is_expressway and peers:
            yield from _verification(node)
            yield from _keys(node, peers)
            yield from _owner(node, peers)
    for judgement in judgements:
        yield from _list(judgement, peers_of(judgement.verifier, deployment))
        if judgement.connection.kind == "upload" and judgement.presenter.is_expressway and judgement.sent:
            yield from _offered(judgement, peers_of(judgement.presenter, deployment))


def _fact(node: Node, about: str, value: str, seen: Sequence[str], /, **bindings: str) -> Fact:
    shown = {"node": node.id, "node_name": clean(node.name), "cluster": clean(node.cluster or ""), **bindings}
    return Fact(about, node_subject(node), value, bindings=shown, seen=tuple(seen))


def _verification(node: Node) -> Iterator[Fact]:
    mode = expressway.lookup(node.settings, _MODE)
    if mode is None:
        return
    value = "enforcing" if mode.value.lower().startswith("enforc") else "permissive"
    seen = (str(node.settings_origin.at(f"line {mode.line}")),) if node.settings_origin else ()
    yield _fact(node, "cluster.verification", value, seen, setting=_MODE)


def _in_use(node: Node) -> Iterator[Identity]:
    return (node.identities[slot] for slot in ("server", "client") if slot in node.identities)


def _keys(node: Node, peers: Sequence[Node]) -> Iterator[Fact]:
    known = [(peer, identity) for peer in peers for identity in _in_use(peer)]
    for identity in _in_use(node) if known else ():
        key = identity.leaf.certificate.public_key_sha256
        same = [(peer, held) for peer, held in known if held.leaf.certificate.public_key_sha256 == key]
        if same:
            yield _fact(
                node,
                "cluster.key",
                "shared",
                (str(identity.leaf.origin), *(str(held.leaf.origin) for _, held in same)),
                leaf=clean(identity.leaf.certificate.label),
                peers=clean(", ".join(dict.fromkeys(peer.name for peer, _ in same))),
            )
            return
    if known:
        yield _fact(node, "cluster.key", "own", (), leaf="", peers="")


def _owner(node: Node, peers: Sequence[Node]) -> Iterator[Fact]:
    server = node.identities.get("server")
    if server is None:
        return
    leaf = server.leaf.certificate
    other = _named_peer(leaf, node, peers)
    yield _fact(
        node,
        "cluster.certificate",
        "of_peer" if other else "own",
        (str(server.leaf.origin),),
        leaf=clean(leaf.label),
        peer=clean(other.name) if other else "",
        names=clean(", ".join(leaf.names)),
    )


def _named_peer(leaf: Certificate, node: Node, peers: Sequence[Node]) -> Node | None:
    """Return the peer whose own name the certificate holds, if it holds none of the node's, as CN neither."""
    held = {name.lower() for name in leaf.names}
    if _own_names(node) & {*held, (leaf.common_name or "").lower()}:
        return None
    return next((peer for peer in peers if held & _own_names(peer)), None)


def _own_names(node: Node) -> set[str]:
    return {name.lower() for name in node.names} - {(node.cluster or "").lower()}


def _offered(judgement: Judgement, peers: Sequence[Node]) -> Iterator[Fact]:
    leaf, node = judgement.sent[0], judgement.presenter
    if not peers or not _own_names(node):
        return
    other = _named_peer(leaf, node, peers)
    yield Fact(
        "upload.owner",
        side_subject(judgement),
        "peer" if other else "own",
        bindings={
            "leaf": clean(leaf.label),
            "node": node.id,
            "node_name": clean(node.name),
            "peer": clean(other.name) if other else "",
        },
        seen=(str(judgement.identity.leaf.origin),) if judgement.identity else (),
    )


def _list(judgement: Judgement, peers: Sequence[Node]) -> Iterator[Fact]:
    trust, missing = judgement.trust, judgement.missing
    if trust is None or missing is None or not peers:
        return
    lists = [peer.trust[trust.name] for peer in peers if trust.name in peer.trust]
    if not lists:
        return
    wanted = {found.certificate.sha256 for found in (*missing.available, *missing.to_add)}
    holder = next((held for held in lists if any(e.certificate.sha256 in wanted for e in held.entries)), None)
    entry = next((e for e in holder.entries if e.certificate.sha256 in wanted), None) if holder else None
    yield Fact(
        "peer.trust",
        side_subject(judgement),
        "peer_holds" if holder else "no_peer_holds",
        bindings={
            "verifier": judgement.verifier.id,
            "verifier_name": clean(judgement.verifier.name),
            "peer": holder.node if holder else "",
            "ca": clean(entry.certificate.label if entry else missing.subject),
        },
        seen=(holder.document.origin.path, trust.document.origin.path) if holder else (trust.document.origin.path,),
    )

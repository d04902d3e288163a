"""What stands in an Expressway's own stores: its trust list, its certificate, its pending request."""

from __future__ import annotations

from collections.abc import Iterator

from certdoctor.deployment.model import Deployment, Node
from certdoctor.evidence.items import Certificate
from certdoctor.facts.derive import node_subject
from certdoctor.facts.model import Fact
from certdoctor.text import clean

_COMMON_NAME = 64  # characters: ub-common-name (RFC 5280, appendix A.1)


def observe_stores(deployment: Deployment) -> Iterator[Fact]:
    """Yield the facts about trust list, certificate and request of every Expressway."""
    for node in deployment.nodes.values():
        if node.is_expressway:
            yield from _same_names(node)
            yield from _wiped(node)
            yield from _request(node)


def _fact(node: Node, about: str, value: str, seen: tuple[str, ...], /, **bindings: str) -> Fact:
    shown = {"node": node.id, "node_name": clean(node.name), **bindings}
    return Fact(about, node_subject(node), value, bindings=shown, seen=seen)


def _same_names(node: Node) -> Iterator[Fact]:
    trust = node.trust.get("ca")
    if trust is None:
        return
    by_name: dict[str, set[str]] = {}
    for entry in trust.entries:
        if entry.certificate.is_ca and entry.certificate.common_name:
            by_name.setdefault(entry.certificate.common_name, set()).add(entry.certificate.sha256)
    several = sorted(name for name, held in by_name.items() if len(held) > 1)
    yield _fact(
        node,
        "list.same_cn",
        "several" if several else "none",
        (trust.document.origin.path,),
        list=f"{node.id}: Trusted CA certificate",
        ca=clean("; ".join(several)) or "–",
    )


def _wiped(node: Node) -> Iterator[Fact]:
    server, trust = node.identities.get("server"), node.trust.get("ca")
    if server is None or trust is None:
        return
    leaf = server.leaf.certificate
    # A reset leaves the temporary certificate and, at most, the temporary CA that made it.
    others = [entry for entry in trust.entries if not _temporary(entry.certificate)]
    wiped = _temporary(leaf) and not others
    yield _fact(
        node,
        "node.stores",
        "as_installed" if wiped else "filled",
        (str(server.leaf.origin), trust.document.origin.path),
        leaf=clean(leaf.label),
    )


def _temporary(certificate: Certificate) -> bool:
    return any("temporary" in name.lower() for name in (certificate.subject, certificate.issuer))


def _request(node: Node) -> Iterator[Fact]:
    if node.requests:
        name = node.requests[-1].common_name or ""
        yield _fact(
            node,
            "request.common_name",
            "too_long" if len(name) > _COMMON_NAME else "within",
            (),
            name=clean(name) or "–",
            length=str(len(name)),
        )

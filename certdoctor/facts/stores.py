"""What stands in an Expressway's own stores: its trust list, its certificate, its pending request."""

from __future__ import annotations

import re
from collections.abc import Iterator

from certdoctor.deployment import names
from certdoctor.deployment.model import Deployment, Node
from certdoctor.evidence.items import Certificate, SigningRequest
from certdoctor.facts.authorities import Authorities
from certdoctor.facts.certificates import is_public
from certdoctor.facts.derive import node_subject
from certdoctor.facts.model import Fact
from certdoctor.text import clean

# Attributes of a subject besides its CN, in the spelling of RFC 4514.
_ATTRIBUTE = re.compile(r"(?:^|[,+])((?:O|OU|L|ST|C)=(?:\\\\.|[^,+])*)")
_COMMON_NAME = 64  # characters: ub-common-name (RFC 5280, appendix A.1)


def observe_stores(deployment: Deployment, authorities: Authorities) -> Iterator[Fact]:
    """Yield the facts about trust list, certificate and request of every Expressway.

    Args:
        deployment: the site.
        authorities: the known CAs, Let's Encrypt's among them.
    """
    for node in deployment.nodes.values():
        if node.is_expressway:
            yield from _same_names(node)
            yield from _wiped(node)
            yield from _request(node, authorities)


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


def _request(node: Node, authorities: Authorities) -> Iterator[Fact]:
    if not node.requests:
        return
    request = node.requests[-1]
    name = request.common_name or ""
    yield _fact(
        node,
        "request.common_name",
        "too_long" if len(name) > _COMMON_NAME else "within",
        (),
        name=clean(name) or "–",
        length=str(len(name)),
    )
    hosts = (*request.dns_names, *request.ip_addresses, *((name,) if name and " " not in name else ()))
    inside = [host for host in dict.fromkeys(hosts) if names.is_internal(host)]
    yield _fact(
        node,
        "request.names",
        "internal" if inside else "public",
        (),
        internal_names=clean(", ".join(inside)) or "–",
    )
    server = node.identities.get("server")
    held = server.leaf.certificate if server else None
    if server is not None and held is not None and (is_public(held) or authorities.is_lets_encrypt(held.issuer)):
        yield _fact(node, "request.meant_for", "public_ca", (str(server.leaf.origin),), issuer=clean(held.issuer))
    yield from _subject(node, request, authorities)
    yield from _names_issued(node, request)


def _subject(node: Node, request: SigningRequest, authorities: Authorities) -> Iterator[Fact]:
    """Whether the subject that was asked for is in the certificate that Let's Encrypt issued for this request."""
    for identity in node.identities.values():
        leaf = identity.leaf.certificate
        if leaf.public_key_sha256 == request.public_key_sha256 and authorities.is_lets_encrypt(leaf.issuer):
            held = set(_ATTRIBUTE.findall(leaf.subject))
            gone = [attribute for attribute in _ATTRIBUTE.findall(request.subject) if attribute not in held]
            yield _fact(
                node,
                "request.subject",
                "dropped" if gone else "kept",
                (str(identity.leaf.origin),),
                leaf=clean(leaf.label),
                attributes=clean(", ".join(gone)) or "–",
            )
            return


def _names_issued(node: Node, request: SigningRequest) -> Iterator[Fact]:
    """Whether the certificate in use has the names that its own request asked for."""
    for slot in ("server", "client"):
        leaf = node.identities[slot].leaf if slot in node.identities else None
        if leaf is not None and leaf.certificate.public_key_sha256 == request.public_key_sha256:
            held = {name.lower() for name in leaf.certificate.names}
            gone = [name for name in (*request.dns_names, *request.ip_addresses) if name.lower() not in held]
            yield _fact(
                node,
                "request.names_issued",
                "dropped" if gone else "kept",
                (str(leaf.origin),),
                leaf=clean(leaf.certificate.label),
                dropped_names=clean(", ".join(gone)) or "–",
                presenter_name=clean(node.name),
            )
            return

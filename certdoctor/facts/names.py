"""Names that the certificates of Expressways must hold besides those of the boxes themselves.

Secure phone profiles of CUCM, chat node aliases and federated domains of IM&P (S18, S22), and names in forms that
public CAs leave out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from certdoctor.deployment import names
from certdoctor.deployment.model import Deployment, Node
from certdoctor.facts.derive import node_subject
from certdoctor.facts.model import Fact
from certdoctor.text import clean

_LABEL = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)")
_STRICT_REQUESTS = "X12.6"  # from here on a request is refused where a profile's name is no FQDN (S18, S22)
# id-on-xmppAddr (RFC 6120) and id-on-dnsSRV (RFC 4985), as the readers of certificates name them
_XMPP_FORMS = {"othername:1.3.6.1.5.5.7.8.5": "XMPPAddr", "othername:1.3.6.1.5.5.7.8.7": "SRVName"}


def observe_names(deployment: Deployment) -> Iterator[Fact]:
    """Yield whether the names that phones, chat and federation need are in the certificates of the Expressways."""
    profiles = _all(node.phone_security_profiles for node in deployment.nodes.values())
    aliases = _all(node.chat_aliases for node in deployment.nodes.values())
    domains = _all(node.federation_domains for node in deployment.nodes.values())
    for node in deployment.nodes.values():
        if node.is_expressway:
            if node.role == "expressway-c":
                yield from _held(node, "profiles.names", [name for name in profiles if is_fqdn(name)])
            else:
                yield from _held(node, "federation.domains", domains)
            yield from _held(node, "chat.aliases", aliases)
            yield from _xmpp_names(node)
        elif node.phone_security_profiles:
            yield from _profiles(node, deployment)


def is_fqdn(name: str) -> bool:
    """Say whether a name has the form host.domain.tld, made of letters, digits and hyphens."""
    labels = name.rstrip(".").split(".")
    return len(labels) > 1 and all(_LABEL.fullmatch(label) for label in labels)


def _all(lists: Iterable[Sequence[str]]) -> list[str]:
    return list(dict.fromkeys(name for held in lists for name in held))


def _fact(node: Node, about: str, value: str, seen: tuple[str, ...], /, **bindings: str) -> Fact:
    shown = {"node": node.id, "node_name": clean(node.name), **bindings}
    return Fact(about, node_subject(node), value, bindings=shown, seen=seen)


def _held(node: Node, about: str, wanted: Sequence[str]) -> Iterator[Fact]:
    server = node.identities.get("server")
    if server is None or not wanted:
        return
    leaf = server.leaf.certificate
    lacking = [name for name in wanted if names.match(leaf, (name,)) != names.SAN]
    yield _fact(
        node,
        about,
        "missing" if lacking else "in_san",
        (str(server.leaf.origin),),
        leaf=clean(leaf.label),
        names=clean(", ".join(leaf.names)) or "–",
        missing_names=clean(", ".join(lacking)) or "–",
    )


def _profiles(node: Node, deployment: Deployment) -> Iterator[Fact]:
    other = [name for name in node.phone_security_profiles if not is_fqdn(name)]
    yield _fact(node, "profiles.form", "other" if other else "fqdn", (), profiles=clean(", ".join(other)) or "–")
    versions = [n.version for n in deployment.nodes.values() if n.role == "expressway-c" and n.version is not None]
    if versions:
        strict = any(version.at_least(_STRICT_REQUESTS) for version in versions)
        yield _fact(node, "profiles.requests", "strict" if strict else "lenient", ())


def _xmpp_names(node: Node) -> Iterator[Fact]:
    if not node.requests:
        return
    request = node.requests[-1]
    asked = [name for name in request.other_names if name in _XMPP_FORMS]
    issued = [
        identity
        for slot, identity in node.identities.items()
        if slot != "previous" and identity.leaf.certificate.public_key_sha256 == request.public_key_sha256
    ]
    lacking = [i for i in issued if any(name not in i.leaf.certificate.other_names for name in asked)]
    value = "none" if not asked else "dropped" if lacking else "kept" if issued else "asked"
    yield _fact(
        node,
        "request.xmpp_names",
        value,
        tuple(str(identity.leaf.origin) for identity in lacking[:1]),
        form=", ".join(dict.fromkeys(_XMPP_FORMS[name] for name in asked)) or "–",
        leaf=clean(lacking[0].leaf.certificate.label) if lacking else "–",
    )

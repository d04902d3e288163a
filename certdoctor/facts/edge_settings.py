"""Settings of Expressways that decide how clients and federated partners fare, certificates apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from certdoctor.deployment import expressway
from certdoctor.deployment.model import SERVER, Deployment, Judgement, Node
from certdoctor.facts.derive import node_subject, side_subject
from certdoctor.facts.model import Fact
from certdoctor.facts.peers import peers_of
from certdoctor.text import clean

_DOMAIN = "IP DNS Domain Name"
_ONBOARDING = "CollaborationEdge AllowOnboardingOverMra"
_HOST_NAME = "XCP TLS Certificate CVS VerifyHostname"


def observe_edge_settings(deployment: Deployment, judgements: Sequence[Judgement]) -> Iterator[Fact]:
    """Yield the facts about DNS domain names of peers, activation code onboarding and checks of XMPP partners."""
    for node in deployment.nodes.values():
        if node.is_expressway:
            yield from _domain(node, peers_of(node, deployment))
            yield from _onboarding(node)
    for judgement in judgements:
        if judgement.connection.kind == "xmpp-federation" and judgement.side == SERVER:
            yield from _host_name(judgement)


def _seen(node: Node, path: str) -> tuple[str, ...]:
    setting = expressway.lookup(node.settings, path)
    return (str(node.settings_origin.at(f"line {setting.line}")),) if setting and node.settings_origin else ()


def _domain(node: Node, peers: Sequence[Node]) -> Iterator[Fact]:
    own = expressway.value(node.settings, _DOMAIN)
    known = [(peer, domain) for peer in peers if (domain := expressway.value(peer.settings, _DOMAIN))]
    if not own or not known:
        return
    other, theirs = next((pair for pair in known if pair[1] != own), known[0])
    value = "same" if theirs == own else "other_case" if theirs.lower() == own.lower() else "other"
    shown = {
        "node": node.id,
        "node_name": clean(node.name),
        "cluster": clean(node.cluster or ""),
        "domain": clean(own),
        "peer": clean(other.name),
        "peer_domain": clean(theirs),
    }
    seen = (*_seen(node, _DOMAIN), *_seen(other, _DOMAIN))
    yield Fact("peers.domain_name", node_subject(node), value, bindings=shown, seen=seen)


def _onboarding(node: Node) -> Iterator[Fact]:
    setting = expressway.lookup(node.settings, _ONBOARDING)
    if setting is not None and setting.value.lower() in ("on", "off"):
        shown = {"node": node.id, "node_name": clean(node.name)}
        seen = _seen(node, _ONBOARDING)
        yield Fact("mra.onboarding", node_subject(node), setting.value.lower(), bindings=shown, seen=seen)


def _host_name(j: Judgement) -> Iterator[Fact]:
    setting = expressway.lookup(j.verifier.settings, _HOST_NAME)
    if setting is not None and setting.value.lower() in ("on", "off"):
        shown = {"verifier_name": clean(j.verifier.name), "setting": _HOST_NAME}
        seen = _seen(j.verifier, _HOST_NAME)
        yield Fact("xcp.host_name", side_subject(j), setting.value.lower(), bindings=shown, seen=seen)

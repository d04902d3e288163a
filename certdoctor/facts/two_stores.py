"""The client and the server store of an Expressway from X15.5 on: renewed apart, issued by different CAs.

Towards a server, such as CUCM, the box shows the certificate of the client store (S02).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from certdoctor.deployment.model import CLIENT, Deployment, Judgement, Node
from certdoctor.facts.derive import certificate_subject, date, side_subject, soon
from certdoctor.facts.model import Fact
from certdoctor.text import clean


def observe_two_stores(deployment: Deployment, judgements: Sequence[Judgement]) -> Iterator[Fact]:
    """Yield how the two stores of every Expressway stand to each other, for itself and for those it connects to."""
    told: set[str] = set()
    for node in deployment.nodes.values():
        for fact in _left_behind(node, deployment):
            if fact.subject.id not in told:
                told.add(fact.subject.id)
                yield fact
    for judgement in judgements:
        if judgement.side == CLIENT and judgement.presenter.is_expressway:
            yield from _issuers(judgement)


def _left_behind(node: Node, deployment: Deployment) -> Iterator[Fact]:
    client, server = node.identities.get("client"), node.identities.get("server")
    if client is None or server is None or not node.is_expressway:
        return
    old, new = client.leaf.certificate, server.leaf.certificate
    if old.sha256 == new.sha256:
        return
    lasting = new.not_after - deployment.at >= soon(new)
    behind = lasting and old.not_before < new.not_before and old.not_after < new.not_after
    yield Fact(
        "certificate.beside_server",
        certificate_subject(old),
        "left_behind" if behind else "kept_up",
        bindings={
            "leaf": clean(old.label),
            "node_name": clean(node.name),
            "not_after": date(old.not_after),
            "server_not_before": date(new.not_before),
            "server_not_after": date(new.not_after),
        },
        seen=(str(client.leaf.origin), str(server.leaf.origin)),
    )


def _issuers(j: Judgement) -> Iterator[Fact]:
    server = j.presenter.identities.get("server")
    if j.identity is None or j.identity.slot != "client" or server is None or j.trust is None:
        return
    leaf, other = j.sent[0], server.leaf.certificate
    listed = {entry.certificate.subject_key for entry in j.trust.entries}
    if leaf.issuer_key == other.issuer_key:
        value = "same"
    else:
        value = "server_listed" if other.issuer_key in listed else "server_not_listed"
    yield Fact(
        "stores.issuers",
        side_subject(j),
        value,
        bindings={
            "leaf": clean(leaf.label),
            "client_issuer": clean(leaf.issuer),
            "server_issuer": clean(other.issuer),
            "presenter_name": clean(j.presenter.name),
            "verifier_name": clean(j.verifier.name),
        },
        seen=(str(j.identity.leaf.origin), str(server.leaf.origin), j.trust.document.origin.path),
    )

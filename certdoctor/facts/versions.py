"""What the versions of boxes that work together mean for each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from certdoctor.deployment import expressway
from certdoctor.deployment.judge import ANY_USAGE, CLIENT_AUTH
from certdoctor.deployment.model import SERVER, Deployment, Judgement
from certdoctor.deployment.version import Version
from certdoctor.evidence.items import Certificate
from certdoctor.facts.derive import node_subject, side_subject, usages
from certdoctor.facts.model import Fact
from certdoctor.text import clean

_MRA = "CollaborationEdge Enabled"
# Versions that changed what is asked of the client role; both ends of a zone must be on one side of each (S03).
_CLIENT_ROLE = ("X15.4", "X15.5")
_STRICT_KEY_EXCHANGE = "X8.7.2"  # rejects the 768-bit Diffie-Hellman keys of CUCM and IM&P up to 9.x (S31)
_WEAK_KEY_EXCHANGE = 9  # major release


def observe_versions(deployment: Deployment, judgements: Sequence[Judgement]) -> Iterator[Fact]:
    """Yield the facts about traversal zones and UC nodes whose versions do not go together."""
    for judgement in judgements:
        if judgement.connection.kind == "traversal-sip" and judgement.side == SERVER:
            yield from _zone(judgement)
    yield from _uc_nodes(deployment)


def _zone(j: Judgement) -> Iterator[Fact]:
    subject = side_subject(j)
    edge, core = j.presenter, j.verifier
    if edge.version is not None and core.version is not None:
        apart = any(edge.version.at_least(since) != core.version.at_least(since) for since in _CLIENT_ROLE)
        newer, older = (edge, core) if edge.version > core.version else (core, edge)
        shown = {
            "newer": clean(newer.name),
            "newer_version": clean(str(newer.version)),
            "older": clean(older.name),
            "older_version": clean(str(older.version)),
        }
        yield Fact("zone.versions", subject, "apart" if apart else "together", bindings=shown)
    if core.version is not None:
        early = not core.version.at_least("X15.4")
        shown = {"verifier_name": clean(core.name), "version": clean(str(core.version))}
        yield Fact("verifier.version", subject, "before_x15_4" if early else "x15_4_or_later", bindings=shown)
    modes = [expressway.value(node.settings, _MRA).lower() for node in (core, edge)]
    if "on" in modes or "off" in modes:
        yield Fact("zone.mra", subject, "off" if "off" in modes else "on", bindings={"setting": _MRA})
    if j.identity is not None:
        leaf = j.sent[0]
        yield Fact(
            "leaf.client_role",
            subject,
            "permitted" if _may_be_client(leaf) else "not_permitted",
            bindings={"leaf": clean(leaf.label), "usages": usages(leaf), "presenter_name": clean(edge.name)},
            seen=(str(j.identity.leaf.origin),),
        )


def _may_be_client(leaf: Certificate) -> bool:
    held = leaf.extended_key_usage
    return held is None or CLIENT_AUTH in held or ANY_USAGE in held


def _uc_nodes(deployment: Deployment) -> Iterator[Fact]:
    cores = [node for node in deployment.nodes.values() if node.role == "expressway-c" and node.version is not None]
    strict = next((node for node in cores if node.version and node.version.at_least(_STRICT_KEY_EXCHANGE)), None)
    for node in deployment.nodes.values():
        if node.role not in ("cucm", "imp") or node.version is None:
            continue
        shown = {"node": node.id, "node_name": clean(node.name), "version": clean(str(node.version))}
        value = "up_to_9" if _major(node.version) <= _WEAK_KEY_EXCHANGE else "from_10"
        yield Fact("uc.release", node_subject(node), value, bindings=shown)
        if cores:
            other = strict or cores[0]
            shown = {"edge_name": clean(other.name), "edge_version": clean(str(other.version))}
            value = "x8_7_2_or_later" if strict else "before_x8_7_2"
            yield Fact("uc.edge_release", node_subject(node), value, bindings=shown)


def _major(version: Version) -> int:
    return version.numbers[0]

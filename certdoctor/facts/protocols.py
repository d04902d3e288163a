"""Whether two Expressways that are set to certain TLS versions can talk to each other at all."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from certdoctor.deployment import expressway
from certdoctor.deployment.model import SERVER, Judgement, Node
from certdoctor.facts.derive import side_subject
from certdoctor.facts.model import Fact
from certdoctor.text import clean

_VERSIONS = "SIP Advanced SipTlsVersions"


def observe_protocols(judgements: Sequence[Judgement]) -> Iterator[Fact]:
    """Yield `zone.tls_versions` of every traversal zone: "common", or "apart" where the two boxes share none (S12).

    A configuration that does not tell the versions says nothing.
    """
    for judgement in judgements:
        if judgement.connection.kind != "traversal-sip" or judgement.side != SERVER:
            continue
        ends = (judgement.presenter, judgement.verifier)
        mine, other = (expressway.value(node.settings, _VERSIONS) for node in ends)
        if mine and other:
            bindings = {
                "connection": f"{clean(judgement.verifier.name)} → {clean(judgement.presenter.name)}",
                "versions": clean(mine),
                "other_versions": clean(other),
            }
            value = "common" if _versions(mine) & _versions(other) else "apart"
            seen = tuple(place for node in ends for place in _seen(node))
            yield Fact("zone.tls_versions", side_subject(judgement), value, bindings=bindings, seen=seen)


def _versions(text: str) -> set[str]:
    return {version for version in re.split(r"[,:;\s]+", text.lower()) if version}


def _seen(node: Node) -> tuple[str, ...]:
    setting = expressway.lookup(node.settings, _VERSIONS)
    return (str(node.settings_origin.at(f"line {setting.line}")),) if setting and node.settings_origin else ()

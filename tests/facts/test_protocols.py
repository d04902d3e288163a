"""TLS versions of the two ends of a traversal zone."""

from __future__ import annotations

import pytest

from certdoctor.facts.protocols import observe_protocols
from tests.facts.test_tunnels import site
from tests.sites import judged


@pytest.mark.parametrize(
    ("core", "edge", "value"),
    [
        ("TLSv1.2", "TLSv1.2:TLSv1.3", "common"),
        ("TLSv1.3", "TLSv1.2", "apart"),
        ("TLSv1.1:TLSv1.2", "tlsv1.3", "apart"),
    ],
)
def test_versions_of_a_zone(core: str, edge: str, value: str) -> None:
    line = "SIP Advanced SipTlsVersions: {}\n"
    (fact,) = observe_protocols(list(judged(site(line.format(core), line.format(edge))).values()))
    assert (fact.id, fact.value) == ("zone.tls_versions", value)
    assert fact.subject.side == "server"
    assert len(fact.seen) == 2


def test_a_box_that_does_not_tell_says_nothing() -> None:
    assert not list(observe_protocols(list(judged(site("SIP Advanced SipTlsVersions: TLSv1.3\n")).values())))

"""Expired twins of a CA: whether one stands beside the chain, or is taken for the valid one (CHN-13)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from certdoctor.deployment import build
from certdoctor.deployment.judge import Roots, judge
from certdoctor.evidence.items import Evidence
from certdoctor.facts.derive import observe
from tests import pki
from tests.sites import OPENSSL, Box, connection, deploy, knowledge

NAME = "s.example.com"
ROOT = pki.ca("Twin Root")
SUB = pki.intermediate("Twin Sub", ROOT)
LEAF = pki.leaf(NAME, SUB)
OLD = pki.issue(
    SUB.certificate.subject,
    ROOT,
    private=SUB.key,
    is_ca=True,
    start=pki.NOW - timedelta(days=900),
    end=pki.NOW - timedelta(days=1),
)


@pytest.mark.parametrize(
    ("sent", "listed", "twin", "time"),
    [
        ((LEAF, SUB), (ROOT,), "none", "valid"),
        ((LEAF,), (ROOT, OLD, SUB), "expired_in_list", "valid"),
        ((LEAF, SUB), (ROOT, OLD), "expired_in_list", "ca_expired"),
        ((LEAF, OLD), (ROOT, SUB), "expired_sent", "valid"),
        # An expired CA without a valid twin is no twin.
        ((LEAF,), (ROOT, OLD), "none", "ca_expired"),
        ((LEAF, OLD), (ROOT,), "none", "ca_expired"),
    ],
)
def test_twin(sent: tuple[pki.Issued, ...], listed: tuple[pki.Issued, ...], twin: str, time: str) -> None:
    made = deploy(
        {
            "c": Box(role="expressway-c", version="X14.3.7", trust={"ca": pki.bundle(*listed)}),
            "s": Box(role="other", names=(NAME,), identities={"server": pki.bundle(*sent)}),
        }
    )
    made = build.with_connections(made, (connection("management", "c", "s", name=NAME),))
    kinds = knowledge().connections
    facts = observe(made, judge(made, kinds, OPENSSL), kinds, Evidence(()), Roots(made, OPENSSL).of)
    told = {
        fact.id: fact.value for fact in facts if fact.subject.kind == "connection" and fact.subject.side == "server"
    }
    assert (told["chain.twin"], told["chain.time"]) == (twin, time)

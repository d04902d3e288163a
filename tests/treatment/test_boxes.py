"""The order of the work: from outside inwards, the primary of a cluster first."""

from __future__ import annotations

import pytest

from certdoctor.deployment.model import Deployment
from certdoctor.treatment.boxes import in_order
from tests.sites import Box, deploy

PEERS = "Alternates Peer 1 Address: c2.example.com\nAlternates Peer 2 Address: 192.0.2.3"


def site(primary: str) -> Deployment:
    xconf = f"{PEERS}\n{primary}" if primary else PEERS
    return deploy(
        {
            "cucm": Box(role="cucm", names=("cucm.example.com",)),
            "c1": Box(role="expressway-c", names=("c3.example.com",), addresses=("192.0.2.3",), cluster="C.example.com", xconf=xconf),
            "c2": Box(role="expressway-c", names=("c2.example.com",), cluster="c.example.com", xconf=xconf),
            "lone": Box(role="expressway-c", names=("lone.example.com",), xconf=PEERS),
            "e1": Box(role="expressway-e", names=("e1.example.com",)),
        }
    )  # fmt: skip


@pytest.mark.parametrize(
    ("primary", "expected"),
    [
        ("Alternates ConfigurationPrimary: 2", [("c1", "primary"), ("c2", "peer")]),
        ("Alternates ConfigurationMaster: 1", [("c2", "primary"), ("c1", "peer")]),
        ("", [("c2", "peer"), ("c1", "peer")]),  # as the cluster lists them
        ("Alternates ConfigurationPrimary: 7", [("c2", "peer"), ("c1", "peer")]),
    ],
)
def test_the_primary_comes_first(primary: str, expected: list[tuple[str, str]]) -> None:
    boxes = in_order(["c1"], site(primary))
    assert [(box.node.id, box.place) for box in boxes] == expected


def test_outside_first_and_only_what_is_asked_for() -> None:
    boxes = in_order(["cucm", "lone", "nobody", "e1"], site(""))
    assert [(box.node.id, box.place) for box in boxes] == [("e1", ""), ("lone", ""), ("cucm", "")]

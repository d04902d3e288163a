"""What the status of a box tells of its clock; restarts and upgrades are in tests/rules/test_planted_upkeep.py."""

from __future__ import annotations

from dataclasses import replace

import pytest

from certdoctor.evidence.items import Setting
from certdoctor.facts.upkeep import observe_upkeep
from tests.sites import Box, deploy


def clock(**status: str) -> str | None:
    site = deploy({"c": Box(role="expressway-c")})
    held = {path.replace("_", " "): Setting(value, 1) for path, value in status.items()}
    nodes = {"c": replace(site.nodes["c"], status=held)}
    facts = {fact.id: fact.value for fact in observe_upkeep(replace(site, nodes=nodes), (), {})}
    return facts.get("node.synchronised")


@pytest.mark.parametrize(
    ("status", "value"),
    [
        ({}, None),
        ({"NTP_Status": "Synchronized"}, "yes"),
        ({"NTP_Status": "Unsynchronized"}, "no"),
        ({"NTP_Status": "Unsynchronized", "NTP_Server_1_State": "sys.peer"}, "no"),
        ({"NTP_Server_1_State": "Reject", "NTP_Server_2_State": "sys.peer"}, "yes"),
        ({"NTP_Server_1_State": "Reject", "NTP_Server_2_State": "Reject"}, "no"),
        ({"NTP_Server_1_State": ""}, None),
        ({"Zones_Zone_1_Status": "Failed"}, None),
    ],
)
def test_clock(status: dict[str, str], value: str | None) -> None:
    assert clock(**status) == value


def left(before: dict[str, str] | None, now: dict[str, str]) -> str | None:
    site = deploy({"c": Box(role="expressway-c")})
    node = site.nodes["c"]
    earlier = None if before is None else replace(node, settings={k: Setting(v, 1) for k, v in before.items()})
    nodes = {"c": replace(node, settings={k: Setting(v, 1) for k, v in now.items()}, earlier=earlier)}
    facts = {fact.id: fact.value for fact in observe_upkeep(replace(site, nodes=nodes), (), {})}
    return facts.get("node.cluster_left")


def test_a_cluster_that_was_left() -> None:
    alone, peers = {"SystemUnit Name": "c"}, {"Alternates Peer 1 Address": "c.example.com"}
    assert left(peers, alone) == "yes"
    assert left(peers, peers) == "no"
    assert left(alone, alone) is None
    assert left(None, alone) is None
    assert left(peers, {}) is None  # the configuration is not in the evidence

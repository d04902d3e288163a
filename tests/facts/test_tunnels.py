"""What the SSH tunnels make of keys, ciphers and names."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from certdoctor.deployment.model import Deployment
from certdoctor.facts.alarms import Alarm
from certdoctor.facts.tunnels import observe_tunnels
from tests import pki
from tests.sites import Box, deploy, judged

ROOT = pki.ca("Tunnel Root")
RSA = pki.leaf("expe1.example.com", ROOT, names=["expe1.example.com"], purposes=pki.BOTH)
CORE = pki.leaf("expc1.example.com", ROOT, names=["expc1.example.com"], purposes=pki.BOTH)
ZONES = "Zones Zone 1 Name: UC\nZones Zone 1 TraversalClient Peer 1 Address: expe1.example.com\n"
SERVER = "Zones Zone 1 Name: UC\nZones Zone 1 TraversalServer SIP Port: 7001\n"


def site(core: str = "", edge: str = "") -> Deployment:
    trust = {"ca": ROOT.pem}
    return deploy(
        {
            "expc1": Box(
                role="expressway-c",
                names=("expc1.example.com",),
                identities={"server": CORE.pem},
                trust=trust,
                xconf=ZONES + core,
            ),
            "expe1": Box(
                role="expressway-e",
                names=("expe1.example.com",),
                identities={"server": RSA.pem},
                trust=trust,
                xconf=SERVER + edge,
            ),
        }
    )


def observed(core: str, edge: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for fact in observe_tunnels(tuple(judged(site(core, edge)).values())):
        found.setdefault(fact.id, set()).add(fact.value)
    return found


ALGORITHMS = "Ciphers sshd_pfwd_pubkeyalgorithms Value: "
CIPHERS = "Ciphers sshd_pfwd_ciphers Value: "


def test_settings_that_are_not_known_say_nothing() -> None:
    assert observed("", "") == {"tunnel.attributes": {"usual"}}
    assert "tunnel.algorithm" not in observed(ALGORITHMS + KIND, "")
    assert "tunnel.ciphers" not in observed(CIPHERS + "aes256-ctr", "")


KIND = "x509v3-rsa2048-sha256" if "RSA" in type(RSA.certificate.public_key()).__name__ else "x509v3-ecdsa-sha2-nistp256"
OTHER = "x509v3-ecdsa-sha2-nistp521"


@pytest.mark.parametrize(
    ("core", "edge", "value"),
    [
        (KIND, KIND, "allowed"),
        (KIND, OTHER, "not_allowed"),
        (OTHER, "", "not_allowed"),
        (f"{OTHER},{KIND}", KIND, "allowed"),
    ],
)
def test_both_lists_must_have_the_kind_of_key(core: str, edge: str, value: str) -> None:
    lines = [ALGORITHMS + text if text else "" for text in (core, edge)]
    assert observed(*lines)["tunnel.algorithm"] == {value}


@pytest.mark.parametrize(
    ("core", "edge", "value"),
    [
        ("aes256-ctr", "aes256-ctr", "common"),
        ("aes256-ctr", "aes128-ctr,aes256-ctr", "common"),
        ("aes256-ctr", "aes128-ctr", "apart"),
    ],
)
def test_one_cipher_in_common_is_enough(core: str, edge: str, value: str) -> None:
    assert observed(CIPHERS + core, CIPHERS + edge)["tunnel.ciphers"] == {value}


@pytest.mark.parametrize(("host", "value"), [("expe1", "plain"), ("exp_e1", "underscore")])
def test_the_host_name_of_the_edge(host: str, value: str) -> None:
    assert observed("", f"IP DNS Hostname: {host}\n")["tunnel.host_name"] == {value}


@pytest.mark.parametrize(
    ("numbers", "value"),
    [(("35014",), "notification"), (("35013",), "failure"), (("35013", "35014"), "notification"), (("15028",), None)],
)
def test_alarm_of_either_box_stands_at_both_ends(numbers: tuple[str, ...], value: str | None) -> None:
    time = datetime(2026, 11, 23, tzinfo=UTC)
    held = {number: Alarm(number, True, "tunnel failure", "log, line 1", time) for number in numbers}
    sides = tuple(judged(site()).values())
    found = [fact for fact in observe_tunnels(sides, {"expe1": held}) if fact.id == "tunnel.alarm"]
    assert [fact.value for fact in found] == ([value, value] if value else [])
    lowered = {number: replace(alarm, raised=False) for number, alarm in held.items()}
    assert not [fact for fact in observe_tunnels(sides, {"expe1": lowered}) if fact.id == "tunnel.alarm"]

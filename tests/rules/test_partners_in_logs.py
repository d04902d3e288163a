"""Partners and Webex are in no evidence; what an Expressway's log says of them is judged all the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from certdoctor.casework.examine import examine
from certdoctor.casework.sites import description_of
from certdoctor.evidence.read import read_paths
from certdoctor.knowledge.load import load
from certdoctor.reasoning.engine import Engine
from certdoctor.resources import folder
from tests.rules.whole_sites import AT, make

NEIGHBOUR = {
    "Zones Zone 4 Name": "Partner",
    "Zones Zone 4 Type": "Neighbor",
    "Zones Zone 4 Neighbor Peer 1 Address": "sbc.partner.example",
    "Zones Zone 4 Neighbor SIP Transport": "TLS",
    "Zones Zone 4 Neighbor SIP TLS Verify Mode": "On",
}
WEBEX = {
    "Zones Zone 6 DNS SIP TLS Verify Mode": "On",
    "Zones Zone 6 DNS SIP TLS Verify Subject Name": "callservice.ciscospark.com",
}


def event(way: str, port: int, detail: str, own: str, name: str = "") -> str:
    source, target = ("203.0.113.77", own) if way == "Inbound" else (own, "203.0.113.77")
    return (
        f'2026-11-24T09:14:03.114+01:00 edge tvcs: Event="{way} TLS Negotiation Error" Service="SIP" '
        f'Src-ip="{source}" Src-port="33012" Dst-ip="{target}" Dst-port="{port}" Detail="{detail}" Protocol="TLS" '
        f'{name and f"Common-name={chr(34)}{name}{chr(34)} "}Level="1" UTCTime="2026-11-24 08:14:03,114"\n'
    )


@pytest.mark.parametrize(
    ("zone", "told", "wanted"),
    [
        (NEIGHBOUR, ("Inbound", 5061, "unsuitable certificate purpose"), "EKU-03"),
        (NEIGHBOUR, ("Inbound", 5061, "self signed certificate in certificate chain"), ""),  # who scans the Internet
        (NEIGHBOUR, ("Outbound", 5061, "sslv3 alert unsupported certificate", "sbc.partner.example"), "EKU-04"),
        (NEIGHBOUR, ("Outbound", 5061, "sslv3 alert unsupported certificate", "somebody.example"), ""),
        (WEBEX, ("Inbound", 5062, "self signed certificate in certificate chain"), "HYB-01"),
        (WEBEX, ("Inbound", 5062, "sslv3 alert certificate unknown"), "HYB-05"),
        ({}, ("Inbound", 5062, "sslv3 alert certificate unknown"), ""),
    ],
)
def test_what_the_log_says_of_them(
    zone: dict[str, str], told: tuple[str, int, str] | tuple[str, int, str, str], wanted: str, tmp_path: Path
) -> None:
    site = make(3, versions=("X15.4.0",), c_count=1, e_count=1, given=False, forms=("plain",))
    edge = site.es[0]
    edge.xconf |= zone
    edge.log.append(event(*told[:3], edge.addresses[0], *told[3:]))
    for box in site.expressways:
        site.archive(box, tmp_path)
    evidence, knowledge = read_paths([tmp_path]), load(folder("rules"), folder("kb"))
    with Engine(knowledge) as engine:
        found = examine(evidence, description_of(evidence), knowledge, engine, now=AT)
    assert [finding.diagnosis for finding in found.findings] == ([wanted] if wanted else [])

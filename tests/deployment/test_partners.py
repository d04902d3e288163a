"""Partners and Webex that an Expressway's zone names and a log line is about."""

from __future__ import annotations

from certdoctor.deployment.model import CLIENT, SERVER, Node
from certdoctor.deployment.partners import partners
from certdoctor.deployment.provisional import Told
from certdoctor.evidence.items import Origin, Setting

ORIGIN = Origin("expe1.log", "", "line 3")
SETTINGS = {
    "Zones Zone 4 Neighbor Peer 1 Address": "sbc.partner.example",
    "Zones Zone 4 Neighbor SIP Transport": "TLS",
    "Zones Zone 6 DNS SIP TLS Verify Mode": "On",
    "Zones Zone 6 DNS SIP TLS Verify Subject Name": "callservice.ciscospark.com",
}


def line(acting: str, port: int, *, address: str = "203.0.113.9", name: str = "", reason: str = "unknown_ca") -> Told:
    return Told("expe1", acting, address, name, port, ORIGIN, True, reason=reason)


def added(*told: Told, role: str = "expressway-e", **changed: str) -> dict[str, tuple[str, tuple[str, ...]]]:
    held = {path: Setting(value, 1) for path, value in {**SETTINGS, **changed}.items()}
    nodes = {"expe1": Node("expe1", role, names=("expe1.example.com",), settings=held)}
    return {name: (n.role, n.addresses) for name, n in partners(nodes, told).items() if name not in nodes}


def test_the_peer_of_a_neighbour_zone_is_a_partner() -> None:
    assert added(line(CLIENT, 5061, name="SBC.partner.example")) == {"sbc": ("partner", ("203.0.113.9",))}
    assert added(line(CLIENT, 5061, name="other.partner.example")) == {}
    assert added(line(CLIENT, 5061, name="sbc.partner.example"), **{"Zones Zone 4 Neighbor SIP Transport": "TCP"}) == {}


def test_what_it_was_reached_at_is_known_again_when_it_calls() -> None:
    told = [line(CLIENT, 5061, name="sbc.partner.example"), line(SERVER, 5061, reason="purpose")]
    assert added(*told) == {"sbc": ("partner", ("203.0.113.9",))}


def test_webex_calls_on_the_port_for_mutual_tls() -> None:
    told = [line(SERVER, 5062), line(SERVER, 5062, address="203.0.113.10")]
    assert added(*told) == {"callservice": ("webex", ("203.0.113.9", "203.0.113.10"))}
    assert added(*told, **{"Zones Zone 6 DNS SIP TLS Verify Mode": "Off"}) == {}
    assert added(line(CLIENT, 5062, name="callservice.ciscospark.com")) == {"callservice": ("webex", ("203.0.113.9",))}


def test_whoever_knocks_is_no_partner_unless_its_chain_was_accepted() -> None:
    assert added(line(SERVER, 5061, reason="self_signed")) == {}
    assert added(line(SERVER, 5061, reason="purpose")) == {"partner-203-0-113-9": ("partner", ("203.0.113.9",))}
    assert added(line(SERVER, 5061, reason="purpose"), role="expressway-c") == {}


def test_not_more_than_four_are_added() -> None:
    told = [line(SERVER, 5061, address=f"203.0.113.{number}", reason="purpose") for number in range(9)]
    assert len(added(*told)) == 4

from __future__ import annotations

import pytest

from certdoctor.deployment import expressway
from certdoctor.evidence.items import Setting
from certdoctor.evidence.read import read_text
from tests.sites import configuration


def settings(lines: str) -> dict[str, Setting]:
    (document,) = read_text(configuration(lines), "xconf.txt").documents
    return dict(document.settings)


CLIENT_ZONE = """
Zones Zone 2 Name: UC
Zones Zone 2 Type: TraversalClient
Zones Zone 2 TraversalClient SIP Port: 7002
Zones Zone 2 TraversalClient Peer 2 Address: e2.example.com
Zones Zone 2 TraversalClient Peer 1 Address: e1.example.com
"""
SERVER_ZONE = """
Zones Zone 1 Name: UC
Zones Zone 1 TraversalServer SIP Port: 7001
Zones Zone 1 TraversalServer SIP TLS Verify Subject Name: c.example.com
"""


def test_value_is_found_whatever_its_case() -> None:
    held = settings("SystemUnit Name: expc1\nIP DNS Domain Name: example.com")
    assert expressway.value(held, "systemunit name") == "expc1"
    assert expressway.value(held, "SystemUnit Version") == ""
    found = expressway.lookup(held, "IP DNS DOMAIN NAME")
    assert found is not None
    assert (found.value, found.line) == ("example.com", 2)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("IP DNS Hostname: expc1\nIP DNS Domain Name: example.com", "expc1.example.com"),
        ("SystemUnit Name: expc1\nIP DNS Domain Name: example.com", "expc1.example.com"),
        ("IP DNS Hostname: expc1", "expc1"),
        ("IP DNS Domain Name: example.com", ""),
    ],
)
def test_host_name(lines: str, expected: str) -> None:
    assert expressway.host_name(settings(lines)) == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (CLIENT_ZONE, "expressway-c"),
        (SERVER_ZONE, "expressway-e"),
        ("Zones Zone 1 Type: TraversalServer\nZones Zone 1 Name: x", "expressway-e"),
        ("Zones Zone 1 Type: Neighbor\nZones Zone 1 Name: x", ""),
        ("SystemUnit Name: x", ""),
    ],
)
def test_role(lines: str, expected: str) -> None:
    assert expressway.role(settings(lines)) == expected


def test_client_zone() -> None:
    (zone,) = expressway.zones(settings(CLIENT_ZONE))
    assert (zone.number, zone.name, zone.role, zone.port) == (2, "UC", "client", 7002)
    assert [peer.value for peer in zone.peers] == ["e1.example.com", "e2.example.com"]
    assert zone.verify_name is None


def test_server_zone() -> None:
    (zone,) = expressway.zones(settings(SERVER_ZONE))
    assert (zone.role, zone.port, zone.peers) == ("server", 7001, ())
    assert zone.verify_name is not None
    assert zone.verify_name.value == "c.example.com"


def test_empty_peers_and_names_are_none() -> None:
    held = {
        "zones zone 1 traversalclient peer 1 address": Setting("", 1),
        "zones zone 3 traversalserver sip tls verify subject name": Setting("", 2),
        "zones zone 3 traversalserver sip port": Setting("many", 3),
    }
    client, server = expressway.zones(held)
    assert (client.role, client.peers) == ("client", ())
    assert (server.verify_name, server.port) == (None, None)


def test_the_boxes_own_addresses() -> None:
    held = {
        "Ethernet 1 IP V4 Address": "192.0.2.1",
        "Ethernet 1 IP V4 StaticNAT Address": "198.51.100.1",
        "Ethernet 2 IP V4 Address": "127.0.0.1",
        "IP DNS Server 1 Address": "192.0.2.53",
    }
    settings = {path: Setting(value, 1) for path, value in held.items()}
    assert expressway.addresses(settings) == ("192.0.2.1", "198.51.100.1")

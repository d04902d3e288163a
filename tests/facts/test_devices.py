from __future__ import annotations

import pytest

from certdoctor.deployment.model import Node
from certdoctor.deployment.version import Version
from certdoctor.facts import devices


@pytest.mark.parametrize(
    ("id", "role", "version", "kind"),
    [
        ("phone1", "client", "", "phone"),
        ("cp8845", "client", "", "phone"),
        ("desk", "client", "sip88xx.12-5-1SR2", "phone"),
        ("cp-8831", "client", "", "cp8831"),
        ("roomkit-3", "client", "", "room_device"),
        ("device", "client", "CE9.8.1", "room_device"),
        ("jabber", "client", "14.1", ""),
        ("headphones-shop", "client", "", ""),
        ("office-client", "client", "", ""),
        ("phone1", "partner", "", ""),
    ],
)
def test_kind(id: str, role: str, version: str, kind: str) -> None:
    assert devices.kind_of(Node(id, role, Version.parse(version) if version else None)) == kind


@pytest.mark.parametrize(
    ("version", "first", "expected"),
    [
        ("sip88xx.12-5-1SR2", "12.7", False),
        ("sip78xx.14-1-1", "12.7", True),
        ("12.7.1", "12.7", True),
        ("CE9.8.1", "9.8.2", False),
        ("CE9.9.0", "9.8.2", True),
    ],
)
def test_firmware(version: str, first: str, expected: bool) -> None:
    node = Node("device", "client", Version.parse(version))
    assert devices.at_least(devices.firmware_of(node), first) is expected

"""What the settings of zones say."""

from __future__ import annotations

import pytest

from certdoctor.facts.model import Fact
from certdoctor.facts.zones import observe_zones
from tests.sites import Box, deploy

UC = "Zones Zone 1 Type: UnifiedCommunicationsTraversalServer\nZones Zone 1 Name: Traversal\n"


def observed(xconf: str, role: str = "expressway-e") -> dict[str, Fact]:
    return {fact.id: fact for fact in observe_zones(deploy({"e": Box(role=role, xconf=xconf)}))}


@pytest.mark.parametrize("value", ["on", "off"])
def test_traversal_zone(value: str) -> None:
    mode = value.capitalize()
    found = observed(
        f"{UC}Zones Zone 1 TraversalServer SIP TLS Verify Mode: {mode}\n"
        f"Zones Zone 1 TraversalServer SIP Media Encryption Mode: {mode}\nSIP TLS Mode: {mode}\n"
    )
    assert found["zone.uc_verify"].value == value
    assert found["zone.uc_verify"].bindings["detail"] == f'Traversal: TLS Verify Mode "{mode}"'
    assert found["zone.uc_media"].value == ("forced" if value == "on" else "not_forced")
    assert found["zone.uc_sip_tls"].value == value


def test_zone_of_another_type_may_do_without() -> None:
    found = observed(
        "Zones Zone 1 Type: TraversalServer\nZones Zone 1 TraversalServer SIP TLS Verify Mode: Off\nSIP TLS Mode: Off\n"
    )
    assert found == {}


def test_wrong_zone_is_told_before_a_right_one() -> None:
    second = UC.replace("Zone 1", "Zone 2")
    found = observed(
        f"{UC}{second}Zones Zone 1 TraversalServer SIP TLS Verify Mode: On\n"
        "Zones Zone 2 TraversalServer SIP TLS Verify Mode: Off\n"
    )
    assert found["zone.uc_verify"].value == "off"


def webex(name: str, mode: str = "On", mapping: str = "On") -> str:
    return (
        f"Zones Zone 6 Name: Hybrid\nZones Zone 6 DNS SIP TLS Verify Mode: {mode}\n"
        f"Zones Zone 6 DNS SIP TLS Verify Subject Name: {name}\n"
        f"Zones Zone 6 DNS SIP TLS Verify InboundClassification: {mapping}\n"
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("callservice.webex.com", "right"),
        ("CallService.ciscospark.com", "right"),
        ("calllservice.ciscospark.com", "mistyped"),
        ("callservice.webx.com", "mistyped"),
        ("sip.partner.example", None),
        ("example.webex.com", None),
    ],
)
def test_name_of_webex(name: str, value: str | None) -> None:
    found = observed(webex(name)).get("zone.webex_name")
    assert (found.value if found else None) == value


def test_name_that_is_not_verified_does_not_matter() -> None:
    assert observed(webex("calllservice.ciscospark.com", mode="Off")) == {}


@pytest.mark.parametrize("mapping", ["On", "Off"])
def test_inbound_mapping(mapping: str) -> None:
    assert observed(webex("callservice.webex.com", mapping=mapping))["zone.webex_mapping"].value == mapping.lower()
    assert "zone.webex_mapping" not in observed(webex("callservice.webx.com", mapping=mapping))


def test_without_a_configuration_nothing_is_known() -> None:
    assert observed("") == {}
    assert observed(webex("calllservice.ciscospark.com"), role="cms") == {}

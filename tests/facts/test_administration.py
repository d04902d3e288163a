"""What stands between administrators and the web pages of an Expressway."""

from __future__ import annotations

import pytest

from certdoctor.facts.administration import observe_administration
from certdoctor.facts.model import Fact
from tests import pki
from tests.sites import Box, connection, deploy, judged

C = "expc1.example.com"


def observed(xconf: str = "", log: str = "", role: str = "expressway-c") -> dict[str, Fact]:
    boxes = {
        "c": Box(role=role, names=(C,), identities={"server": pki.leaf(C).pem}, xconf=xconf, log=log),
        "browser": Box(role="other", trust={"ca": pki.ca().pem}),
    }
    site = deploy(boxes)
    sides = tuple(judged(site, connection("admin-web", "browser", "c", name=C)).values())
    return {fact.id: fact for fact in observe_administration(site, sides)}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("NotRequired", "not_required"),
        ("Validation", "validation"),
        ("Authentication", "authentication"),
        ("Not Required", "not_required"),
        ("Whatever", None),
    ],
)
def test_client_certificate(value: str, expected: str | None) -> None:
    fact = observed(f"Authentication Certificate Mode: {value}").get("admin.client_certificate")
    assert (fact.value if fact else None) == expected
    if fact is not None:
        assert fact.seen == ("c/xconf.txt, line 1",)


@pytest.mark.parametrize("event", ["Admin Session CBA Authorization Failure", "CBA Authorization Failure"])
def test_turned_away(event: str) -> None:
    found = observed(log=f'noise\n2026-11-23T10:00:00.000+01:00 c httpd: Event="{event}" Level="1"\n')
    assert found["admin.turned_away"].value == "seen"
    assert found["admin.turned_away"].seen == ("c/log.txt, line 2",)


def test_nobody_turned_away() -> None:
    assert observed(log='Event="Admin Session Login Success"\n')["admin.turned_away"].value == "not_seen"
    assert "admin.turned_away" not in observed()


@pytest.mark.parametrize(("value", "expected"), [("On", "on"), ("Off", "off"), ("", None)])
def test_strict_transport(value: str, expected: str | None) -> None:
    fact = observed(f"Management Interface HstsMode: {value}" if value else "SIP TLS Mode: On").get("admin.hsts")
    assert (fact.value if fact else None) == expected


def test_other_products_are_left_out() -> None:
    assert observed("Authentication Certificate Mode: Validation", "x\n", role="cms") == {}

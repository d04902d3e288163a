"""Settings of Expressways that decide how clients and federated partners fare."""

from __future__ import annotations

import pytest

from certdoctor.facts.edge_settings import observe_edge_settings
from certdoctor.facts.model import Fact
from tests.sites import Box, connection, deploy, judged

DOMAIN = "IP DNS Domain Name: "


def edge(number: int, xconf: str, cluster: str | None = "edge.example.com") -> Box:
    return Box(role="expressway-e", names=(f"expe{number}.example.com",), cluster=cluster, xconf=xconf)


def observed(**boxes: Box) -> dict[tuple[str, str], Fact]:
    return {(fact.subject.id, fact.id): fact for fact in observe_edge_settings(deploy(boxes), ())}


@pytest.mark.parametrize(
    ("theirs", "value"),
    [("example.com", "same"), ("Example.com", "other_case"), ("example.net", "other")],
)
def test_domain_names_of_peers(theirs: str, value: str) -> None:
    found = observed(a=edge(1, f"{DOMAIN}example.com\n"), b=edge(2, f"{DOMAIN}{theirs}\n"))
    assert {name: fact.value for (name, _), fact in found.items()} == {"a": value, "b": value}
    assert found["a", "peers.domain_name"].bindings["peer_domain"] == theirs


def test_third_peer_that_differs_is_named() -> None:
    same = f"{DOMAIN}example.com\n"
    found = observed(a=edge(1, same), b=edge(2, same), c=edge(3, f"{DOMAIN}example.net\n"))
    assert found["a", "peers.domain_name"].bindings["peer"] == "expe3.example.com"


def test_boxes_of_no_cluster_and_unknown_names_are_not_compared() -> None:
    assert not observed(a=edge(1, f"{DOMAIN}a.example\n", None), b=edge(2, f"{DOMAIN}b.example\n", None))
    assert not observed(a=edge(1, f"{DOMAIN}a.example\n"), b=edge(2, "SIP TLS Mode: On\n"))


@pytest.mark.parametrize("mode", ["On", "Off"])
def test_onboarding(mode: str) -> None:
    found = observed(a=edge(1, f"CollaborationEdge AllowOnboardingOverMra: {mode}\n"))
    assert found["a", "mra.onboarding"].value == mode.lower()
    assert not observed(a=edge(1, "CollaborationEdge Enabled: On\n"))


@pytest.mark.parametrize("mode", ["On", "Off"])
def test_host_names_of_xmpp_partners(mode: str) -> None:
    made = deploy(
        {
            "e": edge(1, f"XCP TLS Certificate CVS VerifyHostname: {mode}\n"),
            "partner": Box(role="partner", names=("partner.example",)),
        }
    )
    sides = judged(made, connection("xmpp-federation", "e", "partner", name="partner.example"))
    found = [(f.id, f.value, f.subject.side) for f in observe_edge_settings(made, tuple(sides.values()))]
    assert found == [("xcp.host_name", mode.lower(), "server")]

"""What an Expressway's files and logs tell of ACME."""

from __future__ import annotations

import pytest

from certdoctor.facts.acme import observe_acme
from certdoctor.facts.alarms import read_alarms
from certdoctor.facts.authorities import Authorities
from certdoctor.facts.model import Fact
from tests import pki
from tests.sites import Box, deploy, knowledge

E = "expe1.example.com"
LETS_ENCRYPT = pki.issue(pki.name("R99", "Let's Encrypt"), pki.ca(), is_ca=True)


def observed(
    *, server: pki.Issued | None = None, xconf: str = "", log: str = "", role: str = "expressway-e"
) -> dict[str, Fact]:
    identities = {"server": server.pem} if server else {}
    site = deploy({"e": Box(role=role, names=(E,), identities=identities, xconf=xconf, log=log)})
    return {fact.id: fact for fact in observe_acme(site, read_alarms(site), Authorities(knowledge().authorities))}


@pytest.mark.parametrize(
    ("server", "xconf", "value"),
    [
        (pki.leaf(E, LETS_ENCRYPT), "", "in_use"),
        (pki.leaf(E), "", "not_used"),
        (pki.leaf(E), "Acme AutomatedScheduler: On", "in_use"),
        (pki.leaf(E), "Acme AutomatedScheduler: Off", "not_used"),
        (None, "Acme AutomatedScheduler: Off", None),
    ],
)
def test_use(server: pki.Issued | None, xconf: str, value: str | None) -> None:
    fact = observed(server=server, xconf=xconf).get("acme.use")
    assert (fact.value if fact else None) == value


@pytest.mark.parametrize(
    ("xconf", "value"),
    [
        ("CollaborationEdge JabberGuest Enabled: On", "on"),
        ("CollaborationEdge JabberGuest Enabled: Off", "off"),
        ("CollaborationEdge JabberGuest Port: 9443", None),
        ("CollaborationEdge Enabled: On", None),
    ],
)
def test_jabber_guest(xconf: str, value: str | None) -> None:
    fact = observed(xconf=xconf).get("node.jabber_guest")
    assert (fact.value if fact else None) == value


def said(text: str, what: str = "Raised", minute: int = 1) -> str:
    return (
        f'2026-11-23T09:{minute:02}:44.348+01:00 expe1 alarm: Level="WARN" Event="Alarm {what}" Id="40061" '
        f'Severity="warning" Detail="{text}" UTCTime="2026-11-23 08:{minute:02}:44,348"\n'
    )


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("DNS problem: NXDOMAIN looking up A for expe2.example.com - check that a DNS record exists", "no_address"),
        ("No valid IP addresses found for expe2.example.com", "no_address"),
        ("no valid A records found for expe2.example.com; no valid AAAA records found", "no_address"),
        ("Invalid response from http://example.com/.well-known/acme-challenge/abc: 404", "elsewhere"),
        ("Fetching http://expe1.example.com/.well-known/acme-challenge/abc: Timeout during connect", "unreachable"),
        ("DNS problem: SERVFAIL looking up CAA for example.com", None),
        ("Fetching http://expe1.example.com/list", None),
    ],
)
def test_answer_of_the_ca(words: str, value: str | None) -> None:
    fact = observed(log="noise\n" + said(words)).get("acme.answer")
    assert (fact.value if fact else None) == value
    if fact is not None:
        assert fact.seen == ("e/log.txt, line 2",)
        assert words.startswith(fact.bindings["detail"][:20])


def test_answer_is_settled_once_the_alarm_is_lowered() -> None:
    words = "DNS problem: NXDOMAIN looking up A for expe2.example.com"
    assert "acme.answer" not in observed(log=said(words) + said("ACME auto-sign failure", "Lowered", 9))
    assert "acme.answer" in observed(log=said("", "Lowered", 1) + said(words, minute=9))


def test_other_boxes_have_no_acme() -> None:
    assert observed(server=pki.leaf(E, LETS_ENCRYPT), role="cms") == {}

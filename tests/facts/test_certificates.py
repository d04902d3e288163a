"""What the certificates of an Expressway say beyond chain, purpose and time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509

from certdoctor.facts.authorities import Authorities
from certdoctor.facts.certificates import observe_certificates
from certdoctor.facts.dated import Calendar
from tests import pki
from tests.sites import Box, deploy, knowledge

E = "expe1.example.com"


def observed(
    issued: pki.Issued, slot: str = "server", role: str = "expressway-e", at: datetime = pki.NOW, **more: str | None
) -> dict[str, str]:
    box = Box(
        role=role, names=(E,), identities={slot: issued.pem}, version=more.get("version"), xconf=more.get("xconf") or ""
    )
    authorities, calendar = Authorities(knowledge().authorities), Calendar(knowledge().dates)
    deployment = deploy({"e": box}, at=at)
    return {fact.id: fact.value for fact in observe_certificates(deployment, authorities, calendar)}


def test_usual_certificate() -> None:
    found = observed(pki.leaf(E), version="X14.3.7")
    assert found == {
        "certificate.common_name": "present",
        "certificate.wildcard": "none",
        "certificate.end": "before_2050",
        "certificate.names_length": "within",
        "certificate.holder_version": "x8_10_or_later",
        "certificate.next_lifetime": "same",
        "certificate.age": "before_two_thirds",
        "certificate.usages": "both",
        "certificate.usages_wanted": "both",
    }


@pytest.mark.parametrize(
    ("days_left", "value"), [(31, "before_two_thirds"), (30, "past_two_thirds"), (1, "past_two_thirds"), (-1, "over")]
)
def test_age(days_left: int, value: str) -> None:
    end = pki.NOW + timedelta(days=days_left)
    assert observed(pki.leaf(E, start=end - timedelta(days=90), end=end))["certificate.age"] == value


@pytest.mark.parametrize(("slot", "value"), [("server", "absent"), ("candidate", "absent"), ("client", None)])
def test_common_name_matters_to_servers(slot: str, value: str | None) -> None:
    assert observed(pki.leaf(None, names=(E,)), slot).get("certificate.common_name") == value


@pytest.mark.parametrize(
    ("common_name", "names", "value"),
    [
        (E, (E,), "none"),
        (E, (E, "*.example.com"), "beside"),
        ("*.example.com", ("*.example.com",), "instead"),
        ("*.example.com", ("www.example.com",), "instead"),
        ("*.example.org", ("*.example.org",), "beside"),
    ],
)
def test_wildcard(common_name: str, names: tuple[str, ...], value: str) -> None:
    assert observed(pki.leaf(common_name, names=names))["certificate.wildcard"] == value


@pytest.mark.parametrize(("year", "value"), [(2049, "before_2050"), (2050, "from_2050")])
def test_end(year: int, value: str) -> None:
    assert observed(pki.leaf(E, end=datetime(year, 1, 1, tzinfo=UTC)))["certificate.end"] == value


def test_length_of_names() -> None:
    many = [f"service-number-{number:03}.example.com" for number in range(40)]
    assert observed(pki.leaf(E, names=many))["certificate.names_length"] == "over_999"


@pytest.mark.parametrize(("version", "value"), [("X8.9.2", "before_x8_10"), ("X8.10", "x8_10_or_later")])
def test_version(version: str, value: str) -> None:
    assert observed(pki.leaf(E), version=version)["certificate.holder_version"] == value


def test_other_nodes_and_replaced_certificates_are_left_alone() -> None:
    assert observed(pki.leaf(None, names=(E,)), role="cms") == {}
    assert observed(pki.leaf(None, names=(E,)), slot="previous") == {}


POLICY = x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier("2.23.140.1.2.2"), None)])
LETS_ENCRYPT = pki.issue(pki.name("YR1", "Let's Encrypt"), pki.ca(), is_ca=True)


@pytest.mark.parametrize(
    ("issuer", "public", "days", "end", "value"),
    [
        (None, True, 397, datetime(2026, 12, 1, tzinfo=UTC), "shorter"),
        (None, True, 199, datetime(2026, 12, 1, tzinfo=UTC), "same"),
        (None, True, 199, datetime(2027, 5, 1, tzinfo=UTC), "shorter"),
        (None, False, 397, datetime(2026, 12, 1, tzinfo=UTC), "same"),
        (LETS_ENCRYPT, True, 90, datetime(2026, 12, 1, tzinfo=UTC), "same"),
        (LETS_ENCRYPT, True, 90, datetime(2027, 3, 1, tzinfo=UTC), "shorter_lets_encrypt"),
        (LETS_ENCRYPT, True, 64, datetime(2028, 3, 1, tzinfo=UTC), "shorter_lets_encrypt"),
    ],
)
def test_lifetime_of_the_next_one(
    issuer: pki.Issued | None, public: bool, days: int, end: datetime, value: str
) -> None:
    extensions = ((POLICY, False),) if public else ()
    leaf = pki.leaf(E, issuer, start=end - timedelta(days=days), end=end, extensions=extensions)
    assert observed(leaf)["certificate.next_lifetime"] == value


@pytest.mark.parametrize(("mode", "value"), [("Off", "off"), ("On", "on"), ("", None)])
def test_acme_scheduler(mode: str, value: str | None) -> None:
    xconf = f"Acme AutomatedScheduler: {mode}" if mode else "SIP TLS Mode: On"
    assert observed(pki.leaf(E, LETS_ENCRYPT), xconf=xconf).get("certificate.acme_scheduler") == value
    assert "certificate.acme_scheduler" not in observed(pki.leaf(E), xconf=xconf)


@pytest.mark.parametrize(("at", "value"), [(datetime(2025, 6, 3, tzinfo=UTC), "sent"), (pki.NOW, "ended")])
def test_lets_encrypt_warned_by_mail_until_it_stopped(at: datetime, value: str) -> None:
    assert observed(pki.leaf(E, LETS_ENCRYPT), at=at)["certificate.mails"] == value
    assert "certificate.mails" not in observed(pki.leaf(E), at=at)


@pytest.mark.parametrize(
    ("purposes", "value"),
    [(pki.BOTH, "both"), ((pki.SERVER_AUTH,), "server_only"), ((pki.CLIENT_AUTH,), None), (None, None)],
)
def test_usages_are_those_found(purposes: tuple[x509.ObjectIdentifier, ...] | None, value: str | None) -> None:
    # Long before any CA dropped the client usage: what is in the certificate decides.
    found = observed(pki.leaf(E, LETS_ENCRYPT, purposes=purposes), at=datetime(2024, 1, 1, tzinfo=UTC))
    assert found.get("certificate.usages") == value


@pytest.mark.parametrize(
    ("role", "version", "value"),
    [
        ("expressway-e", "X15.3.1", "both"),
        ("expressway-e", "X15.4", "server_is_enough"),
        ("expressway-e", None, None),
        ("expressway-c", "X15.3.1", None),
    ],
)
def test_usages_wanted_of_an_edge(role: str, version: str | None, value: str | None) -> None:
    assert observed(pki.leaf(E), role=role, version=version).get("certificate.usages_wanted") == value

"""What stands in an Expressway's own stores."""

from __future__ import annotations

import warnings
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID

from certdoctor.facts.authorities import Authorities
from certdoctor.facts.model import Fact
from certdoctor.facts.stores import observe_stores
from tests import pki
from tests.sites import Box, deploy, knowledge

E = "expe1.example.com"
MADE = pki.ca("Temporary CA 3f2a6b50")
ROOT = pki.ca()


def observed(
    *trust: pki.Issued, server: pki.Issued | None = None, csr: str = "", role: str = "expressway-e"
) -> dict[str, Fact]:
    identities = {"server": server.pem} if server else {}
    lists = {"ca": pki.bundle(*trust)} if trust else {}
    box = Box(role=role, names=(E,), identities=identities, trust=lists, csr=csr)
    return {fact.id: fact for fact in observe_stores(deploy({"e": box}), Authorities(knowledge().authorities))}


@pytest.mark.parametrize(
    ("trust", "value"),
    [
        ((ROOT, pki.intermediate()), "none"),
        ((ROOT, ROOT), "none"),
        ((ROOT, pki.ca(key_name="again")), "several"),
        ((ROOT, pki.issue(pki.name("Example Root CA"), private=ROOT.key, is_ca=True, end=datetime(2027, 1, 1, tzinfo=UTC))), "several"),
    ],
)  # fmt: skip
def test_names_of_cas(trust: tuple[pki.Issued, ...], value: str) -> None:
    assert observed(*trust)["list.same_cn"].value == value


@pytest.mark.parametrize(
    ("server", "trust", "value"),
    [
        (pki.leaf(E, MADE), (MADE,), "as_installed"),
        (pki.leaf(E, MADE), (MADE, ROOT), "filled"),
        (pki.leaf(E), (MADE,), "filled"),
    ],
)
def test_stores_as_after_installation(server: pki.Issued, trust: tuple[pki.Issued, ...], value: str) -> None:
    assert observed(*trust, server=server)["node.stores"].value == value


def test_stores_that_are_not_in_the_evidence_are_unknown() -> None:
    assert observed(server=pki.leaf(E, MADE)) == {}
    assert observed(ROOT, role="cms") == {}


@pytest.mark.parametrize(("length", "value"), [(64, "within"), (65, "too_long")])
def test_common_name_of_the_request(length: int, value: str) -> None:
    found = observed(csr=request("c" * length))
    assert found["request.common_name"].value == value
    assert found["request.common_name"].bindings["length"] == str(length)


def request(common_name: str) -> str:
    """A request with any common name: cryptography's own builder keeps to 64 characters."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        attribute = x509.NameAttribute(NameOID.COMMON_NAME, common_name, _validate=False)
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([attribute]))
    signed = builder.sign(pki.key("long"), hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM).decode()


PUBLIC = pki.leaf(
    E,
    extensions=(
        (x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier("2.23.140.1.2.1"), None)]), False),
    ),
)
LETS_ENCRYPT = pki.issue(pki.name("R99", "Let's Encrypt"), ROOT, is_ca=True)


@pytest.mark.parametrize(
    ("names", "value"),
    [((E, "example.com"), "public"), ((E, "expe1"), "internal"), ((E, "expe1.corp.local", "10.0.0.1"), "internal")],
)
def test_names_of_the_request(names: tuple[str, ...], value: str) -> None:
    fact = observed(csr=pki.csr(E, names=names))["request.names"]
    assert fact.value == value
    assert fact.bindings["internal_names"] == (", ".join(names[1:]) if value == "internal" else "–")


def test_common_name_of_the_request_counts_as_a_name() -> None:
    assert observed(csr=pki.csr("expe1", names=(E,)))["request.names"].value == "internal"


@pytest.mark.parametrize(
    ("server", "value"), [(PUBLIC, "public_ca"), (pki.leaf(E, LETS_ENCRYPT), "public_ca"), (pki.leaf(E), None)]
)
def test_ca_that_the_request_is_meant_for(server: pki.Issued, value: str | None) -> None:
    fact = observed(server=server, csr=pki.csr(E)).get("request.meant_for")
    assert (fact.value if fact else None) == value


@pytest.mark.parametrize(
    ("issuer", "organization", "value"),
    [(LETS_ENCRYPT, "", "dropped"), (LETS_ENCRYPT, "Example Ltd", "kept"), (ROOT, "", None)],
)
def test_subject_of_the_request(issuer: pki.Issued, organization: str, value: str | None) -> None:
    own = pki.key("own")
    subject = pki.name(E, organization) if organization else x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, E)])
    server = pki.issue(subject, issuer, private=own, names=(E,))
    fact = observed(server=server, csr=pki.csr(E, private=own)).get("request.subject")
    assert (fact.value if fact else None) == value
    if value == "dropped" and fact is not None:
        assert fact.bindings["attributes"] == "O=Example Ltd"


def test_subject_of_another_request_says_nothing() -> None:
    assert "request.subject" not in observed(server=pki.leaf(E, LETS_ENCRYPT), csr=pki.csr(E, private=pki.key("other")))


def test_names_that_the_certificate_in_use_did_not_get() -> None:
    own = pki.key("names")
    server = pki.issue(pki.name(E), ROOT, private=own, names=[E.upper()])
    fact = observed(server=server, csr=pki.csr(E, names=[E, "example.com"], private=own))["request.names_issued"]
    assert (fact.value, fact.bindings["dropped_names"]) == ("dropped", "example.com")
    assert observed(server=server, csr=pki.csr(E, names=[E], private=own))["request.names_issued"].value == "kept"
    assert "request.names_issued" not in observed(server=server, csr=pki.csr(E, names=["example.com"]))

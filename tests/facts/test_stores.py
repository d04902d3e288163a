"""What stands in an Expressway's own stores."""

from __future__ import annotations

import warnings
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID

from certdoctor.facts.model import Fact
from certdoctor.facts.stores import observe_stores
from tests import pki
from tests.sites import Box, deploy

E = "expe1.example.com"
MADE = pki.ca("Temporary CA 3f2a6b50")
ROOT = pki.ca()


def observed(
    *trust: pki.Issued, server: pki.Issued | None = None, csr: str = "", role: str = "expressway-e"
) -> dict[str, Fact]:
    identities = {"server": server.pem} if server else {}
    lists = {"ca": pki.bundle(*trust)} if trust else {}
    box = Box(role=role, names=(E,), identities=identities, trust=lists, csr=csr)
    return {fact.id: fact for fact in observe_stores(deploy({"e": box}))}


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

"""Known CAs are told by their fingerprints; whoever only bears a name is said to bear it."""

from __future__ import annotations

import re
import ssl
from pathlib import Path

import certifi
import pytest

from certdoctor.evidence import certificate
from certdoctor.evidence.items import Certificate
from certdoctor.evidence.mozilla import public_roots
from certdoctor.facts.authorities import SELF, Authorities
from tests import pki
from tests.sites import decoded, knowledge


@pytest.fixture(scope="module")
def authorities() -> Authorities:
    return Authorities(knowledge().authorities)


def genuine(name: str) -> Certificate:
    """A root as Mozilla's list holds it."""
    text = Path(certifi.where()).read_text(encoding="utf-8")
    for block in re.findall(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", text, re.DOTALL):
        der = ssl.PEM_cert_to_DER_cert(block)
        if name.encode() in der:
            return certificate.read(der).certificate
    raise LookupError(name)


def test_genuine_root_is_known_by_its_fingerprint(authorities: Authorities) -> None:
    known = authorities.of(genuine("ISRG Root X1"))
    assert known is not None
    assert (known.id, known.certain, known.signed_by) == ("isrg-root-x1", True, "")


def test_imitation_only_bears_the_name_and_is_not_public(authorities: Authorities) -> None:
    imitation = decoded(pki.ca("ISRG Root X1"))
    known = authorities.of(imitation)
    assert known is not None
    assert (known.id, known.certain) == ("isrg-root-x1", False)
    assert not authorities.is_public(imitation)
    assert authorities.is_public(genuine("ISRG Root X1"))


def test_root_is_public_by_its_key_too(authorities: Authorities) -> None:
    root = genuine("IdenTrust Commercial Root CA 1")
    keys = public_roots().keys
    assert root.public_key_sha256 in keys
    assert decoded(pki.ca("Private Root CA")).public_key_sha256 not in keys


def test_what_is_said_to_stand_in_mozillas_list_does(authorities: Authorities) -> None:
    fingerprints = public_roots().fingerprints
    said = {
        issued.sha256
        for form in authorities.forms.values()
        for issued in form.certificates
        if issued.source == "certifi"
    }
    assert said
    assert said <= fingerprints
    gone = {
        issued.sha256
        for form in authorities.forms.values()
        if form.public in ("was", "no")
        for issued in form.certificates
        if issued.sha256
    }
    assert gone.isdisjoint(fingerprints)


@pytest.mark.parametrize(
    ("name", "id"),
    [
        ("CN=R11,O=Let's Encrypt,C=US", "lets-encrypt-r11"),
        ("CN=R11,O=Example Ltd", None),  # a short name that anybody may choose
        ("CN=YR1,O=Example Ltd", "lets-encrypt-yr1"),  # nobody else's
        ("CN=ISRG Root YR", "root-yr"),
        ("O=Let's Encrypt", None),
        ("no name at all", None),
    ],
)
def test_name(authorities: Authorities, name: str, id: str | None) -> None:
    known = authorities.named(name)
    assert (known.id if known else None) == id
    assert known is None or not known.certain


@pytest.mark.parametrize(
    ("issuer", "expected"),
    [("CN=R99,O=Let's Encrypt,C=US", True), ("CN=YE2", True), ("CN=ISRG Root X1", False), ("CN=R3,O=Example", False)],
)
def test_lets_encrypt_is_told_by_its_organization(authorities: Authorities, issuer: str, expected: bool) -> None:
    assert authorities.is_lets_encrypt(issuer) is expected


def test_way_up_from_an_issuing_ca(authorities: Authorities) -> None:
    assert authorities.above("lets-encrypt-yr2") == ("lets-encrypt-yr2", "root-yr", "isrg-root-x1")
    assert authorities.above("cisco-root-ca-2048") == ("cisco-root-ca-2048",)


def test_every_fingerprint_is_of_one_certificate(authorities: Authorities) -> None:
    all_of_them = [i.sha256 for form in authorities.forms.values() for i in form.certificates if i.sha256]
    assert len(all_of_them) == len(set(all_of_them))
    assert {i.signed_by for form in authorities.forms.values() for i in form.certificates} <= {
        SELF,
        *authorities.forms,
    }

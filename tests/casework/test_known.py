"""What is said of a CA certificate: certain by its fingerprint, or only that it bears a name."""

from __future__ import annotations

import pytest

from certdoctor.casework.known import known_as
from certdoctor.facts.authorities import Authorities
from tests import known_cas, pki
from tests.facts.test_authorities import genuine
from tests.sites import decoded, knowledge

AUTHORITIES = Authorities(knowledge().authorities)


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("en", "ISRG Root X1: root of Let's Encrypt for RSA; public root (Mozilla's list)"),
        ("de", "ISRG Root X1: Root von Let's Encrypt für RSA; public root (Mozilla's list)"),
    ],
)
def test_genuine_root(lang: str, said: str) -> None:
    assert known_as(genuine("ISRG Root X1"), AUTHORITIES, lang) == said


def test_imitation_of_a_root() -> None:
    said = known_as(decoded(known_cas.X1), AUTHORITIES, "en")
    assert said == (
        "bears the name of ISRG Root X1 (root of Let's Encrypt for RSA), but is none of its known certificates; "
        "not in Mozilla's list of public roots"
    )


def test_name_of_a_ca_without_a_known_fingerprint() -> None:
    said = known_as(decoded(known_cas.named("YE1", "Let's Encrypt", known_cas.ROOT_YR)), AUTHORITIES, "en")
    assert said.startswith("bears the name of YE1 (")
    assert said.endswith("its fingerprint is not known")


def test_private_root_and_private_intermediate() -> None:
    root = pki.ca("Private Root CA")
    assert known_as(decoded(root), AUTHORITIES, "en") == "not in Mozilla's list of public roots"
    assert known_as(decoded(pki.intermediate("Private Issuing CA", root)), AUTHORITIES, "en") == ""

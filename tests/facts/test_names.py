"""Names of phone profiles, chat and federation in the certificates of Expressways."""

from __future__ import annotations

import pytest

from certdoctor.facts.model import Fact
from certdoctor.facts.names import is_fqdn, observe_names
from tests import pki
from tests.sites import Box, deploy

C, E = "expc1.example.com", "expe1.example.com"
PROFILE, ALIAS, DOMAIN = "secure-8845.example.com", "conference-1.example.com", "example.com"


def observed(*names: str, role: str = "expressway-c", **lists: tuple[str, ...]) -> dict[str, Fact]:
    box = Box(role=role, names=(C,), identities={"server": pki.leaf(C, names=(C, *names)).pem})
    made = deploy({"box": box, "uc": Box(role="imp", **lists)})  # type: ignore[arg-type]
    return {fact.id: fact for fact in observe_names(made) if fact.subject.id == "box"}


@pytest.mark.parametrize(
    ("role", "about", "which", "name"),
    [
        ("expressway-c", "profiles.names", "phone_security_profiles", PROFILE),
        ("expressway-c", "chat.aliases", "chat_aliases", ALIAS),
        ("expressway-e", "chat.aliases", "chat_aliases", ALIAS),
        ("expressway-e", "federation.domains", "federation_domains", DOMAIN),
    ],
)
def test_name_that_the_certificate_has_to_hold(role: str, about: str, which: str, name: str) -> None:
    other = f"other.{name}"
    assert observed(name.upper(), role=role, **{which: (name,)})[about].value == "in_san"
    found = observed(name, role=role, **{which: (name, other)})[about]
    assert found.value == "missing"
    assert found.bindings["missing_names"] == other
    assert about not in observed(role=role)


def test_names_that_are_not_asked_of_a_box_are_left_out() -> None:
    assert "federation.domains" not in observed(federation_domains=(DOMAIN,))
    assert "profiles.names" not in observed(role="expressway-e", phone_security_profiles=(PROFILE,))


def test_without_a_certificate_nothing_is_known() -> None:
    made = deploy({"c": Box(role="expressway-c"), "uc": Box(role="cucm", phone_security_profiles=(PROFILE,))})
    assert "profiles.names" not in {fact.id for fact in observe_names(made)}


@pytest.mark.parametrize(
    ("name", "full"),
    [
        ("secure-8845.example.com", True),
        ("Secure8845.example.com.", True),
        ("secure-8845", False),
        ("Secure Phones.example.com", False),
        ("secure_8845.example.com", False),
        ("-secure.example.com", False),
        ("secure..com", False),
        ("", False),
    ],
)
def test_form_of_a_name(name: str, full: bool) -> None:
    assert is_fqdn(name) == full


@pytest.mark.parametrize(
    ("version", "requests"), [("X12.6", "strict"), ("X15.2", "strict"), ("X12.5.9", "lenient"), (None, None)]
)
def test_profile_with_a_plain_name(version: str | None, requests: str | None) -> None:
    core = Box(role="expressway-c", version=version, identities={"server": pki.leaf(C).pem})
    made = deploy({"c": core, "cucm": Box(role="cucm", phone_security_profiles=(PROFILE, "Plain", "plain 2"))})
    found = {(fact.subject.id, fact.id): fact for fact in observe_names(made)}
    assert found["cucm", "profiles.form"].value == "other"
    assert found["cucm", "profiles.form"].bindings["profiles"] == "Plain, plain 2"
    seen = found.get(("cucm", "profiles.requests"))
    assert (seen.value if seen else None) == requests
    # A plain name cannot be missing in a certificate.
    assert found["c", "profiles.names"].bindings["missing_names"] == PROFILE


def test_profiles_with_full_names() -> None:
    made = deploy({"cucm": Box(role="cucm", phone_security_profiles=(PROFILE,))})
    assert [(fact.id, fact.value) for fact in observe_names(made)] == [("profiles.form", "fqdn")]


def requested(*xmpp: str, leaf: pki.Issued | None = None) -> str:
    held = leaf or pki.leaf(E)
    private = pki.leaf(E).key
    box = Box(
        role="expressway-e",
        names=(E,),
        identities={"candidate": held.pem},
        csr=pki.csr(E, names=(E,), private=private, xmpp=xmpp),
    )
    return next(f.value for f in observe_names(deploy({"e": box})) if f.id == "request.xmpp_names")


def test_names_in_xmpp_form() -> None:
    assert requested() == "none"
    assert requested(ALIAS) == "dropped"
    assert requested(ALIAS, leaf=pki.leaf(E, key_name="of another request")) == "asked"
    kept = ((pki.alternative_names((E,), xmpp=(ALIAS,)), False),)
    assert requested(ALIAS, leaf=pki.leaf(E, names=(), extensions=kept)) == "kept"

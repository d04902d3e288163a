"""How presented certificates are made, and whether they are the ones on the wire."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from certdoctor.deployment.model import SERVER
from certdoctor.evidence.items import Conversation, Document, Found, Kind, Origin
from certdoctor.facts.model import Fact
from certdoctor.facts.presented import observe_presented
from tests import pki
from tests.sites import Box, connection, decoded, deploy, judged

C, E = "expc1.example.com", "expe1.example.com"
LINK = connection("traversal-sip", "c", "e", name=E)


def observed(leaf: pki.Issued, *documents: Document) -> dict[str, Fact]:
    made = deploy(
        {
            "c": Box(role="expressway-c", names=(C,), addresses=("192.0.2.1",), trust={"ca": pki.ca().pem}),
            "e": Box(role="expressway-e", names=(E,), addresses=("192.0.2.2",), identities={"server": leaf.pem}),
        }
    )
    made = replace(made, connections=(LINK,))
    found = observe_presented(made, tuple(judged(made, LINK).values()), documents)
    return {fact.id: fact for fact in found if fact.subject.side == SERVER}


@pytest.mark.parametrize(
    ("kind", "value"),
    [("rsa", "rsa"), ("ec", "ec"), ("ec384", "ec"), ("dsa", "unsupported"), ("ed25519", "unsupported")],
)
def test_kind_of_key(kind: str, value: str) -> None:
    assert observed(pki.leaf(E, kind=kind))["key.kind"].value == value


def test_very_long_key() -> None:
    leaf = decoded(pki.leaf(E, kind="rsa"))
    made = deploy({"e": Box(role="expressway-e", names=(E,), identities={"server": pki.leaf(E, kind="rsa").pem})})
    judgements = [
        replace(j, sent=(replace(leaf, key_bits=8192),))
        for j in judged(made, connection("admin-web", "e", "e")).values()
    ]
    found = {fact.id: fact for fact in observe_presented(made, judgements, ())}
    assert found["key.kind"].value == "rsa_8192"
    assert found["key.kind"].bindings["key"] == "RSA 8192"


@pytest.mark.parametrize(("algorithm", "value"), [("1.2.840.113549.1.1.10", "pss"), ("1.2.840.113549.1.1.11", "usual")])
def test_signature_algorithm(algorithm: str, value: str) -> None:
    made = deploy({"e": Box(role="expressway-e", names=(E,), identities={"server": pki.leaf(E).pem})})
    leaf = replace(decoded(pki.leaf(E)), signature_algorithm=algorithm)
    judgements = [replace(j, sent=(leaf,)) for j in judged(made, connection("admin-web", "e", "e")).values()]
    assert {f.value for f in observe_presented(made, judgements, ()) if f.id == "chain.signature"} == {value}


@pytest.mark.parametrize(
    ("xconf", "value"),
    [
        ("XCP TLS Certificate CVS EnableServerEkuUpload: On", "allowed"),
        ("XCP TLS Certificate CVS EnableServerEkuUpload: Off", "not_allowed"),
        ("SIP TLS Mode: On", "not_allowed"),
        ("", None),
    ],
)
def test_switch_for_server_only_certificates(xconf: str, value: str | None) -> None:
    box = Box(role="expressway-e", identities={"candidate": pki.leaf(E).pem}, xconf=xconf)
    made = deploy({"e": box})
    found = {fact.id: fact.value for fact in observe_presented(made, tuple(judged(made).values()), ())}
    assert found.get("upload.server_only") == value


def captured(shown: pki.Issued) -> Document:
    chain = (Found(decoded(shown), Origin("a.pcap")),)
    talk = Conversation("conversation 1", "192.0.2.1", 4711, "192.0.2.2", 7001, server_chain=chain, complete=True)
    return Document(Origin("a.pcap"), Kind.CAPTURE, conversations=(talk,))


def test_certificate_on_the_wire() -> None:
    held = pki.leaf(E, start=datetime(2026, 11, 1, tzinfo=UTC), key_name="new")
    assert observed(held, captured(pki.leaf(E)))["presented.on_wire"].value == "older"
    assert observed(held, captured(pki.leaf("www.example.org")))["presented.on_wire"].value == "other"
    assert observed(pki.leaf(E), captured(held))["presented.on_wire"].value == "other"
    assert "presented.on_wire" not in observed(held, captured(held))

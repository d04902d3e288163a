"""The client store of X15.5 beside the server store."""

from __future__ import annotations

from datetime import timedelta

import pytest

from certdoctor.facts.model import Fact
from certdoctor.facts.two_stores import observe_two_stores
from tests import pki
from tests.sites import Box, connection, deploy, judged

C = "expc1.example.com"
ONE, OTHER = pki.ca("One Root"), pki.ca("Other Root")
DAY = timedelta(days=1)
NEW = pki.leaf(C, ONE, start=pki.NOW - 10 * DAY, end=pki.NOW + 300 * DAY)


def observed(client: pki.Issued | None, server: pki.Issued = NEW, role: str = "expressway-c") -> Fact | None:
    identities = {"server": server.pem} | ({"client": client.pem} if client else {})
    made = deploy({"c": Box(role=role, names=(C,), identities=identities)})
    found = {fact.id: fact for fact in observe_two_stores(made, ())}
    return found.get("certificate.beside_server")


@pytest.mark.parametrize(
    ("client", "value"),
    [
        (pki.leaf(C, ONE, start=pki.NOW - 390 * DAY, end=pki.NOW + 5 * DAY), "left_behind"),
        (pki.leaf(C, ONE, start=pki.NOW - 390 * DAY, end=pki.NOW - 5 * DAY), "left_behind"),
        # Made later, or good for longer, than that of the server store.
        (pki.leaf(C, OTHER, start=pki.NOW - 5 * DAY, end=pki.NOW + 90 * DAY), "kept_up"),
        (pki.leaf(C, OTHER, start=pki.NOW - 390 * DAY, end=pki.NOW + 390 * DAY), "kept_up"),
    ],
)
def test_client_store(client: pki.Issued, value: str) -> None:
    found = observed(client)
    assert found is not None
    assert found.value == value
    assert found.bindings["leaf"] == C


def test_server_store_that_ends_soon_is_no_renewal() -> None:
    old = pki.leaf(C, ONE, start=pki.NOW - 390 * DAY, end=pki.NOW - 5 * DAY)
    ending = pki.leaf(C, ONE, start=pki.NOW - 300 * DAY, end=pki.NOW + 3 * DAY)
    found = observed(old, ending)
    assert found is not None
    assert found.value == "kept_up"


def test_one_certificate_in_both_stores_or_one_store_says_nothing() -> None:
    assert observed(NEW) is None
    assert observed(None) is None
    assert observed(pki.leaf(C, OTHER), role="cucm") is None


@pytest.mark.parametrize(
    ("client", "listed", "value"),
    [
        (ONE, ONE, "same"),
        (OTHER, ONE, "server_listed"),
        (OTHER, pki.ca("Third Root"), "server_not_listed"),
    ],
)
def test_issuers_as_cucm_lists_them(client: pki.Issued, listed: pki.Issued, value: str) -> None:
    identities = {"server": NEW.pem, "client": pki.leaf(C, client, key_name="c").pem}
    made = deploy(
        {
            "c": Box(role="expressway-c", names=(C,), version="X15.5", identities=identities),
            "cucm": Box(role="cucm", names=("cucm.example.com",), trust={"callmanager": listed.pem}),
        }
    )
    sides = judged(made, connection("tftp-https", "c", "cucm", name="cucm.example.com"))
    found = [fact for fact in observe_two_stores(made, tuple(sides.values())) if fact.id == "stores.issuers"]
    assert [(fact.value, fact.subject.side) for fact in found] == [(value, "client")]
    shown = judged(made, connection("tftp-https", "c", "cucm", client_identity="server"))
    assert not [fact for fact in observe_two_stores(made, tuple(shown.values())) if fact.id == "stores.issuers"]

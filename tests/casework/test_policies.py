"""Announced dates against the certificates of a practice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime

import pytest

from certdoctor.casework.policies import Policy, policies
from certdoctor.evidence.mozilla import public_roots
from certdoctor.facts.authorities import Authorities
from certdoctor.knowledge.load import load
from certdoctor.resources import folder
from certdoctor.store.records import FleetUse
from tests.pki import NOW

BOTH = ("1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2")
PUBLIC = sorted(public_roots().names)[0]
LETS_ENCRYPT = "CN=R12,O=Let's Encrypt,C=US"
PRIVATE = "CN=Example Issuing CA,O=Example Ltd"


def use(issuer: str, end: datetime, usages: Sequence[str] = BOTH) -> FleetUse:
    return FleetUse(
        issuer, "a.example", issuer, NOW, end, tuple(usages), "presented", "identity:server", "n", "cucm", 1, "HQ", "A"
    )


def found(*uses: FleetUse, above: dict[str, Sequence[str]] | None = None) -> list[tuple[date, int]]:
    knowledge = load(folder("rules"), folder("kb"))
    told: list[Policy] = list(
        policies(knowledge.dates.values(), Authorities(knowledge.authorities), uses, above or {}, NOW, "en")
    )
    assert all(policy.text and policy.sources for policy in told)
    return [(policy.day, len(policy.uses)) for policy in told]


SHORTER, CLIENT_ROLE = date(2027, 3, 15), date(2027, 3, 15)


def test_a_private_certificate_is_touched_by_nothing() -> None:
    assert found(use(PRIVATE, datetime(2029, 6, 1, tzinfo=UTC))) == []


def test_a_public_one_by_what_holds_on_the_day_it_ends() -> None:
    early, late = datetime(2027, 3, 14, tzinfo=UTC), datetime(2027, 3, 16, tzinfo=UTC)
    assert found(use(PUBLIC, early)) == []
    assert found(use(PUBLIC, late)) == [(CLIENT_ROLE, 1), (SHORTER, 1)]
    assert found(use(PUBLIC, late, BOTH[:1])) == [(SHORTER, 1)]


def test_the_name_of_a_root_far_above_counts() -> None:
    late = datetime(2027, 3, 16, tzinfo=UTC)
    assert found(use(PRIVATE, late), above={PRIVATE: (PRIVATE, PUBLIC)}) == [(CLIENT_ROLE, 1), (SHORTER, 1)]


@pytest.mark.parametrize(
    ("end", "days"), [("2027-02-09", {"2026-07-08"}), ("2027-02-11", {"2026-07-08", "2027-02-10"})]
)
def test_lets_encrypt_took_the_client_role_already(end: str, days: set[str]) -> None:
    held = found(use(LETS_ENCRYPT, datetime.fromisoformat(f"{end}T00:00:00+00:00")))
    assert {day.isoformat() for day, _count in held} == days


def test_what_has_ended_is_renewed_no_more() -> None:
    assert found(use(LETS_ENCRYPT, datetime(2026, 11, 1, tzinfo=UTC))) == []

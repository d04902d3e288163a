"""The whole practice at once: ends, CAs, usages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from certdoctor.evidence.items import Origin
from certdoctor.evidence.read import read_bytes
from certdoctor.evidence.site import NodeDescription
from certdoctor.store import cases, evidence, fleet, sites
from certdoctor.store.database import Database
from certdoctor.store.records import Month
from tests import pki
from tests.pki import NOW

ROOT = pki.ca("Acme Root CA")
ISSUING = pki.intermediate("Acme Issuing CA", ROOT)
OTHER = pki.ca("Other Root CA")
SOON = NOW + timedelta(days=40)
BOTH = pki.leaf("expe1.example.com", ISSUING, end=SOON)
SERVER_ONLY = pki.leaf("cucm1.example.com", ISSUING, purposes=(pki.SERVER_AUTH,))
FOREIGN = pki.leaf("expe9.example.net", OTHER)
OLD = pki.leaf("expe1.example.com", ISSUING, serial=4, end=NOW + timedelta(days=3))


@pytest.fixture
def full(database: Database) -> Database:
    """Two customers: one has boxes below Acme's root, the other trusts that root in one list."""
    with database.writing() as session:
        for customer, node, role, files in (
            ("Acme", "expe1", "expressway-e", {"identity:server": (BOTH, ISSUING), "trust:ca": (ROOT, ISSUING)}),
            ("Acme", "cucm1", "cucm", {"identity:tomcat": (SERVER_ONLY,), "identity:previous": (OLD,)}),
            ("Zeta", "expe9", "expressway-e", {"identity:server": (FOREIGN,), "trust:ca": (ROOT, OTHER, ROOT)}),
        ):
            site = sites.find(session, customer, "HQ") or sites.create(session, customer, "HQ", [], NOW)
            sites.put_node(session, site, NodeDescription(node, role, version="X14.3.7"))
            case = cases.create(session, site, "A case", NOW)
            for slot, held in files.items():
                path = f"{node}-{slot.replace(':', '-')}.pem"
                (document,) = read_bytes(pki.bundle(*held).encode(), Origin(path)).documents
                kept = evidence.add(session, site, case, document, NOW)
                evidence.assign(session, site, kept.id, sites.node_id(session, site, node), slot)
    return database


def told(database: Database, **asked: object) -> list[tuple[str, str, str]]:
    with database.reading() as session:
        return [(u.node, u.part, u.label) for u in fleet.uses(session, **asked)]  # type: ignore[arg-type]


def test_what_ends_first_stands_on_top_and_a_left_certificate_is_no_use(full: Database) -> None:
    found = told(full)
    assert found[0] == ("expe1", "presented", "expe1.example.com")
    assert ("cucm1", "presented", "expe1.example.com") not in found
    assert found.count(("expe9", "trusted", "Acme Root CA")) == 1
    assert ("expe1", "sent", "Acme Issuing CA") in found


def test_conditions_must_all_hold(full: Database) -> None:
    assert told(full, ends_before=SOON + timedelta(days=1)) == [("expe1", "presented", "expe1.example.com")]
    assert told(full, ends_before=SOON) == []
    assert told(full, lacks="1.3.6.1.5.5.7.3.2") == [("cucm1", "presented", "cucm1.example.com")]
    assert {n for n, _p, _l in told(full, has="1.3.6.1.5.5.7.3.2")} == {"expe1", "expe9"}
    assert told(full, customer="Zeta", presented_only=True) == [("expe9", "presented", "expe9.example.net")]
    assert told(full, words="expe9 other") == [("expe9", "presented", "expe9.example.net")]


def test_whom_a_ca_touches(full: Database) -> None:
    with full.reading() as session:
        held = fleet.below(session, ROOT.sha256)
        assert fleet.cas(session, "acme root") == ((ROOT.sha256, "Acme Root CA"),)
        assert fleet.cas(session, "expe1") == ()
    assert {ROOT.sha256, ISSUING.sha256, BOTH.sha256, SERVER_ONLY.sha256} <= held
    assert FOREIGN.sha256 not in held
    touched = told(full, certificates=held)
    assert ("expe9", "trusted", "Acme Root CA") in touched
    assert ("expe9", "presented", "expe9.example.net") not in touched


def test_a_ca_of_the_same_name_with_another_key_stands_above_nothing_of_it(full: Database) -> None:
    import certdoctor.evidence.certificate as reader

    impostor = pki.ca("Acme Root CA", key_name="another")
    with full.writing() as session:
        evidence.add_certificates(session, [reader.read(impostor.der).certificate])
    with full.reading() as session:
        assert fleet.below(session, impostor.sha256) == {impostor.sha256}


def test_months_count_each_certificate_once(full: Database) -> None:
    with full.reading() as session:
        found = fleet.months(session, datetime(2026, 11, 1, tzinfo=UTC), datetime(2027, 2, 1, tzinfo=UTC))
        later = fleet.months(session, datetime(2028, 1, 1, tzinfo=UTC), datetime(2028, 2, 1, tzinfo=UTC))
    assert found == (Month("2026-11", 0, 0), Month("2026-12", 0, 0), Month("2027-01", 1, 0))
    assert later[0].presented == 2  # cucm1, expe9


def test_boxes_of_a_role(full: Database) -> None:
    with full.reading() as session:
        assert [n.node for n in fleet.nodes(session, ("expressway-e",))] == ["expe1", "expe9"]
        assert [n.node for n in fleet.nodes(session, customer="Acme")] == ["expe1", "cucm1"]

"""Search over sites, cases and certificates as words are typed, and what happened before."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from certdoctor.evidence.items import Origin
from certdoctor.evidence.read import read_bytes
from certdoctor.evidence.site import NodeDescription
from certdoctor.store import cases, evidence, examinations, history, search, sites
from certdoctor.store.database import Database
from certdoctor.store.records import FindingRecord
from tests import pki
from tests.pki import NOW

ROOT = pki.ca("Acme Root CA")
LEAF = pki.leaf("expe1.acme.example", ROOT)


def a_case(session: Session, customer: str = "Müller & Söhne", title: str = "Zone down") -> int:
    site = sites.find(session, customer, "HQ") or sites.create(session, customer, "HQ", ["acme.example"], NOW)
    return cases.create(session, site, title, NOW)


def found(session: Session, case: int, *, title: str = "The verifier lacks a CA", diagnosis: str = "CHN-01") -> None:
    record = FindingRecord(
        "k", diagnosis, title, "expc1 does not hold Acme Issuing CA.", "high", "decisive", 1, "", "h"
    )
    revision = examinations.Revision("h", diagnosis, "diagnosis", {})
    examinations.add(session, case, [record], [revision], made=NOW, at=NOW, lang="en", verdict="cause_found")


def kept(session: Session, case: int, *issued: pki.Issued) -> None:
    (document,) = read_bytes(pki.bundle(*issued).encode(), Origin("server.pem")).documents
    evidence.add(session, cases.row(session, case).site_id, case, document, NOW)


@pytest.mark.parametrize(
    "words", ["zone", "ZO", "c-0001", "muller", "SÖHNE zone", "calllback", "acme issuing", "chn-01", "lacks verifier"]
)
def test_a_case_is_found_by_what_was_said_found_and_noted(database: Database, words: str) -> None:
    with database.writing() as session:
        case = a_case(session)
        found(session, case)
        cases.add_note(session, case, "Calllback agreed", who="kim", when=NOW)
        other = a_case(session, "Other Ltd", "Login fails")
        assert other != case
    with database.reading() as session:
        assert [hit.ref for hit in search.cases_holding(session, words, 9)] == [str(case)]


def test_a_case_is_no_longer_found_by_what_does_not_hold_any_more(database: Database) -> None:
    with database.writing() as session:
        case = a_case(session)
        found(session, case)
        found(session, case, title="A certificate has expired", diagnosis="LIF-01")
    with database.reading() as session:
        assert search.cases_holding(session, "lacks", 9) == ()
        hit = search.cases_holding(session, "expired", 9)[0]
    assert (hit.title, hit.held) == ("C-0001 Zone down", "LIF-01 A certificate has expired")


@pytest.mark.parametrize("words", ["-", '"', "( OR", "zone AND", "* zone", "NEAR(zone"])
def test_signs_of_the_query_language_mean_nothing(database: Database, words: str) -> None:
    with database.writing() as session:
        a_case(session)
    with database.reading() as session:
        hits = search.cases_holding(session, words, 9)
        assert len(hits) == (1 if words == "* zone" else 0)
        assert len(sites.records(session, words)) in (0, 1)


def test_a_certificate_is_found_by_name_serial_number_and_fingerprint(database: Database) -> None:
    with database.writing() as session:
        kept(session, a_case(session), LEAF, ROOT)
    der = LEAF.der
    sha1 = hashlib.sha1(der).hexdigest()
    pairs = ":".join(sha1[i : i + 2] for i in range(0, 40, 2)).upper()
    for words in ("expe1.acme", f"{LEAF.certificate.serial_number:X}", LEAF.sha256[:12], pairs, "acme expe1"):
        with database.reading() as session:
            hits = search.certificates_holding(session, words, 9)
        assert [(hit.ref, hit.where) for hit in hits] == [(LEAF.sha256, "Müller & Söhne / HQ")], words


def test_a_removed_certificate_is_found_no_longer(database: Database) -> None:
    with database.writing() as session:
        case = a_case(session)
        kept(session, case, LEAF)
        evidence.remove(session, cases.row(session, case).site_id, "server.pem")
    with database.reading() as session:
        assert search.certificates_holding(session, "expe1", 9) == ()


def test_a_site_is_found_by_its_nodes_and_by_its_cases(database: Database) -> None:
    with database.writing() as session:
        case = a_case(session)
        node = NodeDescription("expc1", "expressway-c", names=("expc1.acme.example",), addresses=("192.0.2.10",))
        sites.put_node(session, cases.row(session, case).site_id, node)
        a_case(session, "Other Ltd", "Login fails")
    with database.reading() as session:
        for words in ("192.0.2.1", "expc1.acme.ex", "zone down"):
            assert [record.customer for record in sites.records(session, words)] == ["Müller & Söhne"], words


def test_what_was_found_before_is_told_with_its_cure(database: Database) -> None:
    with database.writing() as session:
        first, second, third = (a_case(session) for _ in range(3))
        for case in (first, second):
            found(session, case)
        found(session, third, diagnosis="LIF-01", title="Expired")
        cases.add_step(session, first, "k", "append", True, who="kim", when=NOW)
        cases.set_state(session, first, cases.CLOSED, NOW + timedelta(days=1), "CA appended")
        elsewhere = a_case(session, "Other Ltd")
        found(session, elsewhere)
    with database.reading() as session:
        site = cases.row(session, first).site_id
        before = history.recurrence(session, site, "CHN-01", besides=second)
    assert [(r.number, r.outcome, r.steps) for r in before] == [("C-0001", "CA appended", ("append",))]


def test_the_timeline_of_a_customer_joins_its_sites(database: Database) -> None:
    with database.writing() as session:
        one = sites.create(session, "Example Ltd", "HQ", [], NOW)
        two = sites.create(session, "Example Ltd", "Branch", [], NOW)
        other = sites.create(session, "Other Ltd", "HQ", [], NOW)
        for number, site in enumerate((one, two, other, one)):
            history.add(session, site, None, "note", f"event {number}", who="kim", when=NOW)
    with database.reading() as session:
        events = history.of_customer(session, "Example Ltd", 2)
    assert [(event.site, event.text) for event in events] == [("HQ", "event 3"), ("Branch", "event 1")]

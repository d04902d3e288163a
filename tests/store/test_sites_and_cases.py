"""Customers, sites, nodes, connections, cases and what people say in them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from certdoctor.errors import CertdoctorError
from certdoctor.evidence.site import ConnectionDescription, NodeDescription
from certdoctor.store import cases, history, sites
from certdoctor.store.database import Database
from certdoctor.store.records import AnswerRecord, StepRecord
from tests.pki import NOW

LATER = NOW + timedelta(minutes=5)

NODE = NodeDescription(
    id="expc1",
    role="expressway-c",
    version="X14.3.7",
    names=("expc1.example.com",),
    addresses=("192.0.2.10",),
    cluster="expc.example.com",
    phone_security_profiles=("secure-8845.example.com",),
    chat_aliases=("conference-1.example.com",),
    federation_domains=("example.com",),
)


def a_site(database: Database, customer: str = "Example Ltd", name: str = "HQ") -> int:
    with database.writing() as session:
        return sites.create(session, customer, name, ["example.com"], NOW)


def test_a_site_has_a_customer_and_a_name(database: Database) -> None:
    site = a_site(database)
    a_site(database, name="Branch")
    with database.reading() as session:
        record = sites.record(session, site)
        assert (record.customer, record.name, record.domains) == ("Example Ltd", "HQ", ("example.com",))
        assert [r.name for r in sites.records(session)] == ["Branch", "HQ"]


@pytest.mark.parametrize(
    ("customer", "name", "said"),
    [("Example Ltd", "HQ", "already"), (" Example Ltd ", "HQ ", "already"), ("", "HQ", "name"), ("A", " ", "name")],
)
def test_a_site_is_named_once(database: Database, customer: str, name: str, said: str) -> None:
    a_site(database)
    with pytest.raises(CertdoctorError, match=said), database.writing() as session:
        sites.create(session, customer, name, [], NOW)


def test_counts_and_last_event(database: Database) -> None:
    site, other = a_site(database), a_site(database, name="Branch")
    with database.writing() as session:
        first = cases.create(session, site, "Zone down", NOW)
        cases.create(session, site, "Login fails", NOW)
        cases.row(session, first).state = cases.CLOSED
        history.add(session, site, first, "note", "called back", who="kim", when=NOW)
        history.add(session, site, first, "note", "called again", who="kim", when=LATER)
    with database.reading() as session:
        record = sites.record(session, site)
        assert (record.cases, record.open_cases, record.last_event) == (2, 1, LATER)
        record = sites.record(session, other)
        assert (record.cases, record.open_cases, record.last_event) == (0, 0, None)


def test_a_node_is_kept_as_it_was_described(database: Database) -> None:
    site = a_site(database)
    with database.writing() as session:
        assert sites.put_node(session, site, NODE)
    with database.reading() as session:
        assert sites.nodes(session, site) == (NODE,)
    with database.writing() as session:
        assert not sites.put_node(session, site, NodeDescription("expc1", "expressway-e"))
    with database.reading() as session:
        assert sites.nodes(session, site) == (NodeDescription("expc1", "expressway-e"),)


@pytest.mark.parametrize(
    ("node", "said"),
    [
        (NodeDescription("Expc1", "cucm"), "a-z"),
        (NodeDescription("", "cucm"), "a-z"),
        (NodeDescription("expc1", "expressway"), "roles are: expressway-c"),
    ],
)
def test_a_node_has_an_id_and_a_role(database: Database, node: NodeDescription, said: str) -> None:
    site = a_site(database)
    with pytest.raises(CertdoctorError, match=said), database.writing() as session:
        sites.put_node(session, site, node)


CONNECTIONS = (
    ConnectionDescription("c1", "traversal-sip", "expc1", "expe1", 7001, "expe1.example.com", "expc.example.com"),
    ConnectionDescription(
        "u1", "upload", "expc1", "expc1", client_identity="server", server_identity="candidate", store="client"
    ),
)


def test_described_connections_are_kept_and_an_upload_is_its_case_s(database: Database) -> None:
    site = a_site(database)
    with database.writing() as session:
        for node in ("expc1", "expe1"):
            sites.put_node(session, site, NodeDescription(node, "expressway-c"))
        one = cases.create(session, site, "Upload refused", NOW)
        two = cases.create(session, site, "Zone down", NOW)
        sites.put_connections(session, site, one, CONNECTIONS)
    with database.reading() as session:
        assert sites.connections(session, site, [one]) == CONNECTIONS
        assert sites.connections(session, site, [two]) == CONNECTIONS[:1]
    with database.writing() as session:
        sites.put_connections(session, site, one, [ConnectionDescription("c1", "edge-sip", "expc1", "expe1")])
        sites.remove_node(session, site, "expe1")
    with database.reading() as session:
        assert sites.connections(session, site, [one]) == CONNECTIONS[1:]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("", ["Müller GmbH", "Example Ltd"]),
        ("müller", ["Müller GmbH"]),
        ("MULLER", ["Müller GmbH"]),
        ("werk example.org", ["Müller GmbH"]),
        ("expc1", ["Example Ltd"]),
        ("192.0.2", ["Example Ltd"]),
        ("hq zone", ["Example Ltd"]),
        ("c-0001", ["Example Ltd"]),
        ("zone werk", []),
        ("%", ["Müller GmbH", "Example Ltd"]),  # a sign is no word
        ("ex%ltd", []),
        ("100%", ["Example Ltd"]),
    ],
)
def test_search_finds_sites_by_every_word(database: Database, words: str, found: list[str]) -> None:
    with database.writing() as session:
        one = sites.create(session, "Example Ltd", "HQ", [], NOW)
        sites.put_node(session, one, NODE)
        cases.create(session, one, "Traversal zone down, 100% loss", NOW)
        two = sites.create(session, "Müller GmbH", "Werk Süd", [], NOW)
        sites.set_domains(session, two, ["example.org"])
    with database.reading() as session:
        assert sorted(r.customer for r in sites.records(session, words)) == sorted(found)


def test_a_removed_node_is_not_found_any_more(database: Database) -> None:
    site = a_site(database)
    with database.writing() as session:
        sites.put_node(session, site, NODE)
    with database.writing() as session:
        sites.remove_node(session, site, "expc1")
    with database.reading() as session:
        assert sites.records(session, "expc1") == ()


def test_cases_are_numbered_and_listed_newest_first(database: Database) -> None:
    site = a_site(database)
    with database.writing() as session:
        first = cases.create(session, site, " Zone down ", NOW)
        second = cases.create(session, site, "Login fails", LATER)
    with database.reading() as session:
        assert [(c.id, c.number, c.title) for c in cases.records(session)] == [
            (second, "C-0002", "Login fails"),
            (first, "C-0001", "Zone down"),
        ]
        assert [c.id for c in cases.records(session, limit=1)] == [second]
        assert [c.id for c in cases.records(session, "example zone")] == [first]
        assert [c.id for c in cases.records_of_site(session, site)] == [second, first]


@pytest.mark.parametrize(
    ("site", "title", "said"),
    [(1, "  ", "needs a title"), (99, "Zone down", "no site 99")],
)
def test_a_case_needs_a_site_and_a_title(database: Database, site: int, title: str, said: str) -> None:
    a_site(database)
    with pytest.raises(CertdoctorError, match=said), database.writing() as session:
        cases.create(session, site, title, NOW)


def test_the_last_answer_and_the_last_state_of_a_step_hold(database: Database) -> None:
    with database.writing() as session:
        case = cases.create(session, sites.create(session, "Example Ltd", "HQ", [], NOW), "Zone down", NOW)
        for fact, value in (("change.last", "renewed"), ("scope", "all"), ("change.last", None)):
            cases.add_answer(session, case, fact, "site:site", value, who="kim", when=NOW)
        for step, done in (("add", True), ("restart", True), ("add", False)):
            cases.add_step(session, case, "CHN-01-1", step, done, who="kim", when=NOW)
    with database.reading() as session:
        assert cases.answers(session, case) == (
            AnswerRecord("scope", "site:site", "all", NOW),
            AnswerRecord("change.last", "site:site", None, NOW),
        )
        assert cases.steps(session, case) == (
            StepRecord("CHN-01-1", "restart", True, "kim", NOW),
            StepRecord("CHN-01-1", "add", False, "kim", NOW),
        )


def test_the_history_is_newest_first_and_clean(database: Database) -> None:
    with database.writing() as session:
        site = sites.create(session, "Example Ltd", "HQ", [], NOW)
        case = cases.create(session, site, "Zone down", NOW)
        history.add(session, site, None, "site created", "Example Ltd / HQ", who="kim", when=NOW)
        history.add(session, site, case, "note", "evil\x1b[31m\u202ename", who="kim", when=LATER)
    with database.reading() as session:
        events = history.events(session, site)
    assert [(e.kind, e.text, e.case_number, e.when) for e in events] == [
        ("note", "evil�[31m�name", "C-0001", LATER),
        ("site created", "Example Ltd / HQ", "", NOW),
    ]

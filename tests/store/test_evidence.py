"""Documents: kept once, assigned, replaced, removed; and the certificates in them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from certdoctor.errors import CertdoctorError
from certdoctor.evidence.items import Document, Evidence, Origin, Problem
from certdoctor.evidence.read import read_bytes
from certdoctor.evidence.site import NodeDescription
from certdoctor.store import cases, evidence, sites
from certdoctor.store.database import Database
from certdoctor.store.records import EvidenceRecord
from certdoctor.store.tables import Blob, Certificate, CertificateUse, KbRevision, Table
from tests import pki

LATER = pki.NOW + timedelta(days=1)


@dataclass(frozen=True)
class Place:
    """A site with two nodes and two cases."""

    database: Database
    site: int
    case: int
    other: int


@pytest.fixture
def place(database: Database) -> Place:
    with database.writing() as session:
        site = sites.create(session, "Example Ltd", "HQ", [], pki.NOW)
        for node, role in (("expc1", "expressway-c"), ("expe1", "expressway-e")):
            sites.put_node(session, site, NodeDescription(node, role))
        case, other = (cases.create(session, site, title, pki.NOW) for title in ("Zone down", "Login fails"))
    return Place(database, site, case, other)


def document(path: str, data: bytes | str, member: str = "") -> Document:
    raw = data.encode() if isinstance(data, str) else data
    (found,) = read_bytes(raw, Origin(path, member)).documents
    return found


def add(place: Place, given: Document, case: int | None = None, replaces: bool = False) -> evidence.Kept:
    with place.database.writing() as session:
        return evidence.add(session, place.site, case or place.case, given, pki.NOW, replaces)


def assign(place: Place, kept: evidence.Kept, node: str, slot: str, also: bool = False) -> None:
    with place.database.writing() as session:
        evidence.assign(session, place.site, kept.id, sites.node_id(session, place.site, node), slot, also)


def records(place: Place, case: int | None = None) -> dict[str, EvidenceRecord]:
    with place.database.reading() as session:
        return {
            f"{r.path}{'' if r.current else ' (old)'}": r
            for r in evidence.records(session, place.site, case or place.case)
        }


def count(session: Session, table: type[Table]) -> int:
    return session.scalar(select(func.count()).select_from(table)) or 0


SERVER = pki.leaf("expc1.example.com")
RENEWED = pki.leaf("expc1.example.com", serial=77)
CAS = pki.bundle(pki.ca(), pki.intermediate())


def test_a_document_is_listed_with_its_certificates(place: Place) -> None:
    add(place, document("certs/expc1.pem", pki.bundle(SERVER, pki.intermediate())))
    record = records(place)["certs/expc1.pem"]
    assert record.certificates == ("expc1.example.com", "Example Issuing CA")
    assert (record.kind, record.form, record.case_id, record.current) == ("certificates", "pem", place.case, True)
    assert (record.node, record.slot, record.also) == ("", "", ())


def test_content_is_kept_once_and_packed(place: Place) -> None:
    log = "2026-11-23T10:00:00 expc1 tvcs: nothing happened\n" * 2000
    add(place, document("logs/a.txt", log))
    add(place, document("logs/b.txt", log))
    add(place, document("certs/a.pem", SERVER.pem))
    add(place, document("certs/b.pem", SERVER.pem + "\n"))
    with place.database.reading() as session:
        assert count(session, Blob) == 3
        assert count(session, Certificate) == 1
        assert count(session, CertificateUse) == 2
        stored = {s.document.origin.path: s for s in evidence.standing(session, place.site, [place.case])}
        assert evidence.content(session, stored["logs/a.txt"].blob) == log.encode()
        packed = session.get_one(Blob, stored["logs/a.txt"].blob).packed
        assert len(packed) < len(log) / 20


def test_the_same_again_changes_nothing(place: Place) -> None:
    first = add(place, document("certs/expc1.pem", SERVER.pem))
    again = add(place, document("certs/expc1.pem", SERVER.pem))
    assert (first.new, again.new, again.id) == (True, False, first.id)
    assert len(records(place)) == 1


def test_another_file_of_the_same_name_gets_a_number(place: Place) -> None:
    """Every Expressway calls its file server.pem."""
    paths = [
        add(place, document("certs/server.pem", pki.leaf(name).pem)).path
        for name in ("expc1.example.com", "expe1.example.com", "expe2.example.com")
    ]
    assert paths == ["certs/server.pem", "certs/server (2).pem", "certs/server (3).pem"]
    assert {path: r.certificates for path, r in records(place).items()} == {
        "certs/server.pem": ("expc1.example.com",),
        "certs/server (2).pem": ("expe1.example.com",),
        "certs/server (3).pem": ("expe2.example.com",),
    }
    again = add(place, document("certs/server.pem", pki.leaf("expe1.example.com").pem))
    assert (again.path, again.new) == ("certs/server (2).pem", False)


def test_a_newer_state_of_a_file_takes_its_place(place: Place) -> None:
    first = add(place, document("certs/expc1.pem", SERVER.pem))
    assign(place, first, "expc1", "identity:server")
    second = add(place, document("certs/expc1.pem", RENEWED.pem), replaces=True)
    assert second.path == "certs/expc1.pem"
    held = records(place)
    assert (held["certs/expc1.pem"].id, held["certs/expc1.pem (old)"].id) == (second.id, first.id)
    assert [(r.node, r.slot) for r in held.values()] == [("expc1", "identity:server")] * 2
    with place.database.reading() as session:
        (node, _) = sites.nodes(session, place.site)
        assert node.identities == {"server": "certs/expc1.pem"}


def test_a_file_that_could_be_opened_at_last_takes_its_place(place: Place) -> None:
    """The bytes are the same, what is kept of them is not."""
    data = pki.pfx(SERVER, password="geheim")
    (closed,) = read_bytes(data, Origin("expc1.pfx")).documents
    (opened,) = read_bytes(data, Origin("expc1.pfx"), ["geheim"]).documents
    assert closed.needs_password
    assert not opened.needs_password
    first = add(place, closed)
    second = add(place, opened)
    assert second.path == "expc1.pfx"
    assert {path: r.id for path, r in records(place).items()} == {"expc1.pfx (old)": first.id, "expc1.pfx": second.id}


def test_a_newly_assigned_document_supersedes_the_old_one(place: Place) -> None:
    first = add(place, document("a.pem", SERVER.pem))
    second = add(place, document("b.pem", RENEWED.pem))
    assign(place, first, "expc1", "identity:server")
    assign(place, second, "expc1", "identity:server")
    held = records(place)
    assert not held["a.pem (old)"].current
    assert (held["a.pem (old)"].node, held["a.pem (old)"].slot) == ("expc1", "identity:server")
    assign(place, first, "expc1", "identity:server")
    assert set(records(place)) == {"a.pem", "b.pem (old)"}


def test_one_document_can_serve_several_nodes(place: Place) -> None:
    shared = add(place, document("trust.pem", CAS))
    assign(place, shared, "expc1", "trust:ca")
    assign(place, shared, "expe1", "trust:ca", also=True)
    record = records(place)["trust.pem"]
    assert (record.node, record.slot, record.also) == ("expc1", "trust:ca", (("expe1", "trust:ca"),))
    own = add(place, document("expe1.pem", CAS + "\n"))
    assign(place, own, "expe1", "trust:ca")
    record = records(place)["trust.pem"]
    assert (record.current, record.node, record.also) == (True, "expc1", ())
    assign(place, shared, "expe1", "trust:ca")
    assert (records(place)["trust.pem"].node, records(place)["expe1.pem (old)"].current) == ("expe1", False)


def test_a_node_can_have_several_logs(place: Place) -> None:
    kept = [add(place, document(f"logs/{n}.txt", f"2026-11-23T10:00:0{n} expc1 tvcs: x\n" * 5)) for n in range(3)]
    for item in kept:
        assign(place, item, "expc1", "log")
    with place.database.reading() as session:
        assert sites.nodes(session, place.site)[0].logs == ("logs/0.txt", "logs/1.txt", "logs/2.txt")
    with place.database.writing() as session:
        node = sites.node_id(session, place.site, "expc1")
        evidence.retire_logs(session, place.site, place.case, node, {kept[2].id})
    assert set(records(place)) == {"logs/0.txt (old)", "logs/1.txt (old)", "logs/2.txt"}


def test_unassigned_documents_stay_in_their_case(place: Place) -> None:
    kept = add(place, document("a.pem", SERVER.pem))
    assign(place, kept, "expc1", "identity:server")
    with place.database.writing() as session:
        evidence.unassign(session, kept.id)
    record = records(place)["a.pem"]
    assert (record.node, record.slot, record.current) == ("", "", True)


def test_documents_of_a_removed_node_become_unassigned(place: Place) -> None:
    assign(place, add(place, document("a.pem", SERVER.pem)), "expc1", "identity:server")
    with place.database.writing() as session:
        sites.remove_node(session, place.site, "expc1")
    record = records(place)["a.pem"]
    assert (record.node, record.current) == ("", True)


def test_what_nodes_have_holds_for_every_case_and_the_rest_for_its_own(place: Place) -> None:
    slots = {
        "server.pem": (SERVER.pem, "identity:server"),
        "offered.pem": (RENEWED.pem, "identity:candidate"),
        "log.txt": ("2026-11-23T10:00:00 expc1 tvcs: x\n" * 5, "log"),
        "loose.pem": (CAS, ""),
    }
    for path, (data, slot) in slots.items():
        kept = add(place, document(path, data))
        if slot:
            assign(place, kept, "expc1", slot)
    with place.database.reading() as session:
        seen = {
            case: [s.document.origin.path for s in evidence.standing(session, place.site, [case])]
            for case in (place.case, place.other)
        }
    assert seen == {place.case: list(slots), place.other: ["server.pem"]}
    assert list(records(place)) == list(slots)
    assert list(records(place, place.other)) == ["server.pem"]


def test_a_new_case_that_brings_a_file_again_has_it(place: Place) -> None:
    kept = add(place, document("log.txt", "2026-11-23T10:00:00 expc1 tvcs: x\n" * 5))
    assign(place, kept, "expc1", "log")
    add(place, document("log.txt", "2026-11-23T10:00:00 expc1 tvcs: x\n" * 5), place.other)
    assert (records(place, place.other)["log.txt"].node, list(records(place))) == ("expc1", ["log.txt (old)"])


def test_a_newer_archive_of_a_host_ends_the_older_one(place: Place) -> None:
    for hour in ("10", "11"):
        stamp = f"2026-11-23_{hour}_00_00"
        archive = f"diagnostic_log_expc1_{stamp}.tar.gz"
        given = document(archive, CAS + "\n" * int(hour), f"ca_expc1_{stamp}.pem")
        assert given.host == "expc1"
        assign(place, add(place, given), "expc1", "trust:ca")
        with place.database.writing() as session:
            evidence.retire_snapshots(session, place.site, "expc1", archive)
    assert [(path.split("!")[0][-28:], r.current) for path, r in records(place).items()] == [
        ("1_2026-11-23_10_00_00.tar.gz", False),
        ("1_2026-11-23_11_00_00.tar.gz", True),
    ]


def test_removing_leaves_nothing_that_only_it_held(place: Place) -> None:
    add(place, document("a.pem", pki.bundle(SERVER, pki.ca())))
    add(place, document("b.pem", pki.ca().pem))
    with place.database.writing() as session:
        evidence.remove(session, place.site, "a.pem")
    assert list(records(place)) == ["b.pem"]
    with place.database.reading() as session:
        assert (count(session, Blob), count(session, Certificate), count(session, CertificateUse)) == (1, 1, 1)
        assert evidence.certificate(session, SERVER.sha256) is None


def test_removing_the_newer_state_leaves_the_older_as_it_is(place: Place) -> None:
    add(place, document("a.pem", SERVER.pem))
    add(place, document("a.pem", RENEWED.pem), replaces=True)
    with place.database.writing() as session:
        evidence.remove(session, place.site, "a.pem")
    assert list(records(place)) == ["a.pem (old)"]


def test_what_is_not_there_is_told(place: Place) -> None:
    with pytest.raises(CertdoctorError, match=r"no file x\.pem"), place.database.writing() as session:
        evidence.remove(session, place.site, "x.pem")


def test_a_certificate_knows_every_place(place: Place) -> None:
    first = add(place, document("a.pem", SERVER.pem))
    assign(place, first, "expc1", "identity:server")
    add(place, document("both.pem", pki.bundle(pki.ca(), SERVER)), place.other)
    assign(place, add(place, document("new.pem", RENEWED.pem)), "expc1", "identity:server")
    with place.database.reading() as session:
        record = evidence.certificate(session, SERVER.sha256)
        assert evidence.certificate(session, "0" * 64) is None
    assert record is not None
    assert (record.label, record.der) == ("expc1.example.com", SERVER.der)
    assert (record.not_before, record.not_after) == (
        SERVER.certificate.not_valid_before_utc,
        SERVER.certificate.not_valid_after_utc,
    )
    assert [(u.customer, u.site, u.node, u.slot, u.source, u.current) for u in record.uses] == [
        ("Example Ltd", "HQ", "expc1", "identity:server", "a.pem, block 1", False),
        ("Example Ltd", "HQ", "", "", "both.pem, block 2", True),
    ]


def test_certificates_of_a_site_by_expiry(place: Place) -> None:
    soon = pki.leaf("soon.example.com", end=pki.NOW + timedelta(days=3))
    for path, data in {"a.pem": pki.bundle(SERVER, pki.ca()), "b.pem": soon.pem}.items():
        add(place, document(path, data))
    add(place, document("c.pem", RENEWED.pem), place.other)
    with place.database.reading() as session:
        found = evidence.site_certificates(session, place.site, [place.case])
    assert found[0].label == "soon.example.com"
    assert {c.sha256 for c in found} == {soon.sha256, SERVER.sha256, pki.ca().sha256}
    assert [c.not_after for c in found] == sorted(c.not_after for c in found)
    assert all(c.uses and not c.der for c in found)


def test_problems_are_kept_until_the_input_comes_again(place: Place) -> None:
    problem = Problem(Origin("x.doc", "inner", "block 1"), "Word document", "no certificate.", "Export it.")
    with place.database.writing() as session:
        evidence.add_problem(session, place.case, problem, pki.NOW)
    with place.database.reading() as session:
        assert evidence.problems(session, [place.case]) == ((problem, pki.NOW),)
        assert evidence.problems(session, [place.other]) == ()
        (record,) = evidence.problem_records(session, place.case)
        assert (record.path, record.place) == ("x.doc!inner", "block 1")
    with place.database.writing() as session:
        evidence.forget_problems(session, place.case, ["x.doc"])
    with place.database.reading() as session:
        assert evidence.problems(session, [place.case]) == ()


# --- lists stay fast -----------------------------------------------------------------------------------------


def statements(place: Place) -> list[str]:
    """The statements that the screens' lists take."""
    seen: list[str] = []
    engine = place.database._engine  # no other place sees every statement

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    with place.database.reading() as session:
        sites.records(session, "example")
        sites.nodes(session, place.site)
        cases.records_of_site(session, place.site)
        evidence.records(session, place.site, place.case)
        evidence.standing(session, place.site, [place.case])
        evidence.problem_records(session, place.case)
        evidence.site_certificates(session, place.site, [place.case])
        cases.answers(session, place.case)
        cases.steps(session, place.case)
        cases.notes(session, place.case)
    event.remove(engine, "before_cursor_execute", note)
    return seen


def test_lists_take_as_many_statements_for_many_documents_as_for_one(place: Place) -> None:
    add(place, document("0.pem", SERVER.pem))
    few = len(statements(place))
    for number in range(1, 15):
        add(place, document(f"{number}.pem", pki.leaf(f"n{number}.example.com").pem))
    assert len(statements(place)) == few


# Small at any size of the database: searched as a whole (customers and sites); a lookup in the full-text index.
SCANNED = {"customer", "site", "search_words"}


def test_no_list_reads_a_whole_table(place: Place) -> None:
    for number in range(3):
        add(place, document(f"{number}.pem", SERVER.pem + "\n" * number))
    scans = []
    with place.database.reading() as session:
        connection = session.connection()
        for statement in statements(place):
            if not statement.startswith("SELECT"):
                continue
            values = (1,) * statement.count("?")
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values):
                words = str(row[-1]).split()
                if words[0] == "SCAN" and words[1] not in SCANNED:
                    scans.append((row[-1], statement))
    assert scans == []


def test_the_exact_text_of_a_finding_cannot_be_removed(place: Place) -> None:
    from sqlalchemy.exc import IntegrityError

    from certdoctor.store import examinations
    from certdoctor.store.records import FindingRecord

    revision = examinations.Revision("f" * 64, "CHN-01", "diagnosis", {"title": "Chain ü"})
    finding = FindingRecord("k", "CHN-01", "t", "s", "high", "decisive", 1, "", "f" * 64, {"node": "expc1"})
    for _ in range(2):
        with place.database.writing() as session:
            examinations.add(
                session, place.case, [finding], [revision], made=pki.NOW, at=pki.NOW, lang="en", verdict="cause_found"
            )
    with place.database.reading() as session:
        assert examinations.text(session, "f" * 64) == revision
        assert count(session, KbRevision) == 1
        assert [e.findings for e in examinations.of_case(session, place.case)] == [(finding,)] * 2
        assert len(examinations.of_case(session, place.case, limit=1)) == 1
        assert examinations.last(session, place.case, "k") == finding
        assert examinations.last(session, place.case, "other") is None
        assert cases.record(session, place.case).verdict == "cause_found"
    with pytest.raises(IntegrityError), place.database.writing() as session:
        session.delete(session.get_one(KbRevision, "f" * 64))


def test_no_private_key_and_no_password_is_in_the_file(place: Place, folder: Path) -> None:
    bundle = SERVER.key_pem + SERVER.pem
    given: Evidence = read_bytes(bundle.encode(), Origin("both.pem"))
    add(place, given.documents[0])
    add(place, read_bytes(pki.pfx(SERVER, password="s3cret-word"), Origin("x.pfx"), ["s3cret-word"]).documents[0])
    with place.database.reading() as session:
        for stored in evidence.standing(session, place.site, [place.case]):
            assert b"PRIVATE KEY-----" not in evidence.content(session, stored.blob)
    everything = b"".join(path.read_bytes() for path in folder.glob("certdoctor.db*"))
    assert b"s3cret-word" not in everything
    assert SERVER.key_pem.splitlines()[1].encode() not in everything

"""The use cases of the app, one after the other."""

from __future__ import annotations

import stat
from datetime import timedelta
from pathlib import Path

import pytest

from certdoctor import resources
from certdoctor.casework.practice import Practice
from certdoctor.errors import CertdoctorError
from certdoctor.evidence.site import NodeDescription
from certdoctor.reasoning.findings import Verdict
from certdoctor.store import examinations
from tests import pki
from tests.casework import folders
from tests.casework.conftest import Clock


def a_case(practice: Practice, title: str = "Zone down") -> int:
    site = practice.create_site("Example Ltd", f"Site for {title}", ["example.com"])
    return practice.open_case(site.id, title).id


def a_full_case(practice: Practice, folder: Path) -> int:
    """A case with the site of `folders`."""
    case = a_case(practice)
    practice.add_files(case, [folder])
    return case


def events(practice: Practice, case: int) -> list[str]:
    """The history of a case's site, oldest first, as a screen shows it."""
    site = practice.site(practice.case(case).case.site_id)
    return [f"{event.kind}: {event.text}" for event in reversed(site.events)]


def files(practice: Practice, case: int) -> dict[str, tuple[str, str, bool]]:
    return {r.path: (r.node, r.slot, r.current) for r in practice.case(case).evidence}


# --- sites and cases -----------------------------------------------------------------------------------------


def test_a_site_its_nodes_and_domains(practice: Practice) -> None:
    site = practice.create_site("Example Ltd", "HQ", ["example.com"])
    practice.put_node(site.id, NodeDescription("expc1", "expressway-c", names=("expc1.example.com",)))
    practice.put_node(site.id, NodeDescription("expc1", "expressway-c", version="X15.5"))
    practice.put_node(site.id, NodeDescription("old", "cucm"))
    practice.remove_node(site.id, "old")
    practice.set_domains(site.id, ["example.com", "example.org"])
    view = practice.site(site.id)
    assert view.site.domains == ("example.com", "example.org")
    assert view.nodes == (NodeDescription("expc1", "expressway-c", version="X15.5"),)
    assert [f"{e.kind}: {e.text}" for e in reversed(view.events)] == [
        "site created: Example Ltd / HQ",
        "node added: expc1 (expressway-c, expc1.example.com)",
        "node changed: expc1 (expressway-c, X15.5)",
        "node added: old (cucm)",
        "node removed: old",
        "domains set: example.com, example.org",
    ]
    assert {event.who for event in view.events} == {"kim"}
    assert practice.sites("example.org") == (view.site,)


def test_a_case_from_opening_to_closing(practice: Practice, clock: Clock) -> None:
    case = a_case(practice)
    practice.set_symptoms(case, ["mra-login-fails"], "Nobody can log in")
    practice.add_note(case, "called back")
    practice.tick(case, "CHN-01-1", "add", True)
    practice.tick(case, "CHN-01-1", "add", False)
    clock.now += timedelta(hours=2)
    practice.close_case(case, "The CA was added.")
    view = practice.case(case)
    assert (view.case.state, view.case.closed, view.case.outcome) == ("closed", clock.now, "The CA was added.")
    assert (view.case.symptoms, view.case.text) == (("mra-login-fails",), "Nobody can log in")
    assert [(s.finding_key, s.step, s.done, s.who) for s in view.steps] == [("CHN-01-1", "add", False, "kim")]
    assert [note.text for note in view.notes] == ["called back"]
    practice.reopen_case(case)
    assert (practice.case(case).case.state, practice.case(case).case.closed) == ("open", None)
    assert events(practice, case)[1:] == [
        "case opened: Zone down",
        "symptoms set: mra-login-fails: Nobody can log in",
        "note: called back",
        "step done: add (CHN-01-1)",
        "step not done: add (CHN-01-1)",
        "case closed: The CA was added.",
        "case reopened: Zone down",
    ]


@pytest.mark.parametrize(
    ("do", "said"),
    [
        (lambda p: p.case(99), "no case C-0099"),
        (lambda p: p.tick(99, "k", "s", True), "no case C-0099"),
        (lambda p: p.site(99), "no site 99"),
        (lambda p: p.put_node(99, NodeDescription("a", "cucm")), "no site 99"),
        (lambda p: p.add_note(1, "  "), "some text"),
        (lambda p: p.reopen_case(1), "is open"),
        (lambda p: [p.close_case(1, "x"), p.close_case(1, "x")], "closed already"),
        (lambda p: p.assign(1, "x.pem", "expc1", "xconf"), r"no file x\.pem"),
        (lambda p: p.remove_evidence(1, "x.pem"), r"no file x\.pem"),
        (lambda p: p.answer(1, "no.such.fact", "site:site", "yes"), "no answer"),
        (lambda p: p.answer(1, "change.last", "site:site", "moonphase"), "no answer"),
        (lambda p: p.answer(1, "change.last", "moon:site", "network"), "nothing that a question is about"),
        (lambda p: p.write_files(1, "k", Path("/nowhere")), "not found any more"),
    ],
)
def test_what_cannot_be_done_is_told_and_leaves_no_trace(practice: Practice, do: object, said: str) -> None:
    case = a_case(practice)
    before = events(practice, case)
    with pytest.raises(CertdoctorError, match=said):
        do(practice)  # type: ignore[operator]
    assert [e for e in events(practice, case) if not e.startswith("case closed")] == before


def test_cases_are_found(practice: Practice) -> None:
    first, second = a_case(practice, "Zone down"), a_case(practice, "Login fails")
    assert [c.id for c in practice.cases()] == [second, first]
    assert [c.id for c in practice.cases("zone example")] == [first]
    assert [c.id for c in practice.cases("C-0002")] == [second]
    assert [c.id for c in practice.cases(limit=1)] == [second]
    assert len(practice.sites(limit=1)) == 1


def test_the_history_bears_the_login_name(data: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "robin")
    practice = Practice(data, clock)
    case = a_case(practice)
    practice.add_note(case, "hello")
    assert practice.case(case).notes[0].who == "robin"
    practice.close()


# --- evidence ------------------------------------------------------------------------------------------------


def test_a_folder_with_a_site_file_is_followed(practice: Practice, tmp_path: Path) -> None:
    case = a_case(practice)
    added = practice.add_files(case, [folders.write(tmp_path / "site")])
    assert (added.documents, added.certificates) == (6, 4)
    assert (added.problems, added.needs_password, added.keys_dropped) == ((), (), ())
    assert all(proposal.assigned for proposal in added.proposals)
    assert {(p.path, p.node, p.slot) for p in added.proposals if p.path == "trust/shared.pem"} == {
        ("trust/shared.pem", "expe1", "trust:ca"),
        ("trust/shared.pem", "expe2", "trust:ca"),
    }
    view = practice.case(case)
    assert files(practice, case) == {
        "certs/expc1.pem": ("expc1", "identity:server", True),
        "certs/expe1.pem": ("expe1", "identity:server", True),
        "logs/expc1.txt": ("expc1", "log", True),
        "site.yml": ("", "", True),
        "trust/expc1.pem": ("expc1", "trust:ca", True),
        "trust/shared.pem": ("expe1", "trust:ca", True),
    }
    assert next(r.also for r in view.evidence if r.path == "trust/shared.pem") == (("expe2", "trust:ca"),)
    assert [node.id for node in view.nodes] == ["expc1", "expe1", "expe2"]
    assert view.case.symptoms == ("traversal-zone-tls-failure",)
    assert view.case.text.splitlines()[0] == "Traversal zone is down since Sunday"
    assert [(a.fact, a.value) for a in view.answers] == [("change.last", "cert_renewed")]
    assert view.case.at == pki.NOW
    assert events(practice, case)[-2:] == [
        "nodes added: expc1, expe1, expe2",
        "evidence added: 6 files, 4 certificates: certs/expc1.pem, certs/expe1.pem, logs/expc1.txt, site.yml, "
        "trust/expc1.pem, trust/shared.pem",
    ]
    connections = {c.id: c for c in practice.examine(case, keep=False).connections}
    given = connections["c1"]
    assert (given.kind, given.client, given.server, given.port, given.name) == (
        "traversal-sip", "expc1", "expe1", 7001, "expe1.example.com",
    )  # fmt: skip


def test_loose_files_wait_for_the_user(practice: Practice, tmp_path: Path) -> None:
    case = a_full_case(practice, folders.write(tmp_path / "site"))
    (tmp_path / "new.pem").write_text(pki.bundle(folders.RENEWED, folders.OTHER))
    added = practice.add_files(case, [tmp_path / "new.pem"])
    (proposal,) = added.proposals
    assert (proposal.path, proposal.node, proposal.slot) == ("new.pem", "expe1", "identity:candidate")
    assert (proposal.what, proposal.why) == ("certificate of expe1.example.com and 1 more", "it holds the node's name")
    assert not proposal.assigned
    assert files(practice, case)["new.pem"] == ("", "", True)

    practice.assign(case, "new.pem", "expe1", "identity:server")
    held = files(practice, case)
    assert held["new.pem"] == ("expe1", "identity:server", True)
    assert held["certs/expe1.pem"] == ("expe1", "identity:server", False)
    assert practice.case(case).nodes[1].identities == {"server": "new.pem"}
    practice.assign(case, "new.pem", "", "")
    assert files(practice, case)["new.pem"] == ("", "", True)
    assert events(practice, case)[-2:] == ["assigned: new.pem is identity:server of expe1", "unassigned: new.pem"]
    for node, slot, said in (
        ("expe1", "identity", "no place"),
        ("expe1", "shelf", "no place"),
        ("x", "log", "no node"),
    ):
        with pytest.raises(CertdoctorError, match=said):
            practice.assign(case, "new.pem", node, slot)


def test_an_archive_goes_to_the_node_with_its_host_name(practice: Practice, tmp_path: Path) -> None:
    case = a_case(practice)
    site = practice.case(case).case.site_id
    practice.put_node(site, NodeDescription("edge-c", "expressway-c", names=("EXPC1.example.com",)))
    folders.write_archive(tmp_path, "expc1", "2026-11-23_10_00_00", folders.TRAVERSAL_CLIENT)
    folders.write_archive(tmp_path, "expe1", "2026-11-23_10_00_00", folders.TRAVERSAL_SERVER)
    added = practice.add_files(case, sorted(tmp_path.glob("*.tar.gz")))
    assert all(proposal.assigned for proposal in added.proposals)
    assert {(p.node, p.slot) for p in added.proposals} == {
        (node, slot) for node in ("edge-c", "expe1") for slot in ("identity:server", "trust:ca", "xconf", "log")
    }
    nodes = {node.id: node for node in practice.case(case).nodes}
    assert (nodes["expe1"].role, nodes["expe1"].names) == ("expressway-e", ("expe1.example.com",))
    assert "nodes added: expe1" in events(practice, case)

    newer = folders.write_archive(tmp_path / "later", "expe1", "2026-11-24_10_00_00", folders.TRAVERSAL_SERVER)
    practice.add_files(case, [newer])
    held = {path: current for path, (node, _slot, current) in files(practice, case).items() if node == "expe1"}
    assert {path.split("!")[0][-26:]: current for path, current in held.items()} == {
        "2026-11-23_10_00_00.tar.gz": False,
        "2026-11-24_10_00_00.tar.gz": True,
    }


def test_of_two_archives_of_a_host_the_newer_one_speaks(practice: Practice, tmp_path: Path) -> None:
    case = a_case(practice)
    for day in (24, 23):
        folders.write_archive(tmp_path / "given", "expe1", f"2026-11-{day}_10_00_00", folders.TRAVERSAL_SERVER)
    practice.add_files(case, [tmp_path / "given"])
    current = {path.split("!")[0] for path, (_node, _slot, now) in files(practice, case).items() if now}
    assert current == {"diagnostic_log_expe1_2026-11-24_10_00_00.tar.gz"}


@pytest.mark.parametrize("order", [(20, 23), (23, 20)])
def test_snapshots_of_one_box_are_compared_over_cases(
    practice: Practice, tmp_path: Path, order: tuple[int, int]
) -> None:
    first = a_case(practice)
    site = practice.case(first).case.site_id
    later = practice.open_case(site, "Monday").id
    held = {
        day: folders.write_archive(
            tmp_path / str(day),
            "expe1",
            f"2026-11-{day}_10_00_00",
            folders.TRAVERSAL_SERVER.replace("UC", zone),
            server,
        )
        for day, zone, server in ((20, "UC", folders.EXPE), (23, "UC 2", folders.RENEWED))
    }
    for case, day in zip((first, later), order, strict=True):
        added = practice.add_files(case, [held[day]])
        assert all(proposal.assigned for proposal in added.proposals)
    for examination in (practice.examine(later), practice.examine_site(site)):
        node = examination.deployment.nodes["expe1"]
        assert "2026-11-23" in node.identities["server"].document.origin.path
        assert {(c.node, c.earlier, c.later) for c in examination.changes} == {
            ("expe1", "2026-11-20 10:00", "2026-11-23 10:00")
        }
        assert {(c.what.value, c.of): (c.before, c.after) for c in examination.changes}.items() >= {
            ("issuer", "server"): ("CN=Site Issuing CA,O=Example Ltd", "CN=Other Issuing CA,O=Example Ltd"),
            ("setting", "Zones Zone 1 Name"): ("UC", "UC 2"),
        }.items()


def test_the_same_archive_again_is_no_earlier_snapshot(practice: Practice, tmp_path: Path) -> None:
    first = a_case(practice)
    site = practice.case(first).case.site_id
    archive = folders.write_archive(tmp_path, "expe1", "2026-11-20_10_00_00", folders.TRAVERSAL_SERVER)
    for case in (first, practice.open_case(site, "Again").id):
        practice.add_files(case, [archive])
    examination = practice.examine_site(site)
    assert examination.deployment.nodes["expe1"].earlier is None
    assert examination.changes == ()


def test_keys_are_dropped_and_passwords_forgotten(practice: Practice, data: Path, tmp_path: Path) -> None:
    case = a_case(practice)
    (tmp_path / "x.pfx").write_bytes(pki.pfx(folders.EXPC, password="Weißes-Kaninchen"))
    (tmp_path / "both.pem").write_text(folders.EXPC.key_pem + folders.EXPC.pem)
    added = practice.add_files(case, [tmp_path / "x.pfx", tmp_path / "both.pem"], ["wrong"])
    assert (added.needs_password, added.keys_dropped) == (("x.pfx",), ("both.pem",))
    assert added.documents == 1, "a closed file is not read"
    added = practice.add_files(case, [tmp_path / "x.pfx"], ["Weißes-Kaninchen"])
    assert (added.needs_password, added.keys_dropped) == ((), ("x.pfx",))
    record = next(r for r in practice.case(case).evidence if r.path == "x.pfx" and r.current)
    assert (record.form, record.certificates[0]) == ("pfx", "expc1.example.com")
    practice.close()
    everything = b"".join(path.read_bytes() for path in data.iterdir() if path.is_file())
    assert b"PRIVATE KEY-----" not in everything
    for encoding in ("utf-8", "utf-16-le", "latin-1"):
        assert "Weißes-Kaninchen".encode(encoding) not in everything


def test_what_holds_nothing_is_not_counted_as_read(practice: Practice, tmp_path: Path) -> None:
    (tmp_path / "garbage").mkdir()
    (tmp_path / "garbage" / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (tmp_path / "garbage" / "empty.crt").write_bytes(b"")
    (tmp_path / "garbage" / "server.key").write_text(folders.EXPC.key_pem)
    added = practice.add_files(a_case(practice), [tmp_path / "garbage"])
    assert (added.documents, len(added.problems)) == (1, 2)
    assert [p.what for p in added.proposals if p.path.endswith(".key")] == ["private key, dropped at once"]


def test_a_key_that_a_reader_let_through_is_not_kept(
    practice: Practice, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    from certdoctor.evidence import read

    (tmp_path / "a.pem").write_text(folders.EXPC.pem)
    good = read.read_paths([tmp_path / "a.pem"])
    leaky = replace(good, documents=(replace(good.documents[0], kept=folders.EXPC.key_pem.encode()),))
    monkeypatch.setattr(read, "read_paths", lambda *_, **_more: leaky)
    case = a_case(practice)
    added = practice.add_files(case, [tmp_path / "a.pem"])
    assert (added.documents, added.problems[0].looks_like) == (0, "private key")
    assert practice.case(case).evidence == ()
    assert practice.case(case).problems[0].path == "a.pem"
    practice.close()
    assert folders.EXPC.key_pem.splitlines()[1].encode() not in (data / "certdoctor.db").read_bytes()


def test_what_cannot_be_read_stops_nothing(practice: Practice, tmp_path: Path) -> None:
    case = a_case(practice)
    (tmp_path / "a.pem").write_text(folders.EXPC.pem)
    (tmp_path / "b.pdf").write_bytes(b"%PDF-1.7 not evidence")
    added = practice.add_files(case, [tmp_path / "a.pem", tmp_path / "b.pdf", tmp_path / "nothing.pem"])
    assert added.certificates == 1
    assert {p.origin.path for p in added.problems} == {"b.pdf", "nothing.pem"}
    view = practice.case(case)
    assert {p.path for p in view.problems} == {"b.pdf", "nothing.pem"}
    assert practice.examine(case, keep=False).evidence.problems == added.problems
    (tmp_path / "nothing.pem").write_text(folders.EXPE.pem)
    practice.add_files(case, [tmp_path / "a.pem", tmp_path / "nothing.pem"])
    assert {p.path for p in practice.case(case).problems} == {"b.pdf"}


def test_pasted_text_is_evidence_too(practice: Practice) -> None:
    case = a_case(practice)
    first = practice.add_text(case, folders.EXPC.pem)
    second = practice.add_text(case, folders.EXPE.pem)
    assert [p.path for p in (*first.proposals, *second.proposals)] == ["pasted", "pasted (2)"]
    assert practice.add_text(case, "good morning").problems
    assert {r.path: r.certificates for r in practice.case(case).evidence if r.certificates} == {
        "pasted": ("expc1.example.com",),
        "pasted (2)": ("expe1.example.com",),
    }


def test_evidence_can_be_removed(practice: Practice, tmp_path: Path) -> None:
    case = a_full_case(practice, folders.write(tmp_path / "site"))
    practice.remove_evidence(case, "certs/expe1.pem")
    assert "certs/expe1.pem" not in files(practice, case)
    assert practice.certificate(folders.EXPE.sha256) is None
    assert practice.case(case).nodes[1].identities == {}
    assert events(practice, case)[-1] == "evidence removed: certs/expe1.pem"


def test_a_certificate_with_all_its_uses(practice: Practice, tmp_path: Path) -> None:
    case = a_full_case(practice, folders.write(tmp_path / "site"))
    record = practice.certificate(folders.ROOT.sha256)
    assert record is not None
    assert [(use.node, use.slot, use.source) for use in record.uses] == [
        ("expc1", "trust:ca", "trust/expc1.pem, block 1"),
        ("expe1", "trust:ca", "trust/shared.pem, block 1"),
        ("expe2", "trust:ca", "trust/shared.pem, block 1"),
    ]
    view = practice.site(practice.case(case).case.site_id)
    assert {c.label for c in view.certificates} == {
        "Site Root CA", "Site Issuing CA", "expc1.example.com", "expe1.example.com",
    }  # fmt: skip


# --- examinations --------------------------------------------------------------------------------------------


def test_a_fault_is_found_cured_and_proven_gone(practice: Practice, clock: Clock, tmp_path: Path) -> None:
    case = a_full_case(practice, folders.write(tmp_path / "site", server=folders.RENEWED))
    broken = practice.examine(case)
    assert broken.verdict == Verdict.CAUSE_FOUND
    first = broken.findings[0]
    view = practice.case(case)
    assert view.case.verdict == "cause_found"
    assert [f.key for f in view.examinations[0].findings[:1]] == [first.key]
    assert events(practice, case)[-1] == f"examined: cause found: {first.title}"

    practice.tick(case, first.key, first.fix[0].id, True)
    assert events(practice, case)[-1] == f"step done: {first.fix[0].id} ({first.title})"

    clock.now += timedelta(hours=1)
    every = pki.bundle(folders.ROOT, folders.SUB, *folders.RENEWED.chain[1:])
    (tmp_path / "expc1-list.pem").write_text(every)
    (proposal,) = practice.add_files(case, [tmp_path / "expc1-list.pem"]).proposals
    assert (proposal.node, proposal.slot) == ("expc1", "trust:ca")
    practice.assign(case, proposal.path, proposal.node, proposal.slot)
    cured = practice.examine(case)
    assert first.key not in {f.key for f in (*cured.findings, *cured.folded)}
    assert f"no longer found: {first.title}" in events(practice, case)
    newest, oldest = practice.case(case).examinations
    assert (newest.made - oldest.made, newest.verdict) == (timedelta(hours=1), cured.verdict.value)
    gone = events(practice, case).count(f"no longer found: {first.title}")
    practice.examine(case)
    assert events(practice, case).count(f"no longer found: {first.title}") == gone == 1


def test_cases_that_had_a_diagnosis(practice: Practice, tmp_path: Path) -> None:
    case = a_full_case(practice, folders.write(tmp_path / "site", server=folders.RENEWED))
    first = practice.examine(case).findings[0].diagnosis
    assert [found.id for found in practice.cases_with(first)] == [case]
    practice.examine(case)
    other = practice.open_case(practice.case(case).case.site_id, "Again")
    practice.examine(other.id)
    assert [found.id for found in practice.cases_with(first)] == [other.id, case]
    assert [found.id for found in practice.cases_with(first, limit=1)] == [other.id]
    assert practice.cases_with("LIC-01") == ()


def test_the_texts_that_were_given_stay(practice: Practice, tmp_path: Path) -> None:
    case = a_full_case(practice, folders.write(tmp_path / "site", server=folders.RENEWED))
    given = practice.examine(case, lang="de").findings[0]
    record = practice.case(case).examinations[0].findings[0]
    assert (record.title, record.summary, record.params) == (given.title, given.summary, dict(given.params))
    with practice._database.reading() as session:
        text = examinations.text(session, record.text_hash)
    assert text is not None
    assert text.object_id == given.diagnosis
    assert set(text.body["texts"]) >= {"en", "de"}
    english = practice.examine(case, keep=False).findings[0].title
    assert events(practice, case)[-1] == f"examined: cause found: {english}"


def test_looking_stores_nothing(practice: Practice, tmp_path: Path) -> None:
    case = a_full_case(practice, folders.write(tmp_path / "site", server=folders.RENEWED))
    before = events(practice, case)
    looked = practice.examine(case, keep=False)
    site = practice.examine_site(practice.case(case).case.site_id)
    assert looked.verdict == site.verdict == Verdict.CAUSE_FOUND
    assert practice.case(case).examinations == ()
    assert events(practice, case) == before


def test_the_time_to_judge_at(practice: Practice, clock: Clock, tmp_path: Path) -> None:
    clock.now = pki.NOW + timedelta(days=900)
    case = a_full_case(practice, folders.write(tmp_path / "site"))
    site = practice.case(case).case.site_id
    assert practice.examine(case).at == practice.examine_site(site).at == pki.NOW
    assert practice.examine(case, at=clock.now).at == clock.now
    assert practice.examine(practice.open_case(site, "Later").id).at == clock.now


def test_logs_and_answers_of_a_case_are_its_own(practice: Practice, tmp_path: Path) -> None:
    case = a_full_case(practice, folders.write(tmp_path / "site"))
    site = practice.case(case).case.site_id
    other = practice.open_case(site, "Another").id
    assert practice.case(case).nodes[0].logs == ("logs/expc1.txt",)
    assert practice.case(other).nodes[0].logs == ()
    assert practice.case(other).nodes[0].trust == {"ca": "trust/expc1.pem"}
    seen = practice.examine(other, keep=False)
    assert {d.origin.path for d in seen.evidence.documents} == {
        "certs/expc1.pem", "certs/expe1.pem", "trust/expc1.pem", "trust/shared.pem",
    }  # fmt: skip
    assert practice.site(site).nodes[0].logs == ("logs/expc1.txt",)
    practice.close_case(case, "done")
    assert practice.site(site).nodes[0].logs == ()


def test_answers_reach_the_examination_and_the_last_one_holds(practice: Practice, tmp_path: Path) -> None:
    case = a_full_case(practice, folders.write(tmp_path / "site"))

    def told() -> list[str]:
        facts = practice.examine(case, keep=False).facts
        return [fact.value for fact in facts if fact.id == "change.last"]

    assert told() == ["cert_renewed"]
    practice.answer(case, "change.last", "site:site", "network")
    assert told() == ["network"]
    practice.answer(case, "change.last", "site:site", None)
    assert told() == []
    practice.answer(case, "change.last", "site:site", "upgrade")
    assert told() == ["upgrade"]
    assert events(practice, case)[-3:] == [
        "answered: change.last of site:site: network",
        "answered: change.last of site:site: don't know",
        "answered: change.last of site:site: upgrade",
    ]


def test_what_nobody_knows_is_not_asked_again(practice: Practice, tmp_path: Path) -> None:
    folder = folders.write(tmp_path / "site", site=folders.SITE.replace("answers: {change.last: cert_renewed}\n", ""))
    case = a_full_case(practice, folder)
    practice.remove_evidence(case, "certs/expe1.pem")
    asked = practice.examine(case, keep=False).questions
    assert asked
    practice.answer(case, asked[0].fact, asked[0].subject, None)
    after = practice.examine(case, keep=False)
    assert (asked[0].fact, asked[0].subject) not in {(q.fact, q.subject) for q in after.questions}
    assert len(after.next_questions) == len(after.questions)


def test_files_that_cure_are_written(practice: Practice, tmp_path: Path) -> None:
    case = a_full_case(practice, folders.write(tmp_path / "site", server=folders.RENEWED))
    (tmp_path / "other-ca.pem").write_text(pki.bundle(*folders.OTHER.chain))
    practice.add_files(case, [tmp_path / "other-ca.pem"])
    finding = practice.examine(case).findings[0]
    target = tmp_path / "cure"
    paths = practice.write_files(case, finding.key, target)
    assert paths
    assert {p.parent for p in paths} == {target}
    assert all(p.read_bytes() for p in paths)
    assert {stat.S_IMODE(p.stat().st_mode) for p in paths} == {0o600}
    assert events(practice, case)[-1].startswith("files written: ")
    with pytest.raises(CertdoctorError, match="is not empty"):
        practice.write_files(case, finding.key, target)
    (tmp_path / "file").write_text("")
    with pytest.raises(CertdoctorError, match="cannot be written"):
        practice.write_files(case, finding.key, tmp_path / "file" / "below")


def test_a_file_that_some_programs_refuse_is_written_as_strict_pem(practice: Practice, tmp_path: Path) -> None:
    case = a_case(practice)
    (tmp_path / "a.pem").write_text(pki.leaf().pem.replace("\n", " "))
    (tmp_path / "a.txt").write_text("2026-11-23T10:00:00 x tvcs: started\n")
    practice.add_files(case, [tmp_path / "a.pem", tmp_path / "a.txt"])
    (written,) = practice.write_cleaned(case, "a.pem", tmp_path / "clean")
    assert written.read_text() == pki.leaf().pem
    assert events(practice, case)[-1].startswith("files written: a-clean.pem")
    with pytest.raises(CertdoctorError, match="holds nothing"):
        practice.write_cleaned(case, "a.txt", tmp_path / "other")


def test_symptoms_are_found_by_words_or_listed(practice: Practice) -> None:
    everything = practice.symptoms("")
    assert len(everything) > 20
    found = practice.symptoms("Traversal zone TLS negotiation failure", limit=3)
    assert 1 <= len(found) <= 3
    assert found[0].symptom in {match.symptom for match in everything}
    assert found == tuple(sorted(found, key=lambda m: -m.score))
    assert practice.symptoms("", lang="de")[0].title != everything[0].title


# --- the example, and files without a case -------------------------------------------------------------------


@pytest.fixture
def example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The worked example is this test's own site."""
    real = resources.folder
    folders.write(tmp_path / "kb" / "example" / "site")
    monkeypatch.setattr(resources, "folder", lambda name: tmp_path / "kb" if name == "kb" else real(name))
    return tmp_path / "kb" / "example" / "site"


@pytest.mark.usefixtures("example")
def test_the_example_can_be_made_more_than_once(practice: Practice) -> None:
    made = [practice.create_example() for _ in range(3)]
    assert [(case.customer, case.site) for case in made] == [
        ("Example Ltd", "HQ"),
        ("Example Ltd", "HQ (2)"),
        ("Example Ltd", "HQ (3)"),
    ]
    assert made[0].title == "Traversal zone is down since Sunday"
    assert made[0].symptoms == ("traversal-zone-tls-failure",)
    assert len(practice.case(made[2].id).evidence) == 6
    assert practice.sites("hq (2)")[0].domains == ("example.com",)


def test_a_missing_example_is_told(practice: Practice, example: Path) -> None:
    (example / "site.yml").unlink()
    with pytest.raises(CertdoctorError, match="without its example"):
        practice.create_example()
    assert practice.sites() == ()


def test_examined_files_become_a_case(practice: Practice, tmp_path: Path) -> None:
    folder = folders.write(tmp_path / "site", server=folders.RENEWED)
    first = practice.save_examined([folder])
    second = practice.save_examined([folder], at=pki.NOW + timedelta(days=1))
    assert first.site_id == second.site_id
    assert (first.customer, first.site, first.verdict) == ("Example Ltd", "HQ", "cause_found")
    assert practice.case(second.id).examinations[0].at == pki.NOW + timedelta(days=1)
    (tmp_path / "a.pem").write_text(folders.EXPC.pem)
    loose = practice.save_examined([tmp_path / "a.pem"])
    assert (loose.customer, loose.site, loose.title) == ("Unnamed customer", "a.pem", "Examination of a.pem")

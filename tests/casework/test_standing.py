"""A stored case says exactly what its files say, and the worked example tells its story."""

from __future__ import annotations

from pathlib import Path

from certdoctor import resources
from certdoctor.casework import standing
from certdoctor.casework.examination import Examination
from certdoctor.casework.examine import examine
from certdoctor.casework.practice import Practice
from certdoctor.casework.sites import description_of
from certdoctor.evidence.items import Document
from certdoctor.evidence.read import read_paths
from certdoctor.knowledge.load import load
from certdoctor.reasoning.engine import Engine
from certdoctor.reasoning.findings import Verdict
from certdoctor.store import cases, evidence
from tests import pki
from tests.casework import folders

EXAMPLE = resources.folder("kb") / "example"


def said(examination: Examination) -> dict[str, object]:
    """Everything that an examination says."""
    return {
        "verdict": examination.verdict,
        "findings": examination.findings,
        "folded": examination.folded,
        "connections": examination.connections,
        "questions": examination.questions,
        "unchecked": examination.unchecked,
        "facts": tuple(examination.facts),
        "problems": examination.evidence.problems,
    }


def test_a_stored_case_is_examined_like_its_files(practice: Practice, tmp_path: Path) -> None:
    broken = folders.write(tmp_path / "broken", server=folders.RENEWED)
    (broken / "both.pem").write_text(folders.EXPC.key_pem + "some words\n" + folders.EXPC.pem)
    (broken / "picture.png").write_bytes(b"\x89PNG no evidence")
    (broken / "closed.pfx").write_bytes(pki.pfx(folders.EXPC, password="unknown"))
    (broken / "chain.der").write_bytes(folders.SUB.der)
    knowledge = load(resources.folder("rules"), resources.folder("kb"))
    with Engine(knowledge) as engine:
        for folder in (broken, EXAMPLE / "site"):
            given = read_paths([folder])
            direct = examine(given, description_of(given), knowledge, engine, now=pki.NOW)
            case = practice.open_case(practice.create_site("Example Ltd", folder.name).id, "Zone down")
            practice.add_files(case.id, [folder])
            assert said(practice.examine(case.id)) == said(direct)


def test_documents_are_read_again_as_they_were(practice: Practice, tmp_path: Path) -> None:
    folder = tmp_path / "loose"
    folder.mkdir()
    (folder / "both.pem").write_text(folders.EXPC.key_pem + "some words\n" + folders.EXPC.pem)
    (folder / "open.pfx").write_bytes(pki.pfx(folders.EXPC, password="known"))
    (folder / "closed.pfx").write_bytes(pki.pfx(folders.EXPC, password="unknown"))
    (folder / "x.csr").write_text(pki.csr("expe1.example.com"))
    (folder / "crl.pem").write_text(pki.crl(folders.ROOT))
    (folder / "p7b.p7b").write_bytes(pki.pkcs7(*folders.EXPC.chain, pem=False))
    case = practice.open_case(practice.create_site("Example Ltd", "HQ").id, "Zone down")
    practice.add_files(case.id, [folder], ["known"])
    given = {d.origin.path: d for d in read_paths([folder], ["known"]).documents}
    with practice._database.reading() as session:
        stood = standing.of_case(session, standing.Reader(), case.id)
    again = {d.origin.path: d for d in stood.evidence.documents}
    assert set(again) == set(given)

    def content(document: Document) -> tuple[object, ...]:
        return (
            document.kind, document.form, document.sha256, document.size, document.remarks, document.keys,
            document.requests, document.revocation_lists, document.needs_password,
            [f.certificate for f in document.certificates],
        )  # fmt: skip

    for path, document in given.items():
        assert content(again[path]) == content(document), path


def test_only_so_much_stays_in_memory(practice: Practice, tmp_path: Path) -> None:
    case = practice.open_case(practice.create_site("Example Ltd", "HQ").id, "Zone down").id
    practice.add_files(case, [folders.write(tmp_path / "site")])
    reader = standing.Reader(capacity=2000)
    with practice._database.reading() as session:
        stored = evidence.standing(session, cases.row(session, case).site_id, [case])
        for _ in range(2):
            for item in stored:
                assert reader.document(session, item).sha256 == item.document.sha256
                assert sum(len(d.stored) for d in reader._held.values()) == reader._bytes <= 2000


def test_the_worked_example_is_cured(practice: Practice) -> None:
    case = practice.create_example()
    found = practice.examine(case.id)
    assert found.verdict == Verdict.CAUSE_FOUND
    added = practice.add_files(case.id, [EXAMPLE / "repaired"])
    assert (added.problems, [p for p in added.proposals if not p.assigned]) == ((), [])
    assert practice.examine(case.id).verdict == Verdict.HEALTHY
    kinds = [event.kind for event in practice.site(case.site_id).events]
    assert kinds[: len(found.findings) + 1] == ["no longer found"] * len(found.findings) + ["examined"]

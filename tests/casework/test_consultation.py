"""A consultation: what is asked, taken back, changed, supposed and explained."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from certdoctor.casework.accounts import account_lines, leading
from certdoctor.casework.consultation import Consultation
from certdoctor.casework.examine import conclude
from certdoctor.casework.sites import description_of
from certdoctor.errors import CertdoctorError
from certdoctor.evidence.items import Evidence
from certdoctor.evidence.read import read_paths
from certdoctor.evidence.site import SiteDescription
from certdoctor.facts.model import Fact, Subject, SubjectKind
from certdoctor.knowledge.load import load
from certdoctor.knowledge.model import Knowledge
from certdoctor.reasoning.engine import Engine
from certdoctor.resources import folder
from tests import pki
from tests.casework import folders


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load(folder("rules"), folder("kb"))


@pytest.fixture(scope="module")
def engine(knowledge: Knowledge) -> Iterator[Engine]:
    with Engine(knowledge) as engine:
        yield engine


def consult(knowledge: Knowledge, engine: Engine, *paths: Path) -> Consultation:
    evidence = read_paths(paths) if paths else Evidence((), ())
    described = description_of(evidence) if paths else SiteDescription()
    return Consultation(evidence, described, knowledge, engine, now=pki.NOW, at=None, lang="en")


def declined(consultation: Consultation, count: int = 30) -> None:
    """Answer nothing but that the evidence cannot be had, until a question with answers comes."""
    while (question := consultation.question) is not None and question.evidence and count:
        consultation.answer(question, None)
        count -= 1


def test_evidence_is_asked_for_and_decides(knowledge: Knowledge, engine: Engine, tmp_path: Path) -> None:
    consultation = consult(knowledge, engine)
    consultation.complain(["traversal-zone-tls-failure"])
    assert consultation.question is not None
    assert consultation.question.evidence
    assert "Collect log" in consultation.question.how
    assert consultation.why(consultation.question)[0].leading
    evidence = read_paths([folders.write(tmp_path / "site", server=folders.RENEWED)])
    consultation.look(evidence, description_of(evidence))
    assert consultation.examination.verdict.value == "cause_found"
    assert consultation.question is None  # the cause explains the symptom


def test_a_cause_that_does_not_explain_the_symptom_does_not_end_the_questions(
    knowledge: Knowledge, engine: Engine, tmp_path: Path
) -> None:
    consultation = consult(knowledge, engine, folders.write(tmp_path / "site", server=folders.RENEWED))
    assert consultation.question is None
    consultation.complain(["upload-refused-format"])
    assert consultation.examination.verdict.value == "cause_found"
    assert consultation.question is not None


def test_an_answer_is_changed_in_its_place_and_taken_back(knowledge: Knowledge, engine: Engine) -> None:
    consultation = consult(knowledge, engine)
    consultation.complain(["mra-login-fails"])
    declined(consultation)
    question = consultation.question
    assert question is not None
    before = consultation.examination.candidates
    consultation.answer(question, question.options[0][0])
    then = consultation.examination.candidates
    consultation.answer(question, question.options[-1][0])
    assert consultation.given[-1].value == question.options[-1][0]
    assert sum(given.question.fact == question.fact for given in consultation.given) == 1
    consultation.answer(question, question.options[0][0])
    assert consultation.examination.candidates == then
    assert consultation.undo() == question
    assert consultation.examination.candidates == before
    assert consultation.question is not None
    assert consultation.question.fact == question.fact


def test_what_is_supposed_is_what_the_answer_brings(knowledge: Knowledge, engine: Engine) -> None:
    consultation = consult(knowledge, engine)
    consultation.complain(["mra-login-fails"])
    declined(consultation)
    question = consultation.question
    assert question is not None
    for (value, label), supposed in zip(question.options, consultation.suppose(question), strict=True):
        assert supposed.option == label
        assert not supposed.given
        consultation.answer(question, value)
        assert tuple(key for key, _title, _chance in supposed.leading) == leading(consultation.examination)[:3]
        following = consultation.question
        assert supposed.next == (following.text if following else "")
        assert [each.option for each in consultation.suppose(question) if each.given] == [label]
        consultation.undo()


def test_why_shows_the_ranking_that_follows(knowledge: Knowledge, engine: Engine) -> None:
    consultation = consult(knowledge, engine)
    consultation.complain(["ssh-tunnels-down"])
    declined(consultation)
    question = consultation.question
    assert question is not None
    leanings = consultation.why(question)
    assert [leaning.option for leaning in leanings] == [label for _value, label in question.options]
    consultation.answer(question, question.options[0][0])
    chances = {c.diagnosis: c.probability for c in consultation.examination.candidates}
    for key, _title, chance in leanings[0].leading:
        if key in chances:
            assert chances[key] == pytest.approx(chance, abs=1e-3)


def test_how_names_premises_and_places_and_why_not_what_is_otherwise(
    knowledge: Knowledge, engine: Engine, tmp_path: Path
) -> None:
    consultation = consult(knowledge, engine, folders.write(tmp_path / "site", server=folders.RENEWED))
    first = consultation.examination.findings[0].diagnosis
    stands = consultation.how(first)
    assert stands.concluded
    assert any(reason.decibans == 30 and reason.premises for reason in stands.pro)
    assert any(premise.seen for reason in stands.pro for premise in reason.premises)
    lines = [text for _indent, text in account_lines(stands, against=False)]
    assert any("expe1.pem" in text for text in lines)
    other = consultation.how("LIF-01")
    assert not other.concluded
    against = [text for _indent, text in account_lines(other, against=True)]
    assert "Why not LIF-01" in against[0]
    assert any("did not fire" in text for text in against)
    with pytest.raises(CertdoctorError, match="no diagnosis"):
        consultation.how("XXX-99")


def test_what_a_person_says_against_the_evidence_is_shown(knowledge: Knowledge, engine: Engine, tmp_path: Path) -> None:
    examination = consult(knowledge, engine, folders.write(tmp_path / "site")).examination
    assert examination.observed is not None
    file = Subject(SubjectKind.FILE, "new.cer")
    shown = Fact("file.purpose", file, "upload", bindings={"file": "new.cer", "node_name": "expc1"})
    observed = replace(examination.observed, facts=(*examination.observed.facts, shown))
    for value, contradicted in (("evidence", 1), ("upload", 0)):
        again = conclude(observed, knowledge, engine, answers=[("file.purpose", str(file), value)])
        assert len(again.contradicted) == contradicted
        for seen, said in again.contradicted:
            assert (seen.value, seen.source, said.value, said.source) == ("upload", "observed", "evidence", "told")
        assert again.facts.get(file, "file.purpose") == shown

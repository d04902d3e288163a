"""An examination into the store: its findings, the exact texts they were written from, and what changed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from certdoctor.casework.examination import Examination, Treatable
from certdoctor.casework.wording import fill
from certdoctor.deployment.model import CLIENT, SERVER
from certdoctor.facts.model import Subject, SubjectKind
from certdoctor.knowledge.model import Knowledge, canonical
from certdoctor.reasoning.findings import Verdict
from certdoctor.store import examinations
from certdoctor.store.records import FindingRecord, VerdictRecord

_VERDICTS = {
    Verdict.CAUSE_FOUND: "cause found",
    Verdict.DIFFERENTIAL: "not decided",
    Verdict.HEALTHY: "healthy",
    Verdict.NOT_CHECKED: "not enough evidence",
}


def all_findings(examination: Examination) -> tuple[Treatable, ...]:
    """Return the findings and those that they explain."""
    return (*examination.findings, *examination.folded)


def keep(
    session: Session, case_id: int, examination: Examination, knowledge: Knowledge, made: datetime
) -> Iterator[tuple[str, str]]:
    """Store an examination; yield what the history says of it (kind, text), in English.

    What the examination before had and this one has not is named: "no longer found". That says what was seen,
    not that it was cured.
    """
    findings = all_findings(examination)
    before = examinations.of_case(session, case_id, limit=1)
    examinations.add(
        session,
        case_id,
        [_record(finding) for finding in findings],
        [_revision(knowledge, diagnosis) for diagnosis in dict.fromkeys(f.diagnosis for f in findings)],
        [
            VerdictRecord(c.id, c.kind, c.client, c.server, c.server_verdict, c.client_verdict)
            for c in examination.connections
        ],
        made=made,
        at=examination.at,
        lang=examination.lang,
        verdict=examination.verdict.value,
    )
    words = _VERDICTS[examination.verdict]
    first = examination.findings[0] if examination.findings else None
    yield "examined", f"{words}: {_english(knowledge, first.diagnosis, first.params)}" if first else words
    present = {finding.key for finding in findings}
    for gone in (f for earlier in before for f in earlier.findings if f.key not in present):
        yield "no longer found", _english(knowledge, gone.diagnosis, gone.params) or gone.title


def _record(finding: Treatable) -> FindingRecord:
    return FindingRecord(
        key=finding.key,
        diagnosis=finding.diagnosis,
        title=finding.title,
        summary=finding.summary,
        severity=finding.severity,
        strength=finding.strength,
        rank=finding.rank,
        under=finding.under,
        text_hash=finding.text_hash,
        params=finding.params,
        subjects=tuple(_subjects(finding)),
    )


def _subjects(finding: Treatable) -> Iterator[str]:
    if finding.subject_kind != SubjectKind.CONNECTION:
        yield str(Subject(SubjectKind(finding.subject_kind), finding.subject_id, finding.subject_side))
    sides = (finding.subject_side,) if finding.subject_side else (SERVER, CLIENT)
    for connection in finding.connections:
        yield from (str(Subject(SubjectKind.CONNECTION, connection, side)) for side in sides)


def _english(knowledge: Knowledge, diagnosis: str, params: Mapping[str, str]) -> str:
    """The title in English, "" for a diagnosis that is no longer in the knowledge base."""
    known = knowledge.diagnoses.get(diagnosis)
    return fill(known.text("en").title, params) if known is not None else ""


def _revision(knowledge: Knowledge, diagnosis: str) -> examinations.Revision:
    known = knowledge.diagnoses[diagnosis]
    body = json.loads(canonical({"form": known.form, "texts": dict(known.texts)}))
    return examinations.Revision(known.hash, diagnosis, "diagnosis", body)

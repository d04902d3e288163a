"""Examinations as they were shown, and the exact texts that were given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from certdoctor.store import search
from certdoctor.store.records import ExaminationRecord, FindingRecord, VerdictRecord
from certdoctor.store.tables import Case, ConnectionVerdict, Examination, Finding, KbRevision

_SUBJECTS = "@subjects"  # among the stored values of a finding; no placeholder is named so


@dataclass(frozen=True, slots=True)
class Revision:
    """One text of the knowledge base; `hash` is that of its content."""

    hash: str
    object_id: str
    kind: str
    body: Mapping[str, Any]


def add(
    session: Session,
    case_id: int,
    findings: Sequence[FindingRecord],
    revisions: Iterable[Revision],
    connections: Sequence[VerdictRecord] = (),
    *,
    made: datetime,
    at: datetime,
    lang: str,
    verdict: str,
) -> int:
    """Keep an examination with the texts its findings were written from; return its id."""
    for revision in revisions:
        if session.get(KbRevision, revision.hash) is None:
            session.add(
                KbRevision(
                    hash=revision.hash,
                    object_id=revision.object_id,
                    kind=revision.kind,
                    body=dict(revision.body),
                )
            )
    row = Examination(case_id=case_id, made=made, at=at, lang=lang, verdict=verdict)
    session.add(row)
    session.flush()
    session.add_all(
        Finding(
            examination_id=row.id,
            position=position,
            key=finding.key,
            diagnosis=finding.diagnosis,
            title=finding.title,
            summary=finding.summary,
            severity=finding.severity,
            strength=finding.strength,
            rank=finding.rank,
            under=finding.under,
            params={**finding.params, _SUBJECTS: list(finding.subjects)},
            text_hash=finding.text_hash,
        )
        for position, finding in enumerate(findings)
    )
    session.add_all(
        ConnectionVerdict(
            examination_id=row.id,
            position=position,
            name=line.connection,
            kind=line.kind,
            client=line.client,
            server=line.server,
            server_verdict=line.server_verdict,
            client_verdict=line.client_verdict,
        )
        for position, line in enumerate(connections)
    )
    session.get_one(Case, case_id).verdict = verdict
    search.put_case(session, case_id)
    return row.id


def of_case(session: Session, case_id: int, limit: int | None = None) -> tuple[ExaminationRecord, ...]:
    """Return the examinations of a case with their findings, newest first."""
    rows = session.scalars(
        select(Examination).where(Examination.case_id == case_id).order_by(Examination.id.desc()).limit(limit)
    ).all()
    findings: dict[int, list[FindingRecord]] = {row.id: [] for row in rows}
    query = (
        select(Finding)
        .join(Examination, Examination.id == Finding.examination_id)
        .where(Examination.case_id == case_id)
        .order_by(Finding.examination_id, Finding.position)
    )
    if limit is not None:
        query = query.where(Finding.examination_id.in_(list(findings)))
    for f in session.scalars(query):
        findings[f.examination_id].append(_finding(f))
    lines = _connections(session, list(findings))
    return tuple(
        ExaminationRecord(
            row.id, row.case_id, row.made, row.at, row.verdict, tuple(findings[row.id]), tuple(lines.get(row.id, ()))
        )
        for row in rows
    )


def _connections(session: Session, examination_ids: Sequence[int]) -> dict[int, list[VerdictRecord]]:
    query = (
        select(ConnectionVerdict)
        .where(ConnectionVerdict.examination_id.in_(examination_ids))
        .order_by(ConnectionVerdict.examination_id, ConnectionVerdict.position)
    )
    found: dict[int, list[VerdictRecord]] = {}
    for v in session.scalars(query):
        record = VerdictRecord(v.name, v.kind, v.client, v.server, v.server_verdict, v.client_verdict)
        found.setdefault(v.examination_id, []).append(record)
    return found


def last(session: Session, case_id: int, key: str) -> FindingRecord | None:
    """Return a finding of a case as it was found last, None if it was never found."""
    found = session.scalar(
        select(Finding)
        .join(Examination, Examination.id == Finding.examination_id)
        .where(Examination.case_id == case_id, Finding.key == key)
        .order_by(Examination.id.desc())
        .limit(1)
    )
    return None if found is None else _finding(found)


def _finding(row: Finding) -> FindingRecord:
    params = dict(row.params)
    subjects = tuple(params.pop(_SUBJECTS, ()))
    return FindingRecord(
        row.key,
        row.diagnosis,
        row.title,
        row.summary,
        row.severity,
        row.strength,
        row.rank,
        row.under,
        row.text_hash,
        params,
        subjects,
    )


def text(session: Session, text_hash: str) -> Revision | None:
    """Return a text exactly as it was given."""
    row = session.get(KbRevision, text_hash)
    return None if row is None else Revision(row.hash, row.object_id, row.kind, row.body)

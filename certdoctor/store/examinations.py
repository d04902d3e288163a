"""Examinations as they were shown, and the exact texts that were given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from certdoctor.store.records import ExaminationRecord, FindingRecord
from certdoctor.store.tables import Case, Examination, Finding, KbRevision


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
            params=dict(finding.params),
            text_hash=finding.text_hash,
        )
        for position, finding in enumerate(findings)
    )
    session.get_one(Case, case_id).verdict = verdict
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
        findings[f.examination_id].append(
            FindingRecord(
                f.key,
                f.diagnosis,
                f.title,
                f.summary,
                f.severity,
                f.strength,
                f.rank,
                f.under,
                f.text_hash,
                f.params,
            )
        )
    return tuple(
        ExaminationRecord(row.id, row.case_id, row.made, row.at, row.verdict, tuple(findings[row.id])) for row in rows
    )


def title(session: Session, case_id: int, key: str) -> str:
    """Return the title that a finding of a case bore last, "" if it was never found."""
    found = session.scalar(
        select(Finding.title)
        .join(Examination, Examination.id == Finding.examination_id)
        .where(Examination.case_id == case_id, Finding.key == key)
        .order_by(Examination.id.desc())
        .limit(1)
    )
    return found or ""


def text(session: Session, text_hash: str) -> Revision | None:
    """Return a text exactly as it was given."""
    row = session.get(KbRevision, text_hash)
    return None if row is None else Revision(row.hash, row.object_id, row.kind, row.body)

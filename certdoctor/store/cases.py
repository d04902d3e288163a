"""Cases with what people say and do in them: symptoms, answers, steps, notes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from certdoctor.errors import CertdoctorError
from certdoctor.language import _
from certdoctor.store import search
from certdoctor.store.records import AnswerRecord, CaseRecord, NoteRecord, StepRecord, case_number
from certdoctor.store.tables import Answer, Case, Customer, Evidence, Examination, Finding, Note, Site, Step

OPEN = "open"
CLOSED = "closed"
_WITHDRAWN = ""  # no value of any fact


def create(session: Session, site_id: int, title: str, now: datetime) -> int:
    """Open a case and return its id.

    Raises:
        CertdoctorError: it has no title, or there is no such site.
    """
    title = title.strip()
    if not title:
        raise CertdoctorError(_("A case needs a title."))
    if session.get(Site, site_id) is None:
        raise CertdoctorError(_("There is no site {number}.").format(number=site_id))
    case = Case(
        site_id=site_id,
        title=title,
        state=OPEN,
        opened=now,
        outcome="",
        verdict="",
        text="",
        symptoms=[],
    )
    session.add(case)
    session.flush()
    search.put_case(session, case.id)
    return case.id


def row(session: Session, case_id: int) -> Case:
    """Return the row of a case, for this package and the use cases' writes inside a transaction.

    Raises:
        CertdoctorError: there is none with this id.
    """
    case = session.get(Case, case_id)
    if case is None:
        raise CertdoctorError(_("There is no case {number}.").format(number=case_number(case_id)))
    return case


def record(session: Session, case_id: int) -> CaseRecord:
    """Return one case."""
    row(session, case_id)
    return _records(session, _select().where(Case.id == case_id))[0]


def records(session: Session, words: str = "", limit: int | None = None) -> tuple[CaseRecord, ...]:
    """Return cases that `words` find, newest first."""
    query = _select().order_by(Case.opened.desc(), Case.id.desc()).limit(limit)
    return _records(session, search.cases_with(query, words))


def records_of_site(session: Session, site_id: int) -> tuple[CaseRecord, ...]:
    """Return all cases of a site, newest first."""
    return _records(session, _select().where(Case.site_id == site_id).order_by(Case.opened.desc(), Case.id.desc()))


def records_with(session: Session, diagnosis: str, limit: int) -> tuple[CaseRecord, ...]:
    """Return the cases of all sites in which a diagnosis was found, as a cause or under one, newest first."""
    had = (
        select(Examination.case_id)
        .join(Finding, Finding.examination_id == Examination.id)
        .where(Finding.diagnosis == diagnosis)
    )
    query = _select().where(Case.id.in_(had)).order_by(Case.opened.desc(), Case.id.desc()).limit(limit)
    return _records(session, query)


def last_open(session: Session) -> CaseRecord | None:
    """Return the open case that was opened last."""
    newest = _select().where(Case.state == OPEN).order_by(Case.opened.desc(), Case.id.desc()).limit(1)
    found = _records(session, newest)
    return found[0] if found else None


def open_at_site(session: Session, site_id: int) -> dict[int, datetime | None]:
    """Return the open cases of a site, newest first, each with the time to judge at."""
    query = select(Case.id, Case.at).where(Case.site_id == site_id, Case.state == OPEN).order_by(Case.id.desc())
    return {row.id: row.at for row in session.execute(query)}


def _select() -> Select[*tuple[Any, ...]]:
    """The columns of a record; whole rows would take almost three times as long."""
    return (
        select(
            Case.id,
            Case.site_id,
            Customer.name.label("customer"),
            Site.name.label("site"),
            Case.title,
            Case.state,
            Case.opened,
            Case.closed,
            Case.verdict,
            Case.text,
            Case.symptoms,
            Case.at,
            Case.outcome,
        )
        .join(Site, Site.id == Case.site_id)
        .join(Customer, Customer.id == Site.customer_id)
    )


def _records(session: Session, query: Select[*tuple[Any, ...]]) -> tuple[CaseRecord, ...]:
    return tuple(
        CaseRecord(
            id=row.id,
            number=case_number(row.id),
            site_id=row.site_id,
            customer=row.customer,
            site=row.site,
            title=row.title,
            state=row.state,
            opened=row.opened,
            closed=row.closed,
            verdict=row.verdict,
            text=row.text,
            symptoms=tuple(row.symptoms),
            at=row.at,
            outcome=row.outcome,
        )
        for row in session.execute(query)
    )


def closed_as_cured(session: Session, site_id: int, keys: Collection[str]) -> dict[int, str]:
    """Return closed cases of a site that had one of these findings and took it for cured, with its key.

    It was taken for cured where the last examination did not find it any more, or one of its steps was ticked off.
    Only what was added to the evidence since such a case was closed can contradict it: older evidence was known.
    """
    had = (
        select(Case.id, Case.closed, Finding.key)
        .distinct()
        .join(Examination, Examination.case_id == Case.id)
        .join(Finding, Finding.examination_id == Examination.id)
        .where(Case.site_id == site_id, Case.state == CLOSED, Finding.key.in_(list(keys)))
        .order_by(Case.id, Finding.key)
    )
    found: dict[int, str] = {}
    for row in session.execute(had).all():
        if row.id in found:
            continue
        newer = select(Evidence.id).where(
            Evidence.site_id == site_id, Evidence.current.is_(True), Evidence.added > row.closed
        )
        last = select(func.max(Examination.id)).where(Examination.case_id == row.id).scalar_subquery()
        still = select(Finding.key).where(Finding.examination_id == last, Finding.key == row.key)
        done = select(Step.id).where(Step.case_id == row.id, Step.finding_key == row.key, Step.done.is_(True))
        cured = session.execute(still.limit(1)).first() is None or session.execute(done.limit(1)).first() is not None
        if cured and session.execute(newer.limit(1)).first() is not None:
            found[row.id] = row.key
    return found


# --- answers -------------------------------------------------------------------------------------------------


def add_answer(
    session: Session, case_id: int, fact: str, subject: str, value: str | None, *, who: str, when: datetime
) -> None:
    """Add an answer; it takes the place of an earlier one to the same question."""
    session.add(Answer(case_id=case_id, fact=fact, subject=subject, value=value, who=who, answered=when))


def withdraw_answer(session: Session, case_id: int, fact: str, subject: str, *, who: str, when: datetime) -> None:
    """Take an answer back: its question is open again."""
    add_answer(session, case_id, fact, subject, _WITHDRAWN, who=who, when=when)


def answers(session: Session, case_id: int) -> tuple[AnswerRecord, ...]:
    """Return the last answer to each question, oldest first, without those that were taken back."""
    last = select(func.max(Answer.id)).where(Answer.case_id == case_id).group_by(Answer.fact, Answer.subject)
    rows = session.scalars(select(Answer).where(Answer.id.in_(last)).order_by(Answer.id))
    return tuple(AnswerRecord(a.fact, a.subject, a.value, a.answered) for a in rows if a.value != _WITHDRAWN)


# --- steps and notes -----------------------------------------------------------------------------------------


def add_step(
    session: Session, case_id: int, finding_key: str, step: str, done: bool, *, who: str, when: datetime
) -> None:
    """Tick a step off, or untick it."""
    session.add(Step(case_id=case_id, finding_key=finding_key, step=step, done=done, who=who, happened=when))


def steps(session: Session, case_id: int) -> tuple[StepRecord, ...]:
    """Return the last state of each step, oldest first."""
    last = select(func.max(Step.id)).where(Step.case_id == case_id).group_by(Step.finding_key, Step.step)
    rows = session.scalars(select(Step).where(Step.id.in_(last)).order_by(Step.id))
    return tuple(StepRecord(s.finding_key, s.step, s.done, s.who, s.happened) for s in rows)


def add_note(session: Session, case_id: int, text: str, *, who: str, when: datetime) -> None:
    """Add a note."""
    session.add(Note(case_id=case_id, text=text, who=who, written=when))
    search.put_case(session, case_id)


def notes(session: Session, case_id: int) -> tuple[NoteRecord, ...]:
    """Return the notes, oldest first."""
    rows = session.scalars(select(Note).where(Note.case_id == case_id).order_by(Note.id))
    return tuple(NoteRecord(note.text, note.who, note.written) for note in rows)


def set_symptoms(session: Session, case_id: int, symptoms: Sequence[str], text: str) -> None:
    """Set the symptoms and the customer's own words."""
    case = row(session, case_id)
    case.symptoms = list(dict.fromkeys(symptoms))
    case.text = text
    search.put_case(session, case_id)


def set_state(session: Session, case_id: int, state: str, closed: datetime | None, outcome: str) -> None:
    """Close a case with one sentence on its outcome, or open it again."""
    case = row(session, case_id)
    case.state, case.closed, case.outcome = state, closed, outcome
    search.put_case(session, case_id)

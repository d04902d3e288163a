"""The history: what happened, in words, never changed; and what happened before."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from certdoctor.store.records import EventRecord, Recurrence, case_number
from certdoctor.store.tables import Case, Customer, Event, Examination, Finding, Site, Step
from certdoctor.text import clean

_LONGEST = 2000
EVENTS_SHOWN = 1000


def add(session: Session, site_id: int, case_id: int | None, kind: str, text: str, *, who: str, when: datetime) -> None:
    """Add one line to a site's history; `text` may hold names from outside, it is cleaned here."""
    session.add(Event(site_id=site_id, case_id=case_id, happened=when, who=who, kind=kind, text=clean(text, _LONGEST)))


def events(session: Session, site_id: int, limit: int | None = EVENTS_SHOWN) -> tuple[EventRecord, ...]:
    """Return the events of a site, newest first."""
    return _records(session, _select().where(Event.site_id == site_id).order_by(Event.id.desc()).limit(limit))


def of_case(session: Session, case_id: int) -> tuple[EventRecord, ...]:
    """Return all events of a case, newest first."""
    return _records(session, _select().where(Event.case_id == case_id).order_by(Event.id.desc()))


def of_customer(session: Session, customer: str, limit: int = EVENTS_SHOWN) -> tuple[EventRecord, ...]:
    """Return the events of all sites of a customer, newest first."""
    held = select(Site.id).join(Customer).where(Customer.name == customer)
    # The newest of each site, by its index; sorting all events of a large customer would read them all.
    found = [event for site_id in session.scalars(held) for event in _keyed(session, site_id, limit)]
    return tuple(event for _key, event in sorted(found, key=lambda pair: pair[0], reverse=True)[:limit])


def _select() -> Select[*tuple[Any, ...]]:
    return select(
        Event.id, Event.happened, Event.who, Event.kind, Event.text, Event.case_id, Site.name.label("site")
    ).join(Site, Site.id == Event.site_id)


def _keyed(session: Session, site_id: int, limit: int) -> list[tuple[int, EventRecord]]:
    query = _select().where(Event.site_id == site_id).order_by(Event.id.desc()).limit(limit)
    return [(row.id, _record(row)) for row in session.execute(query)]


def _records(session: Session, query: Select[*tuple[Any, ...]]) -> tuple[EventRecord, ...]:
    return tuple(_record(row) for row in session.execute(query))


def _record(row: Any) -> EventRecord:
    number = case_number(row.case_id) if row.case_id else ""
    return EventRecord(row.happened, row.who, row.kind, row.text, number, row.site)


def recurrence(session: Session, site_id: int, diagnosis: str, besides: int | None = None) -> tuple[Recurrence, ...]:
    """Return the cases of a site in which a diagnosis was found as a cause, newest first.

    Args:
        session: a session.
        site_id: the site.
        diagnosis: its id.
        besides: a case that does not count, the present one.
    """
    here = select(Case.id).where(Case.site_id == site_id, Case.id != (besides or 0))
    query = (
        select(Case.id, Case.title, Case.closed, Case.outcome, func.min(Examination.made).label("found"), Finding.key)
        .join(Examination, Examination.case_id == Case.id)
        .join(Finding, Finding.examination_id == Examination.id)
        .where(Case.id.in_(here), Finding.diagnosis == diagnosis, Finding.under == "")
        .group_by(Case.id, Finding.key)
        .order_by(Case.id.desc())
    )
    done: dict[tuple[int, str], list[str]] = {}
    ticked = select(Step.case_id, Step.finding_key, Step.step).where(Step.case_id.in_(here), Step.done)
    for case_id, key, step in session.execute(ticked.order_by(Step.id)):
        done.setdefault((case_id, key), []).append(step)
    found: dict[int, Recurrence] = {}
    for row in session.execute(query):
        before = found.get(row.id)
        found[row.id] = Recurrence(
            case_id=row.id,
            number=case_number(row.id),
            title=row.title,
            found=min(row.found, before.found) if before else row.found,
            closed=row.closed,
            outcome=row.outcome,
            steps=tuple(dict.fromkeys((*(before.steps if before else ()), *done.get((row.id, row.key), ())))),
        )
    return tuple(found.values())

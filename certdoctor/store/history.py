"""The history: what happened, in words, never changed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from certdoctor.store.cases import number
from certdoctor.store.records import EventRecord
from certdoctor.store.tables import Event
from certdoctor.text import clean

_LONGEST = 2000


def add(session: Session, site_id: int, case_id: int | None, kind: str, text: str, *, who: str, when: datetime) -> None:
    """Add one line to a site's history; `text` may hold names from outside, it is cleaned here."""
    session.add(Event(site_id=site_id, case_id=case_id, happened=when, who=who, kind=kind, text=clean(text, _LONGEST)))


def events(session: Session, site_id: int) -> tuple[EventRecord, ...]:
    """Return the events of a site, newest first."""
    rows = session.execute(
        select(Event.happened, Event.who, Event.kind, Event.text, Event.case_id)
        .where(Event.site_id == site_id)
        .order_by(Event.id.desc())
    )
    return tuple(
        EventRecord(row.happened, row.who, row.kind, row.text, number(row.case_id) if row.case_id else "")
        for row in rows
    )

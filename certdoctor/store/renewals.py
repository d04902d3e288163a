"""Renewal projects with their plans and ticks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from certdoctor.errors import CertdoctorError
from certdoctor.language import _
from certdoctor.store.records import RenewalRecord, RenewalTickRecord
from certdoctor.store.tables import Customer, Renewal, RenewalTick, Site

OPEN = "open"
CLOSED = "closed"


def number(renewal_id: int) -> str:
    """Return what people call a renewal project: "R-0007"."""
    return f"R-{renewal_id:04d}"


def create(session: Session, site_id: int, title: str, plan: Mapping[str, Any], *, who: str, when: datetime) -> int:
    """Keep a new project and return its id.

    Raises:
        CertdoctorError: it has no title.
    """
    if not title.strip():
        raise CertdoctorError(_("A renewal needs a title."))
    row = Renewal(site_id=site_id, title=title.strip(), state=OPEN, plan=dict(plan), who=who, created=when)
    session.add(row)
    session.flush()
    return row.id


def row(session: Session, renewal_id: int) -> Renewal:
    """Return the row of a project, for this package and the use cases' writes inside a transaction.

    Raises:
        CertdoctorError: there is none with this id.
    """
    found = session.get(Renewal, renewal_id)
    if found is None:
        raise CertdoctorError(_("There is no renewal {number}.").format(number=number(renewal_id)))
    return found


def tick(session: Session, renewal_id: int, step: str, done: bool, *, who: str, when: datetime) -> None:
    """Tick a step off, or untick it."""
    session.add(RenewalTick(renewal_id=renewal_id, step=step, done=done, who=who, happened=when))


def record(session: Session, renewal_id: int) -> RenewalRecord:
    """Return one project with its plan and the last state of each step."""
    row(session, renewal_id)
    return _records(session, renewal_id=renewal_id)[0]


def of_site(session: Session, site_id: int | None) -> tuple[RenewalRecord, ...]:
    """Return the projects of a site, or all, newest first."""
    return _records(session, site_id=site_id)


def _records(session: Session, site_id: int | None = None, renewal_id: int | None = None) -> tuple[RenewalRecord, ...]:
    query = (
        select(Renewal, Customer.name, Site.name)
        .join(Site, Site.id == Renewal.site_id)
        .join(Customer, Customer.id == Site.customer_id)
        .order_by(Renewal.id.desc())
    )
    if site_id is not None:
        query = query.where(Renewal.site_id == site_id)
    if renewal_id is not None:
        query = query.where(Renewal.id == renewal_id)
    rows = session.execute(query).all()
    last = (
        select(func.max(RenewalTick.id))
        .where(RenewalTick.renewal_id.in_([found.id for found, _customer, _site in rows]))
        .group_by(RenewalTick.renewal_id, RenewalTick.step)
    )
    ticks: dict[int, list[RenewalTickRecord]] = {}
    for t in session.scalars(select(RenewalTick).where(RenewalTick.id.in_(last)).order_by(RenewalTick.id)):
        ticks.setdefault(t.renewal_id, []).append(RenewalTickRecord(t.step, t.done, t.who, t.happened))
    return tuple(
        RenewalRecord(
            id=found.id,
            number=number(found.id),
            site_id=found.site_id,
            customer=customer,
            site=site,
            title=found.title,
            state=found.state,
            plan=found.plan,
            created=found.created,
            closed=found.closed,
            ticks=tuple(ticks.get(found.id, ())),
        )
        for found, customer, site in rows
    )

"""Stopgaps: steps that weaken security and were done, until their way back is done too."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from certdoctor.store.records import StopgapRecord, case_number
from certdoctor.store.tables import Case, Customer, Site, Stopgap


def begin(
    session: Session,
    case_id: int,
    finding_key: str,
    step: str,
    *,
    diagnosis: str,
    params: Mapping[str, str],
    who: str,
    when: datetime,
) -> None:
    """Note that a stopgap is in force; one that was reverted before begins anew."""
    row = _row(session, case_id, finding_key, step)
    if row is None:
        site_id = session.get_one(Case, case_id).site_id
        row = Stopgap(site_id=site_id, case_id=case_id, finding_key=finding_key, step=step)
        session.add(row)
    elif row.reverted is None:
        return
    row.diagnosis, row.params, row.who, row.since = diagnosis, dict(params), who, when
    row.reverted, row.reverted_by = None, ""


def withdraw(session: Session, case_id: int, finding_key: str, step: str) -> None:
    """Forget a stopgap that was ticked by mistake."""
    row = _row(session, case_id, finding_key, step)
    if row is not None:
        session.delete(row)


def revert(
    session: Session, case_id: int, finding_key: str, step: str, done: bool, *, who: str, when: datetime
) -> None:
    """Note that the way back of a stopgap was gone, or not after all."""
    row = _row(session, case_id, finding_key, step)
    if row is not None:
        row.reverted, row.reverted_by = (when, who) if done else (None, "")


def in_force(
    session: Session, site_id: int | None = None, case_id: int | None = None, limit: int | None = None
) -> tuple[StopgapRecord, ...]:
    """Return stopgaps whose way back is not done, the oldest first: all, or those of a site or case."""
    query = (
        select(Stopgap, Customer.name, Site.name)
        .join(Site, Site.id == Stopgap.site_id)
        .join(Customer, Customer.id == Site.customer_id)
        .where(Stopgap.reverted.is_(None))
        .order_by(Stopgap.since, Stopgap.id)
        .limit(limit)
    )
    if site_id is not None:
        query = query.where(Stopgap.site_id == site_id)
    if case_id is not None:
        query = query.where(Stopgap.case_id == case_id)
    return tuple(
        StopgapRecord(
            site_id=row.site_id,
            case_id=row.case_id,
            case_number=case_number(row.case_id),
            customer=customer,
            site=site,
            finding_key=row.finding_key,
            step=row.step,
            diagnosis=row.diagnosis,
            params=row.params,
            who=row.who,
            since=row.since,
        )
        for row, customer, site in session.execute(query)
    )


def _row(session: Session, case_id: int, finding_key: str, step: str) -> Stopgap | None:
    return session.scalar(
        select(Stopgap).where(Stopgap.case_id == case_id, Stopgap.finding_key == finding_key, Stopgap.step == step)
    )

"""Deleting for good: rows, full-text index, free pages, write-ahead log. Only a count of it stays."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import ColumnElement, delete, exists, func, or_, select
from sqlalchemy.orm import Session

from certdoctor.errors import CertdoctorError
from certdoctor.language import _
from certdoctor.store import files, search
from certdoctor.store.sharing import BELONGS
from certdoctor.store.tables import (
    Blob,
    Case,
    Certificate,
    CertificateUse,
    Customer,
    Deletion,
    Evidence,
    Finding,
    KbRevision,
    Site,
    Table,
)

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Gone:
    """How much was deleted, or would be."""

    sites: int = 0
    cases: int = 0
    documents: int = 0


def of_customer(session: Session, customer: str) -> Gone:
    """Delete a customer with all sites, cases and evidence.

    Raises:
        CertdoctorError: there is no customer of this name.
    """
    owner = session.scalar(select(Customer).where(Customer.name == customer))
    if owner is None:
        raise CertdoctorError(_("There is no customer {name}.").format(name=customer))
    sites = session.scalars(select(Site.id).where(Site.customer_id == owner.id)).all()
    cases = session.scalars(select(Case.id).where(Case.site_id.in_(sites))).all()
    documents = session.scalars(select(Evidence.id).where(Evidence.site_id.in_(sites))).all()
    search.drop(session, search.CASE, [str(key) for key in cases])
    search.drop(session, search.SITE, [str(key) for key in sites])
    for name in reversed(BELONGS):  # children stand behind their parents
        table = Table.metadata.tables[name]
        for part in _parents(session, name, sites):
            session.execute(delete(table).where(table.c[BELONGS[name]].in_(part)))
    session.execute(delete(Site).where(Site.id.in_(sites)))
    session.execute(delete(Customer).where(Customer.id == owner.id))
    _drop_unused(session)
    return Gone(len(sites), len(cases), len(documents))


def _parents(session: Session, name: str, sites: Sequence[int]) -> Iterator[Sequence[int]]:
    """Yield the keys by which rows of a table belong to sites, so many at once."""
    column = BELONGS[name]
    if column == "site_id":
        yield sites
        return
    parent = Table.metadata.tables[column.removesuffix("_id")]
    for upper in _parents(session, parent.name, sites):
        keys = session.scalars(select(parent.c.id).where(parent.c[BELONGS[parent.name]].in_(upper))).all()
        for start in range(0, len(keys), _AT_ONCE):
            yield keys[start : start + _AT_ONCE]


def evidence_before(session: Session, day: datetime, also_current: bool = False) -> Gone:
    """Delete the documents that were added before a day.

    Args:
        session: a writing session.
        day: aware.
        also_current: those too that a site stands on now; without it only replaced ones, and logs and other
            documents of closed cases.
    """
    old: ColumnElement[bool] = Evidence.added < day
    if not also_current:
        closed = select(Case.id).where(Case.state == "closed")
        held = Table.metadata.tables["assignment"]
        standing = exists().where(held.c.evidence_id == Evidence.id, held.c.current, held.c.slot != "log")
        old = old & or_(Evidence.current.is_(False), Evidence.case_id.in_(closed) & ~standing)
    found = session.scalars(select(Evidence.id).where(old)).all()
    for start in range(0, len(found), _AT_ONCE):
        session.execute(delete(Evidence).where(Evidence.id.in_(found[start : start + _AT_ONCE])))
    _drop_unused(session)
    return Gone(documents=len(found))


def _drop_unused(session: Session) -> None:
    """Delete contents that nothing points to any more."""
    unused = select(Certificate.sha256).where(~exists().where(CertificateUse.sha256 == Certificate.sha256))
    gone = session.scalars(unused).all()
    search.drop(session, search.CERTIFICATE, gone)
    for start in range(0, len(gone), _AT_ONCE):
        session.execute(delete(Certificate).where(Certificate.sha256.in_(gone[start : start + _AT_ONCE])))
    session.execute(delete(Blob).where(~exists().where(Evidence.blob == Blob.sha256)))
    session.execute(delete(KbRevision).where(~exists().where(Finding.text_hash == KbRevision.hash)))


def record(session: Session, gone: Gone, *, who: str, when: datetime) -> None:
    """Keep that something was deleted."""
    what = f"{gone.sites} sites, {gone.cases} cases, {gone.documents} documents"
    session.add(Deletion(happened=when, who=who, what=what))


def deletions(session: Session) -> tuple[tuple[datetime, str, str], ...]:
    """Return when who deleted how much, oldest first."""
    rows = session.execute(select(Deletion.happened, Deletion.who, Deletion.what).order_by(Deletion.id))
    return tuple((row.happened, row.who, row.what) for row in rows)


def sweep(file: Path) -> None:
    """Give the file anew without what was deleted: index, free pages and write-ahead log hold it until then.

    Raises:
        CertdoctorError: another program holds the database; the rows are gone, the sweep is still due.
    """
    try:
        with closing(sqlite3.connect(file, timeout=30, isolation_level=None)) as connection:
            connection.execute("INSERT INTO search_words (search_words) VALUES ('rebuild')")
            connection.execute("VACUUM")
            (busy, *_rest) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.OperationalError as error:
        text = _(
            "What was deleted still lies in free pages of {file}, which another program holds ({why}). Close it and run this again."
        )
        raise CertdoctorError(text.format(file=file, why=error)) from error
    if busy:
        text = _(
            "What was deleted may still lie in the log beside {file}, which another program holds. Close it and run this again."
        )
        raise CertdoctorError(text.format(file=file))


def backups(file: Path) -> tuple[Path, ...]:
    """Return the backups and set-aside copies of a database; they still hold what was deleted."""
    copies = sorted((file.parent / files.BACKUPS).glob("certdoctor-*.db"))
    return (*copies, *sorted(file.parent.glob(f"{file.name}.corrupt-*")))


def counted(session: Session, customer: str) -> Gone:
    """Return how much `of_customer` would delete; nothing is deleted.

    Raises:
        CertdoctorError: there is no customer of this name.
    """
    owner = session.scalar(select(Customer.id).where(Customer.name == customer))
    if owner is None:
        raise CertdoctorError(_("There is no customer {name}.").format(name=customer))
    sites = select(Site.id).where(Site.customer_id == owner)

    def how_many(table: type[Table], where: ColumnElement[bool]) -> int:
        return session.scalar(select(func.count()).select_from(table).where(where)) or 0

    return Gone(
        how_many(Site, Site.customer_id == owner),
        how_many(Case, Case.site_id.in_(sites)),
        how_many(Evidence, Evidence.site_id.in_(sites)),
    )

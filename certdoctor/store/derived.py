"""What rows can tell anew: the search entries, and what certificates are asked by. Run after a migration.

`VERSION` goes up, with a migration, whenever the rows here would come out differently.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from certdoctor.evidence import asn1
from certdoctor.evidence.certificate import read
from certdoctor.store import evidence, search
from certdoctor.store.tables import Case, Certificate, SearchEntry, Setting, Site

T = TypeVar("T")

VERSION = "1"
_AT_ONCE = 500


def make(session: Session, told: Callable[[int, int], object]) -> None:
    """Make everything derived anew, unless it is of this version.

    Args:
        session: of a database at the newest revision; the caller commits.
        told: called with (done, of how many) now and then.
    """
    setting = session.get(Setting, "derived")
    if setting is not None and setting.value == VERSION:
        return
    counts = (session.scalar(select(func.count()).select_from(t)) or 0 for t in (Certificate, Case, Site))
    whole, done = sum(counts), 0
    session.execute(delete(SearchEntry))
    hashes = session.scalars(select(Certificate.sha256)).all()
    for part in _parts(hashes):
        decoded = []
        for sha256, der in session.execute(
            select(Certificate.sha256, Certificate.der).where(Certificate.sha256.in_(part))
        ).all():
            try:
                certificate = read(der).certificate
            except asn1.Malformed:  # kept by a reader that took more than this one: it stays, found by no name
                continue
            decoded.append(certificate)
            values = evidence.asked_by(certificate)
            session.execute(update(Certificate).where(Certificate.sha256 == sha256).values(**values))
        search.put_certificates(session, decoded)
        done += len(part)
        told(done, whole)
    for put, ids in ((search.put_case, select(Case.id)), (search.put_site, select(Site.id))):
        for keys in _parts(session.scalars(ids).all()):
            for key in keys:
                put(session, key)
            session.expunge_all()
            done += len(keys)
            told(done, whole)
    session.merge(Setting(key="derived", value=VERSION))


def _parts(items: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), _AT_ONCE):
        yield items[start : start + _AT_ONCE]

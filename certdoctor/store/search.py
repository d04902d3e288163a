"""Search over sites, cases and certificates. The only place that knows how.

What is found stands in `search_entry`; SQLite's full-text index `search_words` follows that table by triggers.
A word is found by its beginning: "expe1.exam" finds expe1.example.com.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    cast,
    column,
    delete,
    func,
    insert,
    literal_column,
    or_,
    select,
    table,
)
from sqlalchemy.orm import Session

from certdoctor.evidence import items
from certdoctor.store import tables
from certdoctor.store.records import Hit, case_number
from certdoctor.store.tables import (
    Case,
    Certificate,
    CertificateUse,
    Customer,
    Evidence,
    Examination,
    Finding,
    Node,
    Note,
    SearchEntry,
    Site,
)

SITE, CASE, CERTIFICATE = "site", "case", "certificate"
_MOST = 1000  # of one kind, newest first: a single letter finds nearly everything
_AT_ONCE = 500  # rows in one statement
_PRINT = re.compile(r"[0-9a-f]{2}([:-][0-9a-f]{2}){3,}")  # a fingerprint as browsers and OpenSSL show it
_INDEX = table("search_words", column("rowid"))
_WHOLE: ColumnElement[str] = literal_column("search_words")  # the index as a whole, as FTS5 wants it named

# Run by the migration that makes the index. The prefix indexes serve the first letters of a word.
FULL_TEXT = (
    "CREATE VIRTUAL TABLE search_words USING fts5(kind, words, content='search_entry', content_rowid='id', "
    "prefix='1 2 3', tokenize='unicode61 remove_diacritics 2')",
    "CREATE TRIGGER search_entry_added AFTER INSERT ON search_entry BEGIN "
    "INSERT INTO search_words (rowid, kind, words) VALUES (new.id, new.kind, new.words); END",
    "CREATE TRIGGER search_entry_removed AFTER DELETE ON search_entry BEGIN "
    "INSERT INTO search_words (search_words, rowid, kind, words) "
    "VALUES ('delete', old.id, old.kind, old.words); END",
    "CREATE TRIGGER search_entry_changed AFTER UPDATE ON search_entry BEGIN "
    "INSERT INTO search_words (search_words, rowid, kind, words) "
    "VALUES ('delete', old.id, old.kind, old.words); "
    "INSERT INTO search_words (rowid, kind, words) VALUES (new.id, new.kind, new.words); END",
)


def folded(parts: Iterable[str]) -> str:
    """Return text as it is searched: without case and accents ("Müller" is found by "muller" and "MÜLLER")."""
    told = unicodedata.normalize("NFKD", " ".join(parts).casefold())
    return "".join(c for c in told if not unicodedata.combining(c))


def words_of(search: str) -> tuple[str, ...]:
    """Return the words that are looked for, folded; colons of a fingerprint do not count."""
    found = (re.sub("[:-]", "", w) if _PRINT.fullmatch(w) else w for w in folded((search,)).split())
    return tuple(word for word in found if any(c.isalnum() for c in word))


# --- what things are found by --------------------------------------------------------------------------------


def put_site(session: Session, site_id: int) -> None:
    """Find a site by its customer, name, domains and nodes."""
    session.flush()
    site = session.get_one(Site, site_id)
    owner = session.get_one(Customer, site.customer_id)
    nodes = session.scalars(select(Node).where(Node.site_id == site_id))
    named = (name for node in nodes for name in (node.name, *node.names, *node.addresses))
    _put(session, SITE, str(site_id), folded((owner.name, site.name, *site.domains, *named)))


def put_case(session: Session, case_id: int) -> None:
    """Find a case by its number, title, customer and site, what was said, noted and last found in it."""
    session.flush()
    case = session.get_one(Case, case_id)
    site = session.get_one(Site, case.site_id)
    owner = session.get_one(Customer, site.customer_id)
    parts = (case_number(case_id), owner.name, site.name, *case_texts(session, case_id))
    _put(session, CASE, str(case_id), folded(parts))


def case_texts(session: Session, case_id: int) -> Iterator[str]:
    """Yield what stands in a case: title, the customer's words, outcome, last findings, notes."""
    case = session.get_one(Case, case_id)
    yield from (case.title, case.text, case.outcome)
    last = select(func.max(Examination.id)).where(Examination.case_id == case_id).scalar_subquery()
    found = select(Finding.diagnosis, Finding.title, Finding.summary).where(Finding.examination_id == last)
    for row in session.execute(found.order_by(Finding.position)):
        yield from (f"{row.diagnosis} {row.title}", row.summary)
    yield from session.scalars(select(Note.text).where(Note.case_id == case_id).order_by(Note.id))


def put_certificates(session: Session, certificates: Iterable[items.Certificate]) -> None:
    """Find new certificates by names, serial number and fingerprints (SHA-256, SHA-1)."""
    rows = [
        {
            "kind": CERTIFICATE,
            "ref": c.sha256,
            "words": tables.storable(
                folded((c.label, *c.names, c.subject, c.issuer, c.serial, c.sha256, hashlib.sha1(c.der).hexdigest()))
            ),
        }
        for c in certificates
    ]
    if rows:
        session.execute(insert(SearchEntry), rows)


def _put(session: Session, kind: str, ref: str, words: str) -> None:
    entry = session.scalar(select(SearchEntry).where(SearchEntry.kind == kind, SearchEntry.ref == ref))
    if entry is None:
        session.add(SearchEntry(kind=kind, ref=ref, words=words))
    else:
        entry.words = words
    session.flush()


def drop(session: Session, kind: str, refs: Collection[str]) -> None:
    """Let things be found no longer."""
    held = list(refs)
    for start in range(0, len(held), _AT_ONCE):
        part = held[start : start + _AT_ONCE]
        session.execute(delete(SearchEntry).where(SearchEntry.kind == kind, SearchEntry.ref.in_(part)))


# --- finding -------------------------------------------------------------------------------------------------


def refs(kind: str, search: str, limit: int = _MOST) -> Select[str]:
    """Return a query for the keys of what holds every word of `search`, newest first.

    Args:
        kind: SITE, CASE or CERTIFICATE.
        search: words, each the beginning of a word; at least one that `words_of` keeps.
        limit: at most so many.
    """
    wanted = " AND ".join('"{}"*'.format(word.replace('"', '""')) for word in words_of(search))
    match = f"kind : {kind} AND words : ({wanted})"
    ids = select(_INDEX.c.rowid).where(_WHOLE.op("MATCH")(match))
    newest = ids.order_by(_INDEX.c.rowid.desc()).limit(limit)
    return select(SearchEntry.ref).where(SearchEntry.id.in_(newest)).order_by(SearchEntry.id.desc())


def sites_with(query: Select[*tuple[Any, ...]], search: str) -> Select[*tuple[Any, ...]]:
    """Keep sites where every word stands in the site, or in one of its cases."""
    if not words_of(search):
        return query
    through = select(Case.site_id).where(Case.id.in_(_numbers(CASE, search)))
    return query.where(or_(Site.id.in_(_numbers(SITE, search)), Site.id.in_(through)))


def cases_with(query: Select[*tuple[Any, ...]], search: str) -> Select[*tuple[Any, ...]]:
    """Keep cases where every word stands in the case, or in its site."""
    if not words_of(search):
        return query
    return query.where(or_(Case.id.in_(_numbers(CASE, search)), Case.site_id.in_(_numbers(SITE, search))))


def _numbers(kind: str, search: str, limit: int = _MOST) -> Select[int]:
    found = refs(kind, search, limit).subquery()
    return select(cast(found.c.ref, Integer))


# --- everything at once --------------------------------------------------------------------------------------


def cases_holding(session: Session, search: str, limit: int) -> tuple[Hit, ...]:
    """Return cases that hold every word, newest first, each with the sentence that holds one."""
    if not words_of(search):
        return ()
    query = (
        select(Case.id, Case.title, Site.id.label("site_id"), Site.name, Customer.name.label("customer"))
        .join(Site, Site.id == Case.site_id)
        .join(Customer, Customer.id == Site.customer_id)
        .where(Case.id.in_(_numbers(CASE, search, limit)))
        .order_by(Case.id.desc())
    )
    return tuple(
        Hit(
            kind=CASE,
            ref=str(row.id),
            title=f"{case_number(row.id)} {row.title}",
            where=f"{row.customer} / {row.name}",
            held=_holding(list(case_texts(session, row.id))[1:], search),
        )
        for row in session.execute(query).all()
    )


def certificates_holding(session: Session, search: str, limit: int) -> tuple[Hit, ...]:
    """Return certificates that hold every word, each with a place where it is used now, or was."""
    if not words_of(search):
        return ()
    query = (
        select(Certificate.sha256, Certificate.label, Certificate.subject, Certificate.not_after)
        .where(Certificate.sha256.in_(refs(CERTIFICATE, search, limit)))
        .order_by(Certificate.not_after.desc(), Certificate.sha256)
    )
    return tuple(
        Hit(
            kind=CERTIFICATE,
            ref=row.sha256,
            title=row.label,
            where=_first_place(session, row.sha256),
            held=f"{row.not_after:%Y-%m-%d}",
        )
        for row in session.execute(query).all()
    )


def _first_place(session: Session, sha256: str) -> str:
    """The newest place of a certificate: current ones before those that were replaced."""
    query = (
        select(Customer.name.label("customer"), Site.name, Evidence.path)
        .join(CertificateUse, CertificateUse.evidence_id == Evidence.id)
        .join(Site, Site.id == Evidence.site_id)
        .join(Customer, Customer.id == Site.customer_id)
        .where(CertificateUse.sha256 == sha256)
        .order_by(Evidence.current.desc(), Evidence.id.desc())
        .limit(1)
    )
    row = session.execute(query).first()
    return f"{row.customer} / {row.name}" if row is not None else ""


def _holding(texts: Iterable[str], search: str) -> str:
    """The first text in which one of the words stands, "" where none does."""
    words = words_of(search)
    return next((told for told in texts if any(word in folded((told,)) for word in words)), "")

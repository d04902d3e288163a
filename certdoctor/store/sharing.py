"""A site, or one case of it, as plain rows without database keys, and back.

Rows are numbered within their table in the order they were made, and point to each other by these numbers: what
was taken in elsewhere gives the same again.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, ColumnElement, DateTime, Integer, LargeBinary, String, false, insert, or_, select
from sqlalchemy import Table as SqlTable
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from certdoctor.errors import CertdoctorError
from certdoctor.evidence.certificate import read
from certdoctor.language import _
from certdoctor.store import evidence, search, sites
from certdoctor.store.tables import Table, storable

Row = dict[str, Any]

# Each table that belongs to a site, and the column by which its rows do.
BELONGS = {
    "node": "site_id",
    "case": "site_id",
    "connection": "site_id",
    "answer": "case_id",
    "note": "case_id",
    "event": "site_id",
    "evidence": "site_id",
    "assignment": "evidence_id",
    "certificate_use": "evidence_id",
    "problem": "case_id",
    "examination": "case_id",
    "finding": "examination_id",
    "connection_verdict": "examination_id",
    "step": "case_id",
    "stopgap": "case_id",
    "renewal": "site_id",
    "renewal_tick": "renewal_id",
}
CONTENT = ("blob", "certificate", "kb_revision")  # shared by all sites, each under the hash of its content
APART = ("customer", "site", "setting", "search_entry", "deletion")  # named otherwise, or of this database alone
# What came in another case than the one that is taken out belongs to the site all the same.
_OF_THE_SITE = ("evidence", "connection")
_CERTIFICATE_BYTES = "der"
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Shared:
    """A site as plain rows. `rows` holds tables of `BELONGS` and kb_revision; bytes stand under their hashes."""

    customer: str
    site: str
    domains: tuple[str, ...]
    created: datetime
    rows: Mapping[str, Sequence[Row]]
    blobs: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    certificates: Mapping[str, bytes] = field(default_factory=dict, repr=False)  # SHA-256 -> DER


def _sql(name: str) -> SqlTable:
    return Table.metadata.tables[name]


def _kinds(name: str) -> dict[str, TypeEngine[Any]]:
    return {column.name: column.type for column in _sql(name).columns}


def _parents(name: str) -> dict[str, str]:
    """The columns of a table that point to another one: column -> table."""
    return {key.parent.name: key.column.table.name for key in _sql(name).foreign_keys}


# --- taking out ----------------------------------------------------------------------------------------------


def take_out(session: Session, site_id: int, case_id: int | None = None) -> Shared:
    """Return a site with its history, or with one case only.

    Args:
        session: a session.
        site_id: the site.
        case_id: this case alone; documents and connections of other cases that the site stands on come along.
    """
    record = sites.record(session, site_id)
    numbers: dict[str, dict[int, int]] = {"site": {site_id: 1}}
    rows: dict[str, list[Row]] = {}
    for name in BELONGS:
        held = list(_held(session, name, numbers, case_id))
        if "id" in _sql(name).columns:
            numbers[name] = {row["id"]: number for number, row in enumerate(held, start=1)}
        rows[name] = [_without_keys(name, row, numbers) for row in held]
    hashes = sorted({row["text_hash"] for row in rows["finding"]})
    rows["kb_revision"] = [dict(r) for r in _by_hash(session, "kb_revision", "hash", hashes)]
    blobs = _by_hash(session, "blob", "sha256", sorted({row["blob"] for row in rows["evidence"]}))
    uses = sorted({row["sha256"] for row in rows["certificate_use"]})
    certificates = _by_hash(session, "certificate", "sha256", uses)
    created = session.scalar(select(_sql("site").c.created).where(_sql("site").c.id == site_id))
    assert isinstance(created, datetime)
    return Shared(
        customer=record.customer,
        site=record.name,
        domains=record.domains,
        created=created,
        rows=rows,
        blobs={row["sha256"]: zlib.decompress(row["packed"]) for row in blobs},
        certificates={row["sha256"]: row[_CERTIFICATE_BYTES] for row in certificates},
    )


def _held(session: Session, name: str, numbers: Mapping[str, Mapping[int, int]], case_id: int | None) -> Iterator[Row]:
    """Yield the rows of a table that belong to what was taken out so far, in the order they were made."""
    table = _sql(name)
    parent = table.c[BELONGS[name]]
    order = [table.c.id] if "id" in table.c else list(table.primary_key.columns)
    for part in _parts(list(numbers[_parents(name)[BELONGS[name]]])):
        query = select(table).where(parent.in_(part), *_of_case(table, case_id)).order_by(*order)
        yield from (dict(row) for row in session.execute(query).mappings())


def _of_case(table: SqlTable, case_id: int | None) -> Iterator[ColumnElement[bool]]:
    """Conditions for one case alone."""
    if case_id is None:
        return
    if table.name == "case":
        yield table.c.id == case_id
    elif table.name == "evidence":
        yield or_(table.c.case_id == case_id, table.c.current)
    elif table.name == "connection":
        yield or_(table.c.case_id.is_(None), table.c.case_id == case_id, table.c.kind != sites.UPLOAD)
    elif table.name == "event":
        yield table.c.case_id == case_id
    elif table.name == "renewal":
        yield false()


def _without_keys(name: str, row: Row, numbers: Mapping[str, Mapping[int, int]]) -> Row:
    parents = _parents(name)
    out: Row = {}
    for column, value in row.items():
        if column == "id" or parents.get(column) == "site":
            continue
        target = parents.get(column, "")
        if target in numbers and value is not None:
            value = numbers[target].get(value)  # None: of a case that stays behind
        out[column] = value
    return out


def _by_hash(session: Session, name: str, key: str, hashes: Sequence[str]) -> list[Row]:
    table = _sql(name)
    found: list[Row] = []
    for part in _parts(hashes):
        query = select(table).where(table.c[key].in_(part)).order_by(table.c[key])
        found += [dict(row) for row in session.execute(query).mappings()]
    return found


def _parts(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(items), _AT_ONCE):
        yield items[start : start + _AT_ONCE]


# --- taking in -----------------------------------------------------------------------------------------------


def take_in(session: Session, shared: Shared, customer: str, site: str) -> int:
    """Make a site of plain rows under these names and return its id.

    Raises:
        CertdoctorError: rows point to nothing, or the customer has a site of this name.
    """
    site_id = sites.create(session, customer, site, shared.domains, shared.created)
    _take_content(session, shared)
    keys: dict[str, dict[int, int]] = {"site": {1: site_id}}
    for name in BELONGS:
        table = _sql(name)
        keys[name] = {}
        for number, given in enumerate(shared.rows.get(name, ()), start=1):
            row = _with_keys(name, given, keys, site_id)
            if "id" in table.c:
                keys[name][number] = session.execute(insert(table).values(row).returning(table.c.id)).scalar_one()
            else:
                session.execute(insert(table).values(row))
    session.flush()
    search.put_site(session, site_id)
    for case_id in keys["case"].values():
        search.put_case(session, case_id)
    return site_id


def _take_content(session: Session, shared: Shared) -> None:
    """Add content that is not there yet; under one hash stands one content."""
    known = _known(session, "blob", "sha256", list(shared.blobs))
    for sha256, data in shared.blobs.items():
        if sha256 not in known:
            session.execute(insert(_sql("blob")).values(sha256=sha256, packed=zlib.compress(data)))
    known = _known(session, "certificate", "sha256", list(shared.certificates))
    evidence.add_certificates(session, [read(d).certificate for h, d in shared.certificates.items() if h not in known])
    revisions = {row["hash"]: row for row in shared.rows.get("kb_revision", ())}
    known = _known(session, "kb_revision", "hash", list(revisions))
    for key, row in revisions.items():
        if key not in known:
            session.execute(insert(_sql("kb_revision")).values(row))


def _known(session: Session, name: str, key: str, hashes: Sequence[str]) -> set[str]:
    column = _sql(name).c[key]
    return {found for part in _parts(hashes) for found in session.scalars(select(column).where(column.in_(part)))}


def _with_keys(name: str, given: Row, keys: Mapping[str, Mapping[int, int]], site_id: int) -> Row:
    row = dict(given)
    for column, target in _parents(name).items():
        if target == "site":
            row[column] = site_id
        elif target in keys and row[column] is not None:
            key = keys[target].get(row[column])
            if key is None:
                text = _(
                    "The file is not whole: a row of {table} points to row {number} of {other}, which is not there."
                )
                raise CertdoctorError(text.format(table=name, number=row[column], other=target))
            row[column] = key
    return row


# --- as JSON -------------------------------------------------------------------------------------------------


def as_plain(row: Row) -> Row:
    """Return a row for JSON: times as ISO 8601."""
    return {key: value.isoformat() if isinstance(value, datetime) else value for key, value in sorted(row.items())}


def from_plain(name: str, given: object) -> Row:
    """Return a row of a table from JSON.

    Raises:
        ValueError: it has not exactly the columns of the table, or a value is of another type; says which.
    """
    kinds = _kinds(name)
    parents = _parents(name)
    wanted = {c for c in kinds if c != "id" and parents.get(c) != "site"}
    if not isinstance(given, dict) or set(given) != wanted:
        raise ValueError(f"{name}: columns {sorted(wanted)} are expected")
    return {key: _value(name, key, value, kinds[key]) for key, value in given.items()}


def _value(name: str, key: str, value: Any, kind: TypeEngine[Any]) -> Any:
    column = _sql(name).c[key]
    if value is None:
        if not column.nullable:
            raise ValueError(f"{name}.{key}: a value is expected")
        return None
    base = getattr(kind, "impl", kind)
    if isinstance(base, DateTime):
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        if moment is None or moment.tzinfo is None:
            raise ValueError(f"{name}.{key}: a time with its zone is expected")
        return moment
    expected: tuple[type, ...] = (
        (bool,)
        if isinstance(base, Boolean)
        else (int,)
        if isinstance(base, Integer)
        else (str,)
        if isinstance(base, String)
        else (dict, list)
    )
    if isinstance(base, LargeBinary) or not isinstance(value, expected) or (expected == (int,) and value is True):
        raise ValueError(f"{name}.{key}: {expected[0].__name__} is expected")
    return storable(value) if isinstance(value, str) else value

"""The whole practice at once: what ends when, and whom a CA, a usage, a date or a version touches."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, String, cast, func, or_, select
from sqlalchemy.orm import Session

from certdoctor.store import search
from certdoctor.store.records import FleetNode, FleetUse, Month
from certdoctor.store.tables import (
    Assignment,
    Case,
    Certificate,
    CertificateUse,
    ConnectionVerdict,
    Customer,
    Evidence,
    Examination,
    Node,
    Site,
)

_ANY_USAGE = "2.5.29.37.0"
_DEEPEST = 12  # CAs above one another
_AT_ONCE = 500


def _columns() -> Select[*tuple[Any, ...]]:
    """Where certificates stand now: presented (the leaf of an identity), sent along, or trusted."""
    return (
        select(
            Certificate.sha256,
            Certificate.label,
            Certificate.issuer,
            Certificate.not_before,
            Certificate.not_after,
            Certificate.usages,
            Certificate.is_ca,
            CertificateUse.position,
            Assignment.slot,
            Node.name.label("node"),
            Node.role,
            Node.version,
            Site.id.label("site_id"),
            Site.name.label("site"),
            Customer.name.label("customer"),
        )
        .join(CertificateUse, CertificateUse.sha256 == Certificate.sha256)
        .join(Evidence, Evidence.id == CertificateUse.evidence_id)
        .join(Assignment, Assignment.evidence_id == Evidence.id)
        .join(Node, Node.id == Assignment.node_id)
        .join(Site, Site.id == Node.site_id)
        .join(Customer, Customer.id == Site.customer_id)
        .where(Evidence.current, Assignment.current, _held())
    )


def _held() -> ColumnElement[bool]:
    """Identities that are in use, and trust lists; not what a renewal left behind or has yet to bring."""
    told = or_(Assignment.slot.startswith("identity:"), Assignment.slot.startswith("trust:"))
    return told & Assignment.slot.not_in(("identity:previous", "identity:candidate"))


def uses(
    session: Session,
    *,
    customer: str = "",
    words: str = "",
    certificates: Collection[str] | None = None,
    ends_before: datetime | None = None,
    ends_from: datetime | None = None,
    lacks: str = "",
    has: str = "",
    presented_only: bool = False,
    limit: int | None = None,
) -> tuple[FleetUse, ...]:
    """Return the uses of certificates that meet every condition, those that end first on top.

    Args:
        session: a session.
        customer: of this customer alone.
        words: every word stands in the certificate (see `search`).
        certificates: only these, by SHA-256.
        ends_before: aware; the certificate ends before this time.
        ends_from: aware; it ends then or later.
        lacks: dotted OID; presented certificates whose extended key usage does not permit this.
        has: dotted OID; presented certificates that name this usage.
        presented_only: no trust list entries.
        limit: at most so many.
    """
    query = _columns().order_by(Certificate.not_after, Certificate.sha256, Site.id, Node.id, Assignment.slot)
    if customer:
        query = query.where(Customer.name == customer)
    if search.words_of(words):
        query = query.where(Certificate.sha256.in_(search.refs(search.CERTIFICATE, words)))
    if ends_before is not None:
        query = query.where(Certificate.not_after < ends_before)
    if ends_from is not None:
        query = query.where(Certificate.not_after >= ends_from)
    usages = cast(Certificate.usages, String)
    if lacks:
        query = query.where(
            Certificate.usages.is_not(None), ~usages.contains(f'"{lacks}"'), ~usages.contains(_ANY_USAGE)
        )
    if has:
        query = query.where(usages.contains(f'"{has}"'))
    if lacks or has or presented_only:
        query = query.where(Assignment.slot.startswith("identity:"), CertificateUse.position == 0)
    if certificates is None:
        return tuple(_once(_use(row) for row in session.execute(query.limit(limit))))
    held = sorted(certificates)
    found = [
        _use(row)
        for start in range(0, len(held), _AT_ONCE)
        for row in session.execute(query.where(Certificate.sha256.in_(held[start : start + _AT_ONCE])).limit(limit))
    ]
    return tuple(_once(sorted(found, key=lambda use: (use.not_after, use.sha256))))[:limit]


def _use(row: Any) -> FleetUse:
    kind, _colon, _name = row.slot.partition(":")
    part = "trusted" if kind == "trust" else "presented" if row.position == 0 else "sent"
    return FleetUse(
        sha256=row.sha256,
        label=row.label,
        issuer=row.issuer,
        not_before=row.not_before,
        not_after=row.not_after,
        usages=None if row.usages is None else tuple(row.usages),
        part=part,
        slot=row.slot,
        node=row.node,
        role=row.role,
        site_id=row.site_id,
        site=row.site,
        customer=row.customer,
    )


def _once(found: Iterable[FleetUse]) -> Iterator[FleetUse]:
    """A list may hold a certificate twice."""
    yield from dict.fromkeys(found)


def below(session: Session, sha256: str) -> frozenset[str]:
    """Return a CA certificate, its twins of the same name and key, and all certificates it stands above.

    By issuer name, and key identifiers where both have one; signatures are not computed here.
    """
    top = session.get(Certificate, sha256)
    if top is None:
        return frozenset()
    found = {sha256}
    above = [(top.subject, top.key_id)]
    for _depth in range(_DEEPEST):
        next_above: list[tuple[str, str | None]] = []
        for subject, key_id in above:
            query = select(Certificate.sha256, Certificate.subject, Certificate.key_id, Certificate.is_ca).where(
                Certificate.issuer == subject
            )
            if key_id is not None:
                query = query.where(or_(Certificate.issuer_key_id.is_(None), Certificate.issuer_key_id == key_id))
            for row in session.execute(query):
                if row.sha256 not in found:
                    found.add(row.sha256)
                    if row.is_ca:
                        next_above.append((row.subject, row.key_id))
        above = next_above
        if not above:
            break
    return frozenset(found)


def above(session: Session, uses: Iterable[FleetUse]) -> dict[str, tuple[str, ...]]:
    """Return for each certificate the names of the CAs above it, the nearest first, as far as they are here."""
    chains: dict[str, tuple[str, ...]] = {}  # of an issuer's name
    found: dict[str, tuple[str, ...]] = {}
    for use in uses:
        if use.issuer not in chains:
            names = [use.issuer]
            while len(names) < _DEEPEST:
                query = select(Certificate.issuer).where(Certificate.subject == names[-1], Certificate.is_ca)
                upper = next((name for name in session.scalars(query) if name not in names), None)
                if upper is None:
                    break
                names.append(upper)
            chains[use.issuer] = tuple(names)
        found[use.sha256] = chains[use.issuer]
    return found


def cas(session: Session, words: str, limit: int = 20) -> tuple[tuple[str, str], ...]:
    """Return CA certificates whose name, subject or fingerprint holds every word, as (SHA-256, label)."""
    if not search.words_of(words):
        return ()
    query = (
        select(Certificate.sha256, Certificate.label, Certificate.subject)
        .where(Certificate.sha256.in_(search.refs(search.CERTIFICATE, words)), Certificate.is_ca)
        .order_by(Certificate.label, Certificate.sha256)
    )
    wanted = search.words_of(words)
    found = [  # the search finds certificates by their issuers too
        (row.sha256, row.label)
        for row in session.execute(query)
        if all(word in search.folded((row.label, row.subject, row.sha256)) for word in wanted)
    ]
    return tuple(found[:limit])


def months(session: Session, start: datetime, end: datetime, customer: str = "") -> tuple[Month, ...]:
    """Return for each month from `start` up to `end` how many presented and how many trusted certificates end.

    Each certificate counts once in each part, at however many boxes it stands. Months without an end are in it.
    """
    month = func.strftime("%Y-%m", Certificate.not_after)
    uses_now = _columns().where(Certificate.not_after >= start, Certificate.not_after < end)
    if customer:
        uses_now = uses_now.where(Customer.name == customer)
    trusted = Assignment.slot.startswith("trust:")
    query = (
        uses_now.with_only_columns(
            month.label("month"), trusted.label("trusted"), func.count(Certificate.sha256.distinct()).label("count")
        )
        .where(or_(trusted, CertificateUse.position == 0))
        .group_by(month, trusted)
    )
    counts: dict[tuple[str, bool], int] = {(name, bool(held)): n for name, held, n in session.execute(query)}
    return tuple(Month(name, counts.get((name, False), 0), counts.get((name, True), 0)) for name in _names(start, end))


def _names(start: datetime, end: datetime) -> Iterator[str]:
    year, number = start.astimezone(UTC).year, start.astimezone(UTC).month
    while datetime(year, number, 1, tzinfo=UTC) < end:
        yield f"{year:04d}-{number:02d}"
        year, number = (year + 1, 1) if number == 12 else (year, number + 1)


def nodes(session: Session, roles: Collection[str] = (), customer: str = "") -> tuple[FleetNode, ...]:
    """Return all boxes by customer, site and name; of these roles alone where some are named."""
    query = (
        select(Node.name, Node.role, Node.version, Site.id, Site.name.label("site"), Customer.name.label("customer"))
        .join(Site, Site.id == Node.site_id)
        .join(Customer, Customer.id == Site.customer_id)
        .order_by(func.lower(Customer.name), func.lower(Site.name), Node.id)
    )
    if roles:
        query = query.where(Node.role.in_(sorted(roles)))
    if customer:
        query = query.where(Customer.name == customer)
    return tuple(
        FleetNode(row.name, row.role, row.version or "", row.id, row.site, row.customer)
        for row in session.execute(query)
    )


def connections(session: Session, site_id: int, touched: Collection[str]) -> tuple[str, ...]:
    """Return the connections of these nodes, as their site's last examination knew them ("c → e 8443 ...")."""
    last = (
        select(func.max(Examination.id))
        .join(Case, Case.id == Examination.case_id)
        .where(Case.site_id == site_id)
        .scalar_subquery()
    )
    rows = session.execute(
        select(ConnectionVerdict.name, ConnectionVerdict.kind, ConnectionVerdict.client, ConnectionVerdict.server)
        .where(ConnectionVerdict.examination_id == last)
        .order_by(ConnectionVerdict.position)
    )
    return tuple(
        f"{row.kind}: {row.client} → {row.server}" for row in rows if row.client in touched or row.server in touched
    )

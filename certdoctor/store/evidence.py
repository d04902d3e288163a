"""Documents of a site, whom they belong to, and the certificates in them.

What is assigned to a node is the site's and holds for every case. Logs, offered certificates and documents
that belong to nobody say something about their own case only.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, exists, func, insert, or_, select, update
from sqlalchemy.orm import Session, aliased

from certdoctor.errors import CertdoctorError
from certdoctor.evidence import asn1, items
from certdoctor.evidence.certificate import read
from certdoctor.evidence.items import Document, Form, Found, Kind, Origin, Problem
from certdoctor.evidence.snapshots import archive
from certdoctor.language import _
from certdoctor.store import search, tables
from certdoctor.store.records import (
    CertificateRecord,
    EvidenceRecord,
    ProblemRecord,
    StoredDocument,
    UseRecord,
)
from certdoctor.store.tables import Assignment, Blob, Certificate, CertificateUse, Customer, Evidence, Node, Site

LOG = "log"
OF_THE_CASE = (LOG, "identity:candidate")
_AT_ONCE = 500  # bound parameters in one statement


# --- documents -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of a document: `origin` differs from its own where another one bears that name."""

    id: int
    origin: Origin
    new: bool

    @property
    def path(self) -> str:
        return self.origin.path


def add(
    session: Session, site_id: int, case_id: int, document: Document, now: datetime, replaces: bool = False
) -> Kept:
    """Keep a document.

    Where the site has one with this path: the same content, kept by the same case, is left as it is; the same
    bytes as given (a PFX opened at last, a file that a new case brings again) take its place and all it was
    assigned to; anything else is another file of the same name and gets a number, unless `replaces` says that
    it is a newer state of the same file. What was replaced stays, no longer current.
    """
    blob = hashlib.sha256(document.stored).hexdigest()
    origin = document.origin
    earlier = _current(session, site_id, origin.path)
    number = 1
    while earlier is not None and not replaces and earlier.sha256 != document.sha256:
        number += 1
        origin = _numbered(document.origin, number)
        earlier = _current(session, site_id, origin.path)
    if earlier is not None:
        if (earlier.case_id, earlier.blob, earlier.sha256) == (case_id, blob, document.sha256):
            return Kept(earlier.id, origin, new=False)
        earlier.current = False
    if session.get(Blob, blob) is None:
        session.add(Blob(sha256=blob, packed=zlib.compress(document.stored)))
    session.flush()
    row = Evidence(
        site_id=site_id,
        case_id=case_id,
        path=origin.path,
        source=origin.source,
        member=origin.member,
        kind=document.kind.value,
        form=document.form.value,
        sha256=document.sha256,
        size=document.size,
        blob=blob,
        host=document.host,
        taken=document.taken,
        slot=document.slot,
        needs_password=document.needs_password,
        remarks=list(document.remarks),
        added=now,
        current=True,
    )
    session.add(row)
    session.flush()
    if earlier is not None:
        _hand_over(session, earlier.id, row.id)
    _add_certificates(session, row.id, document.certificates)
    return Kept(row.id, origin, new=True)


def _current(session: Session, site_id: int, path: str) -> Evidence | None:
    return session.scalar(select(Evidence).where(Evidence.site_id == site_id, Evidence.path == path, Evidence.current))


def _numbered(origin: Origin, number: int) -> Origin:
    """Return "certs/server (2).pem" for "certs/server.pem"."""
    source = PurePosixPath(origin.source)
    return Origin(str(source.with_name(f"{source.stem} ({number}){source.suffix}")), origin.member, origin.place)


def _hand_over(session: Session, earlier: int, later: int) -> None:
    """Give a new document the places of the one it replaces."""
    held = session.scalars(select(Assignment).where(Assignment.evidence_id == earlier, Assignment.current)).all()
    for row in held:
        row.current = False
        session.add(Assignment(evidence_id=later, node_id=row.node_id, slot=row.slot, current=True))
    session.flush()


def _add_certificates(session: Session, evidence_id: int, found: Iterable[Found]) -> None:
    items_found = tuple(found)
    if not items_found:
        return
    add_certificates(session, [item.certificate for item in items_found])
    session.execute(
        insert(CertificateUse),
        [
            {
                "evidence_id": evidence_id,
                "position": position,
                "sha256": item.certificate.sha256,
                "place": item.origin.place,
            }
            for position, item in enumerate(items_found)
        ],
    )


def add_certificates(session: Session, given: Iterable[items.Certificate]) -> None:
    """Keep each certificate that is not there yet, and let it be found."""
    unknown = {certificate.sha256: certificate for certificate in given}
    hashes = list(unknown)
    for start in range(0, len(hashes), _AT_ONCE):
        part = hashes[start : start + _AT_ONCE]
        for known in session.scalars(select(Certificate.sha256).where(Certificate.sha256.in_(part))):
            del unknown[known]
    if not unknown:
        return
    session.execute(
        insert(Certificate),
        [
            {
                "sha256": c.sha256,
                "der": c.der,
                "subject": c.subject,
                "issuer": c.issuer,
                "label": c.label,
                "not_before": c.not_before,
                "not_after": c.not_after,
                **asked_by(c),
            }
            for c in unknown.values()
        ],
    )
    search.put_certificates(session, unknown.values())


def asked_by(certificate: items.Certificate) -> dict[str, Any]:
    """Return the columns of a certificate that a whole practice is asked by."""
    usages = certificate.extended_key_usage
    return {
        "usages": None if usages is None else list(usages),
        "is_ca": bool(certificate.is_ca),
        "key_id": certificate.subject_key_id,
        "issuer_key_id": certificate.authority_key_id,
    }


def find(session: Session, site_id: int, path: str) -> int:
    """Return the id of the document with this path: the current one, else the newest.

    Raises:
        CertdoctorError: the site has none.
    """
    found = session.scalar(
        select(Evidence.id)
        .where(Evidence.site_id == site_id, Evidence.path == path)
        .order_by(Evidence.current.desc(), Evidence.id.desc())
        .limit(1)
    )
    if found is None:
        raise CertdoctorError(_("There is no file {path} at this site.").format(path=path))
    return found


def remove(session: Session, site_id: int, path: str) -> None:
    """Remove a document, and its bytes and certificates where nothing else holds them.

    Raises:
        CertdoctorError: the site has none with this path.
    """
    row = session.get_one(Evidence, find(session, site_id, path))
    blob = row.blob
    held = session.scalars(select(CertificateUse.sha256).where(CertificateUse.evidence_id == row.id)).all()
    session.execute(delete(Evidence).where(Evidence.id == row.id))
    unused = ~exists().where(CertificateUse.sha256 == Certificate.sha256)
    for start in range(0, len(held), _AT_ONCE):
        part = held[start : start + _AT_ONCE]
        gone = session.scalars(select(Certificate.sha256).where(Certificate.sha256.in_(part), unused)).all()
        search.drop(session, search.CERTIFICATE, gone)
        session.execute(delete(Certificate).where(Certificate.sha256.in_(gone)))
    session.execute(delete(Blob).where(Blob.sha256 == blob, ~exists().where(Evidence.blob == Blob.sha256)))


# --- whom they belong to -------------------------------------------------------------------------------------


def assign(session: Session, site_id: int, evidence_id: int, node_id: int, slot: str, also: bool = False) -> None:
    """Say that a document serves a node in a slot.

    The document that held the slot stays, no longer current; a node can have several logs.

    Args:
        session: a writing session.
        site_id: the document's site.
        evidence_id: the document.
        node_id: the key of the node.
        slot: "identity:server", "trust:ca", "xconf", "log" ...
        also: keep what else the document is assigned to.
    """
    if not also:
        unassign(session, evidence_id)
    document = session.get_one(Evidence, evidence_id)
    if not document.current:
        document.current = True
    if slot != LOG:
        holders = session.execute(
            select(Assignment)
            .join(Evidence)
            .where(
                Evidence.site_id == site_id,
                Assignment.node_id == node_id,
                Assignment.slot == slot,
                Assignment.current,
                Assignment.evidence_id != evidence_id,
            )
        ).scalars()
        retire(session, [(row.evidence_id, row.id) for row in holders])
    row = session.scalar(
        select(Assignment).where(
            Assignment.evidence_id == evidence_id, Assignment.node_id == node_id, Assignment.slot == slot
        )
    )
    if row is None:
        session.add(Assignment(evidence_id=evidence_id, node_id=node_id, slot=slot, current=True))
    else:
        row.current = True
    session.flush()


def unassign(session: Session, evidence_id: int) -> None:
    """Take a document away from every node; it stays in its case."""
    session.execute(delete(Assignment).where(Assignment.evidence_id == evidence_id))


def retire(session: Session, assignments: Iterable[tuple[int, int]]) -> None:
    """End assignments (document, assignment); a document that has no other one is no longer current."""
    ended = list(assignments)
    for _document, assignment_id in ended:
        session.execute(update(Assignment).where(Assignment.id == assignment_id).values(current=False))
    for evidence_id in {evidence_id for evidence_id, _assignment in ended}:
        others = exists().where(Assignment.evidence_id == evidence_id, Assignment.current)
        session.execute(update(Evidence).where(Evidence.id == evidence_id, ~others).values(current=False))


def retire_logs(session: Session, site_id: int, case_id: int, node_id: int, keep: Collection[int]) -> None:
    """End the node's logs of this case but those to keep."""
    rows = session.execute(
        select(Assignment.evidence_id, Assignment.id)
        .join(Evidence)
        .where(
            Evidence.site_id == site_id,
            Evidence.case_id == case_id,
            Assignment.node_id == node_id,
            Assignment.slot == LOG,
            Assignment.current,
        )
    )
    retire(session, [(row.evidence_id, row.id) for row in rows if row.evidence_id not in keep])


def retire_snapshots(session: Session, site_id: int, host: str, source: str) -> None:
    """End all documents of older archives of a host, now that `source` has come."""
    older = select(Evidence.id).where(
        Evidence.site_id == site_id,
        Evidence.host == host,
        Evidence.source != source,
        Evidence.member != "",
        Evidence.current,
    )
    session.execute(update(Assignment).where(Assignment.evidence_id.in_(older)).values(current=False))
    session.execute(update(Evidence).where(Evidence.id.in_(older)).values(current=False))


# --- reading -------------------------------------------------------------------------------------------------


def _of_site() -> ColumnElement[bool]:
    """Current documents that are assigned to a node as what the node has."""
    held = aliased(Assignment)  # the queries around it may join assignments themselves
    return and_(
        Evidence.current,
        exists().where(
            held.evidence_id == Evidence.id,
            held.current,
            held.slot.not_in(OF_THE_CASE),
        ),
    )


def _standing(site_id: int, cases: Collection[int]) -> ColumnElement[bool]:
    """What holds when these cases are looked at."""
    return and_(
        Evidence.site_id == site_id,
        Evidence.current,
        or_(_of_site(), Evidence.case_id.in_(sorted(cases))),
    )


def _assigned(session: Session, where: ColumnElement[bool], current_only: bool) -> dict[int, list[tuple[str, str]]]:
    query = (
        select(Assignment.evidence_id, Node.name, Assignment.slot)
        .join(Node, Node.id == Assignment.node_id)
        .join(Evidence, Evidence.id == Assignment.evidence_id)
        .where(where)
        .order_by(Assignment.id)
    )
    if current_only:
        query = query.where(Assignment.current)
    slots: dict[int, list[tuple[str, str]]] = {}
    for row in session.execute(query):
        slots.setdefault(row.evidence_id, []).append((row.name, row.slot))
    return slots


def records(session: Session, site_id: int, case_id: int) -> tuple[EvidenceRecord, ...]:
    """Return the documents that a case shows: what the site's nodes have, and all that came in this case."""
    where = and_(Evidence.site_id == site_id, or_(_of_site(), Evidence.case_id == case_id))
    labels: dict[int, list[str]] = {}
    for row in session.execute(
        select(CertificateUse.evidence_id, Certificate.label)
        .join(Certificate, Certificate.sha256 == CertificateUse.sha256)
        .join(Evidence, Evidence.id == CertificateUse.evidence_id)
        .where(where)
        .order_by(CertificateUse.evidence_id, CertificateUse.position)
    ):
        labels.setdefault(row.evidence_id, []).append(row.label)
    now = _assigned(session, where, current_only=True)
    once = _assigned(session, where, current_only=False)
    result = []
    for item in session.scalars(select(Evidence).where(where).order_by(Evidence.id)):
        slots = now.get(item.id) or ([] if item.current else once.get(item.id, []))
        node, slot = slots[0] if slots else ("", "")
        result.append(
            EvidenceRecord(
                id=item.id,
                case_id=item.case_id,
                path=item.path,
                kind=item.kind,
                form=item.form,
                sha256=item.sha256,
                size=item.size,
                added=item.added,
                certificates=tuple(labels.get(item.id, ())),
                node=node,
                slot=slot,
                current=item.current,
                remarks=tuple(item.remarks),
                also=tuple(slots[1:]),
            )
        )
    return tuple(result)


def standing(session: Session, site_id: int, cases: Collection[int]) -> tuple[StoredDocument, ...]:
    """Return the documents that an examination goes by, in the order they were added."""
    where = _standing(site_id, cases)
    slots = _assigned(session, where, current_only=True)
    result = []
    for item in session.scalars(select(Evidence).where(where).order_by(Evidence.id)):
        result.append(StoredDocument(item.id, item.blob, _document(item), tuple(slots.get(item.id, ()))))
    return tuple(result)


def snapshots_before(session: Session, site_id: int) -> tuple[tuple[StoredDocument, ...], ...]:
    """Return what archives held that newer ones of the same box have replaced, archive by archive, oldest first.

    Logs are left out, and what a current document repeats word for word.
    """
    rows = session.scalars(
        select(Evidence)
        .where(
            Evidence.site_id == site_id,
            Evidence.current.is_(False),
            Evidence.host != "",
            Evidence.member != "",
            Evidence.kind.in_([Kind.CERTIFICATES.value, Kind.XCONFIGURATION.value, Kind.XSTATUS.value]),
        )
        .order_by(Evidence.taken, Evidence.added, Evidence.id)
    )
    current = select(Evidence.path, Evidence.blob).where(
        Evidence.site_id == site_id, Evidence.current, Evidence.host != ""
    )
    seen = {(row.path, row.blob) for row in session.execute(current)}
    found: dict[tuple[str, str, datetime], list[StoredDocument]] = {}
    for item in rows:
        if (item.path, item.blob) not in seen:
            seen.add((item.path, item.blob))
            key = (item.host.lower(), archive(Origin(item.source, item.member)), item.added)
            found.setdefault(key, []).append(StoredDocument(item.id, item.blob, _document(item), ()))
    return tuple(tuple(documents) for documents in found.values())


def newest_besides(session: Session, site_id: int, host: str, source: str) -> str:
    """Return the last time stamp among the other current archives of a host, "" where there is none."""
    query = select(func.max(Evidence.taken)).where(
        Evidence.site_id == site_id,
        Evidence.host == host,
        Evidence.source != source,
        Evidence.member != "",
        Evidence.current,
    )
    return session.scalar(query) or ""


def keep_apart(session: Session, evidence_ids: Collection[int]) -> None:
    """End documents of an archive that is older than the current one of its box."""
    session.execute(update(Assignment).where(Assignment.evidence_id.in_(evidence_ids)).values(current=False))
    session.execute(update(Evidence).where(Evidence.id.in_(evidence_ids)).values(current=False))


def _document(item: Evidence) -> Document:
    return Document(
        origin=Origin(item.source, item.member),
        kind=Kind(item.kind),
        form=Form(item.form),
        sha256=item.sha256,
        size=item.size,
        needs_password=item.needs_password,
        host=item.host,
        taken=item.taken,
        remarks=tuple(item.remarks),
        slot=item.slot,
    )


def content(session: Session, blob: str) -> bytes:
    """Return the kept bytes of a document."""
    return zlib.decompress(session.get_one(Blob, blob).packed)


# --- problems ------------------------------------------------------------------------------------------------


def add_problem(session: Session, case_id: int, problem: Problem, now: datetime) -> None:
    """Keep why an input could not be read."""
    session.add(
        tables.Problem(
            case_id=case_id,
            source=problem.origin.source,
            member=problem.origin.member,
            place=problem.origin.place,
            looks_like=problem.looks_like,
            reason=problem.reason,
            remedy=problem.remedy,
            added=now,
        )
    )


def forget_problems(session: Session, case_id: int, sources: Iterable[str]) -> None:
    """Drop what was said about inputs that are read again."""
    for source in sources:
        session.execute(
            delete(tables.Problem).where(tables.Problem.case_id == case_id, tables.Problem.source == source)
        )


def problems(session: Session, cases: Collection[int]) -> tuple[tuple[Problem, datetime], ...]:
    """Return what could not be read in these cases, each with the time it was added."""
    rows = session.scalars(
        select(tables.Problem).where(tables.Problem.case_id.in_(sorted(cases))).order_by(tables.Problem.id)
    )
    return tuple(
        (Problem(Origin(p.source, p.member, p.place), p.looks_like, p.reason, p.remedy), p.added) for p in rows
    )


def problem_records(session: Session, case_id: int) -> tuple[ProblemRecord, ...]:
    """Return the problems of one case as the screen lists them."""
    return tuple(
        ProblemRecord(p.origin.path, p.origin.place, p.looks_like, p.reason, p.remedy, added)
        for p, added in problems(session, [case_id])
    )


# --- certificates --------------------------------------------------------------------------------------------


def _uses() -> Select[*tuple[Any, ...]]:
    """Every place of certificates; a document without a node is a use all the same."""
    return (
        select(
            CertificateUse.sha256,
            Customer.name.label("customer"),
            Site.name.label("site"),
            Node.name.label("node"),
            Assignment.slot,
            Evidence.path,
            CertificateUse.place,
            Evidence.current,
        )
        .join(Evidence, Evidence.id == CertificateUse.evidence_id)
        .join(Site, Site.id == Evidence.site_id)
        .join(Customer, Customer.id == Site.customer_id)
        .outerjoin(
            Assignment,
            and_(Assignment.evidence_id == Evidence.id, Assignment.current == Evidence.current),
        )
        .outerjoin(Node, Node.id == Assignment.node_id)
        .order_by(Evidence.id, CertificateUse.position, Assignment.id)
    )


def _grouped(session: Session, query: Select[*tuple[Any, ...]]) -> dict[str, list[UseRecord]]:
    uses: dict[str, list[UseRecord]] = {}
    for sha256, customer, site, node, slot, path, place, current in session.execute(query):
        source = f"{path}, {place}" if place else path
        uses.setdefault(sha256, []).append(UseRecord(customer, site, node or "", slot or "", source, current))
    return uses


def _record(row: Certificate, uses: Iterable[UseRecord], der: bytes) -> CertificateRecord:
    return CertificateRecord(
        row.sha256, row.subject, row.issuer, row.label, row.not_before, row.not_after, der, tuple(uses)
    )


def site_certificates(session: Session, site_id: int, cases: Collection[int]) -> tuple[CertificateRecord, ...]:
    """Return the certificates of a site, soonest expiry first, without their bytes."""
    where = _standing(site_id, cases)
    uses = _grouped(session, _uses().where(where))
    held = select(CertificateUse.sha256).join(Evidence, Evidence.id == CertificateUse.evidence_id).where(where)
    rows = session.scalars(
        select(Certificate).where(Certificate.sha256.in_(held)).order_by(Certificate.not_after, Certificate.sha256)
    )
    return tuple(_record(row, uses.get(row.sha256, ()), b"") for row in rows)


def certificate(session: Session, sha256: str) -> CertificateRecord | None:
    """Return one certificate with every place it was seen at."""
    row = session.get(Certificate, sha256)
    if row is None:
        return None
    uses = _grouped(session, _uses().where(CertificateUse.sha256 == sha256))
    return replace(_record(row, uses.get(sha256, ()), row.der), decoded=_decoded(row.der))


def _decoded(der: bytes) -> items.Certificate | None:
    try:
        return read(der).certificate
    except asn1.Malformed:  # taken by an earlier version that read more; its columns tell what it told
        return None

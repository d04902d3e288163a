"""A stored site as an examination needs it: its description, and its documents read again from the kept bytes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from threading import Lock

from sqlalchemy.orm import Session

from certdoctor.casework import placing
from certdoctor.evidence.items import Document, Evidence, Kind, Snapshot
from certdoctor.evidence.site import NodeDescription, SiteDescription
from certdoctor.store import cases, evidence, sites
from certdoctor.store.records import AnswerRecord, StoredDocument

# Answers of a site file are about the site as a whole; its subject is not known before the examination.
THE_SITE = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """What an examination goes by."""

    description: SiteDescription
    evidence: Evidence
    answers: tuple[tuple[str, str, str], ...] = ()
    unknown: frozenset[tuple[str, str]] = frozenset()  # (fact, subject) that a person does not know


class Reader:
    """Reads kept documents; the last ones stay in memory, up to `capacity` bytes of them."""

    def __init__(self, capacity: int = 16 * 1024 * 1024) -> None:
        self._capacity = capacity
        self._held: OrderedDict[tuple[str, str], Document] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def document(self, session: Session, stored: StoredDocument) -> Document:
        """Return a kept document with everything that is in it."""
        given = stored.document
        key = (stored.blob, given.origin.path)
        with self._lock:
            read = self._held.get(key)
            if read is not None:
                self._held.move_to_end(key)
        if read is None:
            read = _read(evidence.content(session, stored.blob), given)
            self._hold(key, read)
        return replace(
            read,
            sha256=given.sha256,
            size=given.size,
            needs_password=given.needs_password,
            remarks=given.remarks,
            slot=given.slot,
            taken=given.taken,
            # Whose a document is was settled when it was added or assigned; its name must not say otherwise
            # again. A status has no field in a description: its host leads it to its node.
            host=next((node for node, slot in stored.assigned if slot == "xstat"), ""),
        )

    def _hold(self, key: tuple[str, str], document: Document) -> None:
        with self._lock:
            if key not in self._held:
                self._held[key] = document
                self._bytes += len(document.kept)
            while self._bytes > self._capacity:
                _key, oldest = self._held.popitem(last=False)
                self._bytes -= len(oldest.kept)


def _read(data: bytes, given: Document) -> Document:
    if given.kind == Kind.NOT_READ:
        return given
    from certdoctor.evidence.read import read_bytes

    documents = read_bytes(data, given.origin).documents
    # What was kept holds one document; anything else would be a defect of the reader, seen as "not read".
    return documents[0] if len(documents) == 1 else replace(given, kind=Kind.NOT_READ)


def of_case(session: Session, reader: Reader, case_id: int) -> Standing:
    """Return the site of a case with the case's own documents, symptoms and answers."""
    case = cases.record(session, case_id)
    standing = _of(session, reader, case.site_id, [case_id], case.at)
    given = cases.answers(session, case_id)
    of_the_site = {a.fact: a.value for a in _last_about_site(given) if a.subject == THE_SITE and a.value is not None}
    others = [a for a in _last_about_site(given) if a.subject != THE_SITE]
    return replace(
        standing,
        description=replace(standing.description, symptoms=case.symptoms, text=case.text, answers=of_the_site),
        answers=tuple((a.fact, a.subject, a.value) for a in others if a.value is not None),
        unknown=frozenset((a.fact, a.subject) for a in others if a.value is None),
    )


def of_site(session: Session, reader: Reader, site_id: int) -> Standing:
    """Return a site as it stands, with what its open cases hold."""
    now_open = cases.open_at_site(session, site_id)
    return _of(session, reader, site_id, now_open, next((at for at in now_open.values() if at), None))


def _of(session: Session, reader: Reader, site_id: int, of: Collection[int], at: datetime | None) -> Standing:
    site = sites.record(session, site_id)
    stored = evidence.standing(session, site_id, of)
    problems = tuple(problem for problem, _added in evidence.problems(session, of))
    documents = tuple(reader.document(session, item) for item in stored)
    present = {document.origin.path for document in documents}
    description = SiteDescription(
        customer=site.customer,
        site=site.name,
        at=at,
        domains=site.domains,
        nodes=nodes_with(session, site_id, present),
        connections=sites.connections(session, site_id, of),
    )
    return Standing(description, Evidence(documents, problems, tuple(_earlier(session, reader, site_id))))


def _earlier(session: Session, reader: Reader, site_id: int) -> Iterator[Snapshot]:
    """Yield the snapshots that newer ones have replaced, under the node they are of."""
    nodes = sites.nodes(session, site_id)
    for stored in evidence.snapshots_before(session, site_id):
        node = placing.of_host(stored[0].document.host, nodes)
        if node is not None:
            documents = tuple(reader.document(session, item) for item in stored)
            # What the archive gives to its node today, it gave then.
            taken = {place.path for place in placing.in_archive(documents, node.id)}
            held = tuple(d for d in documents if d.origin.path in taken or d.kind == Kind.XSTATUS)
            yield Snapshot(node.id, held)


def nodes_with(session: Session, site_id: int, present: Collection[str]) -> tuple[NodeDescription, ...]:
    """Return the nodes of a site with those of their documents that are among `present`.

    Logs and offered certificates of other cases are not.
    """

    def held(paths: Mapping[str, str]) -> dict[str, str]:
        return {name: path for name, path in paths.items() if path in present}

    return tuple(
        replace(
            node,
            identities=held(node.identities),
            trust=held(node.trust),
            logs=tuple(path for path in node.logs if path in present),
        )
        for node in sites.nodes(session, site_id)
    )


def _last_about_site(given: Iterable[AnswerRecord]) -> list[AnswerRecord]:
    """Of a site file's answer and a later one to the question itself (or the other way) the later one holds."""
    last: dict[tuple[str, str], AnswerRecord] = {}
    for answer in given:
        about = "site" if answer.subject == THE_SITE or answer.subject.startswith("site:") else answer.subject
        last[answer.fact, about] = answer
    return list(last.values())

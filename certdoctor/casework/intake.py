"""Evidence into a case: documents are kept, a site file is followed, and places are proposed for the rest."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from certdoctor.casework import placing
from certdoctor.casework.placing import Place
from certdoctor.casework.standing import THE_SITE
from certdoctor.evidence.items import Document, Evidence, Kind, Problem
from certdoctor.evidence.site import NodeDescription, SiteDescription
from certdoctor.evidence.snapshots import by_host
from certdoctor.language import _
from certdoctor.store import cases, evidence, sites

# A second look before anything is written: readers take private keys out, and one must never slip through.
_KEY = re.compile(rb"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----")


@dataclass(frozen=True, slots=True)
class Taken:
    """What was kept, under the paths it is kept by, with where it belongs."""

    documents: Mapping[str, Document]
    places: tuple[Place, ...]
    problems: tuple[Problem, ...]
    nodes: tuple[str, ...]  # ids of nodes that were added


def take(session: Session, case_id: int, given: Evidence, *, who: str, now: datetime) -> Taken:
    """Keep evidence in a case and assign what belongs to a node beyond doubt."""
    site_id = cases.row(session, case_id).site_id
    problems = list(given.problems)
    described = next((d.site for d in given.documents if d.site is not None), None)
    before = {node.id for node in sites.nodes(session, site_id)}
    if described is not None:
        _describe(session, site_id, case_id, described, who=who, now=now)

    evidence.forget_problems(
        session, case_id, {*(d.origin.source for d in given.documents), *(p.origin.source for p in problems)}
    )
    kept: dict[str, evidence.Kept] = {}  # by the path as given
    documents: dict[str, Document] = {}  # by the path as kept
    for document in given.documents:
        if _KEY.search(document.stored):
            problems.append(_not_kept(document))
            continue
        # Beside a site file, and in the archive of a box, the same name means a newer state of the same file.
        same = described is not None or bool(document.host and document.origin.member)
        held = evidence.add(session, site_id, case_id, document, now, replaces=same)
        kept[document.origin.path] = held
        documents[held.path] = replace(document, origin=held.origin)
    for problem in problems:
        evidence.add_problem(session, case_id, problem, now)

    certain = _by_site_file(described, kept)
    ids = {held.path: held.id for held in kept.values()}
    settled = {place.path for place in certain}
    snapshots, apart = _by_archive(session, site_id, documents, ids, settled)
    certain += snapshots
    _assign(session, site_id, case_id, certain, ids, described)
    settled = {*apart, *(place.path for place in certain)}
    nodes = sites.nodes(session, site_id)
    loose_ones = [d for path, d in documents.items() if path not in settled]
    new = new_boxes(loose_ones, nodes)
    loose = (placing.by_content(d, (*nodes, *new)) for d in loose_ones)
    places = (*certain, *(_proposed(place, new) for place in loose if place is not None))
    return Taken(documents, places, tuple(problems), tuple(node.id for node in nodes if node.id not in before))


def _proposed(place: Place, new: Sequence[NodeDescription]) -> Place:
    if place.node not in {node.id for node in new}:
        return place
    return replace(place, why=_("{why}; yes adds the node to the site").format(why=place.why))


def new_boxes(documents: Iterable[Document], nodes: Sequence[NodeDescription]) -> tuple[NodeDescription, ...]:
    """Return a node for each box that loose documents name and the site does not have: to be added when confirmed."""
    found: list[NodeDescription] = []
    for host, (*_before, last) in by_host(d for d in documents if d.kind != Kind.NOT_READ).items():
        if placing.of_host(host, (*nodes, *found)) is None:
            found.append(placing.from_archive(host, last.documents, (node.id for node in (*nodes, *found))))
    return tuple(found)


def _not_kept(document: Document) -> Problem:
    return Problem(
        document.origin,
        "private key",
        "a private key in it could not be separated from the rest, so nothing of it was kept.",
        "Give the certificate without its key.",
    )


def _describe(
    session: Session, site_id: int, case_id: int, described: SiteDescription, *, who: str, now: datetime
) -> None:
    """Take over what a site file says; what it does not mention stays as it is."""
    if described.domains:
        sites.set_domains(session, site_id, described.domains)
    for node in described.nodes:
        sites.put_node(session, site_id, node)
    sites.put_connections(session, site_id, case_id, described.connections)
    case = cases.row(session, case_id)
    case.at = described.at
    if described.symptoms or described.text:
        symptoms = (*case.symptoms, *described.symptoms)
        cases.set_symptoms(session, case_id, symptoms, described.text or case.text)
    for fact, value in described.answers.items():
        cases.add_answer(session, case_id, fact, THE_SITE, value, who=who, when=now)


def _by_site_file(described: SiteDescription | None, kept: Mapping[str, evidence.Kept]) -> list[Place]:
    if described is None:
        return []
    return [replace(p, path=kept[p.path].path) for p in placing.named_by(described) if p.path in kept]


def _by_archive(
    session: Session, site_id: int, documents: Mapping[str, Document], ids: Mapping[str, int], settled: set[str]
) -> tuple[list[Place], set[str]]:
    """Give archives to the nodes with their host names; a node that is missing is added.

    Returns:
        The places, and the paths of what is kept apart as the earlier state of a box.
    """
    members = [d for path, d in documents.items() if d.host and d.origin.member and path not in settled]
    snapshots = [snapshot for held in by_host(members).values() for snapshot in held]
    apart: set[str] = set()
    before: dict[str, list[str]] = {}  # host -> paths of its last archive
    places: dict[tuple[str, str], Place] = {}
    logs: dict[str, list[Place]] = {}
    for snapshot in sorted(snapshots, key=lambda snapshot: (snapshot.taken, snapshot.documents[0].origin.path)):
        host, held, source = snapshot.host, snapshot.documents, snapshot.documents[0].origin.source
        nodes = sites.nodes(session, site_id)
        node = placing.of_host(host, nodes)
        if node is None:
            node = placing.from_archive(host, held, (n.id for n in nodes))
            sites.put_node(session, site_id, node)
        paths = [document.origin.path for document in held]
        if snapshot.taken and snapshot.taken < evidence.newest_besides(session, site_id, held[0].host, source):
            evidence.keep_apart(session, [ids[path] for path in paths])
            apart.update(paths)
            continue
        evidence.retire_snapshots(session, site_id, held[0].host, source)
        replaced = before.pop(host, [])
        evidence.keep_apart(session, [ids[path] for path in replaced])
        apart.update(replaced)
        before[host] = paths
        found = list(placing.in_archive(held, node.id))
        # The newest snapshot of a box speaks; sorting by time brings it last.
        places |= {(p.node, p.slot): p for p in found if p.slot != evidence.LOG}
        logs[node.id] = [p for p in found if p.slot == evidence.LOG]
    return [*places.values(), *(place for held in logs.values() for place in held)], apart


def _assign(
    session: Session,
    site_id: int,
    case_id: int,
    places: Iterable[Place],
    ids: Mapping[str, int],
    described: SiteDescription | None,
) -> None:
    assigned: set[int] = set()
    logs: dict[int, set[int]] = {}
    for place in places:
        document, node = ids[place.path], sites.node_id(session, site_id, place.node)
        if place.slot == evidence.LOG:
            logs.setdefault(node, set()).add(document)
        evidence.assign(session, site_id, document, node, place.slot, also=document in assigned)
        assigned.add(document)
    # A site file and an archive say which logs a node has: earlier ones of this case are out of date.
    for node, held in logs.items():
        evidence.retire_logs(session, site_id, case_id, node, held)


def in_words(documents: Mapping[str, Document], problems: Sequence[Problem]) -> str:
    """Return what came, in a line of the history."""
    certificates = {f.certificate.sha256 for d in documents.values() for f in d.certificates}
    names = list(documents)
    shown = ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
    counts = (("file", len(documents)), ("certificate", len(certificates)))
    parts = [", ".join(f"{n} {word}" if n == 1 else f"{n} {word}s" for word, n in counts)]
    if problems:
        parts.append(f"{len(problems)} not readable")
    return f"{'; '.join(parts)}: {shown}" if shown else "; ".join(parts)

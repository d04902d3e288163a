"""A site that nobody described: where loose files belong by what is in them, so far as that leaves no choice."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from certdoctor.casework import placing
from certdoctor.casework.placing import Place
from certdoctor.deployment.build import node_of
from certdoctor.evidence.items import Certificate, Document, Evidence, Kind, SigningRequest
from certdoctor.evidence.site import NodeDescription, SiteDescription
from certdoctor.evidence.snapshots import by_host
from certdoctor.language import _

_VOS = ("cucm", "imp", "cuc")


def by_themselves(evidence: Evidence) -> SiteDescription:
    """Return a description of what loose files tell by themselves; an empty one where they add nothing.

    A file that bears the name of a box which an archive, snapshot or configuration brought belongs to that box. A
    certificate of another time than the one that is held already is the one before it or the one to be uploaded. A
    request and the certificate that answers it make up a box of their own where no other has their names.
    """
    boxes: dict[str, _Box] = {}
    for host, (*_before, last) in by_host(evidence.documents).items():
        node = node_of(host, last.documents, boxes)
        boxes[node.id] = _Box(node, {d.slot: d for d in last.documents if d.slot})
    loose = [d for d in evidence.documents if not d.host and d.kind in (Kind.CERTIFICATES, Kind.XSTATUS, Kind.LOG)]
    nodes = [box.node for box in boxes.values()]
    left: list[Document] = []
    assumed: list[tuple[str, str]] = []
    for document in loose:
        place = placing.by_content(document, nodes)
        box = boxes.get(place.node) if place is not None else None
        slot = _slot(document, place, box) if place is not None and box is not None else ""
        if place is not None and box is not None and slot:
            box.takes[slot] = document
            assumed.append((document.origin.path, _words(box.node.id, slot, place.why)))
        else:
            left.append(document)
    for request, answer in _answered(left):
        names = _names(request)[:1]
        node = NodeDescription(id=_unused("".join(names), boxes), role="other", names=names)
        boxes[node.id] = _Box(node, {}, {"identity:candidate": answer, "csr": request})
        why = _("request and certificate bear the same name")
        assumed += [
            (document.origin.path, _words(node.id, slot, why)) for slot, document in boxes[node.id].takes.items()
        ]
    if not boxes:
        for document, leaf in _alone(left):
            name = next((n for n in (*leaf.dns_names, leaf.common_name or "") if n), "")
            node = NodeDescription(id=_unused(name, boxes), role="other", names=(name,) if name else ())
            boxes[node.id] = _Box(node, {}, {"identity:server": document})
            why = _("no file tells of the box that has it")
            assumed.append((document.origin.path, _words(node.id, "identity:server", why)))
    for document in evidence.documents:
        place = placing.damaged(document, nodes)
        if place is not None and boxes[place.node].takes.setdefault(place.slot, document) is document:
            assumed.append((place.path, _words(place.node, place.slot, place.why)))
    described = tuple(box.described() for box in boxes.values() if box.takes)
    return SiteDescription(nodes=described, assumed=tuple(assumed))


@dataclass(slots=True)
class _Box:
    """A node, what its own archive holds by slot, and which loose files it takes besides."""

    node: NodeDescription
    held: Mapping[str, Document]
    takes: dict[str, Document] = field(default_factory=dict)

    def described(self) -> NodeDescription:
        paths = {slot: document.origin.path for slot, document in self.takes.items()}
        return replace(
            self.node,
            identities={s.partition(":")[2]: path for s, path in paths.items() if s.startswith("identity:")},
            trust={s.partition(":")[2]: path for s, path in paths.items() if s.startswith("trust:")},
            csr=paths.get("csr"),
            crl=paths.get("crl"),
            logs=tuple(path for slot, path in paths.items() if slot.startswith("log")),
        )


def _words(node: str, slot: str, why: str) -> str:
    slot = slot.partition("#")[0]
    return _("taken as {slot} of {node}: {why}").format(slot=slot, node=node, why=why)


def _slot(document: Document, place: Place, box: _Box) -> str:
    """The slot that a file takes at a box, "" where it would be a guess or the slot is taken."""
    slot = place.slot
    if slot == "log":
        return f"log#{len(box.takes)}"  # a box has several
    kind, _colon, service = slot.partition(":")
    if not slot or slot in box.takes or (kind == "trust" and slot in box.held):
        return ""
    if box.node.role in _VOS and service and service not in document.origin.path.lower():
        return ""  # which of several services, its names do not tell
    held = box.held.get(slot)
    own, other = _leaf(document), _leaf(held) if held else None
    if kind != "identity" or own is None or other is None:
        return slot
    if own.sha256 == other.sha256:
        return ""
    slot = "identity:candidate" if own.not_before > other.not_before else "identity:previous"
    return "" if slot in box.takes else slot


def _leaf(document: Document) -> Certificate | None:
    return placing.leaf_of(document)


def _answered(documents: Sequence[Document]) -> Iterator[tuple[Document, Document]]:
    """Yield each request with the certificate made from it, else with the newest one of its name."""
    leaves = [(document, leaf) for document in documents if (leaf := _leaf(document)) is not None]
    for document in documents:
        if not document.requests or document.certificates:
            continue
        request = document.requests[-1]
        same = [item for item in leaves if item[1].public_key_sha256 == request.public_key_sha256]
        wanted = {name.lower() for name in _names(document)}
        alike = [item for item in leaves if wanted & {n.lower() for n in (*item[1].names, item[1].common_name or "")}]
        if same or alike:
            yield document, max(same or alike, key=lambda item: item[1].not_before)[0]


def _names(document: Document) -> tuple[str, ...]:
    request: SigningRequest = document.requests[-1]
    return tuple(dict.fromkeys(name for name in (request.common_name or "", *request.dns_names) if name))


def _alone(documents: Sequence[Document]) -> Iterator[tuple[Document, Certificate]]:
    """Yield the files that hold the certificate of a box, and it: not those that stand there to be trusted."""
    for document in documents:
        leaf = _leaf(document)
        if leaf is not None and placing.is_own(document):
            yield document, leaf


def _unused(name: str, taken: Mapping[str, _Box]) -> str:
    stem = re.sub(r"[^a-z0-9-]+", "-", name.lower().removeprefix("*.").partition(".")[0]).strip("-")[:60]
    stem = stem or "box"
    found, number = stem, 1
    while found in taken:
        number += 1
        found = f"{stem}-{number}"
    return found

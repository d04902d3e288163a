"""Where new documents belong: which node, and as what. Certain only where a site file or an archive says so."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from certdoctor.deployment import expressway
from certdoctor.deployment.build import role_of
from certdoctor.evidence.items import Certificate, Document, Kind, Setting
from certdoctor.evidence.site import NodeDescription, SiteDescription
from certdoctor.language import _

_VOS = ("cucm", "imp", "cuc")
_SERVICES = ("tomcat-ecdsa", "callmanager-ecdsa", "cup-xmpp-s2s", "cup-xmpp-ecdsa", "cup-xmpp", "callmanager", "tomcat")
_CANDIDATE = re.compile(r"(?:^|[^a-z0-9])(?:new|neu|candidate|renewed|upload)(?:$|[^a-z0-9])")
_PREVIOUS = re.compile(r"(?:^|[^a-z0-9])(?:old|alt|previous|before)(?:$|[^a-z0-9])")
_TRUST = re.compile(r"(?:^|[^a-z0-9])(?:trust|trusted|ca|cas|roots?|bundle|chain)(?:$|[^a-z0-9])")
_CERTIFICATE_FILE = re.compile(r"\.(?:pem|cer|crt|der|p7b|p7c|pfx|p12)$", re.IGNORECASE)
_KEY_FILE = re.compile(r"key|csr|req", re.IGNORECASE)
_CLIENT = re.compile(r"(?:^|[^a-z0-9])client(?:$|[^a-z0-9])")


@dataclass(frozen=True, slots=True)
class Place:
    """A node and a slot ("" where none fits) for the document at `path`, and why."""

    path: str
    node: str
    slot: str
    why: str
    certain: bool = False


def named_by(site: SiteDescription) -> Iterator[Place]:
    """Yield the places that a site file gives; one document can have several."""
    for node in site.nodes:
        slots = [(f"identity:{slot}", path) for slot, path in node.identities.items()]
        slots += [(f"trust:{name}", path) for name, path in node.trust.items()]
        slots += [(name, path) for name, path in (("xconf", node.xconf), ("csr", node.csr), ("crl", node.crl)) if path]
        slots += [("log", path) for path in node.logs]
        for slot, path in slots:
            yield Place(path, node.id, slot, _("the site file says so"), certain=True)


# --- archives ------------------------------------------------------------------------------------------------


def of_host(host: str, nodes: Iterable[NodeDescription]) -> NodeDescription | None:
    """Return the node with this host name; the first label counts, its case does not."""
    wanted = _label(host)
    return next((node for node in nodes if wanted in {_label(name) for name in (node.id, *node.names)}), None)


def from_archive(host: str, documents: Sequence[Document], taken: Iterable[str]) -> NodeDescription:
    """Return a node for an archive that belongs to none: its role is what its configuration or slots suggest.

    Args:
        host: the host name that the archive carries.
        documents: what was in it.
        taken: node ids that exist already.
    """
    settings: dict[str, Setting] = {}
    for document in documents:
        if document.kind == Kind.XCONFIGURATION:
            settings |= document.settings
    role = role_of(settings, (document.slot for document in documents))
    name = expressway.host_name(settings)
    stem = re.sub(r"[^a-z0-9-]+", "-", _label(host)).strip("-")[:60] or "node"
    held, identifier, number = set(taken), stem, 1
    while identifier in held:
        number += 1
        identifier = f"{stem}-{number}"
    names = (name,) if name else (host,)
    return NodeDescription(id=identifier, role=role, names=names)


def in_archive(documents: Sequence[Document], node: str) -> Iterator[Place]:
    """Yield the places of one archive's documents; of two for one slot the one that says more is taken."""
    best: dict[str, Document] = {}
    for document in documents:
        slot = document.slot
        if not slot or document.kind == Kind.NOT_READ:
            continue
        why = _("the archive bears the node's host name")
        if slot == "log":
            yield Place(document.origin.path, node, slot, why, certain=True)
            continue
        held = best.get(slot)
        if held is None or _weight(document) > _weight(held):
            best[slot] = document
    for slot, document in best.items():
        yield Place(document.origin.path, node, slot, _("the archive bears the node's host name"), certain=True)


def _weight(document: Document) -> tuple[int, int]:
    return len(document.settings), len(document.certificates) + len(document.requests)


# --- loose files ---------------------------------------------------------------------------------------------


def by_content(document: Document, nodes: Sequence[NodeDescription]) -> Place | None:
    """Return where a loose file seems to belong, None for what is of no single node (unread, site file, capture)."""
    if document.kind in (Kind.NOT_READ, Kind.SITE, Kind.CAPTURE):
        return None
    node, rest = _by_file_name(document.origin.path, nodes)
    why = _bears() if node else ""
    if document.host and (host := of_host(document.host, nodes)) is not None:
        node, why = host, _("the file bears its host name")
    if document.kind in (Kind.XCONFIGURATION, Kind.XSTATUS):
        named = expressway.host_name(document.settings)
        told = of_host(named, nodes) if named else None
        if told is not None:
            node, why = told, _("it gives the node's host name")
        elif named and node is None:
            why = _("it gives the host name {name}, which no node has").format(name=named)
    own = _own(document)
    if own is not None:
        holders = [n for n in nodes if _names(n) & {name.lower() for name in own}]
        if len(holders) == 1:
            node, why = holders[0], _("it holds the node's name")
        elif holders and node not in holders:
            node, why = None, _("it holds the names of {nodes}").format(nodes=", ".join(n.id for n in holders))
        elif holders:
            why = _("it holds the node's name, and the file bears it")
    return Place(document.origin.path, node.id if node else "", _slot(document, node, rest), why)


def damaged(document: Document, nodes: Sequence[NodeDescription]) -> Place | None:
    """Return where a file is to be uploaded that is called a certificate but cannot be read.

    Only an Expressway whose name it bears: the box will refuse it just so. None for any other document.
    """
    path = document.origin.path
    if document.kind != Kind.NOT_READ or document.host or not _CERTIFICATE_FILE.search(path) or _KEY_FILE.search(path):
        return None
    node, _rest = _by_file_name(path, nodes)
    if node is None or node.role not in ("expressway-c", "expressway-e"):
        return None
    return Place(path, node.id, "identity:candidate", _bears())


def _bears() -> str:
    return _("the file bears its name")


def _own(document: Document) -> tuple[str, ...] | None:
    """The names that a certificate or request is made out to, None where there is none."""
    leaf = leaf_of(document)
    if leaf is not None and not _is_trust(document):
        return (*leaf.names, leaf.common_name or "")
    if document.requests and not document.certificates:
        request = document.requests[0]
        return (*request.dns_names, *request.ip_addresses, request.common_name or "")
    return None


def leaf_of(document: Document) -> Certificate | None:
    """Return the first certificate that is no CA, None if all are."""
    return next((f.certificate for f in document.certificates if f.certificate.is_ca is not True), None)


def is_own(document: Document) -> bool:
    """Tell whether a file holds the certificate of a box, not certificates that stand there to be trusted."""
    return bool(document.certificates) and not _is_trust(document)


def _is_trust(document: Document) -> bool:
    """Whether certificates stand there to be trusted: only CAs, or a folder or file name that says so."""
    if all(f.certificate.is_ca is True for f in document.certificates):
        return True
    path = PurePosixPath(re.split("!", document.origin.path)[-1].lower())
    return any(_TRUST.search(part) for part in (path.parent.name, path.stem))


def _slot(document: Document, node: NodeDescription | None, rest: str) -> str:
    if document.slot:
        return document.slot
    match document.kind:
        case Kind.LOG:
            return "log"
        case Kind.XCONFIGURATION:
            return "xconf"
        case Kind.XSTATUS:
            return "xstat"
    if not document.certificates:
        return "csr" if document.requests else "crl" if document.revocation_lists else ""
    service = next((name for name in _SERVICES if name in rest), "tomcat")
    services = node is not None and node.role in _VOS
    if _is_trust(document):
        return f"trust:{service.removesuffix('-ecdsa') if services else 'ca'}"
    if _CANDIDATE.search(rest):
        return "identity:candidate"
    if _PREVIOUS.search(rest):
        return "identity:previous"
    if services:
        return f"identity:{service}"
    return "identity:client" if _CLIENT.search(rest) else "identity:server"


def _by_file_name(path: str, nodes: Iterable[NodeDescription]) -> tuple[NodeDescription | None, str]:
    """The node whose id or name stands in a path as a word of its own, and the path without that word.

    The file name counts before its folders, a longer name before a shorter one; two nodes alike: none.
    """
    parts = [part.lower() for part in reversed(re.split(r"[/!]", path))]
    for depth, part in enumerate(parts):
        found: list[tuple[int, NodeDescription, str]] = []
        for node in nodes:
            for word in {node.id, *_names(node), *(_label(name) for name in node.names)}:
                match = re.search(rf"(?:^|[^a-z0-9]){re.escape(word)}(?:$|[^a-z0-9])", part)
                if match:
                    found.append((len(word), node, f"{part[: match.start()]} {part[match.end() :]}"))
        longest = max((length for length, _node, _rest in found), default=0)
        best = {node.id: (node, rest) for length, node, rest in found if length == longest}
        if len(best) == 1:
            node, rest = next(iter(best.values()))
            return node, " ".join([*parts[:depth], rest, *parts[depth + 1 :]])
        if best:
            break
    return None, " ".join(parts)


def _names(node: NodeDescription) -> set[str]:
    return {name.lower() for name in (*node.names, *node.addresses)}


def _label(name: str) -> str:
    return name.lower().partition(".")[0]


# --- in words ------------------------------------------------------------------------------------------------


def what(document: Document) -> str:
    """Return what a document is, in a few words."""
    if document.kind == Kind.CAPTURE:
        return _("packet capture with {count} conversations").format(count=len(document.conversations))
    count = len(document.certificates)
    if count:
        leaf = leaf_of(document)
        if leaf is None or _is_trust(document):
            return _("trust list of {count} certificates").format(count=count) if count > 1 else _("CA certificate")
        said = _("certificate of {name}").format(name=leaf.label)
        return said if count == 1 else _("{certificate} and {count} more").format(certificate=said, count=count - 1)
    if document.requests:
        name = document.requests[0].common_name or document.requests[0].subject
        return _("certificate request for {name}").format(name=name)
    if document.revocation_lists:
        return _("revocation list of {issuer}").format(issuer=document.revocation_lists[0].issuer)
    if document.keys:
        return _("private key, dropped at once")
    words = {
        Kind.XCONFIGURATION: _("Expressway configuration"),
        Kind.XSTATUS: _("Expressway status"),
        Kind.LOG: _("log"),
        Kind.SITE: _("site file"),
    }
    return words.get(document.kind, _("nothing that could be read"))

"""From a description and the evidence to nodes with their identities, trust lists and settings."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from certdoctor.deployment import expressway, provisional, wording
from certdoctor.deployment.model import Connection, Deployment, Identity, Node, TrustList
from certdoctor.deployment.version import Version
from certdoctor.evidence.items import Document, Evidence, Found, Kind, Setting, Snapshot
from certdoctor.evidence.site import NodeDescription, SiteDescription
from certdoctor.evidence.snapshots import by_host


def build(description: SiteDescription, evidence: Evidence, at: datetime) -> Deployment:
    """Return the deployment without its connections (see `derive.connections`).

    An archive belongs to the node with its host name; of several of one box the newest judges, the others are
    kept as the node's earlier states. A field that the description gives wins over one found in a file, and a
    contradiction is named in `conflicts`.
    """
    conflicts: list[str] = []
    by_path = {document.origin.path: document for document in evidence.documents}
    archives, earlier = _by_host(evidence)
    nodes: dict[str, Node] = {}
    used: set[str] = set()
    brought: list[str] = []  # by an archive
    for described in description.nodes:
        host = next((h for h in archives if _is_host_of(h, described)), None)
        own = archives.pop(host) if host else ()
        brought += [described.id] if own else []
        nodes[described.id] = _node(described, by_path, own, used, conflicts)
    for host, own in archives.items():
        found = node_of(host, own, nodes)
        nodes[found.id] = _node(found, by_path, own, used, conflicts)
        brought.append(found.id)
    nodes |= {node.id: node for node in provisional.beyond(nodes, brought)}
    nodes |= {node.id: node for node in provisional.seen(nodes, evidence.documents)}
    if description.assumed or not description.nodes:
        loose = [document for document in evidence.documents if document.origin.path not in used]
        nodes |= {node.id: node for node in provisional.writers(nodes, loose)}
        used.update(log.origin.path for node in nodes.values() for log in node.logs)
    used.update(document.origin.path for snapshot in earlier for document in snapshot.documents)
    before: dict[str, list[Snapshot]] = {}
    for snapshot in earlier:
        owner = next((node for node in nodes.values() if _is_host_of(snapshot.host.lower(), node)), None)
        if owner is not None:
            before.setdefault(owner.id, []).append(snapshot)
    for name, snapshots in before.items():
        nodes[name] = dataclasses.replace(nodes[name], earlier=_state(nodes[name], snapshots))
    unassigned = tuple(
        d
        for d in evidence.documents
        if d.origin.path not in used and d.kind not in (Kind.SITE, Kind.NOT_READ, Kind.CAPTURE)
    )
    return Deployment(
        customer=description.customer,
        site=description.site,
        at=at,
        domains=tuple(d.lower() for d in description.domains),
        nodes=nodes,
        connections=(),
        unassigned=unassigned,
        conflicts=tuple(conflicts),
        certificates=evidence.certificates(),
    )


def with_nodes(deployment: Deployment, nodes: Mapping[str, Node]) -> Deployment:
    """Return the deployment with these nodes."""
    return dataclasses.replace(deployment, nodes=nodes)


def with_connections(deployment: Deployment, connections: tuple[Connection, ...]) -> Deployment:
    """Return the deployment with these connections."""
    return dataclasses.replace(deployment, connections=connections)


def _by_host(evidence: Evidence) -> tuple[dict[str, tuple[Document, ...]], tuple[Snapshot, ...]]:
    """The newest documents of each host, and all snapshots before them, oldest first."""
    newest: dict[str, tuple[Document, ...]] = {}
    earlier = list(evidence.earlier)
    for host, (*before, last) in by_host(evidence.documents).items():
        newest[host] = last.documents
        earlier += before
    return newest, tuple(earlier)


def _is_host_of(host: str, node: NodeDescription | Node) -> bool:
    names = {node.id.lower(), *(name.lower() for name in node.names)}
    return host in names or host.partition(".")[0] in {name.partition(".")[0] for name in names}


def _state(node: Node, snapshots: Iterable[Snapshot]) -> Node | None:
    """The node as the last of these snapshots shows it, with those before that in turn."""
    state: Node | None = None
    for snapshot in snapshots:
        seen = NodeDescription(id=node.id, role=node.role)
        state = dataclasses.replace(_node(seen, {}, snapshot.documents, set(), []), earlier=state)
    return state


def node_of(host: str, documents: tuple[Document, ...], taken: Collection[str]) -> NodeDescription:
    """Return the node that the documents of one box describe; its id is none of those that are taken."""
    settings = _settings(documents)
    name = expressway.host_name(settings) or _whole_name(host, documents)
    address = re.fullmatch(r"[\d.]+|[0-9a-f:]*:[0-9a-f:]*", host)
    stem = name_id = re.sub("[_.:]", "-", host if address else host.partition(".")[0])
    number = 1
    while name_id in taken:
        number += 1
        name_id = f"{stem}-{number}"
    return NodeDescription(
        id=name_id,
        role=role_of(settings, (document.slot for document in documents)),
        names=(name,),
    )


def _whole_name(host: str, documents: Iterable[Document]) -> str:
    """The name with its domain that the box's own certificates give to a host name without one."""
    held = (d.certificates[0].certificate for d in documents if d.slot.startswith("identity:") and d.certificates)
    names = {name for certificate in held for name in certificate.dns_names if name.lower().startswith(f"{host}.")}
    return next(iter(names)) if len(names) == 1 and "." not in host else host


def role_of(settings: Mapping[str, Setting], slots: Iterable[str]) -> str:
    """Return the role that a box's own exports tell: by its traversal zones, else by the services of its certificates."""
    held = " ".join(slots)
    if told := expressway.role(settings):
        return told
    if "identity:cup" in held or "trust:cup" in held:
        return "imp"
    # Unity Connection has no service of CUCM's; its ipsec certificate tells that the other ones were looked for.
    if (
        "identity:tomcat" in held
        and "identity:ipsec" in held
        and not re.search("callmanager|capf|tvs|itlrecovery", held)
    ):
        return "cuc"
    return "cucm" if "tomcat" in held or "callmanager" in held else "other"


def _settings(documents: Iterable[Document]) -> dict[str, Setting]:
    settings: dict[str, Setting] = {}
    for document in documents:
        if document.kind == Kind.XCONFIGURATION:
            for key, setting in document.settings.items():
                settings.setdefault(key, setting)
    return settings


def _node(
    described: NodeDescription,
    by_path: Mapping[str, Document],
    own: tuple[Document, ...],
    used: set[str],
    conflicts: list[str],
) -> Node:
    used.update(document.origin.path for document in own)

    def documents(*paths: str | None) -> tuple[Document, ...]:
        found = tuple(by_path[path] for path in paths if path and path in by_path)
        used.update(document.origin.path for document in found)
        return found

    identities: dict[str, Identity] = {}
    trust: dict[str, TrustList] = {}
    for kind, name, document in _archive_certificates(own):
        if kind == "trust":
            trust[name] = TrustList(described.id, name, document.certificates, document)
        elif document.certificates:
            identities[name] = _identity(described.id, name, document)
    offered: list[Document] = []
    for slot, path in described.identities.items():
        for document in documents(path):
            if slot.startswith("candidate"):
                offered.append(document)
            if document.certificates:
                identities[slot] = _identity(described.id, slot, document)
    for name, path in described.trust.items():
        for document in documents(path):
            trust[name] = TrustList(described.id, name, document.certificates, document)

    configuration = (*documents(described.xconf), *(d for d in own if d.kind == Kind.XCONFIGURATION))
    settings = _settings(configuration)
    status = {k: v for d in own if d.kind == Kind.XSTATUS for k, v in d.settings.items()}
    seen_version = expressway.value(status, "SystemUnit Software Version") or expressway.value(
        settings, "SystemUnit Software Version"
    )
    version = _agreed(described.id, wording.VERSION_DIFFERS, described.version or "", seen_version, conflicts)
    cluster = _agreed(
        described.id,
        wording.CLUSTER_DIFFERS,
        described.cluster or "",
        expressway.value(settings, "Alternates Cluster Name"),
        conflicts,
    )
    seen_name = expressway.host_name(settings)
    names = described.names or ((seen_name,) if seen_name else ())
    if described.names and "." in seen_name and seen_name.lower() not in {n.lower() for n in described.names}:
        given = ", ".join(described.names)
        conflicts.append(wording.NAMES_DIFFER.format(node=described.id, given=given, found=seen_name))
    held = (*(i.document for i in identities.values()), *(t.document for t in trust.values()))
    requests = documents(described.csr)
    lists = documents(described.crl)
    return Node(
        id=described.id,
        role=described.role,
        version=Version.parse(version) if version else None,
        names=names,
        addresses=described.addresses or expressway.addresses(settings),
        cluster=cluster or None,
        identities=identities,
        trust=trust,
        settings=settings,
        settings_origin=configuration[0].origin if configuration else None,
        requests=tuple(r for d in (*requests, *own) for r in d.requests),
        revocation_lists=tuple(c for d in (*lists, *own) for c in d.revocation_lists),
        phone_security_profiles=described.phone_security_profiles,
        chat_aliases=described.chat_aliases,
        federation_domains=described.federation_domains,
        logs=(*documents(*described.logs), *(d for d in own if d.kind == Kind.LOG)),
        offered=tuple(offered),
        status=status,
        taken=max((document.taken for document in (*own, *configuration, *held)), default=""),
    )


def _agreed(node: str, differs: str, given: str, found: str, conflicts: list[str]) -> str:
    same = given.lower() == found.lower() or (
        differs == wording.VERSION_DIFFERS
        and (Version.parse(given) or Version(())).numbers == (Version.parse(found) or Version(())).numbers
    )
    if given and found and not same:
        conflicts.append(differs.format(node=node, given=given, found=found))
    return given or found


def _archive_certificates(own: Iterable[Document]) -> Iterable[tuple[str, str, Document]]:
    """What an archive or snapshot says of its certificates: ("identity" or "trust", slot, document)."""
    for document in own:
        kind, _colon, name = document.slot.partition(":")
        if document.kind == Kind.CERTIFICATES and kind in ("identity", "trust") and name:
            yield kind, name, document


def _identity(node: str, slot: str, document: Document) -> Identity:
    certificates = document.certificates
    leaf = _leaf(certificates)
    return Identity(node, slot, leaf, tuple(c for c in certificates if c is not leaf), document)


def _leaf(certificates: tuple[Found, ...]) -> Found:
    """The first certificate, unless that is a CA and one behind it is none."""
    if certificates[0].certificate.is_ca:
        return next((c for c in certificates if c.certificate.is_ca is not True), certificates[0])
    return certificates[0]

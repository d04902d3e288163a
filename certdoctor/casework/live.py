"""Whom a live look at a whole site contacts: the server of every connection."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from certdoctor.casework.sites import description_of
from certdoctor.deployment import build, derive
from certdoctor.deployment.model import Connection, Deployment
from certdoctor.errors import BadInput
from certdoctor.evidence.items import Document, Evidence, Kind
from certdoctor.evidence.probe import as_document, probe
from certdoctor.evidence.read import read_paths
from certdoctor.evidence.targets import Starttls, Target, target
from certdoctor.knowledge.load import shipped
from certdoctor.language import _

_STARTTLS = {"edge-xmpp": Starttls.XMPP_CLIENT, "xmpp-federation": Starttls.XMPP_SERVER}
_NOT_TLS = ("traversal-ssh", "upload")


def site_targets(path: Path, now: datetime) -> tuple[Target, ...]:
    """Return the servers of a site's connections, each once. Nothing is contacted.

    Args:
        path: a site.yml, or a folder or archive that holds one.
        now: the present time, aware.

    Raises:
        BadInput: there is no site description, it is faulty, or none of its servers can be contacted.
    """
    evidence = read_paths([path])
    if not any(document.site for document in evidence.documents):
        faulty = {document.origin.path for document in evidence.documents if document.kind == Kind.SITE}
        for problem in evidence.problems:
            if problem.origin.path in faulty:
                raise BadInput(problem.origin.path, problem.origin.place, problem.reason, problem.remedy)
        raise BadInput(str(path), "", _("there is no site.yml."), _("Name the file or its folder."))
    description = description_of(evidence)
    deployment = build.build(description, evidence, now)
    kinds = shipped().connections
    found = targets_of(deployment, derive.connections(deployment, description.connections, kinds))
    if not found:
        raise BadInput(str(path), "", _("no connection in it leads to a server with a name or address and a port."))
    return found


def targets_of(deployment: Deployment, connections: Iterable[Connection]) -> tuple[Target, ...]:
    """Return the servers of these connections, each once."""
    return tuple(dict.fromkeys(_targets(deployment, connections)))


def look(
    targets: Sequence[Target], clock: Callable[[], datetime], progress: Callable[[int], None] | None = None
) -> Evidence:
    """Contact each target, one after the other, and return what was seen as evidence.

    Args:
        targets: whom to contact; nobody else is.
        clock: gives the present time, aware.
        progress: told how many were contacted; what it raises ends the look.
    """
    seen: list[Document] = []
    for count, aimed in enumerate(targets):
        if progress is not None:
            progress(count)
        seen.append(as_document(probe(aimed), clock()))
    return Evidence(tuple(seen), ())


def _targets(deployment: Deployment, connections: Iterable[Connection]) -> Iterator[Target]:
    for connection in connections:
        server = deployment.nodes.get(connection.server)
        if server is None or connection.port is None or connection.kind in _NOT_TLS:
            continue
        places = (*server.names, *server.addresses)
        if not places:
            continue
        starttls = _STARTTLS.get(connection.kind)
        # An XMPP stream is opened to the domain, not to the box.
        domain = next(iter(deployment.domains), None) if starttls else None
        aimed = target(places[0], domain, starttls)
        yield Target(aimed.host, connection.port, aimed.sni, starttls)

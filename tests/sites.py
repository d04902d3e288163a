"""Small sites made in memory: boxes of certificates, lists, settings and log lines, read by the real readers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache

from certdoctor.deployment import build, derive
from certdoctor.deployment.judge import judge
from certdoctor.deployment.model import Connection, Deployment, Judgement
from certdoctor.deployment.openssl import verifier
from certdoctor.evidence import certificate
from certdoctor.evidence.items import Certificate, Document, Evidence, Kind, Origin
from certdoctor.evidence.read import read_text
from certdoctor.evidence.site import ConnectionDescription, NodeDescription, SiteDescription
from certdoctor.knowledge.load import load
from certdoctor.knowledge.model import Knowledge
from certdoctor.resources import folder
from tests import pki

OPENSSL = verifier()


@cache
def knowledge() -> Knowledge:
    """The program's own knowledge, loaded once."""
    return load(folder("rules"), folder("kb"))


def decoded(issued: pki.Issued) -> Certificate:
    """The certificate as the evidence holds it."""
    return certificate.read(issued.der).certificate


@dataclass(frozen=True, kw_only=True)
class Box:
    """One node. Values of `identities` and `trust` are PEM texts, `xconf` has one `path: value` a line."""

    role: str
    version: str | None = None
    names: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    cluster: str | None = None
    identities: Mapping[str, str] = field(default_factory=dict)
    trust: Mapping[str, str] = field(default_factory=dict)
    xconf: str = ""
    csr: str = ""
    crl: str = ""
    log: str = ""
    phone_security_profiles: tuple[str, ...] = ()
    chat_aliases: tuple[str, ...] = ()
    federation_domains: tuple[str, ...] = ()


def configuration(lines: str) -> str:
    """Return `path: value` lines as an Expressway exports them."""
    pairs = (line.split(": ", 1) for line in lines.strip().splitlines())
    return "".join(f'*c xConfiguration {path.strip()}: "{value}"\n' for path, value in pairs)


def log(text: str, path: str = "box.log") -> Document:
    """Return log lines as a document."""
    return Document(Origin(path), Kind.LOG, kept=text.encode())


def described(boxes: Mapping[str, Box]) -> tuple[tuple[NodeDescription, ...], Evidence]:
    """Return the boxes' descriptions and their files."""
    documents: list[Document] = []

    def file(path: str, text: str) -> str | None:
        if text:
            read = read_text(text, path)
            assert not read.problems, read.problems
            documents.extend(read.documents)
        return path if text else None

    nodes = []
    for name, box in boxes.items():
        identities = {slot: f"{name}/{slot}.pem" for slot in box.identities}
        trust = {store: f"{name}/{store}-trust.pem" for store in box.trust}
        for slot, path in identities.items():
            file(path, box.identities[slot])
        for store, path in trust.items():
            file(path, box.trust[store])
        if box.log:
            documents.append(log(box.log, f"{name}/log.txt"))
        nodes.append(
            NodeDescription(
                id=name,
                role=box.role,
                version=box.version,
                names=box.names,
                addresses=box.addresses,
                cluster=box.cluster,
                identities=identities,
                trust=trust,
                xconf=file(f"{name}/xconf.txt", configuration(box.xconf) if box.xconf else ""),
                csr=file(f"{name}/request.csr", box.csr),
                crl=file(f"{name}/list.crl", box.crl),
                phone_security_profiles=box.phone_security_profiles,
                chat_aliases=box.chat_aliases,
                federation_domains=box.federation_domains,
                logs=(f"{name}/log.txt",) if box.log else (),
            )
        )
    return tuple(nodes), Evidence(tuple(documents))


def deploy(
    boxes: Mapping[str, Box],
    connections: Sequence[ConnectionDescription] = (),
    *,
    domains: tuple[str, ...] = (),
    at: datetime = pki.NOW,
    others: Sequence[Document] = (),
) -> Deployment:
    """Return the deployment of these boxes with all its connections. `others`: evidence of no described box."""
    nodes, evidence = described(boxes)
    evidence = Evidence((*evidence.documents, *others))
    site = SiteDescription(customer="Example Ltd", site="HQ", domains=domains, nodes=nodes)
    made = build.build(site, evidence, at)
    return build.with_connections(made, derive.connections(made, connections, knowledge().connections))


def judged(deployment: Deployment, *connections: Connection) -> dict[str, Judgement]:
    """Judge one connection, or all, and return the judgements by side (with several connections: `id/side`)."""
    if connections:
        deployment = build.with_connections(deployment, connections)
    found = judge(deployment, knowledge().connections, OPENSSL)
    several = len({j.connection.id for j in found}) > 1
    return {f"{j.connection.id}/{j.side}" if several else j.side: j for j in found}


def connection(
    kind: str,
    client: str,
    server: str,
    *,
    name: str | None = None,
    verify_name: str | None = None,
    client_identity: str | None = None,
    server_identity: str | None = None,
    store: str | None = None,
    given: bool = True,
) -> Connection:
    """Return a connection on the usual port of its kind."""
    return Connection(
        id=kind,
        kind=kind,
        client=client,
        server=server,
        port=knowledge().connections[kind].port,
        name=name,
        verify_name=verify_name,
        client_identity=client_identity,
        server_identity=server_identity,
        store=store,
        given=given,
    )

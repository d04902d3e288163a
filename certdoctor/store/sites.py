"""Customers, sites, nodes and the connections that somebody described."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from certdoctor.errors import CertdoctorError
from certdoctor.evidence.site import ROLES, ConnectionDescription, NodeDescription
from certdoctor.language import _
from certdoctor.store import search
from certdoctor.store.records import SiteRecord
from certdoctor.store.tables import Assignment, Case, Connection, Customer, Event, Evidence, Node, Site

_NODE_ID = re.compile(r"[a-z0-9-]{1,64}")
UPLOAD = "upload"


def create(session: Session, customer: str, name: str, domains: Sequence[str], now: datetime) -> int:
    """Create a site, and its customer if it is new; return its id.

    Raises:
        CertdoctorError: a name is empty, or the customer has a site of this name.
    """
    customer, name = customer.strip(), name.strip()
    if not customer or not name:
        raise CertdoctorError(_("A site needs the name of its customer and a name of its own."))
    owner = session.scalar(select(Customer).where(Customer.name == customer))
    if owner is None:
        owner = Customer(name=customer)
        session.add(owner)
        session.flush()
    if find(session, customer, name) is not None:
        raise CertdoctorError(_("{customer} has a site {name} already.").format(customer=customer, name=name))
    site = Site(customer_id=owner.id, name=name, domains=_words(domains), created=now)
    session.add(site)
    session.flush()
    search.put_site(session, site.id)
    return site.id


def find(session: Session, customer: str, name: str) -> int | None:
    """Return the id of the site with this name, None if the customer has none."""
    return session.scalar(select(Site.id).join(Customer).where(Customer.name == customer, Site.name == name))


def records(
    session: Session, words: str = "", site_id: int | None = None, limit: int | None = None
) -> tuple[SiteRecord, ...]:
    """Return sites by customer and name: those that `words` find, or the one with `site_id`."""
    cases = select(func.count()).where(Case.site_id == Site.id)
    query = (
        select(
            Site.id,
            Customer.name.label("customer"),
            Site.name,
            Site.domains,
            cases.where(Case.state == "open").scalar_subquery().label("open_cases"),
            cases.scalar_subquery().label("cases"),
            select(Event.happened)
            .where(Event.site_id == Site.id)
            .order_by(Event.id.desc())
            .limit(1)
            .scalar_subquery()
            .label("last_event"),
        )
        .join(Customer, Customer.id == Site.customer_id)
        .order_by(func.lower(Customer.name), func.lower(Site.name), Site.id)
        .limit(limit)
    )
    query = query.where(Site.id == site_id) if site_id is not None else search.sites_with(query, words)
    return tuple(
        SiteRecord(row.id, row.customer, row.name, tuple(row.domains), row.open_cases, row.cases, row.last_event)
        for row in session.execute(query)
    )


def record(session: Session, site_id: int) -> SiteRecord:
    """Return one site.

    Raises:
        CertdoctorError: there is none with this id.
    """
    found = records(session, site_id=site_id)
    if not found:
        raise CertdoctorError(_("There is no site {number}.").format(number=site_id))
    return found[0]


def set_domains(session: Session, site_id: int, domains: Sequence[str]) -> None:
    """Set the service-discovery domains."""
    _site(session, site_id).domains = _words(domains)
    search.put_site(session, site_id)


def _words(given: Iterable[str]) -> list[str]:
    """Names as they are compared: trimmed, each once, in the order given."""
    return list(dict.fromkeys(word.strip() for word in given if word.strip()))


def _site(session: Session, site_id: int) -> Site:
    site = session.get(Site, site_id)
    if site is None:
        raise CertdoctorError(_("There is no site {number}.").format(number=site_id))
    return site


# --- nodes ---------------------------------------------------------------------------------------------------


def put_node(session: Session, site_id: int, node: NodeDescription) -> bool:
    """Add a node or change the one with its id; its documents are another matter. Return whether it is new.

    Raises:
        CertdoctorError: the id or the role is none.
    """
    if not _NODE_ID.fullmatch(node.id):
        text = _("A node is named with a-z, 0-9 and -, at most 64 of them; {name} is no such name.")
        raise CertdoctorError(text.format(name=repr(node.id)))
    if node.role not in ROLES:
        text = _("{role} is no role of a node; roles are: {roles}.")
        raise CertdoctorError(text.format(role=repr(node.role), roles=", ".join(ROLES)))
    _site(session, site_id)
    row = session.scalar(select(Node).where(Node.site_id == site_id, Node.name == node.id))
    new = row is None
    if row is None:
        row = Node(site_id=site_id, name=node.id)
        session.add(row)
    row.role = node.role
    row.version = node.version or None
    row.names = _words(node.names)
    row.addresses = _words(node.addresses)
    row.cluster = node.cluster or None
    row.phone_security_profiles = list(node.phone_security_profiles)
    row.chat_aliases = list(node.chat_aliases)
    row.federation_domains = list(node.federation_domains)
    search.put_site(session, site_id)
    return new


def remove_node(session: Session, site_id: int, node: str) -> None:
    """Remove a node; its documents become unassigned, described connections with it go too."""
    row = session.get_one(Node, node_id(session, site_id, node))
    session.delete(row)
    session.execute(
        delete(Connection).where(
            Connection.site_id == site_id, or_(Connection.client == node, Connection.server == node)
        )
    )
    search.put_site(session, site_id)


def node_id(session: Session, site_id: int, node: str) -> int:
    """Return the key of a node.

    Raises:
        CertdoctorError: the site has no such node.
    """
    key = session.scalar(select(Node.id).where(Node.site_id == site_id, Node.name == node))
    if key is None:
        raise CertdoctorError(_("There is no node {node} at this site.").format(node=node))
    return key


def nodes(session: Session, site_id: int) -> tuple[NodeDescription, ...]:
    """Return the nodes with the current documents of each, in the order they were added."""
    slots: dict[int, list[tuple[str, str]]] = {}
    for row in session.execute(
        select(Assignment.node_id, Assignment.slot, Evidence.path)
        .join(Evidence, Evidence.id == Assignment.evidence_id)
        .where(Evidence.site_id == site_id, Evidence.current, Assignment.current)
        .order_by(Evidence.id)
    ):
        slots.setdefault(row.node_id, []).append((row.slot, row.path))
    rows = session.scalars(select(Node).where(Node.site_id == site_id).order_by(Node.id))
    return tuple(_described(row, slots.get(row.id, ())) for row in rows)


def _described(row: Node, slots: Iterable[tuple[str, str]]) -> NodeDescription:
    held: dict[str, dict[str, str]] = {"identity": {}, "trust": {}, "": {}}
    logs: list[str] = []
    for slot, path in slots:
        kind, _, name = slot.rpartition(":")
        if slot == "log":
            logs.append(path)
        else:
            held.setdefault(kind, {})[name] = path
    return NodeDescription(
        id=row.name,
        role=row.role,
        version=row.version,
        names=tuple(row.names),
        addresses=tuple(row.addresses),
        cluster=row.cluster,
        identities=held["identity"],
        trust=held["trust"],
        xconf=held[""].get("xconf"),
        csr=held[""].get("csr"),
        crl=held[""].get("crl"),
        phone_security_profiles=tuple(row.phone_security_profiles),
        chat_aliases=tuple(row.chat_aliases),
        federation_domains=tuple(row.federation_domains),
        logs=tuple(logs),
    )


# --- described connections -----------------------------------------------------------------------------------


def put_connections(session: Session, site_id: int, case_id: int, given: Iterable[ConnectionDescription]) -> None:
    """Keep connections that a description gives; one with the same id is replaced."""
    present = {row.name: row for row in session.scalars(select(Connection).where(Connection.site_id == site_id))}
    for item in given:
        row = present.get(item.id)
        if row is None:
            row = present[item.id] = Connection(site_id=site_id, name=item.id)
            session.add(row)
        row.case_id = case_id
        row.kind = item.kind
        row.client = item.client
        row.server = item.server
        row.port = item.port
        row.looked_for = item.name
        row.verify_name = item.verify_name
        row.client_identity = item.client_identity
        row.server_identity = item.server_identity
        row.store = item.store


def connections(session: Session, site_id: int, cases: Collection[int]) -> tuple[ConnectionDescription, ...]:
    """Return the described connections; an offered upload only where its case is among `cases`."""
    rows = session.scalars(select(Connection).where(Connection.site_id == site_id).order_by(Connection.id))
    return tuple(
        ConnectionDescription(
            id=row.name,
            kind=row.kind,
            client=row.client,
            server=row.server,
            port=row.port,
            name=row.looked_for,
            verify_name=row.verify_name,
            client_identity=row.client_identity,
            server_identity=row.server_identity,
            store=row.store,
        )
        for row in rows
        if row.kind != UPLOAD or row.case_id in cases
    )

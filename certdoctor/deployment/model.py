"""The deployment: nodes, what they present, whom they trust, and how they connect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from certdoctor.deployment.version import Version
from certdoctor.evidence.items import (
    Certificate,
    Document,
    Found,
    Origin,
    RevocationList,
    Setting,
    SigningRequest,
)

SERVER = "server"
CLIENT = "client"


@dataclass(frozen=True, slots=True)
class Identity:
    """A certificate that a node holds in one slot ("server", "client", "tomcat", "candidate" ...)."""

    node: str
    slot: str
    leaf: Found
    sent: tuple[Found, ...]  # what stands behind the leaf in the file
    document: Document


@dataclass(frozen=True, slots=True)
class TrustList:
    """A node's trust list ("ca", "tomcat", "callmanager" ...)."""

    node: str
    name: str
    entries: tuple[Found, ...]
    document: Document


@dataclass(frozen=True, slots=True)
class Node:
    """One box, or one kind of client."""

    id: str
    role: str
    version: Version | None = None
    names: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    cluster: str | None = None
    identities: Mapping[str, Identity] = field(default_factory=dict)
    trust: Mapping[str, TrustList] = field(default_factory=dict)
    settings: Mapping[str, Setting] = field(default_factory=dict, repr=False)
    settings_origin: Origin | None = None
    requests: tuple[SigningRequest, ...] = ()
    revocation_lists: tuple[RevocationList, ...] = ()
    phone_security_profiles: tuple[str, ...] = ()
    chat_aliases: tuple[str, ...] = ()
    federation_domains: tuple[str, ...] = ()
    logs: tuple[Document, ...] = ()
    offered: tuple[Document, ...] = ()  # files to be uploaded (slots "candidate..."), whatever they hold
    status: Mapping[str, Setting] = field(default_factory=dict, repr=False)  # xStatus
    taken: str = ""  # time stamp of the archive it was seen in, as written there
    earlier: Node | None = None  # the same box in the archive before, which judges nothing

    known_from: Origin | None = None  # the one place that tells of it: a provisional node, nothing of it is at hand

    @property
    def is_expressway(self) -> bool:
        return self.role in ("expressway-c", "expressway-e")

    @property
    def name(self) -> str:
        """The first name it is reached by, else its id."""
        return self.names[0] if self.names else self.id


@dataclass(frozen=True, slots=True)
class Connection:
    """One client node that connects to one server node."""

    id: str
    kind: str
    client: str
    server: str
    port: int | None
    name: str | None  # the name that the client looks for in the server's certificate
    verify_name: str | None  # the name that the server looks for in the client's certificate
    accepted_names: tuple[str, ...] = ()  # any of these instead of `name`, where the client accepts several
    client_identity: str | None = None  # slot, where it differs from kb/connections
    server_identity: str | None = None
    store: str | None = None
    given: bool = False  # given in the site description, not derived
    name_origin: Origin | None = None  # the configuration line that holds `name`
    verify_name_origin: Origin | None = None
    assumptions: tuple[str, ...] = ()
    client_zone: int | None = None  # number of the client's zone that makes it, where the configuration tells
    server_zone: int | None = None  # number of the server's zone that takes it


class Outcome(StrEnum):
    """How one side's certificate fares with the other side."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    DEPENDS = "depends"
    NOT_CHECKED = "not_checked"
    NOT_REQUIRED = "not_required"


@dataclass(frozen=True, slots=True)
class OpenSSLError:
    """One error that X509_verify_cert reported: code and text are OpenSSL's own."""

    code: int
    depth: int
    text: str
    subject: str


class ChainState(StrEnum):
    """What our explanation of OpenSSL's answer says about the chain."""

    COMPLETE = "complete"
    ISSUER_MISSING = "issuer_missing"
    ROOT_MISSING = "root_missing"
    SELF_SIGNED_UNTRUSTED = "self_signed_untrusted"
    SAME_NAME_OTHER_KEY = "same_name_other_key"
    SAME_NAME_FIRST = "same_name_first"
    ISSUER_NOT_CA = "issuer_not_ca"
    CA_LIMITED = "ca_limited"  # a CA, but its usages leave out signing certificates, or this purpose
    PATH_TOO_LONG = "path_too_long"
    NAME_NOT_PERMITTED = "name_not_permitted"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class MissingIssuer:
    """The CA certificate at which the chain breaks off."""

    subject: str  # issuer name that the last certificate of the chain asks for
    subject_key: str
    key_id: str | None  # its authority key identifier
    urls: tuple[str, ...]  # AIA addresses it names
    wanted_by: Certificate  # the certificate whose issuer is missing
    available: tuple[Found, ...]  # that CA certificate, wherever it lies in the evidence
    to_add: tuple[Found, ...]  # it and all CAs above it that the list lacks too, as far as they are known
    same_name: tuple[Found, ...]  # list entries with the same name but another key


@dataclass(frozen=True, slots=True)
class Judgement:
    """One side's certificate as the other side sees it.

    `side` is the side whose certificate is judged: "server" means that the client judges the server's.
    """

    connection: Connection
    side: str
    outcome: Outcome
    why: str  # one short token: why it is not checked or not required, "" otherwise
    presenter: Node
    verifier: Node
    identity: Identity | None
    sent: tuple[Certificate, ...] = ()  # leaf first, as it goes over the wire
    trust: TrustList | None = None
    certain: bool = True  # False where the verifier's version or setting is not known
    errors: tuple[OpenSSLError, ...] = ()
    chain: tuple[Certificate, ...] = ()  # as OpenSSL built it, leaf first
    chain_state: ChainState | None = None
    missing: MissingIssuer | None = None
    culprit: Certificate | None = None  # the certificate a break, expiry or purpose fault is about
    name: str | None = None  # the name looked for
    names_accepted: tuple[str, ...] = ()
    name_match: str | None = None  # "san", "cn_only", "ip_as_dns", "wildcard", "none"; None: not looked for
    purpose: str | None = None  # "ok", "lacks_server_auth", "lacks_client_auth"; None: not asked
    purpose_checked: bool = True
    revocation: str | None = None  # "good", "revoked", "stale"; None: no revocation list at hand
    revoked: Certificate | None = None  # the certificate that is revoked: the leaf, or a CA of its chain


@dataclass(frozen=True, slots=True)
class Deployment:
    """A site as it stands in the evidence."""

    customer: str
    site: str
    at: datetime
    domains: tuple[str, ...]
    nodes: Mapping[str, Node]
    connections: tuple[Connection, ...]
    unassigned: tuple[Document, ...] = ()  # evidence that belongs to no node yet
    conflicts: tuple[str, ...] = ()  # a field given in site.yml against one found in a file
    certificates: Mapping[str, tuple[Found, ...]] = field(default_factory=dict)  # all, by SHA-256

    def revocation_lists(self, verifier: Node, issuer_key: str) -> tuple[RevocationList, ...]:
        """Return the CRLs of an issuer that a node holds; where it holds none, all that the evidence has."""
        everywhere = (
            *(crl for node in self.nodes.values() for crl in node.revocation_lists),
            *(crl for document in self.unassigned for crl in document.revocation_lists),
        )
        own = tuple(crl for crl in verifier.revocation_lists if crl.issuer_key == issuer_key)
        return own or tuple(crl for crl in everywhere if crl.issuer_key == issuer_key)

"""The description of a site: the typed form of `site.yml` (certdoctor/site@1).

The store keeps sites in the same form, so that the app and the command line build one deployment from one
description.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

ROLES = (
    "expressway-c",
    "expressway-e",
    "cucm",
    "imp",
    "cuc",
    "cms",
    "client",
    "webex",
    "partner",
    "other",
)


@dataclass(frozen=True, slots=True)
class NodeDescription:
    """One node as described; paths are those of evidence documents (`Origin.path`)."""

    id: str
    role: str
    version: str | None = None
    names: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    cluster: str | None = None
    identities: Mapping[str, str] = field(default_factory=dict)  # slot -> document path
    trust: Mapping[str, str] = field(default_factory=dict)  # list name -> document path
    xconf: str | None = None
    csr: str | None = None
    crl: str | None = None
    phone_security_profiles: tuple[str, ...] = ()
    chat_aliases: tuple[str, ...] = ()
    federation_domains: tuple[str, ...] = ()
    logs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ConnectionDescription:
    """One connection as described; None means: as kb/connections and the configuration say."""

    id: str
    kind: str
    client: str
    server: str
    port: int | None = None
    name: str | None = None
    verify_name: str | None = None
    client_identity: str | None = None
    server_identity: str | None = None
    store: str | None = None


@dataclass(frozen=True, slots=True)
class SiteDescription:
    """A whole site as described."""

    customer: str = ""
    site: str = ""
    at: datetime | None = None
    domains: tuple[str, ...] = ()
    nodes: tuple[NodeDescription, ...] = ()
    connections: tuple[ConnectionDescription, ...] = ()
    symptoms: tuple[str, ...] = ()
    text: str = ""
    answers: Mapping[str, str] = field(default_factory=dict)
    source: str = ""  # the file it was read from
    assumed: tuple[tuple[str, str], ...] = ()  # files that nobody described: path, what each was taken as and why
    # Where what only other parts can judge stands in the file: "connections.c1.kind" -> line; see `place`.
    lines: Mapping[str, int] = field(default_factory=dict, compare=False)

    def place(self, key: str) -> str:
        """Return where `key` ("answers.change.last") stands, for an `Origin`."""
        return f"line {self.lines[key]}, {key}" if key in self.lines else key

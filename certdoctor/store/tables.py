"""The tables of the database.

Append-only are `answer`, `step`, `note`, `event`, `examination`, `finding`, `connection_verdict`, `renewal_tick` and
`kb_revision`: their rows are never changed, the last one of a kind wins. Every list that a screen shows has an index that serves it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.sql.operators import OperatorType
from sqlalchemy.types import TypeDecorator, TypeEngine

# The revision of migrations/ that these tables are; tests hold both together.
REVISION = "0003"


class Moment(TypeDecorator[datetime]):
    """An aware time, kept in UTC. SQLite knows no time zones, so they are taken off and put on again."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without its zone cannot be kept")
        return value.astimezone(UTC).replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


class Words(TypeDecorator[str]):
    """Text. File names that are not UTF-8 reach us with lone surrogates, which no database takes."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else storable(value)

    def coerce_compared_value(self, op: OperatorType | None, value: object) -> TypeEngine[Any]:
        return self


def storable(text: str) -> str:
    """Return text with lone surrogates written as \\udcXX."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


class Table(DeclarativeBase):
    """Every constraint has a name, so that a later migration can address it."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {
        datetime: Moment,
        str: Words,
        list[str]: JSON,
        dict[str, Any]: JSON,
    }


class Setting(Table):
    """What the program remembers about this database itself."""

    __tablename__ = "setting"

    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]


# --- customers and sites -------------------------------------------------------------------------------------


class Customer(Table):
    __tablename__ = "customer"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)


class Site(Table):
    __tablename__ = "site"
    __table_args__ = (UniqueConstraint("customer_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id", ondelete="RESTRICT"))
    name: Mapped[str]
    domains: Mapped[list[str]]
    created: Mapped[datetime]


class Node(Table):
    """One node as described; its documents are in `assignment`."""

    __tablename__ = "node"
    __table_args__ = (UniqueConstraint("site_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"))
    name: Mapped[str]  # the id that people give it
    role: Mapped[str]
    version: Mapped[str | None]
    names: Mapped[list[str]]
    addresses: Mapped[list[str]]
    cluster: Mapped[str | None]
    phone_security_profiles: Mapped[list[str]]
    chat_aliases: Mapped[list[str]]
    federation_domains: Mapped[list[str]]


class Connection(Table):
    """A connection that somebody described, in addition to those that are derived."""

    __tablename__ = "connection"
    __table_args__ = (UniqueConstraint("site_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case.id", ondelete="RESTRICT"), index=True)
    name: Mapped[str]  # its id in the description
    kind: Mapped[str]
    client: Mapped[str]
    server: Mapped[str]
    port: Mapped[int | None]
    looked_for: Mapped[str | None]
    verify_name: Mapped[str | None]
    client_identity: Mapped[str | None]
    server_identity: Mapped[str | None]
    store: Mapped[str | None]


# --- cases ---------------------------------------------------------------------------------------------------


class Case(Table):
    """One case. `at` is the time to judge at, where the description of the site gave one."""

    __tablename__ = "case"
    __table_args__ = (
        Index(None, "site_id", "state", "id"),
        Index(None, "opened", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id", ondelete="RESTRICT"))
    title: Mapped[str]
    state: Mapped[str] = mapped_column(String(8))
    opened: Mapped[datetime]
    closed: Mapped[datetime | None]
    outcome: Mapped[str]
    at: Mapped[datetime | None]
    verdict: Mapped[str]  # of the last examination
    text: Mapped[str]
    symptoms: Mapped[list[str]]


class Answer(Table):
    """A person's answer; no value means "don't know"."""

    __tablename__ = "answer"
    __table_args__ = (Index(None, "case_id", "fact", "subject", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id", ondelete="RESTRICT"))
    fact: Mapped[str]
    subject: Mapped[str]
    value: Mapped[str | None]
    who: Mapped[str]
    answered: Mapped[datetime]


class Note(Table):
    __tablename__ = "note"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id", ondelete="RESTRICT"), index=True)
    text: Mapped[str]
    who: Mapped[str]
    written: Mapped[datetime]


class Event(Table):
    """One line of the history, in words."""

    __tablename__ = "event"
    __table_args__ = (
        Index(None, "site_id", "id"),
        Index(None, "case_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id", ondelete="RESTRICT"))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case.id", ondelete="RESTRICT"))
    happened: Mapped[datetime]
    who: Mapped[str]
    kind: Mapped[str]
    text: Mapped[str]


# --- evidence ------------------------------------------------------------------------------------------------


class Blob(Table):
    """The bytes of documents, each content once. Private keys were dropped before."""

    __tablename__ = "blob"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)  # of the bytes before packing
    packed: Mapped[bytes] = mapped_column(LargeBinary)  # zlib: logs shrink to a tenth


class Evidence(Table):
    """One document. What reading the kept bytes again cannot tell (hash and size as given) stands beside them."""

    __tablename__ = "evidence"
    __table_args__ = (
        Index(None, "site_id", "current", "id"),
        Index(
            "uq_evidence_current_path",
            "site_id",
            "path",
            unique=True,
            sqlite_where=text("current = 1"),
            postgresql_where=text("current"),
        ),
        Index(None, "site_id", "path"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id", ondelete="RESTRICT"))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case.id", ondelete="RESTRICT"), index=True)
    path: Mapped[str]  # source!member
    source: Mapped[str]
    member: Mapped[str]
    kind: Mapped[str]
    form: Mapped[str]
    sha256: Mapped[str] = mapped_column(String(64))  # of the bytes as given
    size: Mapped[int]
    blob: Mapped[str] = mapped_column(ForeignKey("blob.sha256", ondelete="RESTRICT"), index=True)
    host: Mapped[str]
    taken: Mapped[str]
    slot: Mapped[str]  # what its name says it is
    needs_password: Mapped[bool]
    remarks: Mapped[list[str]]
    added: Mapped[datetime]
    current: Mapped[bool]  # False: a newer document took its place


class Assignment(Table):
    """A document serves a node in a slot. A slot has one current document, except that a node has many logs."""

    __tablename__ = "assignment"
    __table_args__ = (
        UniqueConstraint("evidence_id", "node_id", "slot"),
        Index(None, "node_id", "slot"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    evidence_id: Mapped[int] = mapped_column(ForeignKey("evidence.id", ondelete="CASCADE"))
    node_id: Mapped[int] = mapped_column(ForeignKey("node.id", ondelete="CASCADE"))
    slot: Mapped[str]
    current: Mapped[bool]


class Certificate(Table):
    """Each certificate once, with what a whole practice is asked by. `usages` is None without the extension."""

    __tablename__ = "certificate"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    der: Mapped[bytes] = mapped_column(LargeBinary)
    subject: Mapped[str] = mapped_column(index=True)
    issuer: Mapped[str] = mapped_column(index=True)
    label: Mapped[str]
    not_before: Mapped[datetime]
    not_after: Mapped[datetime] = mapped_column(index=True)
    usages: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))  # dotted OIDs
    is_ca: Mapped[bool]
    key_id: Mapped[str | None]
    issuer_key_id: Mapped[str | None]


class CertificateUse(Table):
    """A certificate stands in a document; in a document assigned to a trust slot it is a trust list entry."""

    __tablename__ = "certificate_use"

    evidence_id: Mapped[int] = mapped_column(ForeignKey("evidence.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)  # from 0, in the order of the document
    sha256: Mapped[str] = mapped_column(ForeignKey("certificate.sha256", ondelete="RESTRICT"), index=True)
    place: Mapped[str]


class Problem(Table):
    """An input that could not be read."""

    __tablename__ = "problem"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id", ondelete="RESTRICT"), index=True)
    source: Mapped[str]
    member: Mapped[str]
    place: Mapped[str]
    looks_like: Mapped[str]
    reason: Mapped[str]
    remedy: Mapped[str]
    added: Mapped[datetime]


# --- search --------------------------------------------------------------------------------------------------


class SearchEntry(Table):
    """What something is found by, folded (see `search.folded`); a full-text index follows this table by triggers."""

    __tablename__ = "search_entry"
    __table_args__ = (UniqueConstraint("kind", "ref"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]  # "site", "case", "certificate"
    ref: Mapped[str]  # the key of what is found
    words: Mapped[str]


# --- what is no longer there ---------------------------------------------------------------------------------


class Deletion(Table):
    """A record that something was deleted for good: how much, never what it was."""

    __tablename__ = "deletion"

    id: Mapped[int] = mapped_column(primary_key=True)
    happened: Mapped[datetime]
    who: Mapped[str]
    what: Mapped[str]


# --- examinations --------------------------------------------------------------------------------------------


class KbRevision(Table):
    """One text of the knowledge base exactly as it was given to somebody; the key is its content's hash."""

    __tablename__ = "kb_revision"

    hash: Mapped[str] = mapped_column(primary_key=True)
    object_id: Mapped[str]
    kind: Mapped[str]
    body: Mapped[dict[str, Any]]


class Examination(Table):
    __tablename__ = "examination"
    __table_args__ = (Index(None, "case_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id", ondelete="RESTRICT"))
    made: Mapped[datetime]
    at: Mapped[datetime]
    lang: Mapped[str] = mapped_column(String(8))
    verdict: Mapped[str]


class Finding(Table):
    """One finding with its texts as they were given, filled in."""

    __tablename__ = "finding"

    examination_id: Mapped[int] = mapped_column(ForeignKey("examination.id", ondelete="RESTRICT"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str]
    diagnosis: Mapped[str] = mapped_column(index=True)
    title: Mapped[str]
    summary: Mapped[str]
    severity: Mapped[str]
    strength: Mapped[str]
    rank: Mapped[int]
    under: Mapped[str]
    params: Mapped[dict[str, Any]]
    text_hash: Mapped[str] = mapped_column(ForeignKey("kb_revision.hash", ondelete="RESTRICT"), index=True)


class ConnectionVerdict(Table):
    """How one connection fared in one examination: what later evidence is held against."""

    __tablename__ = "connection_verdict"

    examination_id: Mapped[int] = mapped_column(ForeignKey("examination.id", ondelete="RESTRICT"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]  # the id of the connection
    kind: Mapped[str]
    client: Mapped[str]
    server: Mapped[str]
    server_verdict: Mapped[str]
    client_verdict: Mapped[str]


class Step(Table):
    """A fix or verify step ticked off, or unticked again."""

    __tablename__ = "step"
    __table_args__ = (Index(None, "case_id", "finding_key", "step", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id", ondelete="RESTRICT"))
    finding_key: Mapped[str]
    step: Mapped[str]
    done: Mapped[bool]
    who: Mapped[str]
    happened: Mapped[datetime]


# --- stopgaps and renewals -----------------------------------------------------------------------------------


class Stopgap(Table):
    """A step that weakens security was done; it stays open until its way back is done too."""

    __tablename__ = "stopgap"
    __table_args__ = (
        UniqueConstraint("case_id", "finding_key", "step"),
        Index(None, "reverted", "site_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id", ondelete="RESTRICT"))
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id", ondelete="RESTRICT"))
    finding_key: Mapped[str]
    step: Mapped[str]
    diagnosis: Mapped[str]
    params: Mapped[dict[str, Any]]  # what its texts are filled with
    who: Mapped[str]
    since: Mapped[datetime]
    reverted: Mapped[datetime | None]
    reverted_by: Mapped[str]


class Renewal(Table):
    """A renewal project of one site: what is to be renewed, the candidates, and the plan in waves as it was made."""

    __tablename__ = "renewal"
    __table_args__ = (Index(None, "site_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id", ondelete="RESTRICT"))
    title: Mapped[str]
    state: Mapped[str] = mapped_column(String(8))
    plan: Mapped[dict[str, Any]]
    who: Mapped[str]
    created: Mapped[datetime]
    closed: Mapped[datetime | None]


class RenewalTick(Table):
    """A step of a renewal ticked off, or unticked again."""

    __tablename__ = "renewal_tick"
    __table_args__ = (Index(None, "renewal_id", "step", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    renewal_id: Mapped[int] = mapped_column(ForeignKey("renewal.id", ondelete="RESTRICT"))
    step: Mapped[str]
    done: Mapped[bool]
    who: Mapped[str]
    happened: Mapped[datetime]

"""What the store hands out: frozen records, no rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from certdoctor.evidence.items import Certificate, Document
from certdoctor.evidence.site import NodeDescription


@dataclass(frozen=True, slots=True)
class SiteRecord:
    """One site of one customer, as the first screen lists it."""

    id: int
    customer: str
    name: str
    domains: tuple[str, ...] = ()
    open_cases: int = 0
    cases: int = 0
    last_event: datetime | None = None


@dataclass(frozen=True, slots=True)
class CaseRecord:
    """One case. `number` is what people say ("C-0042")."""

    id: int
    number: str
    site_id: int
    customer: str
    site: str
    title: str
    state: str  # "open" or "closed"
    opened: datetime
    closed: datetime | None
    verdict: str = ""  # of the last examination
    text: str = ""  # the symptom in the customer's words
    symptoms: tuple[str, ...] = ()
    at: datetime | None = None  # time to judge at, where the site's description gave one
    outcome: str = ""  # the sentence it was closed with


def case_number(case_id: int) -> str:
    """Return what people call a case: "C-0042"."""
    return f"C-{case_id:04d}"


@dataclass(frozen=True, slots=True)
class Hit:
    """Something that a search found."""

    kind: str  # "case" or "certificate"
    ref: str  # the case's id, the certificate's SHA-256
    title: str
    where: str  # customer and site; of a certificate, where it was seen last
    held: str  # what of it holds the words; of a certificate, the day it ends


@dataclass(frozen=True, slots=True)
class EvidenceRecord:
    """One document of a site's evidence."""

    id: int
    case_id: int | None
    path: str  # Origin.path
    kind: str
    form: str
    sha256: str
    size: int
    added: datetime
    certificates: tuple[str, ...]  # labels, leaf first
    node: str = ""  # node id it is assigned to
    slot: str = ""  # "identity:server", "trust:ca", "xconf", "xstat", "log", "csr", "crl"
    current: bool = True  # False: a newer document took its place
    remarks: tuple[str, ...] = ()
    also: tuple[tuple[str, str], ...] = ()  # further (node, slot): one file can serve several nodes


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A document as an examination needs it; reading the bytes under `blob` again gives the rest."""

    id: int
    blob: str
    document: Document  # without bytes and what was read from them
    assigned: tuple[tuple[str, str], ...]  # (node id, slot)


@dataclass(frozen=True, slots=True)
class ProblemRecord:
    """One input that could not be read."""

    path: str
    place: str
    looks_like: str
    reason: str
    remedy: str
    added: datetime


@dataclass(frozen=True, slots=True)
class AnswerRecord:
    """One answer of a person; a None value means "don't know"."""

    fact: str
    subject: str
    value: str | None
    answered: datetime


@dataclass(frozen=True, slots=True)
class FindingRecord:
    """One finding of a stored examination, with the texts as they were given."""

    key: str
    diagnosis: str
    title: str
    summary: str
    severity: str
    strength: str
    rank: int
    under: str
    text_hash: str
    params: Mapping[str, str] = field(default_factory=dict)
    subjects: tuple[str, ...] = ()  # what it is about, each side of its connections ("connection:c1/client")


@dataclass(frozen=True, slots=True)
class VerdictRecord:
    """How one connection fared in a stored examination."""

    connection: str
    kind: str
    client: str
    server: str
    server_verdict: str
    client_verdict: str


@dataclass(frozen=True, slots=True)
class ExaminationRecord:
    """One stored examination."""

    id: int
    case_id: int
    made: datetime
    at: datetime
    verdict: str
    findings: tuple[FindingRecord, ...]
    connections: tuple[VerdictRecord, ...] = ()


BACK = "/back"  # behind the id of a stopgap's step: its way back, ticked off like any other step


@dataclass(frozen=True, slots=True)
class StepRecord:
    """One fix or verify step that was ticked off (or unticked again)."""

    finding_key: str
    step: str
    done: bool
    who: str
    when: datetime


@dataclass(frozen=True, slots=True)
class StopgapRecord:
    """A step that weakens security and is in force: its way back is not done yet."""

    site_id: int
    case_id: int
    case_number: str
    customer: str
    site: str
    finding_key: str
    step: str
    diagnosis: str
    params: Mapping[str, str]
    who: str
    since: datetime


@dataclass(frozen=True, slots=True)
class RenewalTickRecord:
    """One step of a renewal that was ticked off (or unticked again)."""

    step: str
    done: bool
    who: str
    when: datetime


@dataclass(frozen=True, slots=True)
class RenewalRecord:
    """One renewal project. `plan` is what casework/renewal.py wrote; `number` what people say ("R-0007")."""

    id: int
    number: str
    site_id: int
    customer: str
    site: str
    title: str
    state: str  # "open" or "closed"
    plan: Mapping[str, Any]
    created: datetime
    closed: datetime | None
    ticks: tuple[RenewalTickRecord, ...] = ()  # the last state of each step


@dataclass(frozen=True, slots=True)
class NoteRecord:
    """One note."""

    text: str
    who: str
    when: datetime


@dataclass(frozen=True, slots=True)
class EventRecord:
    """One line of a site's timeline."""

    when: datetime
    who: str
    kind: str  # "case opened", "evidence added", "examined", "answered", "step done", "note", "case closed" ...
    text: str  # read after its kind: "case opened: Zone down"
    case_number: str = ""
    site: str = ""  # where events of several sites stand together


@dataclass(frozen=True, slots=True)
class Recurrence:
    """A case of the same site in which the same diagnosis was found."""

    case_id: int
    number: str
    title: str
    found: datetime  # first
    closed: datetime | None
    outcome: str  # the sentence it was closed with
    steps: tuple[str, ...]  # ticked off for that finding, in this order


@dataclass(frozen=True, slots=True)
class UseRecord:
    """One place where a certificate is used."""

    customer: str
    site: str
    node: str
    slot: str
    source: str
    current: bool = True  # False: the document was replaced by a newer one


@dataclass(frozen=True, slots=True)
class CertificateRecord:
    """One certificate, kept once by SHA-256, with every place it was seen at."""

    sha256: str
    subject: str
    issuer: str
    label: str
    not_before: datetime
    not_after: datetime
    der: bytes = field(repr=False, default=b"")
    uses: tuple[UseRecord, ...] = ()
    decoded: Certificate | None = field(repr=False, default=None)  # where one certificate is asked for


@dataclass(frozen=True, slots=True)
class SiteView:
    """Everything the site screen shows."""

    site: SiteRecord
    nodes: tuple[NodeDescription, ...]
    cases: tuple[CaseRecord, ...]
    events: tuple[EventRecord, ...]  # newest first
    certificates: tuple[CertificateRecord, ...]  # by expiry, soonest first


@dataclass(frozen=True, slots=True)
class CaseView:
    """Everything the case screen shows besides its examination."""

    case: CaseRecord
    nodes: tuple[NodeDescription, ...]
    evidence: tuple[EvidenceRecord, ...]
    problems: tuple[ProblemRecord, ...]
    answers: tuple[AnswerRecord, ...]
    examinations: tuple[ExaminationRecord, ...]  # newest first
    steps: tuple[StepRecord, ...]  # the last state of each step
    notes: tuple[NoteRecord, ...]


@dataclass(frozen=True, slots=True)
class FleetUse:
    """One certificate at one box now."""

    sha256: str
    label: str
    issuer: str
    not_before: datetime
    not_after: datetime
    usages: tuple[str, ...] | None  # dotted OIDs, None without the extension
    part: str  # "presented", "sent" (along with an identity), "trusted"
    slot: str
    node: str
    role: str
    site_id: int
    site: str
    customer: str


@dataclass(frozen=True, slots=True)
class FleetNode:
    """One box of a site."""

    node: str
    role: str
    version: str  # "" where it is unknown
    site_id: int
    site: str
    customer: str


@dataclass(frozen=True, slots=True)
class Month:
    """How many certificates end in a month ("2027-03")."""

    name: str
    presented: int
    trusted: int

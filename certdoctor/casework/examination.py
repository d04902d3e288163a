"""One examination: from evidence and a site description to findings with their texts filled in.

This is the record that the command line prints, the screens show and the store keeps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from certdoctor.deployment.changes import Change
from certdoctor.deployment.model import Deployment, Judgement
from certdoctor.evidence.items import Evidence
from certdoctor.evidence.site import SiteDescription
from certdoctor.facts.logs import Event
from certdoctor.facts.model import Fact, Facts
from certdoctor.reasoning.findings import Candidate, Question, Verdict


@dataclass(frozen=True, slots=True)
class ProofLine:
    """One premise of a finding in words: what is so, and where it was seen."""

    fact: str
    value: str
    text: str
    seen: tuple[str, ...]
    source: str  # observed, log, told


@dataclass(frozen=True, slots=True)
class FixLine:
    """One step of a fix, filled in."""

    id: str
    text: str
    role: str
    on: str
    risk: str
    interruption: str
    can_wait: bool
    where: str
    command: str
    artefact: str
    stopgap: bool
    way_back: str
    source: str


@dataclass(frozen=True, slots=True)
class VerifyLine:
    """One step that proves the cure."""

    id: str
    text: str
    where: str


@dataclass(frozen=True, slots=True)
class Treatable:
    """A finding in words, ready to be shown. Texts are in the language asked for."""

    key: str  # stable over examinations: diagnosis, subject and merge values
    diagnosis: str
    title: str
    summary: str
    cause: str
    note: str
    status: str  # confirmed, recalled (shown as unconfirmed), recorded
    rank: int
    strength: str
    severity: str
    subject_kind: str
    subject_id: str
    subject_side: str
    connections: tuple[str, ...]
    nodes: tuple[str, ...]
    params: Mapping[str, str]
    proof: tuple[ProofLine, ...]
    fix: tuple[FixLine, ...]
    verify: tuple[VerifyLine, ...]
    sources: tuple[str, ...]
    text_hash: str  # the exact text revision given
    under: str = ""  # diagnosis id of the cause, for a folded one


@dataclass(frozen=True, slots=True)
class ConnectionLine:
    """One connection with both verdicts."""

    id: str
    kind: str
    client: str
    server: str
    port: int | None
    name: str
    server_verdict: str
    client_verdict: str
    openssl: tuple[Mapping[str, object], ...]
    why: Mapping[str, str] = field(default_factory=dict)  # side -> why it is not checked or not required


@dataclass(frozen=True, slots=True)
class Unchecked:
    """Something that could not be judged, and why; `remedy` tells how to get what is missing."""

    what: str
    why: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class QuestionLine:
    """A question in words with its options (value, text); evidence that could be had has none."""

    id: str
    fact: str
    subject: str
    text: str
    how: str
    options: tuple[tuple[str, str], ...]
    gain: float
    cost: int
    evidence: bool = False


@dataclass(frozen=True, slots=True)
class Observed:
    """What the evidence shows by itself, before anybody is asked: whatever is answered, it stays as it is."""

    evidence: Evidence
    description: SiteDescription
    deployment: Deployment
    judgements: tuple[Judgement, ...]
    facts: tuple[Fact, ...]
    heard: tuple[Event, ...] = ()  # what logs and captures tell


@dataclass(frozen=True, slots=True)
class Examination:
    """The result of one examination."""

    verdict: Verdict
    at: datetime
    lang: str
    findings: tuple[Treatable, ...]
    folded: tuple[Treatable, ...]
    connections: tuple[ConnectionLine, ...]
    candidates: tuple[Candidate, ...]
    questions: tuple[QuestionLine, ...]
    unchecked: tuple[Unchecked, ...]
    evidence: Evidence
    deployment: Deployment
    judgements: tuple[Judgement, ...]
    facts: Facts
    next_questions: tuple[Question, ...] = ()
    disagreements: tuple[str, ...] = ()
    known_cas: Mapping[str, str] = field(default_factory=dict)  # fingerprint -> what is said of that CA certificate
    changes: tuple[Change, ...] = ()  # of each node, from snapshot to snapshot
    symptoms: tuple[str, ...] = ()  # all that were reported
    contradicted: tuple[tuple[ProofLine, ProofLine], ...] = ()  # what was observed against what a person said
    observed: Observed | None = None  # None where it was not made here

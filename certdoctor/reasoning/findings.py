"""What reasoning concludes: frozen records for everything above it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from certdoctor.facts.model import Fact, Subject, SubjectKind


class Verdict(StrEnum):
    """The answer to an examination."""

    CAUSE_FOUND = "cause_found"
    DIFFERENTIAL = "differential"
    HEALTHY = "healthy"
    NOT_CHECKED = "not_checked"


@dataclass(frozen=True, slots=True)
class Conclusion:
    """One rule that fired for one subject, with its proof: the facts that made each premise true."""

    rule: str
    diagnosis: str
    strength: str
    subject: Subject
    bindings: Mapping[str, str]
    proof: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """A diagnosis with its subject, strength, filled placeholders and proof."""

    diagnosis: str
    subject: Subject
    strength: str
    severity: str
    params: Mapping[str, str]
    proof: tuple[Fact, ...]
    rules: tuple[str, ...]
    connections: tuple[str, ...] = ()  # ids of all connections it hits
    nodes: tuple[str, ...] = ()  # ids of the nodes that must act, the first is where the fix is done
    told: bool = False  # rests on an answer of a person

    @property
    def hits(self) -> frozenset[tuple[str, str]]:
        """The (connection, side) that it hits; what is not about one side hits both."""
        sides = (self.subject.side,) if self.subject.kind == SubjectKind.CONNECTION else ("server", "client")
        return frozenset((connection, side) for connection in self.connections for side in sides)


@dataclass(frozen=True, slots=True)
class Folded:
    """A finding that another one explains."""

    finding: Finding
    under: str  # diagnosis id of the cause


@dataclass(frozen=True, slots=True)
class Candidate:
    """A diagnosis in the ranking, in decibans, with what moved it: (what, decibans)."""

    diagnosis: str
    score: int
    probability: float
    concluded: bool
    reasons: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """A question worth asking now. `gain` is in bits; `split` says per answer what each candidate becomes."""

    id: str
    fact: str
    subject: Subject
    gain: float
    cost: int  # seconds
    split: Mapping[str, tuple[tuple[str, float], ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reasoned:
    """Everything that reasoning says about one set of facts."""

    findings: tuple[Finding, ...]
    folded: tuple[Folded, ...]
    candidates: tuple[Candidate, ...]
    questions: tuple[Question, ...]
    disagreements: tuple[str, ...] = ()  # engine against proof: errors, reported, never a silent choice
    notices: tuple[str, ...] = ()  # what the user must know about how this was concluded
    unlisted: float = 0.0  # probability that it is nothing that the knowledge base has

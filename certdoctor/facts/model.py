"""Facts: observations in a closed vocabulary about one subject."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from enum import StrEnum


class SubjectKind(StrEnum):
    """What a fact can be about."""

    FILE = "file"
    CERTIFICATE = "certificate"
    LIST = "list"
    NODE = "node"
    CLUSTER = "cluster"
    CONNECTION = "connection"  # one side of one connection: `side` says whose certificate is judged
    SITE = "site"


@dataclass(frozen=True, slots=True, order=True)
class Subject:
    """The thing a fact is about."""

    kind: SubjectKind
    id: str
    side: str = ""  # "server" or "client" for connections

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}" + (f"/{self.side}" if self.side else "")


class FactSource(StrEnum):
    """Who supplied a fact. An answer given by a person is never decisive on its own."""

    OBSERVED = "observed"  # read from files or a probe
    LOG = "log"  # a log line says so
    TOLD = "told"  # a person answered


@dataclass(frozen=True, slots=True)
class Fact:
    """`id` has `value` for `subject`. Only facts that are known exist; what is unknown is simply absent.

    `bindings` holds the texts (names, files, CAs) that fill placeholders; they never enter the rule engine.
    """

    id: str
    subject: Subject
    value: str
    source: FactSource = FactSource.OBSERVED
    bindings: Mapping[str, str] = field(default_factory=dict)
    seen: tuple[str, ...] = ()  # where: "trust/expc1.pem, block 2"


class Facts:
    """An immutable set of facts, one value per (fact, subject).

    Where observation and answer disagree, the observation holds and the answer is kept in `contradicted`.
    """

    def __init__(self, facts: Iterable[Fact] = ()) -> None:
        self._by_subject: dict[Subject, dict[str, Fact]] = {}
        contradicted: list[tuple[Fact, Fact]] = []
        order = {FactSource.OBSERVED: 0, FactSource.LOG: 1, FactSource.TOLD: 2}
        for fact in facts:
            held = self._by_subject.setdefault(fact.subject, {})
            other = held.get(fact.id)
            if other is None:
                held[fact.id] = fact
            elif order[fact.source] < order[other.source]:
                held[fact.id] = fact
                if fact.value != other.value:
                    contradicted.append((fact, other))
            elif fact.value != other.value:
                contradicted.append((other, fact))
        self.contradicted = tuple(contradicted)
        self._subjects = tuple(sorted(self._by_subject, key=lambda s: (s.kind.value, s.id, s.side)))
        self._values: dict[tuple[SubjectKind, str], set[str]] | None = None

    def __iter__(self) -> Iterator[Fact]:
        for subject in self._subjects:
            held = self._by_subject[subject]
            for key in sorted(held):
                yield held[key]

    def __len__(self) -> int:
        return sum(len(held) for held in self._by_subject.values())

    def subjects(self, kind: SubjectKind | None = None) -> tuple[Subject, ...]:
        """Return all subjects, or those of one kind, in a stable order."""
        return tuple(s for s in self._subjects if kind is None or s.kind == kind)

    def about(self, subject: Subject) -> Mapping[str, Fact]:
        """Return the known facts of one subject by fact id."""
        return self._by_subject.get(subject, {})

    def get(self, subject: Subject, fact: str) -> Fact | None:
        """Return one fact, or None if it is unknown."""
        return self._by_subject.get(subject, {}).get(fact)

    def values(self, kind: SubjectKind, fact: str) -> AbstractSet[str]:
        """Return all values that a fact has for any subject of a kind; none where it is unknown of all."""
        if self._values is None:
            self._values = {}
            for subject, held in self._by_subject.items():
                for known in held.values():
                    self._values.setdefault((subject.kind, known.id), set()).add(known.value)
        return self._values.get((kind, fact), frozenset())

    def plus(self, facts: Iterable[Fact]) -> Facts:
        """Return these facts and more."""
        return Facts([*self, *facts])

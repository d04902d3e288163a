"""Facts and a stand-in for the engine, for tests of reasoning."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from certdoctor.facts.model import Fact, Facts, FactSource, Subject, SubjectKind
from certdoctor.knowledge.model import Knowledge
from certdoctor.reasoning.engine import Engine
from certdoctor.reasoning.prove import Rulebook

SITE = Subject(SubjectKind.SITE, "site")


def side(connection: str, which: str = "server") -> Subject:
    """Return one side of a connection."""
    return Subject(SubjectKind.CONNECTION, connection, which)


def node(name: str) -> Subject:
    """Return a node."""
    return Subject(SubjectKind.NODE, name)


def facts(
    *about: tuple[Subject, Mapping[str, str]],
    bindings: Mapping[str, str] | None = None,
    source: FactSource = FactSource.OBSERVED,
) -> list[Fact]:
    """Return facts (subject, fact -> value) that all carry the same bindings."""
    return [
        Fact(key, subject, value, source, bindings or {}, (f"{key} of {subject}",))
        for subject, values in about
        for key, value in values.items()
    ]


class Plain(Engine):
    """An engine that concludes what is proven, without a worker; or fails as told."""

    def __init__(
        self,
        knowledge: Knowledge,
        failure: Exception | None = None,
        also: Iterable[tuple[Subject, str]] = (),
        without: Iterable[tuple[Subject, str]] = (),
    ) -> None:
        super().__init__(knowledge)
        self._rulebook = Rulebook.of(knowledge)
        self._failure = failure
        self._also = set(also)
        self._without = set(without)

    def start(self) -> None:
        """No worker."""

    def conclude(self, facts: Facts) -> dict[Subject, frozenset[str]]:
        """Return what is proven, changed as the test wants it."""
        if self._failure is not None:
            raise self._failure
        fired: dict[Subject, frozenset[str]] = {}
        for subject in facts.subjects():
            values = {key: fact.value for key, fact in facts.about(subject).items()}
            rules = {rule.id for rule in self._rulebook.true(subject.kind.value, values)}
            rules |= {rule for of, rule in self._also if of == subject}
            rules -= {rule for of, rule in self._without if of == subject}
            fired[subject] = frozenset(rules)
        return fired

"""Runs cases through both the engine and the plain evaluator, for the check of the knowledge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import TracebackType

from certdoctor.knowledge.check import Ran
from certdoctor.knowledge.model import Knowledge
from certdoctor.reasoning.engine import Engine
from certdoctor.reasoning.prove import Rulebook

_BATCH = 250  # cases that the engine answers at a time: each answer stays far within its time on a busy machine


class Trial:
    """A runner of cases; one engine per state of the knowledge."""

    def __init__(self) -> None:
        self._engine: Engine | None = None
        self._knowledge: Knowledge | None = None

    def __enter__(self) -> Trial:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def __call__(self, knowledge: Knowledge, cases: Sequence[tuple[str, Mapping[str, str]]]) -> list[Ran]:
        """Return for each case (about, fact -> value) the rules that engine and proof say fire.

        Raises:
            CertdoctorError: the engine cannot be loaded or fails.
            ValueError: a rule is beyond the engine's bounds.
        """
        if self._engine is None or self._knowledge is not knowledge:
            self._end()
            self._engine, self._knowledge = Engine(knowledge), knowledge
        rulebook = Rulebook.of(knowledge)
        proven = [frozenset(rule.id for rule in rulebook.true(about, values)) for about, values in cases]
        fired: list[frozenset[str]] = [frozenset()] * len(cases)
        for kind in sorted({about for about, _ in cases}):
            places = [place for place, (about, _) in enumerate(cases) if about == kind]
            for start in range(0, len(places), _BATCH):
                batch = places[start : start + _BATCH]
                answers = self._engine.fire(kind, [cases[place][1] for place in batch])
                for place, answer in zip(batch, answers, strict=True):
                    fired[place] = answer
        return [Ran(engine, proof) for engine, proof in zip(fired, proven, strict=True)]

    def _end(self) -> None:
        if self._engine is not None:
            self._engine.close()
            self._engine = self._knowledge = None

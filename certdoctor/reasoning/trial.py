"""Runs cases through both the engine and the plain evaluator, for the check of the knowledge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from types import TracebackType

from certdoctor.knowledge.check import Ran
from certdoctor.knowledge.model import Knowledge
from certdoctor.reasoning.engine import Engine
from certdoctor.reasoning.prove import Rulebook

_AT_ONCE = 250  # cases in one question to an engine, which has a limited time for its answer
_ENGINES = 2  # where there are that many questions

Values = Mapping[str, str]


class Trial:
    """A runner of cases; its engines serve one state of the knowledge."""

    def __init__(self) -> None:
        self._engines: list[Engine] = []
        self._knowledge: Knowledge | None = None

    def __enter__(self) -> Trial:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def __call__(self, knowledge: Knowledge, cases: Sequence[tuple[str, Values]]) -> list[Ran]:
        """Return for each case (about, fact -> value) the rules that engine and proof say fire.

        Raises:
            CertdoctorError: the engine cannot be loaded or fails.
            ValueError: a rule is beyond the engine's bounds.
        """
        if self._knowledge is not knowledge:
            self._end()
            self._knowledge = knowledge
        questions = [
            (about, places[start : start + _AT_ONCE])
            for about, places in _by_kind(cases).items()
            for start in range(0, len(places), _AT_ONCE)
        ]
        self._start(knowledge, min(_ENGINES, len(questions)))
        free: SimpleQueue[Engine] = SimpleQueue()
        for engine in self._engines:
            free.put(engine)

        def ask(question: tuple[str, list[int]]) -> tuple[list[frozenset[str]], list[frozenset[str]]]:
            about, places = question
            engine = free.get()
            try:
                sets = [cases[place][1] for place in places]
                return engine.fire(about, sets), engine.fire(about, sets, backwards=True)
            finally:
                free.put(engine)

        with ThreadPoolExecutor(max(len(self._engines), 1)) as threads:
            answers = threads.map(ask, questions)
            rulebook = Rulebook.of(knowledge)
            proven = [frozenset(rule.id for rule in rulebook.true(about, values)) for about, values in cases]
            ran: list[Ran] = [Ran(frozenset(), proof) for proof in proven]
            for (_about, places), (fired, backwards) in zip(questions, answers, strict=True):
                for place, engine_says, again in zip(places, fired, backwards, strict=True):
                    ran[place] = Ran(engine_says, proven[place], again)
        return ran

    def _start(self, knowledge: Knowledge, count: int) -> None:
        while len(self._engines) < count:
            engine = Engine(knowledge)
            engine.start()
            self._engines.append(engine)

    def _end(self) -> None:
        for engine in self._engines:
            engine.close()
        self._engines, self._knowledge = [], None


def _by_kind(cases: Sequence[tuple[str, Values]]) -> Mapping[str, list[int]]:
    """Return the places of the cases by kind, equal ones side by side: an engine is asked once for all of them."""
    places: dict[str, list[int]] = {}
    for place in sorted(range(len(cases)), key=lambda place: sorted(cases[place][1].items())):
        places.setdefault(cases[place][0], []).append(place)
    return places

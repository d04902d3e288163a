"""A consultation without a database: evidence, a symptom, and questions until it is known or nothing helps any more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from certdoctor.casework.examination import Examination, QuestionLine
from certdoctor.casework.examine import examine
from certdoctor.evidence.items import Evidence
from certdoctor.evidence.site import SiteDescription
from certdoctor.knowledge.model import Knowledge
from certdoctor.reasoning.engine import Engine


@dataclass(frozen=True, slots=True)
class Given:
    """One answer; `value` is None for "don't know"."""

    question: QuestionLine
    value: str | None


@dataclass(frozen=True, slots=True)
class Leaning:
    """What one answer would make of the leading diagnoses: (diagnosis, title, probability), best first."""

    option: str
    leading: tuple[tuple[str, str, float], ...]


class Consultation:
    """Examines again after every answer; nothing is kept but the answers, so that each can be taken back.

    Args:
        evidence: everything that was read.
        description: nodes, connections, symptoms and answers as described.
        knowledge: rules, questions and texts.
        engine: the rule engine's worker.
        now: the present time, aware.
        at: judge as of this time; default: the description's, else now.
        lang: language of the texts.
    """

    def __init__(
        self,
        evidence: Evidence,
        description: SiteDescription,
        knowledge: Knowledge,
        engine: Engine,
        *,
        now: datetime,
        at: datetime | None,
        lang: str,
    ) -> None:
        self._evidence, self._description = evidence, description
        self._knowledge, self._engine = knowledge, engine
        self._now, self._at, self._lang = now, at, lang
        self._symptoms: tuple[str, ...] = ()
        self._given: tuple[Given, ...] = ()
        self.examination = self._examined()

    @property
    def given(self) -> tuple[Given, ...]:
        """The answers so far, in their order."""
        return self._given

    @property
    def question(self) -> QuestionLine | None:
        """The question that tells most for its cost; None where nothing is worth asking."""
        return self.examination.questions[0] if self.examination.questions else None

    def complain(self, symptoms: Sequence[str]) -> None:
        """Set the reported symptoms, besides those of the description."""
        self._symptoms = tuple(symptoms)
        self.examination = self._examined()

    def answer(self, question: QuestionLine, value: str | None) -> None:
        """Answer a question; None means that the user does not know."""
        self._given = (*self._given, Given(question, value))
        self.examination = self._examined()

    def undo(self) -> QuestionLine | None:
        """Take the last answer back and return its question; None where there is none."""
        if not self._given:
            return None
        *before, last = self._given
        self._given = tuple(before)
        self.examination = self._examined()
        return last.question

    def why(self, question: QuestionLine) -> tuple[Leaning, ...]:
        """Return which diagnoses each answer to an open question would bring forward, and how far."""
        split = next(
            (q.split for q in self.examination.next_questions
             if (q.fact, str(q.subject)) == (question.fact, question.subject)),
            {},
        )  # fmt: skip
        return tuple(
            Leaning(
                label,
                tuple(
                    (key, self._knowledge.diagnoses[key].text(self._lang).title, chance)
                    for key, chance in split.get(value, ())
                ),
            )
            for value, label in question.options
        )

    def _examined(self) -> Examination:
        return examine(
            self._evidence,
            self._description,
            self._knowledge,
            self._engine,
            now=self._now,
            at=self._at,
            lang=self._lang,
            answers=[(g.question.fact, g.question.subject, g.value) for g in self._given if g.value is not None],
            symptoms=self._symptoms,
            declined=[(g.question.fact, g.question.subject) for g in self._given if g.value is None],
        )

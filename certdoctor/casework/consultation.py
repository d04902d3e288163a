"""A consultation without a database: evidence, a symptom, and questions until it is known or nothing helps any more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from certdoctor.casework import accounts
from certdoctor.casework.accounts import AccountLines, Leaning, Supposed
from certdoctor.casework.examination import Examination, QuestionLine
from certdoctor.casework.examine import conclude, observe_site
from certdoctor.evidence.items import Evidence
from certdoctor.evidence.site import SiteDescription
from certdoctor.knowledge.model import Knowledge
from certdoctor.reasoning.engine import Engine


@dataclass(frozen=True, slots=True)
class Given:
    """One answer; `value` is None for "don't know", or for evidence that cannot be had."""

    question: QuestionLine
    value: str | None


class Consultation:
    """Concludes again after every answer; nothing is kept but the answers, so that each can be changed or taken back.

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
        self._knowledge, self._engine = knowledge, engine
        self._now, self._at, self._lang = now, at, lang
        self._symptoms: tuple[str, ...] = ()
        self._given: tuple[Given, ...] = ()
        self.look(evidence, description)

    @property
    def given(self) -> tuple[Given, ...]:
        """The answers so far, in their order."""
        return self._given

    @property
    def question(self) -> QuestionLine | None:
        """The question that tells most for its cost; None where nothing is worth asking."""
        return self.examination.questions[0] if self.examination.questions else None

    def look(self, evidence: Evidence, description: SiteDescription) -> None:
        """Take this evidence instead of what there was; the answers stay."""
        self._observed = observe_site(evidence, description, self._knowledge, now=self._now, at=self._at)
        self._conclude()

    def complain(self, symptoms: Sequence[str]) -> None:
        """Set the reported symptoms, besides those of the description."""
        self._symptoms = tuple(symptoms)
        self._conclude()

    def answer(self, question: QuestionLine, value: str | None) -> None:
        """Answer a question, or change its answer; None means that the user does not know."""
        given = Given(question, value)
        places = [n for n, each in enumerate(self._given) if _same(each.question, question)]
        if places:
            self._given = (*self._given[: places[0]], given, *self._given[places[0] + 1 :])
        else:
            self._given = (*self._given, given)
        self._conclude()

    def undo(self) -> QuestionLine | None:
        """Take the last answer back and return its question; None where there is none."""
        if not self._given:
            return None
        *before, last = self._given
        self._given = tuple(before)
        self._conclude()
        return last.question

    def why(self, question: QuestionLine) -> tuple[Leaning, ...]:
        """Return which diagnoses each answer to an open question would bring forward, and how far."""
        return accounts.why(self.examination, question, self._knowledge)

    def how(self, diagnosis: str) -> AccountLines:
        """Return how a diagnosis stands; see `accounts.how`."""
        return accounts.how(self.examination, diagnosis, self._knowledge)

    def suppose(self, question: QuestionLine) -> tuple[Supposed, ...]:
        """Return where each answer to a question would lead, all others as they are."""
        return accounts.suppose(
            self.examination,
            question,
            self._knowledge,
            self._engine,
            answers=self._answers,
            unknown=self._unknown,
            symptoms=self._symptoms,
        )

    @property
    def _answers(self) -> list[tuple[str, str, str]]:
        return [(g.question.fact, g.question.subject, g.value) for g in self._given if g.value is not None]

    @property
    def _unknown(self) -> list[tuple[str, str]]:
        return [(g.question.fact, g.question.subject) for g in self._given if g.value is None]

    def _conclude(self) -> None:
        self.examination: Examination = conclude(
            self._observed,
            self._knowledge,
            self._engine,
            lang=self._lang,
            answers=self._answers,
            symptoms=self._symptoms,
            declined=self._unknown,
        )


def _same(one: QuestionLine, other: QuestionLine) -> bool:
    return (one.fact, one.subject) == (other.fact, other.subject)

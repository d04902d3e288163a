"""What screens take straight from the knowledge: articles, titles of sources, questions answered before.

Called in job threads only: loading takes a moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from certdoctor.language import _

if TYPE_CHECKING:
    from certdoctor.casework.accounts import Leaning
    from certdoctor.casework.examination import Examination, QuestionLine
    from certdoctor.knowledge.articles import DiagnosisArticle, FailureMode
    from certdoctor.knowledge.forms import Text
    from certdoctor.knowledge.model import Knowledge

_RANKED = 12


@dataclass(frozen=True, slots=True)
class Article:
    """One entry of the glossary."""

    id: str
    term: str
    text: str
    see: tuple[str, ...]
    sources: tuple[str, ...]


def _knowledge() -> Knowledge:
    from certdoctor.knowledge.load import shipped

    return shipped()


def _say(text: Text, lang: str) -> str:
    return next((words for key, words in text.items() if key == lang), "") or text.get("en", "")


def articles(lang: str) -> tuple[Article, ...]:
    """Return the glossary in one language, by term."""
    knowledge = _knowledge()
    found = [
        Article(id_, _say(entry.term, lang), _say(entry.text, lang), tuple(entry.see), tuple(entry.sources))
        for id_, entry in knowledge.glossary.items()
    ]
    return tuple(sorted(found, key=lambda article: article.term.casefold()))


def failure_modes(lang: str) -> tuple[FailureMode, ...]:
    """Return all failure modes, by id."""
    from certdoctor.knowledge.articles import failure_modes as modes

    return modes(_knowledge(), lang)


def found_modes(modes: tuple[FailureMode, ...], words: str) -> tuple[FailureMode, ...]:
    """Return those that hold all words; all of them for no word. May be called on each keystroke."""
    if not words.strip():
        return modes
    from certdoctor.knowledge.articles import searched

    return searched(modes, words)


def article(diagnosis: str, lang: str) -> DiagnosisArticle | None:
    """Return the article of a diagnosis, None where the knowledge has none of this id (any more)."""
    from certdoctor import resources
    from certdoctor.knowledge import articles as held

    knowledge = _knowledge()
    if diagnosis not in knowledge.diagnoses:
        return None
    return held.article(diagnosis, knowledge, resources.folder("rules"), lang)


def source_titles(ids: Iterable[str]) -> Mapping[str, str]:
    """Return the titles of sources by id; an id that is not known stands for itself."""
    sources = _knowledge().sources
    out = {}
    for id_ in ids:
        form = sources.get(id_)
        out[id_] = ", ".join(part for part in (form.title, form.date) if part) if form else id_
    return out


@dataclass(frozen=True, slots=True)
class Told:
    """One diagnosis of the ranking: how it was reached and why not, as lines with their indent."""

    diagnosis: str
    reached: tuple[tuple[int, str], ...]
    against: tuple[tuple[int, str], ...]


def why(examination: Examination, question: QuestionLine) -> tuple[Leaning, ...]:
    """Return which diagnoses each answer to an open question would bring forward."""
    from certdoctor.casework.accounts import why

    return why(examination, question, _knowledge())


def accounts(examination: Examination) -> tuple[Told, ...]:
    """Return how each finding and the first of the ranking were reached, and what speaks against each."""
    from certdoctor.casework.accounts import account_lines, how, leading

    knowledge = _knowledge()
    told = [how(examination, key, knowledge) for key in leading(examination)[:_RANKED] if key in knowledge.diagnoses]
    return tuple(
        Told(each.diagnosis, tuple(account_lines(each, against=False)), tuple(account_lines(each, against=True)))
        for each in told
    )


def request(examination: Examination) -> str:
    """Return the page that asks for the evidence that is still wanted."""
    from certdoctor.casework.request import page_of

    return page_of(examination, markdown=False)


def questions(asked: Iterable[tuple[str, str]], lang: str) -> tuple[QuestionLine, ...]:
    """Return the questions that ask for these (fact, subject) pairs, so that an old answer can be changed."""
    from certdoctor.casework.examination import QuestionLine

    forms = {form.fact: (id_, form) for id_, form in _knowledge().questions.items()}
    out = []
    for fact, subject in asked:
        if fact.startswith("evidence."):
            text = _("Can you get the evidence that is wanted from {node}?").format(node=subject.partition(":")[2])
            out.append(QuestionLine(fact, fact, subject, text, "", (), gain=0.0, cost=300, evidence=True))
        if fact in forms:
            id_, form = forms[fact]
            options = tuple((value, _say(text, lang)) for value, text in form.options.items())
            out.append(
                QuestionLine(
                    id_, fact, subject, _say(form.text, lang), _say(form.how, lang), options, gain=0.0, cost=form.cost
                )
            )
    return tuple(out)

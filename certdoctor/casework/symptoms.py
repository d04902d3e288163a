"""The symptoms that fit what somebody says or pastes: by its words, and by what log lines in it tell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from certdoctor.evidence.read import read_text
from certdoctor.facts.logs import Signatures
from certdoctor.facts.messages import PREFIX
from certdoctor.knowledge.forms import Premise
from certdoctor.knowledge.model import Knowledge
from certdoctor.knowledge.symptom_search import Match, everything, search

_LOG_FACTS = ("log.refusal", "log.trouble")


def fitting(text: str, knowledge: Knowledge, lang: str = "en", limit: int = 8) -> tuple[Match, ...]:
    """Return the symptoms that fit `text` best, best first; all of them, by category, for an empty text.

    A log line that a signature knows speaks louder than its words: first come the symptoms of the diagnoses that rules
    reach from it, those first that the words name too.

    Args:
        text: what the user or the customer wrote, or log lines.
        knowledge: whose symptoms and signatures.
        lang: language of the titles that are returned.
        limit: at most so many, unless the text is empty.
    """
    worded = search(text, knowledge, lang, limit=len(knowledge.symptoms))
    told = set(_told(text, knowledge))
    if not told or not text.strip():
        return worded if not text.strip() else worded[:limit]
    reached = {
        rule.diagnosis for rule in knowledge.rules.values() if any(_reads(premise, told) for premise in rule.when)
    }
    by_words = {match.symptom: match.score for match in worded}
    by_log = {key: _share(knowledge.symptoms[key].candidates, reached) for key in knowledge.symptoms}
    scores = {key: (2 * by_log[key] + by_words.get(key, 0.0)) / 3 for key in by_log if by_log[key]}
    found = [replace(match, score=round(scores[match.symptom], 4)) for match in everything(knowledge, lang)
             if match.symptom in scores]  # fmt: skip
    return tuple(sorted(found, key=lambda match: (-match.score, match.symptom))[:limit])


def _share(candidates: list[str], reached: set[str]) -> float:
    """Return how near the front of a symptom's candidates (1) a diagnosis stands that the log line leads to."""
    places = [place for place, diagnosis in enumerate(candidates) if diagnosis in reached]
    return 1 - places[0] / len(candidates) if places else 0.0


def _reads(premise: Premise, told: set[str]) -> bool:
    """Say whether a premise can be true by one of these words of log lines."""
    if premise.fact.startswith(PREFIX):
        return premise.fact.removeprefix(PREFIX) in told
    return premise.fact in _LOG_FACTS and not told.isdisjoint(premise.values)


def _told(text: str, knowledge: Knowledge) -> Iterator[str]:
    if knowledge.reasons is None:
        return
    signatures = Signatures(knowledge.signatures, knowledge.reasons)
    for document in read_text(text, "text").documents:
        for event in signatures.events("", document):
            yield event.reason

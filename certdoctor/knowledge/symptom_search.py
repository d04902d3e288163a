"""Finds the symptoms that fit a text in the user's own words, in either language.

The text and every title and alias are folded to plain tokens. A token matches another one when it is equal, part of
it (German compounds) or has many letter triples in common (typing errors); rare tokens count more. What comes out
is a list to pick from, never a decision.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from math import log

from certdoctor.knowledge.forms import LANGUAGES, Lang
from certdoctor.knowledge.model import Knowledge

_TEXT_CHARACTERS = 2_000
_TEXT_TOKENS = 60
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_TOKEN = re.compile(r"[a-z0-9]+")
_LITTLE_WORDS = (
    "a an and are as at be by can do does for from has have in is it its not of on or our s t that the their there "
    "this to was we when with you "
    "aber am an auf aus bei beim das dass dem den der des die ein eine einem einen einer es fuer hat haben ich im in "
    "ist kann mehr mit nach nicht noch nur oder seit sich sie sind und uns unser unsere vom von vor war wenn wer wie "
    "wir wird zu zum zur"
)
_STOP = frozenset(_LITTLE_WORDS.split())
_PART_LETTERS = 4  # shorter parts of compounds say nothing
_PART = 0.75
_ALIKE = 0.5
_WORTH = 0.08


@dataclass(frozen=True, slots=True)
class Match:
    """A symptom that fits, with how well (0 to 1)."""

    symptom: str
    title: str
    category: str
    score: float


def search(text: str, knowledge: Knowledge, lang: str = "en", limit: int = 8) -> tuple[Match, ...]:
    """Return the symptoms that fit `text` best, best first; all of them, by category, for an empty text.

    Args:
        text: what the user or the customer wrote, in any of the languages.
        knowledge: whose symptoms.
        lang: language of the titles that are returned.
        limit: at most so many, unless the text is empty.
    """
    tokens = _tokens(text[:_TEXT_CHARACTERS])[:_TEXT_TOKENS]
    if not tokens:
        if text.strip():
            return ()
        everything = [_match(key, knowledge, lang, 0.0) for key in knowledge.symptoms]
        return tuple(sorted(everything, key=lambda m: (m.category, m.title, m.symptom)))
    scores = _index(knowledge).scores(tokens)
    best = sorted(scores, key=lambda key: (-scores[key], key))
    return tuple(_match(key, knowledge, lang, scores[key]) for key in best[:limit] if scores[key] >= _WORTH)


def fold(text: str) -> str:
    """Return text in lower case without accents; umlauts become ae, oe, ue, ss."""
    plain = unicodedata.normalize("NFKC", text).lower().translate(_UMLAUTS)
    return "".join(c for c in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(c))


def _tokens(text: str) -> list[str]:
    found = dict.fromkeys(_TOKEN.findall(fold(text)))
    return [token for token in found if token not in _STOP] or list(found)


def _match(key: str, knowledge: Knowledge, lang: str, score: float) -> Match:
    symptom = knowledge.symptoms[key]
    shown: Lang = next((known for known in LANGUAGES if known == lang), "en")
    text = symptom.text.get(shown) or next(iter(symptom.text.values()))
    return Match(key, text.title, symptom.category, round(score, 4))


def _triples(token: str) -> Counter[str]:
    padded = f" {token} "
    return Counter(padded[i : i + 3] for i in range(len(padded) - 2))


class _Index:
    """All phrases of all symptoms, as tokens."""

    def __init__(self, phrases: Iterable[tuple[str, str]]) -> None:
        self._phrases: list[tuple[str, tuple[str, ...]]] = []
        self._of_token: dict[str, set[str]] = {}
        for symptom, phrase in phrases:
            tokens = tuple(_tokens(phrase))
            self._phrases.append((symptom, tokens))
            for token in tokens:
                self._of_token.setdefault(token, set()).add(symptom)
        symptoms = len({symptom for symptom, _ in self._phrases})
        self._rarity = {t: log(1 + symptoms / len(of)) for t, of in self._of_token.items()}
        self._unknown = log(1 + symptoms)
        self._size = {token: sum(_triples(token).values()) for token in self._of_token}
        self._by_triple: dict[str, list[tuple[str, int]]] = {}
        for token in sorted(self._of_token):
            for triple, times in _triples(token).items():
                self._by_triple.setdefault(triple, []).append((token, times))

    def scores(self, asked: list[str]) -> dict[str, float]:
        """Return how well each symptom fits: half how much of the text it covers, half of its best phrase."""
        alike = {token: self._alike(token) for token in asked}
        best_for: dict[str, float] = {}  # known token -> how well the text has it
        covered: dict[str, float] = {}
        total = 0.0
        for near in alike.values():
            total += max((self._rarity[known] for known in near), default=self._unknown)
            share: dict[str, float] = {}
            for known, likeness in near.items():
                best_for[known] = max(best_for.get(known, 0.0), likeness)
                for symptom in self._of_token[known]:
                    share[symptom] = max(share.get(symptom, 0.0), likeness * self._rarity[known])
            for symptom, part in share.items():
                covered[symptom] = covered.get(symptom, 0.0) + part
        phrase: dict[str, float] = {}
        for symptom, tokens in self._phrases:
            if symptom in covered:
                whole = sum(self._rarity[token] for token in tokens)
                hit = sum(self._rarity[token] * best_for.get(token, 0.0) for token in tokens)
                phrase[symptom] = max(phrase.get(symptom, 0.0), hit / whole if whole else 0.0)
        return {symptom: 0.5 * part / total + 0.5 * phrase[symptom] for symptom, part in covered.items()}

    def _alike(self, token: str) -> dict[str, float]:
        """Return the known tokens that are like this one, with how much (0 to 1)."""
        common: Counter[str] = Counter()
        triples = _triples(token)
        for triple, times in triples.items():
            for known, there in self._by_triple.get(triple, ()):
                common[known] += min(times, there)
        size = sum(triples.values())
        near: dict[str, float] = {}
        for known, shared in common.items():
            if known == token:
                near[known] = 1.0
                continue
            shorter = min(token, known, key=len)
            likeness = 2 * shared / (size + self._size[known])
            if len(shorter) >= _PART_LETTERS and (shorter in token and shorter in known):
                likeness = max(likeness, _PART)
            if likeness >= _ALIKE:
                near[known] = likeness
        return near


_indexes: dict[str, _Index] = {}


def _index(knowledge: Knowledge) -> _Index:
    """Return the index of a knowledge base; the last one is kept."""
    if knowledge.release not in _indexes:
        _indexes.clear()
        _indexes[knowledge.release] = _Index(
            (key, phrase)
            for key, symptom in knowledge.symptoms.items()
            for text in symptom.text.values()
            for phrase in (text.title, *text.aliases)
        )
    return _indexes[knowledge.release]

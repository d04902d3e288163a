"""Finds the symptoms that fit a text in the user's own words, in either language.

Four ways of looking are asked, and what stands high in several of them comes first: the words' stems with the words
that mean the same (full-text search over all that is said of a symptom), the same against each single phrase, their
letter triples (full-text search too), and single words with typing errors and as parts of German compounds. What comes out is a list to pick from, never a decision.
"""

from __future__ import annotations

import re
import sqlite3
import unicodedata
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import log

import snowballstemmer

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
_RANK = 10  # reciprocal rank fusion: how little the first ranks differ


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
        return everything(knowledge, lang)
    scores = _index(knowledge).fused(tokens)
    best = sorted(scores, key=lambda key: (-scores[key], key))
    return tuple(_match(key, knowledge, lang, scores[key]) for key in best[:limit])


def everything(knowledge: Knowledge, lang: str = "en") -> tuple[Match, ...]:
    """Return all symptoms, by category."""
    found = [_match(key, knowledge, lang, 0.0) for key in knowledge.symptoms]
    return tuple(sorted(found, key=lambda m: (m.category, m.title, m.symptom)))


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


class _Words:
    """The full-text tables over all phrases of each symptom: stems and meanings, and letter triples."""

    def __init__(self, phrases: Sequence[tuple[str, str]], groups: Sequence[Sequence[str]]) -> None:
        self._group = {stem: f"={n}" for n, group in enumerate(groups) for word in group for stem in _stems(word)}
        self._parts = {word: f"={n}" for n, group in enumerate(groups) for word in group if len(word) > _PART_LETTERS}
        self._tables = sqlite3.connect(":memory:", check_same_thread=False)
        self._tables.execute("CREATE VIRTUAL TABLE stems USING fts5(symptom UNINDEXED, words, tokenize='unicode61')")
        self._tables.execute("CREATE VIRTUAL TABLE triples USING fts5(symptom UNINDEXED, words, tokenize='trigram')")
        texts: dict[str, list[str]] = {}
        self._of_meaning: dict[str, list[int]] = {}
        self._phrases: list[tuple[str, frozenset[str]]] = []
        said: dict[str, set[str]] = {}  # meaning -> symptoms
        for symptom, phrase in phrases:
            texts.setdefault(symptom, []).append(phrase)
            meant_by = frozenset(word for token in _tokens(phrase) for word in self._meanings(token))
            for word in meant_by:
                self._of_meaning.setdefault(word, []).append(len(self._phrases))
                said.setdefault(word, set()).add(symptom)
            self._phrases.append((symptom, meant_by))
        self._rarity = {word: log(1 + len(texts) / len(of)) for word, of in said.items()}
        self._weight = [sum(self._rarity[word] for word in words) for _symptom, words in self._phrases]
        for symptom, of in texts.items():
            tokens = [token for phrase in of for token in _tokens(phrase)]
            meant = " ".join(_plain(word) for token in tokens for word in self._meanings(token))
            self._tables.execute("INSERT INTO stems VALUES (?, ?)", (symptom, meant))
            self._tables.execute("INSERT INTO triples VALUES (?, ?)", (symptom, " ".join(tokens)))

    def ranked(self, tokens: Sequence[str]) -> tuple[list[str], list[str], list[str]]:
        """Return the symptoms by stems and meanings, by their best phrase, and by letter triples, best first."""
        meant = {word for token in tokens for word in self._meanings(token)}
        triples = {token[i : i + 3] for token in tokens for i in range(len(token) - 2)}
        return (
            self._ask("stems", {_plain(word) for word in meant}),
            self._by_phrase(meant),
            self._ask("triples", triples),
        )

    def _by_phrase(self, meant: Collection[str]) -> list[str]:
        """Return the symptoms by the phrase that shares most of its rare meanings with the text (Dice)."""
        shared: dict[int, float] = {}
        for word in sorted(meant):
            for place in self._of_meaning.get(word, ()):
                shared[place] = shared.get(place, 0.0) + self._rarity[word]
        asked = sum(self._rarity.get(word, 0.0) for word in sorted(meant))
        best: dict[str, float] = {}
        for place, weight in shared.items():
            symptom = self._phrases[place][0]
            best[symptom] = max(best.get(symptom, 0.0), 2 * weight / (asked + self._weight[place]))
        return sorted(best, key=lambda symptom: (-round(best[symptom], 9), symptom))

    def _meanings(self, token: str) -> set[str]:
        stems = _stems(token)
        groups = {self._group[stem] for stem in stems if stem in self._group}
        if len(token) > 2 * _PART_LETTERS:  # a compound says what its parts say
            groups |= {group for part, group in self._parts.items() if part in token}
        return {*stems, *groups}

    def _ask(self, table: str, words: set[str]) -> list[str]:
        if not words:
            return []
        query = " OR ".join(f'"{word}"' for word in sorted(words))
        # The table's name is one of two constants; bm25 is lower for better.
        rows = self._tables.execute(
            f"SELECT symptom FROM {table} WHERE words MATCH ? ORDER BY bm25({table}), symptom",
            (query,),
        )
        return [symptom for (symptom,) in rows]


def _plain(word: str) -> str:
    """Return a word as the full-text tables may hold it: a group's number must stay one token."""
    return f"meaning{word[1:]}" if word.startswith("=") else word


@lru_cache(maxsize=20_000)
def _stems(token: str) -> frozenset[str]:
    return frozenset(stemmer.stemWord(token) for stemmer in _STEMMERS)


_STEMMERS = (snowballstemmer.stemmer("english"), snowballstemmer.stemmer("german"))


class _Index:
    """All phrases of all symptoms, as tokens."""

    def __init__(self, phrases: Sequence[tuple[str, str]], groups: Sequence[Sequence[str]]) -> None:
        self._words = _Words(phrases, groups)
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
        self._whole = [sum(self._rarity[token] for token in tokens) for _symptom, tokens in self._phrases]
        self._holding: dict[str, list[int]] = {}
        for place, (_symptom, tokens) in enumerate(self._phrases):
            for token in tokens:
                self._holding.setdefault(token, []).append(place)
        self._size = {token: sum(_triples(token).values()) for token in self._of_token}
        self._by_triple: dict[str, list[tuple[str, int]]] = {}
        for token in sorted(self._of_token):
            for triple, times in _triples(token).items():
                self._by_triple.setdefault(triple, []).append((token, times))

    def fused(self, asked: list[str]) -> dict[str, float]:
        """Return how well each symptom fits by all ways together, 1 where it is the first in each."""
        alike = self.scores(asked)
        spelled = sorted((key for key in alike if alike[key] >= _WORTH), key=lambda key: (-alike[key], key))
        stems, phrases, triples = self._words.ranked(asked)
        fused: dict[str, float] = {}
        # Measured with each alias left out in turn: what is said of a symptom altogether tells most.
        for ranking, share in ((spelled, 0.2), (stems, 0.4), (phrases, 0.2), (triples, 0.2)):
            for rank, symptom in enumerate(ranking):
                fused[symptom] = fused.get(symptom, 0.0) + share * (_RANK + 1) / (_RANK + 1 + rank)
        # Letters in common alone are no likeness.
        return {symptom: score for symptom, score in fused.items() if alike.get(symptom, 0.0) >= _WORTH / 2}

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
        hits: dict[int, float] = {}
        for known, likeness in best_for.items():
            for place in self._holding[known]:
                hits[place] = hits.get(place, 0.0) + self._rarity[known] * likeness
        phrase: dict[str, float] = {}
        for place, hit in hits.items():
            symptom = self._phrases[place][0]
            phrase[symptom] = max(phrase.get(symptom, 0.0), hit / self._whole[place])
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
        phrases = [
            (key, phrase)
            for key, symptom in knowledge.symptoms.items()
            for text in symptom.text.values()
            for phrase in (text.title, *text.aliases)
        ]
        _indexes[knowledge.release] = _Index(phrases, knowledge.words)
    return _indexes[knowledge.release]

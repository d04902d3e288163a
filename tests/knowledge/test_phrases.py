"""The search box against what customers say, in words that were written without sight of the aliases."""

from __future__ import annotations

import statistics
import time
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from certdoctor.casework.symptoms import fitting
from certdoctor.knowledge.load import load
from certdoctor.knowledge.model import Knowledge
from certdoctor.resources import folder

HERE = Path(__file__).parent
HALVES = {"open": HERE / "phrases_open.yml", "unseen": HERE / "phrases_unseen.yml"}
# Of the phrases so many have their symptom among the first three. Measured: 100 % of the open half, which the aliases
# and groups of words were improved with, 95 % of the unseen half, which nothing was changed for; 97 % of both.
WANTED = {"open": 0.97, "unseen": 0.9}
BOTH = 0.9


@pytest.fixture(scope="module")
def known() -> Knowledge:
    return load(folder("rules"), folder("kb"))


def phrases(half: str) -> list[tuple[str, str, str]]:
    """Return (symptom, language, phrase) of one half."""
    held = YAML(typ="safe").load(HALVES[half])
    return [(symptom, lang, text) for symptom, of in held.items() for lang, texts in of.items() for text in texts]


def misses(half: str, known: Knowledge) -> list[str]:
    """Return what is not among the first three, with what is."""
    missed = []
    for symptom, lang, text in phrases(half):
        found = [match.symptom for match in fitting(text, known, lang, limit=3)]
        if symptom not in found:
            missed.append(f"{symptom}: {text!r} finds {', '.join(found) or 'nothing'}")
    return missed


def test_there_are_enough_phrases_and_each_symptom_has_some(known: Knowledge) -> None:
    both = [*phrases("open"), *phrases("unseen")]
    assert len(both) >= 200
    assert len({text for _symptom, _lang, text in both}) == len(both)
    assert {symptom for symptom, _lang, _text in both} <= known.symptoms.keys()
    for half in HALVES:
        share = [lang for _symptom, lang, _text in phrases(half)]
        assert 0.4 <= share.count("de") / len(share) <= 0.6


@pytest.mark.parametrize("half", HALVES)
def test_the_symptom_is_among_the_first_three(half: str, known: Knowledge) -> None:
    missed = misses(half, known)
    share = 1 - len(missed) / len(phrases(half))
    assert share >= WANTED[half], f"{share:.1%} of the {half} phrases\n" + "\n".join(missed if half == "open" else [])


def test_of_all_phrases_nine_in_ten_are_found(known: Knowledge) -> None:
    missed = sum(len(misses(half, known)) for half in HALVES)
    assert 1 - missed / sum(len(phrases(half)) for half in HALVES) >= BOTH


def test_a_keystroke_takes_less_than_ten_milliseconds(known: Knowledge) -> None:
    fitting("warm up", known)
    taken = []
    for _symptom, lang, text in [*phrases("open"), *phrases("unseen")]:
        best = 1.0
        for _ in range(3):  # the machine's other work is not the search's
            began = time.process_time()
            fitting(text, known, lang, limit=3)
            best = min(best, time.process_time() - began)
        taken.append(best)
    assert statistics.quantiles(taken, n=20)[-1] < 0.01

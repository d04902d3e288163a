"""The ranking in whole decibans."""

from __future__ import annotations

from math import isclose

import pytest

from certdoctor.facts.model import Fact, Facts, FactSource
from certdoctor.knowledge.model import Knowledge
from certdoctor.reasoning.conclude import reason
from certdoctor.reasoning.findings import Candidate
from certdoctor.reasoning.ranking import probabilities
from tests.knowledge.small import diagnosis, knowledge, rule
from tests.reasoning.making import SITE, Plain, facts, side

C1, C2 = side("c1"), side("c2")

KNOWN = knowledge(
    [
        rule("a-decisive", "A", {"x": "1"}),
        rule("a-strong", "A", {"x": ["1", "2"]}, strength="strong"),
        rule("b-moderate", "B", {"y": "1"}, strength="moderate", against=[{"diagnosis": "A", "strength": "strong"}]),
        rule("c-weak", "C", {"z": "1"}, strength="weak"),
    ],
    [
        diagnosis("A"),
        diagnosis("B", frequency="occasional"),
        diagnosis("C", frequency="rare", requires=[{"fact": "who", "is": "all"}, {"fact": "x", "is": ["2", "3"]}]),
        diagnosis("D"),
    ],
    symptoms={"s1": ["A", "D"], "s2": ["A", "C"], "s3": ["gone"]},
    vocabulary={"site": {"who": ["all", "one"]}, "connection": {"x": ["1", "2", "3"]}},
)


def ranked(held: list[Fact], *symptoms: str, known: Knowledge = KNOWN) -> dict[str, Candidate]:
    result = reason(Facts(held), known, Plain(known), symptoms=symptoms)
    return {candidate.diagnosis: candidate for candidate in result.candidates}


@pytest.mark.parametrize(
    ("held", "symptoms", "scores"),
    [
        ([], [], {}),
        ([], ["s1"], {"A": 10, "D": 10}),
        ([], ["s1", "s2"], {"A": 10, "D": 10, "C": 0}),
        ([], ["s3", "no such symptom"], {}),
        ([(C1, {"x": "2"})], [], {"A": 10}),
        ([(C1, {"x": "1"})], [], {"A": 40}),
        ([(C1, {"x": "1"}), (C2, {"x": "1"})], [], {"A": 40}),
        ([(C1, {"x": "1", "y": "1"})], [], {"A": 30, "B": 0}),
        ([(C1, {"z": "1"})], [], {"C": -8}),
        ([(C1, {"z": "1"}), (SITE, {"who": "all"})], [], {"C": -8}),
        ([(C1, {"z": "1"}), (SITE, {"who": "one"})], [], {"C": -38}),
        ([(C1, {"z": "1", "x": "1"}), (C2, {"x": "2"})], [], {"C": -8, "A": 40}),
        ([(C1, {"z": "1", "x": "1"})], [], {"C": -38, "A": 40}),
        ([(C1, {"z": "1", "x": "1"}), (SITE, {"who": "one"})], ["s2"], {"C": -58, "A": 50}),
    ],
)
def test_scores(held: list[tuple[object, dict[str, str]]], symptoms: list[str], scores: dict[str, int]) -> None:
    found = ranked(facts(*held), *symptoms)  # type: ignore[arg-type]
    assert {key: candidate.score for key, candidate in found.items()} == scores
    assert list(found) == sorted(scores, key=lambda key: (-scores[key], key))
    for key, candidate in found.items():
        assert sum(points for _, points in candidate.reasons) == candidate.score
        assert candidate.concluded == any(what.startswith("rule:") for what, _ in candidate.reasons), key


@pytest.mark.parametrize(("source", "points"), [("observed", 30), ("log", 30), ("told", 10)])
def test_an_answer_counts_as_strong_at_most(source: str, points: int) -> None:
    found = ranked(facts((C1, {"x": "1"}), source=FactSource(source)))
    assert dict(found["A"].reasons)["rule:a-decisive"] == points


def test_a_rule_counts_with_its_best_proof() -> None:
    held = [Fact("x", C1, "1", FactSource.TOLD), Fact("x", C2, "1")]
    for order in (held, held[::-1]):
        assert dict(ranked(order)["A"].reasons)["rule:a-decisive"] == 30


def test_reasons_name_what_moved() -> None:
    found = ranked(facts((C1, {"x": "1", "y": "1"}), (SITE, {"who": "one"})), "s1", "s2")
    assert found["A"].reasons == (
        ("symptom:s1", 10),
        ("rule:a-decisive", 30),
        ("rule:a-strong", 10),
        ("against:b-moderate", -10),
    )
    assert found["B"].reasons == (("frequency:occasional", -5), ("rule:b-moderate", 5))
    assert found["C"].reasons == (
        ("frequency:rare", -10),
        ("symptom:s2", 10),
        ("requires:who", -30),
        ("requires:x", -30),
    )


def test_probabilities_leave_room_for_what_is_not_listed() -> None:
    chances, unlisted = probabilities({"A": 10, "B": 0, "C": -10})
    total = 10 + 1 + 0.1 + 10**-0.5
    assert isclose(chances["A"], 10 / total)
    assert isclose(unlisted, 10**-0.5 / total)
    assert isclose(sum(chances.values()) + unlisted, 1)
    assert probabilities({}) == ({}, 1.0)


def test_the_sum_of_all_is_one() -> None:
    result = reason(Facts(facts((C1, {"x": "1", "y": "1", "z": "1"}))), KNOWN, Plain(KNOWN), symptoms=["s1"])
    assert isclose(sum(c.probability for c in result.candidates) + result.unlisted, 1)

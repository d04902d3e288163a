"""Ranks diagnoses by weights of evidence in whole decibans: they add up in any order, each point is explained.

    S(d) = prior(d) + 10 if d is a candidate of a reported symptom + weights of the rules that fired for or against
           - 30 if a fact that d requires is known to be otherwise
    P(d) = 10^(S(d)/10) / sum over all diagnoses and "something that is not in this knowledge base"

Unknown adds nothing and never counts as "no" (I. J. Good, Probability and the Weighing of Evidence, 1950).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import log2

from certdoctor.facts.model import Facts, FactSource, SubjectKind
from certdoctor.knowledge.forms import Premise
from certdoctor.knowledge.model import Knowledge
from certdoctor.reasoning.findings import Candidate, Conclusion
from certdoctor.reasoning.folding import TOLD_AT_MOST
from certdoctor.reasoning.order import weaker

PRIOR = {"common": 0, "occasional": -5, "rare": -10}
WEIGHT = {"decisive": 30, "strong": 10, "moderate": 5, "weak": 2}
SYMPTOM = 10
OTHERWISE = -30
UNLISTED = -5


@dataclass(slots=True)
class Scores:
    """The scores of all diagnoses, and what has counted already: a rule counts once, wherever it fired."""

    points: dict[str, int]
    reasons: dict[str, list[tuple[str, int]]]
    counted: dict[str, int] = field(default_factory=dict)  # rule -> weight with which it counts
    otherwise: set[tuple[str, str]] = field(default_factory=set)  # (diagnosis, required fact) that count
    concluded: set[str] = field(default_factory=set)

    def add(self, diagnosis: str, what: str, points: int) -> None:
        """Move a diagnosis by some decibans and note why."""
        if points and diagnosis in self.points:
            self.points[diagnosis] += points
            self.reasons[diagnosis].append((what, points))


def weight(strength: str, told: bool) -> int:
    """Return what a fired rule weighs, in decibans; an answer never counts as decisive."""
    return WEIGHT[weaker(strength, TOLD_AT_MOST) if told else strength]


def score(
    conclusions: Iterable[Conclusion], facts: Facts, knowledge: Knowledge, symptoms: Sequence[str] = ()
) -> Scores:
    """Score all diagnoses.

    Args:
        conclusions: the rules that fired.
        facts: all that is known.
        knowledge: priors, candidates of symptoms, required facts.
        symptoms: ids of the reported symptoms; ids that the knowledge does not have count nothing.
    """
    forms = {key: knowledge.diagnoses[key].form for key in sorted(knowledge.diagnoses)}
    scores = Scores(dict.fromkeys(forms, 0), {key: [] for key in forms})
    for key, form in forms.items():
        scores.add(key, f"frequency:{form.frequency}", PRIOR[form.frequency])
    for symptom in symptoms:
        if symptom in knowledge.symptoms:
            for key in knowledge.symptoms[symptom].candidates:
                # Several symptoms of one diagnosis are one observation: they count once.
                if not any(what.startswith("symptom:") for what, _ in scores.reasons.get(key, ())):
                    scores.add(key, f"symptom:{symptom}", SYMPTOM)
    fired: dict[str, tuple[int, Conclusion, bool]] = {}
    for conclusion in conclusions:
        told = any(fact.source == FactSource.TOLD for fact in conclusion.proof)
        points = weight(conclusion.strength, told)
        if conclusion.rule not in fired or points > fired[conclusion.rule][0]:
            fired[conclusion.rule] = (points, conclusion, told)
    for rule in sorted(fired):
        points, conclusion, told = fired[rule]
        scores.counted[rule] = points
        scores.concluded.add(conclusion.diagnosis)
        scores.add(conclusion.diagnosis, f"rule:{rule}", points)
        for against in knowledge.rules[rule].against:
            scores.add(against.diagnosis, f"against:{rule}", -weight(against.strength, told))
    for key, form in forms.items():
        for premise in form.requires:
            if known_otherwise(premise, facts, knowledge):
                scores.otherwise.add((key, premise.fact))
                scores.add(key, f"requires:{premise.fact}", OTHERWISE)
    return scores


def known_otherwise(premise: Premise, facts: Facts, knowledge: Knowledge) -> bool:
    """Say whether the fact is known of some subject and has the wanted value for none."""
    about = knowledge.about.get(premise.fact)
    if about is None:
        return False
    values = facts.values(SubjectKind(about), premise.fact)
    return bool(values) and values.isdisjoint(premise.values)


def probabilities(points: Mapping[str, int]) -> tuple[dict[str, float], float]:
    """Return each diagnosis' probability, and that of "something else"."""
    raw = {key: 10 ** (value / 10) for key, value in points.items()}
    unlisted = 10 ** (UNLISTED / 10)
    total = sum(raw.values()) + unlisted
    return {key: value / total for key, value in raw.items()}, unlisted / total


def entropy(chances: Mapping[str, float]) -> float:
    """Return how much is open, in bits."""
    return -sum(p * log2(p) for p in chances.values() if p > 0)


def candidates(scores: Scores) -> tuple[Candidate, ...]:
    """Return the diagnoses that something speaks for, best first."""
    chances, _ = probabilities(scores.points)
    shown = [
        Candidate(key, points, chances[key], key in scores.concluded, tuple(scores.reasons[key]))
        for key, points in scores.points.items()
        if any(moved > 0 for _, moved in scores.reasons[key])
    ]
    return tuple(sorted(shown, key=lambda c: (-c.score, not c.concluded, c.diagnosis)))

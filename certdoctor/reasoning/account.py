"""How one diagnosis came to stand where it stands: what moved it up and down, and what its rules still lack."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from certdoctor.facts.model import Fact, Facts, Subject, SubjectKind
from certdoctor.knowledge.forms import Premise, RuleForm
from certdoctor.knowledge.model import Knowledge
from certdoctor.reasoning.findings import Conclusion
from certdoctor.reasoning.prove import Rulebook, prove_all
from certdoctor.reasoning.ranking import known_otherwise, probabilities, score


@dataclass(frozen=True, slots=True)
class Point:
    """Something that moved a diagnosis: by how many decibans, and the facts that say so."""

    what: str  # "frequency:common", "symptom:<id>", "rule:<id>", "against:<id>", "requires:<fact>"
    decibans: int
    proof: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True)
class Unmet:
    """A rule that did not fire: its premises that do not hold where it comes closest, each with what is so instead."""

    rule: str
    subject: Subject | None  # None: there is nothing of the kind that the rule is about
    premises: tuple[tuple[Premise, Fact | None], ...]  # None: not known


@dataclass(frozen=True, slots=True)
class Account:
    """Everything that counts for and against one diagnosis."""

    diagnosis: str
    score: int
    probability: float
    concluded: bool
    points: tuple[Point, ...]
    unmet: tuple[Unmet, ...]


def account(diagnosis: str, facts: Facts, knowledge: Knowledge, symptoms: Sequence[str] = ()) -> Account:
    """Return how a diagnosis stands.

    Args:
        diagnosis: its id.
        facts: all that is known.
        knowledge: rules and diagnoses.
        symptoms: ids of the reported symptoms.

    Raises:
        KeyError: there is no such diagnosis.
    """
    rulebook = Rulebook.of(knowledge)
    concluded = [c for by_rule in prove_all(facts, rulebook).values() for c in by_rule.values()]
    scores = score(concluded, facts, knowledge, symptoms)
    proofs: dict[str, Conclusion] = {}
    for conclusion in concluded:
        proofs.setdefault(conclusion.rule, conclusion)
    chances, _unlisted = probabilities(scores.points)
    points = tuple(
        Point(what, decibans, _proof(what, diagnosis, proofs, facts, knowledge))
        for what, decibans in scores.reasons[diagnosis]
    )
    unmet = tuple(
        _closest(rule, facts)
        for rule in sorted(rulebook.rules.values(), key=lambda rule: rule.id)
        if rule.diagnosis == diagnosis and rule.id not in proofs
    )
    return Account(
        diagnosis, scores.points[diagnosis], chances[diagnosis], diagnosis in scores.concluded, points, unmet
    )


def _proof(
    what: str, diagnosis: str, proofs: Mapping[str, Conclusion], facts: Facts, knowledge: Knowledge
) -> tuple[Fact, ...]:
    kind, _separator, name = what.partition(":")
    if kind in ("rule", "against"):
        return proofs[name].proof
    if kind == "requires":
        kinds = SubjectKind(knowledge.about[name])
        return tuple(
            known
            for premise in knowledge.diagnoses[diagnosis].form.requires
            if premise.fact == name and known_otherwise(premise, facts, knowledge)
            for subject in facts.subjects(kinds)
            if (known := facts.get(subject, name)) is not None
        )[:1]
    return ()


def _closest(rule: RuleForm, facts: Facts) -> Unmet:
    """Return what the rule lacks of the subject of which it lacks least; what is known otherwise weighs double."""
    subjects: Iterable[Subject] = facts.subjects(SubjectKind(rule.about))
    best: tuple[int, Unmet] | None = None
    for subject in subjects:
        held = facts.about(subject)
        open_ = tuple(
            (premise, held.get(premise.fact))
            for premise in rule.when
            if premise.fact not in held or held[premise.fact].value not in premise.values
        )
        lacks = sum(1 if fact is None else 2 for _premise, fact in open_)
        if best is None or lacks < best[0]:
            best = lacks, Unmet(rule.id, subject, open_)
    return best[1] if best else Unmet(rule.id, None, tuple((premise, None) for premise in rule.when))

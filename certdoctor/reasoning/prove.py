"""The plain evaluator: proves each rule premise by premise. Its proof is the explanation that users read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import ClassVar

from certdoctor.facts.model import Fact, Facts, Subject
from certdoctor.knowledge.forms import RuleForm
from certdoctor.knowledge.model import Knowledge
from certdoctor.reasoning.findings import Conclusion
from certdoctor.reasoning.plan import active


class Rulebook:
    """The rules in force, found by what they read."""

    _kept: ClassVar[tuple[()] | tuple[Knowledge, Rulebook]] = ()

    def __init__(self, rules: Iterable[RuleForm]) -> None:
        self.rules: dict[str, RuleForm] = {rule.id: rule for rule in rules}
        self._reading: dict[tuple[str, str], list[RuleForm]] = {}
        uses = Counter(
            key
            for rule in self.rules.values()
            for premise in rule.when
            for key in _keys(rule, premise.fact, premise.values)
        )
        self._by_key: dict[tuple[str, str, str], list[RuleForm]] = {}
        for rule in self.rules.values():
            for premise in rule.when:
                self._reading.setdefault((rule.about, premise.fact), []).append(rule)
            # A rule is looked at only where its rarest premise holds.
            rarest = min(
                (_keys(rule, premise.fact, premise.values) for premise in rule.when),
                key=lambda keys: sum(uses[key] for key in keys),
            )
            for key in rarest:
                self._by_key.setdefault(key, []).append(rule)

    @classmethod
    def of(cls, knowledge: Knowledge) -> Rulebook:
        """Return the rulebook of a knowledge base; the last one is kept."""
        kept = cls._kept
        if not kept or kept[0] is not knowledge:
            kept = cls._kept = knowledge, cls(active(knowledge))
        return kept[1]

    def true(self, about: str, values: Mapping[str, str]) -> Iterator[RuleForm]:
        """Give the rules that are true of one subject's facts (fact -> value)."""
        for fact, value in values.items():
            for rule in self._by_key.get((about, fact, value), ()):
                if rule.holds(values):
                    yield rule

    def reading(self, about: str, fact: str) -> Iterable[RuleForm]:
        """Return the rules with a premise on this fact."""
        return self._reading.get((about, fact), ())


def _keys(rule: RuleForm, fact: str, values: Iterable[str]) -> list[tuple[str, str, str]]:
    return [(rule.about, fact, value) for value in sorted(set(values))]


def prove(rule: RuleForm, subject: Subject, facts: Mapping[str, Fact]) -> Conclusion | None:
    """Return what the rule concludes about the subject, with the fact that makes each premise true.

    Args:
        rule: the rule.
        subject: the subject.
        facts: the subject's known facts, by id.

    Returns:
        None if a premise is unknown or otherwise. A placeholder that no fact binds stays out of the bindings.
    """
    proof: list[Fact] = []
    bindings: dict[str, str] = {}
    for premise in rule.when:
        fact = facts.get(premise.fact)
        if fact is None or fact.value not in premise.values:
            return None
        proof.append(fact)
        for name in rule.bind.get(premise.fact, ()):
            if name in fact.bindings:
                bindings[name] = fact.bindings[name]
    return Conclusion(rule.id, rule.diagnosis, rule.strength, subject, bindings, tuple(proof))


def prove_all(facts: Facts, rulebook: Rulebook) -> dict[Subject, dict[str, Conclusion]]:
    """Return for each subject with facts what every rule concludes about it, by rule id."""
    proven: dict[Subject, dict[str, Conclusion]] = {}
    for subject in facts.subjects():
        held = facts.about(subject)
        values = {key: fact.value for key, fact in held.items()}
        concluded: dict[str, Conclusion] = {}
        for rule in rulebook.true(subject.kind.value, values):
            conclusion = prove(rule, subject, held)
            if conclusion is not None:
                concluded[rule.id] = conclusion
        proven[subject] = dict(sorted(concluded.items()))
    return proven

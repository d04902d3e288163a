"""Diagnoses and rules as people read them."""

from __future__ import annotations

from collections.abc import Iterator

from certdoctor.knowledge.forms import RuleForm, Text
from certdoctor.knowledge.model import Knowledge


def rules_of(diagnosis: str, knowledge: Knowledge) -> tuple[RuleForm, ...]:
    """Return the rules in force that conclude a diagnosis."""
    found = [rule for rule in knowledge.rules.values() if rule.diagnosis == diagnosis and rule.status != "deprecated"]
    return tuple(sorted(found, key=lambda rule: rule.id))


def premises(rule: RuleForm, knowledge: Knowledge, lang: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Give each premise of a rule in words: what the fact is, and the values of it that make the rule true."""
    for premise in rule.when:
        fact = knowledge.fact(premise.fact)
        yield _in(fact.text, lang), tuple(_in(fact.values[value], lang) for value in premise.values)


def _in(text: Text, lang: str) -> str:
    return next((words for known, words in text.items() if known == lang), text["en"])

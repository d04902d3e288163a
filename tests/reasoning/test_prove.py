"""The plain evaluator."""

from __future__ import annotations

import random

from certdoctor.facts.model import Fact, Facts
from certdoctor.reasoning.prove import Rulebook, prove, prove_all
from tests.knowledge.small import knowledge, rule
from tests.reasoning.making import SITE, facts, node, side


def test_the_proof_is_the_facts_of_the_premises_in_their_order() -> None:
    form = rule("r", "D", {"b": ["1", "2"], "a": "1"}, bind={"b": ["leaf", "list"], "a": ["name"]})
    held = {
        "a": Fact("a", side("c"), "1", bindings={"name": "N", "leaf": "not bound by this premise"}),
        "b": Fact("b", side("c"), "2", bindings={"leaf": "L"}),
        "c": Fact("c", side("c"), "1"),
    }
    conclusion = prove(form, side("c"), held)
    assert conclusion is not None
    assert conclusion.proof == (held["b"], held["a"])
    assert conclusion.bindings == {"leaf": "L", "name": "N"}  # no fact binds `list`: it stays out
    assert (conclusion.rule, conclusion.diagnosis, conclusion.strength) == ("r", "D", "decisive")


def test_unknown_is_never_true() -> None:
    form = rule("r", "D", {"a": ["1", "2"], "b": "1"})
    held = {fact.id: fact for fact in facts((side("c"), {"a": "1"}))}
    assert prove(form, side("c"), held) is None
    assert prove(form, side("c"), {}) is None
    held["b"] = Fact("b", side("c"), "2")
    assert prove(form, side("c"), held) is None


def test_every_rule_is_tried_on_every_subject_of_its_kind() -> None:
    chance = random.Random(1)
    rules = [
        rule(
            f"r{number}",
            "D",
            {f"f{f}": chance.sample("123", chance.randint(1, 2)) for f in chance.sample(range(6), 3)},
            about=chance.choice(["connection", "node"]),
        )
        for number in range(60)
    ]
    known = Facts(
        facts(*((of, {f"f{f}": chance.choice("123") for f in range(6)}) for of in (side("a"), side("b"), node("n"))))
    )
    proven = prove_all(known, Rulebook.of(knowledge(rules)))
    for subject, concluded in proven.items():
        values = {key: fact.value for key, fact in known.about(subject).items()}
        assert list(concluded) == sorted(r.id for r in rules if r.about == subject.kind and r.holds(values))
    assert sum(len(concluded) for concluded in proven.values()) > 5


def test_deprecated_rules_are_not_tried() -> None:
    known = Facts(facts((SITE, {"a": "1"})))
    rules = [rule("r", "D", {"a": "1"}, about="site", status=status) for status in ("deprecated",)]
    assert prove_all(known, Rulebook.of(knowledge(rules))) == {SITE: {}}

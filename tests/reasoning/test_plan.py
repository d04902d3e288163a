"""What enters the engine: tokens of our making, in rule sets under its bounds."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from certdoctor.knowledge import bounds
from certdoctor.reasoning.plan import RESERVED, Tokens, fnv32, plan
from tests.knowledge.small import knowledge, rule


@pytest.mark.parametrize(
    ("text", "fnv1", "fnv1a"),
    [("", 0x811C9DC5, 0x811C9DC5), ("a", 0x050C5D7E, 0xE40C292C), ("foobar", 0x31F0B262, 0xBF9CF968)],
)
def test_fnv32_gives_the_published_values(text: str, fnv1: int, fnv1a: int) -> None:
    """Landon Curt Noll's FNV test vectors."""
    assert fnv32(text) == (fnv1, fnv1a)


def test_tokens_are_plain_and_none_shares_a_hash() -> None:
    tokens = Tokens()
    names = [f"any text {number} <>\"'{{}}" for number in range(3000)]
    given = [tokens.token(name) for name in names]
    assert [tokens.token(name) for name in names] == given
    assert [tokens.text(token) for token in given] == names
    assert all(re.fullmatch(r"t[0-9]+", token) for token in given)
    hashes = [value for token in given for value in set(fnv32(token))]
    hashes += [value for name in RESERVED for value in set(fnv32(name))]
    assert len(hashes) == len(set(hashes))


def test_a_token_whose_hash_is_taken_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "certdoctor.reasoning.plan.fnv32", lambda text: (7, 7) if text in ("v", "t2") else (hash(text), 0)
    )
    tokens = Tokens()
    monkeypatch.setattr(
        "certdoctor.reasoning.plan.fnv32", lambda text: (7, 7) if text == "t2" else (hash(text), hash(text))
    )
    assert [tokens.token(name) for name in ("a", "b", "c")] == ["t1", "t3", "t4"]


def test_alternatives_become_rules_of_the_engine() -> None:
    made = plan(knowledge([rule("a", "D", {"x": ["1", "2"], "y": ["1", "2", "3"], "z": "1"})]))
    ((shard,),) = made.shards.values()
    assert len(shard) == 6
    assert len({engine_rule.pairs for engine_rule in shard}) == 6
    assert {made.tokens.text(engine_rule.rule) for engine_rule in shard} == {"r:a"}
    assert all(len(engine_rule.pairs) == 3 for engine_rule in shard)


def test_facts_that_no_rule_reads_are_left_out() -> None:
    made = plan(knowledge([rule("a", "D", {"x": "1", "y": "2"})]))
    assert made.pairs({"other": "1", "x": "unheard of", "y": "1"}) == made.pairs({"y": "1"})
    assert len(made.pairs({"x": "1", "y": "2", "other": "1"})) == 2


def test_rule_sets_keep_kinds_and_areas_apart() -> None:
    rules = [
        rule("a1", "D", {"x": "1"}),
        rule("a2", "D", {"x": "1"}),
        rule("b1", "D", {"x": "1"}),
        rule("n1", "D", {"n": "1"}, about="node"),
        rule("old", "D", {"x": "1"}, status="deprecated"),
    ]
    made = plan(knowledge(rules, areas={"a1": "a", "a2": "a", "b1": "b", "n1": "a", "old": "a"}))
    named = {
        about: [[made.tokens.text(r.rule) for r in shard] for shard in shards] for about, shards in made.shards.items()
    }
    assert named == {"connection": [["r:a1", "r:a2"], ["r:b1"]], "node": [["r:n1"]]}


@pytest.mark.parametrize(
    ("rules", "shards"),
    [
        ([rule(f"r{n:03}", "D", {"shared": "1", f"f{n}": "1"}) for n in range(56)], 1),
        ([rule(f"r{n:03}", "D", {"shared": "1", f"f{n}": "1"}) for n in range(57)], 2),
        ([rule(f"r{n:03}", "D", {f"f{n}": "1", f"g{n}": "1"}) for n in range(150)], 2),
        ([rule("one", "D", {"a": [f"{n}" for n in range(16)], "b": [f"{n}" for n in range(16)]})], 2),
        ([rule(f"r{n:03}", "D", {f"f{n % 20}": f"{n}"}) for n in range(450)], 3),
    ],
)
def test_rule_sets_stay_within_the_bounds(rules: list[object], shards: int) -> None:
    made = plan(knowledge(rules))  # type: ignore[arg-type]
    (sets,) = made.shards.values()
    assert len(sets) == shards
    for shard in sets:
        assert len(shard) <= bounds.SHARD_RULES
        uses = Counter(pair for engine_rule in shard for pair in engine_rule.pairs)
        assert max(uses.values()) <= bounds.SHARD_USES
        assert len({fact for fact, _ in uses}) <= bounds.SHARD_FACTS


@pytest.mark.parametrize(
    ("when", "words"),
    [
        ({}, "needs 1 to 15 premises"),
        ({f"f{number}": "1" for number in range(16)}, "needs 1 to 15 premises"),
        ({f: [f"{n}" for n in range(17)] for f in ("a", "b")}, "more than 256 ways"),
    ],
)
def test_what_the_engine_cannot_take_is_refused(when: dict[str, str], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        plan(knowledge([rule("a", "D", when)]))

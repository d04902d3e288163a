"""Turns rules into what may enter the rule engine: tokens of our making, in rule sets under its bounds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, product

from certdoctor.knowledge import bounds
from certdoctor.knowledge.forms import RuleForm
from certdoctor.knowledge.model import Knowledge

# Names that the boundary itself uses inside the engine: no token may share a hash with them.
RESERVED = ("id", "sid", "f", "v", "s", "start", "$s", "$and", "all", "exception")

Pair = tuple[str, str]  # token of a fact, token of a value


def fnv32(text: str) -> tuple[int, int]:
    """Return FNV-1 and FNV-1a (32 bit): the engine compares strings by such a hash alone."""
    first = second = 0x811C9DC5
    for byte in text.encode():
        first = ((first * 0x01000193) & 0xFFFFFFFF) ^ byte
        second = ((second ^ byte) * 0x01000193) & 0xFFFFFFFF
    return first, second


class Tokens:
    """Gives every text a token `t1`, `t2` ...; no two tokens have the same hash."""

    def __init__(self) -> None:
        self._tokens: dict[str, str] = {}
        self._texts: dict[str, str] = {}
        self._hashes = {value for name in RESERVED for value in fnv32(name)}
        self._next = 0

    def token(self, text: str) -> str:
        """Return the token of a text, a new one if it has none yet."""
        known = self._tokens.get(text)
        while known is None:
            self._next += 1
            candidate = f"t{self._next}"
            hashes = set(fnv32(candidate))
            if not hashes & self._hashes:
                self._hashes |= hashes
                self._tokens[text] = known = candidate
                self._texts[candidate] = text
        return known

    def text(self, token: str) -> str:
        """Return the text of a token.

        Raises:
            KeyError: no such token was given out.
        """
        return self._texts[token]

    def find(self, text: str) -> str | None:
        """Return the token of a text, or None if no rule knows it."""
        return self._tokens.get(text)


@dataclass(frozen=True, slots=True)
class EngineRule:
    """One conjunction: `rule` has fired when all pairs are facts of one subject."""

    rule: str  # token of the rule
    pairs: tuple[Pair, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """All rule sets, by what they are about."""

    tokens: Tokens
    shards: Mapping[str, tuple[tuple[EngineRule, ...], ...]]

    def pairs(self, values: Mapping[str, str]) -> tuple[Pair, ...]:
        """Return the facts that some rule may read as pairs of tokens, in one fixed order."""
        found = []
        for fact in sorted(values):
            token, value = self.tokens.find(f"f:{fact}"), self.tokens.find(f"v:{values[fact]}")
            if token is not None and value is not None:
                found.append((token, value))
        return tuple(found)


def active(knowledge: Knowledge) -> list[RuleForm]:
    """Return the rules that are in force, in a stable order."""
    return [knowledge.rules[key] for key in sorted(knowledge.rules) if knowledge.rules[key].status != "deprecated"]


def plan(knowledge: Knowledge) -> Plan:
    """Expand and shard all rules in force.

    Raises:
        ValueError: a rule is beyond the engine's bounds; `knowledge.check` reports the same with its place.
    """
    tokens = Tokens()

    def home(rule: RuleForm) -> tuple[str, str]:
        return rule.about, knowledge.areas.get(rule.id, "")

    shards: dict[str, tuple[tuple[EngineRule, ...], ...]] = {}
    for (about, _), rules in groupby(sorted(active(knowledge), key=lambda r: (*home(r), r.id)), key=home):
        expanded = [engine_rule for rule in rules for engine_rule in _expand(rule, tokens)]
        shards[about] = (*shards.get(about, ()), *_shards(expanded))
    return Plan(tokens, shards)


def _expand(rule: RuleForm, tokens: Tokens) -> Iterable[EngineRule]:
    facts = [premise.fact for premise in rule.when]
    if not facts or len(facts) > bounds.PREMISES or len(set(facts)) != len(facts):
        raise ValueError(f"{rule.id}: needs 1 to {bounds.PREMISES} premises on different facts")
    if bounds.alternatives(rule) > bounds.ALTERNATIVES:
        raise ValueError(f"{rule.id}: can be true in more than {bounds.ALTERNATIVES} ways")
    name = tokens.token(f"r:{rule.id}")
    for values in product(*(sorted(set(premise.values)) for premise in rule.when)):
        yield EngineRule(
            name,
            tuple((tokens.token(f"f:{f}"), tokens.token(f"v:{v}")) for f, v in zip(facts, values, strict=True)),
        )


def _shards(rules: Sequence[EngineRule]) -> list[tuple[EngineRule, ...]]:
    """Fill one rule set after the other; a rule that would break a bound opens the next."""
    shards: list[list[EngineRule]] = []
    uses: Counter[Pair] = Counter()
    for rule in rules:
        after = uses + Counter(rule.pairs)
        if (
            not shards
            or len(shards[-1]) >= bounds.SHARD_RULES
            or len({fact for fact, _ in after}) > bounds.SHARD_FACTS
            or max(after.values()) > bounds.SHARD_USES
        ):
            shards.append([])
            after = Counter(rule.pairs)
        shards[-1].append(rule)
        uses = after
    return [tuple(shard) for shard in shards]

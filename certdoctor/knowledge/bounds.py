"""What a rule may ask of the rule engine: bounds measured on durable_rules 2.0.28, with a margin.

Beyond them the engine gives error 304 (16 patterns a rule), 108 (256 rules that share a pattern), 303 (64 matches
of one fact), or hangs (513 conditions at one node).
"""

from __future__ import annotations

from math import prod

from certdoctor.knowledge.forms import RuleForm

PREMISES = 15  # of one rule
ALTERNATIVES = 256  # ways in which one rule can be true, each becomes one rule of the engine

SHARD_RULES = 200  # engine rules of one rule set
SHARD_FACTS = 200  # fact ids of one rule set
SHARD_USES = 56  # engine rules of one rule set that read the same value of the same fact


def alternatives(rule: RuleForm) -> int:
    """Return in how many ways the premises of a rule can be true."""
    return prod(len(set(premise.values)) for premise in rule.when)

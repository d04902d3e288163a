"""Evidence that could still be had competes with the questions: what it would probably tell, for the time it takes.

What is looked at shows a diagnosis where a strong rule can still come true by observation alone: none of its premises
is known to be otherwise, and all that are unknown can be observed there. With shown(d) as the chance that it is
shown if d is so, and nothing shown for all other diagnoses:

    P(shows d) = P(d) shown(d)
    gain       = H(P) - P(shows none) H(P given none)        in bits; once shown, nothing is left to ask
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from certdoctor.facts.model import Facts, Subject, SubjectKind
from certdoctor.knowledge.forms import RuleForm
from certdoctor.knowledge.model import Knowledge
from certdoctor.reasoning.findings import Question
from certdoctor.reasoning.prove import Rulebook
from certdoctor.reasoning.ranking import entropy

EVIDENCE = "evidence."  # begins what names evidence where questions have their fact
SHOWN, NOTHING = "shown", "nothing"  # the answers of a look at evidence
SURELY = 0.9  # evidence shows a fault that is there, where nothing else is missing
AT_MOST = 12
SPLIT_SHOWN = 5
_TELLING = ("decisive", "strong")


@dataclass(frozen=True, slots=True)
class Lacking:
    """Evidence that is wanted from one subject and could be had.

    `about` are subjects that it would tell of, each with how many pieces of evidence are missing for that (1: this one
    alone); `kinds` likewise are those of the subjects that are not known before it is there, such as its certificates.
    """

    id: str  # what names it among all that is wanted from the subject: "archive", "certificate"
    subject: Subject  # the box that it is wanted from
    cost: int  # seconds of the user's time
    about: Mapping[Subject, int]
    kinds: Mapping[SubjectKind, int] = field(default_factory=dict)

    @property
    def fact(self) -> str:
        """What stands in the place of a fact where the user says that it cannot be had."""
        return EVIDENCE + self.id


def worth_getting(
    lacking: Sequence[Lacking],
    facts: Facts,
    knowledge: Knowledge,
    rulebook: Rulebook,
    chances: Mapping[str, float],
) -> list[Question]:
    """Return what each piece of evidence would be worth, in the form of a question with the answers shown and none.

    Args:
        lacking: what could be had.
        facts: all that is known.
        knowledge: who supplies which fact.
        rulebook: the rules in force.
        chances: the probability of each diagnosis, and of none of them.
    """
    telling: dict[str, list[RuleForm]] = {}
    for rule in rulebook.rules.values():
        if rule.strength in _TELLING:
            telling.setdefault(rule.about, []).append(rule)
    before = entropy(chances)
    found: list[Question] = []
    for each in lacking[:AT_MOST]:
        shown = _shown(each, facts, knowledge, telling)
        hits = {key: p * shown[key] for key, p in chances.items() if key in shown}
        nothing = {key: p - hits.get(key, 0.0) for key, p in chances.items()}
        p_nothing = sum(nothing.values())
        after = {key: p / p_nothing for key, p in nothing.items()} if p_nothing else {}
        split = {SHOWN: _best(hits), NOTHING: _best({key: p for key, p in after.items() if key})}
        gain = max(0.0, round(before - p_nothing * entropy(after), 6))
        found.append(Question(EVIDENCE + each.id, each.fact, each.subject, gain, each.cost, split))
    return found


def _best(chances: Mapping[str, float]) -> tuple[tuple[str, float], ...]:
    best = sorted(chances, key=lambda key: (-chances[key], key))[:SPLIT_SHOWN]
    return tuple((key, round(chances[key], 4)) for key in best)


def _shown(
    lacking: Lacking, facts: Facts, knowledge: Knowledge, telling: Mapping[str, Sequence[RuleForm]]
) -> dict[str, float]:
    """Return the diagnoses that this evidence can still show, with the chance that it does if they are so."""
    found: dict[str, float] = {}
    held: list[tuple[str, Mapping[str, str], int]] = [(kind.value, {}, n) for kind, n in lacking.kinds.items()]
    for subject, pieces in lacking.about.items():
        known = {fact: each.value for fact, each in facts.about(subject).items()}
        held.append((subject.kind.value, known, pieces))
    for about, values, pieces in held:
        chance = SURELY / pieces
        for rule in telling.get(about, ()):
            if found.get(rule.diagnosis, 0.0) < chance and _open(rule, values, knowledge):
                found[rule.diagnosis] = chance
    return found


def _open(rule: RuleForm, values: Mapping[str, str], knowledge: Knowledge) -> bool:
    """Say whether a rule can still come true of a subject by observation alone, and has not yet."""
    waits = False
    for premise in rule.when:
        value = values.get(premise.fact)
        if value is None:
            if not _seen(premise.fact, knowledge):
                return False
            waits = True
        elif value not in premise.values:
            return False
    return waits


def _seen(fact: str, knowledge: Knowledge) -> bool:
    return any(by != "question" for by in knowledge.fact(fact).supplied)

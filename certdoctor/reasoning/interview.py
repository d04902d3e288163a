"""Chooses the next question: the one whose answer tells most for the user's time.

For each question every answer is simulated through the same rules. With base(v), how often v is the answer when
nothing else is known, and D(d, v), by how many decibans v would move diagnosis d:

    P(v|d) = base(v) 10^(D(d,v)/10) / sum over u of base(u) 10^(D(d,u)/10)
    gain   = H(P) - sum over v of P(v) H(P given v)            in bits
    best   = the largest gain / (cost + 20 s)

This is the greedy choice of decision-theoretic troubleshooting (Breese and Heckerman, MSR-TR-96-06, 1996).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from math import log2

from certdoctor.facts.model import Facts, Subject, SubjectKind
from certdoctor.knowledge.forms import Premise, QuestionForm
from certdoctor.knowledge.model import Knowledge
from certdoctor.reasoning.findings import Question
from certdoctor.reasoning.looking import AT_MOST, SPLIT_SHOWN, Lacking, worth_getting
from certdoctor.reasoning.prove import Rulebook
from certdoctor.reasoning.ranking import OTHERWISE, UNLISTED, Scores, entropy, weight

SITE = Subject(SubjectKind.SITE, "site")
SECONDS_A_QUESTION = 20  # what a question costs besides finding the answer
WORTH_BITS = 0.03
SURE = 0.85

_ELSE = ""  # "something that is not in this knowledge base"

Declined = Collection[tuple[str, Subject]]
Moves = tuple[tuple[str, tuple[tuple[str, int], ...]], ...]


def next_questions(
    facts: Facts,
    knowledge: Knowledge,
    rulebook: Rulebook,
    scores: Scores,
    declined: Declined = (),
    settled: Collection[str] = (),
    lacking: Sequence[Lacking] = (),
) -> tuple[Question, ...]:
    """Return the questions that are worth asking now, best first; none when a rule has settled it.

    Evidence that could be had stands among them, with what it is worth for the time it takes.

    Args:
        facts: all that is known.
        knowledge: questions and diagnoses.
        rulebook: the rules in force.
        scores: the ranking as it stands.
        declined: (fact, subject) that the user does not know, or that cannot be had.
        settled: diagnoses that observation has found already: no hypotheses, what is asked is about the others.
        lacking: evidence that could be had.
    """
    open_ = {key: points for key, points in scores.points.items() if key not in settled}
    ranking = _Ranking(open_)
    if any(ranking.chances[key] >= SURE for key in scores.concluded if key in open_):
        return ()
    worth: list[Question] = []
    alike: dict[tuple[str, Moves], Question] = {}  # of many files or nodes most answers mean the same
    dependent = _requiring(knowledge)
    for key in sorted(knowledge.questions):
        form = knowledge.questions[key]
        for subject in _subjects(form, facts, knowledge):
            if facts.get(subject, form.fact) is not None or (form.fact, subject) in declined:
                continue
            moves = {
                value: _moves(form.fact, value, subject, facts, dependent.get(form.fact, ()), rulebook, scores, open_)
                for value in form.base
            }
            same = key, tuple((value, tuple(sorted(by.items()))) for value, by in moves.items())
            if same not in alike:
                alike[same] = _simulate(key, form, subject, moves, ranking)
            worth.append(replace(alike[same], subject=subject))
    wanted = [each for each in lacking if (each.fact, each.subject) not in declined]
    worth += worth_getting(wanted, facts, knowledge, rulebook, ranking.chances)
    worth = [question for question in worth if question.gain >= WORTH_BITS]
    worth.sort(key=lambda q: (-round(q.gain / (q.cost + SECONDS_A_QUESTION), 9), q.id, q.subject))
    return tuple(worth[:AT_MOST])


def _requiring(knowledge: Knowledge) -> Mapping[str, Sequence[tuple[str, Premise]]]:
    """Return for each fact the diagnoses that require it, with what they require."""
    found: dict[str, list[tuple[str, Premise]]] = {}
    for diagnosis, entry in knowledge.diagnoses.items():
        for premise in entry.form.requires:
            found.setdefault(premise.fact, []).append((diagnosis, premise))
    return found


def _subjects(form: QuestionForm, facts: Facts, knowledge: Knowledge) -> tuple[Subject, ...]:
    about = knowledge.about.get(form.fact)
    if about is None:
        return ()
    return (SITE,) if about == SubjectKind.SITE else facts.subjects(SubjectKind(about))


class _Ranking:
    """The ranking as it stands, laid out so that an answer costs only what it moves."""

    def __init__(self, points: Mapping[str, int]) -> None:
        raw = {key: 10 ** (value / 10) for key, value in points.items()}
        unlisted = 10 ** (UNLISTED / 10)
        self._total = sum(raw.values()) + unlisted
        self._raw = raw
        self._order = sorted(points, key=lambda key: (-points[key], key))
        self.points = points
        self.chances = {**{key: value / self._total for key, value in raw.items()}, _ELSE: unlisted / self._total}
        self.open = entropy(self.chances)

    def first_after(self, moves: Mapping[str, int]) -> tuple[tuple[str, float], ...]:
        """Return the first of the ranking as the user will see it after this answer."""
        moved = {key: 10 ** ((self.points[key] + by) / 10) for key, by in moves.items()}
        total = self._total + sum(value - self._raw[key] for key, value in moved.items())
        others = islice((key for key in self._order if key not in moved), SPLIT_SHOWN)
        best = sorted((*moved, *others), key=lambda key: (-self.points[key] - moves.get(key, 0), key))[:SPLIT_SHOWN]
        return tuple((key, round(moved.get(key, self._raw[key]) / total, 4)) for key in best)


def _simulate(
    key: str, form: QuestionForm, subject: Subject, moves: Mapping[str, Mapping[str, int]], ranking: _Ranking
) -> Question:
    moved = {diagnosis for by in moves.values() for diagnosis in by}
    whole = sum(form.base.values())
    # What no answer moves stays in proportion: its mass and its share of the entropy are enough.
    mass = 1 - sum(ranking.chances[diagnosis] for diagnosis in moved)
    still = ranking.open - entropy({diagnosis: ranking.chances[diagnosis] for diagnosis in moved})
    # P(v|d), then P(v) and P(d|v)
    likely = {
        diagnosis: {v: base * 10 ** (moves[v].get(diagnosis, 0) / 10) for v, base in form.base.items()}
        for diagnosis in moved
    }
    sums = {diagnosis: sum(raw.values()) for diagnosis, raw in likely.items()}
    gain = ranking.open
    for value, base in form.base.items():
        share = base / whole
        joint = {d: ranking.chances[d] * likely[d][value] / sums[d] for d in moved}
        p_value = mass * share + sum(joint.values())
        if p_value > 0:
            scale = share / p_value
            after = entropy({d: p / p_value for d, p in joint.items()})
            if scale > 0:
                after += scale * still - scale * log2(scale) * mass
            gain -= p_value * after
    split = {value: ranking.first_after(moves[value]) for value in form.base}
    return Question(key, form.fact, subject, max(0.0, round(gain, 6)), form.cost, split)


def _moves(
    fact: str,
    value: str,
    subject: Subject,
    facts: Facts,
    requiring: Iterable[tuple[str, Premise]],
    rulebook: Rulebook,
    scores: Scores,
    open_: Collection[str],
) -> dict[str, int]:
    """Return by how many decibans this answer would move each open diagnosis."""
    held = facts.about(subject)
    values = {**{name: known.value for name, known in held.items()}, fact: value}
    moves: dict[str, int] = {}
    for rule in rulebook.reading(subject.kind.value, fact):
        if rule.holds(values):
            more = weight(rule.strength, told=True) - scores.counted.get(rule.id, 0)
            if more > 0:
                moves[rule.diagnosis] = moves.get(rule.diagnosis, 0) + more
            if rule.id not in scores.counted:
                for against in rule.against:
                    less = weight(against.strength, told=True)
                    moves[against.diagnosis] = moves.get(against.diagnosis, 0) - less
    others = facts.values(subject.kind, fact)
    for diagnosis, premise in requiring:
        counts = (diagnosis, fact) in scores.otherwise
        otherwise = value not in premise.values and others.isdisjoint(premise.values)
        if counts != otherwise:
            moves[diagnosis] = moves.get(diagnosis, 0) + (OTHERWISE if otherwise else -OTHERWISE)
    return {diagnosis: by for diagnosis, by in moves.items() if diagnosis in open_}

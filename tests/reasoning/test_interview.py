"""The next question."""

from __future__ import annotations

from collections.abc import Mapping
from math import isclose, log2

import pytest

from certdoctor.facts.model import Facts, FactSource, Subject, SubjectKind
from certdoctor.knowledge.forms import RuleForm
from certdoctor.knowledge.model import Diagnosis, Knowledge
from certdoctor.reasoning.conclude import reason
from certdoctor.reasoning.findings import Question, Reasoned
from tests.knowledge.small import diagnosis, knowledge, rule
from tests.reasoning.making import SITE, Plain, facts, side

C1 = side("c1")
YES_NO = {"yes": 0.5, "no": 0.5}


def told(key: str, concludes: str, when: Mapping[str, str], strength: str = "strong") -> RuleForm:
    return rule(key, concludes, when, strength=strength, about="site")


def base(
    rules: list[RuleForm],
    questions: Mapping[str, Mapping[str, object]],
    diagnoses: list[Diagnosis] | None = None,
    symptoms: Mapping[str, list[str]] | None = None,
    about: str = "site",
) -> Knowledge:
    return knowledge(
        rules,
        diagnoses or [],
        questions=questions,
        symptoms=symptoms or {},
        vocabulary={about: {str(q["fact"]): list(q["base"]) for q in questions.values()}},  # type: ignore[call-overload]
    )


def ask(known: Knowledge, held: Facts | None = None, **more: object) -> tuple[Question, ...]:
    return run(known, held, **more).questions


def run(known: Knowledge, held: Facts | None = None, **more: object) -> Reasoned:
    return reason(held or Facts(), known, Plain(known), **more)  # type: ignore[arg-type]


TWO = [told("a", "A", {"p": "yes"}), told("b", "B", {"q": "yes"})]


def test_the_gain_is_what_the_answer_tells() -> None:
    """Worked by hand: two diagnoses of 0 dB and the rest of -5 dB; "yes" moves A by 10 dB."""
    known = base(TWO[:1], {"p": {"fact": "p", "base": YES_NO}}, [diagnosis("A"), diagnosis("B")])
    (question,) = ask(known)
    raw = {"A": 1.0, "B": 1.0, "": 10**-0.5}
    before = {key: value / sum(raw.values()) for key, value in raw.items()}
    yes_given = {"A": 10 / 11, "B": 0.5, "": 0.5}

    def entropy(chances: Mapping[str, float]) -> float:
        return -sum(p * log2(p) for p in chances.values() if p)

    expected = entropy(before)
    for given in (yes_given, {key: 1 - p for key, p in yes_given.items()}):
        chance = sum(before[key] * given[key] for key in before)
        expected -= chance * entropy({key: before[key] * given[key] / chance for key in before})
    assert isclose(question.gain, expected, abs_tol=1e-5)
    assert (question.id, question.fact, question.subject, question.cost) == ("p", "p", SITE, 10)
    rest = 1 + 10**-0.5
    assert question.split == {
        "yes": (("A", round(10 / (10 + rest), 4)), ("B", round(1 / (10 + rest), 4))),
        "no": (("A", round(1 / (1 + rest), 4)), ("B", round(1 / (1 + rest), 4))),
    }


@pytest.mark.parametrize(
    ("questions", "order"),
    [
        # equal gain: the cheaper first, then by id
        ({"x": {"fact": "p", "base": YES_NO, "cost": 30}, "y": {"fact": "q", "base": YES_NO, "cost": 10}}, ["y", "x"]),
        ({"x": {"fact": "p", "base": YES_NO}, "y": {"fact": "q", "base": YES_NO}}, ["x", "y"]),
        ({"y": {"fact": "p", "base": YES_NO}, "x": {"fact": "q", "base": YES_NO}}, ["x", "y"]),
        # an answer that is nearly certain tells little
        (
            {
                "x": {"fact": "p", "base": {"yes": 0.001, "no": 0.999}},
                "y": {"fact": "q", "base": YES_NO},
            },
            ["y"],
        ),
        # a question that no rule reads tells nothing
        ({"x": {"fact": "unread", "base": YES_NO}, "y": {"fact": "q", "base": YES_NO}}, ["y"]),
        # much cheaper beats a little better
        (
            {
                "x": {"fact": "p", "base": YES_NO, "cost": 600},
                "y": {"fact": "q", "base": {"yes": 0.3, "no": 0.7}, "cost": 5},
            },
            ["y", "x"],
        ),
    ],
)
def test_the_best_question_comes_first(questions: dict[str, dict[str, object]], order: list[str]) -> None:
    known = base(TWO, questions)
    asked = ask(known)
    assert [question.id for question in asked] == order
    assert asked == ask(known)
    assert all(question.gain >= 0.03 for question in asked)


QUESTIONS = {"p": {"fact": "p", "base": YES_NO}, "q": {"fact": "q", "base": YES_NO}}


def test_what_is_known_or_not_known_to_the_user_is_not_asked() -> None:
    known = base(TWO, QUESTIONS)
    assert [q.id for q in ask(known)] == ["p", "q"]
    assert [q.id for q in ask(known, Facts(facts((SITE, {"p": "no"}))))] == ["q"]
    assert [q.id for q in ask(known, declined={("p", SITE)})] == ["q"]
    assert ask(known, declined={("p", SITE), ("q", SITE)}) == ()
    assert [q.id for q in ask(known, declined={("p", C1)})] == ["p", "q"]


@pytest.mark.parametrize(
    ("strengths", "symptoms", "asked"),
    [
        (["decisive"], [], []),  # concluded, and far ahead
        (["strong"], [], ["p", "q"]),  # concluded, but not sure enough
        (["strong", "strong"], [], []),  # two pieces of evidence
        ([], ["s"], ["p", "q"]),  # far ahead by the symptom alone: nothing was concluded
    ],
)
def test_questions_end_when_a_rule_has_settled_it(strengths: list[str], symptoms: list[str], asked: list[str]) -> None:
    rules = [rule(f"c{n}", "C", {"x": "1"}, strength=strength) for n, strength in enumerate(strengths)]
    rare = [diagnosis(key, frequency="rare") for key in "AB"]
    known = base([*TWO, *rules], QUESTIONS, [*rare, diagnosis("C")], {"s": ["C"]})
    if asked:  # let the others matter enough to be asked about
        known = base([*TWO, *rules], QUESTIONS, [diagnosis("A"), diagnosis("B"), diagnosis("C")], {"s": ["C"]})
    questions = ask(known, Facts(facts((C1, {"x": "1"}))), symptoms=symptoms)
    assert [question.id for question in questions] == asked


def test_a_prior_alone_settles_nothing() -> None:
    rules = [rule("b", "B", {"p": "yes"}, about="site", against=[{"diagnosis": "C", "strength": "strong"}])]
    known = base(rules, {"p": QUESTIONS["p"]}, [diagnosis("B", frequency="occasional"), diagnosis("C")], {"s": ["C"]})
    result = run(known, symptoms=["s"])
    assert result.candidates[0].probability > 0.85
    assert not result.candidates[0].concluded
    assert result.questions


def test_the_simulated_answer_is_what_really_follows() -> None:
    known = base(
        [*TWO, told("both", "C", {"p": "yes", "q": "yes"}, "decisive")],
        QUESTIONS,
        [
            *(diagnosis(key) for key in "AB"),
            diagnosis("C", requires=[{"fact": "q", "is": "yes"}]),
            diagnosis("E", requires=[{"fact": "p", "is": "no"}], frequency="occasional"),
        ],
    )
    checked = 0
    before: dict[str, str]
    for before in ({}, {"p": "yes"}, {"p": "no"}, {"q": "yes"}, {"q": "no"}):
        held = facts((SITE, before), source=FactSource.TOLD)
        for question in ask(known, Facts(held)):
            for value, split in question.split.items():
                after = [*held, *facts((SITE, {question.fact: value}), source=FactSource.TOLD)]
                for candidate in run(known, Facts(after)).candidates:
                    shown = dict(split)[candidate.diagnosis]
                    assert isclose(shown, candidate.probability, abs_tol=1e-4), (before, question.id, value)
                    checked += 1
    assert checked > 10


def test_an_answer_weighs_as_strong_at_most_in_the_simulation() -> None:
    splits = []
    for strength in ("decisive", "strong"):
        known = base([told("a", "A", {"p": "yes"}, strength)], {"p": QUESTIONS["p"]}, [diagnosis("A"), diagnosis("B")])
        splits.append(ask(known)[0].split)
    assert splits[0] == splits[1]


def test_questions_about_other_subjects_are_asked_of_each() -> None:
    files = [Subject(SubjectKind.FILE, name) for name in ("a.pem", "b.pem", "c.pem")]
    known = base(
        [rule("u", "U", {"form": "der", "purpose": "upload"}, about="file")],
        {"purpose": {"fact": "purpose", "base": {"upload": 0.5, "evidence": 0.5}}},
        about="file",
    )
    held = Facts(
        [
            *facts((files[0], {"form": "der"}), (files[1], {"form": "pem"})),
            *facts((files[2], {"form": "der", "purpose": "evidence"})),
        ]
    )
    assert [(q.id, q.subject) for q in ask(known, held)] == [("purpose", files[0])]
    assert ask(known) == ()


def test_a_rule_that_fired_already_tells_nothing_more() -> None:
    """The same rule on another subject counts once, so asking about that one is no use."""
    files = [Subject(SubjectKind.FILE, name) for name in ("a.pem", "b.pem")]
    known = base(
        [rule("u", "U", {"form": "der", "purpose": "upload"}, about="file", strength="moderate")],
        {"purpose": {"fact": "purpose", "base": {"upload": 0.5, "evidence": 0.5}}},
        [diagnosis("U"), diagnosis("V")],
        about="file",
    )
    held = facts((files[0], {"form": "der"}), (files[1], {"form": "der"}))
    assert {q.subject for q in ask(known, Facts(held))} == set(files)
    assert ask(known, Facts([*held, *facts((files[0], {"purpose": "upload"}))])) == ()


def test_only_the_best_dozen_is_offered() -> None:
    known = base(
        [rule("u", "U", {"form": "der", "purpose": "upload"}, about="file")],
        {"purpose": {"fact": "purpose", "base": {"upload": 0.5, "evidence": 0.5}}},
        about="file",
    )
    files = [Subject(SubjectKind.FILE, f"{n:02}.pem") for n in range(20)]
    held = Facts(facts(*((file, {"form": "der"}) for file in files)))
    assert [q.subject for q in ask(known, held)] == files[:12]

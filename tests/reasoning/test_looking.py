"""Evidence that could be had, among the questions."""

from __future__ import annotations

from math import isclose, log2

from certdoctor.facts.model import Facts, FactSource, SubjectKind
from certdoctor.knowledge.model import Knowledge
from certdoctor.reasoning.conclude import reason
from certdoctor.reasoning.findings import Question
from certdoctor.reasoning.looking import NOTHING, SHOWN, SURELY, Lacking
from certdoctor.reasoning.ranking import UNLISTED
from tests.knowledge.small import diagnosis, knowledge, rule
from tests.reasoning.making import SITE, Plain, facts, node, side

C1 = side("c1")
BOX = node("box")
RULES = [
    rule("a", "A", {"x": "1", "y": "1"}, strength="decisive"),
    rule("b", "B", {"x": "2"}, strength="strong"),
    rule("w", "W", {"x": "3"}, strength="weak"),
]
KNOWN = knowledge(RULES, [diagnosis(key) for key in "ABW"])


def wanted(pieces: int = 1, cost: int = 300) -> Lacking:
    return Lacking("archive", BOX, cost, {C1: pieces})


def ask(known: Knowledge, held: Facts, *lacking: Lacking, **more: object) -> tuple[Question, ...]:
    return reason(held, known, Plain(known), lacking=lacking, **more).questions  # type: ignore[arg-type]


def test_what_it_may_show_is_what_rules_can_still_conclude_from_observation() -> None:
    (question,) = ask(KNOWN, Facts(facts((C1, {"y": "1"}))), wanted())
    assert (question.id, question.fact, question.subject) == ("evidence.archive", "evidence.archive", BOX)
    assert {key for key, _ in question.split[SHOWN]} == {"A", "B"}  # a weak rule decides nothing
    (question,) = ask(KNOWN, Facts(facts((C1, {"y": "2"}))), wanted())
    assert {key for key, _ in question.split[SHOWN]} == {"B"}  # A is known to be otherwise
    assert question.split[NOTHING][0][0] in ("A", "W")


def test_its_worth_is_what_it_leaves_open() -> None:
    (question,) = ask(KNOWN, Facts(facts((C1, {"y": "2"}))), wanted())
    rest = 10 ** (UNLISTED / 10)
    p = {"A": 1.0, "B": 1.0, "W": 1.0, "": rest}
    total = sum(p.values())
    p = {key: value / total for key, value in p.items()}
    nothing = {**p, "B": p["B"] * (1 - SURELY)}
    left = sum(nothing.values())
    entropy = -sum(v * log2(v) for v in p.values())
    after = -sum(v / left * log2(v / left) for v in nothing.values())
    assert isclose(question.gain, entropy - left * after, abs_tol=1e-5)


def test_of_two_missing_pieces_one_alone_tells_less() -> None:
    held = Facts(facts((C1, {"y": "1"})))
    one, two = ask(KNOWN, held, wanted(1))[0], ask(KNOWN, held, wanted(2))[0]
    assert one.gain > two.gain > 0


def test_what_cannot_be_had_and_what_tells_nothing_is_not_asked_for() -> None:
    held = Facts(facts((C1, {"y": "1"})))
    assert ask(KNOWN, held, wanted(), declined=[("evidence.archive", BOX)]) == ()
    assert ask(KNOWN, Facts(facts((C1, {"y": "2", "x": "4"}))), wanted()) == ()


def test_a_kind_of_subject_that_is_not_known_yet_may_be_shown_too() -> None:
    archive = Lacking("archive", SITE, 300, {}, {SubjectKind.CONNECTION: 1})
    (question,) = ask(KNOWN, Facts(), archive)
    assert {key for key, _ in question.split[SHOWN]} == {"A", "B"}


def test_it_competes_by_its_cost() -> None:
    known = knowledge(
        [*RULES, rule("q", "A", {"p": "yes"}, about="site")],
        [diagnosis(key) for key in "ABW"],
        questions={"p": {"fact": "p", "base": {"yes": 0.5, "no": 0.5}, "cost": 10}},
    )
    held = Facts(facts((C1, {"y": "1"})))
    assert [q.id for q in ask(known, held, wanted(cost=900))] == ["p", "evidence.archive"]
    assert [q.id for q in ask(known, held, wanted(cost=5))] == ["evidence.archive", "p"]


def test_causes_that_explain_everything_end_the_questions_and_others_do_not() -> None:
    known = knowledge(
        [*RULES, rule("q", "W", {"p": "yes"}, about="site")],
        [diagnosis("A"), diagnosis("B"), diagnosis("W")],
        questions={"p": {"fact": "p", "base": {"yes": 0.5, "no": 0.5}}},
        symptoms={"of-a": ["A"], "of-w": ["W", "B"]},
    )
    held = Facts(facts((C1, {"x": "1", "y": "1"})))
    assert ask(known, held) == ()
    assert ask(known, held, symptoms=["of-a"]) == ()
    assert [q.id for q in ask(known, held, symptoms=["of-w"])] == ["p"]
    assert "A" not in dict(ask(known, held, symptoms=["of-w"])[0].split["yes"])  # what was found is no hypothesis
    assert ask(known, held, refused=[C1]) == ()
    assert [q.id for q in ask(known, held, refused=[side("c2")])] == ["p"]
    told = Facts([*held, *facts((SITE, {"p": "no"}), source=FactSource.TOLD)])
    assert ask(known, told, symptoms=["of-w"]) == ()


def test_a_harmless_finding_alone_does_not_end_the_search() -> None:
    for severity, asked in (("low", ["evidence.archive"]), ("high", [])):
        known = knowledge(RULES, [diagnosis("A", severity=severity), diagnosis("B"), diagnosis("W")])
        held = Facts(facts((C1, {"x": "1", "y": "1"})))
        archive = Lacking("archive", BOX, 300, {side("c2"): 1})
        assert [q.id for q in ask(known, held, archive)] == asked

"""Findings: agreed on by engine and proof, folded under their causes, merged, ranked."""

from __future__ import annotations

import random
from collections.abc import Mapping

import pytest

from certdoctor.facts.model import Fact, Facts, FactSource, Subject, SubjectKind
from certdoctor.knowledge.forms import RuleForm
from certdoctor.knowledge.model import Diagnosis, Knowledge
from certdoctor.reasoning.conclude import reason
from certdoctor.reasoning.engine import Engine, EngineFailed, EngineUnavailable
from certdoctor.reasoning.findings import Reasoned
from tests.knowledge.small import diagnosis, knowledge, rule
from tests.reasoning.making import SITE, Plain, facts, node, side

C1, C2, C3 = side("c1"), side("c2"), side("c3")
FILE = Subject(SubjectKind.FILE, "f.pem")
CERTIFICATE = Subject(SubjectKind.CERTIFICATE, "abc")


def one_rule_each(diagnoses: list[Diagnosis], **more: Mapping[str, object]) -> list[RuleForm]:
    """Return for each diagnosis a rule per kind of subject, true where the fact of its id is "yes"."""
    return [
        rule(f"{entry.form.id}-{kind}", entry.form.id, {f"{kind}.{entry.form.id}": "yes"}, about=kind, **kwargs)
        for entry in diagnoses
        for kind in ("connection", "node", "site", "file", "certificate")
        for kwargs in (more.get(entry.form.id, {}),)
    ]


def seen(subject: Subject, *names: str, source: FactSource = FactSource.OBSERVED, **bindings: str) -> list[Fact]:
    """Return facts that make the rules of these diagnoses true."""
    return facts((subject, {f"{subject.kind}.{name}": "yes" for name in names}), bindings=bindings, source=source)


def concluded(known: Knowledge, held: list[Fact], **more: object) -> Reasoned:
    return reason(Facts(held), known, Plain(known), **more)  # type: ignore[arg-type]


def shape(result: Reasoned) -> tuple[list[str], list[str]]:
    """Return the findings as "diagnosis connections" and the folded ones as "diagnosis connections < cause"."""
    standing = [" ".join((f.diagnosis, *f.connections)) for f in result.findings]
    folded = [" ".join((f.finding.diagnosis, *f.finding.connections, "<", f.under)) for f in result.folded]
    return standing, folded


# --- engine and proof ---


def test_only_what_engine_and_proof_agree_on_is_concluded() -> None:
    rules = [rule("a", "A", {"x": "1"}), rule("b", "B", {"x": "1"}), rule("c", "C", {"x": "2"})]
    known = knowledge(rules)
    held = Facts(facts((C1, {"x": "1"})))
    assert [f.diagnosis for f in reason(held, known, Plain(known)).findings] == ["A", "B"]
    result = reason(held, known, Plain(known, also=[(C1, "c")], without=[(C1, "b")]))
    assert [f.diagnosis for f in result.findings] == ["A"]
    assert result.disagreements == (
        "connection:c1/server: the engine concludes c, which cannot be proven",
        "connection:c1/server: b is proven, but the engine does not conclude it",
    )
    assert result.notices == ()


def test_the_real_engine_agrees() -> None:
    rules = [rule("a", "A", {"x": ["1", "2"], "y": "1"}), rule("b", "B", {"x": "1"})]
    known = knowledge(rules)
    with Engine(known) as engine:
        result = reason(Facts(facts((C1, {"x": "1"}), (C2, {"x": "2", "y": "1"}))), known, engine)
    assert {(f.diagnosis, f.subject) for f in result.findings} == {("A", C2), ("B", C1)}
    assert result.disagreements == ()


def test_without_the_engine_the_evaluator_concludes_and_that_is_said() -> None:
    known = knowledge([rule("a", "A", {"x": "1"})])
    held = Facts(facts((C1, {"x": "1"})))
    missing = reason(held, known, Plain(known, EngineUnavailable("No engine here.")))
    assert [f.diagnosis for f in missing.findings] == ["A"]
    assert missing.notices == ("No engine here. All conclusions come from the plain evaluator.",)
    assert missing.disagreements == ()
    failed = reason(held, known, Plain(known, EngineFailed("It failed twice.")))
    assert [f.diagnosis for f in failed.findings] == ["A"]
    assert failed.disagreements == ("It failed twice. All conclusions come from the plain evaluator.",)


# --- one finding per diagnosis and subject ---


@pytest.mark.parametrize(
    ("strength", "sources", "expected", "told"),
    [
        ("decisive", ["observed", "observed"], "decisive", False),
        ("decisive", ["observed", "log"], "decisive", False),
        ("decisive", ["observed", "told"], "strong", True),
        ("decisive", ["told", "told"], "strong", True),
        ("strong", ["told", "observed"], "strong", True),
        ("moderate", ["told", "observed"], "moderate", True),
    ],
)
def test_an_answer_is_never_decisive(strength: str, sources: list[str], expected: str, told: bool) -> None:
    known = knowledge([rule("a", "A", {"x": "1", "y": "1"}, strength=strength)])
    held = [Fact(key, C1, "1", FactSource(source)) for key, source in zip("xy", sources, strict=True)]
    (finding,) = concluded(known, held).findings
    assert (finding.strength, finding.told) == (expected, told)


def test_all_rules_of_a_diagnosis_make_one_finding() -> None:
    entry = diagnosis("A", params=["leaf", "name", "list"])
    rules = [
        rule("weak", "A", {"x": "1"}, strength="weak", bind={"x": ["leaf", "list"]}),
        rule("told", "A", {"z": "1"}, strength="decisive", bind={"z": ["leaf"]}),
        rule("good", "A", {"y": "1"}, strength="strong", bind={"y": ["leaf", "name"]}),
    ]
    held = [
        Fact("x", C1, "1", bindings={"leaf": "weak leaf", "list": "list"}),
        Fact("y", C1, "1", bindings={"leaf": "good leaf", "name": "name"}),
        Fact("z", C1, "1", FactSource.TOLD, bindings={"leaf": "told leaf"}),
    ]
    (finding,) = concluded(knowledge(rules, [entry]), held).findings
    assert finding.strength == "strong"
    assert finding.rules == ("good", "told", "weak")
    assert not finding.told  # the observed rule is as strong
    assert finding.params == {"leaf": "good leaf", "name": "name", "list": "list", "connections": "c1"}
    assert [fact.id for fact in finding.proof] == ["y", "z", "x"]


# --- folding ---

A_EXPLAINS_B = [diagnosis("A", explains=["B"]), diagnosis("B")]
CHAIN = [diagnosis("A", explains=["B"]), diagnosis("B", supersedes=["C"]), diagnosis("C")]
RING = [
    diagnosis("A", explains=["B"], severity="medium"),
    diagnosis("B", explains=["C"], severity="critical"),
    diagnosis("C", explains=["A"], severity="high"),
]

FOLDING: list[tuple[str, list[Diagnosis], list[Fact], list[str], list[str]]] = [
    ("same side", A_EXPLAINS_B, [*seen(C1, "A", "B")], ["A c1"], ["B c1 < A"]),
    ("other connection", A_EXPLAINS_B, [*seen(C1, "A"), *seen(C2, "B")], ["A c1", "B c2"], []),
    ("other side", A_EXPLAINS_B, [*seen(C1, "A"), *seen(side("c1", "client"), "B")], ["A c1", "B c1"], []),
    ("partly", A_EXPLAINS_B, [*seen(C1, "A", "B"), *seen(C2, "B")], ["A c1", "B c2"], ["B c1 < A"]),
    ("supersedes", [diagnosis("A", supersedes=["B"]), diagnosis("B")], seen(C1, "A", "B"), ["A c1"], ["B c1 < A"]),
    ("to the top", CHAIN, seen(C1, "A", "B", "C"), ["A c1"], ["B c1 < A", "C c1 < A"]),
    ("not across a gap", CHAIN, seen(C1, "A", "C"), ["A c1", "C c1"], []),
    ("part of a chain", CHAIN, [*seen(C1, "A", "B", "C"), *seen(C2, "B", "C")], ["A c1", "B c2"],
     ["B c1 < A", "C c1 < A", "C c2 < B"]),
    ("a ring goes to the worst", RING, seen(C1, "A", "B", "C"), ["B c1"], ["A c1 < B", "C c1 < B"]),
    ("a ring with a gap", RING, seen(C1, "A", "C"), ["C c1"], ["A c1 < C"]),
    ("two of one another", [diagnosis("A", explains=["B"]), diagnosis("B", explains=["A"])], seen(C1, "A", "B"),
     ["A c1"], ["B c1 < A"]),
    ("a node covers its sides", A_EXPLAINS_B, [*seen(node("n"), "A"), *seen(C1, "B"), *seen(C3, "B")],
     ["A c1 c2", "B c3"], ["B c1 < A"]),
    ("a side does not cover its node", A_EXPLAINS_B, [*seen(C1, "A"), *seen(node("n"), "B")],
     ["A c1", "B c1 c2"], []),
    ("the site covers all", A_EXPLAINS_B, [*seen(SITE, "A"), *seen(C1, "B"), *seen(FILE, "B")],
     ["A"], ["B < A", "B c1 < A"]),
    ("the site is covered by none", A_EXPLAINS_B, [*seen(C1, "A"), *seen(SITE, "B")], ["A c1", "B"], []),
    ("a certificate covers its sides", A_EXPLAINS_B, [*seen(CERTIFICATE, "A"), *seen(C1, "B")],
     ["A c1"], ["B c1 < A"]),
    ("a file of no connection: itself", A_EXPLAINS_B, seen(FILE, "A", "B"), ["A"], ["B < A"]),
    ("a file of no connection: not another", A_EXPLAINS_B,
     [*seen(FILE, "A"), *seen(Subject(SubjectKind.FILE, "g.pem"), "B")], ["A", "B"], []),
    ("a file of no connection: its node", A_EXPLAINS_B, [*seen(FILE, "A", node="n"), *seen(node("n"), "B", node="n")],
     ["A", "B c1 c2"][:1], ["B c1 c2 < A"]),
]  # fmt: skip

AFFECTED = {
    node("n"): frozenset({C1, C2}),
    CERTIFICATE: frozenset({C1}),
    SITE: frozenset({C1, C2, C3}),
}


@pytest.mark.parametrize(
    ("diagnoses", "held", "standing", "folded"), [case[1:] for case in FOLDING], ids=[case[0] for case in FOLDING]
)
def test_consequences_are_folded(
    diagnoses: list[Diagnosis], held: list[Fact], standing: list[str], folded: list[str]
) -> None:
    known = knowledge(one_rule_each(diagnoses), diagnoses)
    result = concluded(known, held, affected=AFFECTED)
    found = shape(result)
    assert (sorted(found[0]), sorted(found[1])) == (sorted(standing), sorted(folded))
    shuffled = random.Random(1).sample(held, len(held))
    assert shape(concluded(known, shuffled, affected=AFFECTED)) == found


@pytest.mark.parametrize(
    ("cause", "consequence", "folded"),
    [
        ("decisive", "decisive", True),
        ("decisive", "weak", True),
        ("strong", "strong", True),
        ("strong", "decisive", False),
        ("weak", "moderate", False),
    ],
)
def test_a_guess_does_not_hide_what_is_certain(cause: str, consequence: str, folded: bool) -> None:
    rules = one_rule_each(A_EXPLAINS_B, A={"strength": cause}, B={"strength": consequence})
    result = concluded(knowledge(rules, A_EXPLAINS_B), seen(C1, "A", "B"))
    assert bool(result.folded) is folded
    assert len(result.findings) == (1 if folded else 2)


# --- merging ---


def test_the_same_fault_in_several_places_is_one_finding() -> None:
    entry = diagnosis("A", params=["leaf", "verifier"], merge_by=["leaf"], fix=[
        {"id": "one", "role": "admin", "on": "verifier"}, {"id": "two", "role": "admin", "on": "presenter"}
    ])  # fmt: skip
    rules = [
        rule("strong", "A", {"x": "1"}, strength="strong", bind={"x": ["leaf", "verifier"]}),
        rule("decisive", "A", {"y": "1"}, bind={"y": ["leaf", "verifier"]}),
    ]

    def at(subject: Subject, fact: str, leaf: str, verifier: str) -> Fact:
        words = {"leaf": leaf, "verifier": verifier, "presenter": "expe1", "connection": f"{subject.id} → x"}
        return Fact(fact, subject, "1", bindings=words)

    held = [at(C1, "x", "L", "expc1"), at(C2, "y", "L", "expc2"), at(C3, "y", "M", "expc3")]
    first, second = concluded(knowledge(rules, [entry]), held).findings
    assert first.params == {"leaf": "L", "verifier": "expc2", "connections": "c1 → x, c2 → x"}
    assert first.connections == ("c1", "c2")
    assert first.subject == C2
    assert first.strength == "decisive"
    assert first.rules == ("decisive", "strong")
    assert first.nodes == ("expc2", "expe1", "expc1")
    assert second.connections == ("c3",)


@pytest.mark.parametrize(
    ("merge_by", "findings"),
    [([], 3), (["leaf"], 2), (["missing"], 3), (["leaf", "list"], 3), (["leaf", "missing"], 2)],
)
def test_findings_merge_by_values_that_are_known(merge_by: list[str], findings: int) -> None:
    entry = diagnosis("A", params=["leaf", "list", "missing"], merge_by=merge_by)
    rules = [rule("a", "A", {"x": "1"}, bind={"x": ["leaf", "list", "missing"]})]
    held = [
        Fact("x", subject, "1", bindings={"leaf": leaf, "list": trust})
        for subject, leaf, trust in ((C1, "L", "1"), (C2, "L", "2"), (C3, "M", "2"))
    ]
    assert len(concluded(knowledge(rules, [entry]), held).findings) == findings


def test_merged_causes_cover_together() -> None:
    entries = [
        diagnosis("A", params=["ca"], merge_by=["ca"], explains=["B"]),
        diagnosis("B", params=["node"], merge_by=["node"]),
    ]
    rules = [
        rule("a", "A", {"x": "1"}, bind={"x": ["ca"]}),
        rule("b", "B", {"n": "1"}, about="node", bind={"n": ["node"]}),
    ]
    held = [
        *(Fact("x", subject, "1", bindings={"ca": "CA"}) for subject in (C1, C2)),
        Fact("n", node("n"), "1", bindings={"node": "n"}),
    ]
    affected = {node("n"): frozenset({C1, C2})}
    result = concluded(knowledge(rules, entries), held, affected=affected)
    assert shape(result) == (["A c1 c2"], ["B c1 c2 < A"])


# --- the nodes that act ---


@pytest.mark.parametrize(
    ("steps", "roles", "nodes"),
    [
        (["verifier"], {}, ("v",)),
        (["presenter", "verifier", "presenter"], {}, ("p", "v")),
        (["ca", "verifier"], {}, ("v",)),
        (["ca"], {}, ("p",)),
        (["cucm"], {"presenter.role": "expressway-c", "verifier.role": "cucm"}, ("v",)),
        (["expressway"], {"presenter.role": "expressway-c", "verifier.role": "cucm"}, ("p",)),
        (["expressway"], {"presenter.role": "expressway-c", "verifier.role": "expressway-e"}, ("p",)),
        (["cucm", "client"], {"presenter.role": "expressway-c"}, ("p",)),
    ],
)
def test_the_fix_names_its_nodes(steps: list[str], roles: dict[str, str], nodes: tuple[str, ...]) -> None:
    entry = diagnosis("A", fix=[{"id": f"s{n}", "role": "admin", "on": on} for n, on in enumerate(steps)])
    known = knowledge([rule("a", "A", {"x": "1"})], [entry])
    held = facts((C1, {"x": "1", **roles}), bindings={"presenter": "p", "verifier": "v"})
    (finding,) = concluded(known, held).findings
    assert finding.nodes == nodes


# --- rank ---


def test_rank_is_by_strength_severity_reach_frequency_and_id() -> None:
    shared = {"params": ["leaf"], "merge_by": ["leaf"]}
    entries = [
        diagnosis("low", severity="low"),
        diagnosis("rare", frequency="rare"),
        diagnosis("b"),
        diagnosis("a"),
        diagnosis("wide", frequency="rare", **shared),
        diagnosis("critical-guess", severity="critical"),
    ]
    rules = [
        rule(
            entry.form.id,
            entry.form.id,
            {f"connection.{entry.form.id}": "yes"},
            strength="weak" if entry.form.id == "critical-guess" else "decisive",
            bind={"connection.wide": ["leaf"]} if entry.form.id == "wide" else {},
        )
        for entry in entries
    ]
    held = [*seen(C1, "low", "rare", "b", "a", "wide", "critical-guess", leaf="L"), *seen(C2, "wide", leaf="L")]
    known = knowledge(rules, entries)
    expected = ["wide c1 c2", "a c1", "b c1", "rare c1", "low c1", "critical-guess c1"]
    for seed in range(5):
        assert shape(concluded(known, random.Random(seed).sample(held, len(held))))[0] == expected


def test_what_speaks_against_a_finding_moves_it_back() -> None:
    rules = [
        rule("a", "A", {"x": "1"}, strength="strong"),
        rule("b", "B", {"x": "1"}, strength="strong"),
        rule("c", "C", {"x": "1"}, strength="weak", against=[{"diagnosis": "A", "strength": "moderate"}]),
    ]
    assert shape(concluded(knowledge(rules), facts((C1, {"x": "1"}))))[0] == ["B c1", "A c1", "C c1"]


def test_large_sites_fold_in_time() -> None:
    entries = [
        diagnosis("A", params=["ca"], merge_by=["ca"], explains=["B", "C"]),
        diagnosis("B", params=["ca"], merge_by=["ca"], explains=["C"]),
        diagnosis("C"),
    ]
    rules = [
        rule(f"{key}", key, {f"connection.{key}": "yes"}, bind={f"connection.{key}": ["ca"]} if key != "C" else {})
        for key in "ABC"
    ]
    held = [fact for n in range(300) for fact in seen(side(f"c{n:03}"), "A", "B", "C", ca=f"CA {n % 3}")]
    result = concluded(knowledge(rules, entries), held)
    assert len(result.findings) == 3
    assert {f.under for f in result.folded} == {"A"}
    assert sum(len(f.finding.connections) for f in result.folded) == 600

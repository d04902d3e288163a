"""Consultations replayed: the facts of rule cases and example sites are hidden, then asked and looked for again.

Each is consulted with its observed facts hidden wholly, by half and not at all. Somebody who knows the case answers
what is asked, and gets the evidence that is wanted; what the case does not say is not known. Printed are the mean
number of steps (questions and requests for evidence), the minutes they take, and how many end right, undecided (with
the ranking's first right or not) and wrong; beside (a) the questions in the order of their files, evidence last, with
the same skipping and stopping. For the noise-free cases, where every step costs the same and each symptom's candidates
are told apart by their answers alone, the mean number of steps stands beside (b) the Huffman bound and the best tree.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from heapq import heapify, heappop, heappush
from itertools import count
from pathlib import Path
from statistics import fmean

import msgspec
from ruamel.yaml import YAML

from certdoctor.casework.examination import Examination
from certdoctor.casework.examine import conclude, observe_site
from certdoctor.casework.sites import description_of
from certdoctor.evidence.items import Evidence
from certdoctor.evidence.read import read_paths
from certdoctor.evidence.site import NodeDescription, SiteDescription
from certdoctor.facts.model import Fact, Facts, FactSource, Subject, SubjectKind
from certdoctor.knowledge.forms import QuestionForm
from certdoctor.knowledge.load import assemble, load_sheets
from certdoctor.knowledge.model import Knowledge
from certdoctor.reasoning.conclude import reason
from certdoctor.reasoning.engine import Engine
from certdoctor.reasoning.findings import Question, Reasoned
from certdoctor.reasoning.looking import EVIDENCE, Lacking
from certdoctor.reasoning.prove import Rulebook
from certdoctor.reasoning.ranking import PRIOR
from certdoctor.resources import folder

HIDDEN = ("wholly", "by half", "not at all")
SITE = Subject(SubjectKind.SITE, "site")
_SERIOUS = ("critical", "high", "medium")
_STEPS = 40  # more than any consultation may take

Choice = Callable[[Sequence[Question], Knowledge], Question]


@dataclass(frozen=True, slots=True)
class Case:
    """One positive case of a rule: what is so, and what all rules conclude from it."""

    name: str
    diagnosis: str
    subject: Subject
    facts: Mapping[str, str]
    expect: frozenset[str]
    symptom: str


@dataclass(slots=True)
class Ended:
    """How one consultation went."""

    name: str
    steps: int
    seconds: int
    outcome: str  # "right", "first", "undecided", "wrong"
    asked: list[str] = field(default_factory=list)


class Proof(Engine):
    """Concludes what the plain evaluator proves; `kb check` shows that the engine does the same."""

    def __init__(self, knowledge: Knowledge) -> None:
        super().__init__(knowledge)
        self._rulebook = Rulebook.of(knowledge)

    def start(self) -> None:
        """No worker."""

    def conclude(self, facts: Facts) -> dict[Subject, frozenset[str]]:
        """Return the rules that are true of each subject."""
        return {
            subject: frozenset(
                rule.id
                for rule in self._rulebook.true(
                    subject.kind.value, {key: fact.value for key, fact in facts.about(subject).items()}
                )
            )
            for subject in facts.subjects()
        }


def with_tests() -> Knowledge:
    """Return the knowledge with the tests of its rules."""
    return assemble(load_sheets(folder("rules"), folder("kb"))[0])[0]


# --- choosing ---


def best(questions: Sequence[Question], _knowledge: Knowledge) -> Question:
    """Choose what the product would ask."""
    return questions[0]


def in_file_order(questions: Sequence[Question], knowledge: Knowledge) -> Question:
    """Choose the first question of the files that is worth asking, and evidence only then."""
    order = {key: place for place, key in enumerate(knowledge.questions)}
    return min(questions, key=lambda q: (order.get(q.id, len(order)), q.id, q.subject))


# --- rule cases ---


def cases(knowledge: Knowledge) -> Iterator[Case]:
    """Yield every positive case of every rule in force."""
    rulebook = Rulebook.of(knowledge)
    for key, test in sorted(knowledge.tests.items()):
        rule = rulebook.rules.get(key)
        if rule is None:
            continue
        symptom = next((s for s, form in sorted(knowledge.symptoms.items()) if rule.diagnosis in form.candidates), "")
        for case in test.cases:
            if case.kind == "positive" and case.of is None:
                side = "server" if rule.about == "connection" else ""
                subject = SITE if rule.about == "site" else Subject(SubjectKind(rule.about), "it", side)
                expect = frozenset(case.expect)
                yield Case(f"{key}: {case.name}", rule.diagnosis, subject, case.facts, expect, symptom)


def only_told(fact: str, knowledge: Knowledge) -> bool:
    """Say whether a fact comes from people alone."""
    return knowledge.fact(fact).supplied == ["question"]


def wants(case: Case, hidden: Sequence[str]) -> tuple[Lacking, ...]:
    """Return the evidence that could be had, by what it is about; only one of them tells of the case."""
    kinds = {SubjectKind.FILE: 60, SubjectKind.CERTIFICATE: 120, SubjectKind.NODE: 300, SubjectKind.CONNECTION: 300,
             SubjectKind.LIST: 120, SubjectKind.CLUSTER: 300, SubjectKind.SITE: 300}  # fmt: skip
    known = {case.subject: 1} if hidden else {}
    return tuple(
        Lacking(kind.value, SITE, cost, known if kind == case.subject.kind else {}, {kind: 1})
        for kind, cost in kinds.items()
        if hidden or kind != case.subject.kind
    )


def answer_of(case: Case, question: Question, knowledge: Knowledge) -> str | None:
    """Return what somebody who knows the case answers; None where the case says nothing of it."""
    if question.subject == case.subject and question.fact in case.facts:
        return case.facts[question.fact]
    form = knowledge.questions[question.id]
    for premise in knowledge.diagnoses[case.diagnosis].form.requires:
        if premise.fact == question.fact:
            return max(premise.values, key=lambda value: form.base.get(value, 0.0))
    return None


def replay_case(case: Case, hide: str, knowledge: Knowledge, choose: Choice = best) -> Ended:
    """Consult about one rule case."""
    engine = Proof(knowledge)
    observable = sorted(fact for fact in case.facts if not only_told(fact, knowledge))
    hidden = {"wholly": observable, "by half": observable[1::2], "not at all": []}[hide]
    seen = [fact for fact in observable if fact not in hidden]
    facts = [Fact(fact, case.subject, case.facts[fact]) for fact in seen]
    declined: list[tuple[str, Subject]] = []
    ended = Ended(case.name, 0, 0, "undecided")
    while True:
        held = Facts(facts)
        reasoned = reason(held, knowledge, engine, [case.symptom] if case.symptom else [], declined=declined,
                          lacking=wants(case, hidden))  # fmt: skip
        if not reasoned.questions or ended.steps >= _STEPS:
            break
        question = choose(reasoned.questions, knowledge)
        ended.steps += 1
        ended.seconds += question.cost
        ended.asked.append(question.id)
        if held.get(question.subject, question.fact) is not None:
            raise AssertionError(f"{case.name}: {question.id} is known and was asked")
        if question.fact.startswith(EVIDENCE):
            declined.append((question.fact, question.subject))
            if question.fact == EVIDENCE + case.subject.kind.value:
                facts += [Fact(fact, case.subject, case.facts[fact]) for fact in hidden]
                hidden = []
            continue
        value = answer_of(case, question, knowledge)
        if value is None:
            declined.append((question.fact, question.subject))
        else:
            facts.append(Fact(question.fact, question.subject, value, FactSource.TOLD))
    ended.outcome = _outcome(reasoned, case, knowledge)
    return ended


def _outcome(reasoned: Reasoned, case: Case, knowledge: Knowledge) -> str:
    right = case.expect | {case.diagnosis}
    found = [f for f in reasoned.findings if f.strength == "decisive" and not f.told]
    everything = {f.diagnosis for f in reasoned.findings} | {f.finding.diagnosis for f in reasoned.folded}
    sure = [c.diagnosis for c in reasoned.candidates if c.concluded and c.probability >= 0.85]
    if any(f.diagnosis not in right and f.severity in _SERIOUS for f in found) or any(key not in right for key in sure):
        return "wrong"
    if case.diagnosis in everything:
        return "right"
    first = reasoned.candidates[0].diagnosis if reasoned.candidates else ""
    return "first" if first in right else "undecided"


# --- noise-free: told apart by their answers alone ---


@dataclass(frozen=True, slots=True)
class Bound:
    """Mean steps for one symptom: of the product, in file order, of the best tree, and the Huffman bound."""

    symptom: str
    classes: int
    product: float
    files: float
    tree: float
    huffman: float


def bounds(knowledge: Knowledge, of: Sequence[str] = ()) -> Iterator[Bound]:
    """Yield the noise-free comparison for each symptom with at least three candidates that can be told apart.

    Args:
        knowledge: with the tests of its rules.
        of: these symptoms only.
    """
    even = replace(
        knowledge,
        questions={key: _at_cost(form, 100) for key, form in knowledge.questions.items()},
    )
    by_diagnosis: dict[str, Case] = {}
    for case in cases(knowledge):
        by_diagnosis.setdefault(case.diagnosis, case)
    for symptom, form in sorted(knowledge.symptoms.items()):
        chosen = [replace(by_diagnosis[key], symptom=symptom) for key in form.candidates if key in by_diagnosis]
        signatures = {case.diagnosis: _signature(case, even) for case in chosen}
        classes: dict[tuple[str, ...], list[Case]] = {}
        for case in chosen:
            classes.setdefault(signatures[case.diagnosis], []).append(case)
        if len(classes) < 3 or (of and symptom not in of):
            continue
        weights = {key: sum(_prior(case, knowledge) for case in alike) for key, alike in classes.items()}
        total = sum(weights.values())
        weights = {key: weight / total for key, weight in weights.items()}
        inquiries = _inquiries(even)
        widest = max(len({key[place] for key in classes}) for place in range(len(inquiries)))
        mean = {
            choose.__name__: sum(
                weights[key] * _identified(alike[0], list(classes), even, choose) for key, alike in classes.items()
            )
            for choose in (best, in_file_order)
        }
        yield Bound(
            symptom, len(classes), mean["best"], mean["in_file_order"], _tree(weights), _huffman(weights, widest)
        )


def _at_cost(form: QuestionForm, seconds: int) -> QuestionForm:
    return msgspec.structs.replace(form, cost=seconds)


def _prior(case: Case, knowledge: Knowledge) -> float:
    return float(10 ** (PRIOR[knowledge.diagnoses[case.diagnosis].form.frequency] / 10))


def _inquiries(knowledge: Knowledge) -> list[str]:
    asked = [key for key, form in knowledge.questions.items() if knowledge.about.get(form.fact) == "site"]
    return [*asked, *(EVIDENCE + kind.value for kind in SubjectKind)]


def _signature(case: Case, knowledge: Knowledge) -> tuple[str, ...]:
    """Return what each inquiry answers in this case."""
    shown = not any(only_told(fact, knowledge) for fact in case.facts)
    answers = []
    for key in _inquiries(knowledge):
        if key.startswith(EVIDENCE):
            mine = shown and key == EVIDENCE + case.subject.kind.value
            answers.append(case.diagnosis if mine else "nothing")
        else:
            question = Question(key, knowledge.questions[key].fact, SITE, 0.0, 0)
            answers.append(answer_of(case, question, knowledge) or "not known")
    return tuple(answers)


def _identified(case: Case, classes: Sequence[tuple[str, ...]], knowledge: Knowledge, choose: Choice) -> int:
    """Return after how many steps only this case's class is left."""
    engine = Proof(knowledge)
    inquiries = _inquiries(knowledge)
    truth = _signature(case, knowledge)
    left = list(classes)
    facts: list[Fact] = []
    declined: list[tuple[str, Subject]] = []
    kinds = [Lacking(kind.value, SITE, 100, {}, {kind: 1}) for kind in SubjectKind]
    for step in count():
        if len(left) == 1 or step == _STEPS:
            return step
        reasoned = reason(Facts(facts), knowledge, engine, [case.symptom], declined=declined, lacking=kinds)
        splitting = [q for q in reasoned.questions if q.id in inquiries and _splits(left, inquiries.index(q.id))]
        if splitting:
            place = inquiries.index(choose(splitting, knowledge).id)
        else:  # nothing is worth asking for the product, though the classes differ still
            place = next(n for n in range(len(inquiries)) if _splits(left, n))
        key, value = inquiries[place], truth[place]
        left = [each for each in left if each[place] == value]
        if key.startswith(EVIDENCE) or value == "not known":
            declined.append((key if key.startswith(EVIDENCE) else knowledge.questions[key].fact, SITE))
        else:
            facts.append(Fact(knowledge.questions[key].fact, SITE, value, FactSource.TOLD))
    raise AssertionError("unreachable")


def _splits(classes: Sequence[tuple[str, ...]], place: int) -> bool:
    return len({each[place] for each in classes}) > 1


def _huffman(weights: Mapping[tuple[str, ...], float], letters: int) -> float:
    """Return the mean length of the shortest code with so many letters."""
    order = count()
    heap = [(weight, next(order)) for weight in weights.values()]
    while (len(heap) - 1) % (letters - 1):
        heap.append((0.0, next(order)))
    heapify(heap)
    mean = 0.0
    while len(heap) > 1:
        joined = sum(heappop(heap)[0] for _ in range(letters))
        mean += joined
        heappush(heap, (joined, next(order)))
    return mean


def _tree(weights: Mapping[tuple[str, ...], float]) -> float:
    """Return the mean number of steps of the best decision tree over these inquiries."""
    places = range(len(next(iter(weights))))

    @cache
    def mean(left: frozenset[tuple[str, ...]]) -> float:
        if len(left) == 1:
            return 0.0
        best_so_far = float("inf")
        for place in places:
            parts: dict[str, set[tuple[str, ...]]] = {}
            for each in left:
                parts.setdefault(each[place], set()).add(each)
            if len(parts) > 1:
                best_so_far = min(best_so_far, sum(mean(frozenset(part)) for part in parts.values()))
        return sum(weights[each] for each in left) + best_so_far

    return mean(frozenset(weights))


# --- example sites ---


def sites() -> Iterator[Path]:
    """Yield the folders of the worked example and of the evidence that CERTDOCTOR_EVIDENCE or its neighbour holds."""
    yield folder("kb") / "example" / "site"
    beside = Path(__file__).resolve().parents[2] / "shared" / "evidence"
    root = Path(os.environ.get("CERTDOCTOR_EVIDENCE", beside))
    yield from sorted(path.parent for path in root.glob("*/*/expected.yml")) if root.is_dir() else []


def replay_site(
    path: Path, hide: str, knowledge: Knowledge, engine: Engine, choose: Choice = best, now: datetime | None = None
) -> Ended | None:
    """Consult about a site with the documents of all, of every second or of none of its nodes hidden.

    Returns:
        None where there is nothing to hide: no node is described.
    """
    evidence = read_paths([path])
    description = description_of(evidence)
    nodes = [node.id for node in description.nodes]
    if not nodes:
        return None
    hidden = set({"wholly": nodes, "by half": nodes[1::2], "not at all": []}[hide])
    accepted, wanted = _expected(path, evidence, description, knowledge, engine)
    answers: list[tuple[str, str, str]] = []
    declined: list[tuple[str, str]] = []
    ended = Ended(path.name, 0, 0, "undecided")
    observed = observe_site(*_without(hidden, evidence, description), knowledge, now=now or datetime.now(UTC))
    while True:
        examination = conclude(observed, knowledge, engine, answers=answers, declined=declined)
        if not examination.questions or ended.steps >= _STEPS:
            break
        raw = choose(examination.next_questions, knowledge)
        ended.steps += 1
        ended.seconds += raw.cost
        ended.asked.append(raw.id)
        if examination.facts.get(raw.subject, raw.fact) is not None:
            raise AssertionError(f"{path.name}: {raw.id} is known and was asked")
        declined.append((raw.fact, str(raw.subject)))
        if raw.fact.startswith(EVIDENCE) and raw.subject.id in hidden:
            hidden.discard(raw.subject.id)
            observed = observe_site(*_without(hidden, evidence, description), knowledge, now=now or datetime.now(UTC))
    ended.outcome = _site_outcome(examination, accepted, wanted)
    return ended


def _without(hidden: set[str], evidence: Evidence, description: SiteDescription) -> tuple[Evidence, SiteDescription]:
    """Return the evidence without the documents of the hidden nodes, and the description without their places."""
    gone = {path for node in description.nodes if node.id in hidden for path in _paths(node)}
    kept = {path for node in description.nodes if node.id not in hidden for path in _paths(node)}
    documents = tuple(d for d in evidence.documents if d.origin.path not in gone - kept)
    nodes = tuple(_bare(node) if node.id in hidden else node for node in description.nodes)
    return replace(evidence, documents=documents), replace(description, nodes=nodes)


def _paths(node: NodeDescription) -> Iterator[str]:
    yield from (*node.identities.values(), *node.trust.values(), *node.logs)
    yield from (path for path in (node.xconf, node.csr, node.crl) if path is not None)


def _bare(node: NodeDescription) -> NodeDescription:
    return replace(node, identities={}, trust={}, logs=(), xconf=None, csr=None, crl=None)


def _expected(
    path: Path, evidence: Evidence, description: SiteDescription, knowledge: Knowledge, engine: Engine
) -> tuple[set[str], set[str]]:
    """Return what may be found and what is wanted first: as expected.yml says, else what all of it shows."""
    file = path / "expected.yml"
    if file.exists():
        expected = YAML(typ="safe").load(file.read_text(encoding="utf-8"))
        alike = {key for keys in (expected.get("equivalent") or {}).values() for key in keys}
        wanted = set(expected.get("diagnoses") or []) | alike
        return wanted | set(expected.get("also_ok") or []), wanted
    whole = conclude(observe_site(evidence, description, knowledge, now=datetime.now(UTC)), knowledge, engine)
    found = {finding.diagnosis for finding in (*whole.findings, *whole.folded)}
    return found, found


def _site_outcome(examination: Examination, accepted: set[str], wanted: set[str]) -> str:
    found = [f.diagnosis for f in examination.findings if f.strength == "decisive" and f.severity in _SERIOUS]
    if any(key not in accepted for key in found):
        return "wrong"
    if not wanted:
        return "right" if examination.verdict.value == "healthy" else "undecided"
    if wanted & {f.diagnosis for f in (*examination.findings, *examination.folded)}:
        return "right"
    first = examination.candidates[0].diagnosis if examination.candidates else ""
    return "first" if first in wanted else "undecided"


# --- printing ---


def main() -> None:
    """Print all comparisons."""
    knowledge = with_tests()
    _table("rule cases", lambda hide, choose: [replay_case(case, hide, knowledge, choose) for case in cases(knowledge)])
    with Engine(knowledge) as engine:
        _table(
            "sites",
            lambda hide, choose: [
                ended for path in sites() if (ended := replay_site(path, hide, knowledge, engine, choose)) is not None
            ],
        )
    found = list(bounds(knowledge))
    product, files, tree, huffman = (
        fmean(getattr(each, name) for each in found) for name in ("product", "files", "tree", "huffman")
    )
    print(f"noise-free, {len(found)} symptoms with {fmean(each.classes for each in found):.1f} classes on average:")
    print(f"   steps {product:.2f}, in file order {files:.2f}, best tree {tree:.2f}, Huffman bound {huffman:.2f}")
    print(f"   ratio to the best tree {product / tree:.2f}, to Huffman {product / huffman:.2f}")


def _table(name: str, run: Callable[[str, Choice], list[Ended]]) -> None:
    for hide in HIDDEN:
        for label, choose in (("", best), ("  in file order", in_file_order)):
            ended = run(hide, choose)
            share = {
                kind: sum(each.outcome == kind for each in ended) for kind in ("right", "first", "undecided", "wrong")
            }
            print(
                f"{name}, hidden {hide}{label}: {len(ended)} consulted, {fmean(e.steps for e in ended):.2f} steps, "
                f"{fmean(e.seconds for e in ended) / 60:.1f} min; "
                + ", ".join(f"{kind} {n / len(ended):.1%}" for kind, n in share.items())
            )
            wrong = [each.name for each in ended if each.outcome == "wrong"]
            if wrong:
                print("   WRONG: " + "; ".join(wrong[:10]))


if __name__ == "__main__":
    main()

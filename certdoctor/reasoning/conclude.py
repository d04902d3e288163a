"""From facts to findings: what the engine concludes and the plain evaluator proves."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from certdoctor.facts.model import Facts, Subject, SubjectKind
from certdoctor.knowledge.model import Knowledge
from certdoctor.reasoning.engine import Engine, EngineFailed, EngineUnavailable
from certdoctor.reasoning.findings import Conclusion, Finding, Folded, Question, Reasoned
from certdoctor.reasoning.folding import Affected, fold, instances
from certdoctor.reasoning.interview import Declined, next_questions
from certdoctor.reasoning.looking import Lacking
from certdoctor.reasoning.order import FREQUENCY, SEVERITY, STRENGTH
from certdoctor.reasoning.prove import Rulebook, prove_all
from certdoctor.reasoning.ranking import Scores, candidates, probabilities, score


def reason(
    facts: Facts,
    knowledge: Knowledge,
    engine: Engine,
    symptoms: Sequence[str] = (),
    affected: Affected | None = None,
    declined: Declined = (),
    refused: Collection[Subject] = (),
    lacking: Sequence[Lacking] = (),
) -> Reasoned:
    """Return everything that can be said about these facts.

    Args:
        facts: all that is known.
        knowledge: rules and diagnoses.
        engine: the rule engine for this knowledge.
        symptoms: ids of the reported symptoms.
        affected: for subjects other than connections, the connection sides that they touch.
        declined: (fact, subject) that the user does not know: not asked again.
        refused: the connection sides that are refused: each wants a cause.
        lacking: evidence that could be had.
    """
    affected = affected or {}
    rulebook = Rulebook.of(knowledge)
    proven = prove_all(facts, rulebook)
    conclusions, disagreements, notices = _agreed(facts, proven, engine)
    found = instances(conclusions, facts, knowledge, affected)
    standing, folded = fold(found, facts, knowledge, affected)
    scores = score(conclusions, facts, knowledge, symptoms)
    ends = _ends(facts)
    causes = [finding for finding in standing if finding.strength == "decisive" and not finding.told]
    settled = {
        finding.diagnosis for finding in (*causes, *(f.finding for f in folded if f.finding.strength == "decisive"))
    }
    asked: tuple[Question, ...] = ()
    # Without a complaint a harmless finding is no reason to stop looking.
    harmless = not symptoms and all(SEVERITY[finding.severity] > SEVERITY["medium"] for finding in causes)
    if harmless or _unexplained(causes, folded, symptoms, refused, knowledge):
        asked = next_questions(facts, knowledge, rulebook, scores, declined, settled, lacking)

    def order(finding: Finding) -> tuple[int, int, int, int, int, str, str]:
        form = knowledge.diagnoses[finding.diagnosis].form
        return (
            STRENGTH[finding.strength],
            SEVERITY[finding.severity],
            _against(scores, finding.diagnosis),
            # Several services between the same two nodes are one place.
            -len({ends.get(connection, (connection, "")) for connection in finding.connections}),
            FREQUENCY[form.frequency],
            finding.diagnosis,
            str(finding.subject),
        )

    return Reasoned(
        findings=tuple(sorted(standing, key=order)),
        folded=tuple(sorted(folded, key=lambda f: (f.under, order(f.finding)))),
        candidates=candidates(scores),
        questions=asked,
        disagreements=disagreements,
        notices=notices,
        unlisted=probabilities(scores.points)[1],
    )


def _unexplained(
    causes: Sequence[Finding],
    folded: Sequence[Folded],
    symptoms: Iterable[str],
    refused: Iterable[Subject],
    knowledge: Knowledge,
) -> bool:
    """Say whether the causes that were found leave a symptom or a refused connection side without an explanation.

    Where nothing was found, nothing is explained. A cause explains a symptom whose candidate it is, or whose candidate is a consequence of it.
    """
    if not causes:
        return True
    explained = {finding.diagnosis for finding in causes} | {f.finding.diagnosis for f in folded}
    for finding in causes:
        explained.update(knowledge.diagnoses[finding.diagnosis].form.explains)
    reported = (knowledge.symptoms[key].candidates for key in symptoms if key in knowledge.symptoms)
    if any(explained.isdisjoint(candidates) for candidates in reported):
        return True
    hit = {place for finding in (*causes, *(f.finding for f in folded)) for place in finding.hits}
    return any((side.id, side.side) not in hit for side in refused)


def _ends(facts: Facts) -> dict[str, tuple[str, str]]:
    """Return for each connection its client and server, as its facts name them."""
    return {
        subject.id: (fact.bindings["client"], fact.bindings["server"])
        for subject in facts.subjects(SubjectKind.CONNECTION)
        for fact in facts.about(subject).values()
        if "client" in fact.bindings and "server" in fact.bindings
    }


def _against(scores: Scores, diagnosis: str) -> int:
    return -sum(points for what, points in scores.reasons.get(diagnosis, ()) if what.startswith("against:"))


def _agreed(
    facts: Facts, proven: Mapping[Subject, Mapping[str, Conclusion]], engine: Engine
) -> tuple[list[Conclusion], tuple[str, ...], tuple[str, ...]]:
    """Return what engine and proof agree on, where they do not, and what the user must know."""
    everything = [conclusion for concluded in proven.values() for conclusion in concluded.values()]
    try:
        fired = engine.conclude(facts)
    except EngineUnavailable as missing:
        return everything, (), (f"{missing} All conclusions come from the plain evaluator.",)
    except EngineFailed as failed:
        return everything, (f"{failed} All conclusions come from the plain evaluator.",), ()
    agreed: list[Conclusion] = []
    disagreements: list[str] = []
    for subject, concluded in proven.items():
        engines = fired.get(subject, frozenset())
        agreed += [concluded[rule] for rule in sorted(engines & concluded.keys())]
        disagreements += [
            f"{subject}: the engine concludes {rule}, which cannot be proven"
            for rule in sorted(engines - concluded.keys())
        ]
        disagreements += [
            f"{subject}: {rule} is proven, but the engine does not conclude it"
            for rule in sorted(concluded.keys() - engines)
        ]
    return agreed, tuple(disagreements), ()

"""WHY a question is asked, HOW a diagnosis was reached, WHY NOT another, WHAT IF an answer were another: in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from certdoctor.casework import wording
from certdoctor.casework.examination import Examination, ProofLine, QuestionLine
from certdoctor.casework.examine import conclude
from certdoctor.errors import CertdoctorError
from certdoctor.knowledge.model import Knowledge
from certdoctor.language import N_, _
from certdoctor.reasoning.account import Account, Point, Unmet, account
from certdoctor.reasoning.engine import Engine
from certdoctor.reasoning.findings import Verdict
from certdoctor.reasoning.looking import NOTHING, SHOWN
from certdoctor.sentences import told_place

_VERDICT = {
    Verdict.CAUSE_FOUND: N_("cause found"),
    Verdict.DIFFERENTIAL: N_("several causes possible"),
    Verdict.HEALTHY: N_("no fault found"),
    Verdict.NOT_CHECKED: N_("nothing could be checked"),
}
_ROLE = {"observed": N_("seen"), "log": N_("log"), "told": N_("told by you")}

_PLACES = 3  # where a fact was seen, at most so many
_RULES = 3  # that did not fire, the nearest first

Answers = Sequence[tuple[str, str, str]]  # (fact, subject, value)
Unknown = Sequence[tuple[str, str]]  # (fact, subject)


@dataclass(frozen=True, slots=True)
class Leaning:
    """What one answer would make of the leading diagnoses: (diagnosis, title, probability), best first."""

    option: str
    leading: tuple[tuple[str, str, float], ...]


@dataclass(frozen=True, slots=True)
class ReasonLine:
    """One thing that speaks for or against a diagnosis, in decibans, with the premises that say so."""

    text: str
    decibans: int
    premises: tuple[ProofLine, ...] = ()


@dataclass(frozen=True, slots=True)
class LackLine:
    """What a rule that did not fire lacks: what is so instead, or what nobody knows."""

    rule: str
    subject: str  # "" where there is nothing that it could be about
    otherwise: tuple[ProofLine, ...]
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AccountLines:
    """How one diagnosis stands, and why."""

    diagnosis: str
    title: str
    score: int  # decibans
    probability: float
    concluded: bool  # by a rule
    pro: tuple[ReasonLine, ...]
    contra: tuple[ReasonLine, ...]
    lacks: tuple[LackLine, ...]


@dataclass(frozen=True, slots=True)
class Supposed:
    """Where another answer would lead: the verdict, the causes or the ranking then, and what would be asked next."""

    option: str
    given: bool  # it is the answer that stands
    verdict: str  # in words
    leading: tuple[tuple[str, str, float], ...]
    next: str  # text of the next question, "" for none


def why(examination: Examination, question: QuestionLine, knowledge: Knowledge) -> tuple[Leaning, ...]:
    """Return which diagnoses each answer to an open question would bring forward, and how far.

    For evidence the answers are what it may show, each with its chance, and that it shows none of these.
    """
    split = next(
        (q.split for q in examination.next_questions
         if (q.fact, str(q.subject)) == (question.fact, question.subject)),
        {},
    )  # fmt: skip
    options = question.options
    if question.evidence:
        options = ((SHOWN, _("it can show")), (NOTHING, _("it shows none of these")))
    titles = _Titles(knowledge, examination.lang)
    return tuple(
        Leaning(label, tuple((key, titles.of(key), chance) for key, chance in split.get(value, ())))
        for value, label in options
    )


def leading(examination: Examination) -> tuple[str, ...]:
    """Return the diagnoses that HOW and WHY NOT can be asked of: findings first, then the ranking, best first."""
    found = [finding.diagnosis for finding in (*examination.findings, *examination.folded)]
    return tuple(dict.fromkeys([*found, *(candidate.diagnosis for candidate in examination.candidates)]))


def how(examination: Examination, diagnosis: str, knowledge: Knowledge) -> AccountLines:
    """Return how a diagnosis stands: what speaks for it and against it, and what its other rules lack.

    Raises:
        CertdoctorError: there is no such diagnosis.
    """
    if diagnosis not in knowledge.diagnoses:
        raise CertdoctorError(_("There is no diagnosis {id}.").format(id=diagnosis))
    return _in_words(
        account(diagnosis, examination.facts, knowledge, examination.symptoms), knowledge, examination.lang
    )


def suppose(
    examination: Examination,
    question: QuestionLine,
    knowledge: Knowledge,
    engine: Engine,
    *,
    answers: Answers,
    unknown: Unknown = (),
    symptoms: Sequence[str] = (),
) -> tuple[Supposed, ...]:
    """Return where each answer to a question would lead, all other answers as they are.

    Args:
        examination: as it stands; it must have been made here.
        question: open or answered; evidence has no answers to suppose.
        knowledge: rules and texts.
        engine: the rule engine's worker.
        answers: (fact, subject, value) as they stand, besides those of the description.
        unknown: (fact, subject) that the person does not know.
        symptoms: symptom ids, besides those of the description.
    """
    observed = examination.observed
    if observed is None:
        return ()
    asked = question.fact, question.subject
    said = {fact: value for fact, value in observed.description.answers.items() if fact != question.fact}
    observed = replace(observed, description=replace(observed.description, answers=said))
    others = [answer for answer in answers if answer[:2] != asked]
    stands = next((value for fact, subject, value in answers if (fact, subject) == asked), None)
    titles = _Titles(knowledge, examination.lang)
    found = []
    for value, label in question.options:
        then = conclude(
            observed,
            knowledge,
            engine,
            lang=examination.lang,
            answers=[*others, (question.fact, question.subject, value)],
            symptoms=symptoms,
            declined=[each for each in unknown if each != asked],
        )
        chances = {candidate.diagnosis: candidate.probability for candidate in then.candidates}
        named = leading(then)[:3]
        found.append(
            Supposed(
                label,
                value == stands,
                _(_VERDICT[then.verdict]),
                tuple((key, titles.of(key), chances.get(key, 0.0)) for key in named),
                then.questions[0].text if then.questions else "",
            )
        )
    return tuple(found)


class _Titles:
    """Gives the titles of diagnoses, without what only a finding could fill in."""

    def __init__(self, knowledge: Knowledge, lang: str) -> None:
        self._knowledge, self._lang = knowledge, lang

    def of(self, diagnosis: str) -> str:
        return self._knowledge.diagnoses[diagnosis].text(self._lang).title


def _in_words(stands: Account, knowledge: Knowledge, lang: str) -> AccountLines:
    texts = wording.Texts(knowledge, lang)
    lines = [ReasonLine(_words(point, knowledge, lang), point.decibans, tuple(map(texts.proof, point.proof)))
             for point in stands.points]  # fmt: skip
    return AccountLines(
        diagnosis=stands.diagnosis,
        title=_Titles(knowledge, lang).of(stands.diagnosis),
        score=stands.score,
        probability=stands.probability,
        concluded=stands.concluded,
        pro=tuple(line for line in lines if line.decibans > 0),
        contra=tuple(line for line in lines if line.decibans < 0),
        lacks=tuple(_lack(unmet, knowledge, texts) for unmet in stands.unmet),
    )


def _words(point: Point, knowledge: Knowledge, lang: str) -> str:
    kind, _separator, name = point.what.partition(":")
    match kind:
        case "frequency":
            return {"rare": _("it is rare"), "occasional": _("it is not common")}.get(name, _("it is common"))
        case "symptom":
            text = knowledge.symptoms[name].text
            shown = text["de"] if lang == "de" and "de" in text else text["en"]
            return _("it fits the symptom: {title}").format(title=shown.title)
        case "rule":
            return _("rule {rule} fired").format(rule=name)
        case "against":
            return _("rule {rule} fired, which speaks against it").format(rule=name)
        case _:
            return _("what it needs is known to be otherwise")


def _lack(unmet: Unmet, knowledge: Knowledge, texts: wording.Texts) -> LackLine:
    return LackLine(
        unmet.rule,
        str(unmet.subject) if unmet.subject else "",
        tuple(texts.proof(fact) for _premise, fact in unmet.premises if fact is not None),
        tuple(_unknown(unmet, knowledge, texts)),
    )


def _unknown(unmet: Unmet, knowledge: Knowledge, texts: wording.Texts) -> Iterator[str]:
    for premise, fact in unmet.premises:
        if fact is None:
            yield texts.say(knowledge.fact(premise.fact).text)


def account_lines(stands: AccountLines, *, against: bool) -> Iterator[tuple[int, str]]:
    """Return an account as lines of text with their indent: HOW it was reached, or (`against`) WHY NOT.

    Names, files and places in it come from outside: clean them before they are shown.
    """
    title = _("Why not {id} {title}?") if against else _("How {id} {title} was reached")
    yield 0, title.format(id=stands.diagnosis, title=stands.title)
    chance = _("{probability:.0%} by {score} dB; {concluded}.")
    concluded = _("a rule concluded it") if stands.concluded else _("no rule concluded it")
    yield 1, chance.format(probability=stands.probability, score=f"{stands.score:+}", concluded=concluded)
    told = (
        [(stands.contra, _("Nothing speaks against it."))]
        if against
        else [(stands.pro, _("Nothing speaks for it yet."))]
    )
    for reasons, nothing in told:
        for reason in reasons:
            yield 1, f"{reason.decibans:+3} dB  {reason.text}"
            for premise in reason.premises:
                yield from _premise(premise)
        if not reasons:
            yield 1, nothing
    if against or not stands.concluded:
        nearest = sorted(stands.lacks, key=lambda lack: 2 * len(lack.otherwise) + len(lack.unknown))
        for lack in nearest[:_RULES]:
            yield 1, _("rule {rule} did not fire:").format(rule=lack.rule)
            for premise in lack.otherwise:
                yield from _premise(premise)
            for unknown in lack.unknown:
                yield 2, _("not known: {fact}").format(fact=unknown)
        if len(nearest) > _RULES:
            yield 1, _("and {n} more rules did not fire").format(n=len(nearest) - _RULES)


def _premise(premise: ProofLine) -> Iterator[tuple[int, str]]:
    yield 2, f"{premise.text} ({_(_ROLE[premise.source])})"
    for place in premise.seen[:_PLACES]:
        yield 3, told_place(place)

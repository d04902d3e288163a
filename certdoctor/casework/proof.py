"""Proof of a cure: each connection before and after, and what of the diagnoses' own proofs is shown, told or open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from certdoctor.casework.examination import Examination
from certdoctor.casework.wording import fill
from certdoctor.deployment.model import CLIENT, SERVER
from certdoctor.facts.model import Subject, SubjectKind
from certdoctor.knowledge.forms import VerifyStep
from certdoctor.knowledge.model import Knowledge
from certdoctor.store.records import ExaminationRecord, FindingRecord, StepRecord

_GOOD = ("accepted", "not_required")
_SERIOUS = ("critical", "high", "medium")


class State(StrEnum):
    """How far one verify step has come."""

    PROVEN = "proven"  # the evidence shows it
    TOLD = "told"  # somebody looked at the box and ticked it off
    OPEN = "open"  # nobody has shown it yet
    CONTRADICTED = "contradicted"  # the evidence shows the contrary


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a connection: how its certificate fared when the case was first examined, and now."""

    connection: str
    kind: str
    client: str
    server: str
    side: str  # whose certificate
    before: str
    after: str

    @property
    def cured(self) -> bool:
        """Whether it was no good before and is now."""
        return self.before not in _GOOD and self.after in _GOOD

    @property
    def worse(self) -> bool:
        """Whether it was good before and is not now."""
        return self.before in _GOOD and self.after not in _GOOD


@dataclass(frozen=True, slots=True)
class Verified:
    """One verify step of one finding of the case."""

    finding_key: str
    diagnosis: str
    title: str  # of the finding
    step: str
    text: str
    where: str
    state: State
    who: str = ""  # who ticked it off


@dataclass(frozen=True, slots=True)
class Proof:
    """What is proven of a case."""

    sides: tuple[Side, ...]  # that changed, or are refused
    verified: tuple[Verified, ...]
    remaining: tuple[str, ...]  # titles of findings that are still there

    @property
    def unproven(self) -> tuple[Verified, ...]:
        """What nobody has shown yet, or is shown to be otherwise."""
        return tuple(v for v in self.verified if v.state in (State.OPEN, State.CONTRADICTED))

    @property
    def complete(self) -> bool:
        """Whether all is shown, and no finding remains."""
        return bool(self.verified) and not self.unproven and not self.remaining


def prove(
    earlier: Sequence[ExaminationRecord],
    now: Examination,
    steps: Sequence[StepRecord],
    knowledge: Knowledge,
    lang: str,
) -> Proof:
    """Hold an examination against those that a case had before.

    Args:
        earlier: the stored examinations of the case, newest first.
        now: the site as it is examined now.
        steps: the last state of each step that was ticked.
        knowledge: has the verify steps and their words.
        lang: language of the words.
    """
    present = {f.key for f in (*now.findings, *now.folded)}
    ticked = {(s.finding_key, s.step): s.who for s in steps if s.done}
    found = _found(earlier)
    verified = [
        _verified(finding, step, now, finding.key in present, ticked, knowledge, lang)
        for finding in found.values()
        if finding.diagnosis in knowledge.diagnoses
        for step in knowledge.diagnoses[finding.diagnosis].form.verify
    ]
    remaining = tuple(f.title for f in now.findings if f.severity in _SERIOUS)
    return Proof(tuple(_sides(earlier, now)), tuple(verified), remaining)


def _found(earlier: Sequence[ExaminationRecord]) -> Mapping[str, FindingRecord]:
    """Every cause that the case ever had, as it was found last; what follows from one goes with it."""
    found: dict[str, FindingRecord] = {}
    for examination in reversed(earlier):
        for finding in examination.findings:
            if not finding.under and finding.severity in _SERIOUS:
                found[finding.key] = finding
    return found


def _sides(earlier: Sequence[ExaminationRecord], now: Examination) -> Iterator[Side]:
    for line in now.connections:
        for side in (SERVER, CLIENT):
            after = line.server_verdict if side == SERVER else line.client_verdict
            before = _first_known(earlier, line.id, side)
            if before != after or after == "refused":
                yield Side(line.id, line.kind, line.client, line.server, side, before or "not_checked", after)


def _first_known(earlier: Sequence[ExaminationRecord], connection: str, side: str) -> str:
    """The first verdict that said something; a box whose files came later is judged from then on."""
    held = ""
    for examination in reversed(earlier):
        for line in examination.connections:
            if line.connection == connection:
                held = line.server_verdict if side == SERVER else line.client_verdict
                if held != "not_checked":
                    return held
    return held


def _verified(
    finding: FindingRecord,
    step: VerifyStep,
    now: Examination,
    still_there: bool,
    ticked: Mapping[tuple[str, str], str],
    knowledge: Knowledge,
    lang: str,
) -> Verified:
    text = knowledge.diagnoses[finding.diagnosis].text(lang).verify.get(step.id, step.id)
    who = ticked.get((finding.key, step.id), "")
    if step.fact:
        state = _observed(finding, step, now, still_there, knowledge)
        if state == State.OPEN and who:
            state = State.TOLD
        elif state == State.CONTRADICTED and still_there and not who:
            state = State.OPEN  # nobody has said that it is cured
    else:
        state = State.TOLD if who else State.OPEN
    params = finding.params
    return Verified(
        finding.key, finding.diagnosis, finding.title, step.id, fill(text, params), fill(step.where, params), state, who
    )


def _observed(
    finding: FindingRecord, step: VerifyStep, now: Examination, still_there: bool, knowledge: Knowledge
) -> State:
    if still_there:
        return State.CONTRADICTED
    kind = knowledge.about.get(step.fact, "")
    about = [subject for subject in map(_subject, finding.subjects) if subject.kind == kind]
    values = [fact.value if (fact := now.facts.get(subject, step.fact)) else None for subject in about]
    # That a finding is gone proves nothing by itself: what showed it may be missing now.
    if not values or None in values:
        return State.OPEN
    return State.PROVEN if all(value == step.is_ for value in values) else State.CONTRADICTED


def _subject(text: str) -> Subject:
    kind, _colon, rest = text.partition(":")
    name, _slash, side = rest.rpartition("/") if kind == SubjectKind.CONNECTION else (rest, "", "")
    return Subject(SubjectKind(kind), name, side)

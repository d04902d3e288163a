"""Findings and questions in words: the knowledge's texts with their placeholders filled."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from certdoctor.casework.examination import FixLine, ProofLine, QuestionLine, Treatable, VerifyLine
from certdoctor.deployment.model import Judgement, Node
from certdoctor.facts.model import Fact
from certdoctor.form import Text
from certdoctor.knowledge.forms import DiagnosisText
from certdoctor.knowledge.model import Knowledge
from certdoctor.language import _
from certdoctor.reasoning.findings import Finding, Question


class Texts:
    """Gives the texts of one knowledge base in one language, in English where a text is missing in it."""

    def __init__(self, knowledge: Knowledge, lang: str) -> None:
        self._knowledge = knowledge
        self._lang = lang

    def treatable(self, finding: Finding, rank: int, under: str = "") -> Treatable:
        """Return a finding with its texts."""
        entry = self._knowledge.diagnoses[finding.diagnosis]
        form = entry.form
        text: DiagnosisText = entry.text(self._lang)
        params = finding.params
        return Treatable(
            key=self.key(finding),
            diagnosis=finding.diagnosis,
            title=fill(text.title, params),
            summary=fill(text.summary, params),
            cause=fill(text.cause, params),
            note=fill(text.note, params),
            status=form.status,
            rank=rank,
            strength=finding.strength,
            severity=finding.severity,
            subject_kind=finding.subject.kind.value,
            subject_id=finding.subject.id,
            subject_side=finding.subject.side,
            connections=finding.connections,
            nodes=finding.nodes,
            params=dict(params),
            proof=tuple(self.proof(fact) for fact in finding.proof),
            fix=tuple(
                FixLine(
                    id=step.id,
                    text=fill(text.fix.get(step.id, ""), params),
                    role=step.role,
                    on=step.on,
                    risk=step.risk,
                    interruption=step.interruption,
                    can_wait=step.can_wait,
                    where=fill(step.where, params),
                    command=fill(step.command, params),
                    artefact=step.artefact,
                    stopgap=step.stopgap,
                    way_back=fill(text.way_back.get(step.id, ""), params),
                    source=step.source,
                )
                for step in form.fix
            ),
            verify=tuple(
                VerifyLine(step.id, fill(text.verify.get(step.id, ""), params), fill(step.where, params))
                for step in form.verify
            ),
            sources=tuple(form.sources),
            text_hash=entry.hash,
            under=under,
        )

    def key(self, finding: Finding) -> str:
        """Return a key that stays the same over examinations as long as the finding is the same."""
        merge = self._knowledge.diagnoses[finding.diagnosis].form.merge_by
        parts = [finding.params.get(name, "") for name in merge] or [str(finding.subject)]
        return f"{finding.diagnosis}-{hashlib.sha256('|'.join(parts).encode()).hexdigest()[:8]}"

    def proof(self, fact: Fact) -> ProofLine:
        """Return one premise in words."""
        words = self._knowledge.fact(fact.id).values.get(fact.value, {"en": fact.value})
        text = fill(self.say(words), fact.bindings)
        return ProofLine(fact.id, fact.value, text, fact.seen, fact.source.value)

    def question(self, question: Question) -> QuestionLine:
        """Return a question in words."""
        form = self._knowledge.questions[question.id]
        return QuestionLine(
            id=question.id,
            fact=question.fact,
            subject=str(question.subject),
            text=self.say(form.text),
            how=self.say(form.how),
            options=tuple((value, self.say(words)) for value, words in form.options.items()),
            gain=question.gain,
            cost=question.cost,
        )

    def say(self, text: Text) -> str:
        """Return a text of the knowledge in the language, else in English."""
        by_language: dict[str, str] = dict(text.items())
        return by_language.get(self._lang) or text["en"]


def fill(text: str, params: Mapping[str, str]) -> str:
    """Return `text` with each {placeholder} filled; one that is unknown is shown as "?"."""

    class Filled(dict[str, str]):
        def __missing__(self, key: str) -> str:
            return "?"

    return text.format_map(Filled(params)) if "{" in text else text


def how_to_get(judgement: Judgement) -> str:
    """Tell where what is missing for a judgement can be had."""
    node = judgement.verifier if judgement.why == "no_trust_list" else judgement.presenter
    if node.is_expressway:
        page = "Trusted CA certificate" if judgement.why == "no_trust_list" else "Server certificate"
        return _("{node}: Maintenance > Security > {page} > Show all (PEM file)").format(node=node.id, page=page)
    if node.role in ("cucm", "imp", "cuc"):
        return _("{node}: Cisco Unified OS Administration > Security > Certificate Management").format(node=node.id)
    return ""


def archive_of(node: Node) -> str:
    """Tell where all that is wanted of a box can be had at once."""
    if node.role in ("cucm", "imp", "cuc"):
        return _("{node}: Cisco Unified OS Administration > Security > Certificate Management").format(node=node.id)
    return f"{node.id}: Maintenance > Diagnostics > Diagnostic logging > Collect log > Download log"

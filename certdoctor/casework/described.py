"""What a site file says, held against the knowledge: kinds, symptoms, answers and slots that nothing knows."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from certdoctor.evidence.items import Document, Evidence, Problem
from certdoctor.evidence.site import SiteDescription
from certdoctor.knowledge.forms import ConnectionKindForm, SideForm
from certdoctor.knowledge.model import Knowledge
from certdoctor.language import _

_ANY_NODE = ("previous", "candidate")


@dataclass(frozen=True, slots=True)
class _Fault:
    key: str  # of SiteDescription.lines
    reason: str
    remedy: str


def checked(evidence: Evidence, knowledge: Knowledge) -> Evidence:
    """Return the evidence with a problem for each word of its site file that the knowledge does not have.

    Symptoms and answers that mean nothing are left out of the description, the rest of it stays.
    """
    documents: list[Document] = []
    problems = list(evidence.problems)
    for document in evidence.documents:
        if document.site is None:
            documents.append(document)
            continue
        site = document.site
        for fault in _faults(site, knowledge):
            origin = document.origin.at(site.place(fault.key))
            problems.append(Problem(origin, _("site description"), fault.reason, fault.remedy))
        documents.append(replace(document, site=_meaningful(site, knowledge)))
    return replace(evidence, documents=tuple(documents), problems=tuple(problems))


def _meaningful(site: SiteDescription, knowledge: Knowledge) -> SiteDescription:
    options = _options(knowledge)
    return replace(
        site,
        symptoms=tuple(symptom for symptom in site.symptoms if symptom in knowledge.symptoms),
        answers={fact: value for fact, value in site.answers.items() if value in options.get(fact, ())},
    )


def _faults(site: SiteDescription, knowledge: Knowledge) -> Iterator[_Fault]:
    for symptom in site.symptoms:
        if symptom not in knowledge.symptoms:
            reason = _("There is no symptom “{value}”.").format(value=symptom)
            remedy = _nearest(symptom, knowledge.symptoms, _("Write it in your own words under text: instead."))
            yield _Fault(f"symptoms.{symptom}", reason, remedy)
    options = _options(knowledge)
    for fact, value in site.answers.items():
        if fact not in options:
            reason = _("No question about a site asks for “{value}”.").format(value=fact)
            yield _Fault(f"answers.{fact}", reason, _nearest(fact, options))
        elif value not in options[fact]:
            reason = _("“{value}” is no answer to it.").format(value=value)
            yield _Fault(f"answers.{fact}", reason, _nearest(value, options[fact]))
    kinds = knowledge.connections
    identities, lists = _slots(kinds.values())
    for connection in site.connections:
        key = f"connections.{connection.id}"
        if connection.kind not in kinds:
            reason = _("There is no kind of connection “{value}”.").format(value=connection.kind)
            yield _Fault(f"{key}.kind", reason, _nearest(connection.kind, kinds))
        for name, end, slot in (
            ("client_identity", connection.client, connection.client_identity),
            ("server_identity", connection.server, connection.server_identity),
        ):
            held = next((node.identities for node in site.nodes if node.id == end), {})
            if slot is not None and slot not in (*identities, *held):
                reason = _("There is no identity “{value}”.").format(value=slot)
                yield _Fault(f"{key}.{name}", reason, _nearest(slot, (*identities, *held)))
    for node in site.nodes:
        yield from _misspelt(f"nodes.{node.id}.identities", node.identities, identities)
        yield from _misspelt(f"nodes.{node.id}.trust", node.trust, lists)


def _misspelt(key: str, held: Mapping[str, str], known: tuple[str, ...]) -> Iterator[_Fault]:
    """A box may have stores that no connection uses; a name close to a used one is a slip of the pen."""
    for slot in held:
        close = difflib.get_close_matches(slot, known, n=1, cutoff=0.75)
        if slot not in known and close:
            reason = _("No connection uses “{value}”; what stands there is not judged.").format(value=slot)
            yield _Fault(f"{key}.{slot}", reason, _did_you_mean(close[0]))


def _options(knowledge: Knowledge) -> Mapping[str, Iterable[str]]:
    """The answers that can be given for the whole site, by the fact asked for."""
    asked = (question for question in knowledge.questions.values() if knowledge.about.get(question.fact) == "site")
    return {question.fact: tuple(question.options) for question in asked}


def _slots(kinds: Iterable[ConnectionKindForm]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """All names of identities and of trust lists."""
    sides: list[SideForm] = [side for kind in kinds for side in (kind.server, kind.client) if side is not None]
    identities = dict.fromkeys([*(slot for side in sides for slot in side.identity), *_ANY_NODE])
    return tuple(identities), tuple(dict.fromkeys(name for side in sides for name in side.trust))


def _nearest(word: str, known: Iterable[str], otherwise: str = "") -> str:
    words = tuple(known)
    close = difflib.get_close_matches(word.lower(), words, n=1, cutoff=0.6)
    if close:
        return _did_you_mean(close[0])
    return otherwise or _("Allowed here: {values}.").format(values=", ".join(words))


def _did_you_mean(word: str) -> str:
    return _("Did you mean “{nearest}”?").format(nearest=word)

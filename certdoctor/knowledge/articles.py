"""Diagnoses and rules as people read them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from certdoctor.knowledge.coverage import Decided, coverage, needs
from certdoctor.knowledge.forms import LANGUAGES, FixStep, RuleForm, RuleTestForm, Text, VerifyStep
from certdoctor.knowledge.model import Knowledge
from certdoctor.knowledge.symptom_search import fold
from certdoctor.knowledge.written import Faulty, form, read

_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Tried:
    """What a rule's own cases say of it: how many there are of each kind, and which come out wrong."""

    positive: int
    negative: int
    near_misses: int
    unknown: int
    wrong: tuple[str, ...]  # names of cases

    @property
    def cases(self) -> int:
        """How many cases there are, the values of `each` among them."""
        return self.positive + self.negative + self.near_misses + self.unknown


@dataclass(frozen=True, slots=True)
class RuleText:
    """One rule in words: it fires where every premise has one of its values."""

    form: RuleForm
    premises: tuple[tuple[str, tuple[str, ...]], ...]
    decided: Decided
    tried: Tried | None  # None: the cases are not at hand


@dataclass(frozen=True, slots=True)
class DiagnosisArticle:
    """All that is known of one failure mode, in one language. What a case fills in stands in <angle brackets>."""

    id: str
    title: str
    severity: str
    frequency: str
    status: str
    translated: bool  # False: the words are English, or older than the English ones
    summary: str
    cause: str
    note: str
    fix: tuple[tuple[str, FixStep, str], ...]  # words, form, way back
    verify: tuple[tuple[str, VerifyStep], ...]
    rules: tuple[RuleText, ...]
    symptoms: tuple[str, ...]  # titles of those that lead to it
    sources: tuple[tuple[str, str], ...]  # id and title


@dataclass(frozen=True, slots=True)
class FailureMode:
    """One line of the list of all failure modes."""

    id: str
    title: str
    decided: Decided
    names: str  # folded: id and titles in all languages
    words: str  # folded: everything that a search looks through


def rules_of(diagnosis: str, knowledge: Knowledge) -> tuple[RuleForm, ...]:
    """Return the rules in force that conclude a diagnosis."""
    found = [rule for rule in knowledge.rules.values() if rule.diagnosis == diagnosis and rule.status != "deprecated"]
    return tuple(sorted(found, key=lambda rule: rule.id))


def premises(rule: RuleForm, knowledge: Knowledge, lang: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Give each premise of a rule in words: what the fact is, and the values of it that make the rule true."""
    for premise in rule.when:
        fact = knowledge.fact(premise.fact)
        yield _in(fact.text, lang), tuple(opened(_in(fact.values[value], lang)) for value in premise.values)


def opened(text: str) -> str:
    """Return a text with its placeholders as readers see them: {node_name} becomes <node name>."""
    return _PLACEHOLDER.sub(lambda found: f"<{found[1].replace('_', ' ')}>", text)


def article(diagnosis: str, knowledge: Knowledge, rules: Path, lang: str) -> DiagnosisArticle:
    """Return the article of a diagnosis.

    Args:
        diagnosis: its id.
        knowledge: where it stands.
        rules: the folder of the rules, for their tests.
        lang: "en" or "de".

    Raises:
        KeyError: there is no such diagnosis.
    """
    entry = knowledge.diagnoses[diagnosis]
    text, known = entry.text(lang), entry.form
    return DiagnosisArticle(
        id=diagnosis,
        title=text.title,
        severity=known.severity,
        frequency=known.frequency,
        status=known.status,
        translated=not entry.is_stale(lang),
        summary=opened(text.summary),
        cause=opened(text.cause),
        note=opened(text.note),
        fix=tuple((opened(text.fix[s.id]), s, opened(text.way_back.get(s.id, ""))) for s in known.fix),
        verify=tuple((opened(text.verify[look.id]), look) for look in known.verify),
        rules=tuple(
            RuleText(
                rule, tuple(premises(rule, knowledge, lang)), needs(rule, knowledge), _tried(rule, knowledge, rules)
            )
            for rule in rules_of(diagnosis, knowledge)
        ),
        symptoms=tuple(
            next((t.title for key, t in symptom.text.items() if key == lang), symptom.text["en"].title)
            for symptom in knowledge.symptoms.values()
            if diagnosis in symptom.candidates
        ),
        sources=tuple(
            (key, knowledge.sources[key].title if key in knowledge.sources else key) for key in known.sources
        ),
    )


def failure_modes(knowledge: Knowledge, lang: str) -> tuple[FailureMode, ...]:
    """Return every failure mode of the catalogue, by id."""
    aliases: dict[str, list[str]] = {}
    for symptom in knowledge.symptoms.values():
        said = [words for text in symptom.text.values() for words in (text.title, *text.aliases)]
        for key in symptom.candidates:
            aliases.setdefault(key, []).extend(said)
    found = []
    for key, decided in sorted(coverage(knowledge).items()):
        entry = knowledge.diagnoses.get(key)
        texts = list(entry.texts.values()) if entry else []
        titles = [text.title for text in texts] or [knowledge.catalogue.get(key, key)]
        said = [words for text in texts for words in (text.summary, text.cause, text.note, *text.fix.values())]
        found.append(
            FailureMode(
                id=key,
                title=entry.text(lang).title if entry else titles[0],
                decided=decided,
                names=fold(" ".join((key, *titles))),
                words=fold(" ".join((key, *titles, *said, *aliases.get(key, ())))),
            )
        )
    return tuple(found)


def searched(modes: tuple[FailureMode, ...], words: str) -> tuple[FailureMode, ...]:
    """Return the failure modes that hold all these words, in any language; those that are named so first."""
    wanted = fold(words).split()
    named = [mode for mode in modes if all(word in mode.names for word in wanted)]
    said = [mode for mode in modes if mode not in named and all(word in mode.words for word in wanted)]
    return (*named, *said)


# --- tests of rules ----------------------------------------------------------------------------------------------


def tried(rule: RuleForm, test: RuleTestForm) -> Tried:
    """Run a rule's own cases on the rule itself, which must be true in the positive ones and in no other."""
    by_name: dict[str, Mapping[str, str]] = {}
    counts = dict.fromkeys(("positive", "negative", "near_miss", "unknown"), 0)
    wrong: list[str] = []
    for case in test.cases:
        base = {fact: value for fact, value in by_name.get(case.of or "", {}).items() if fact not in case.forget}
        values = {**base, **case.facts, **case.change}
        by_name[case.name] = values
        held = [values, *({**values, fact: value} for fact, others in case.each.items() for value in others)]
        counts[case.kind] += len(held)
        if any(rule.holds(each) != (case.kind == "positive") for each in held):
            wrong.append(case.name)
    return Tried(counts["positive"], counts["negative"], counts["near_miss"], counts["unknown"], tuple(wrong))


def _tried(rule: RuleForm, knowledge: Knowledge, rules: Path) -> Tried | None:
    path = rules / knowledge.areas[rule.id] / f"{rule.id}.test.yml"
    if not path.is_file():
        return None
    try:
        return tried(rule, form(read(path, str(path)), RuleTestForm))
    except Faulty:  # what is wrong with it is told by `kb check`
        return None


def _in(text: Text, lang: str) -> str:
    return next((words for known, words in text.items() if known == lang), text[LANGUAGES[0]])

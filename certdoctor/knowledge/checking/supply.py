"""Checks the vocabulary and everything that supplies or uses it: questions, symptoms, signatures; and the rest."""

from __future__ import annotations

import re
from collections.abc import Iterator

from certdoctor.evidence.site import ROLES
from certdoctor.knowledge.checking.book import Book, exist, languages, words
from certdoctor.knowledge.forms import (
    LANGUAGES,
    ConnectionKindForm,
    DiagnosisForm,
    GlossaryForm,
    QuestionsForm,
    ReasonsForm,
    SignaturesForm,
    SourcesForm,
    StoreForm,
    SymptomForm,
    VocabularyForm,
)
from certdoctor.knowledge.written import Fault

_DAY = re.compile(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?")

ALIASES = 6  # per language: with fewer a symptom is hard to find by what customers say


def check_supply(book: Book) -> Iterator[Fault]:
    """Check all that is neither rule nor diagnosis, and that everything can be reached."""
    yield from _vocabulary(book)
    yield from _questions(book)
    yield from _symptoms(book)
    yield from _signatures(book)
    yield from _reachable(book)
    yield from _rest(book)


def _vocabulary(book: Book) -> Iterator[Fault]:
    used = {form.fact for _, rule in book.active_rules() for form in rule.when}
    used |= {form.fact for _, diagnosis in book.of(DiagnosisForm) for form in diagnosis.requires}
    used |= {step.fact for _, diagnosis in book.of(DiagnosisForm) for step in diagnosis.verify}
    asked = {question.fact for question in book.knowledge.questions.values()}
    for sheet, vocabulary in book.of(VocabularyForm):
        for key, fact in vocabulary.facts.items():
            steps = ("facts", key)
            yield from languages(sheet, fact.text, (*steps, "text"))
            if len(fact.values) < 2:
                yield sheet.fault("a fact needs two values at least", *steps, "values")
            for value, text in fact.values.items():
                yield from languages(sheet, text, (*steps, "values", value), fact.bindings)
            if not fact.supplied:
                yield sheet.fault("nobody supplies this fact", *steps, "supplied")
            if "question" in fact.supplied and key not in asked:
                yield sheet.fault("supplied by a question, but none asks for it", *steps, "supplied")
            if key not in used:
                yield sheet.fault("no rule, required fact or verify step reads this fact", *steps)


def _questions(book: Book) -> Iterator[Fault]:
    asked: dict[str, str] = {}
    for sheet, questions in book.of(QuestionsForm):
        for key, question in questions.questions.items():
            steps = ("questions", key)
            yield from languages(sheet, question.text, (*steps, "text"))
            yield from languages(sheet, question.how, (*steps, "how"))
            for value, text in question.options.items():
                yield from languages(sheet, text, (*steps, "options", value))
            if question.cost <= 0:
                yield sheet.fault("the cost is in seconds, above 0", *steps, "cost")
            if any(base <= 0 for base in question.base.values()) or abs(sum(question.base.values()) - 1) > 0.01:
                yield sheet.fault("the base rates are above 0 and add up to 1", *steps, "base")
            if question.fact not in book.knowledge.about:
                yield sheet.fault(f"the vocabulary has no fact {question.fact!r}", *steps, "fact")
                continue
            fact = book.knowledge.fact(question.fact)
            if "question" not in fact.supplied:
                yield sheet.fault(f"{question.fact} is not supplied by questions", *steps, "fact")
            if asked.setdefault(question.fact, key) != key:
                yield sheet.fault(f"{asked[question.fact]} asks for the same fact", *steps, "fact")
            for field, given in (("options", question.options.keys()), ("base", question.base.keys())):
                if given != fact.values.keys():
                    yield sheet.fault(f"not the values of {question.fact}: {', '.join(fact.values)}", *steps, field)


def _symptoms(book: Book) -> Iterator[Fault]:
    for sheet, symptom in book.of(SymptomForm):
        for lang in LANGUAGES:
            text = symptom.text.get(lang)
            if text is None:
                yield sheet.fault(f"the text in {lang!r} is missing", "text")
                continue
            yield from words(sheet, text.title, ("text", lang, "title"))
            if len(set(text.aliases)) < ALIASES:
                few = f"a symptom is found by its aliases: {len(set(text.aliases))} of at least {ALIASES} are there"
                yield sheet.fault(few, "text", lang, "aliases")
            for place, alias in enumerate(text.aliases):
                yield from words(sheet, alias, ("text", lang, "aliases", place))
        if not symptom.candidates:
            yield sheet.fault("a symptom needs a candidate", "candidates")
        yield from exist(sheet, symptom.candidates, book.knowledge.diagnoses, "diagnosis", "candidates")
        yield from exist(sheet, symptom.sources, book.knowledge.sources, "source", "sources")


def _signatures(book: Book) -> Iterator[Fault]:
    reasons = book.knowledge.reasons
    tokens = {*reasons.texts, *reasons.refusals, *reasons.troubles, *reasons.key_faults} if reasons else set()
    for sheet, signatures in book.of(SignaturesForm):
        for key, signature in signatures.signatures.items():
            steps = ("signatures", key)
            try:
                re.compile(signature.pattern)
            except re.error as error:
                yield sheet.fault(f"not a regular expression: {error}", *steps, "pattern")
            if not signature.contains:
                yield sheet.fault("needs a literal that every match holds", *steps, "contains")
            if signature.means == "message":
                if f"message.{signature.reason}" not in book.knowledge.about:
                    yield sheet.fault(f"the vocabulary has no fact 'message.{signature.reason}'", *steps, "reason")
            elif signature.reason and signature.reason not in tokens:
                yield sheet.fault(f"reasons.yml has no token {signature.reason!r}", *steps, "reason")
            if not signature.sources:
                yield sheet.fault("a signature needs a source", *steps, "sources")
            yield from exist(sheet, signature.sources, book.knowledge.sources, "source", *steps, "sources")
    for sheet, reasons in book.of(ReasonsForm):
        for fact, field, names in (
            ("log.refusal", "refusals", reasons.refusals),
            ("log.trouble", "troubles", reasons.troubles),
        ):
            known = book.knowledge.fact(fact).values if fact in book.knowledge.about else {}
            yield from exist(sheet, names, known, f"value of {fact}", field)
        for field, mapping in (("alerts", reasons.alerts), ("codes", reasons.codes), ("verify", reasons.verify)):
            for key, token in mapping.items():
                if token not in tokens:
                    yield sheet.fault(f"there is no token {token!r}", field, key)
        yield from exist(sheet, reasons.sources, book.knowledge.sources, "source", "sources")


def _reachable(book: Book) -> Iterator[Fault]:
    """Each diagnosis is concluded by a rule, or told apart by a question, and named by a symptom."""
    concluded = {rule.diagnosis for _, rule in book.active_rules()}
    named = {key for symptom in book.knowledge.symptoms.values() for key in symptom.candidates}
    asked = {question.fact for question in book.knowledge.questions.values()}
    for sheet, form in book.of(DiagnosisForm):
        if form.id not in concluded and not asked.intersection(required.fact for required in form.requires):
            yield sheet.fault("cannot be reached: no rule concludes it, and it requires nothing that is asked", "id")
        if form.id not in named:
            yield sheet.fault("cannot be reached: it is the candidate of no symptom", "id")


def _rest(book: Book) -> Iterator[Fault]:
    sources = book.knowledge.sources
    for sheet, kind in book.of(ConnectionKindForm):
        yield from languages(sheet, kind.text, ("text",))
        yield from exist(sheet, kind.sources, sources, "source", "sources")
    for sheet, store in book.of(StoreForm):
        yield from languages(sheet, store.text, ("text",))
        yield from languages(sheet, store.order, ("order",))
        yield from languages(sheet, store.way_back, ("way_back",))
        yield from exist(sheet, store.roles, ROLES, "role", "roles")
        yield from exist(sheet, store.sources, book.knowledge.sources, "source", "sources")
        for number, restart in enumerate(store.restart):
            yield from languages(sheet, restart.text, ("restart", number, "text"))
            if not restart.where and not restart.command:
                yield sheet.fault("a restart needs a menu path or a command", "restart", number)
    for sheet, glossary in book.of(GlossaryForm):
        for key, entry in glossary.entries.items():
            steps = ("entries", key)
            yield from languages(sheet, entry.term, (*steps, "term"))
            yield from languages(sheet, entry.text, (*steps, "text"))
            yield from exist(sheet, entry.see, book.knowledge.glossary, "entry", *steps, "see")
            yield from exist(sheet, entry.sources, sources, "source", *steps, "sources")
    for sheet, listed in book.of(SourcesForm):
        for key, source in listed.sources.items():
            yield from words(sheet, source.title, ("sources", key, "title"))
            for field, day in (("date", source.date), ("read", source.read)):
                if day and not _DAY.fullmatch(day):
                    yield sheet.fault("not YYYY, YYYY-MM or YYYY-MM-DD", "sources", key, field)

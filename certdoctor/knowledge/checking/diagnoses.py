"""Checks diagnoses and their texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain

from certdoctor.knowledge.checking.book import GIVEN_PARAMS, Book, exist, placeholders, premise, words
from certdoctor.knowledge.forms import LANGUAGES, DiagnosisForm, DiagnosisText
from certdoctor.knowledge.load import Sheet
from certdoctor.knowledge.model import translation_hash
from certdoctor.knowledge.scaffold import UNWRITTEN
from certdoctor.knowledge.written import Fault


def check_diagnoses(book: Book) -> Iterator[Fault]:
    """Check every diagnosis."""
    texts: dict[str, dict[str, tuple[Sheet, DiagnosisText]]] = {}
    for sheet, text in book.of(DiagnosisText):
        texts.setdefault(sheet.path.parent.name, {})[text.lang] = sheet, text
    for sheet, form in book.of(DiagnosisForm):
        if book.knowledge.catalogue and form.id not in book.knowledge.catalogue:
            yield sheet.fault(f"the catalogue has no {form.id}", "id")
        yield from _names(sheet, form, book)
        yield from _steps(sheet, form, book)
        yield from _texts(sheet, form, texts.pop(form.id, {}))
    for orphans in texts.values():
        for sheet, _ in orphans.values():
            yield sheet.fault("a text without a diagnosis.yml beside it")


def _names(sheet: Sheet, form: DiagnosisForm, book: Book) -> Iterator[Fault]:
    diagnoses = book.knowledge.diagnoses
    for field, names in (("explains", form.explains), ("supersedes", form.supersedes)):
        yield from exist(sheet, names, diagnoses, "diagnosis", field)
        if form.id in names:
            yield sheet.fault("a diagnosis does not explain itself", field, names.index(form.id))
    yield from exist(sheet, form.merge_by, form.params, "param", "merge_by")
    for place, required in enumerate(form.requires):
        yield from premise(sheet, required, book, ("requires", place))
    if not form.sources and form.status != "recalled":
        yield sheet.fault(f"{form.status}, but without a source", "sources")
    yield from exist(sheet, form.sources, book.knowledge.sources, "source", "sources")
    for place, name in enumerate(form.params):
        if not name.isidentifier():
            yield sheet.fault(f"{name!r} is not a plain name", "params", place)
        elif name in form.params[:place]:
            yield sheet.fault(f"{name} stands here twice", "params", place)


def _steps(sheet: Sheet, form: DiagnosisForm, book: Book) -> Iterator[Fault]:
    known = {*form.params, *GIVEN_PARAMS}
    for field, steps in (("fix", form.fix), ("verify", form.verify)):
        if not steps:
            yield sheet.fault(f"there is no {field} step", field)
        ids = [step.id for step in steps]
        for place, step in enumerate(ids):
            if step in ids[:place]:
                yield sheet.fault(f"two steps {step!r}", field, place, "id")
    for place, fix in enumerate(form.fix):
        for field, text in (("where", fix.where), ("command", fix.command)):
            yield from _filled(sheet, text, known, ("fix", place, field))
        if fix.source and fix.source not in book.knowledge.sources:
            yield sheet.fault(f"there is no source {fix.source!r}", "fix", place, "source")
    for place, verify in enumerate(form.verify):
        yield from _filled(sheet, verify.where, known, ("verify", place, "where"))
        if verify.fact and verify.fact not in book.knowledge.about:
            yield sheet.fault(f"the vocabulary has no fact {verify.fact!r}", "verify", place, "fact")
        elif verify.fact and verify.is_ not in book.knowledge.fact(verify.fact).values:
            yield sheet.fault(f"{verify.fact} has no value {verify.is_!r}", "verify", place, "is")


def _filled(sheet: Sheet, text: str, known: set[str], steps: tuple[str | int, ...]) -> Iterator[Fault]:
    try:
        unknown = placeholders(text) - known
    except ValueError as error:
        yield sheet.fault(str(error), *steps)
        return
    for name in sorted(unknown):
        yield sheet.fault(f"{{{name}}} is not among the params", *steps)


def _texts(sheet: Sheet, form: DiagnosisForm, texts: Mapping[str, tuple[Sheet, DiagnosisText]]) -> Iterator[Fault]:
    for lang in LANGUAGES:
        if lang not in texts:
            yield sheet.fault(f"text.{lang}.yml is missing")
    known = {*form.params, *GIVEN_PARAMS}
    for place, text in texts.values():
        for steps, content in _prose(text):
            yield from words(place, content, steps)
            if content.startswith(UNWRITTEN):
                yield place.fault("not written yet", *steps)
            yield from _filled(place, content, known, steps)
        for field, given, wanted in (
            ("fix", text.fix, {step.id for step in form.fix}),
            ("verify", text.verify, {step.id for step in form.verify}),
            ("way_back", text.way_back, {step.id for step in form.fix if step.stopgap}),
        ):
            for step in sorted(wanted - given.keys()):
                yield place.fault(f"no text for the step {step!r}", field)
            for step in sorted(given.keys() - wanted):
                yield place.fault(f"the diagnosis has no such step {step!r}", field, step)
    if "en" not in texts:
        return
    english_place, english = texts["en"]
    if english.of:
        yield english_place.fault("the English text is not a translation", "of")
    originals = dict(_prose(english))
    for place, text in texts.values():
        if text.lang == "en":
            continue
        if text.of != translation_hash(english):
            yield place.fault(
                f"stale translation: made from {text.of or 'nothing'}, "
                f"the English text is now {translation_hash(english)}",
                "of",
            )
        translated = dict(_prose(text))
        for steps in chain(originals.keys() - translated.keys(), translated.keys() - originals.keys()):
            if steps[0] == "note":
                yield place.fault("only one language has this", *steps)
        for steps, content in translated.items():
            if steps in originals and _names_in(content) != _names_in(originals[steps]):
                yield place.fault("the languages use different placeholders", *steps)


def _prose(text: DiagnosisText) -> Iterator[tuple[tuple[str, ...], str]]:
    yield ("title",), text.title
    yield ("summary",), text.summary
    yield ("cause",), text.cause
    for field, steps in (("fix", text.fix), ("verify", text.verify), ("way_back", text.way_back)):
        for step, content in steps.items():
            yield (field, step), content
    if text.note:
        yield ("note",), text.note


def _names_in(text: str) -> frozenset[str]:
    try:
        return placeholders(text)
    except ValueError:  # reported where the text itself is checked
        return frozenset()

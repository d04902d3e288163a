"""Loads rules/ and kb/ into forms; every file has its form by where it stands."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import TypeVar

import msgspec

from certdoctor.errors import BadInput
from certdoctor.knowledge import cache
from certdoctor.knowledge.forms import (
    AuthoritiesForm,
    AuthorityForm,
    CatalogueForm,
    ConnectionKindForm,
    DatedForm,
    DatesForm,
    DiagnosisForm,
    DiagnosisText,
    FactForm,
    GlossaryEntry,
    GlossaryForm,
    QuestionForm,
    QuestionsForm,
    ReasonsForm,
    RuleForm,
    RuleTestForm,
    SignatureForm,
    SignaturesForm,
    SourceForm,
    SourcesForm,
    StoreForm,
    SymptomForm,
    VocabularyForm,
    WordsForm,
)
from certdoctor.knowledge.model import Diagnosis, Knowledge, canonical, revision
from certdoctor.knowledge.written import Fault, Faulty, Written, form, read
from certdoctor.resources import folder

T = TypeVar("T")

_BY_FOLDER: dict[str, type[msgspec.Struct]] = {
    "vocabulary": VocabularyForm,
    "symptoms": SymptomForm,
    "questions": QuestionsForm,
    "signatures": SignaturesForm,
    "connections": ConnectionKindForm,
    "authorities": AuthoritiesForm,
    "dates": DatesForm,
    "sources": SourcesForm,
    "stores": StoreForm,
    "glossary": GlossaryForm,
}
_BY_NAME: dict[tuple[str, ...], type[msgspec.Struct]] = {
    ("catalogue.yml",): CatalogueForm,
    ("signatures", "reasons.yml"): ReasonsForm,
    ("symptoms", "words.yml"): WordsForm,
}

EXAMPLE = "example"  # the worked example site: evidence, not knowledge


@dataclass(frozen=True, slots=True)
class Sheet:
    """One file, read into its form."""

    path: Path
    written: Written
    form: msgspec.Struct

    def fault(self, message: str, *steps: str | int) -> Fault:
        """Return a fault at the value that `steps` lead to."""
        return self.written.fault(steps, message)


# msgspec gathers what it has to know of a form at its first use, and crashes where two threads do that at once.
_ONE_AT_A_TIME = Lock()


def load(rules: Path, kb: Path, cached: bool = True) -> Knowledge:
    """Load all knowledge but the rules' tests.

    Args:
        rules: the folder with one folder of rules per area.
        kb: the knowledge base.
        cached: take it from the user's cache where the files did not change since, and keep it there.

    Raises:
        BadInput: a file does not have its form; the place is its line and column.
    """
    with _ONE_AT_A_TIME:
        return _load(rules, kb, cached)


@lru_cache(maxsize=1)
def shipped() -> Knowledge:
    """Return the knowledge that travels with the program, read once; that takes a moment.

    Raises:
        BadInput: a file does not have its form.
    """
    return load(folder("rules"), folder("kb"))


def _load(rules: Path, kb: Path, cached: bool) -> Knowledge:
    files = list(_files(rules, kb))
    key = cache.key(rules, kb, [path for path, _ in files]) if cached else ""
    if key and (known := cache.get(key)) is not None:
        return known
    sheets, faults = read_sheets(files, tests=False)
    knowledge, more = assemble(sheets)
    for fault in (*faults, *more):
        raise BadInput(fault.file, f"line {fault.line}, column {fault.column}", fault.message)
    if key:
        cache.put(key, knowledge)
    return knowledge


def load_sheets(rules: Path, kb: Path) -> tuple[list[Sheet], list[Fault]]:
    """Read every file, tests too, and return what has its form and what does not."""
    return read_sheets(list(_files(rules, kb)), tests=True)


def _files(rules: Path, kb: Path) -> Iterator[tuple[Path, type[msgspec.Struct] | None]]:
    """Give every file with its form, in a stable order; None where nothing has that place."""
    for top, kind_of in ((rules, _rule_kind), (kb, _kb_kind)):
        for path in sorted(top.rglob("*")):
            if path.suffix == ".md" or path.name.startswith(".") or path.is_dir():
                continue
            parts = path.relative_to(top).parts
            if top == kb and parts[0] == EXAMPLE:
                continue
            yield path, kind_of(parts)


def _rule_kind(parts: tuple[str, ...]) -> type[msgspec.Struct] | None:
    if len(parts) != 2 or not parts[1].endswith(".yml"):
        return None
    return RuleTestForm if parts[1].endswith(".test.yml") else RuleForm


def _kb_kind(parts: tuple[str, ...]) -> type[msgspec.Struct] | None:
    if len(parts) == 3 and parts[0] == "diagnoses":
        if parts[2] == "diagnosis.yml":
            return DiagnosisForm
        return DiagnosisText if parts[2] in ("text.en.yml", "text.de.yml") else None
    if parts in _BY_NAME:
        return _BY_NAME[parts]
    return _BY_FOLDER.get(parts[0]) if len(parts) == 2 and parts[1].endswith(".yml") else None


def read_sheets(
    files: Sequence[tuple[Path, type[msgspec.Struct] | None]], tests: bool
) -> tuple[list[Sheet], list[Fault]]:
    """Read files into their forms; collect what does not fit."""
    sheets: list[Sheet] = []
    faults: list[Fault] = []
    for path, kind in files:
        if kind is None:
            faults.append(Fault(str(path), 1, 1, "nothing is read from a file of this name in this folder"))
        elif tests or kind is not RuleTestForm:
            try:
                written = read(path, str(path))
                sheets.append(Sheet(path, written, form(written, kind)))
            except Faulty as error:
                faults.append(error.fault)
    return sheets, faults


def assemble(sheets: Sequence[Sheet]) -> tuple[Knowledge, list[Fault]]:
    """Put sheets together by id; an id that is there twice or is not the file's name is a fault."""
    faults: list[Fault] = []

    def put(into: dict[str, T], key: str, value: T, sheet: Sheet, *steps: str | int) -> None:
        if key in into:
            faults.append(sheet.fault(f"{key} is defined twice", *steps))
        else:
            into[key] = value

    def named(sheet: Sheet, name: str, field: str, given: str) -> None:
        if name != given:
            faults.append(sheet.fault(f"{field} is {given!r}, the file is named for {name!r}", field))

    vocabulary: dict[str, dict[str, FactForm]] = {}
    about: dict[str, str] = {}
    rules: dict[str, RuleForm] = {}
    areas: dict[str, str] = {}
    tests: dict[str, RuleTestForm] = {}
    forms: dict[str, tuple[Sheet, DiagnosisForm]] = {}
    texts: dict[str, dict[str, DiagnosisText]] = {}
    symptoms: dict[str, SymptomForm] = {}
    questions: dict[str, QuestionForm] = {}
    signatures: dict[str, SignatureForm] = {}
    reasons: ReasonsForm | None = None
    words: list[list[str]] = []
    catalogue: dict[str, str] = {}
    connections: dict[str, ConnectionKindForm] = {}
    sources: dict[str, SourceForm] = {}
    stores: dict[str, StoreForm] = {}
    glossary: dict[str, GlossaryEntry] = {}
    authorities: dict[str, AuthorityForm] = {}
    dates: dict[str, DatedForm] = {}

    for sheet in sheets:
        stem, folder = sheet.path.name.removesuffix(".yml"), sheet.path.parent.name
        match sheet.form:
            case VocabularyForm() as f:
                named(sheet, stem.partition("-")[0], "about", f.about)  # node.yml, node-upkeep.yml ...
                facts = vocabulary.setdefault(f.about, {})
                for key, fact in f.facts.items():
                    put(about, key, f.about, sheet, "facts", key)
                    facts.setdefault(key, fact)
            case RuleForm() as f:
                named(sheet, stem, "id", f.id)
                put(rules, f.id, f, sheet, "id")
                areas.setdefault(f.id, folder)
            case RuleTestForm() as f:
                named(sheet, stem.removesuffix(".test"), "rule", f.rule)
                put(tests, f.rule, f, sheet, "rule")
            case DiagnosisForm() as f:
                named(sheet, folder, "id", f.id)
                put(forms, f.id, (sheet, f), sheet, "id")
            case DiagnosisText() as f:
                named(sheet, stem.removeprefix("text."), "lang", f.lang)
                texts.setdefault(folder, {})[f.lang] = f
            case SymptomForm() as f:
                named(sheet, stem, "id", f.id)
                put(symptoms, f.id, f, sheet, "id")
            case QuestionsForm() as f:
                for key, question in f.questions.items():
                    put(questions, key, question, sheet, "questions", key)
            case SignaturesForm() as f:
                for key, signature in f.signatures.items():
                    put(signatures, key, signature, sheet, "signatures", key)
            case ReasonsForm() as f:
                reasons = f
            case WordsForm() as f:
                words = f.groups
            case CatalogueForm() as f:
                catalogue = f.entries
            case ConnectionKindForm() as f:
                named(sheet, stem, "id", f.id)
                put(connections, f.id, f, sheet, "id")
            case AuthoritiesForm() as f:
                for key, authority in f.authorities.items():
                    put(authorities, key, authority, sheet, "authorities", key)
            case DatesForm() as f:
                for key, dated in f.dates.items():
                    put(dates, key, dated, sheet, "dates", key)
            case SourcesForm() as f:
                for key, source in f.sources.items():
                    put(sources, key, source, sheet, "sources", key)
            case StoreForm() as f:
                named(sheet, stem, "id", f.id)
                put(stores, f.id, f, sheet, "id")
            case GlossaryForm() as f:
                for key, entry in f.entries.items():
                    put(glossary, key, entry, sheet, "entries", key)
            case other:
                raise TypeError(f"no place for {type(other).__name__}")

    diagnoses: dict[str, Diagnosis] = {}
    for key, (_, f) in forms.items():
        diagnoses[key] = Diagnosis(f, texts.get(key, {}), revision(f, texts.get(key, {})))

    parts = {
        "vocabulary": vocabulary, "rules": rules, "diagnoses": {k: d.hash for k, d in diagnoses.items()},
        "symptoms": symptoms, "questions": questions, "signatures": signatures, "reasons": reasons,
        "connections": connections, "sources": sources, "glossary": glossary,
        "words": words, "authorities": authorities, "dates": dates, "stores": stores,
    }  # fmt: skip
    knowledge = Knowledge(
        vocabulary=vocabulary,
        about=about,
        rules=rules,
        areas=areas,
        diagnoses=diagnoses,
        symptoms=symptoms,
        questions=questions,
        signatures=signatures,
        reasons=reasons,
        connections=connections,
        sources=sources,
        glossary=glossary,
        release=hashlib.sha256(canonical(parts)).hexdigest(),
        catalogue=catalogue,
        words=words,
        authorities=authorities,
        dates=dates,
        stores=stores,
        tests=tests,
    )
    return knowledge, faults

"""The knowledge as the program holds it: all forms, by id, frozen."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from certdoctor.knowledge.forms import (
    AuthorityForm,
    ConnectionKindForm,
    DatedForm,
    DiagnosisForm,
    DiagnosisText,
    FactForm,
    GlossaryEntry,
    QuestionForm,
    ReasonsForm,
    RuleForm,
    RuleTestForm,
    SignatureForm,
    SourceForm,
    StoreForm,
    SymptomForm,
)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One diagnosis with its texts. `hash` names exactly this revision of form and texts."""

    form: DiagnosisForm
    texts: Mapping[str, DiagnosisText]  # by language
    hash: str

    def text(self, lang: str) -> DiagnosisText:
        """Return the text in `lang`, else in English.

        Raises:
            KeyError: there is no English text either; `knowledge.check` does not let that pass.
        """
        return self.texts[lang] if lang in self.texts else self.texts["en"]

    def is_stale(self, lang: str) -> bool:
        """Say whether the text in `lang` is missing or was made from an older English text."""
        if lang == "en":
            return False
        text = self.texts.get(lang)
        return text is None or text.of != translation_hash(self.texts["en"])


@dataclass(frozen=True, slots=True)
class Knowledge:
    """Everything in rules/ and kb/. `release` names exactly this state of all of it."""

    vocabulary: Mapping[str, Mapping[str, FactForm]]  # about -> fact id -> fact
    about: Mapping[str, str]  # fact id -> what it is about
    rules: Mapping[str, RuleForm]
    areas: Mapping[str, str]  # rule id -> the folder it stands in
    diagnoses: Mapping[str, Diagnosis]
    symptoms: Mapping[str, SymptomForm]
    questions: Mapping[str, QuestionForm]
    signatures: Mapping[str, SignatureForm]
    reasons: ReasonsForm | None
    connections: Mapping[str, ConnectionKindForm]
    sources: Mapping[str, SourceForm]
    glossary: Mapping[str, GlossaryEntry]
    release: str
    catalogue: Mapping[str, str] = field(default_factory=dict)  # id -> title of every known failure mode
    words: Sequence[Sequence[str]] = ()  # groups of words that mean the same in a description of a fault
    authorities: Mapping[str, AuthorityForm] = field(default_factory=dict)  # known CAs
    dates: Mapping[str, DatedForm] = field(default_factory=dict)  # what holds from a day on
    stores: Mapping[str, StoreForm] = field(default_factory=dict)
    tests: Mapping[str, RuleTestForm] = field(default_factory=dict)  # by rule; read for the check only

    def fact(self, fact: str) -> FactForm:
        """Return the vocabulary entry of a fact.

        Raises:
            KeyError: the vocabulary does not have it.
        """
        return self.vocabulary[self.about[fact]][fact]

    def store(self, role: str, slot: str) -> StoreForm | None:
        """Return how a certificate is exchanged in this slot of a product, None where nothing is known of it."""
        return next((s for s in self.stores.values() if role in s.roles and slot in s.slots), None)


def canonical(value: object) -> bytes:
    """Return the one JSON spelling of a form: keys sorted, defaults left out, UTF-8."""
    return msgspec.json.encode(value, order="sorted")


def translation_hash(english: DiagnosisText) -> str:
    """Return what a translation of this English text carries as `of`: it names the words alone."""
    words = msgspec.to_builtins(english)
    for key in ("schema", "lang", "of"):
        words.pop(key, None)
    return hashlib.sha256(canonical(words)).hexdigest()[:12]


def revision(form: DiagnosisForm, texts: Mapping[str, DiagnosisText]) -> str:
    """Return the hash of one diagnosis with all its texts."""
    return hashlib.sha256(canonical({"form": form, "texts": dict(texts)})).hexdigest()

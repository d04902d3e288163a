"""The forms that authors write in rules/ and kb/, one class per form.

msgspec checks types, refuses unknown fields and gives the path of a fault; `knowledge.check` adds what types
cannot say (references, tests, languages). Every text is keyed by language ("en", "de").
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from certdoctor.deployment.kinds import ConnectionKindForm, SideForm
from certdoctor.facts.authorities import AuthoritiesForm, AuthorityForm
from certdoctor.facts.dated import DatedForm, DatesForm
from certdoctor.facts.signatures import ReasonsForm, SignatureForm, SignaturesForm
from certdoctor.form import LANGUAGES, Form, Lang, Text

__all__ = [
    "LANGUAGES",
    "AuthoritiesForm",
    "AuthorityForm",
    "ConnectionKindForm",
    "DatedForm",
    "DatesForm",
    "Lang",
    "ReasonsForm",
    "SideForm",
    "SignatureForm",
    "SignaturesForm",
    "Text",
]

Severity = Literal["critical", "high", "medium", "low", "info"]
Strength = Literal["decisive", "strong", "moderate", "weak"]
Frequency = Literal["common", "occasional", "rare"]
Maturity = Literal["experimental", "test", "stable", "deprecated"]
Status = Literal["confirmed", "recalled", "recorded"]
About = Literal["file", "certificate", "list", "node", "cluster", "connection", "site"]

# --- kb/vocabulary ---


class FactForm(Form, frozen=True, kw_only=True):
    """One fact of the closed vocabulary. `supplied` says who may give it."""

    values: dict[str, Text]  # value token -> how a proof line says it, with {bindings}
    supplied: list[Literal["observer", "signature", "question"]]
    bindings: list[str] = []  # names that this fact may bind for placeholders
    text: Text  # what the fact is, as a noun phrase


class VocabularyForm(Form, frozen=True, kw_only=True):
    """kb/vocabulary/<about>.yml"""

    schema: Literal["certdoctor/vocabulary@1"]
    about: About
    facts: dict[str, FactForm]


# --- rules ---


class Premise(Form, frozen=True, kw_only=True, rename={"is_": "is"}):
    """A fact that must be known and have one of these values."""

    fact: str
    is_: str | list[str]

    @property
    def values(self) -> tuple[str, ...]:
        return (self.is_,) if isinstance(self.is_, str) else tuple(self.is_)

    def holds(self, values: Mapping[str, str]) -> bool:
        """Say whether the fact is known and has one of the values. Unknown is never true."""
        return values.get(self.fact) in self.values


class Against(Form, frozen=True, kw_only=True):
    """What the same premises speak against, and how strongly."""

    diagnosis: str
    strength: Strength


class RuleForm(Form, frozen=True, kw_only=True):
    """rules/<area>/<id>.yml: premises about one subject -> one diagnosis."""

    schema: Literal["certdoctor/rule@1"]
    id: str  # file name without .yml
    diagnosis: str
    about: About
    strength: Strength
    status: Maturity
    when: list[Premise]
    bind: dict[str, list[str]] = {}  # premise fact -> placeholders that its bindings fill
    against: list[Against] = []
    versions: str = "*"  # in words for readers; versions enter rules as facts
    false_positives: list[str] = []
    sources: list[str]

    def holds(self, values: Mapping[str, str]) -> bool:
        """Say whether all premises are true of one subject's facts (fact -> value)."""
        return all(premise.holds(values) for premise in self.when)


class TestCase(Form, frozen=True, kw_only=True):
    """One case of a rule's test. `of` + `change`/`forget` derive a case from another one of this file.

    `each` runs the case also with each of these other values of a fact, one fact at a time; the same is expected.
    """

    name: str
    kind: Literal["positive", "negative", "near_miss", "unknown"]
    facts: dict[str, str] = {}
    of: str | None = None
    change: dict[str, str] = {}
    forget: list[str] = []
    each: dict[str, list[str]] = {}
    expect: dict[str, Strength] = {}  # ALL conclusions of all rules about this subject


class RuleTestForm(Form, frozen=True, kw_only=True):
    """rules/<area>/<id>.test.yml"""

    schema: Literal["certdoctor/rule-test@1"]
    rule: str
    cases: list[TestCase]


# --- kb/diagnoses/<id>/ ---


class FixStep(Form, frozen=True, kw_only=True):
    """One step of a fix; its words stand in the text files under the same id.

    `where` and `command` are product terms and never translated; both may hold {placeholders}.
    """

    id: str
    role: Literal["admin", "ca", "network", "user", "anyone"]
    on: Literal["verifier", "presenter", "expressway", "cucm", "client", "workstation", "ca", "network", "other"] = (
        "other"
    )
    risk: Literal["none", "low", "medium", "high"] = "none"
    interruption: Literal["none", "service", "restart"] = "none"
    can_wait: bool = False
    where: str = ""  # menu path
    command: str = ""
    artefact: Literal["", "missing_cas", "own_cas", "converted_file", "request"] = ""  # file that treatment writes
    stopgap: bool = False  # weakens security; `way_back` in the text says how to undo it
    source: str = ""


class VerifyStep(Form, frozen=True, kw_only=True):
    """How the cure is proven: a fact to observe again, or a look at the box."""

    id: str
    fact: str = ""
    is_: str = msgspec.field(default="", name="is")
    where: str = ""


class DiagnosisForm(Form, frozen=True, kw_only=True):
    """kb/diagnoses/<id>/diagnosis.yml: the language-neutral part."""

    schema: Literal["certdoctor/diagnosis@1"]
    id: str
    status: Status
    severity: Severity
    frequency: Frequency
    about: About
    params: list[str]  # placeholders that the texts may use and every rule must bind
    merge_by: list[str] = []  # findings with equal values of these are one finding
    requires: list[Premise] = []  # known to be otherwise: speaks strongly against
    explains: list[str] = []  # consequences: folded under this where they hit the same connections
    supersedes: list[str] = []  # says less precisely what this says: folded likewise
    reaches_by: list[list[str]] = []  # or where all bindings of one of these lists are equal in both proofs
    fix: list[FixStep]
    verify: list[VerifyStep]
    sources: list[str]


class DiagnosisText(Form, frozen=True, kw_only=True):
    """kb/diagnoses/<id>/text.<lang>.yml"""

    schema: Literal["certdoctor/text@1"]
    lang: Lang
    of: str = ""  # in translations: hash of the English text they were made from
    title: str
    summary: str  # with {params}
    cause: str
    fix: dict[str, str]
    verify: dict[str, str]
    way_back: dict[str, str] = {}
    note: str = ""


# --- symptoms, questions, signatures ---


class CatalogueForm(Form, frozen=True, kw_only=True):
    """kb/catalogue.yml: every known failure mode, whether there is a diagnosis of it yet or not."""

    schema: Literal["certdoctor/catalogue@1"]
    entries: dict[str, str]  # id -> what goes wrong, in English


class SymptomText(Form, frozen=True, kw_only=True):
    title: str
    aliases: list[str]


class SymptomForm(Form, frozen=True, kw_only=True):
    """kb/symptoms/<id>.yml"""

    schema: Literal["certdoctor/symptom@1"]
    id: str
    category: Literal["upload", "zone", "tunnel", "login", "client", "calls", "cluster", "federation", "alarm"]
    text: dict[Lang, SymptomText]
    candidates: list[str]
    sources: list[str] = []


class WordsForm(Form, frozen=True, kw_only=True):
    """kb/symptoms/words.yml: words with one meaning, of both languages, folded (lower case, no accents)."""

    schema: Literal["certdoctor/words@1"]
    groups: list[list[str]]


class QuestionForm(Form, frozen=True, kw_only=True):
    """One question: asks for one fact of the site (or of the subject kind of that fact)."""

    fact: str
    cost: int  # seconds of the user's time
    base: dict[str, float]  # value -> how often it is the answer when nothing else is known
    text: Text
    options: dict[str, Text]  # value -> what the user reads
    how: Text  # how to find out


class QuestionsForm(Form, frozen=True, kw_only=True):
    """kb/questions/<topic>.yml"""

    schema: Literal["certdoctor/questions@1"]
    questions: dict[str, QuestionForm]


# --- stores, sources, glossary ---


class RestartForm(Form, frozen=True, kw_only=True):
    """What must be restarted before a new certificate counts, and what users notice of it."""

    where: str = ""  # menu path
    command: str = ""
    interruption: Literal["service", "restart"]
    text: Text


class StoreForm(Form, frozen=True, kw_only=True):
    """kb/stores/<id>.yml: a place for a certificate on a product, and how one is exchanged there."""

    schema: Literal["certdoctor/store@1"]
    id: str
    status: Status
    roles: list[str]
    slots: list[str]
    text: Text
    request: str  # menu paths, never translated
    upload: str
    trust: str  # where a CA is added that this store's owner is to trust
    backup: str = ""
    restart: list[RestartForm]
    order: Text  # over the nodes of a cluster
    way_back: Text
    sources: list[str]


class SourceForm(Form, frozen=True, kw_only=True):
    title: str
    date: str = ""
    url: str = ""
    read: str = ""  # when it was last read, YYYY-MM-DD


class SourcesForm(Form, frozen=True, kw_only=True):
    """kb/sources/<topic>.yml"""

    schema: Literal["certdoctor/sources@1"]
    sources: dict[str, SourceForm]


class GlossaryEntry(Form, frozen=True, kw_only=True):
    term: Text
    text: Text
    see: list[str] = []
    sources: list[str] = []


class GlossaryForm(Form, frozen=True, kw_only=True):
    """kb/glossary/<topic>.yml"""

    schema: Literal["certdoctor/glossary@1"]
    entries: dict[str, GlossaryEntry]

"""A small knowledge base about lamps: complete and in order, for tests to break, and one to build in memory."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from certdoctor.knowledge.forms import (
    DiagnosisForm,
    DiagnosisText,
    FactForm,
    QuestionForm,
    RuleForm,
    SymptomForm,
)
from certdoctor.knowledge.model import Diagnosis, Knowledge, revision, translation_hash

Files = dict[str, Any]


def both(english: str, german: str | None = None) -> dict[str, str]:
    """Return a text in both languages."""
    return {"en": english, "de": german or f"{english} (de)"}


def _english(title: str) -> dict[str, Any]:
    return {
        "schema": "certdoctor/text@1",
        "lang": "en",
        "title": title,
        "summary": "{lamp} is dark",
        "cause": "No light comes out.",
        "fix": {"look": "Look at {lamp}."},
        "verify": {"again": "Look again."},
    }


def _german(english: dict[str, Any]) -> dict[str, Any]:
    return {
        **english,
        "lang": "de",
        "of": translation_hash(msgspec.convert(english, DiagnosisText)),
        "title": english["title"] + " (de)",
    }


def _diagnosis(key: str, **more: Any) -> dict[str, Any]:
    return {
        "schema": "certdoctor/diagnosis@1",
        "id": key,
        "status": "confirmed",
        "severity": "high",
        "frequency": "common",
        "about": "connection",
        "params": ["lamp"],
        "merge_by": ["lamp"],
        "fix": [{"id": "look", "role": "admin", "on": "presenter", "where": "Room > {lamp}"}],
        "verify": [{"id": "again", "fact": "lamp.light", "is": "on"}],
        "sources": ["S01"],
        **more,
    }


def _rule(key: str, diagnosis: str, when: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {
        "schema": "certdoctor/rule@1",
        "id": key,
        "diagnosis": diagnosis,
        "about": "connection",
        "strength": "decisive",
        "status": "test",
        "when": when,
        "bind": {"lamp.light": ["lamp"]},
        "sources": ["S01"],
        **more,
    }


def _base() -> Files:
    bulb = _english("The bulb is broken")
    power = _english("There is no power")
    return {
        "kb/vocabulary/connection.yml": {
            "schema": "certdoctor/vocabulary@1",
            "about": "connection",
            "facts": {
                "lamp.light": {
                    "supplied": ["observer"],
                    "bindings": ["lamp"],
                    "text": both("light"),
                    "values": {"on": both("{lamp} shines"), "off": both("{lamp} is dark"), "dim": both("{lamp} glows")},
                },
                "lamp.power": {
                    "supplied": ["observer"],
                    "text": both("power"),
                    "values": {"there": both("there is power"), "gone": both("there is none")},
                },
                "log.refusal": {
                    "supplied": ["signature"],
                    "text": both("what the log says"),
                    "values": {"burnt": both("it is burnt"), "cold": both("it is cold")},
                },
            },
        },
        "kb/vocabulary/site.yml": {
            "schema": "certdoctor/vocabulary@1",
            "about": "site",
            "facts": {
                "change.last": {
                    "supplied": ["question"],
                    "text": both("last change"),
                    "values": {"bulb": both("a new bulb"), "none": both("nothing")},
                }
            },
        },
        "rules/lmp/lmp-01.yml": _rule(
            "lmp-01",
            "LMP-01",
            [{"fact": "lamp.light", "is": ["off", "dim"]}, {"fact": "lamp.power", "is": "there"}],
            against=[{"diagnosis": "LMP-02", "strength": "strong"}],
        ),
        "rules/lmp/lmp-01.test.yml": {
            "schema": "certdoctor/rule-test@1",
            "rule": "lmp-01",
            "cases": [
                {
                    "name": "dark with power",
                    "kind": "positive",
                    "facts": {"lamp.light": "off", "lamp.power": "there"},
                    "each": {"lamp.light": ["dim"]},
                    "expect": {"LMP-01": "decisive"},
                },
                {"name": "shines", "kind": "near_miss", "of": "dark with power", "change": {"lamp.light": "on"}},
                {
                    "name": "without power",
                    "kind": "near_miss",
                    "of": "dark with power",
                    "change": {"lamp.power": "gone"},
                    "expect": {"LMP-02": "strong"},
                },
                {"name": "power unknown", "kind": "unknown", "of": "dark with power", "forget": ["lamp.power"]},
                {"name": "all well", "kind": "negative", "facts": {"lamp.light": "on", "lamp.power": "there"}},
            ],
        },
        "rules/lmp/lmp-02.yml": _rule(
            "lmp-02",
            "LMP-02",
            [{"fact": "lamp.light", "is": ["on", "off", "dim"]}, {"fact": "lamp.power", "is": "gone"}],
            strength="strong",
        ),
        "rules/lmp/lmp-02.test.yml": {
            "schema": "certdoctor/rule-test@1",
            "rule": "lmp-02",
            "cases": [
                {
                    "name": "no power",
                    "kind": "positive",
                    "facts": {"lamp.light": "off", "lamp.power": "gone"},
                    "expect": {"LMP-02": "strong"},
                },
                {
                    "name": "power",
                    "kind": "near_miss",
                    "of": "no power",
                    "change": {"lamp.power": "there"},
                    "expect": {"LMP-01": "decisive"},
                },
                {"name": "light unknown", "kind": "unknown", "of": "no power", "forget": ["lamp.light"]},
                {"name": "all well", "kind": "negative", "facts": {"lamp.light": "on", "lamp.power": "there"}},
            ],
        },
        "rules/lmp/lmp-03.yml": _rule(
            "lmp-03", "LMP-01", [{"fact": "lamp.light", "is": "off"}, {"fact": "log.refusal", "is": "burnt"}]
        ),
        "rules/lmp/lmp-03.test.yml": {
            "schema": "certdoctor/rule-test@1",
            "rule": "lmp-03",
            "cases": [
                {
                    "name": "burnt",
                    "kind": "positive",
                    "facts": {"lamp.light": "off", "log.refusal": "burnt"},
                    "expect": {"LMP-01": "decisive"},
                },
                {"name": "not dark", "kind": "near_miss", "of": "burnt", "change": {"lamp.light": "on"}},
                {"name": "only dim", "kind": "near_miss", "of": "burnt", "change": {"lamp.light": "dim"}},
                {"name": "cold", "kind": "near_miss", "of": "burnt", "change": {"log.refusal": "cold"}},
                {"name": "light unknown", "kind": "unknown", "of": "burnt", "forget": ["lamp.light"]},
                {"name": "all well", "kind": "negative", "facts": {"lamp.light": "on"}},
            ],
        },
        "kb/diagnoses/LMP-01/diagnosis.yml": _diagnosis("LMP-01"),
        "kb/diagnoses/LMP-01/text.en.yml": bulb,
        "kb/diagnoses/LMP-01/text.de.yml": _german(bulb),
        "kb/diagnoses/LMP-02/diagnosis.yml": _diagnosis(
            "LMP-02",
            explains=["LMP-01"],
            requires=[{"fact": "change.last", "is": "none"}],
        ),
        "kb/diagnoses/LMP-02/text.en.yml": power,
        "kb/diagnoses/LMP-02/text.de.yml": _german(power),
        "kb/symptoms/it-is-dark.yml": {
            "schema": "certdoctor/symptom@1",
            "id": "it-is-dark",
            "category": "zone",
            "text": {
                "en": {"title": "It is dark", "aliases": [f"{n} lamps give no light" for n in range(2, 8)]},
                "de": {"title": "Es ist dunkel", "aliases": [f"{n} Lampen geben kein Licht" for n in range(2, 8)]},
            },
            "candidates": ["LMP-01", "LMP-02"],
        },
        "kb/questions/site.yml": {
            "schema": "certdoctor/questions@1",
            "questions": {
                "last-change": {
                    "fact": "change.last",
                    "cost": 10,
                    "base": {"bulb": 0.5, "none": 0.5},
                    "text": both("What was changed?"),
                    "options": {"bulb": both("The bulb"), "none": both("Nothing")},
                    "how": both("Ask."),
                }
            },
        },
        "kb/signatures/lamps.yml": {
            "schema": "certdoctor/signatures@1",
            "signatures": {
                "burnt": {"pattern": "lamp .* burnt", "contains": "burnt", "means": "refused", "sources": ["S01"]}
            },
        },
        "kb/signatures/reasons.yml": {
            "schema": "certdoctor/reasons@1",
            "texts": {"burnt": ["is burnt"]},
            "alerts": {"40": "burnt"},
            "codes": {},
            "verify": {},
            "troubles": [],
            "refusals": ["burnt", "cold"],
            "key_faults": [],
            "sources": ["S01"],
        },
        "kb/connections/wire.yml": {
            "schema": "certdoctor/connection@1",
            "id": "wire",
            "text": both("wire"),
            "client_roles": ["client"],
            "server_roles": ["other"],
            "port": 1,
            "server": {"identity": ["server"], "trust": ["ca"], "purpose": "server", "checked": "always"},
            "sources": ["S01"],
        },
        "kb/sources/books.yml": {
            "schema": "certdoctor/sources@1",
            "sources": {"S01": {"title": "On lamps", "date": "2020-01", "read": "2026-01-02"}},
        },
        "kb/authorities/makers.yml": {
            "schema": "certdoctor/authorities@1",
            "authorities": {
                "root": {
                    "group": "public",
                    "common_name": "Lamp Root",
                    "public": "yes",
                    "text": both("root of lamps"),
                    "certificates": [
                        {
                            "signed_by": "self",
                            "not_after": "2030-01-01",
                            "sha256": "ab" * 32,
                            "read": "certificate",
                            "source": "S01",
                        },
                        {"signed_by": "older"},
                    ],
                    "sources": ["S01"],
                },
                "older": {
                    "group": "expired_root",
                    "common_name": "Older Root",
                    "public": "was",
                    "text": both("older root"),
                    "certificates": [{"signed_by": "self"}],
                    "sources": ["S01"],
                },
            },
        },
        "kb/dates/lifetimes.yml": {
            "schema": "certdoctor/dates@1",
            "dates": {
                "ten": {
                    "topic": "public_lifetime",
                    "from": "2026-01-01",
                    "until": "2026-12-31",
                    "days": 10,
                    "stated": [{"day": "2026-02-01", "sources": ["S01"]}],
                    "text": both("ten days"),
                    "sources": ["S01"],
                },
            },
        },
        "kb/glossary/words.yml": {
            "schema": "certdoctor/glossary@1",
            "entries": {"lamp": {"term": both("lamp"), "text": both("It shines."), "see": [], "sources": ["S01"]}},
        },
    }


_BASE = _base()


def files() -> Files:
    """Return the small knowledge base: path -> content. It has no fault."""
    return copy.deepcopy(_BASE)


def write(folder: Path, content: Mapping[str, Any]) -> tuple[Path, Path]:
    """Write files (text as it is, all else as JSON, which is YAML 1.2) and return rules/ and kb/."""
    for name in ("rules", "kb"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for name, value in content.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(value if isinstance(value, str) else json.dumps(value, indent=1, ensure_ascii=False), "utf-8")
    return folder / "rules", folder / "kb"


def at(content: Files, file: str, *steps: str | int) -> Any:
    """Return what stands in a file at these steps."""
    value = content[file]
    for step in steps:
        value = value[step]
    return value


Break = Callable[[Files], object]


# --- in memory ---


def diagnosis(key: str, **more: Any) -> Diagnosis:
    """Return a diagnosis without params, with the fields given."""
    form = msgspec.convert(
        {**_diagnosis(key), "params": [], "merge_by": [], "fix": [], "verify": [], **more}, DiagnosisForm
    )
    text = msgspec.convert({**_english(key), "fix": {}, "verify": {}}, DiagnosisText)
    return Diagnosis(form, {"en": text}, revision(form, {"en": text}))


def rule(key: str, concludes: str, when: Mapping[str, str | Sequence[str]], **more: Any) -> RuleForm:
    """Return a rule from its premises (fact -> value or values)."""
    premises = [{"fact": fact, "is": value if isinstance(value, str) else list(value)} for fact, value in when.items()]
    return msgspec.convert({**_rule(key, concludes, premises), "bind": {}, **more}, RuleForm)


def knowledge(
    rules: Iterable[RuleForm] = (),
    diagnoses: Iterable[Diagnosis] = (),
    questions: Mapping[str, Mapping[str, Any]] | None = None,
    symptoms: Mapping[str, Sequence[str]] | None = None,
    vocabulary: Mapping[str, Mapping[str, Sequence[str]]] | None = None,
    areas: Mapping[str, str] | None = None,
) -> Knowledge:
    """Return knowledge made of these; the vocabulary is what rules read, and what is given on top.

    Args:
        rules: all rules.
        diagnoses: all diagnoses; those that rules name and that are not given are made.
        questions: id -> fields of the form; texts are made.
        symptoms: id -> candidates.
        vocabulary: about -> fact -> values.
        areas: rule -> area.
    """
    held = list(rules)
    words: dict[str, dict[str, dict[str, None]]] = {}
    for about, facts in (vocabulary or {}).items():
        for fact, values in facts.items():
            words.setdefault(about, {}).setdefault(fact, {}).update(dict.fromkeys(values))
    for form in held:
        for premise in form.when:
            words.setdefault(form.about, {}).setdefault(premise.fact, {}).update(dict.fromkeys(premise.values))
    entries = {entry.form.id: entry for entry in diagnoses}
    for form in held:
        for key in (form.diagnosis, *(against.diagnosis for against in form.against)):
            entries.setdefault(key, diagnosis(key))
    forms = {
        about: {
            fact: FactForm(values={v: {"en": v, "de": v} for v in values}, supplied=["observer"], text={"en": fact})
            for fact, values in facts.items()
        }
        for about, facts in words.items()
    }
    return Knowledge(
        vocabulary=forms,
        about={fact: about for about, facts in forms.items() for fact in facts},
        rules={form.id: form for form in held},
        areas=dict(areas or {}),
        diagnoses=entries,
        symptoms={
            key: msgspec.convert(
                {**_BASE["kb/symptoms/it-is-dark.yml"], "id": key, "candidates": list(candidates)}, SymptomForm
            )
            for key, candidates in (symptoms or {}).items()
        },
        questions={
            key: msgspec.convert(
                {
                    "cost": 10,
                    "text": {"en": key},
                    "how": {"en": key},
                    "options": {value: {"en": value} for value in fields["base"]},
                    **fields,
                },
                QuestionForm,
            )
            for key, fields in (questions or {}).items()
        },
        signatures={},
        reasons=None,
        connections={},
        sources={},
        glossary={},
        release="",
    )

"""An examination as SARIF 2.1.0 (OASIS), for tools that collect findings."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote

from certdoctor import __version__
from certdoctor.casework.examination import Examination, Treatable

_INSIDE = re.compile(r", (?:line|block) \d+$")
_LEVEL = {"critical": "error", "high": "error", "medium": "warning", "low": "note", "info": "note"}


def as_sarif(examination: Examination) -> str:
    """Return one SARIF run: each diagnosis is a rule, each finding a result."""
    rules = {f.diagnosis: f for f in examination.findings}
    document: dict[str, Any] = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "certdoctor",
                        "version": __version__,
                        "rules": [
                            {
                                "id": f.diagnosis,
                                "shortDescription": {"text": f.title},
                                "help": {"text": "\n".join(step.text for step in f.fix)},
                            }
                            for f in rules.values()
                        ],
                    }
                },
                "properties": {"verdict": examination.verdict.value},
                # What was not checked is part of the result: nobody may take silence for health.
                "invocations": [
                    {
                        "executionSuccessful": not examination.disagreements,
                        "toolExecutionNotifications": [
                            {"level": "note", "message": {"text": text}} for text in _not_checked(examination)
                        ],
                    }
                ],
                "results": [_result(f) for f in examination.findings],
            }
        ],
    }
    return json.dumps(document, ensure_ascii=False, indent=2)


def _not_checked(examination: Examination) -> list[str]:
    texts = [f"{u.what}: {u.why} {u.remedy}".strip() for u in examination.unchecked]
    return [*texts, *(f"{p.origin}: {p.reason} {p.remedy}".strip() for p in examination.evidence.problems)]


def _result(finding: Treatable) -> dict[str, Any]:
    seen = [place for proof in finding.proof for place in proof.seen]
    return {
        "ruleId": finding.diagnosis,
        "level": _LEVEL[finding.severity],
        "message": {"text": f"{finding.title}. {finding.summary}"},
        "locations": [{"physicalLocation": _location(place)} for place in dict.fromkeys(seen)],
        "partialFingerprints": {"finding": finding.key},
    }


def _location(place: str) -> dict[str, Any]:
    """A place as `Origin` writes it: "trust/expc1.pem, block 2"."""
    path, _comma, inside = place.rpartition(", ") if _INSIDE.search(place) else (place, "", "")
    location: dict[str, Any] = {"artifactLocation": {"uri": quote(path.encode("utf-8", "replace"))}}
    word, _space, number = inside.partition(" ")
    if word == "line":
        location["region"] = {"startLine": int(number)}
    return location

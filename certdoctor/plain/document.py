"""The JSON form of an examination: certdoctor/examination@1. Other formats are made from the same values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from certdoctor.casework.examination import Examination, Treatable
from certdoctor.sentences import told
from certdoctor.text import clean

SCHEMA = "certdoctor/examination@1"


def as_document(examination: Examination) -> dict[str, Any]:
    """Return the stable JSON document of an examination."""
    return {
        "schema": SCHEMA,
        "verdict": examination.verdict.value,
        "customer": clean(examination.deployment.customer),
        "site": clean(examination.deployment.site),
        "at": examination.at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "language": examination.lang,
        "findings": [_finding(f) for f in examination.findings],
        "folded": [{**_finding(f), "under": f.under} for f in examination.folded],
        "connections": [
            {
                "id": c.id,
                "client": c.client,
                "server": c.server,
                "kind": c.kind,
                "port": c.port,
                "name": clean(c.name),
                "server_verdict": c.server_verdict,
                "client_verdict": c.client_verdict,
                "openssl": [_cleaned(error) for error in c.openssl],
                "why": dict(c.why),
            }
            for c in examination.connections
        ],
        "questions": [
            {
                "id": q.id,
                "fact": q.fact,
                "subject": q.subject,
                "text": clean(q.text),
                "how": q.how,
                "options": [{"value": value, "text": text} for value, text in q.options],
                "gain": round(q.gain, 3),
                "cost": q.cost,
            }
            for q in examination.questions
        ],
        "unchecked": [{"what": clean(u.what), "why": clean(u.why), "remedy": u.remedy} for u in examination.unchecked],
        "changes": [
            {
                "node": c.node,
                "from": clean(c.earlier),
                "to": clean(c.later),
                "what": c.what.value,
                "of": clean(c.of),
                "before": clean(c.before),
                "after": clean(c.after),
            }
            for c in examination.changes
        ],
        "evidence": [
            {
                "source": clean(d.origin.path),
                "kind": d.kind.value,
                "certificates": len(d.certificates),
                "remarks": [clean(told(remark)) for remark in d.remarks],
            }
            for d in examination.evidence.documents
        ],
        "problems": [
            {
                "source": clean(str(p.origin)),
                "looks_like": clean(p.looks_like),
                "reason": clean(told(p.reason)),
                "remedy": clean(told(p.remedy)),
            }
            for p in examination.evidence.problems
        ],
    }


def as_json(examination: Examination) -> str:
    """Return the document as indented JSON."""
    return json.dumps(as_document(examination), ensure_ascii=False, indent=2)


def _finding(finding: Treatable) -> dict[str, Any]:
    return {
        "diagnosis": finding.diagnosis,
        "title": finding.title,
        "rank": finding.rank,
        "strength": finding.strength,
        "severity": finding.severity,
        "status": finding.status,
        "subject": {"kind": finding.subject_kind, "id": finding.subject_id, "side": finding.subject_side},
        "connection": finding.connections[0] if finding.connections else None,
        "connections": list(finding.connections),
        "node": finding.nodes[0] if finding.nodes else None,
        "nodes": list(finding.nodes),
        "summary": finding.summary,
        "cause": finding.cause,
        "params": dict(finding.params),
        "proof": [
            {"fact": p.fact, "value": p.value, "text": p.text, "seen": list(p.seen), "source": p.source}
            for p in finding.proof
        ],
        "fix": [
            {
                "id": s.id,
                "text": s.text,
                "role": s.role,
                "risk": s.risk,
                "interruption": s.interruption,
                "where": s.where,
                "command": s.command,
                "stopgap": s.stopgap,
                "way_back": s.way_back,
            }
            for s in finding.fix
        ],
        "verify": [{"id": v.id, "text": v.text, "where": v.where} for v in finding.verify],
        "sources": list(finding.sources),
        "key": finding.key,
    }


def _cleaned(error: Mapping[str, object]) -> dict[str, object]:
    return {key: clean(value) if isinstance(value, str) else value for key, value in error.items()}

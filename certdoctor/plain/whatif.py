"""`certdoctor whatif`: what a change would do, before it is done."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from certdoctor.casework.examination import Treatable
from certdoctor.casework.whatif import (
    CertificateChange,
    Change,
    DateChange,
    TrustAddition,
    TrustRemoval,
    VersionChange,
    WhatIf,
    what_if,
)
from certdoctor.errors import CertdoctorError
from certdoctor.language import _
from certdoctor.plain.matrix import outcome
from certdoctor.plain.report import escaped, title_of, word
from certdoctor.text import clean

SCHEMA = "certdoctor/whatif@1"


def run(
    paths: Sequence[Path],
    *,
    certificates: Sequence[str],
    trust: Sequence[str],
    versions: Sequence[str],
    on: datetime | None,
    form: str,
    at: datetime | None,
    now: Callable[[], datetime],
    lang: str,
    password_file: Path | None,
) -> int:
    """Print what the changes would do in `form` and return examine's exit code for the site after them.

    Raises:
        CertdoctorError: a change cannot be understood or applied, a path does not exist, or the passwords cannot
            be read.
    """
    from certdoctor.plain.examine import check_paths, exit_code, read_passwords

    check_paths(paths)
    changes = changes_of(certificates, trust, versions, on)
    result = what_if(paths, changes, passwords=read_passwords(password_file), at=at, now=now(), lang=lang)
    printers = {"text": as_text, "json": as_json, "markdown": as_markdown}
    print(printers[form](result).rstrip("\n"))
    return exit_code(result.after)


def changes_of(
    certificates: Sequence[str], trust: Sequence[str], versions: Sequence[str], on: datetime | None
) -> tuple[Change, ...]:
    """Return the changes that the options ask for.

    Raises:
        CertdoctorError: one of them has another form, or there is none.
    """
    found: list[Change] = []
    for text in certificates:
        place, file = _parts(text, "NODE[:SLOT]=FILE")
        node, _colon, slot = place.partition(":")
        found.append(CertificateChange(node, slot, Path(file)))
    for text in trust:
        form = "NODE:LIST=+FILE, NODE:LIST=-CA"
        place, what = _parts(text, form)
        node, colon, name = place.partition(":")
        if not colon or what[0] not in "+-" or len(what) < 2:
            raise _misformed(text, form)
        found.append(
            TrustAddition(node, name, Path(what[1:])) if what[0] == "+" else TrustRemoval(node, name, what[1:])
        )
    for text in versions:
        found.append(VersionChange(*_parts(text, "NODE=X15.5")))
    if on is not None:
        found.append(DateChange(on))
    if not found:
        raise CertdoctorError(_("Name a change: --certificate, --trust, --version or --on."))
    return tuple(found)


def _parts(text: str, form: str) -> tuple[str, str]:
    place, _equals, what = text.partition("=")
    if not place or not what:
        raise _misformed(text, form)
    return place, what


def _misformed(text: str, form: str) -> CertdoctorError:
    return CertdoctorError(_("“{value}” is not understood; write {form}.").format(value=text, form=form))


def as_json(result: WhatIf) -> str:
    """Return the stable JSON document certdoctor/whatif@1."""
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "customer": clean(result.after.deployment.customer),
        "site": clean(result.after.deployment.site),
        "before": {"at": _moment(result.before.at), "verdict": result.before.verdict.value},
        "after": {"at": _moment(result.after.at), "verdict": result.after.verdict.value},
        "changes": [clean(change) for change in result.changes],
        "uploads": [
            {
                "node": upload.node,
                "file": clean(upload.file),
                "verdict": upload.verdict,
                "diagnoses": [f.diagnosis for f in upload.findings],
            }
            for upload in result.uploads
        ],
        "connections": [
            {
                "id": clean(shift.connection),
                "kind": shift.kind,
                "client": clean(shift.client),
                "server": clean(shift.server),
                "side": shift.side,
                "before": shift.before,
                "after": shift.after,
                "why": clean(shift.why),
            }
            for shift in result.shifts
        ],
        "new": [_finding(f) for f in result.new],
        "gone": [_finding(f) for f in result.gone],
        "remaining": [_finding(f) for f in result.remaining],
    }
    return json.dumps(document, ensure_ascii=False, indent=2)


def _moment(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _finding(finding: Treatable) -> dict[str, Any]:
    return {
        "diagnosis": finding.diagnosis,
        "title": finding.title,
        "severity": finding.severity,
        "connections": list(finding.connections),
        "nodes": list(finding.nodes),
        "summary": finding.summary,
    }


def as_text(result: WhatIf) -> str:
    """Return what changes as plain text."""
    return "\n".join(_lines(result, clean, "   ")) + "\n"


def as_markdown(result: WhatIf) -> str:
    """Return what changes as Markdown, for a change request."""
    return "\n".join(_lines(result, escaped, "- ", "## ")) + "\n"


def _lines(result: WhatIf, shown: Callable[[str], str], mark: str, head: str = "") -> Iterator[str]:
    def part(title: str, lines: Sequence[str]) -> Iterator[str]:
        yield from ("", head + title)
        if head:
            yield ""
        yield from (mark + shown(line) for line in lines)

    title = title_of(result.after, shown)
    if title:
        yield f"{'# ' if head else ''}{title}"
    yield from part(_("What if:"), result.changes)
    for upload in result.uploads:
        found = [f"{f.diagnosis} {f.title} [{word(f.severity)}]" for f in upload.findings]
        said = _("Upload of {file} to {node}: {verdict}").format(
            file=upload.file, node=upload.node, verdict=outcome(upload.verdict)
        )
        yield from part(shown(said), found)
    shifts = [
        f"{'! ' if s.worse else ''}{s.connection} ({s.client} -> {s.server}), "
        + (_("server's certificate") if s.side == "server" else _("client's certificate"))
        + f": {outcome(s.before)} -> {outcome(s.after)}: {s.why}"
        for s in result.shifts
    ]
    yield from part(_("Connections that change:"), shifts or [_("none")])
    for title, findings in (
        (_("New findings:"), result.new),
        (_("Findings that go:"), result.gone),
        (_("Findings that remain:"), result.remaining),
    ):
        yield from part(title, [_told(f) for f in findings] or [_("none")])


def _told(finding: Treatable) -> str:
    return f"{finding.diagnosis} {finding.title} [{word(finding.severity)}]: {finding.summary}"

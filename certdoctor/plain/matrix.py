"""`certdoctor matrix`: who trusts whom as text, JSON, Markdown and a picture."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from certdoctor.casework.examination import Examination
from certdoctor.casework.matrix import (
    NOTE,
    SIGN,
    URGENT,
    Cell,
    Matrix,
    chain_links,
    findings_on,
    judgement_of,
    matrix,
    sign,
)
from certdoctor.language import N_, _
from certdoctor.plain.report import escaped, title_of, word
from certdoctor.text import clean
from certdoctor.writing import new_file

SCHEMA = "certdoctor/matrix@1"
_VERDICT = {
    "accepted": N_("accepted"),
    "refused": N_("refused"),
    "depends": N_("depends"),
    "not_checked": N_("not checked"),
    "not_required": N_("not required"),
    "none": N_("no such connection"),
}
_COLUMNS = 8  # of 8 characters beside the names fit 80 columns


def run(
    paths: Sequence[Path],
    *,
    form: str,
    at: datetime | None,
    now: Callable[[], datetime],
    lang: str,
    password_file: Path | None,
    output: Path | None,
) -> int:
    """Examine `paths`, print who trusts whom in `form` or write it to `output`, and return examine's exit code.

    Raises:
        CertdoctorError: a path does not exist, the passwords cannot be read, or `output` exists or cannot be written.
    """
    from certdoctor.casework.sites import examine_paths
    from certdoctor.plain.examine import check_paths, exit_code, read_passwords

    check_paths(paths)
    examination = examine_paths(paths, passwords=read_passwords(password_file), at=at, now=now(), lang=lang)
    printers = {"text": as_text, "json": as_json, "markdown": as_markdown, "svg": as_svg}
    shown = printers[form](examination).rstrip("\n")
    if output is None:
        print(shown)
    else:
        new_file(output, f"{shown}\n".encode("utf-8", "backslashreplace"))
    return exit_code(examination)


def as_svg(examination: Examination) -> str:
    """Return a picture of nodes and connections, as an SVG document."""
    from certdoctor.plain.picture import picture

    return picture(examination, matrix(examination))


def as_json(examination: Examination) -> str:
    """Return the table as the stable JSON document certdoctor/matrix@1."""
    return json.dumps(as_document(examination), ensure_ascii=False, indent=2)


def as_document(examination: Examination) -> dict[str, Any]:
    """Return what `as_json` prints."""
    found = matrix(examination)
    diagnoses = {finding.key: finding.diagnosis for finding in examination.findings}
    return {
        "schema": SCHEMA,
        "verdict": examination.verdict.value,
        "customer": clean(examination.deployment.customer),
        "site": clean(examination.deployment.site),
        "at": examination.at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "nodes": [{"id": clean(n.id), "role": n.role, "version": clean(n.version)} for n in found.nodes],
        "cells": [
            {
                "client": clean(cell.client),
                "server": clean(cell.server),
                "server_verdict": cell.server_verdict,
                "client_verdict": cell.client_verdict,
                "severity": cell.severity,
                "diagnoses": list(dict.fromkeys(diagnoses[key] for key in cell.findings)),
                "connections": [
                    {
                        "id": clean(c.id),
                        "kind": c.kind,
                        "server_verdict": c.server_verdict,
                        "client_verdict": c.client_verdict,
                    }
                    for c in cell.connections
                ],
            }
            for cell in found.cells
        ],
    }


def outcome(verdict: str) -> str:
    """Return one verdict in words."""
    return _(_VERDICT[verdict])


def verdicts(server: str, client: str) -> str:
    """Return the verdicts on both sides' certificates in words."""
    return f"{_(_VERDICT[server])} / {_(_VERDICT[client])}"


def legend() -> str:
    """Return what the signs mean, in one line."""
    shown = [f"{sign} {_(_VERDICT[token])}" for token, sign in SIGN.items()]
    return ", ".join([*shown, *(f"{sign} {word(token)}" for token, sign in URGENT.items())])


def as_text(examination: Examination) -> str:
    """Return the table as plain text of at most 80 columns, and the broken chains below it."""
    return "\n".join(_text(examination)) + "\n"


def _text(examination: Examination) -> Iterator[str]:
    found = matrix(examination)
    title = title_of(examination, clean)
    if title:
        yield title
    yield _("Judged as of {at}").format(at=examination.at.strftime("%Y-%m-%d %H:%M UTC"))
    if not found.cells:
        yield _("No connection between these nodes is known.")
        return
    yield ""
    yield from table(found)
    yield ""
    yield _("A line's node connects to a column's: server's certificate / client's certificate.")
    yield legend()
    for cell in found.cells:
        yield from _faults(cell, examination)


def table(found: Matrix) -> Iterator[str]:
    """Return the lines of the table; more than eight servers go on below."""
    width = min(15, max(len(client) for client in found.clients))
    for start in range(0, len(found.servers), _COLUMNS):
        servers = found.servers[start : start + _COLUMNS]
        if start:
            yield ""
        wide = max(7, min(15, (80 - width) // len(servers) - 1))
        yield (" " * width + "".join(f" {_short(server, wide):<{wide}}" for server in servers)).rstrip()
        for client in found.clients:
            cells = "".join(f" {sign(found.cell(client, server)):<{wide}}" for server in servers)
            yield f"{_short(client, width):<{width}}{cells}".rstrip()


def _short(name: str, width: int) -> str:
    """Shorten a name in its middle: nodes of a site differ at their ends."""
    name = clean(name)
    return name if len(name) <= width else f"{name[: width - 4]}~{name[-3:]}"


def _faults(cell: Cell, examination: Examination) -> Iterator[str]:
    for connection in cell.connections:
        findings = findings_on([connection.id], examination)
        bad = [
            side
            for side, verdict in (("server", connection.server_verdict), ("client", connection.client_verdict))
            if verdict in ("refused", "depends")
        ]
        if not bad and not findings:
            continue
        yield ""
        yield f"{clean(connection.id)}: {clean(connection.client)} -> {clean(connection.server)} ({connection.kind})"
        for side in bad:
            yield from chain(examination, connection.id, side)
        for finding in findings:
            yield f"   {finding.diagnosis} {clean(finding.title)} [{word(finding.severity)}]"


def chain(examination: Examination, connection: str, side: str) -> Iterator[str]:
    """Return the chain of one side as a tree in words and ASCII, the trust anchor on top."""
    judgement = judgement_of(examination, connection, side)
    if judgement is None:
        return
    said = _("{verifier} judges the certificate of {presenter}: {verdict}")
    yield "   " + said.format(
        verifier=clean(judgement.verifier.id),
        presenter=clean(judgement.presenter.id),
        verdict=_(_VERDICT[judgement.outcome.value]),
    )
    for link in chain_links(judgement):
        mark = "X " if link.broken else ""
        branch = "   " * link.depth + ("`- " if link.depth else "")
        yield f"      {branch}{mark}{clean(link.name)} ({_(NOTE[link.note])})"


def as_markdown(examination: Examination) -> str:
    """Return the table as Markdown, for a ticket."""
    return "\n".join(_markdown(examination)) + "\n"


def _markdown(examination: Examination) -> Iterator[str]:
    found = matrix(examination)
    yield f"# {title_of(examination, escaped) or 'certdoctor'}"
    yield ""
    yield _("Judged as of {at}").format(at=examination.at.strftime("%Y-%m-%d %H:%M UTC"))
    yield ""
    if not found.cells:
        yield _("No connection between these nodes is known.")
        return
    yield "| |" + "".join(f" {escaped(server)} |" for server in found.servers)
    yield "|---|" + "---|" * len(found.servers)
    for client in found.clients:
        cells = (sign(found.cell(client, server)) for server in found.servers)
        yield f"| **{escaped(client)}** |" + "".join(f" {cell if cell != '.' else ''} |" for cell in cells)
    yield ""
    yield _("A line's node connects to a column's: server's certificate / client's certificate.")
    yield legend()
    lines = [line for cell in found.cells for line in _faults(cell, examination)]
    if lines:
        # Drawn trees keep their shape in a block of code; what ends one must not stand in it.
        yield from ("", "```text", *(line.replace("```", "'''") for line in lines[1:]), "```")

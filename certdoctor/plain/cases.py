"""`certdoctor case`: stored cases as text."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from certdoctor.errors import CertdoctorError
from certdoctor.language import _, pgettext
from certdoctor.plain.opening import opened
from certdoctor.text import clean

if TYPE_CHECKING:
    from certdoctor.casework.practice import Practice
    from certdoctor.store.records import CaseRecord, CaseView, SiteView

Clock = Callable[[], datetime]


def listing(data: Path, now: Clock, search: str) -> int:
    """Print one line per case."""
    with opened(data, now) as practice:
        for case in practice.cases(search):
            day = case.opened.strftime("%Y-%m-%d")
            where = f"{clean(case.customer)} / {clean(case.site)}"
            print(f"{case.number}  {_state(case):<6}  {day}  {where}  {clean(case.title)}")
    return 0


def show(data: Path, now: Clock, number: str, lang: str) -> int:
    """Print one case and examine its site as it stands."""
    from certdoctor.plain.report import as_text

    with opened(data, now) as practice:
        case = find_case(practice, number)
        print(f"{case.number} {clean(case.title)} ({_state(case)})\n")
        print(as_text(practice.examine_site(case.site_id, lang)), end="")
    return 0


def export(data: Path, now: Clock, number: str, form: str) -> int:
    """Print one case with everything that was done in it."""
    with opened(data, now) as practice:
        case = find_case(practice, number)
        view, site = practice.case(case.id), practice.site(case.site_id)
    print(_json(view, site) if form == "json" else _markdown(view, site))
    return 0


def is_number(text: str) -> bool:
    """Tell whether a text is what people call a case ("C-0001")."""
    return bool(re.fullmatch(r"[Cc]-[0-9]+", text))


def find_case(practice: Practice, number: str) -> CaseRecord:
    """Return the case with this number ("C-0042" or "42").

    Raises:
        CertdoctorError: there is none.
    """
    wanted = number.upper().removeprefix("C-").lstrip("0")
    for case in practice.cases(f"C-{wanted:>04}"):
        if case.number.removeprefix("C-").lstrip("0") == wanted:
            return case
    text = _("There is no case {number}; `certdoctor case list` shows all of them.")
    raise CertdoctorError(text.format(number=number))


def _state(case: CaseRecord) -> str:
    return pgettext("state of a case", "open") if case.state == "open" else _("closed")


def _json(view: CaseView, site: SiteView) -> str:
    document = {
        "schema": "certdoctor/case@1",
        "case": asdict(view.case),
        "nodes": [asdict(node) for node in view.nodes],
        "evidence": [asdict(record) for record in view.evidence],
        "answers": [asdict(record) for record in view.answers],
        "examinations": [asdict(record) for record in view.examinations],
        "steps": [asdict(record) for record in view.steps],
        "notes": [asdict(record) for record in view.notes],
        "history": [asdict(event) for event in site.events if event.case_number == view.case.number],
    }
    return json.dumps(document, ensure_ascii=False, indent=2, default=lambda value: value.isoformat())


def _markdown(view: CaseView, site: SiteView) -> str:
    case = view.case
    lines = [
        f"# {case.number}: {clean(case.title)}",
        "",
        f"{clean(case.customer)} / {clean(case.site)}, {_state(case)}",
    ]
    if case.text:
        lines += ["", f"> {clean(case.text)}"]
    for examination in view.examinations[:1]:
        lines += ["", f"## {examination.verdict} ({examination.made:%Y-%m-%d %H:%M})", ""]
        lines += [f"- {f.diagnosis} {clean(f.title)} ({f.severity}): {clean(f.summary)}" for f in examination.findings]
    if view.steps:
        lines += ["", f"## {_('Steps')}", ""]
        lines += [
            f"- [{'x' if s.done else ' '}] {s.finding_key} {s.step} ({clean(s.who)}, {s.when:%Y-%m-%d %H:%M})"
            for s in view.steps
        ]
    if view.notes:
        lines += ["", f"## {_('Notes')}", ""]
        lines += [f"- {note.when:%Y-%m-%d %H:%M} {clean(note.who)}: {clean(note.text)}" for note in view.notes]
    history = [event for event in site.events if event.case_number == case.number]
    lines += ["", f"## {_('History')}", ""]
    lines += [f"- {e.when:%Y-%m-%d %H:%M} {clean(e.who)}: {e.kind}: {clean(e.text)}" for e in reversed(history)]
    return "\n".join(lines)

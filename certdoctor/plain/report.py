"""An examination as plain text and as Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from certdoctor.casework.changed import about, by_snapshot, values
from certdoctor.casework.examination import Examination, Treatable
from certdoctor.evidence.items import Document, Problem
from certdoctor.language import N_, _
from certdoctor.page.markdown import escaped as escaped
from certdoctor.reasoning.findings import Verdict
from certdoctor.sentences import told, told_place
from certdoctor.text import clean

# Tokens as they are read in a report; JSON has the tokens themselves.
_WORDS = {
    "critical": N_("critical"),
    "high": N_("high"),
    "medium": N_("medium"),
    "low": N_("low"),
    "info": N_("info"),
    "accepted": N_("accepted"),
    "refused": N_("refused"),
    "depends": N_("depends"),
    "not_checked": N_("not_checked"),
    "not_required": N_("not_required"),
    "service": N_("service"),
    "restart": N_("restart"),
}


def verdict_words(examination: Examination) -> str:
    """Return the verdict as one sentence."""
    judged = sum(1 for c in examination.connections if "not_checked" not in (c.server_verdict, c.client_verdict))
    words = {
        Verdict.CAUSE_FOUND: _("Cause found."),
        Verdict.DIFFERENTIAL: _("Not decided: the likeliest causes, and what is missing to decide."),
        Verdict.HEALTHY: _("Healthy as far as it could be judged: {judged} of {all} connections, no fault found."),
        Verdict.NOT_CHECKED: _("Not checked: the evidence is not enough to judge anything."),
    }
    return words[examination.verdict].format(judged=judged, all=len(examination.connections))


def title_of(examination: Examination, shown: Callable[[str], str]) -> str:
    """Return customer and site in one line, "" where neither is named. `shown` cleans or escapes them."""
    deployment = examination.deployment
    return " – ".join(shown(part) for part in (deployment.customer, deployment.site) if part)


def as_text(examination: Examination) -> str:
    """Return the examination as plain text, at most 100 columns where words allow it."""
    return "\n".join(_text(examination)) + "\n"


def _text(e: Examination) -> Iterator[str]:
    title = title_of(e, clean)
    if title:
        yield title
    yield _("Judged as of {at}").format(at=e.at.strftime("%Y-%m-%d %H:%M UTC"))
    yield verdict_words(e)
    for finding in e.findings:
        yield ""
        yield from _finding(finding)
        under = [f for f in e.folded if f.under == finding.diagnosis]
        for folded in under:
            yield "   " + _("explains: {id} {title}").format(id=folded.diagnosis, title=folded.title)
    if not e.findings and e.verdict == Verdict.DIFFERENTIAL:
        for candidate in e.candidates[:5]:
            yield f"   {candidate.diagnosis}  {candidate.probability:.0%}"
    if e.questions and e.verdict in (Verdict.DIFFERENTIAL, Verdict.NOT_CHECKED):
        yield ""
        yield _("Questions that would help most:")
        for question in e.questions[:3]:
            yield f"   {clean(question.text)}"
            yield from (f"      {how}" for how in question.how.splitlines())
    if e.connections:
        yield ""
        yield _("Connections (server's certificate / client's certificate):")
        width = max(len(c.id) for c in e.connections)
        for c in e.connections:
            yield f"   {c.id:<{width}}  {c.kind:<14} {word(c.server_verdict)} / {word(c.client_verdict)}"
    for title, held in by_snapshot(e.changes):
        yield ""
        yield clean(title)
        for change in held:
            before, after = values(change)
            yield f"   {clean(about(change))}: {clean(before)} → {clean(after)}"
    if e.unchecked:
        yield ""
        yield _("Not checked:")
        for unchecked in e.unchecked:
            yield f"   {clean(unchecked.what)}: {clean(unchecked.why)}"
            if unchecked.remedy:
                yield f"      {unchecked.remedy}"
    if remarked := [d for d in e.evidence.documents if d.remarks]:
        yield ""
        yield _("Read, but with remarks (--files writes such certificates as strict PEM):")
        for document in remarked:
            yield f"   {_remarks(document, clean)}"
    if e.evidence.problems:
        yield ""
        yield _("Could not be read:")
        for problem in e.evidence.problems:
            yield f"   {_problem(problem, clean)}"


def _finding(f: Treatable) -> Iterator[str]:
    unconfirmed = f" [{_('unconfirmed')}]" if f.status == "recalled" else ""
    yield f"{f.rank}. [{word(f.severity)}] {f.diagnosis} {f.title}{unconfirmed}"
    yield f"   {f.summary}"
    yield "   " + _("Proof:")
    for proof in f.proof:
        seen = f"  ({', '.join(clean(told_place(s)) for s in proof.seen)})" if proof.seen else ""
        yield f"   - {proof.text}{seen}"
    yield "   " + _("Fix:")
    for number, step in enumerate(f.fix, 1):
        mark = "[" + _("stopgap") + "] " if step.stopgap else ""
        yield f"   {number}) {mark}{step.text}"
        for extra in (step.where, step.command):
            if extra:
                yield f"      {extra}"
        if step.interruption != "none":
            yield "      " + _("interrupts service: {kind}").format(kind=word(step.interruption))
        if step.way_back:
            yield "      " + _("way back: {text}").format(text=step.way_back)
    yield "   " + _("Proof of the cure:")
    for verify in f.verify:
        yield f"   - {verify.text}" + (f"  ({verify.where})" if verify.where else "")


def as_markdown(examination: Examination) -> str:
    """Return the examination as Markdown, for a ticket."""
    return "\n".join(_markdown(examination)) + "\n"


def _markdown(e: Examination) -> Iterator[str]:
    yield f"# {title_of(e, escaped) or 'certdoctor'}"
    yield ""
    yield f"{_('Judged as of {at}').format(at=e.at.strftime('%Y-%m-%d %H:%M UTC'))}. **{verdict_words(e)}**"
    for f in e.findings:
        yield ""
        yield f"## {f.rank}. {f.diagnosis}: {escaped(f.title)} ({word(f.severity)})"
        yield ""
        yield escaped(f.summary)
        yield ""
        yield escaped(f.cause)
        yield ""
        yield f"**{_('Proof:')}**"
        yield ""
        for proof in f.proof:
            yield f"- {escaped(proof.text)}" + (
                f" (`{'`, `'.join(clean(told_place(s)) for s in proof.seen)}`)" if proof.seen else ""
            )
        yield ""
        yield f"**{_('Fix:')}**"
        yield ""
        for number, step in enumerate(f.fix, 1):
            place = f" — `{step.where}`" if step.where else ""
            command = f" — `{step.command}`" if step.command else ""
            yield f"{number}. {escaped(step.text)}{place}{command}"
        for verify in f.verify:
            yield f"- [ ] {escaped(verify.text)}"
        for folded in (x for x in e.folded if x.under == f.diagnosis):
            yield f"- {_('explains: {id} {title}').format(id=folded.diagnosis, title=escaped(folded.title))}"
    if e.connections:
        yield ""
        yield f"| {_('connection')} | {_('kind')} | {_('server certificate')} | {_('client certificate')} |"
        yield "|---|---|---|---|"
        for c in e.connections:
            yield f"| {escaped(c.id)} | {c.kind} | {word(c.server_verdict)} | {word(c.client_verdict)} |"
    for title, held in by_snapshot(e.changes):
        yield ""
        yield f"**{escaped(title)}**"
        yield ""
        yield f"| {_('what')} | {_('before')} | {_('after')} |"
        yield "|---|---|---|"
        for change in held:
            before, after = values(change)
            yield f"| {escaped(about(change))} | {escaped(before)} | {escaped(after)} |"
    if e.unchecked:
        yield ""
        yield f"**{_('Not checked:')}**"
        yield ""
        for unchecked in e.unchecked:
            yield f"- {escaped(unchecked.what)}: {escaped(unchecked.why)} {escaped(unchecked.remedy)}"
    for document in e.evidence.documents:
        if document.remarks:
            yield f"- {_remarks(document, escaped)}"
    for problem in e.evidence.problems:
        yield f"- {_problem(problem, escaped)}"


def word(token: str) -> str:
    """Return a token of the records as it is read in a report."""
    return _(_WORDS[token])


def _remarks(document: Document, shown: Callable[[str], str]) -> str:
    return f"{shown(document.origin.path)}: {' '.join(shown(told(remark)) for remark in document.remarks)}"


def _problem(problem: Problem, shown: Callable[[str], str]) -> str:
    return f"{shown(told_place(str(problem.origin)))}: {shown(told(problem.reason))} {shown(told(problem.remedy))}"

"""Reports as pages: the health of a site, and the story of a case. What was not checked is part of both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from certdoctor.casework.changed import about, by_snapshot, values
from certdoctor.casework.examination import Examination
from certdoctor.casework.matrix import matrix
from certdoctor.evidence.items import Certificate
from certdoctor.language import N_, _, pgettext
from certdoctor.page.model import Block, Detail, Heading, Items, Page, Paragraph, Picture, Step, Steps, Table
from certdoctor.plain.picture import picture
from certdoctor.plain.report import verdict_words, word
from certdoctor.sentences import told, told_place

if TYPE_CHECKING:
    from certdoctor.casework.proof import Proof
    from certdoctor.casework.stopgaps import StopgapLine
    from certdoctor.store.records import CaseView, EventRecord

_SOON = 90  # days
_STATE = {
    "proven": N_("proven"),
    "told": N_("told"),
    "open": N_("unproven"),
    "contradicted": N_("contradicted"),
}


def health(examination: Examination) -> Page:
    """Return the report on a site as it was examined, in the language that is set."""
    deployment = examination.deployment
    site = " – ".join(part for part in (deployment.customer, deployment.site) if part)
    title = _("Health of {site}").format(site=site) if site else _("Health of the site")
    blocks = (
        Paragraph(_("Judged as of {at}").format(at=_minute(examination.at))),
        Paragraph(verdict_words(examination), strong=True),
        *_numbers(examination),
        *site_picture(examination),
        *_findings(examination),
        *_connections(examination),
        *_certificates(examination),
        *_changes(examination),
        *not_checked(examination),
    )
    return Page(title, examination.lang, examination.at, blocks)


def story(
    view: CaseView,
    events: Sequence[EventRecord],
    proof: Proof,
    stopgaps: Sequence[StopgapLine],
    examination: Examination,
) -> Page:
    """Return the story of a case, in the language that is set.

    Args:
        view: the case.
        events: the history of its site, newest first.
        proof: what is proven now.
        stopgaps: those of the case that are in force.
        examination: the site as it is examined now.
    """
    case = view.case
    title = f"{case.number}: {case.title}"
    state = pgettext("state of a case", "open") if case.state == "open" else _("closed")
    head = [_("{customer} / {site}, {state}").format(customer=case.customer, site=case.site, state=state)]
    head.append(_("opened {when}").format(when=_minute(case.opened)))
    if case.closed is not None:
        head.append(_("closed {when}").format(when=_minute(case.closed)))
    blocks: list[Block] = [Paragraph("; ".join(head))]
    if case.outcome:
        blocks.append(Paragraph(_("Outcome: {text}").format(text=case.outcome), strong=True))
    if case.text:
        blocks += [Heading(_("What the customer said")), *(Paragraph(t) for t in case.text.splitlines() if t.strip())]
    blocks += _found_then(view)
    blocks += _done(view)
    blocks += _proven(proof)
    if stopgaps:
        blocks += [Heading(_("Stopgaps in force: undo them"))]
        blocks += [Steps(tuple(Step(g.text, (Detail(_("way back"), g.way_back),)) for g in stopgaps))]
    if view.notes:
        notes = tuple(f"{_minute(n.when)} {n.who}: {n.text}" for n in view.notes)
        blocks += [Heading(_("Notes")), Items(notes)]
    own = [e for e in reversed(events) if e.case_number == case.number]
    rows = tuple((_minute(e.when), e.who, _(e.kind), e.text) for e in own)
    blocks += [Heading(_("History")), Table((_("when"), _("who"), _("what"), ""), rows)]
    blocks += site_picture(examination)
    blocks += not_checked(examination)
    return Page(title, examination.lang, examination.at, tuple(blocks))


def site_picture(examination: Examination) -> Iterator[Block]:
    """Yield the picture of the site, where anything connects."""
    if examination.connections:
        yield Heading(_("Picture of the site"))
        caption = _("Nodes and connections, each with the verdict on both certificates.")
        yield Picture(picture(examination, matrix(examination)), caption)


def not_checked(examination: Examination) -> Iterator[Block]:
    """Yield everything that could not be judged or read, and how to get it."""
    yield Heading(_("Not checked"))
    lines = [
        f"{told_place(u.what)}: {told(u.why)}" + (f" – {u.remedy}" if u.remedy else "") for u in examination.unchecked
    ]
    for document in examination.evidence.documents:
        lines += [f"{document.origin.path}: {told(remark)}" for remark in document.remarks]
    for problem in examination.evidence.problems:
        lines.append(f"{told_place(str(problem.origin))}: {told(problem.reason)} {told(problem.remedy)}".strip())
    yield Items(tuple(lines)) if lines else Paragraph(_("Nothing was left out: all that is known of was judged."))


def _numbers(e: Examination) -> Iterator[Block]:
    verdicts = Counter(v for c in e.connections for v in (c.server_verdict, c.client_verdict))
    by_severity = Counter(f.severity for f in e.findings)
    held = [c for _node, _slot, c in _identities(e)]
    soon = sum(1 for c in held if 0 <= (c.not_after - e.at).days < _SOON)
    over = sum(1 for c in held if c.not_after < e.at)
    rows = [(_("findings"), ", ".join(f"{n} {word(s)}" for s, n in by_severity.items()) or _("none"))]
    rows += [(_("certificates judged: {verdict}").format(verdict=word(v)), str(n)) for v, n in verdicts.items()]
    rows += [(_("certificates that end within {days} days").format(days=_SOON), str(soon)), (_("expired"), str(over))]
    rows += [(_("not checked"), str(len(e.unchecked) + len(e.evidence.problems)))]
    yield Table((_("what"), _("number")), tuple(rows))


def _findings(e: Examination) -> Iterator[Block]:
    yield Heading(_("Findings"))
    if not e.findings:
        yield Paragraph(_("None."))
    for f in e.findings:
        unconfirmed = f" [{_('unconfirmed')}]" if f.status == "recalled" else ""
        yield Heading(f"{f.rank}. {f.diagnosis} {f.title} ({word(f.severity)}){unconfirmed}", 3)
        yield Paragraph(f.summary)
        yield Paragraph(f.cause)
        yield Items(
            tuple(p.text + (f" ({', '.join(told_place(s) for s in p.seen)})" if p.seen else "") for p in f.proof)
        )
        yield Steps(
            tuple(
                Step(
                    _("STOPGAP, weakens security: {text}").format(text=s.text) if s.stopgap else s.text,
                    tuple(
                        d
                        for d in (
                            Detail(_("menu"), s.where, code=True),
                            Detail(_("command"), s.command, code=True),
                            Detail(_("way back"), s.way_back),
                        )
                        if d.text
                    ),
                )
                for s in f.fix
            )
        )
        under = [x for x in e.folded if x.under == f.diagnosis]
        if under:
            yield Items(tuple(_("explains: {id} {title}").format(id=x.diagnosis, title=x.title) for x in under))


def _connections(e: Examination) -> Iterator[Block]:
    if e.connections:
        yield Heading(_("Connections"))
        head = (_("connection"), _("kind"), _("from → to"), _("server certificate"), _("client certificate"))
        rows = tuple(
            (c.id, c.kind, f"{c.client} → {c.server}", word(c.server_verdict), word(c.client_verdict))
            for c in e.connections
        )
        yield Table(head, rows)


def _identities(e: Examination) -> Iterator[tuple[str, str, Certificate]]:
    for node in e.deployment.nodes.values():
        for slot, identity in node.identities.items():
            if slot != "previous" and not slot.startswith("candidate"):
                yield node.id, slot, identity.leaf.certificate


def _certificates(e: Examination) -> Iterator[Block]:
    found = sorted(_identities(e), key=lambda held: held[2].not_after)
    if found:
        yield Heading(_("Certificates by their end"))
        rows = tuple(
            (f"{node}:{slot}", c.label, c.issuer, c.not_after.strftime("%Y-%m-%d"), str((c.not_after - e.at).days))
            for node, slot, c in found
        )
        yield Table((_("place"), _("certificate"), _("issuer"), _("valid until"), _("days left")), rows)


def _changes(e: Examination) -> Iterator[Block]:
    for title, held in by_snapshot(e.changes):
        yield Heading(title)
        yield Table((_("what"), _("before"), _("after")), tuple((about(c), *values(c)) for c in held))


def _found_then(view: CaseView) -> Iterable[Block]:
    for examination in reversed(view.examinations):
        found = [f for f in examination.findings if not f.under]
        if found:
            yield Heading(_("What was found ({when})").format(when=_minute(examination.made)))
            yield Items(tuple(f"{f.diagnosis} {f.title} ({word(f.severity)}): {f.summary}" for f in found))
            return


def _done(view: CaseView) -> Iterable[Block]:
    titles = {f.key: f.title for examination in view.examinations for f in examination.findings}
    done = [s for s in view.steps if s.done]
    if done:
        yield Heading(_("What was done"))
        yield Items(
            tuple(f"{_minute(s.when)} {s.who}: {s.step} ({titles.get(s.finding_key, s.finding_key)})" for s in done)
        )


def _proven(proof: Proof) -> Iterable[Block]:
    yield Heading(_("Proof"))
    if proof.sides:
        whose = {"server": _("server's certificate"), "client": _("client's certificate")}
        rows = tuple(
            (s.connection, f"{s.client} → {s.server}", whose[s.side], word(s.before), word(s.after))
            for s in proof.sides
        )
        yield Table((_("connection"), _("from → to"), "", _("before"), _("after")), rows)
    if proof.verified:
        yield Items(
            tuple(f"{_(_STATE[v.state.value])}{f' ({v.who})' if v.who else ''}: {v.text}" for v in proof.verified)
        )
    if proof.remaining:
        yield Items(tuple(_("still found: {title}").format(title=title) for title in proof.remaining))
    if proof.complete:
        yield Paragraph(_("All is proven."), strong=True)
    elif proof.unproven or proof.remaining:
        yield Paragraph(_("Not all is proven yet."), strong=True)
    else:
        yield Paragraph(_("Nothing was found that could be proven cured."))


def _minute(when: datetime) -> str:
    return when.strftime("%Y-%m-%d %H:%M UTC")

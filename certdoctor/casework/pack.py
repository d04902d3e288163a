"""The treatment pack: the files of a cure and the sheet for the change ticket, for somebody else to carry out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from certdoctor.casework.examination import Examination, FixLine, Treatable
from certdoctor.casework.matrix import judgement_of
from certdoctor.casework.sites import finding_files
from certdoctor.deployment.model import CLIENT, SERVER, Node
from certdoctor.errors import CertdoctorError
from certdoctor.evidence.items import Certificate, Origin
from certdoctor.evidence.read import read_bytes
from certdoctor.knowledge.forms import Lang, StoreForm
from certdoctor.knowledge.model import Knowledge
from certdoctor.language import N_, _
from certdoctor.page.html import as_html
from certdoctor.page.markdown import as_markdown
from certdoctor.page.model import Block, Detail, Heading, Items, Page, Paragraph, Step, Steps, Table
from certdoctor.sentences import told, told_place
from certdoctor.treatment.boxes import Box, in_order
from certdoctor.treatment.files import Artefact, RequestFile, present

_RISK = {"low": N_("low risk"), "medium": N_("medium risk"), "high": N_("high risk")}
_INTERRUPTION = {"service": N_("interrupts a service"), "restart": N_("restarts the box")}
_WHO = {
    "admin": N_("administrator of the box"),
    "ca": N_("the CA"),
    "network": N_("network team"),
    "user": N_("the user"),
    "anyone": N_("anyone"),
}
_PLACE = {"primary": N_("primary"), "peer": N_("peer"), "": ""}


@dataclass(frozen=True, slots=True)
class Pack:
    """Everything that is handed over; `files` hold the sheet in all its forms too."""

    page: Page
    files: tuple[Artefact, ...]


def pack(examination: Examination, findings: Sequence[Treatable], knowledge: Knowledge, *, reference: str = "") -> Pack:
    """Return the pack for some findings of an examination, in the language that is set.

    Args:
        examination: the site as it was examined.
        findings: what is to be cured, the most urgent first.
        knowledge: tells per store how a certificate is exchanged.
        reference: of the change ticket or case, "" for none.

    Raises:
        CertdoctorError: there is no finding to cure.
    """
    if not findings:
        raise CertdoctorError(_("There is no finding to be cured, so there is nothing to pack."))
    files = _files(examination, findings)
    boxes = in_order(_touched(examination, findings), examination.deployment)
    before = [artefact for box in boxes for artefact in present(box.node)]
    page = _Ticket(examination, findings, knowledge, files, boxes, reference).page()
    return Pack(page, (*sheets(page), *files, *before))


def sheets(page: Page, name: str = "ticket") -> tuple[Artefact, ...]:
    """Return a page in every form that a change ticket takes."""
    from certdoctor.page.pdf import as_pdf

    return (
        Artefact(f"{name}.md", as_markdown(page).encode(), ""),
        Artefact(f"{name}.html", as_html(page).encode(), ""),
        Artefact(f"{name}.pdf", as_pdf(page), ""),
    )


def _files(examination: Examination, findings: Sequence[Treatable]) -> tuple[Artefact, ...]:
    """The files of all findings, equal ones once, different ones of one name under numbered names."""
    found: dict[str, Artefact] = {}
    for artefact in (a for finding in findings for a in finding_files(examination, finding)):
        stem, dot, ending = artefact.name.rpartition(".")
        named, number = artefact, 2
        while named.path in found and found[named.path].data != artefact.data:
            named, number = replace(artefact, name=f"{stem}-{number}{dot}{ending}"), number + 1
        found.setdefault(named.path, named)
    return tuple(found.values())


def _touched(examination: Examination, findings: Iterable[Treatable]) -> Iterator[str]:
    for finding in findings:
        for step in finding.fix:
            yield from _on(examination, finding, step)


def _on(examination: Examination, finding: Treatable, step: FixLine) -> tuple[str, ...]:
    """Ids of the boxes that a step is carried out on; none where it is no box's matter."""
    sides = (finding.subject_side,) if finding.subject_side else (SERVER, CLIENT)
    judged = [
        judgement
        for connection in finding.connections
        for side in sides
        if (judgement := judgement_of(examination, connection, side)) is not None
    ]
    presenters = dict.fromkeys([j.presenter.id for j in judged] or finding.nodes)
    verifiers = dict.fromkeys([j.verifier.id for j in judged] or finding.nodes)
    nodes = examination.deployment.nodes
    both = [id_ for id_ in (*presenters, *verifiers, *finding.nodes) if id_ in nodes]
    match step.on:
        case "presenter":
            return tuple(presenters)
        case "verifier":
            return tuple(verifiers)
        case "expressway":
            return tuple(dict.fromkeys(id_ for id_ in both if nodes[id_].is_expressway))
        case "cucm":
            return tuple(dict.fromkeys(id_ for id_ in both if nodes[id_].role in ("cucm", "imp", "cuc")))
        case _:
            return ()


class _Ticket:
    """Writes the sheet, part by part."""

    def __init__(
        self,
        examination: Examination,
        findings: Sequence[Treatable],
        knowledge: Knowledge,
        files: Sequence[Artefact],
        boxes: Sequence[Box],
        reference: str,
    ) -> None:
        self._examination = examination
        self._findings = findings
        self._knowledge = knowledge
        self._files = files
        self._boxes = boxes
        self._reference = reference

    def page(self) -> Page:
        e = self._examination
        site = " – ".join(part for part in (e.deployment.customer, e.deployment.site) if part)
        title = " ".join(part for part in (_("Change"), self._reference, site) if part)
        blocks = (
            *self._why(),
            *self._boxes_in_order(),
            *self._interruption(),
            *self._first(),
            *self._steps(),
            *self._proof(),
            *self._back(),
            *self._certificates(),
            *self._requests(),
            *self._unchecked(),
        )
        return Page(title, e.lang, e.at, blocks)

    def _why(self) -> Iterator[Block]:
        yield Paragraph(_("Judged as of {at}").format(at=self._examination.at.strftime("%Y-%m-%d %H:%M UTC")))
        yield Heading(_("Why"))
        for finding in self._findings:
            yield Heading(f"{finding.diagnosis}: {finding.title}", 3)
            yield Paragraph(finding.summary)
            if finding.cause:
                yield Paragraph(finding.cause)
            if finding.connections:
                yield Paragraph(_("Connections: {ids}").format(ids=", ".join(finding.connections)))
            if finding.status == "recalled":
                yield Paragraph(
                    _("Unconfirmed: general knowledge, not found in a source yet. Check before you act on it.")
                )

    def _boxes_in_order(self) -> Iterator[Block]:
        if not self._boxes:
            return
        yield Heading(_("Boxes in the order of the work"))
        rows = []
        for number, box in enumerate(self._boxes, 1):
            node = box.node
            product = " ".join(part for part in (node.role, str(node.version or "")) if part)
            cluster = ", ".join(part for part in (node.cluster or "", _(_PLACE[box.place])) if part)
            rows.append((str(number), node.id, product, cluster))
        yield Table(("#", _("box"), _("product"), _("cluster")), tuple(rows))
        yield Items(tuple(dict.fromkeys(store.order[_lang(self._examination)] for store in self._stores())))

    def _interruption(self) -> Iterator[Block]:
        """What is restarted where, and what users notice of it."""
        found: dict[tuple[str, str, bool], dict[str, None]] = {}
        for finding in self._findings:
            for step in finding.fix:
                if step.interruption != "none":
                    what = (step.command or step.where or step.text, step.interruption, step.can_wait)
                    ids = [b.node.id for b in self._boxes if self._is_on(b.node, finding, step)]
                    found.setdefault(what, {}).update(dict.fromkeys(ids))
        yield Heading(_("Restarts and interruption"))
        if not found:
            yield Paragraph(_("None: no step interrupts a service."))
            return
        rows = [
            (what, ", ".join(ids), _(_INTERRUPTION[kind]) + (f" ({_('can wait')})" if waits else ""))
            for (what, kind, waits), ids in found.items()
        ]
        yield Table((_("restart"), _("boxes, one at a time"), _("interruption")), tuple(rows))
        lang = _lang(self._examination)
        named = {what for what, _kind, _waits in found}
        noticed = dict.fromkeys(
            restart.text[lang]
            for store in self._stores()
            for restart in store.restart
            if restart.command in named or (restart.where and any(w.startswith(restart.where[:30]) for w in named))
        )
        if noticed:
            yield Items(tuple(noticed))

    def _is_on(self, node: Node, finding: Treatable, step: FixLine) -> bool:
        return any(
            box.node.id == node.id
            for box in in_order(_on(self._examination, finding, step), self._examination.deployment)
        )

    def _stores(self) -> tuple[StoreForm, ...]:
        """The stores of the boxes, each once."""
        found = [
            store
            for box in self._boxes
            for slot in (*box.node.identities, "server", "tomcat")
            if (store := self._knowledge.store(box.node.role, slot)) is not None
        ]
        return tuple({store.id: store for store in found}.values())

    def _first(self) -> Iterator[Block]:
        backups: dict[str, list[str]] = {}
        for box in self._boxes:
            store = next((s for s in self._stores() if box.node.role in s.roles and s.backup), None)
            if store is not None:
                backups.setdefault(store.backup, []).append(box.node.id)
        steps = [
            Step(
                _("Back up before the first change."), (Detail(_("on"), ", ".join(ids)), Detail(_("menu"), menu, True))
            )
            for menu, ids in backups.items()
        ]
        if self._boxes:
            steps.append(Step(_("Keep the folder “before” of this pack: what the boxes present and trust now.")))
        if steps:
            yield Heading(_("Before you begin"))
            yield Steps(tuple(steps))

    def _steps(self) -> Iterator[Block]:
        yield Heading(_("Steps"))
        number = 1
        for finding in self._findings:
            if len(self._findings) > 1:
                yield Heading(finding.title, 3)
            steps = tuple(self._step(finding, step) for step in finding.fix)
            yield Steps(steps, number)
            number += len(steps)

    def _step(self, finding: Treatable, step: FixLine) -> Step:
        on = in_order(_on(self._examination, finding, step), self._examination.deployment)
        details = [
            Detail(_("on"), ", ".join(f"{b.node.id} ({_(_PLACE[b.place])})" if b.place else b.node.id for b in on)),
            Detail(_("menu"), step.where, code=True),
            Detail(_("command"), step.command, code=True),
            Detail(_("files"), "\n".join(self._of(finding, step, on)), code=True),
            Detail(_("who"), _(_WHO[step.role]) if step.role in _WHO else step.role),
            Detail(_("risk"), _(_RISK[step.risk]) if step.risk in _RISK else ""),
            Detail(
                _("interruption"),
                (_(_INTERRUPTION[step.interruption]) + (f" ({_('can wait')})" if step.can_wait else ""))
                if step.interruption in _INTERRUPTION
                else "",
            ),
            Detail(_("way back"), step.way_back),
        ]
        text = _("STOPGAP, weakens security: {text}").format(text=step.text) if step.stopgap else step.text
        return Step(text, tuple(detail for detail in details if detail.text))

    def _of(self, finding: Treatable, step: FixLine, on: Sequence[Box]) -> Iterator[str]:
        """Where the files of the pack lie that a step of this finding is about."""
        mine = {a.data for a in finding_files(self._examination, finding)}
        files = [a for a in self._files if a.data in mine]
        lists = ("Append CA certificate", "-trust")  # a step that adds CAs somewhere
        kinds = {"missing_cas": "ca/", "own_cas": "ca/", "request": "requests/", "converted_file": "converted/"}
        if step.artefact:
            asked = [a for a in files if a.path.startswith(kinds[step.artefact])]
            if step.artefact in ("missing_cas", "own_cas"):
                asked += [a for a in files if a.name == "ask-the-ca.txt"]
        elif step.where.endswith(lists):
            ids = tuple(f"ca/{box.node.id}-" for box in on)
            name = step.where.rpartition("> ")[2]
            asked = [a for a in files if a.folder.startswith(ids) and (a.folder.endswith(name) or name == lists[0])]
        else:
            asked = []
        yield from dict.fromkeys(f"{a.folder}/" if a.folder.startswith("ca/") else a.path for a in asked)

    def _proof(self) -> Iterator[Block]:
        yield Heading(_("Proof afterwards"))
        steps = [
            Step(verify.text, (Detail(_("menu"), verify.where, code=True),) if verify.where else ())
            for finding in self._findings
            for verify in finding.verify
        ]
        steps.append(Step(_("Fetch the evidence anew, add it to the case and examine again.")))
        yield Steps(tuple(dict.fromkeys(steps)))

    def _back(self) -> Iterator[Block]:
        ways = dict.fromkeys(store.way_back[_lang(self._examination)] for store in self._stores())
        if ways:
            yield Heading(_("Way back"))
            yield Items(tuple(ways))

    def _certificates(self) -> Iterator[Block]:
        found: dict[str, tuple[Certificate, dict[str, None]]] = {}
        for artefact in self._files:
            for document in read_bytes(artefact.data, Origin(artefact.path)).documents:
                for held in document.certificates:
                    _certificate, places = found.setdefault(held.certificate.sha256, (held.certificate, {}))
                    places[artefact.folder or artefact.path] = None
        rows = [
            (c.subject, c.issuer, c.not_after.strftime("%Y-%m-%d"), _pairs(c.sha256), ", ".join(places))
            for c, places in found.values()
        ]
        if rows:
            yield Heading(_("Certificates in this pack"))
            yield Paragraph(_("Compare the fingerprints with those that the CA publishes, before you trust one."))
            head = (_("subject"), _("issuer"), _("valid until"), "SHA-256", _("lies in"))
            yield Table(head, tuple(rows))

    def _requests(self) -> Iterator[Block]:
        requests = [a for a in self._files if isinstance(a, RequestFile)]
        if not requests:
            return
        yield Heading(_("Requests in this pack"))
        yield Paragraph(
            _(
                "Make the request on the box itself, so that the key never leaves it, and fill its form in as the file"
                " says; or let OpenSSL make key and request from the file, and upload both."
            )
        )
        for artefact in requests:
            yield Heading(artefact.path, 3)
            yield Items(
                (
                    _("names: {names}").format(names=", ".join(artefact.names) or _("none")),
                    _("key: {key}").format(key=artefact.key),
                    _("usages: {usages}").format(usages=", ".join(artefact.usages)),
                )
            )

    def _unchecked(self) -> Iterator[Block]:
        if self._examination.unchecked:
            yield Heading(_("Not checked"))
            yield Items(
                tuple(
                    f"{told_place(u.what)}: {told(u.why)}" + (f" – {u.remedy}" if u.remedy else "")
                    for u in self._examination.unchecked
                )
            )


def _lang(examination: Examination) -> Lang:
    return "de" if examination.lang == "de" else "en"


def _pairs(digits: str) -> str:
    return ":".join(digits[at : at + 2] for at in range(0, len(digits), 2)).upper()

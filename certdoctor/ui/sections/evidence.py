"""The evidence of a case: what was given, where each document belongs, what could not be read."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from certdoctor.language import _, ngettext
from certdoctor.sentences import told, told_place
from certdoctor.ui import keys, words
from certdoctor.ui.jobs import Meter
from certdoctor.ui.packing import written_paths
from certdoctor.ui.places import choices, place_text, slot_text
from certdoctor.ui.screens.case import CaseScreen
from certdoctor.ui.screens.sectioned import Section
from certdoctor.ui.spans import Cell, Item, gap, heading, pair, row, text_block
from certdoctor.ui.widgets.fields import Field, Form, is_sure, sure
from certdoctor.ui.widgets.pick import PathPanel, Pick
from certdoctor.ui.widgets.rows import Rows

if TYPE_CHECKING:
    from certdoctor.casework.examination import Examination
    from certdoctor.casework.practice import Added, Proposal
    from certdoctor.store.records import EvidenceRecord


@dataclass(frozen=True, slots=True)
class Locked:
    """PFX files that no password opened yet, and what was given and tried for them."""

    paths: tuple[Path, ...]  # as given: a folder, an archive, or the file itself
    names: tuple[str, ...]
    passwords: tuple[str, ...] = field(default=(), repr=False)


class EvidenceSection(Section[CaseScreen]):
    """Documents with their places."""

    PLACE = "evidence"
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings("evidence")]

    def __init__(self) -> None:
        super().__init__()
        self._to_proposal = False  # the next drawing puts the cursor on the first proposal
        self._about = ""  # the document that an open panel is about

    def compose(self) -> ComposeResult:
        yield Rows(id="evidence-rows")

    @property
    def rows(self) -> Rows:
        return self.query_one(Rows)

    # drawing

    def update(self) -> None:
        view = self.frame.view
        if view is None:
            return
        items: list[Item] = []
        current = [record for record in view.evidence if record.current]
        waiting = [r for r in current if r.path in self._waiting]
        loose = [r for r in current if not r.node and r.path not in self._waiting and r.kind != "site"]
        described = [r for r in current if r.kind == "site" and not r.node]
        placed = [r for r in current if r.node and r.path not in self._waiting]
        if waiting:
            items.append(heading(_("Is this right? y says yes, c names another place")))
            items += [self._proposal(record, self._waiting[record.path]) for record in waiting]
        if loose:
            items += [gap()] if items else []
            items.append(heading(_("Belongs to no node yet: c says where it belongs")))
            items += [self._document(record) for record in loose]
        for node, records in groupby(sorted(placed, key=lambda r: (r.node, r.slot, r.path)), key=lambda r: r.node):
            items += [gap()] if items else []
            items.append(heading(node))
            items += [self._document(record) for record in records]
        if described:
            items += [gap()] if items else []
            items += [self._document(record) for record in described]
        if view.problems:
            items += [gap()] if items else []
            items.append(heading(_("Could not be read")))
        for number, problem in enumerate(view.problems):
            where = f"{problem.path}, {told_place(problem.place)}" if problem.place else problem.path
            what = _("looks like {what}; ").format(what=told(problem.looks_like)) if problem.looks_like else ""
            said = f"{where}: {what}{told(problem.reason)} {told(problem.remedy)}"
            items.append(Item(f"problem-{number}", text_block("", said).render))
        if not items:
            items = [gap(), *(text_block("", text, indent=2) for text in self._invitation())]
        at = next((record.path for record in waiting), None) if self._to_proposal else None
        self._to_proposal = False
        self.rows.show(items, at=at)

    @staticmethod
    def _invitation() -> list[str]:
        return [
            _("No evidence yet. What helps most:"),
            "",
            _("- the server certificate and the trusted CA list of each Expressway, as files"),
            _("- the diagnostic log archive of each Expressway: it holds its configuration and log"),
            _("- the tomcat and callmanager certificates of CUCM, and logs of what failed"),
            "",
            _("a adds files, folders and archives by path. Pasted text (PEM, log lines, xConfiguration)"
              " is added at once, on any section of this case."),
        ]  # fmt: skip

    @property
    def _waiting(self) -> dict[str, Proposal]:
        return {path: p for path, p in self.frame.proposals.items() if not p.assigned}

    @staticmethod
    def _what(record: EvidenceRecord) -> str:
        if not record.certificates:
            return words.word(words.KIND, record.kind)
        more = len(record.certificates) - 1
        return record.certificates[0] + (f" +{more}" if more else "")

    def _document(self, record: EvidenceRecord) -> Item:
        kind = words.word(words.KIND, record.kind)
        place = slot_text(record.slot) if record.node else kind
        what = self._what(record)
        return row(
            record.path,
            Cell(place, 24, "" if record.node else "warn"),
            Cell(what if what not in (place, kind) else ""),
            Cell(record.path, 30, "dim", tail=True),
        )

    def _proposal(self, record: EvidenceRecord, proposal: Proposal) -> Item:
        place = place_text(proposal.node, proposal.slot) or _("no node fits")
        return pair(
            record.path,
            row("", Cell(record.path, tail=True), Cell("→ " + place, 36, "warn")),
            row("", Cell(f"{proposal.what}; {proposal.why}" if proposal.why else proposal.what, 0, "dim"), indent=2),
        )

    def hint(self) -> str:
        view = self.frame.view
        if view is None:
            return ""
        if not view.evidence:
            return _("Press a to add files, or paste a certificate, a log or a configuration.")
        proposal = self._waiting.get(self.rows.key)
        if proposal is not None and proposal.node:
            return _("y: yes, it belongs there. Y: yes to all. c: choose another place.")
        if proposal is not None:
            return _("c says which node this belongs to.")
        if self.frame.locked is not None:
            return _("A PFX file is still closed: p gives its password.")
        if self.frame.changed or not view.examinations:
            return _("x examines the site with this evidence. a adds more.")
        return _("a adds more; x examines again; f shows the findings.")

    # adding

    async def action_add(self) -> None:
        if self.frame.need_open():
            await self.frame.open_panel(PathPanel(self.frame.last_folder))

    def pasted(self, text: str) -> None:
        case_id = self.frame.case_id
        self.frame.ask_long(_("reading pasted text"), lambda p: p.add_text(case_id, text), self._added)

    def read(self, paths: tuple[Path, ...], passwords: tuple[str, ...] = ()) -> None:
        """Read files into the case. Passwords are forgotten as soon as no file waits for one."""
        case_id = self.frame.case_id

        async def done(added: Added) -> None:
            names = added.needs_password
            self.frame.locked = Locked(paths, names, passwords) if names else None
            await self._added(added, tried=bool(passwords))

        meter = Meter()
        self.frame.ask_long(_("reading"), lambda p: p.add_files(case_id, paths, passwords, meter), done, meter=meter)

    async def _added(self, added: Added, tried: bool = False) -> None:
        frame = self.frame
        self._to_proposal = bool(added.proposals)
        frame.proposals.update({proposal.path: proposal for proposal in added.proposals})
        still = bool(added.needs_password)
        frame.changed = True
        parts = []
        if added.documents or not (added.problems or still):
            parts.append(
                ngettext("{n} document read,", "{n} documents read,", added.documents).format(n=added.documents)
                + " "
                + ngettext("{n} certificate.", "{n} certificates.", added.certificates).format(n=added.certificates)
            )
        if added.problems:
            first = added.problems[0]
            parts.append(_("{n} not read: {reason}").format(n=len(added.problems), reason=told(first.reason)))
        if added.keys_dropped:
            parts.append(_("A private key was in {path}: it was dropped at once and is not kept.").format(
                path=", ".join(os.path.basename(path) for path in added.keys_dropped[:3])
            ))  # fmt: skip
        if still and tried:
            parts.append(_("That password does not open it; try again."))
        if parts and (added.problems or (still and tried)):
            frame.complain(" ".join(parts))
        elif parts:
            frame.say(" ".join(parts))
        frame.reload()
        if still and not self.gone and frame.panel is None:
            await self.action_password()
        elif still:  # something else is being done: it is not covered
            frame.complain(_("A PFX file is still closed: p under Evidence (e) gives its password."))

    async def action_password(self) -> None:
        if self.frame.locked is None:
            record = self._record(self.rows.key)
            if record is not None and record.form == "pfx" and not record.certificates:
                self.frame.say(_("Add this file again with a; then its password is asked for."))
            else:
                self.frame.say(_("No PFX file waits for a password."))
            return
        name = os.path.basename(self.frame.locked.names[0])
        await self.frame.open_panel(
            Form(
                _("Password of {name}").format(name=name),
                [Field("password", _("Password"), password=True, required=True)],
                _("It opens the file and is then forgotten. The private key in the file is"
                  " dropped, never kept. esc leaves the file closed; p asks again."),
                id="form-password",
            )
        )  # fmt: skip

    # places

    def _record(self, path: str) -> EvidenceRecord | None:
        view = self.frame.view
        return next((r for r in view.evidence if r.path == path), None) if view else None

    def _assign(self, path: str, node: str, slot: str) -> None:
        case_id = self.frame.case_id
        self._to_proposal = self.frame.proposals.pop(path, None) is not None
        self.frame.change(lambda p: p.assign(case_id, path, node, slot))

    def action_confirm(self) -> None:
        path = self.rows.key
        proposal = self._waiting.get(path)
        if proposal is None:
            self.frame.say(_("Nothing is proposed here. c changes the place."))
        elif not proposal.node:
            self.frame.say(_("No node fits; c names one."))
        elif self.frame.need_open():
            self._assign(path, proposal.node, proposal.slot)

    def action_confirm_all(self) -> None:
        if self.frame.need_open():
            for path, proposal in list(self._waiting.items()):
                if proposal.node:
                    self._assign(path, proposal.node, proposal.slot)

    async def action_correct(self) -> None:
        record = self._record(self.rows.key)
        view = self.frame.view
        if record is None or view is None or not self.frame.need_open():
            return
        if not view.nodes:
            self.frame.say(_("The site has no nodes yet: esc goes to the site, n shows its nodes, a adds one."))
            return
        self._about = record.path
        items = [row("|", Cell(_("to no node")))]
        for node, slot in choices(view.nodes, record.kind):
            items.append(row(f"{node}|{slot}", Cell(node, 20, "key"), Cell(place_text(node, slot).partition(": ")[2])))
        proposal = self._waiting.get(record.path)
        at = f"{proposal.node}|{proposal.slot}" if proposal else f"{record.node}|{record.slot}"
        title = _("Where does {path} belong?").format(path=record.path)
        await self.frame.open_panel(Pick(title, items, at, id="pick-place"))

    async def picked(self, pick: Pick, key: str) -> None:
        await self.frame.close_panel()
        if pick.id == "pick-place":
            node, _bar, slot = key.partition("|")
            self._assign(self._about, node, slot)
        elif pick.id == "pick-certificate" and (shown := self.frame.examination or self.frame.look) is not None:
            self._show_certificate(shown, key)

    # looking and removing

    def action_open(self) -> None:
        record = self._record(self.rows.key)
        if record is None:
            return
        if not record.certificates:
            kilobytes = max(record.size // 1000, 1)
            self.frame.say(f"{record.path}: {words.word(words.KIND, record.kind)}, {kilobytes} kB. "
                           + " ".join(told(remark) for remark in record.remarks))  # fmt: skip
            return
        path, view = record.path, self.frame.view
        shown = self.frame.examination or self.frame.look
        if shown is not None and shown.evidence.document(path) is not None:
            self.frame.app.call_next(self._show_document, shown, path)
        elif view is not None:
            lang = self.frame.doctor.lang

            async def done(examination: Examination) -> None:
                self.frame.look = examination
                await self._show_document(examination, path)

            self.frame.ask_long(_("decoding"), lambda p: p.examine_site(view.case.site_id, lang), done)

    async def _show_document(self, examination: Examination, path: str) -> None:
        document = examination.evidence.document(path)
        found = document.certificates if document is not None else ()
        if not found:
            self.frame.say(_("No certificate of this document is at hand; x examines again."))
        elif len(found) == 1:
            self._show_certificate(examination, found[0].certificate.sha256)
        else:
            items = [
                row(item.certificate.sha256, Cell(told_place(item.origin.place), 12, "dim"), Cell(item.certificate.label),
                    Cell(words.day(item.certificate.not_after), 10))
                for item in found
            ]  # fmt: skip
            await self.frame.open_panel(Pick(path, items, id="pick-certificate"))

    def _show_certificate(self, examination: Examination, sha256: str) -> None:
        from certdoctor.ui.screens.certificate import CertificateScreen

        self.frame.app.push_screen(CertificateScreen(sha256, examination))

    async def action_write(self) -> None:
        record, view = self._record(self.rows.key), self.frame.view
        if record is None or view is None:
            return
        self._about = record.path
        start = f"~/certdoctor-{view.case.number}-clean"
        remarks = " ".join(told(remark) for remark in record.remarks)
        await self.frame.open_panel(
            Form(
                _("Write {path} as strict PEM").format(path=record.path),
                [Field("folder", _("Folder"), start, _("a new or empty folder"), required=True)],
                remarks or _("Every program reads it so: one certificate after the other and nothing between."),
                id="form-clean",
            )
        )

    # the live look

    def action_look(self) -> None:
        if not self.frame.need_open():
            return
        case_id = self.frame.case_id

        async def found(targets: tuple[str, ...]) -> None:
            await self.frame.open_panel(
                Form(
                    _("Look at servers over the network"),
                    [Field("targets", _("Servers"), " ".join(targets), _("HOST:PORT, with blanks between"), required=True)],
                    _("certdoctor connects to exactly these, as any client would, and keeps the certificates that they"
                      " send as evidence. Change the list as you like; enter connects, esc leaves."),
                    id="form-look",
                )
            )  # fmt: skip

        self.frame.ask(lambda p: p.targets(case_id), found)

    def _look(self, targets: tuple[str, ...]) -> None:
        case_id, meter = self.frame.case_id, Meter()
        label = ngettext("looking at {n} server", "looking at {n} servers", len(targets)).format(n=len(targets))
        self.frame.ask_long(label, lambda p: p.look(case_id, targets, meter), self._added, meter=meter)

    async def action_remove(self) -> None:
        record = self._record(self.rows.key)
        if record is not None and self.frame.need_open():
            self._about = record.path
            panel = sure(
                _("Remove {path} from the case?").format(path=record.path), _("The history keeps that it was there.")
            )
            panel.id = "form-remove"
            await self.frame.open_panel(panel)

    async def saved(self, form: Form, values: dict[str, str]) -> None:
        case_id, about = self.frame.case_id, self._about
        if form.id == "form-clean":
            folder = Path(values["folder"]).expanduser()
            self.frame.write(form, lambda p: p.write_cleaned(case_id, about, folder), written_paths)
            return
        await self.frame.close_panel()
        if form.id == "form-password":
            locked = self.frame.locked
            if locked is not None:
                self.read(locked.paths, (*locked.passwords, values["password"]))
        elif form.id == "form-look":
            self._look(tuple(values["targets"].replace(",", " ").split()))
        elif form.id == "form-remove" and is_sure(values):
            self.frame.change(lambda p: p.remove_evidence(case_id, about), _("Removed: {path}.").format(path=about))

    # the path panel

    async def path_chosen(self, path: str) -> None:
        """Add what was chosen in the path panel."""
        expanded = Path(os.path.expanduser(path))
        self.frame.last_folder = path[: path.rfind("/") + 1]
        self.read((expanded,))

    def paths_wanted(self, panel: PathPanel, typed: str) -> None:
        """List the files that fit what is typed."""
        self.frame.list_paths(panel, typed)

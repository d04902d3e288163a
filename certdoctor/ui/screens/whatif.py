"""What if: changes that nobody has made yet, and which connections they would change. Nothing is stored."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from certdoctor.language import _
from certdoctor.ui import keys, words
from certdoctor.ui.screens.frame import Frame
from certdoctor.ui.spans import Cell, Item, block, gap, heading, line, row, text_block
from certdoctor.ui.widgets.fields import Field, Form
from certdoctor.ui.widgets.pick import PathPanel, Pick
from certdoctor.ui.widgets.rows import Rows

if TYPE_CHECKING:
    from certdoctor.casework.examination import Examination, Treatable
    from certdoctor.casework.whatif import Change, Shift, WhatIf

_BAR = "|"  # parts the words of a choice's key


class WhatIfScreen(Frame):
    """The rehearsal of changes at one site.

    Args:
        site_id: the site.
        examination: as it stands, for what can be changed.
    """

    PLACE = "whatif"
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings("whatif")]

    def __init__(self, site_id: int, examination: Examination) -> None:
        super().__init__()
        self.site_id = site_id
        self.examination = examination
        self.changes: tuple[Change, ...] = ()
        self.result: WhatIf | None = None
        self._about = ""  # the choice that a form or a path belongs to
        self._folder = ""

    def path(self) -> tuple[str, ...]:
        deployment = self.examination.deployment
        return (deployment.customer, deployment.site, _("what if"))

    def compose_body(self) -> ComposeResult:
        yield Rows()

    @property
    def rows(self) -> Rows:
        return self.query_one(Rows)

    def on_mount(self) -> None:
        self._draw()
        self.rows.focus()

    def hint(self) -> str:
        if self._panel is not None:
            hint = getattr(self._panel, "hint", None)
            return str(hint()) if hint else ""
        if self.job is not None:
            return _("Rehearsing; esc cancels.")
        if not self.changes:
            return _("Name a change: nothing is stored, and nobody is contacted.")
        if self.rows.key.startswith("change-"):
            return _("del takes this change back; the others stay.")
        return _("enter on a finding shows why, and how to fix it.") if self.rows.key else ""

    def on_rows_moved(self) -> None:
        self.refresh_hint()

    # what is drawn

    def _draw(self) -> None:
        self.rows.show(list(self._items()), at=self.rows.key)
        self.refresh_hint()

    def _items(self) -> Iterator[Item]:
        yield heading(_("What if:"))
        told = self.result.changes if self.result is not None else ()
        for number, text in enumerate(told):
            yield block(f"change-{number}", line(text, "strong"), indent=1, hang=2)
        if not told:
            yield gap()
            yield text_block(
                "",
                _("Nothing is changed yet. Try a certificate before it is uploaded (c), a CA in a trust list (t) or"
                  " out of it (r), another version (v), or a date (d): what would change stands here, and why."),
                indent=1,
            )  # fmt: skip
            return
        assert self.result is not None
        yield from self._uploads(self.result)
        yield gap()
        yield heading(_("Connections that change:"))
        for shift in self.result.shifts:
            yield from self._shift(shift)
        if not self.result.shifts:
            yield text_block("", _("none"), "dim", indent=1)
        for title, findings in (
            (_("New findings:"), self.result.new),
            (_("Findings that go:"), self.result.gone),
            (_("Findings that remain:"), self.result.remaining),
        ):
            yield gap()
            yield heading(title)
            for finding in findings:
                severity = words.styled(words.SEVERITY, finding.severity)
                said = (severity, *line(f" {finding.diagnosis} {finding.title}"))
                yield block(f"{title} {finding.key}", said, indent=1, hang=2)
            if not findings:
                yield text_block("", _("none"), "dim", indent=1)

    @staticmethod
    def _uploads(result: WhatIf) -> Iterator[Item]:
        for upload in result.uploads:
            said = _("Upload of {file} to {node}: {verdict}")
            before, after = said.split("{verdict}")
            names = {"file": os.path.basename(upload.file), "node": upload.node}
            shown = words.styled(words.OUTCOME, upload.verdict)
            yield gap()
            text = (*line(before.format(**names)), shown, *line(after.format(**names)))
            yield block("", text, indent=1, hang=2, selectable=False)
            for finding in upload.findings:
                yield text_block("", f"{finding.diagnosis} {finding.title}", "dim", indent=3)

    @staticmethod
    def _shift(shift: Shift) -> Iterator[Item]:
        presenter = shift.server if shift.side == "server" else shift.client
        # A sign, not colour alone, marks what gets worse.
        mark = ("! ", "bad") if shift.worse else ("  ", "")
        about = f"{shift.connection} ({shift.client} → {shift.server}), " + _("certificate of {node}: ").format(
            node=presenter
        )
        before, after = (_outcome(verdict) for verdict in (shift.before, shift.after))
        yield block("", (mark, *line(about), before, (" → ", "dim"), after), hang=4, selectable=False)
        yield text_block("", shift.why, "dim", indent=4)

    # what can be changed

    async def _choose(self, kind: str, title: str, items: list[Item]) -> None:
        if not items:
            self.say(_("There is nothing at this site that could be changed so."))
            return
        await self.open_panel(Pick(title, items, id=f"pick-{kind}"))

    async def action_certificate(self) -> None:
        from certdoctor.casework.whatif import replaceable

        items = [
            row(f"{node}{_BAR}{slot}", Cell(node, 20), Cell(slot, 24), Cell(held))
            for node, slot, held in replaceable(self.examination)
        ]
        await self._choose("certificate", _("Which certificate is replaced?"), items)

    async def action_trust(self) -> None:
        items = [
            row(f"{node.id}{_BAR}{name}", Cell(node.id, 20), Cell(name, 24), Cell(str(len(held.entries))))
            for node in self.examination.deployment.nodes.values()
            for name, held in node.trust.items()
        ]
        await self._choose("trust", _("Which list gets a CA?"), items)

    async def action_leave_out(self) -> None:
        items = [
            row(f"{node.id}{_BAR}{name}{_BAR}{found.certificate.sha256}", Cell(node.id, 16), Cell(name, 14),
                Cell(found.certificate.label), Cell(words.day(found.certificate.not_after), 10))
            for node in self.examination.deployment.nodes.values()
            for name, held in node.trust.items()
            for found in held.entries
        ]  # fmt: skip
        await self._choose("remove", _("Which CA is removed?"), items)

    async def action_version(self) -> None:
        items = [
            row(node.id, Cell(node.id, 20), Cell(words.word(words.ROLE, node.role), 24), Cell(str(node.version or "?")))
            for node in self.examination.deployment.nodes.values()
            if node.role != "client"
        ]
        await self._choose("version", _("Which node is upgraded?"), items)

    async def action_date(self) -> None:
        field = Field("on", _("Date"), placeholder="2027-03-15", required=True)
        note = _("Everything is judged as of that day.")
        await self.open_panel(Form(_("What if it is another day?"), [field], note, id="form-date"))

    async def on_pick_picked(self, event: Pick.Picked) -> None:
        event.stop()
        self._about = event.key
        match event.pick.id:
            case "pick-remove":
                from certdoctor.casework.whatif import TrustRemoval

                await self.close_panel()
                node, name, which = event.key.split(_BAR)
                self._add(TrustRemoval(node, name, which))
            case "pick-version":
                field = Field("version", _("Version"), placeholder="X15.5", required=True)
                title = _("What if {node} gets another version?").format(node=event.key)
                await self.open_panel(Form(title, [field], id="form-version"))
            case _:
                titles = {
                    "pick-certificate": _("File of the new certificate"),
                    "pick-trust": _("File of the CA that is added"),
                }
                panel = PathPanel(self._folder, titles[event.pick.id or ""])
                panel.id = (event.pick.id or "").replace("pick", "path")
                await self.open_panel(panel)

    async def on_pick_cancelled(self, event: Pick.Cancelled) -> None:
        event.stop()
        await self.close_panel()

    def on_path_panel_wanted(self, event: PathPanel.Wanted) -> None:
        event.stop()
        self.list_paths(event.panel, event.typed)

    async def on_path_panel_cancelled(self, event: PathPanel.Cancelled) -> None:
        event.stop()
        await self.close_panel()

    async def on_path_panel_chosen(self, event: PathPanel.Chosen) -> None:
        from certdoctor.casework.whatif import CertificateChange, TrustAddition

        event.stop()
        kind = self._panel.id if self._panel is not None else ""
        await self.close_panel()
        self._folder = event.path[: event.path.rfind("/") + 1]
        node, name = self._about.split(_BAR)
        file = Path(os.path.expanduser(event.path))
        self._add(
            CertificateChange(node, name, file) if kind == "path-certificate" else TrustAddition(node, name, file)
        )

    async def form_saved(self, form: Form, values: dict[str, str]) -> None:
        from certdoctor.casework.whatif import DateChange, VersionChange

        if form.id == "form-version":
            await self.close_panel()
            self._add(VersionChange(self._about, values["version"]))
            return
        try:
            day = datetime.fromisoformat(values["on"])
        except ValueError:
            said = _("{value} is no time; write 2026-11-23 or 2026-11-23T12:00:00Z")
            self.complain(said.format(value=repr(values["on"])))
            return
        await self.close_panel()
        self._add(DateChange(day if day.tzinfo else day.replace(tzinfo=UTC)))

    # the rehearsal

    def _add(self, change: Change) -> None:
        same = type(change)
        # A second date takes the place of the first.
        kept = tuple(c for c in self.changes if not (hasattr(change, "on") and isinstance(c, same)))
        self._rehearse((*kept, change))

    def action_drop(self) -> None:
        kind, _dash, number = self.rows.key.partition("-")
        if kind == "change" and number.isdigit():
            at = int(number)
            self._rehearse(self.changes[:at] + self.changes[at + 1 :])

    def action_rehearse(self) -> None:
        if self.changes:
            self._rehearse(self.changes)

    def _rehearse(self, changes: tuple[Change, ...]) -> None:
        """Rehearse these changes; where one of them cannot be made, what is shown stays as it was."""
        if not changes:
            self.changes, self.result = (), None
            self._draw()
            return
        site_id, lang = self.site_id, self.doctor.lang

        def done(result: WhatIf) -> None:
            self.changes, self.result = changes, result
            self._draw()

        self.ask_long(_("rehearsing"), lambda p: p.what_if(site_id, changes, lang), done)

    def _finding(self) -> tuple[Treatable, Examination] | None:
        result, key = self.result, self.rows.key
        if result is None:
            return None
        for title, findings, examination in (
            (_("New findings:"), result.new, result.after),
            (_("Findings that go:"), result.gone, result.before),
            (_("Findings that remain:"), result.remaining, result.after),
        ):
            found = next((f for f in findings if key == f"{title} {f.key}"), None)
            if found is not None:
                return found, examination
        return None

    def action_open(self) -> None:
        from certdoctor.ui.screens.finding import FindingScreen

        found = self._finding()
        if found is not None:
            self.app.push_screen(FindingScreen(None, *found))


def _outcome(verdict: str) -> tuple[str, str]:
    return (_("no connection"), "dim") if verdict == "none" else words.styled(words.OUTCOME, verdict)

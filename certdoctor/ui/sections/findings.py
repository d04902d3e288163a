"""The findings of a case: causes first, what follows from them indented below, what was not checked at the end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from certdoctor.language import _
from certdoctor.ui import keys, stopgaps, words
from certdoctor.ui.packing import pack_form, write_pack
from certdoctor.ui.screens.case import CaseScreen
from certdoctor.ui.screens.sectioned import Section
from certdoctor.ui.spans import Cell, Item, block, gap, heading, line, pair, row, text_block
from certdoctor.ui.widgets.fields import Form
from certdoctor.ui.widgets.rows import Rows

if TYPE_CHECKING:
    from certdoctor.casework.examination import Examination, Treatable
    from certdoctor.store.records import ExaminationRecord, FindingRecord


class FindingsSection(Section[CaseScreen]):
    """The verdict and what it rests on."""

    PLACE = "findings"
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings("findings")]

    def compose(self) -> ComposeResult:
        yield Rows()

    @property
    def rows(self) -> Rows:
        return self.query_one(Rows)

    def update(self) -> None:
        view, examination = self.frame.view, self.frame.examination
        if view is None:
            return
        if examination is not None:
            self.rows.show(self._of_examination(examination))
        elif view.examinations:
            self.rows.show(self._of_record(view.examinations[0]))
        else:
            self.rows.show([gap(), text_block("", _("Not examined yet."), indent=2), gap(),
                            text_block("", _("x examines the site: who presents what to whom, whether each side"
                                             " accepts it, and what is at fault."), indent=2)])  # fmt: skip

    def _verdict(self, verdict: str, when: str) -> list[Item]:
        text, role = words.styled(words.VERDICT, verdict)
        dated = _("as of {when} UTC").format(when=when)
        changed = (
            [(" · ", "dim"), (_("something changed since: x examines again"), "warn")] if self.frame.changed else []
        )
        return [
            *stopgaps.items(self.frame.stopgaps),
            block("verdict", ((text[:1].upper() + text[1:], role), (f" · {dated}", "dim"), *changed), selectable=False),
            gap(),
        ]

    def _of_examination(self, examination: Examination) -> list[Item]:
        items = self._verdict(examination.verdict.value, words.minute(examination.at))
        shown: set[str] = set()
        for finding in examination.findings:
            items.append(self._finding(finding))
            for folded in examination.folded:
                if folded.under == finding.diagnosis and folded.key not in shown:
                    shown.add(folded.key)
                    items.append(self._follows(folded.key, folded.severity, folded.title))
        items += [
            self._follows(folded.key, folded.severity, folded.title)
            for folded in examination.folded
            if folded.key not in shown
        ]
        if examination.unchecked:
            items += [gap()] if examination.findings else []
            items.append(heading(_("Not checked")))
        for number, missing in enumerate(examination.unchecked):
            text = f"{missing.what}: {missing.why}"
            lines = [line(text, "")] + ([line(missing.remedy, "dim")] if missing.remedy else [])
            items.append(block(f"unchecked-{number}", *lines, hang=2))
        if examination.disagreements:
            items += [gap(), heading(_("Errors of certdoctor itself: please report them"))]
            items += [text_block(f"error-{n}", text, "bad", selectable=True)
                      for n, text in enumerate(examination.disagreements)]  # fmt: skip
        return items

    def _finding(self, finding: Treatable) -> Item:
        severity, role = words.styled(words.SEVERITY, finding.severity)
        where = ", ".join(finding.nodes) or finding.subject_id
        parts = [where, words.word(words.STRENGTH, finding.strength)]
        if finding.connections:
            parts.append(self._hits(finding.connections))
        if finding.status == "recalled":
            parts.append(_("unconfirmed"))
        return pair(
            finding.key,
            row("", Cell(str(finding.rank), 2, "key"), Cell(severity, 8, role), Cell(finding.title, 0, "strong")),
            row("", Cell(" · ".join(parts), 0, "dim"), indent=12),
        )

    @staticmethod
    def _hits(connections: Sequence[str]) -> str:
        more = len(connections) - 1
        return connections[0] + (f" +{more}" if more else "")

    @staticmethod
    def _follows(key: str, severity: str, title: str) -> Item:
        word, role = words.styled(words.SEVERITY, severity)
        return row(
            key, Cell("↳", 1, "dim"), Cell(word, 8, role), Cell(_("follows: {title}").format(title=title)), indent=3
        )

    def _of_record(self, record: ExaminationRecord) -> list[Item]:
        items = self._verdict(record.verdict, words.minute(record.at))
        ranked = [finding for finding in record.findings if not finding.under]
        for finding in ranked:
            items.append(self._recorded(finding))
            items += [
                self._follows(folded.key, folded.severity, folded.title)
                for folded in record.findings
                if folded.under == finding.diagnosis
            ]
        items += [
            gap(),
            text_block("", _("This is the last examination as it was stored."), "dim"),
        ]
        return items

    @staticmethod
    def _recorded(finding: FindingRecord) -> Item:
        severity, role = words.styled(words.SEVERITY, finding.severity)
        return pair(
            finding.key,
            row("", Cell(str(finding.rank), 2, "key"), Cell(severity, 8, role), Cell(finding.title, 0, "strong")),
            row("", Cell(words.word(words.STRENGTH, finding.strength), 0, "dim"), indent=12),
        )

    def hint(self) -> str:
        frame = self.frame
        if frame.view is None:
            return ""
        if not frame.view.examinations and frame.examination is None:
            return _("x examines now.") if frame.view.evidence else _("e: give evidence first. Then x examines.")
        if frame.changed:
            return _("Something changed since this examination: x examines again.")
        key = self.rows.key
        if key and not key.startswith(("unchecked-", "error-")):
            return _("enter shows why this is so, and how to fix it.")
        if not frame.is_open:
            return _("The case is closed; o opens it again.")
        if frame.open_questions:
            return _("i answers questions that tell the causes apart.")
        return _("e adds evidence; x examines again.")

    def action_open(self) -> None:
        key = self.rows.key
        if found := stopgaps.chosen(self.frame.stopgaps, key):
            key = found.record.finding_key
        if not key or key.startswith(("unchecked-", "error-")):
            return
        frame = self.frame
        if frame.examination is not None:
            self._show(key)
        else:
            # Proof and steps come out of an examination; the stored one keeps the titles only.
            lang, case_id = frame.doctor.lang, frame.case_id

            def done(examination: Examination) -> None:
                frame.examination = examination
                frame.update()
                self._show(key)

            frame.ask_long(_("examining"), lambda p: p.examine(case_id, lang, keep=False), done)

    async def action_pack(self) -> None:
        frame = self.frame
        if frame.view is None or not (frame.view.examinations or frame.examination):
            frame.say(_("Examine first (x): a pack cures what was found."))
            return
        await frame.open_panel(pack_form(f"{frame.view.case.number}-pack", frame.doctor.lang))

    async def saved(self, form: Form, values: dict[str, str]) -> None:
        write_pack(self.frame, form, self.frame.case_id, (), values)

    def _show(self, key: str) -> None:
        from certdoctor.ui.screens.finding import FindingScreen

        examination = self.frame.examination
        if examination is None:
            return
        finding = next((f for f in (*examination.findings, *examination.folded) if f.key == key), None)
        if finding is None:
            self.frame.say(_("This finding is gone: examined again, it is not there any more."))
        else:
            self.frame.app.push_screen(FindingScreen(self.frame.case_id, finding, examination))

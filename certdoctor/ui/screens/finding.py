"""One finding: what is wrong and the proof, and the steps that cure it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from certdoctor.language import N_, _, ngettext
from certdoctor.sentences import told_place
from certdoctor.store.records import BACK
from certdoctor.text import clean
from certdoctor.ui import keys, words
from certdoctor.ui.packing import ID as PACK
from certdoctor.ui.packing import pack_form, write_pack, written_paths
from certdoctor.ui.reading import source_titles
from certdoctor.ui.screens.sectioned import Section, Sectioned
from certdoctor.ui.spans import Item, Line, Span, block, gap, heading, line, text_block
from certdoctor.ui.widgets.fields import Field, Form
from certdoctor.ui.widgets.rows import Page, Rows

if TYPE_CHECKING:
    from certdoctor.casework.examination import Examination, FixLine, Treatable
    from certdoctor.store.records import CaseView, Recurrence


class FindingScreen(Sectioned):
    """One finding of an examination; without a case, to read only."""

    PLACE = "finding"
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings("finding")]
    SECTIONS = (("details", N_("Details and proof")), ("fix", N_("Fix")))

    def __init__(self, case_id: int | None, finding: Treatable, examination: Examination) -> None:
        super().__init__()
        self.case_id = case_id
        self.finding = finding
        self.examination = examination
        self.view: CaseView | None = None
        self.written: tuple[Path, ...] = ()
        self.sources: Mapping[str, str] = {}
        self.before: tuple[Recurrence, ...] = ()

    def path(self) -> tuple[str, ...]:
        return (_("finding"), self.finding.title)

    async def on_mount(self) -> None:
        await self.show_section("details")
        self.reload()
        ids = self.finding.sources
        if ids:
            self.ask(lambda _p: source_titles(ids), self._titled, group="sources")

    def _titled(self, titles: Mapping[str, str]) -> None:
        self.sources = titles
        self.update()

    def reload(self) -> None:
        """Read the ticks of the steps again."""
        case_id = self.case_id
        if case_id is None:
            self.update()
            return
        self.ask(lambda p: p.case(case_id), self._loaded, group=f"case-{case_id}")
        diagnosis = self.finding.diagnosis
        self.ask(lambda p: p.recurrence(case_id, diagnosis), self._remembered, group=f"before-{case_id}")

    def _loaded(self, view: CaseView) -> None:
        self.view = view
        self.title_bar.set_path("certdoctor", view.case.number, self.finding.title)
        self.update()

    def _remembered(self, before: tuple[Recurrence, ...]) -> None:
        self.before = before
        if before:
            self.update()

    @property
    def done(self) -> frozenset[str]:
        """The steps that are ticked off."""
        steps = self.view.steps if self.view else ()
        return frozenset(s.step for s in steps if s.finding_key == self.finding.key and s.done)

    @property
    def steps_done(self) -> int:
        """How many of the steps are ticked off; ways back are no steps of the fix."""
        return len(self.done & ({s.id for s in self.finding.fix} | {v.id for v in self.finding.verify}))

    @property
    def writes_files(self) -> bool:
        """Whether a step of the fix comes with a file."""
        return any(step.artefact for step in self.finding.fix)

    def state(self) -> str:
        return words.styled(words.SEVERITY, self.finding.severity)[0]

    def count(self, section: str) -> str:
        total = len(self.finding.fix) + len(self.finding.verify)
        if section != "fix" or not total:
            return ""
        return str(total) if self.case_id is None else f"{self.steps_done}/{total}"

    def make_section(self, section: str) -> Section[Any]:
        return DetailsSection() if section == "details" else FixSection()

    def action_article(self) -> None:
        from certdoctor.ui.screens.knowledge import ArticleScreen

        self.app.push_screen(ArticleScreen(self.finding.diagnosis))

    # files

    def needs_case(self) -> bool:
        """Tell whether there is no case, and say so: files and ticks belong to one."""
        if self.case_id is None:
            self.say(_("Nothing is kept here: open a case (c at the site) and examine there."))
        return self.case_id is None

    async def action_write(self) -> None:
        if self.needs_case():
            return
        if not self.writes_files:
            self.say(_("This fix needs no file."))
            return
        number = self.view.case.number if self.view else str(self.case_id)
        start = f"~/certdoctor-{number}-{self.finding.diagnosis}"
        await self.open_panel(
            Form(
                _("Write the files of this fix"),
                [Field("folder", _("Folder"), start, _("a new or empty folder"), required=True)],
                _("The folder is made if it is not there. No private key is ever written."),
            )
        )

    async def action_pack(self) -> None:
        if self.needs_case():
            return
        number = self.view.case.number if self.view else str(self.case_id)
        await self.open_panel(pack_form(f"{number}-{self.finding.diagnosis}-pack", self.doctor.lang))

    async def form_saved(self, form: Form, values: dict[str, str]) -> None:
        if form.id == PACK:
            if self.case_id is not None:
                write_pack(self, form, self.case_id, [self.finding.key], values)
            return
        folder, lang, key = Path(values["folder"]).expanduser(), self.doctor.lang, self.finding.key
        case_id = self.case_id
        if case_id is None:
            return

        async def written(paths: tuple[Path, ...]) -> None:
            self.written = paths
            await self.show_section("fix")
            self.say(written_paths(paths))
            self.update()

        self.fulfil(form, _("writing"), lambda p: p.write_files(case_id, key, folder, lang), written)


class DetailsSection(Section[FindingScreen]):
    """Summary, cause and proof, to read."""

    def compose(self) -> ComposeResult:
        yield Page()

    def update(self) -> None:
        finding = self.frame.finding
        severity, role = words.styled(words.SEVERITY, finding.severity)
        strength = words.word(words.STRENGTH, finding.strength)
        head: list[Span] = [(severity, role), (f" · {strength} · {finding.diagnosis}", "dim")]
        items: list[Item] = [
            block("", line(finding.title, "strong"), indent=1),
            block("", tuple(head), indent=1),
            gap(),
            text_block("", finding.summary, indent=1),
        ]
        if finding.status == "recalled":
            said = _("Unconfirmed: general knowledge, not found in a source yet. Check before you act on it.")
            items += [gap(), text_block("", said, "warn", indent=1)]
        items += self._before()
        if finding.cause:
            items += [gap(), heading(" " + _("Why")), text_block("", finding.cause, indent=1)]
        if finding.proof:
            items += [gap(), heading(" " + _("Proof"))]
        for proof in finding.proof:
            source = words.word(words.SOURCE, proof.source)
            lines: list[Line] = [(("• ", "key"), *line(proof.text))]
            where = "; ".join(told_place(seen) for seen in proof.seen)
            if where or proof.source != "observed":
                lines.append(line(f"  {source}: {where}" if where else f"  {source}", "dim"))
            items.append(block("", *lines, indent=1, hang=2))
        follows = [folded.title for folded in self.frame.examination.folded if folded.under == finding.diagnosis]
        if follows:
            items += [gap(), heading(" " + _("What follows from it"))]
            items += [block("", (("↳ ", "dim"), *line(title)), indent=1, hang=2) for title in follows]
        if finding.connections:
            items += [gap(), heading(" " + _("Connections it hits"))]
            items += [text_block("", connection, indent=1) for connection in finding.connections]
        if finding.note:
            items += [gap(), heading(" " + _("Note")), text_block("", finding.note, indent=1)]
        if finding.sources:
            items += [gap(), heading(" " + _("Sources"))]
            items += [self._source(id_) for id_ in finding.sources]
        self.query_one(Page).put(items)

    def _before(self) -> list[Item]:
        """How often it was found at this site, and what helped last."""
        before = self.frame.before
        if not before:
            return []
        times = ngettext("found once before at this site", "found {n} times before at this site", len(before))
        last = next((case for case in before if case.closed), before[0])
        told = times.format(n=len(before)) + _("; last in {case}").format(case=last.number)
        if last.closed and last.outcome:
            told += _(", closed {day}: {outcome}").format(day=words.day(last.closed), outcome=clean(last.outcome))
        return [gap(), text_block("", told[:1].upper() + told[1:], "warn", indent=1)]

    def _source(self, id_: str) -> Item:
        title = self.frame.sources.get(id_, id_)
        return block("", line(title if title == id_ else f"{id_}: {title}", "dim"), indent=1, hang=2)

    def hint(self) -> str:
        if not self.frame.finding.fix:
            return _("This follows from another finding; esc goes back to the list.") if (
                self.frame.finding.under) else _("esc goes back to the findings.")  # fmt: skip
        return _("f shows how to fix it, step by step.")


class FixSection(Section[FindingScreen]):
    """The steps of the fix and of the proof afterwards, to tick off."""

    PLACE = "fix"
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings("fix")]

    def compose(self) -> ComposeResult:
        yield Rows()

    @property
    def rows(self) -> Rows:
        return self.query_one(Rows)

    def update(self) -> None:
        finding, done = self.frame.finding, self.frame.done
        items: list[Item] = [heading(_("Steps"))] if finding.fix else [
            text_block("", _("There are no steps of its own: it goes away with its cause."), indent=2)]  # fmt: skip
        for number, step in enumerate(finding.fix, 1):
            items.append(self._step(number, step, step.id in done))
            if step.stopgap and step.id in done:
                items.append(self._way_back(step, step.id + BACK in done))
        if self.frame.written:
            items += [gap(), heading(_("Files written"))]
            items += [text_block("", str(path), indent=2) for path in self.frame.written]
        if finding.verify:
            items += [gap(), heading(_("Afterwards, prove it"))]
        for verify in finding.verify:
            lines = [(self._box(verify.id in done), *line(verify.text))]
            if verify.where:
                lines.append((("    ", ""), *line(verify.where, "key")))
            items.append(block(verify.id, *lines, hang=4))
        self.rows.show(items)

    @staticmethod
    def _box(done: bool) -> Span:
        return ("[x] ", "good") if done else ("[ ] ", "")

    def _step(self, number: int, step: FixLine, done: bool) -> Item:
        """Return one step: text, where, command, then risk, interruption and who."""
        text = step.text
        if step.stopgap:
            text = _("STOPGAP, weakens security: {text}").format(text=text)
        pad: Span = ("    ", "")
        lines: list[Line] = [(self._box(done), (f"{number}. ", "key"), *line(text, "dim" if done else "strong"))]
        if step.where:
            lines.append((pad, *line(step.where, "key")))
        lines += [(pad, ("> ", "dim"), *line(command)) for command in step.command.splitlines()]
        risk = words.word(words.RISK, step.risk)
        interruption = words.word(words.INTERRUPTION, step.interruption)
        facts: list[Span] = [
            pad,
            (words.word(words.WHO, step.role), "dim"),
            (" · ", "dim"),
            (risk, "warn" if step.risk in ("medium", "high") else "dim"),
            (" · ", "dim"),
            (interruption, "dim" if step.interruption == "none" else "warn"),
        ]
        if step.can_wait:
            facts.append((" · " + _("can wait"), "dim"))
        if step.artefact:
            facts.append((" · " + _("file: w writes it"), "key"))
        lines.append(tuple(facts))
        if step.way_back and not (step.stopgap and done):
            lines.append((pad, *line(_("Way back: {text}").format(text=step.way_back), "dim")))
        return block(step.id, *lines, hang=4)

    def _way_back(self, step: FixLine, done: bool) -> Item:
        """The way back of a stopgap that is in force: to be ticked off itself."""
        text = _("Way back: {text}").format(text=step.way_back or step.text)
        role = "dim" if done else "warn"
        return block(step.id + BACK, (("    ", ""), self._box(done), *line(text, role)), hang=8)

    def hint(self) -> str:
        finding, done = self.frame.finding, self.frame.done
        if any(step.stopgap and step.id in done and step.id + BACK not in done for step in finding.fix):
            return _("A stopgap is in force: tick its way back off as soon as it is gone.")
        if not finding.fix:
            return _("esc goes back to the findings.")
        if self.frame.case_id is None:
            return _("To tick steps off and to write files, open a case (c at the site).")
        if self.frame.writes_files and not self.frame.written and not done:
            return _("w writes the files you need; space ticks a step off when it is done.")
        if all(step.id in done for step in finding.fix):
            return _("All done? Add fresh evidence to the case and examine again: that proves it.")
        return _("Do the step on the box, then tick it off here with space.")

    def action_tick(self) -> None:
        step, frame = self.rows.key, self.frame
        case_id = frame.case_id
        if not step or frame.needs_case() or case_id is None:
            return
        done, key = step not in frame.done, frame.finding.key
        frame.ask(lambda p: p.tick(case_id, key, step, done), lambda _result: frame.reload())

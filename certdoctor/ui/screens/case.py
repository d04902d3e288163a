"""A case: what is known of it, and the sections to work in."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import BindingType
from textual.message import Message

from certdoctor.language import N_, _, ngettext
from certdoctor.ui import keys, words
from certdoctor.ui.packing import written_paths
from certdoctor.ui.reading import questions
from certdoctor.ui.reporting import ID as REPORT
from certdoctor.ui.reporting import report_form, write_report
from certdoctor.ui.screens.sectioned import Section, Sectioned
from certdoctor.ui.widgets.fields import Field, Form

if TYPE_CHECKING:
    from collections.abc import Callable

    from certdoctor.casework.examination import Examination, QuestionLine
    from certdoctor.casework.practice import Practice, Proposal, SymptomMatch
    from certdoctor.casework.proof import Proof
    from certdoctor.casework.stopgaps import StopgapLine
    from certdoctor.store.records import CaseView
    from certdoctor.ui.sections.evidence import Locked


class CaseScreen(Sectioned):
    """One case. Every step is committed by the practice at once; this holds only what is shown."""

    PLACE = "case"
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings("case")]
    SECTIONS = (
        ("evidence", N_("Evidence")),
        ("symptoms", N_("Symptoms")),
        ("interview", N_("Interview")),
        ("findings", N_("Findings")),
        ("proof", N_("Proof")),
        ("notes", N_("Notes")),
    )

    def __init__(self, case_id: int) -> None:
        super().__init__()
        self.case_id = case_id
        self.view: CaseView | None = None
        self.stopgaps: tuple[StopgapLine, ...] = ()  # in force
        self.proof: Proof | None = None  # until something changes
        self.examination: Examination | None = None
        self.look: Examination | None = None  # the site as it stands, not stored: to look at certificates
        self.changed = False  # something changed since the examination shown
        self.proposals: dict[str, Proposal] = {}
        self.symptom_list: tuple[SymptomMatch, ...] = ()
        self.asked: dict[tuple[str, str], QuestionLine] = {}  # every question met, to change its answer later
        self.last_folder = ""
        self.locked: Locked | None = None  # PFX files that wait for a password

    def path(self) -> tuple[str, ...]:
        return (_("case"),)

    def on_mount(self) -> None:
        self.reload()

    def resumed(self) -> None:
        if self.view is not None:
            self.proof = None
            self.reload()  # steps were ticked at a finding

    # data

    def reload(self) -> None:
        """Read the case again and draw it."""
        lang = self.doctor.lang
        self.ask(
            lambda p: (p.case(self.case_id), p.stopgaps(case_id=self.case_id, lang=lang)),
            self._loaded,
            group=f"case-{self.case_id}",
        )

    async def _loaded(self, answer: tuple[CaseView, tuple[StopgapLine, ...]]) -> None:
        first = self.view is None
        view, self.stopgaps = answer
        self.view = view
        case = view.case
        self.title_bar.set_path("certdoctor", f"{case.customer} / {case.site}", f"{case.number} {case.title}")
        if first:
            await self.show_section("findings" if view.examinations else "evidence")
            if view.examinations and self.is_open:
                self._look_again()
            if view.answers:
                self._recall_questions(tuple((a.fact, a.subject) for a in view.answers))
        self.update()

    def _look_again(self) -> None:
        """Examine without storing: a case that is opened again shows proof, steps and questions at once."""
        lang = self.doctor.lang

        def done(examination: Examination) -> None:
            self._take(examination)
            self.update()

        self.ask_long(_("examining"), lambda p: p.examine(self.case_id, lang, keep=False), done, gives_way=True)

    def _recall_questions(self, asked: tuple[tuple[str, str], ...]) -> None:
        """Get the words of questions that were answered earlier, so that answers can be changed."""
        lang = self.doctor.lang

        def known(found: tuple[QuestionLine, ...]) -> None:
            for question in found:
                self.asked.setdefault((question.fact, question.subject), question)
            self.update()

        self.ask(lambda _p: questions(asked, lang), known, group="recall")

    def do(self, call: Callable[[Practice], Any], said: str = "") -> None:
        """Make a change and read the case again."""

        def done(_result: object) -> None:
            if said:
                self.say(said)
            self.reload()

        self.ask(call, done)

    def change(self, call: Callable[[Practice], Any], said: str = "") -> None:
        """Like `do`, for a change that makes the examination shown out of date."""
        self.changed = True
        self.proof = None
        self.do(call, said)

    @property
    def is_open(self) -> bool:
        """Whether the case is open."""
        return self.view is None or self.view.case.state == "open"

    def need_open(self) -> bool:
        """Tell whether the case is open, and say what to do if it is not."""
        if not self.is_open:
            self.say(_("This case is closed; o opens it again."))
        return self.is_open

    def state(self) -> str:
        if self.view is None:
            return ""
        if not self.is_open:
            return _("CLOSED")
        return words.styled(words.VERDICT, self.view.case.verdict)[0]

    def count(self, section: str) -> str:
        view = self.view
        if view is None:
            return ""
        if section == "findings":
            if self.examination is not None:
                return str(len(self.examination.findings))
            return str(sum(not f.under for f in view.examinations[0].findings)) if view.examinations else ""
        if section == "interview":
            return str(len(self.open_questions)) if self.examination is not None else ""
        sizes = {
            "evidence": sum(e.current for e in view.evidence),
            "symptoms": len(view.case.symptoms),
            "notes": len(view.notes),
        }
        return str(sizes[section]) if sizes.get(section) else ""

    @property
    def open_questions(self) -> tuple[QuestionLine, ...]:
        """Questions of the examination that have no answer yet."""
        if self.examination is None or self.view is None:
            return ()
        answered = {(answer.fact, answer.subject) for answer in self.view.answers}
        return tuple(q for q in self.examination.questions if (q.fact, q.subject) not in answered)

    # sections

    def make_section(self, section: str) -> Section[Any]:
        from certdoctor.ui.sections.evidence import EvidenceSection
        from certdoctor.ui.sections.findings import FindingsSection
        from certdoctor.ui.sections.interview import InterviewSection
        from certdoctor.ui.sections.notes import NotesSection
        from certdoctor.ui.sections.proof import ProofSection
        from certdoctor.ui.sections.symptoms import SymptomsSection

        made: dict[str, type[Section[Any]]] = {
            "evidence": EvidenceSection,
            "symptoms": SymptomsSection,
            "interview": InterviewSection,
            "findings": FindingsSection,
            "notes": NotesSection,
            "proof": ProofSection,
        }
        return made[section]()

    # examining

    def action_examine(self) -> None:
        if self.need_open():
            self.examine()

    def examine(self, then: Callable[[], object] | None = None, stay: bool = False) -> None:
        """Examine now. `then` is called afterwards; `stay` keeps the section that is shown."""
        lang = self.doctor.lang

        async def done(examination: Examination) -> None:
            self.take_examination(examination)
            if then is not None:
                then()
            elif not stay:
                await self.show_section("findings")
            self.reload()

        self.ask_long(_("examining"), lambda p: p.examine(self.case_id, lang), done)

    def take_examination(self, examination: Examination) -> None:
        """Show this examination from now on, and say its verdict."""
        self._take(examination)
        self.say(self.verdict_line())

    def _take(self, examination: Examination) -> None:
        self.examination = examination
        self.changed = False
        for question in examination.questions:
            self.asked[question.fact, question.subject] = question

    def verdict_line(self) -> str:
        """Return the verdict in one sentence."""
        examination = self.examination
        if examination is None:
            return words.styled(words.VERDICT, self.view.case.verdict if self.view else "")[0]
        count, unchecked = len(examination.findings), len(examination.unchecked)
        match examination.verdict.value:
            case "cause_found":
                return _("Cause found: {title}.").format(title=examination.findings[0].title.rstrip("."))
            case "differential":
                return _("{n} causes are possible; the questions (i) tell them apart.").format(n=count)
            case "healthy":
                return ngettext(
                    "No fault in what was checked; {n} thing could not be checked.",
                    "No fault in what was checked; {n} things could not be checked.",
                    unchecked,
                ).format(n=unchecked)
            case _:
                return _("Nothing could be checked: there is too little evidence yet.")

    # proof

    def prove(self, then: Callable[[Proof], object], again: bool = False) -> None:
        """Find out what is proven, and go on with it; `again` where steps were ticked since."""
        if self.proof is not None and not again:
            then(self.proof)
            return
        lang = self.doctor.lang

        async def done(proof: Proof) -> None:
            self.proof = proof
            after = then(proof)
            if inspect.isawaitable(after):
                await after

        self.ask_long(_("proving"), lambda p: p.proof(self.case_id, lang), done)

    # the consultation

    async def add_evidence(self) -> None:
        """Go to the evidence and ask for the path of what is to be added."""
        from certdoctor.ui.sections.evidence import EvidenceSection

        await self.show_section("evidence")
        if isinstance(self.section, EvidenceSection):
            await self.section.action_add()

    async def on_text_panel_closed(self, event: Message) -> None:
        event.stop()
        await self.close_panel()

    async def on_request_panel_wanted(self, event: Message) -> None:
        event.stop()
        number = self.view.case.number if self.view else str(self.case_id)
        await self.open_panel(
            Form(
                _("Write the request for evidence"),
                [
                    Field(
                        "folder",
                        _("Folder"),
                        f"~/certdoctor-{number}-request",
                        _("a new or empty folder"),
                        required=True,
                    )
                ],
                _("The folder is made if it is not there."),
                id="form-request",
            )
        )

    def _write_request(self, form: Form, folder: Path) -> None:
        examination, case_id = self.examination, self.case_id
        if examination is not None:
            self.write(form, lambda p: p.write_request(case_id, examination, folder), written_paths)

    # the report

    async def action_report(self) -> None:
        if self.view is not None:
            title = _("Write a report on this case")
            note = _("The story of the case: what was told, found, done and proven, and what was not checked.")
            await self.open_panel(report_form(title, self.view.case.number, self.doctor.lang, note))

    # closing

    def action_knowledge(self) -> None:
        from certdoctor.ui.screens.knowledge import KnowledgeBrowser

        self.app.push_screen(KnowledgeBrowser())

    async def action_outcome(self) -> None:
        if not self.is_open:
            self.do(lambda p: p.reopen_case(self.case_id), _("The case is open again."))
            return
        if self.view is not None and not self.view.examinations:
            await self._ask_outcome(None)  # nothing was found, so there is nothing to prove
        elif self.proof is not None:
            await self._ask_outcome(self.proof)
        else:
            self.prove(self._ask_outcome)

    @staticmethod
    def _open_ends(proof: Proof | None) -> tuple[str, ...]:
        """What is not proven, in words."""
        if proof is None:
            return ()
        return (
            *(v.text for v in proof.unproven),
            *(_("still found: {title}").format(title=t) for t in proof.remaining),
        )

    async def _ask_outcome(self, proof: Proof | None) -> None:
        note = _("The case stays in the history with its evidence, findings and steps. o opens it again.")
        ends = self._open_ends(proof)
        if ends:
            note = _("Still unproven:") + "\n" + "\n".join(f"• {text}" for text in ends[:6]) + "\n\n" + note
        if self.stopgaps:
            note = _("A stopgap is still in force: {text}").format(text=self.stopgaps[0].text) + "\n" + note
        await self.open_panel(
            Form(
                _("Close the case"),
                [
                    Field(
                        "outcome",
                        _("Outcome"),
                        placeholder=_("one sentence: what it was, what cured it"),
                        required=True,
                    )
                ],
                note,
                id="form-outcome",
            )
        )

    async def form_saved(self, form: Form, values: dict[str, str]) -> None:
        if form.id == "form-outcome":
            outcome = values["outcome"]
            ends = self._open_ends(self.proof)
            self.do(lambda p: p.close_case(self.case_id, outcome, ends), _("The case is closed."))
            await self.close_panel()
        elif form.id == REPORT:
            write_report(self, form, values, case_id=self.case_id)
        elif form.id == "form-request":
            self._write_request(form, Path(values["folder"]).expanduser())
        else:
            await super().form_saved(form, values)

    # pasted text

    async def pasted(self, text: str) -> None:
        if not self.need_open():
            return
        await self.close_panel()
        await self.show_section("evidence")
        section = self.section
        if section is not None:
            section.pasted(text)

"""The consultation of a case: the best question on top, its answers on the digit keys, the ranking beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal

from certdoctor.language import _
from certdoctor.ui import keys, reading
from certdoctor.ui.screens.case import CaseScreen
from certdoctor.ui.screens.sectioned import Section
from certdoctor.ui.sections.account import AccountPanel, RequestPanel, TextPanel
from certdoctor.ui.spans import Cell, Item, block, gap, heading, line, row, text_block
from certdoctor.ui.widgets.rows import Page, Rows

if TYPE_CHECKING:
    from certdoctor.casework.accounts import Leaning, Supposed
    from certdoctor.casework.examination import Examination, QuestionLine
    from certdoctor.store.records import AnswerRecord

_RANKED = 8
_BAR = 12  # cells of a bar


class InterviewSection(Section[CaseScreen]):
    """The chosen question with the ranking beside it, all questions below."""

    PLACE = "interview"
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings("interview")]
    DEFAULT_CSS = """
    InterviewSection { layout: vertical; height: 1fr; }
    InterviewSection > Horizontal { height: 1fr; }
    InterviewSection #question { width: 1fr; height: 1fr; }
    InterviewSection #ranking { width: 29; height: 1fr; }
    InterviewSection > #questions { height: auto; max-height: 40%; min-height: 3; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._chances: Mapping[str, float] = {}  # as they are shown
        self._moved: Mapping[str, float] = {}  # by how much the last answer moved each

    def compose(self) -> ComposeResult:
        question, ranking = Page(id="question"), Page(id="ranking")
        question.can_focus = ranking.can_focus = False
        with Horizontal():
            yield question
            yield ranking
        yield Rows(id="questions")

    @property
    def rows(self) -> Rows:
        return self.query_one("#questions", Rows)

    def take_focus(self) -> None:
        self.rows.focus()

    def _answer_of(self, question: QuestionLine) -> AnswerRecord | None:
        view = self.frame.view
        return next(
            (a for a in (view.answers if view else ()) if (a.fact, a.subject) == (question.fact, question.subject)),
            None,
        )

    @property
    def chosen(self) -> QuestionLine | None:
        """The question under the cursor."""
        fact, _bar, subject = self.rows.key.partition("|")
        return self.frame.asked.get((fact, subject))

    def update(self) -> None:
        frame = self.frame
        if frame.view is None:
            return
        items: list[Item] = []
        opened = frame.open_questions
        if opened:
            items.append(heading(_("Open questions, the most useful first")))
        items += [row(f"{q.fact}|{q.subject}", Cell(q.text), Cell(self._cost(q), 8, "dim")) for q in opened]
        if frame.view.answers:
            items += [gap()] if items else []
            items.append(heading(_("Answered")))
        for answer in frame.view.answers:
            question = frame.asked.get((answer.fact, answer.subject))
            said = self._said(question, answer.value)
            about = question.text if question else f"{answer.fact} ({answer.subject})"
            items.append(row(f"{answer.fact}|{answer.subject}", Cell(about), Cell(said, 28, "strong")))
        at = f"{opened[0].fact}|{opened[0].subject}" if opened and self.chosen not in opened else None
        self.rows.show(items, at=at)
        self._draw_question()
        self._draw_ranking()

    @staticmethod
    def _cost(question: QuestionLine) -> str:
        return _("{n} min").format(n=max(round(question.cost / 60), 1))

    @staticmethod
    def _said(question: QuestionLine | None, value: str | None) -> str:
        if value is None:
            return _("it cannot be had") if question and question.evidence else _("don't know")
        return dict(question.options).get(value, value) if question else value

    def _draw_question(self) -> None:
        page, question = self.query_one("#question", Page), self.chosen
        if question is None:
            page.show([gap(), text_block("", self._nothing(), indent=1)])
            return
        items = [gap(), block("", line(question.text, "strong"), indent=1), gap(), *self._options(question)]
        if question.how:
            items += [gap(), text_block("", _("How to find out: {how}").format(how=question.how), "dim", indent=1)]
        page.show(items)

    def _options(self, question: QuestionLine) -> Iterable[Item]:
        answer = self._answer_of(question)
        options = question.options[:9] or (("", _("I have it: add it now")),)
        for number, (value, text) in enumerate(options, 1):
            here = answer is not None and answer.value == value
            yield block("", ((f"{number}", "key"), ("  ", ""), *line(text, "strong" if here else ""),
                             ("  ✓" if here else "", "good")), indent=2, hang=3)  # fmt: skip
        unknown = answer is not None and answer.value is None
        word = _("it cannot be had") if question.evidence else _("don't know")
        yield block("", (("0", "key"), ("  " + word, "strong" if unknown else "dim")), indent=2)

    # the ranking

    def _draw_ranking(self) -> None:
        examination = self.frame.examination
        page = self.query_one("#ranking", Page)
        page.display = examination is not None
        if examination is None:
            return
        chances = {c.diagnosis: c.probability for c in examination.candidates}
        if chances != self._chances:
            before = self._chances or chances
            self._moved = {key: chance - before.get(key, 0.0) for key, chance in chances.items()}
            self._chances = chances
        page.show([gap(), *self._contradictions(examination), *self._bars(examination)])

    def _contradictions(self, examination: Examination) -> Iterable[Item]:
        for seen, said in examination.contradicted:
            yield text_block("", _("You said: {said} The evidence shows: {seen} The evidence holds.").format(
                said=said.text, seen=seen.text), "warn")  # fmt: skip
            yield gap()

    def _bars(self, examination: Examination) -> Iterable[Item]:
        found = {finding.diagnosis for finding in examination.findings if finding.strength == "decisive"}
        if found:
            yield heading(_("Found"))
            yield from (block("", ((f"{key:<8}", "strong"), (_("certain"), "bad"))) for key in sorted(found))
        left = [c for c in examination.candidates if c.diagnosis not in found][:_RANKED]
        if left and (examination.questions or not found):
            yield heading(_("Possible, by what is known"))
            for candidate in left:
                yield self._bar(candidate.diagnosis, candidate.probability, candidate.concluded)

    def _bar(self, diagnosis: str, chance: float, concluded: bool) -> Item:
        full = round(chance * _BAR)
        moved = self._moved.get(diagnosis, 0.0)
        sign = "+" if moved >= 0.005 else "-" if moved <= -0.005 else " "
        return block("", (
            (f"{diagnosis:<8}", "strong" if concluded else ""),
            ("█" * full, "key"), ("·" * (_BAR - full), "dim"),
            (f"{chance:>5.0%}", ""), (f" {sign}", "warn" if sign == "+" else "dim"),
        ))  # fmt: skip

    def _nothing(self) -> str:
        frame = self.frame
        if frame.examination is None:
            return _("The questions come out of an examination: x examines now.")
        if frame.view is not None and self.rows.key:
            return _("The options of this question come with the next examination: x examines now.")
        return _("There is nothing to ask: the evidence decides, or no question would help.")

    def on_rows_moved(self) -> None:
        if self.gone:
            return
        self._draw_question()
        self.frame.refresh_hint()

    def hint(self) -> str:
        if self.frame.examination is None:
            return _("x examines the site; then the questions that help most stand here.")
        if self.chosen is None:
            return _("f shows the findings; h tells how the first was reached.")
        if self.chosen.evidence:
            return _("1 adds it, 0 says that it cannot be had; p is the page to mail for it.")
        if self.chosen in self.frame.open_questions:
            return _("Press the digit of the answer; w tells why it is asked.")
        return _("Press another digit to change this answer; u takes the last one back.")

    # keys

    async def action_answer(self, number: int) -> None:
        question = self.chosen
        if question is None or not self.frame.need_open():
            return
        if question.evidence:
            if number == 1:
                await self.frame.add_evidence()
            return
        if number > len(question.options):
            self.frame.say(_("There are only {n} answers.").format(n=len(question.options)))
            return
        self._give(question, question.options[number - 1][0])

    def action_unknown(self) -> None:
        if self.chosen is not None and self.frame.need_open():
            self._give(self.chosen, None)

    def _give(self, question: QuestionLine, value: str | None) -> None:
        """Commit the answer first, then examine again: the next question depends on it."""
        case_id = self.frame.case_id
        self.frame.ask(lambda p: p.answer(case_id, question.fact, question.subject, value), self._answered)

    def _answered(self, _result: object) -> None:
        frame = self.frame
        frame.changed = True
        frame.reload()
        if frame.job is None or frame.job.gives_way:
            frame.examine(stay=True)

    def action_undo(self) -> None:
        if not self.frame.need_open():
            return
        case_id = self.frame.case_id

        def taken_back(answer: AnswerRecord | None) -> None:
            if answer is None:
                self.frame.say(_("There is no answer to take back."))
            else:
                self._answered(answer)

        self.frame.ask(lambda p: p.take_back(case_id), taken_back)

    def action_why(self) -> None:
        examination, question = self.frame.examination, self.chosen
        if examination is None or question is None or question not in self.frame.open_questions:
            self.frame.say(_("Choose an open question: why it is asked stands here then."))
            return
        self.frame.ask(lambda _p: reading.why(examination, question), lambda found: self._why(question, found))

    async def _why(self, question: QuestionLine, found: tuple[Leaning, ...]) -> None:
        items: list[Item] = [gap(), block("", line(question.text, "strong"), indent=1), gap()]
        items.append(text_block("", _("What it may show, or the evidence shows none of it:") if question.evidence
                                else _("Each answer would bring these to the front:"), indent=1))  # fmt: skip
        for leaning in found:
            items.append(block("", line(leaning.option, "key"), indent=2))
            items += [_ranked(*each) for each in leaning.leading]
        await self.frame.open_panel(TextPanel(items))

    def action_how(self) -> None:
        self._account(against=False)

    def action_why_not(self) -> None:
        self._account(against=True)

    def _account(self, *, against: bool) -> None:
        examination = self.frame.examination
        if examination is None:
            self.frame.say(_("The questions come out of an examination: x examines now."))
            return

        async def told(found: tuple[reading.Told, ...]) -> None:
            if not found:
                self.frame.say(_("Nothing speaks for any diagnosis yet."))
                return
            # WHY NOT is asked of the runner-up first.
            await self.frame.open_panel(AccountPanel(found, against, 1 if against and len(found) > 1 else 0))

        self.frame.ask(lambda _p: reading.accounts(examination), told)

    def action_suppose(self) -> None:
        examination, question, case_id = self.frame.examination, self.chosen, self.frame.case_id
        if examination is None or question is None or question.evidence:
            self.frame.say(_("Choose a question with answers: where each would lead stands here then."))
            return
        self.frame.ask_long(
            _("supposing"),
            lambda p: p.suppose(case_id, examination, question),
            lambda found: self._supposed(question, found),
        )

    async def _supposed(self, question: QuestionLine, found: tuple[Supposed, ...]) -> None:
        items: list[Item] = [gap(), block("", line(question.text, "strong"), indent=1), gap()]
        for each in found:
            mark = " " + _("(as answered)") if each.given else ""
            items.append(block("", (*line(each.option + mark, "key"), (f": {each.verdict}", "")), indent=1))
            items += [_ranked(*of) for of in each.leading]
            then = _("then: {question}").format(question=each.next) if each.next else _("then nothing is left to ask")
            items.append(block("", line(then, "dim"), indent=4, hang=2))
        await self.frame.open_panel(TextPanel(items))

    def action_request(self) -> None:
        examination = self.frame.examination
        if examination is None:
            self.frame.say(_("What is wanted comes out of an examination: x examines now."))
            return

        async def told(text: str) -> None:
            await self.frame.open_panel(RequestPanel(text))

        self.frame.ask(lambda _p: reading.request(examination), told)


def _ranked(diagnosis: str, title: str, chance: float) -> Item:
    return block("", ((f"{chance:>4.0%}  ", ""), (f"{diagnosis} ", "strong"), *line(title)), indent=4, hang=6)

"""The questions of a case: the best one on top, its options on the digit keys, every answer changeable."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from certdoctor.language import _
from certdoctor.ui import keys
from certdoctor.ui.screens.case import CaseScreen
from certdoctor.ui.screens.sectioned import Section
from certdoctor.ui.spans import Cell, Item, block, gap, heading, line, row, text_block
from certdoctor.ui.widgets.rows import Page, Rows

if TYPE_CHECKING:
    from certdoctor.casework.examination import QuestionLine
    from certdoctor.store.records import AnswerRecord


class InterviewSection(Section[CaseScreen]):
    """The chosen question above, all questions below."""

    PLACE = "interview"
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings("interview")]
    DEFAULT_CSS = """
    InterviewSection { layout: vertical; height: 1fr; }
    InterviewSection > #question { height: 1fr; }
    InterviewSection > #questions { height: auto; max-height: 45%; min-height: 3; }
    """

    def compose(self) -> ComposeResult:
        question = Page(id="question")
        question.can_focus = False
        yield question
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

    @staticmethod
    def _cost(question: QuestionLine) -> str:
        return _("{n} min").format(n=max(round(question.cost / 60), 1))

    @staticmethod
    def _said(question: QuestionLine | None, value: str | None) -> str:
        if value is None:
            return _("don't know")
        return dict(question.options).get(value, value) if question else value

    def _draw_question(self) -> None:
        page, question = self.query_one("#question", Page), self.chosen
        if question is None:
            page.show([gap(), text_block("", self._nothing(), indent=1)])
            return
        answer = self._answer_of(question)
        items = [gap(), block("", line(question.text, "strong"), indent=1), gap()]
        for number, (value, text) in enumerate(question.options[:9], 1):
            here = answer is not None and answer.value == value
            items.append(block("", ((f"{number}", "key"), ("  ", ""), *line(text, "strong" if here else ""),
                                    ("  ✓" if here else "", "good")), indent=2, hang=3))  # fmt: skip
        unknown = answer is not None and answer.value is None
        items.append(block("", (("0", "key"), ("  " + _("don't know"), "strong" if unknown else "dim")), indent=2))
        if question.how:
            items += [gap(), text_block("", _("How to find out: {how}").format(how=question.how), "dim", indent=1)]
        page.show(items)

    def _nothing(self) -> str:
        frame = self.frame
        if frame.examination is None:
            return _("The questions come out of an examination: x examines now.")
        if frame.view is not None and self.rows.key:
            return _("The options of this question come with the next examination: x examines now.")
        return _("There is nothing to ask: the evidence decides, or no question would help.")

    def on_rows_moved(self) -> None:
        self._draw_question()
        self.frame.refresh_hint()

    def hint(self) -> str:
        if self.frame.examination is None:
            return _("x examines the site; then the questions that help most stand here.")
        if self.chosen is None:
            return _("f shows the findings.")
        if self.chosen in self.frame.open_questions:
            return _("Press the digit of the answer; the arrows choose another question.")
        return _("Press another digit to change this answer.")

    # keys

    def action_answer(self, number: int) -> None:
        question = self.chosen
        if question is None or not self.frame.need_open():
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
        frame, case_id = self.frame, self.frame.case_id
        frame.changed = True

        def answered(_result: object) -> None:
            frame.reload()
            if frame.job is None or frame.job.gives_way:
                frame.examine(stay=True)

        frame.ask(lambda p: p.answer(case_id, question.fact, question.subject, value), answered)

"""The symptoms of a case: search the list, take what fits, or write it in the customer's own words."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import Input

from certdoctor.casework.categories import category_word
from certdoctor.language import _
from certdoctor.ui import keys
from certdoctor.ui.screens.case import CaseScreen
from certdoctor.ui.screens.sectioned import Section
from certdoctor.ui.spans import Cell, Item, gap, heading, row, text_block
from certdoctor.ui.widgets.fields import Field, Form, Search
from certdoctor.ui.widgets.rows import Rows

if TYPE_CHECKING:
    from certdoctor.casework.practice import SymptomMatch

NONE = "none-of-these"


class SymptomsSection(Section[CaseScreen]):
    """Taken symptoms on top, what fits the search below."""

    PLACE = "symptoms"
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings("symptoms")]

    def __init__(self) -> None:
        super().__init__()
        self._matches: tuple[SymptomMatch, ...] = ()

    def compose(self) -> ComposeResult:
        yield Search(placeholder=_("/ what does the customer see? e.g. zone failed, login, upload refused"), id="words")
        yield Rows()

    @property
    def _typed(self) -> str:
        return self.query_one("#words", Search).value.strip()

    def on_mount(self) -> None:
        self._search()

    def _search(self) -> None:
        typed, lang, limit = self._typed, self.frame.doctor.lang, 8 if self._typed else 500

        def found(matches: tuple[SymptomMatch, ...]) -> None:
            self._matches = matches
            if not typed:
                self.frame.symptom_list = matches
            if not self.gone:
                self.update()

        self.frame.ask(lambda p: p.symptoms(typed, lang, limit), found, group="symptoms")

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._search()

    def update(self) -> None:
        view = self.frame.view
        if view is None:
            return
        titles = {match.symptom: match for match in (*self.frame.symptom_list, *self._matches)}
        taken = view.case.symptoms
        items: list[Item] = []
        if taken or view.case.text:
            items.append(heading(_("This case")))
        for symptom in taken:
            # The name that the rules use is nothing to read: until the list is there, three dots.
            title = titles[symptom].title if symptom in titles else symptom if titles else "…"
            items.append(row(f"taken {symptom}", Cell("✓", 1, "good"), Cell(title, 0, "strong")))
        if view.case.text:
            items.append(text_block("own words", f"“{view.case.text}”"))
        items += [gap()] if items else []
        items.append(heading(_("What fits best") if self._typed else _("All symptoms")))
        for match in self._matches:
            if match.symptom in taken:
                continue
            category = category_word(match.category)
            items.append(row(match.symptom, Cell(" ", 1), Cell(match.title), Cell(category, 12, "dim")))
        if self._typed:
            items.append(row(NONE, Cell(" ", 1), Cell(_("None of these: keep the words as they are typed"), 0, "key")))
        at = next((i.key for i in items if i.key in {m.symptom for m in self._matches}), None) if self._typed else None
        self.query_one(Rows).show(items, at=at)

    def hint(self) -> str:
        if self.query_one("#words", Search).has_focus:
            return _("Type what the customer sees; enter goes to the matches.")
        key = self.query_one(Rows).key
        if key.startswith("taken "):
            return _("space drops this symptom again. e and x: give evidence, then examine.")
        if key == NONE:
            return _("enter keeps your own words instead of a symptom from the list.")
        return _("space takes the chosen symptom; / searches; w writes it in your own words.")

    # keys

    def action_search(self) -> None:
        self.query_one("#words", Search).focus()

    def action_take(self) -> None:
        view, key = self.frame.view, self.query_one(Rows).key
        if view is None or not key or not self.frame.need_open():
            return
        taken, text = view.case.symptoms, view.case.text
        if key == NONE:
            text = self._typed
            self.query_one("#words", Search).value = ""
        elif key.startswith("taken "):
            taken = tuple(symptom for symptom in taken if symptom != key.removeprefix("taken "))
        else:
            taken = (*taken, key)
        case_id = self.frame.case_id
        self.frame.change(lambda p: p.set_symptoms(case_id, taken, text))

    async def action_words(self) -> None:
        view = self.frame.view
        if view is not None and self.frame.need_open():
            field = Field("text", _("In own words"), view.case.text, _("what the customer says"))
            await self.frame.open_panel(Form(_("The symptom in the customer's words"), [field]))

    async def saved(self, form: Form, values: dict[str, str]) -> None:
        view, case_id = self.frame.view, self.frame.case_id
        await self.frame.close_panel()
        if view is not None:
            taken = view.case.symptoms
            self.frame.change(lambda p: p.set_symptoms(case_id, taken, values["text"]))

"""The notes of a case."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from certdoctor.language import _
from certdoctor.ui import keys, words
from certdoctor.ui.screens.case import CaseScreen
from certdoctor.ui.screens.sectioned import Section
from certdoctor.ui.spans import Item, block, gap, line, text_block
from certdoctor.ui.widgets.draft import Draft
from certdoctor.ui.widgets.rows import Rows


class NotesSection(Section[CaseScreen]):
    """Notes, newest first."""

    PLACE = "notes"
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings("notes")]

    def compose(self) -> ComposeResult:
        yield Rows()

    def update(self) -> None:
        view = self.frame.view
        if view is None:
            return
        items: list[Item] = []
        for number, note in enumerate(sorted(view.notes, key=lambda note: note.when, reverse=True)):
            head = f"{words.minute(note.when)}  {note.who}"
            lines = [line(head, "dim"), *(line(part) for part in note.text.splitlines())]
            items.append(block(f"note-{number}", *lines))
        self.query_one(Rows).show(items or [gap(), text_block("", _("No notes yet."), indent=2)])

    def hint(self) -> str:
        return _("a writes a note; it goes into the history of the case.")

    async def action_add(self) -> None:
        if self.frame.need_open():
            draft = Draft()
            draft.add_class("panel")
            await self.frame.open_panel(draft)
            draft.focus()

    async def note_saved(self, text: str) -> None:
        """Keep a note."""
        await self.frame.close_panel()
        if text.strip():
            case_id = self.frame.case_id
            self.frame.do(lambda p: p.add_note(case_id, text.strip()), _("The note is kept."))

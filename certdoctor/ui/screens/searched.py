"""A screen that is a list with a search field above it."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.widgets import Input

from certdoctor.language import _
from certdoctor.ui.screens.frame import Frame
from certdoctor.ui.widgets.fields import Search
from certdoctor.ui.widgets.rows import Rows


class Searched(Frame):
    """A list that follows what is typed above it; the keys go to the list, `/` goes to the field."""

    SEARCHES: ClassVar[str] = ""  # what stands in the empty field

    def compose_body(self) -> ComposeResult:
        yield Search(placeholder=_(self.SEARCHES), id="search")
        yield Rows()

    def on_mount(self) -> None:
        self.rows.focus()

    @property
    def rows(self) -> Rows:
        """The list."""
        return self.query_one(Rows)

    @property
    def searched(self) -> str:
        """What is searched for."""
        return self.query_one("#search", Search).value.strip()

    def search_changed(self) -> None:
        """Something else is searched for."""

    def on_input_changed(self, event: Input.Changed) -> None:
        if event.input.id == "search":
            event.stop()
            self.search_changed()

    def field_left(self) -> None:
        self.rows.focus()

    def action_search(self) -> None:
        self.query_one("#search", Search).focus()

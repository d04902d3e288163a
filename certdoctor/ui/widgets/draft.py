"""The draft of a note."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType
from textual.message import Message
from textual.widgets import TextArea

from certdoctor.language import _
from certdoctor.ui import keys


class Draft(TextArea):
    """Where a note is written."""

    PLACE = "draft"
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings("draft")]

    class Saved(Message):
        """The text is to be kept."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Cancelled(Message):
        """The draft is to be closed."""

    def __init__(self) -> None:
        super().__init__(soft_wrap=True, show_line_numbers=False, tab_behavior="focus", highlight_cursor_line=False)
        self.cursor_blink = False
        self._asked = False

    class Asked(Message):
        """Escape with text in it: say that once more throws it away."""

    @staticmethod
    def hint() -> str:
        """Return what to do next."""
        return _("Write what should be remembered; enter begins a line, ctrl+s keeps the note.")

    def action_save(self) -> None:
        self.post_message(self.Saved(self.text))

    def action_cancel(self) -> None:
        if self.text.strip() and not self._asked:
            self._asked = True
            self.post_message(self.Asked())
        else:
            self.post_message(self.Cancelled())

    def on_text_area_changed(self) -> None:
        self._asked = False

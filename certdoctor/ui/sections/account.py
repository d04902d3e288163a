"""Panels to read in a consultation: why it is asked, how and why not, what if, and the request for evidence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.message import Message

from certdoctor.language import _
from certdoctor.ui import keys
from certdoctor.ui.reading import Told
from certdoctor.ui.spans import Item, block, gap, line
from certdoctor.ui.widgets.rows import Page


class TextPanel(Page):
    """A text in the place of the section; escape goes back to it."""

    PLACE = "told"
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings("told")]

    class Closed(Message):
        """The text was read."""

    def __init__(self, items: Sequence[Item]) -> None:
        super().__init__()
        self._text = tuple(items)

    def on_mount(self) -> None:
        self.draw()
        self.focus()

    def draw(self) -> None:
        """Show the text from its top."""
        self.show(self._text)

    def hint(self) -> str:
        """Return what to do next."""
        return _("esc goes back to the question.")

    def action_close(self) -> None:
        self.post_message(self.Closed())


class AccountPanel(TextPanel):
    """HOW a diagnosis was reached, or WHY NOT; one after the other of the ranking."""

    PLACE = "account"
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings("account")]

    def __init__(self, found: tuple[Told, ...], against: bool, place: int) -> None:
        super().__init__(())
        self._found, self._against, self._place = found, against, place

    def draw(self) -> None:
        told = self._found[self._place]
        first, *rest = told.against if self._against else told.reached
        items = [gap(), block("", line(first[1], "strong"), indent=1), gap()]
        items += [
            block("", line(text, "dim" if indent > 2 else ""), indent=2 * indent, hang=2) for indent, text in rest
        ]
        self.show(items)

    def hint(self) -> str:
        return _("h how, y why not; tab shows the next of the ranking ({n} of {all}).").format(
            n=self._place + 1, all=len(self._found)
        )

    def action_turn(self, against: bool) -> None:
        self._against = against
        self.draw()

    def action_step(self, way: int) -> None:
        self._place = (self._place + way) % len(self._found)
        self.draw()
        self.screen.refresh_hint()  # type: ignore[attr-defined]


class RequestPanel(TextPanel):
    """The request for the evidence that is still wanted."""

    PLACE = "request"
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings("request")]

    class Wanted(Message):
        """It is to be written into files."""

    def __init__(self, text: str) -> None:
        super().__init__([gap(), *(block("", line(each), indent=1, hang=2) for each in text.splitlines())])

    def hint(self) -> str:
        return _("w writes it as text and Markdown, to mail to the customer.")

    def action_write(self) -> None:
        self.post_message(self.Wanted())

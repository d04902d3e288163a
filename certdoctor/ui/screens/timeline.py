"""What happened at all sites of a customer, newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult

from certdoctor.language import _
from certdoctor.ui.screens.frame import Frame
from certdoctor.ui.sections.history import event_item
from certdoctor.ui.spans import gap, text_block
from certdoctor.ui.widgets.rows import Rows

if TYPE_CHECKING:
    from certdoctor.store.records import EventRecord


class Timeline(Frame):
    """The history of one customer."""

    PLACE = "timeline"

    def __init__(self, customer: str) -> None:
        super().__init__()
        self.customer = customer

    def compose_body(self) -> ComposeResult:
        yield Rows()

    def path(self) -> tuple[str, ...]:
        return (self.customer, _("history"))

    def on_mount(self) -> None:
        self.query_one(Rows).focus()
        self.ask(lambda p: p.timeline(self.customer), self._loaded, group="timeline")

    def _loaded(self, events: tuple[EventRecord, ...]) -> None:
        items = [event_item(number, event, event.site) for number, event in enumerate(events)]
        nothing = text_block("", _("Nothing happened here yet."), indent=2)
        self.query_one(Rows).show(items or [gap(), nothing])

    def hint(self) -> str:
        return _("Times are UTC. esc goes back.")

"""What happened at a site, newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult

from certdoctor.language import _
from certdoctor.ui import words
from certdoctor.ui.screens.sectioned import Section
from certdoctor.ui.screens.site import SiteScreen
from certdoctor.ui.spans import Item, block, gap, line, text_block
from certdoctor.ui.widgets.rows import Rows

if TYPE_CHECKING:
    from certdoctor.store.records import EventRecord


def event_item(number: int, event: EventRecord, site: str = "") -> Item:
    """Return one event as a line; with the name of its site where several stand together."""
    return block(
        f"event-{number}",
        (
            (words.minute(event.when), "dim"),
            *(line(f" {site}", "strong") if site else ()),
            (f" {event.case_number:<7}", "key"),
            *line(f"{words.word(words.EVENT, event.kind)}: {event.text}"),
            *line(f" ({event.who})", "dim"),
        ),
        hang=25,
    )


class HistorySection(Section[SiteScreen]):
    """The timeline."""

    def compose(self) -> ComposeResult:
        yield Rows()

    def update(self) -> None:
        view = self.frame.view
        if view is None:
            return
        items = [event_item(number, event) for number, event in enumerate(view.events)]
        self.query_one(Rows).show(items or [gap(), text_block("", _("Nothing happened here yet."), indent=2)])

    def hint(self) -> str:
        return _("Times are UTC. c shows the cases of this site.")

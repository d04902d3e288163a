"""What happened at a site, newest first."""

from __future__ import annotations

from textual.app import ComposeResult

from certdoctor.language import _
from certdoctor.ui import words
from certdoctor.ui.screens.sectioned import Section
from certdoctor.ui.screens.site import SiteScreen
from certdoctor.ui.spans import block, gap, line, text_block
from certdoctor.ui.widgets.rows import Rows


class HistorySection(Section[SiteScreen]):
    """The timeline."""

    def compose(self) -> ComposeResult:
        yield Rows()

    def update(self) -> None:
        view = self.frame.view
        if view is None:
            return
        items = [
            block(
                f"event-{number}",
                (
                    (words.minute(event.when), "dim"),
                    (f" {event.case_number:<7}", "key"),
                    *line(f"{words.word(words.EVENT, event.kind)}: {event.text}"),
                    *line(f" ({event.who})", "dim"),
                ),
                hang=25,
            )
            for number, event in enumerate(view.events)
        ]
        self.query_one(Rows).show(items or [gap(), text_block("", _("Nothing happened here yet."), indent=2)])

    def hint(self) -> str:
        return _("Times are UTC. c shows the cases of this site.")

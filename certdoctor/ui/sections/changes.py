"""What changed at the boxes of a site from snapshot to snapshot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult

from certdoctor.language import _
from certdoctor.ui.sections.examined import ExaminedSection
from certdoctor.ui.spans import Item, block, gap, heading, line, text_block
from certdoctor.ui.widgets.rows import Rows

if TYPE_CHECKING:
    from certdoctor.casework.examination import Examination


class ChangesSection(ExaminedSection):
    """Changes by box, the newest snapshots first."""

    def compose(self) -> ComposeResult:
        yield Rows()

    def draw(self, examination: Examination) -> None:
        from certdoctor.casework.changed import about, by_snapshot, values

        items: list[Item] = []
        for title, held in by_snapshot(examination.changes):
            items += [gap()] if items else []
            items.append(heading(title))
            for change in held:
                before, after = values(change)
                said = (*line(f"{about(change)}: ", "key"), *line(before), *line(" → ", "dim"), *line(after))
                items.append(block(f"change-{len(items)}", said, indent=1, hang=2))
        text = _("Nothing to compare, or nothing changed. Add a newer diagnostic archive of the same box to a case:"
                 " what changed since the one before stands here.")  # fmt: skip
        self.rows.show(items or [gap(), text_block("", text, indent=2)])

    def hint(self) -> str:
        busy = self._examination is None and self.frame.job is not None
        return _("Looking for what changed; esc cancels.") if busy else self.found_hint()

    def found_hint(self) -> str:
        return _("What changed at each box from one archive to the next, the newest first.")

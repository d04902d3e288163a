"""Stopgaps in force, as lines of a list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from certdoctor.language import _
from certdoctor.ui import words
from certdoctor.ui.spans import Cell, Item, gap, heading, pair, row

if TYPE_CHECKING:
    from certdoctor.casework.stopgaps import StopgapLine

KEY = "stopgap-"  # before the number of the line in the list


def items(stopgaps: Sequence[StopgapLine], *, site: bool = False) -> list[Item]:
    """Return a heading and two lines for each stopgap; `site` names the customer and site too."""
    if not stopgaps:
        return []
    out: list[Item] = [heading(_("Stopgaps in force: undo them"))]
    for number, each in enumerate(stopgaps):
        where = f"{each.record.customer} / {each.record.site}" if site else each.record.who
        out.append(
            pair(
                f"{KEY}{number}",
                row(
                    "",
                    Cell(each.record.case_number, 8, "key"),
                    Cell(each.text, 0, "warn"),
                    Cell(where, 24 if site else 12, "dim"),
                    Cell(words.day(each.record.since), 10, "dim"),
                ),
                row("", Cell(_("Way back: {text}").format(text=each.way_back), 0, "dim"), indent=9),
            )
        )
    return [*out, gap()]


def chosen(stopgaps: Sequence[StopgapLine], key: str) -> StopgapLine | None:
    """Return the stopgap of a line, None for a line of something else."""
    return stopgaps[int(key.removeprefix(KEY))] if key.startswith(KEY) else None

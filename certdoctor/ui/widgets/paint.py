"""Drawing of lines of spans with the theme's colours."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from certdoctor.ui.spans import ROLES, Line


class Painted(Widget):
    """A widget that draws lines of spans itself."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"paint--{role}" for role in (*ROLES, "cursor", "here")}

    def paint(self, line: Line, width: int, over: str = "") -> Strip:
        """Return one line in exactly `width` cells; `over` is a role whose colours cover the whole line.

        Spans of the same style become one segment, and blanks join what stands before them: each change of style
        costs some 25 bytes on the wire.
        """
        base = self.get_component_rich_style(f"paint--{over}") if over else self.rich_style
        segments: list[Segment] = []
        for text, role in line:
            style = base
            if segments and not text.strip() and _same_ground(segments[-1].style, base):
                style = segments[-1].style or base
            elif role:
                own = self.get_component_rich_style(f"paint--{role}")
                # Under the cursor only weight stays of a role: two sets of colours would fight.
                style = base + Style(bold=own.bold) if over else own
            if segments and segments[-1].style == style:
                segments[-1] = Segment(segments[-1].text + text, style)
            else:
                segments.append(Segment(text, style))
        short = width - sum(cell_len(segment.text) for segment in segments)
        if short > 0 and segments and _same_ground(segments[-1].style, base):
            segments[-1] = Segment(segments[-1].text + " " * short, segments[-1].style)
        return Strip(segments).adjust_cell_length(width, base)


def _same_ground(style: Style | None, base: Style) -> bool:
    """Tell whether a blank looks the same in both styles."""
    return style is not None and style.bgcolor == base.bgcolor and style.reverse == base.reverse and not style.underline

"""Drawing of lines of spans with the theme's colours."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from certdoctor.ui.spans import ROLES, Line


class Painted(Widget):
    """A widget that draws lines of spans itself."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"paint--{role}" for role in (*ROLES, "cursor", "here")}

    def paint(self, line: Line, width: int, over: str = "") -> Strip:
        """Return one line in exactly `width` cells; `over` is a role whose colours cover the whole line."""
        base = self.get_component_rich_style(f"paint--{over}") if over else self.rich_style
        segments = []
        for text, role in line:
            style = base
            if role:
                own = self.get_component_rich_style(f"paint--{role}")
                # Under the cursor only weight stays of a role: two sets of colours would fight.
                style = base + Style(bold=own.bold) if over else own
            segments.append(Segment(text, style))
        return Strip(segments).adjust_cell_length(width, base)

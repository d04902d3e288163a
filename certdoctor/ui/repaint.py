"""Sends a piece of a line to the terminal only if it does not stand there already.

After a change of layout Textual writes the whole screen, often several times in a row and mostly the same pieces:
over a slow link that is what a user waits for. Here each piece written is remembered until another one covers it.
"""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.control import Control
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.strip import Strip


class Sent:
    """What stands on the terminal, as far as it is known: per line, start -> (end, sequence) of each piece."""

    def __init__(self) -> None:
        self._lines: dict[int, dict[int, tuple[int, str]]] = {}

    def forget(self) -> None:
        """Take nothing for granted: the terminal was resized, or another program wrote to it."""
        self._lines.clear()

    def is_new(self, x: int, y: int, end: int, sequence: str) -> bool:
        """Note that a piece is written to the cells from `x` up to `end` of line `y`.

        Returns:
            False where exactly this piece stands there, so that it need not be written.
        """
        line = self._lines.setdefault(y, {})
        if line.get(x) == (end, sequence):
            return False
        for start in [start for start, (stop, _sequence) in line.items() if start < end and stop > x]:
            del line[start]
        line[x] = (end, sequence)
        return True


class Saving(CompositorUpdate):
    """Stands for an update of Textual's and writes less."""

    def __init__(self, update: CompositorUpdate, sent: Sent) -> None:
        self._update = update
        self._sent = sent

    def render_segments(self, console: Console) -> str:
        """Return the sequence to write. Called only when it is written for certain."""
        update = self._update
        if isinstance(update, LayoutUpdate):
            pieces = _whole(update)
        elif isinstance(update, ChopsUpdate):
            pieces = _parts(update)
        else:
            self._sent.forget()
            return update.render_segments(console)
        out: list[str] = []
        for x, y, strip in pieces:
            sequence = strip.render(console)
            if self._sent.is_new(x, y, x + strip.cell_length, sequence):
                out.append(Control.move_to(x, y).segment.text)
                out.append(sequence)
        return "".join(out)


def _whole(update: LayoutUpdate) -> Iterator[tuple[int, int, Strip]]:
    for y, strips in enumerate(update.strips, update.region.y):
        x = update.region.x
        for strip in strips:
            yield x, y, strip
            x += strip.cell_length


def _parts(update: ChopsUpdate) -> Iterator[tuple[int, int, Strip]]:
    """Yield what the update would write, cut as it cuts."""
    for y, start, stop in update.spans:
        for end, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
            if strip is None or x > stop or end <= start:
                continue
            inside = start <= x < stop and end <= stop
            yield x, y, strip if inside else strip.crop(0, min(end, stop) - x)

"""The list and the page of the app, drawn line by line: small repaints are what makes SSH links feel fast.

Moving the cursor repaints its old and its new item only; at the edge the view jumps by half a page, so that the
next moves are cheap again.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from certdoctor.ui import keys
from certdoctor.ui.spans import Item, Line, plain
from certdoctor.ui.widgets.paint import Painted


class Rows(Painted, ScrollView, can_focus=True):
    """A list of items with a cursor that stands on selectable ones only."""

    PLACE = "list"
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings("list")]
    MARK = 2  # cells left of every item, for the cursor's mark

    class Moved(Message):
        """The cursor stands on another item."""

        def __init__(self, rows: Rows, key: str) -> None:
            super().__init__()
            self.rows = rows
            self.key = key

        @property
        def control(self) -> Rows:
            return self.rows

    def __init__(self, items: Sequence[Item] = (), *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._items: tuple[Item, ...] = tuple(items)
        self._tops: list[int] = []  # first line of each item
        self._drawn: dict[int, Sequence[Line]] = {}
        self._width = 0
        self._cursor = -1

    # what is shown

    def show(self, items: Sequence[Item], at: str | None = None) -> None:
        """Show these items, with the cursor on the item with key `at`, else where it was, else on the first."""
        key = at if at is not None else self.key
        before = self._cursor
        self._items = tuple(items)
        self._cursor = self._find(key) if key else -1
        if self._cursor < 0:
            self._cursor = self._next(min(max(before, 0), len(self._items) - 1), 1)
        self._lay_out()
        self.refresh()
        self._reveal()
        self.post_message(self.Moved(self, self.key))

    @property
    def key(self) -> str:
        """The key of the item under the cursor, or ""."""
        return self._items[self._cursor].key if 0 <= self._cursor < len(self._items) else ""

    @property
    def items(self) -> tuple[Item, ...]:
        """What is shown."""
        return self._items

    def text_of(self, key: str) -> str:
        """Return what an item reads, for tests and messages."""
        index = self._find(key)
        return "\n".join(plain(line).rstrip() for line in self._items[index].render(self._inner))

    def select(self, key: str) -> None:
        """Put the cursor on an item."""
        index = self._find(key)
        if index >= 0:
            self._move_to(index)

    # layout

    @property
    def _inner(self) -> int:
        return max(self._width - self.MARK, 10)

    def _find(self, key: str) -> int:
        for index, item in enumerate(self._items):
            if item.key == key and item.selectable:
                return index
        return -1

    def _next(self, start: int, step: int) -> int:
        """Return the first selectable index from `start` on; the other way round if there is none; else -1."""
        for way in (step, -step):
            index = start
            while 0 <= index < len(self._items):
                if self._items[index].selectable:
                    return index
                index += way
        return -1

    def _lay_out(self) -> None:
        self._width = self.scrollable_content_region.width or self.size.width
        self._drawn.clear()
        self._tops = []
        top = 0
        for index, item in enumerate(self._items):
            self._tops.append(top)
            top += len(self._lines(index)) if item.height is None else item.height
        self._tops.append(top)
        self.virtual_size = Size(self._width, top)

    def _lines(self, index: int) -> Sequence[Line]:
        if index not in self._drawn:
            if len(self._drawn) > 500:
                self._drawn.clear()
            self._drawn[index] = self._items[index].render(self._inner)
        return self._drawn[index]

    def on_resize(self, event: events.Resize) -> None:
        if (self.scrollable_content_region.width or self.size.width) != self._width:
            self._lay_out()
        self.refresh()
        self._reveal()

    # drawing

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width or self.size.width
        if width != self._width:
            # The scroll bar came or went.
            self._lay_out()
        number = y + self.scroll_offset.y
        if not self._tops or number >= self._tops[-1]:
            return self.paint((), width)
        index = bisect_right(self._tops, number) - 1
        under = index == self._cursor and self.has_focus
        part = number - self._tops[index]
        lines = self._lines(index)
        here = lines[part] if part < len(lines) else ()
        mark = "▌ " if index == self._cursor else "  "
        if not self.MARK:
            mark = ""
        return self.paint(((mark, ""), *here), width, "cursor" if under else "")

    def _repaint(self, index: int) -> None:
        if 0 <= index < len(self._items):
            top = self._tops[index]
            width = self.scrollable_content_region.width
            self.refresh(Region(0, top - self.scroll_offset.y, width, self._tops[index + 1] - top))

    def watch_has_focus(self, has_focus: bool) -> None:
        super().watch_has_focus(has_focus)
        if self._tops:
            self._repaint(self._cursor)

    # moving

    def _move_to(self, index: int) -> None:
        if index == self._cursor or index < 0:
            return
        old, self._cursor = self._cursor, index
        self._repaint(old)
        self._repaint(index)
        self._reveal()
        self.post_message(self.Moved(self, self.key))

    def _reveal(self) -> None:
        """Scroll so that the cursor's item is seen; at the edge by half a page at once."""
        if not 0 <= self._cursor < len(self._items) or not self.size.height:
            return
        height = self.size.height
        top, end = self._tops[self._cursor], self._tops[self._cursor + 1]
        at = self.scroll_offset.y
        if self._next(0, 1) == self._cursor and end <= height:
            self._scroll_line(0)  # show headings above the first item too
        elif top < at:
            self._scroll_line(min(top, max(end - height // 2, 0)))
        elif end > at + height:
            self._scroll_line(top if end - top >= height else max(end - height, top - height // 2))

    def _scroll_line(self, line: int) -> None:
        bottom = max(self._tops[-1] - self.size.height, 0)
        self.scroll_to(y=min(max(line, 0), bottom), animate=False)

    def action_cursor(self, step: int) -> None:
        index = self._cursor + step
        while 0 <= index < len(self._items) and not self._items[index].selectable:
            index += step
        if 0 <= index < len(self._items):
            self._move_to(index)
        else:
            # Nothing more to stand on: show what stands above or below all the same.
            self._scroll_line(0 if step < 0 else self.scroll_offset.y + self.size.height // 2)

    def action_page(self, way: int) -> None:
        if not self._tops:
            return
        wanted = (self._tops[self._cursor] if self._cursor >= 0 else 0) + way * max(self.size.height - 1, 1)
        wanted = min(max(wanted, 0), max(self._tops[-1] - 1, 0))
        index = self._next(bisect_right(self._tops, wanted) - 1, -way)
        if index == self._cursor:
            self.action_cursor(way)
        else:
            self._move_to(index)

    def action_edge(self, way: int) -> None:
        self._move_to(self._next(0 if way < 0 else len(self._items) - 1, -way))
        self._scroll_line(0 if way < 0 else self.virtual_size.height)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self._scroll_line(self.scroll_offset.y + 3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self._scroll_line(self.scroll_offset.y - 3)

    def on_click(self, event: events.Click) -> None:
        number = event.y + self.scroll_offset.y
        if self._tops and number < self._tops[-1]:
            index = bisect_right(self._tops, number) - 1
            if self._items[index].selectable:
                again = index == self._cursor
                self._move_to(index)
                if again:
                    self.app.simulate_key("enter")


class Page(Rows):
    """A text to read: no cursor, the arrows move by half a page."""

    PLACE = "page"
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings("page")]
    MARK = 0

    def show(self, items: Sequence[Item], at: str | None = None) -> None:
        """Show this text from its top; `at` has no meaning here."""
        self.put(items)
        self._scroll_line(0)

    def put(self, items: Sequence[Item]) -> None:
        """Show this text, scrolled as it was."""
        self._items = tuple(items)
        self._lay_out()
        self.refresh()

    def action_cursor(self, step: int) -> None:
        self._scroll_line(self.scroll_offset.y + step * max(self.size.height // 2, 1))

    def action_page(self, way: int) -> None:
        self._scroll_line(self.scroll_offset.y + way * max(self.size.height - 1, 1))

    def action_edge(self, way: int) -> None:
        self._scroll_line(0 if way < 0 else self.virtual_size.height)

    def on_click(self, event: events.Click) -> None:
        event.prevent_default()

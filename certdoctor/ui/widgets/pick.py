"""A choice from a list with search as you type, and a path field with the files below it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input

from certdoctor.language import _
from certdoctor.ui import keys
from certdoctor.ui.spans import Cell, Item, plain, row
from certdoctor.ui.widgets.bars import Bar
from certdoctor.ui.widgets.fields import Line
from certdoctor.ui.widgets.rows import Rows

LISTED = 500  # files of one folder that the list shows


class Pick(Vertical):
    """Asks for one of several items. Letters search, arrows move, enter takes."""

    PLACE = "pick"
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings("pick")]

    class Picked(Message):
        """An item was taken."""

        def __init__(self, pick: Pick, key: str) -> None:
            super().__init__()
            self.pick = pick
            self.key = key

        @property
        def control(self) -> Pick:
            return self.pick

    class Cancelled(Message):
        """Nothing was taken."""

    def __init__(self, title: str, items: Sequence[Item], at: str = "", *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes="panel")
        self._title = title
        self._all = tuple(items)
        self._at = at

    def compose(self) -> ComposeResult:
        head = Bar()
        head.put(((f" {self._title}", "head"),))
        yield head
        yield Line(placeholder=_("type to search"), id="pick-search")
        yield Rows(id="pick-rows")

    def on_mount(self) -> None:
        self.query_one(Rows).show(self._all, at=self._at)
        self.query_one(Rows).can_focus = False
        self.query_one(Line).focus()

    def hint(self) -> str:
        """Say what to do."""
        return _("Choose with the arrows, or type a part of it; enter takes it.")

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        wanted = event.value.lower().split()
        width = max(self.size.width - 2, 20)
        fitting = [
            item
            for item in self._all
            if all(part in " ".join(plain(each) for each in item.render(width)).lower() for part in wanted)
        ]
        self.query_one(Rows).show(fitting)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_take()

    def key_down(self) -> None:
        self.query_one(Rows).action_cursor(1)

    def key_up(self) -> None:
        self.query_one(Rows).action_cursor(-1)

    def key_pagedown(self) -> None:
        self.query_one(Rows).action_page(1)

    def key_pageup(self) -> None:
        self.query_one(Rows).action_page(-1)

    def action_take(self) -> None:
        key = self.query_one(Rows).key
        if key:
            self.post_message(self.Picked(self, key))

    def action_leave(self) -> None:
        self.post_message(self.Cancelled())


def listing(typed: str) -> tuple[tuple[str, bool], ...]:
    """Return (path, is a folder) of what starts with the typed text, folders first. Blocks; at most `LISTED`.

    Raises:
        OSError: the folder cannot be read.
    """
    expanded = os.path.expanduser(typed)
    folder, _slash, start = expanded.rpartition("/")
    shown = typed[: len(typed) - len(start)]
    root = Path(folder or ("/" if expanded.startswith("/") else "."))
    found = []
    with os.scandir(root) as entries:
        for entry in entries:
            if entry.name.startswith(start) and (start.startswith(".") or not entry.name.startswith(".")):
                found.append((shown + entry.name, entry.is_dir()))
    return tuple(sorted(found, key=lambda each: (not each[1], each[0]))[:LISTED])


def _common(paths: Sequence[str]) -> str:
    """Return the characters that all paths begin with."""
    first, last = min(paths), max(paths)
    for at, character in enumerate(first):
        if character != last[at]:
            return first[:at]
    return first


class PathPanel(Vertical):
    """Asks for a path to add; the files that fit stand below."""

    PLACE = "paths"
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings("paths")]

    class Chosen(Message):
        """A path to add."""

        def __init__(self, path: str) -> None:
            super().__init__()
            self.path = path

    class Cancelled(Message):
        """Nothing is to be added."""

    class Wanted(Message):
        """The files for this text are wanted; the screen answers with `show`."""

        def __init__(self, panel: PathPanel, typed: str) -> None:
            super().__init__()
            self.panel = panel
            self.typed = typed

    def __init__(self, start: str = "", title: str = "") -> None:
        super().__init__(classes="panel")
        self._start = start
        self._title = title or _("File, folder or archive to add")
        self._found: tuple[tuple[str, bool], ...] = ()
        self._for: str | None = None
        self._complete = False
        self._wanted: str | None = None  # asked for last

    def compose(self) -> ComposeResult:
        head = Bar()
        head.put(((f" {self._title}", "head"),))
        yield head
        yield Line(self._start, placeholder=_("path; tab completes"), id="path")
        yield Rows(id="path-rows")

    def on_mount(self) -> None:
        line = self.query_one("#path", Line)
        line.focus()
        line.cursor_position = len(line.value)
        self._want(line.value)

    def _want(self, typed: str) -> None:
        # A field that starts with text tells of it as of a change: the same is not asked for twice.
        if typed != self._wanted:
            self._wanted = typed
            self.post_message(self.Wanted(self, typed))

    def hint(self) -> str:
        """Say what to do."""
        return _("Type or choose a path; a folder or archive is read whole. Or paste text.")

    @property
    def typed(self) -> str:
        """What stands in the field."""
        return self.query_one("#path", Line).value

    def show(self, typed: str, found: tuple[tuple[str, bool], ...]) -> None:
        """Show the files that fit `typed`; an answer to an older text or to a closed panel is ignored."""
        rows, line = self.query(Rows), self.query("#path")  # a panel that closes loses them one by one
        if not self.is_attached or not rows or not line or typed != self.typed:
            return
        self._found, self._for = found, typed
        rows.first().show(
            [
                row(path, Cell(os.path.basename(path) + ("/" if folder else ""), 0, "key" if folder else ""))
                for path, folder in found
            ]
        )
        if self._complete:
            self._complete = False
            self._fill()

    def _fill(self) -> None:
        if not self._found:
            return
        common = _common([path for path, _folder in self._found])
        if len(self._found) == 1 and self._found[0][1]:
            common += "/"
        if len(common) > len(self.typed):
            self._put(common)

    def _put(self, text: str) -> None:
        line = self.query_one("#path", Line)
        line.value = text
        line.cursor_position = len(text)
        line.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._want(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if event.value.strip():
            self.post_message(self.Chosen(event.value.strip()))

    def action_complete(self) -> None:
        if self._for == self.typed:
            self._fill()
        else:
            self._complete = True

    def action_into_list(self) -> None:
        rows = self.query_one(Rows)
        if rows.has_focus:
            rows.action_cursor(1)
        elif rows.key:
            rows.focus()

    def key_up(self) -> None:
        rows = self.query_one(Rows)
        if rows.has_focus and rows.items and rows.key == rows.items[0].key:
            self.query_one("#path", Line).focus()

    def action_take(self) -> None:
        """Enter on the list: a folder is opened, a file is added."""
        chosen = self.query_one(Rows).key
        if not chosen:
            return
        if dict(self._found).get(chosen):
            self._put(chosen + "/")
        else:
            self.post_message(self.Chosen(chosen))

    def action_leave(self) -> None:
        self.post_message(self.Cancelled())

"""The one-line parts of every screen: title, sections, hint or message, keys."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from textual.strip import Strip

from certdoctor.text import clean
from certdoctor.ui.spans import Line, Span, fit, wrap
from certdoctor.ui.widgets.paint import Painted


class Bar(Painted):
    """Some lines of spans; one unless it says otherwise."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._shown: tuple[Line, ...] = ()

    def put(self, *lines: Line) -> None:
        """Show these lines; the same ones again cost nothing."""
        if lines == self._shown:
            return
        grown = len(lines) != len(self._shown)
        self._shown = lines
        self.refresh(layout=grown)

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        return self.paint(self._shown[y] if y < len(self._shown) else (), width)


class TitleBar(Bar):
    """Where the user is, and on the right what is under way."""

    def __init__(self, *path: str) -> None:
        super().__init__(id="title")
        self._left = tuple(clean(part) for part in path)
        self._right = ""

    def set_path(self, *parts: str) -> None:
        """Set the way to this screen ("certdoctor", "Example Ltd", "HQ")."""
        self._left = tuple(clean(part) for part in parts)
        self.refresh()

    def set_state(self, text: str) -> None:
        """Set what stands on the right."""
        self._right = text
        self.refresh()

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        right = f" {self._right} " if self._right else ""
        room = max(width - cell_len(right) - 1, 0)
        left = " › ".join(self._left)
        if cell_len(left) > room and len(self._left) > 2:
            # The middle gives way: the program's name first, then all but the last part.
            left = " › ".join(self._left[1:])
        return self.paint(((" " + fit(left, max(room, 0)), "strong"), (right, "warn")), width)


class Sections(Bar):
    """The sections of a screen with their letters; the present one stands out."""

    def __init__(self) -> None:
        super().__init__(id="sections")
        self._entries: tuple[tuple[str, str, str], ...] = ()
        self._here = ""

    def set_entries(self, entries: Sequence[tuple[str, str, str]], here: str) -> None:
        """Set (section, key, title) entries and the present section."""
        self._entries, self._here = tuple(entries), here
        self._draw()

    def on_resize(self) -> None:
        self._draw()

    def _draw(self) -> None:
        keys = [key for _section, key, _title in self._entries]
        titles = [title for _section, _key, title in self._entries]
        gap, room = " ", self.size.width - sum(cell_len(key) + 4 for key in keys)
        if _width(titles) > room:  # closer together, then without their counts, then shortened
            gap, room = "", self.size.width - sum(cell_len(key) + 2 for key in keys)
        if _width(titles) > room:
            titles = [title.rstrip(" 0123456789") for title in titles]
        while _width(titles) > max(room, len(titles)):
            longest = max(range(len(titles)), key=lambda n: cell_len(titles[n]))
            titles[longest] = fit(titles[longest], cell_len(titles[longest]) - 1)
        spans: list[Span] = []
        for (section, key, _title), title in zip(self._entries, titles, strict=True):
            if section == self._here:
                spans += [(f"{gap}{key} {title}{gap}", "here"), (" ", "")]
            else:
                spans += [(f"{gap}{key} ", "key"), (f"{title}{gap}", ""), (" ", "")]
        self.put(tuple(spans))


def _width(texts: Sequence[str]) -> int:
    return sum(cell_len(text) for text in texts)


class Status(Bar):
    """One line that says what to do next; a message takes its place until the next key."""

    def __init__(self) -> None:
        super().__init__(id="status")
        self._hint = ""
        self._message = ""
        self._role = ""

    def set_hint(self, text: str) -> None:
        """Set what to do next."""
        self._hint = clean(text)
        self._draw()

    def say(self, text: str, role: str = "strong") -> None:
        """Show a message instead of the hint until `hush`."""
        self._message, self._role = clean(text), role
        self._draw()

    def hush(self) -> None:
        """Show the hint again."""
        if self._message:
            self._message = ""
            self._draw()

    @property
    def text(self) -> str:
        """What is shown."""
        return self._message or self._hint

    def on_resize(self) -> None:
        self._draw()

    def get_content_height(self, container: object, viewport: object, width: int) -> int:
        return len(self._lines(width))

    def _draw(self) -> None:
        if self.size.width:
            self.put(*self._lines(self.size.width))

    def _lines(self, width: int) -> list[Line]:
        text, role = (self._message, self._role) if self._message else (self._hint, "")
        mark = "! " if role == "bad" else "› "
        lines = wrap(((mark, role or "key"), (text, role)), max(width - 1, 20), hang=2)
        if len(lines) > 4:
            lines = [*lines[:3], (*lines[3], ("…", role))]
        return [((" ", ""), *each) for each in lines]


class KeyBar(Bar):
    """The keys that work here, as many as fit on one line; the last is always the one that lists all."""

    def __init__(self) -> None:
        super().__init__(id="keys")
        self._pairs: tuple[tuple[str, str], ...] = ()

    def set_pairs(self, pairs: Sequence[tuple[str, str]]) -> None:
        """Set (key, label) pairs, most important first."""
        self._pairs = tuple(pairs)
        self._draw()

    def on_resize(self) -> None:
        self._draw()

    def _draw(self) -> None:
        def size(pair: tuple[str, str]) -> int:
            return cell_len(pair[0]) + cell_len(pair[1]) + 3

        room = self.size.width - 1
        last = [pair for pair in self._pairs if pair[0] in ("?", "esc")]
        rest = [pair for pair in self._pairs if pair not in last]
        room -= sum(size(pair) for pair in last)
        chosen = []
        for pair in rest:
            if size(pair) > room:
                break
            room -= size(pair)
            chosen.append(pair)
        spans: list[Span] = [(" ", "")]
        for key, label in (*chosen, *last):
            spans += [(key, "key"), (f" {label}  ", "dim")]
        self.put(tuple(spans))

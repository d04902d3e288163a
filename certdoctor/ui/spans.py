"""Lines of text in parts: what every list and page of the app draws.

A span is a text and a role ("bad", "dim" ...); the theme gives roles their colours. Nothing here parses markup,
so text from outside stays text.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size

from certdoctor.text import clean

Span = tuple[str, str]
Line = tuple[Span, ...]

ROLES = ("dim", "bad", "warn", "good", "key", "head", "strong")


@dataclass(frozen=True, slots=True)
class Cell:
    """One column of a one-line row. A width of 0 takes what is left over; `tail` keeps the end of a long text."""

    text: str
    width: int = 0
    role: str = ""
    tail: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of a list: one or more screen lines.

    `height` is the number of lines where it does not depend on the width, else None.
    """

    key: str
    render: Callable[[int], Sequence[Line]]
    height: int | None = None
    selectable: bool = True


def line(text: str, role: str = "") -> Line:
    """Return a line of one cleaned span."""
    return ((clean(text), role),)


def fit(text: str, width: int) -> str:
    """Return `text` in exactly `width` cells; what is cut off is shown by `…`."""
    if cell_len(text) <= width:
        return set_cell_size(text, width)
    return set_cell_size(text, max(width - 1, 0)) + "…" if width > 0 else ""


def fit_tail(text: str, width: int) -> str:
    """Return the end of `text` in exactly `width` cells: of a path, the end tells most."""
    if cell_len(text) <= width:
        return set_cell_size(text, width)
    kept = text
    while kept and cell_len(kept) > width - 1:
        kept = kept[1:]
    return set_cell_size("…" + kept, width) if width > 0 else ""


def row(key: str, *cells: Cell, indent: int = 0, selectable: bool = True) -> Item:
    """Return a one-line item of columns, with one space between them."""

    def render(width: int) -> Sequence[Line]:
        fixed = sum(cell.width for cell in cells) + len(cells) - 1 + indent
        loose = [cell for cell in cells if not cell.width]
        each = max((width - fixed) // len(loose), 4) if loose else 0
        spans: list[Span] = [(" " * indent, "")] if indent else []
        for number, cell in enumerate(cells):
            if number:
                spans.append((" ", ""))
            cut = fit_tail if cell.tail else fit
            spans.append((cut(clean(cell.text), cell.width or each), cell.role))
        return (tuple(spans),)

    return Item(key, render, 1, selectable)


def pair(key: str, upper: Item, lower: Item) -> Item:
    """Return an item that shows two one-line items on top of each other."""
    return Item(key, lambda width: (*upper.render(width), *lower.render(width)), 2)


def wrap(spans: Line, width: int, hang: int = 0) -> list[Line]:
    """Break one line of spans at spaces to `width` cells; further lines are indented by `hang`.

    A word longer than the line is broken where it must be: no character is lost.
    """
    width = max(width, 8)
    hang = min(hang, width // 2)
    out: list[Line] = []
    current: list[Span] = []
    used = 0
    fresh = True

    def flush() -> None:
        nonlocal current, used, fresh
        out.append(tuple(current))
        current, used, fresh = ([(" " * hang, "")] if hang else []), hang, True

    for text, role in spans:
        for word in _words(text):
            size = cell_len(word)
            blank = not word.strip()
            if used + size > width:
                if blank:
                    flush()
                    continue
                if not fresh:
                    flush()
                while used + cell_len(word) > width:
                    head = word[: max(width - used, 1)]
                    while len(head) > 1 and cell_len(head) > width - used:
                        head = head[:-1]
                    current.append((head, role))
                    word = word[len(head) :]
                    flush()
                size = cell_len(word)
            elif blank and fresh and out:
                continue  # no leading blank on a continued line
            if word:
                current.append((word, role))
                used += size
                fresh = False
    if current and (not fresh or not out):
        out.append(tuple(current))
    return [_merged(each) for each in out] or [()]


def _words(text: str) -> list[str]:
    words: list[str] = []
    for part in text.split(" "):
        if words:
            words.append(" ")
        words.append(part)
    return [word for word in words if word]


def _merged(spans: Line) -> Line:
    out: list[Span] = []
    for text, role in spans:
        if out and out[-1][1] == role:
            out[-1] = (out[-1][0] + text, role)
        else:
            out.append((text, role))
    return tuple(out)


def block(key: str, *lines: Line, indent: int = 0, hang: int = 0, selectable: bool = True) -> Item:
    """Return an item that wraps its lines to the width of the list."""

    def render(width: int) -> Sequence[Line]:
        out: list[Line] = []
        pad: Line = ((" " * indent, ""),) if indent else ()
        for each in lines:
            out.extend((*pad, *part) for part in wrap(each, width - indent, hang))
        return out

    return Item(key, render, None, selectable)


def text_block(key: str, text: str, role: str = "", indent: int = 0, selectable: bool = False) -> Item:
    """Return an item that wraps a cleaned text of several lines."""
    lines = [line(part, role) for part in text.splitlines()] or [()]
    return block(key, *lines, indent=indent, selectable=selectable)


def heading(text: str) -> Item:
    """Return a heading that the cursor skips."""
    return Item(f"# {text}", lambda width: (line(text, "head"),), 1, selectable=False)


def gap() -> Item:
    """Return an empty line that the cursor skips."""
    return Item("", lambda width: ((),), 1, selectable=False)


def plain(spans: Line) -> str:
    """Return the bare text of a line."""
    return "".join(text for text, _ in spans)

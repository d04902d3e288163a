"""A page as plain text, at most 100 columns where words allow it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from certdoctor.page.model import Block, Heading, Items, Page, Paragraph, Picture, Steps, Table
from certdoctor.text import clean

_WIDTH = 100


def as_text(page: Page) -> str:
    """Return the page as plain text."""
    title = clean(page.title)
    lines = [title, "=" * min(len(title), _WIDTH)]
    for block in page.blocks:
        lines += ["", *_block(block)]
    return "\n".join(lines) + "\n"


def _wrapped(text: str, first: str, further: str) -> list[str]:
    return textwrap.wrap(
        clean(text),
        _WIDTH,
        initial_indent=first,
        subsequent_indent=further,
        break_long_words=False,
        break_on_hyphens=False,
    ) or [first.rstrip()]


def _block(block: Block) -> Iterator[str]:
    match block:
        case Heading():
            yield clean(block.text)
            yield ("-" if block.level == 2 else "~") * min(len(clean(block.text)), _WIDTH)
        case Paragraph():
            yield from _wrapped(block.text, "", "")
        case Items():
            for line in block.lines:
                yield from _wrapped(line, "- ", "  ")
        case Steps():
            for number, step in enumerate(block.steps, block.first):
                yield from _wrapped(step.text, f"{number:>3}. [{'x' if step.done else ' '}] ", " " * 9)
                for detail in step.details:
                    caption = f"{clean(detail.caption)}: " if detail.caption else ""
                    for line in detail.text.splitlines():
                        if detail.code:  # to be copied as it is: never broken
                            yield f"{'':9}{caption}{clean(line)}"
                        else:
                            yield from _wrapped(f"{caption}{line}", " " * 9, " " * 11)
        case Table():
            for row in block.rows:
                yield from _wrapped(row[0], "- ", "  ")
                for caption, cell in zip(block.head[1:], row[1:], strict=True):
                    if cell:
                        yield from _wrapped(f"{caption}: {cell}", "    ", "      ")
        case Picture():
            if block.caption:
                yield f"[{clean(block.caption)}]"

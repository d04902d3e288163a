"""A page as Markdown (CommonMark with GitHub's tables and tick boxes), for a ticket."""

from __future__ import annotations

from collections.abc import Iterator

from certdoctor.page.model import Block, Heading, Items, Page, Paragraph, Picture, Steps, Table
from certdoctor.text import clean


def as_markdown(page: Page) -> str:
    """Return the page as Markdown."""
    lines = [f"# {escaped(page.title)}"]
    for block in page.blocks:
        lines += ["", *_block(block)]
    return "\n".join(lines) + "\n"


def escaped(text: str) -> str:
    """Return text from outside for Markdown: cleaned, its marks taken literally."""
    return "".join(f"\\{c}" if c in "\\`*_[]<>|#" else c for c in clean(text))


def code(text: str) -> str:
    """Return text as a code span; a backtick in it does not end it."""
    fence = "``" if "`" in text else "`"
    pad = " " if fence == "``" else ""
    return f"{fence}{pad}{clean(text)}{pad}{fence}"


def _block(block: Block) -> Iterator[str]:
    match block:
        case Heading():
            yield f"{'#' * block.level} {escaped(block.text)}"
        case Paragraph():
            yield f"**{escaped(block.text)}**" if block.strong else escaped(block.text)
        case Items():
            yield from (f"- {escaped(line)}" for line in block.lines)
        case Steps():
            for number, step in enumerate(block.steps, block.first):
                yield f"{number}. [{'x' if step.done else ' '}] {escaped(step.text)}"
                for detail in step.details:
                    # A command of several lines is one to type after the other.
                    for line in detail.text.splitlines():
                        caption = f"{escaped(detail.caption)}: " if detail.caption else ""
                        yield f"   - {caption}{code(line) if detail.code else escaped(line)}"
        case Table():
            yield "| " + " | ".join(escaped(cell) for cell in block.head) + " |"
            yield "|" + "---|" * len(block.head)
            for row in block.rows:
                yield "| " + " | ".join(escaped(cell) for cell in row) + " |"
        case Picture():
            yield f"*{escaped(block.caption)}*" if block.caption else ""

"""What a page consists of. Texts are raw: each form cleans and escapes them itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading within the page; `level` 2 or 3 (the title is 1)."""

    text: str
    level: int = 2


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph."""

    text: str
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Detail:
    """A line below a step: a caption with a value; `code` is to be typed or clicked exactly so."""

    caption: str
    text: str
    code: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One step with a box to tick."""

    text: str
    details: tuple[Detail, ...] = ()
    done: bool = False


@dataclass(frozen=True, slots=True)
class Steps:
    """Steps, numbered from `first`."""

    steps: tuple[Step, ...]
    first: int = 1


@dataclass(frozen=True, slots=True)
class Table:
    """A table; every row has as many cells as the head."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as a whole SVG document that is safe to embed; forms without pictures show the caption."""

    svg: str = field(repr=False)
    caption: str = ""


Block = Heading | Paragraph | Items | Steps | Table | Picture


@dataclass(frozen=True, slots=True)
class Page:
    """One page, of any length."""

    title: str
    lang: str
    made: datetime
    blocks: tuple[Block, ...]

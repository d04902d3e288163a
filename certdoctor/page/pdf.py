"""A page as PDF (A4), with the fonts embedded that its characters need."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from fontTools.ttLib import TTFont as Characters
from fpdf import FPDF
from fpdf.enums import WrapMode, XPos, YPos
from fpdf.fonts import FontFace, TTFFont

from certdoctor.page.model import Block, Detail, Heading, Items, Page, Paragraph, Picture, Step, Steps, Table
from certdoctor.text import clean

_SANS = "sans"
# Scripts that the font we bring does not have (it has Latin, Greek and Cyrillic) come from a font of the machine.
_OF_THE_MACHINE = (
    "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
    "/usr/share/fonts/truetype/freefont/FreeSans.ttf",
    "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",
    "/usr/share/fonts/truetype/arphic-gkai00mp/gkai00mp.ttf",
    "/System/Library/Fonts/Supplemental/Arial Unicode.ttf",
    "C:/Windows/Fonts/arial.ttf",
    "C:/Windows/Fonts/malgun.ttf",
    "C:/Windows/Fonts/simhei.ttf",
)


def as_pdf(page: Page, machine_fonts: Iterable[str] = _OF_THE_MACHINE) -> bytes:
    """Return the page as a PDF file; the same page gives the same bytes on the same machine.

    Args:
        page: the page; pictures are left out with their captions kept.
        machine_fonts: TrueType files to look for characters in that the font we bring lacks. What no font has is
            written as its code point, `[U+4E2D]`: seen, and never an empty box.
    """
    return bytes(_Sheet(page, machine_fonts).output())


@cache
def _fonts() -> Path:
    # The package is found, not imported: all that it does is to list its files.
    spec = importlib.util.find_spec("font_source_sans_pro")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("font-source-sans-pro is not installed")
    return Path(spec.origin).parent / "files"


class _Sheet(FPDF):
    def __init__(self, page: Page, machine_fonts: Iterable[str]) -> None:
        super().__init__(format="A4")
        self._page = page
        self._others: list[TTFFont] = []
        self.set_creation_date(page.made)
        self.set_title(clean(page.title))
        self.set_lang(page.lang)
        self.set_creator("certdoctor")
        self.set_margins(18, 16, 18)
        self.set_auto_page_break(True, margin=18)
        for style, name in (("", "Regular"), ("B", "Bold")):
            self.add_font(_SANS, style, _fonts() / f"SourceSansPro-{name}.ttf")
        self._add_missing(set("".join(_texts(page))), machine_fonts)
        self.set_font(_SANS, size=10)
        self.add_page()
        self._line(page.title, size=17, bold=True)
        self.ln(2)
        for block in page.blocks:
            self._block(block)

    # characters

    def _add_missing(self, wanted: set[str], files: Iterable[str]) -> None:
        missing = {c for c in wanted if ord(c) not in self._own.cmap and c.isprintable()}
        for number, file in enumerate(files):
            if not missing or not Path(file).is_file():
                continue
            with Characters(file) as font:
                found = {c for c in missing if ord(c) in (font.getBestCmap() or {})}
            if found:
                missing -= found
                self.add_font(f"other{number}", "", file)
                self._others.append(self._font(f"other{number}"))
        self.set_fallback_fonts([font.fontkey for font in self._others], exact_match=False)

    @property
    def _own(self) -> TTFFont:
        return self._font(_SANS)

    def _font(self, family: str) -> TTFFont:
        font = self.fonts[family]
        assert isinstance(font, TTFFont)
        return font

    def _safe(self, text: str) -> str:
        held = (self._own, *self._others)
        return "".join(c if any(ord(c) in font.cmap for font in held) else f"[U+{ord(c):04X}]" for c in clean(text))

    # blocks

    def footer(self) -> None:
        self.set_y(-12)
        self.set_font(_SANS, size=8)
        made = self._page.made.strftime("%Y-%m-%d %H:%M UTC")
        self.cell(0, 5, self._safe(f"{self._page.title} · {made}")[:110])
        self.set_x(-30)
        self.cell(12, 5, str(self.page_no()), align="R")
        self.set_font(_SANS, size=10)

    def _line(self, text: str, *, size: float = 10, bold: bool = False, indent: float = 0, code: bool = False) -> None:
        self.set_font(_SANS, "B" if bold else "", size)
        self.set_x(self.l_margin + indent)
        if code:
            self.set_fill_color(242, 242, 242)
        self.multi_cell(
            0,
            size * 0.5,
            self._safe(text),
            fill=code,
            align="L",
            new_x=XPos.LMARGIN,
            new_y=YPos.NEXT,
            wrapmode=WrapMode.WORD,
        )

    def _block(self, block: Block) -> None:
        match block:
            case Heading():
                self.ln(3)
                # A heading stays with what follows it.
                if self.will_page_break(24):
                    self.add_page()
                self._line(block.text, size=13 if block.level == 2 else 11, bold=True)
                self.ln(1)
            case Paragraph():
                self._line(block.text, bold=block.strong)
                self.ln(1)
            case Items():
                for line in block.lines:
                    self._line(f"• {line}", indent=2)
                self.ln(1)
            case Steps():
                for number, step in enumerate(block.steps, block.first):
                    self._step(number, step)
            case Table():
                self._table(block)
            case Picture():
                if block.caption:
                    self._line(f"[{block.caption}]")

    def _step(self, number: int, step: Step) -> None:
        if self.will_page_break(12):
            self.add_page()
        self._line(f"{'☑' if step.done else '☐'} {number}. {step.text}", bold=True)
        for detail in step.details:
            for line in detail.text.splitlines():
                caption = f"{detail.caption}: " if detail.caption else ""
                self._line(f"{caption}{line}", size=9, indent=8, code=detail.code)
        self.ln(1.5)

    def _table(self, block: Table) -> None:
        self.set_font(_SANS, size=8.5)
        head = FontFace(emphasis="BOLD", fill_color=(238, 241, 244))
        with self.table(
            headings_style=head,
            text_align="LEFT",
            line_height=4,
            padding=1,
            col_widths=_widths(block),
            wrapmode=WrapMode.CHAR,
        ) as table:
            for cells in (block.head, *block.rows):
                row = table.row()
                for cell in cells:
                    row.cell(self._safe(cell))
        self.ln(2)


def _widths(block: Table) -> tuple[int, ...]:
    """Columns as wide as what stands in them, within bounds."""
    columns = zip(block.head, *block.rows, strict=True)
    return tuple(min(max(max(len(cell) for cell in column), 6), 40) for column in columns)


def _texts(page: Page) -> Iterator[str]:
    yield page.title
    for block in page.blocks:
        match block:
            case Heading() | Paragraph():
                yield block.text
            case Items():
                yield from block.lines
            case Steps():
                for step in block.steps:
                    yield from (step.text, *_of_details(step.details))
            case Table():
                yield from block.head
                for row in block.rows:
                    yield from row
            case Picture():
                yield block.caption


def _of_details(details: Iterable[Detail]) -> Iterator[str]:
    for detail in details:
        yield from (detail.caption, detail.text)

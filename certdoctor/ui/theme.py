"""Three themes with a contrast of at least 7:1 for every text, and the style sheet that all screens share."""

from __future__ import annotations

import unicodedata

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter
from textual.theme import Theme

# role of a span -> colour, per theme
_DARK = {
    "fg": "#e8e8e8", "bg": "#101418", "dim": "#b0b8c0", "bad": "#ff9a8c", "warn": "#ffc857", "good": "#8ce99a",
    "key": "#7fd1ff", "head": "#7fd1ff", "strong": "#ffffff",
    "bar-fg": "#ffffff", "bar-bg": "#23303c", "cursor-fg": "#101418", "cursor-bg": "#9fd8ff",
}  # fmt: skip
_LIGHT = {
    "fg": "#1a1a1a", "bg": "#ffffff", "dim": "#484848", "bad": "#8c1006", "warn": "#663c00", "good": "#0b4f1c",
    "key": "#063f7a", "head": "#063f7a", "strong": "#000000",
    "bar-fg": "#000000", "bar-bg": "#dde6ee", "cursor-fg": "#ffffff", "cursor-bg": "#063f7a",
}  # fmt: skip
_MONO = {
    "fg": "#ffffff", "bg": "#000000", "dim": "#c8c8c8", "bad": "#ffffff", "warn": "#ffffff", "good": "#ffffff",
    "key": "#ffffff", "head": "#ffffff", "strong": "#ffffff",
    "bar-fg": "#000000", "bar-bg": "#ffffff", "cursor-fg": "#000000", "cursor-bg": "#ffffff",
}  # fmt: skip

PALETTES: dict[str, dict[str, str]] = {"dark": _DARK, "light": _LIGHT, "mono": _MONO}


def theme(name: str) -> Theme:
    """Return the theme "dark", "light" or "mono" as Textual takes it."""
    palette = PALETTES[name]
    own = {f"cd-{role}": colour for role, colour in palette.items()}
    return Theme(
        name=f"certdoctor-{name}",
        primary=palette["key"],
        secondary=palette["key"],
        warning=palette["warn"],
        error=palette["bad"],
        success=palette["good"],
        accent=palette["key"],
        foreground=palette["fg"],
        background=palette["bg"],
        surface=palette["bg"],
        panel=palette["bar-bg"],
        dark=name != "light",
        variables=own
        | {
            "input-cursor-background": palette["fg"],
            "input-cursor-foreground": palette["bg"],
            "input-selection-background": palette["cursor-bg"],
            "input-selection-foreground": palette["cursor-fg"],
            "scrollbar": palette["dim"],
            "scrollbar-hover": palette["dim"],
            "scrollbar-active": palette["dim"],
            "scrollbar-background": palette["bg"],
            "scrollbar-background-hover": palette["bg"],
            "scrollbar-background-active": palette["bg"],
            "scrollbar-corner-color": palette["bg"],
        },
    )


def contrasts(name: str) -> dict[str, float]:
    """Return the contrast ratio (WCAG 2) of every text colour of a theme on the background it stands on."""
    palette = PALETTES[name]
    out = {}
    for role in ("fg", "dim", "bad", "warn", "good", "key", "head", "strong"):
        out[role] = _ratio(palette[role], palette["bg"])
    out["bar"] = _ratio(palette["bar-fg"], palette["bar-bg"])
    out["cursor"] = _ratio(palette["cursor-fg"], palette["cursor-bg"])
    return out


def _ratio(one: str, other: str) -> float:
    def luminance(colour: str) -> float:
        parts = [part / 255 for part in Color.parse(colour).rgb]
        red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


_ASCII = str.maketrans(
    {
        "▌": ">", "›": ">", "↳": "`", "│": "|", "─": "-", "━": "-", "┃": "|", "✓": "x", "•": "*", "·": "-", "×": "x", "…": ".", "–": "-",
        "—": "-", "→": ">", "←": "<", "↑": "^", "↓": "v", "├": "|", "└": "`", "“": '"', "”": '"', "„": '"', "’": "'",
        "‘": "'", "ä": "a", "ö": "o", "ü": "u", "Ä": "A", "Ö": "O", "Ü": "U", "ß": "s", "é": "e", "è": "e",
        "█": "#", "▄": "#", "▀": "#", "▁": "_", "▇": "#", "▎": "|", "▊": "|", "▔": "-",
    }
)  # fmt: skip


class AsciiOnly(LineFilter):
    """Replaces each character outside ASCII by one that a plain terminal can draw, of the same width."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the segments in ASCII; a wide character becomes two question marks."""
        return [
            segment if segment.text.isascii() else Segment(_to_ascii(segment.text), segment.style, segment.control)
            for segment in segments
        ]


def _to_ascii(text: str) -> str:
    swapped = text.translate(_ASCII)
    return "".join(c if c.isascii() else _plain_letter(c) or "?" * cell_len(c) for c in swapped)


def _plain_letter(character: str) -> str:
    """Return an accented letter without its accent, "" for anything else."""
    base = unicodedata.normalize("NFKD", character)[0]
    return base if base.isascii() and base.isalnum() and cell_len(character) == 1 else ""


CSS = """
Screen { background: $cd-bg; color: $cd-fg; layout: vertical; layers: base notice; }
.paint--dim { color: $cd-dim; }
.paint--bad { color: $cd-bad; text-style: bold; }
.paint--warn { color: $cd-warn; text-style: bold; }
.paint--good { color: $cd-good; }
.paint--key { color: $cd-key; text-style: bold; }
.paint--head { color: $cd-head; text-style: bold; }
.paint--strong { color: $cd-strong; text-style: bold; }
.paint--cursor { background: $cd-cursor-bg; color: $cd-cursor-fg; }
.paint--here { background: $cd-cursor-bg; color: $cd-cursor-fg; text-style: bold; }
Rows, Page {
    height: 1fr; background: $cd-bg; color: $cd-fg; scrollbar-size-vertical: 1; overflow-x: hidden; overflow-y: auto;
    &:nocolor > .paint--cursor { text-style: reverse; }
}
Bar { height: 1; width: 1fr; }
Bar:nocolor > .paint--here { text-style: reverse bold; }
TitleBar { background: $cd-bar-bg; color: $cd-bar-fg; }
TitleBar > .paint--dim, TitleBar > .paint--strong, TitleBar > .paint--warn { color: $cd-bar-fg; }
TitleBar:nocolor { text-style: bold; }
Status { height: auto; max-height: 4; color: $cd-fg; }
#body { height: 1fr; }
.panel { height: 1fr; }
Line, Line:focus {
    border: none; height: 1; padding: 0; background: $cd-bar-bg; color: $cd-bar-fg; background-tint: transparent;
    &:nocolor { text-style: underline; }
    &> .input--placeholder { color: $cd-bar-fg; text-style: italic; }
    &> .input--suggestion { color: $cd-bar-fg; text-style: italic; }
    &> .input--cursor { background: $cd-bar-fg; color: $cd-bar-bg; text-style: none; }
    &:nocolor > .input--cursor { text-style: reverse; }
}
Line:blur { background: $cd-bg; color: $cd-fg; }
.field { height: 1; width: 1fr; }
.field > .caption { width: 20; }
.field > Line, .field > Choice { width: 1fr; }
Choice:focus { background: $cd-bar-bg; color: $cd-bar-fg; }
Choice:focus:nocolor { text-style: reverse; }
Draft {
    height: 1fr; border: none; padding: 0; background: $cd-bg; color: $cd-fg;
    &:focus { border: none; background-tint: transparent; }
    & .text-area--cursor-line { background: $cd-bg; }
    & .text-area--cursor { background: $cd-fg; color: $cd-bg; text-style: none; }
    &:nocolor .text-area--cursor { text-style: reverse; }
}
#small { layer: notice; dock: top; width: 100%; height: 100%; background: $cd-bg; display: none; }
Screen.-small #small { display: block; }
"""

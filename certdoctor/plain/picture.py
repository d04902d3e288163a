"""A picture of a site for a report: its nodes from outside to inside, and how each connection fares. SVG 1.1."""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import escape

from certdoctor.casework.examination import Examination
from certdoctor.casework.matrix import Cell, Matrix, sign
from certdoctor.language import _
from certdoctor.plain.matrix import legend, verdicts
from certdoctor.plain.report import title_of, word
from certdoctor.text import clean

_RANKS = (("client", "webex", "partner"), ("expressway-e",), ("expressway-c",))  # everything else stands inside
_WIDE, _HIGH = 150, 44  # of a node
_ACROSS, _DOWN = 290, 96  # from node to node
_LEFT, _TOP, _LINE = 30, 90, 20
# Colour repeats what the signs and the dashes say.
_STROKE = {
    "refused": ("#b00020", "7 4"),
    "depends": ("#a15c00", "2 4"),
    "not_checked": ("#666666", "2 4"),
    "accepted": ("#1b6e2d", ""),
    "not_required": ("#1b6e2d", ""),
}


def picture(examination: Examination, matrix: Matrix) -> str:
    """Return the picture as a whole SVG document; every text in it is cleaned and escaped."""
    places = _places(matrix)
    own = [cell for cell in matrix.cells if cell.client == cell.server]
    drawn = [cell for cell in matrix.cells if cell.client != cell.server]
    below = max((y for _x, y in places.values()), default=_TOP) + _HIGH + 2 * _LINE
    rows = list(_rows(examination, [*drawn, *own]))
    width = max([900, *(x + _WIDE + _LEFT for x, _y in places.values())])
    height = below + _LINE * (len(rows) + 3)
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        'font-family="Helvetica, Arial, sans-serif" font-size="13">',
        f"<title>{_safe(title_of(examination, clean) or 'certdoctor')}</title>",
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        '<defs><marker id="to" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" '
        'orient="auto"><path d="M0 0L8 4L0 8z" fill="#333333"/></marker></defs>',
        _text(_LEFT, 34, title_of(examination, clean) or "certdoctor", 'font-size="18" font-weight="bold"'),
        _text(_LEFT, 56, _("Judged as of {at}").format(at=examination.at.strftime("%Y-%m-%d %H:%M UTC"))),
        *(_edge(cell, places) for cell in drawn),
        *(_node(node.id, f"{node.role} {node.version}".strip(), places[node.id]) for node in matrix.nodes),
        # Labels last, so that no line crosses them out.
        *(_label(cell, places) for cell in drawn),
        _text(_LEFT, below, _("Arrows lead from client to server: server's certificate / client's certificate.")),
        _text(_LEFT, below + _LINE, legend(), 'font-size="12"'),
        *(_text(_LEFT, below + _LINE * (3 + number), row, style) for number, (row, style) in enumerate(rows)),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _places(matrix: Matrix) -> dict[str, tuple[int, int]]:
    """Put each node into the column of its rank; columns that would be empty are left out."""
    columns: dict[int, list[str]] = {}
    for node in matrix.nodes:
        rank = next((n for n, roles in enumerate(_RANKS) if node.role in roles), len(_RANKS))
        columns.setdefault(rank, []).append(node.id)
    tallest = max((len(ids) for ids in columns.values()), default=0)
    places: dict[str, tuple[int, int]] = {}
    for column, (_rank, ids) in enumerate(sorted(columns.items())):
        lowered = (tallest - len(ids)) * _DOWN // 2
        for row, name in enumerate(ids):
            places[name] = (_LEFT + column * _ACROSS, _TOP + lowered + row * _DOWN)
    return places


def _node(name: str, below: str, place: tuple[int, int]) -> str:
    x, y = place
    return (
        f'<g><rect x="{x}" y="{y}" width="{_WIDE}" height="{_HIGH}" rx="6" fill="#f4f6f8" stroke="#333333"/>'
        + _text(x + _WIDE // 2, y + 19, _short(name), 'text-anchor="middle" font-weight="bold"')
        + _text(x + _WIDE // 2, y + 35, _short(below), 'text-anchor="middle" font-size="11"')
        + f"<title>{_safe(name)}</title></g>"
    )


def _ends(cell: Cell, places: dict[str, tuple[int, int]]) -> tuple[int, int, int, int, int]:
    """Return where a line starts and ends, and how far it bends to the right."""
    (x1, y1), (x2, y2) = places[cell.client], places[cell.server]
    if x1 == x2:
        # In one column: around the right side, the farther the wider; there and back apart.
        return x1 + _WIDE, y1 + 14, x2 + _WIDE, y2 + 30, 30 + abs(y2 - y1) // 6
    shift = 14 if x1 < x2 else 30
    start, end = (x1 + _WIDE, x2) if x1 < x2 else (x1, x2 + _WIDE)
    return start, y1 + shift, end, y2 + shift, 0


def _edge(cell: Cell, places: dict[str, tuple[int, int]]) -> str:
    x1, y1, x2, y2, bend = _ends(cell, places)
    both = (cell.server_verdict, cell.client_verdict)
    colour, dashes = _STROKE[next((v for v in ("refused", "depends", "not_checked") if v in both), "accepted")]
    path = f"M{x1} {y1}C{x1 + bend} {y1} {x2 + bend} {y2} {x2} {y2}" if bend else f"M{x1} {y1}L{x2} {y2}"
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    said = ", ".join(f"{c.id}: {verdicts(c.server_verdict, c.client_verdict)}" for c in cell.connections)
    return (
        f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="2"{dashed} marker-end="url(#to)">'
        f"<title>{_safe(said)}</title></path>"
    )


def _label(cell: Cell, places: dict[str, tuple[int, int]]) -> str:
    x1, y1, x2, y2, bend = _ends(cell, places)
    # Nearer to the server: lines of one client part from each other there.
    x, y = (x1 + bend * 3 // 4, (y1 + y2) // 2) if bend else (x1 + (x2 - x1) * 3 // 5, y1 + (y2 - y1) * 3 // 5)
    text = sign(cell)
    wide = 8 * len(text) + 6
    return (
        f'<rect x="{x - wide // 2}" y="{y - 10}" width="{wide}" height="18" rx="4" fill="#ffffff" stroke="#cccccc"/>'
        + _text(x, y + 4, text, 'text-anchor="middle" font-weight="bold"')
    )


def _rows(examination: Examination, cells: list[Cell]) -> Iterator[tuple[str, str]]:
    """Each connection in words, and the findings."""
    for cell in cells:
        for c in cell.connections:
            said = verdicts(c.server_verdict, c.client_verdict)
            yield f"{c.client} → {c.server}  {c.kind} ({c.id}): {said}", ""
    for f in examination.findings:
        yield f"{f.diagnosis} {f.title} ({word(f.severity)}): {', '.join(f.connections)}", 'font-weight="bold"'


def _text(x: int, y: int, text: str, style: str = "") -> str:
    return f'<text x="{x}" y="{y}"{" " if style else ""}{style}>{_safe(text)}</text>'


def _short(text: str) -> str:
    return text if len(text) <= 20 else f"{text[:12]}…{text[-7:]}"


def _safe(text: str) -> str:
    return escape(clean(text), {'"': "&quot;"})

"""Who trusts whom: the nodes of a site as a table, clients as lines and servers as columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from certdoctor.casework.matrix import SIGN, Cell, Matrix, findings_on, matrix, sign
from certdoctor.language import N_, _
from certdoctor.text import clean
from certdoctor.ui import keys, words
from certdoctor.ui.sections.examined import ExaminedSection
from certdoctor.ui.spans import Item, Line, Span, block, fit, gap, heading, line, text_block
from certdoctor.ui.widgets.rows import Page, Rows

if TYPE_CHECKING:
    from certdoctor.casework.examination import Examination

_CLIENT = 15  # cells for a client's name
_SERVER = 11  # cells for a column with its brackets; the longest sign takes seven


class MatrixSection(ExaminedSection):
    """The table above, the chosen cell in words below."""

    PLACE = "matrix"
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings("matrix")]
    WAITING = N_("The table stands here as soon as it is examined.")
    DEFAULT_CSS = """
    MatrixSection > #matrix { height: 1fr; }
    MatrixSection > #cell { height: 8; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._matrix: Matrix | None = None
        self._column = 0
        self._drawn = ("", -1)  # client and column that stand in brackets

    def compose(self) -> ComposeResult:
        yield Rows(id="matrix")
        page = Page(id="cell")
        page.can_focus = False
        yield page

    def draw(self, examination: Examination) -> None:
        self._matrix = matrix(examination)
        self._column = min(self._column, max(len(self._matrix.servers) - 1, 0))
        self._draw()

    # the table

    def _draw(self) -> None:
        found = self._matrix
        if found is None:
            return
        if not found.cells:
            text = _("No connections yet: they follow from the roles of the nodes (n) and their configuration.")
            self.rows.show([gap(), text_block("", text, indent=2)])
            return
        at = self.rows.key if self.rows.key in found.clients else found.clients[0]
        self._drawn = (at, self._column)
        items = [Item("# head", self._head, 1, selectable=False)]
        items += [Item(c, lambda width, client=c: self._line(client, width), 1) for c in found.clients]  # type: ignore[misc]
        self.rows.show(items, at)

    def _seen(self, width: int) -> tuple[Sequence[str], int]:
        """Return the servers whose columns fit around the chosen one, and the number of the first."""
        servers = self._matrix.servers if self._matrix else ()
        fitting = max((width - _CLIENT - 4) // _SERVER, 1)
        first = max(min(self._column - fitting // 2, len(servers) - fitting), 0)
        return servers[first : first + fitting], first

    def _head(self, width: int) -> Sequence[Line]:
        seen, first = self._seen(width)
        total = len(self._matrix.servers) if self._matrix else 0
        spans: list[Span] = [(fit("", _CLIENT), ""), ("< " if first else "  ", "key")]
        spans += [(f" {_short(server, _SERVER - 2)} ", "head") for server in seen]
        spans.append((" >" if first + len(seen) < total else "", "key"))
        return (tuple(spans),)

    def _line(self, client: str, width: int) -> Sequence[Line]:
        found = self._matrix
        seen, first = self._seen(width)
        spans: list[Span] = [(_short(client, _CLIENT), "strong"), ("  ", "")]
        for number, server in enumerate(seen, first):
            cell = found.cell(client, server) if found else None
            text = sign(cell)
            # Brackets, not colour alone, say which cell is chosen.
            framed = f"[{text}]" if (client, number) == self._drawn else f" {text} "
            spans.append((fit(framed, _SERVER), _role(cell)))
        return (tuple(spans),)

    def on_rows_moved(self) -> None:
        found = self._matrix
        if found is not None and found.cells and self.rows.key and self._drawn != (self.rows.key, self._column):
            self._draw()
        self.query_one("#cell", Page).show(list(self._words()))
        self.frame.refresh_hint()

    def action_column(self, step: int) -> None:
        if self._matrix is None:
            return
        self._column = min(max(self._column + step, 0), max(len(self._matrix.servers) - 1, 0))
        self._draw()

    # the chosen cell

    @property
    def chosen(self) -> Cell | None:
        """The cell in brackets, None where the two nodes have no connection."""
        found = self._matrix
        if found is None or not found.servers or not self.rows.key:
            return None
        return found.cell(self.rows.key, found.servers[self._column])

    def _words(self) -> Iterator[Item]:
        found, cell, examination = self._matrix, self.chosen, self._examination
        if found is None or examination is None or not found.servers:
            return
        server = found.servers[self._column]
        yield heading(f" {clean(self.rows.key)} → {clean(server)}")
        if cell is None:
            yield text_block("", _("No connection from the one to the other is known."), "dim", indent=1)
        else:
            for side, presenter, verdict in (
                (_("server's certificate"), cell.server, cell.server_verdict),
                (_("client's certificate"), cell.client, cell.client_verdict),
            ):
                shown = words.styled(words.OUTCOME, verdict)
                yield block("", (*line(f"{side} ({presenter}): "), shown), indent=1, hang=2)
            for finding in findings_on((c.id for c in cell.connections), examination)[:2]:
                yield block("", (words.styled(words.SEVERITY, finding.severity), *line(f" {finding.title}")),
                            indent=1, hang=2)  # fmt: skip
        legend = ", ".join(f"{mark} {words.styled(words.OUTCOME, token)[0]}" for token, mark in SIGN.items())
        yield text_block("", _("server's/client's: {signs}; more ! is more urgent").format(signs=legend), "dim", 1)

    def found_hint(self) -> str:
        if self.chosen is None:
            return _("The arrows go from cell to cell.")
        return _("enter shows the connections of this cell and their chains.")

    def action_open(self) -> None:
        from certdoctor.ui.screens.between import BetweenScreen

        cell, examination = self.chosen, self._examination
        if cell is None or examination is None:
            self.frame.say(_("No connection from the one to the other is known."))
            return
        self.frame.app.push_screen(BetweenScreen(cell, examination))


def _short(name: str, width: int) -> str:
    """Return a name in exactly `width` cells, cut in its middle: nodes of a site differ at their ends."""
    name = clean(name)
    return fit(name if len(name) <= width else f"{name[: width - 4]}~{name[-3:]}", width)


def _role(cell: Cell | None) -> str:
    verdicts = (cell.server_verdict, cell.client_verdict) if cell else ()
    if "refused" in verdicts:
        return "bad"
    if "depends" in verdicts:
        return "warn"
    return "good" if "accepted" in verdicts and "not_checked" not in verdicts else "dim"

"""Between two nodes: their connections, the chains as trees with the broken link marked, and the findings on them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from certdoctor.casework.matrix import NOTE, Cell, chain_links, findings_on, judgement_of
from certdoctor.language import _
from certdoctor.ui import keys, words
from certdoctor.ui.screens.frame import Frame
from certdoctor.ui.sections.connections import WHY
from certdoctor.ui.spans import Item, block, gap, heading, line, text_block
from certdoctor.ui.widgets.rows import Rows

if TYPE_CHECKING:
    from certdoctor.casework.examination import ConnectionLine, Examination


class BetweenScreen(Frame):
    """The connections of one cell of the matrix."""

    PLACE = "between"
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings("between")]

    def __init__(self, cell: Cell, examination: Examination) -> None:
        super().__init__()
        self.cell = cell
        self.examination = examination

    def path(self) -> tuple[str, ...]:
        return (_("matrix"), f"{self.cell.client} → {self.cell.server}")

    def compose_body(self) -> ComposeResult:
        yield Rows()

    def on_mount(self) -> None:
        items = [item for connection in self.cell.connections for item in self._connection(connection)]
        rows = self.query_one(Rows)
        rows.show(items)
        rows.focus()

    def _connection(self, connection: ConnectionLine) -> Iterator[Item]:
        port = f" :{connection.port}" if connection.port else ""
        yield heading(f"{connection.id} ({connection.kind}{port})")
        for side, said, verdict in (
            ("server", _("{client} judges the certificate of {server}"), connection.server_verdict),
            ("client", _("{server} judges the certificate of {client}"), connection.client_verdict),
        ):
            text = said.format(client=connection.client, server=connection.server)
            why = words.word(WHY, connection.why.get(side, ""))
            shown = words.styled(words.OUTCOME, verdict)
            yield block("", (*line(f"{text}: "), shown, *line(f" ({why})" if why else "")), hang=2, selectable=False)
            yield from self._chain(connection.id, side)
        findings = findings_on([connection.id], self.examination)
        for finding in findings:
            severity = words.styled(words.SEVERITY, finding.severity)
            # One finding may stand under several connections; each line needs its own key.
            yield block(f"{connection.id} {finding.key}", (("→ ", "key"), severity, *line(f" {finding.title}")), hang=2)
        if not findings and "refused" in (connection.server_verdict, connection.client_verdict):
            yield text_block("", _("No finding explains this; a case (c at the site) may find out more."), "dim")
        yield gap()

    def _chain(self, connection: str, side: str) -> Iterator[Item]:
        judgement = judgement_of(self.examination, connection, side)
        for link in chain_links(judgement) if judgement else ():
            branch = "  " * link.depth + ("`- " if link.depth else "")
            mark = ("X ", "bad") if link.broken else ("", "")
            note = (f" ({_(NOTE[link.note])})", "bad" if link.broken else "dim")
            yield block("", (("   " + branch, "dim"), mark, *line(link.name, "strong"), note), hang=6,
                        selectable=False)  # fmt: skip

    def hint(self) -> str:
        if self.query_one(Rows).key:
            return _("enter shows why, and how to fix it.")
        return _("Each chain with its trust anchor on top; X marks where it breaks.")

    def on_rows_moved(self) -> None:
        self.refresh_hint()

    def action_open(self) -> None:
        from certdoctor.ui.screens.finding import FindingScreen

        key = self.query_one(Rows).key
        for connection in self.cell.connections:
            for finding in findings_on([connection.id], self.examination):
                if key == f"{connection.id} {finding.key}":
                    self.app.push_screen(FindingScreen(None, finding, self.examination))
                    return

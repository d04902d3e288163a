"""Who connects to whom, and how each side's certificate fares with the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import BindingType

from certdoctor.language import N_, _
from certdoctor.ui import keys, words
from certdoctor.ui.sections.examined import ExaminedSection
from certdoctor.ui.spans import Cell, Item, block, gap, heading, line, row, text_block
from certdoctor.ui.widgets.rows import Page, Rows

if TYPE_CHECKING:
    from certdoctor.casework.examination import ConnectionLine, Examination

_WHO, _WIDEST = 18, 40  # cells of the first column

WHY = {
    "no_identity": N_("the certificate it presents is not in the evidence"),
    "no_trust_list": N_("the trust list that judges it is not in the evidence"),
    "not_verified": N_("the other side does not check it"),
}


class ConnectionsSection(ExaminedSection):
    """Connections above, the chosen one in words below."""

    PLACE = "connections"
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings("connections")]
    WAITING = N_("The connections stand here as soon as they are examined.")
    DEFAULT_CSS = """
    ConnectionsSection > #connections { height: 1fr; }
    ConnectionsSection > #connection { height: 7; }
    """

    def compose(self) -> ComposeResult:
        yield Rows(id="connections")
        page = Page(id="connection")
        page.can_focus = False
        yield page

    def draw(self, examination: Examination) -> None:
        # Who connects to whom matters more than the kind: on a narrow screen that one is shortened.
        width = max([_WHO, *(cell_len(_who(connection)) for connection in examination.connections)])
        width = min(width, _WIDEST)
        head = row(
            "", Cell(_("client → server"), width), Cell(_("kind")), Cell(_("server's"), 14), Cell(_("client's"), 14)
        )
        items: list[Item] = [
            Item("# head", lambda width: [tuple((text, "head") for text, _role in part) for part in head.render(width)],
                 1, selectable=False)
        ]  # fmt: skip
        items += [self._connection(connection, width) for connection in examination.connections]
        if not examination.connections:
            text = _("No connections yet: they follow from the roles of the nodes (n) and their configuration.")
            items = [gap(), text_block("", text, indent=2)]
        self.rows.show(items)

    @staticmethod
    def _connection(connection: ConnectionLine, width: int) -> Item:
        server, client = (
            words.styled(words.OUTCOME, v) for v in (connection.server_verdict, connection.client_verdict)
        )
        return row(
            connection.id,
            Cell(_who(connection), width),
            Cell(connection.kind, 0, "dim"),
            Cell(server[0], 14, server[1]),
            Cell(client[0], 14, client[1]),
        )

    def on_rows_moved(self) -> None:
        page, examination = self.query_one("#connection", Page), self._examination
        connections = examination.connections if examination else ()
        chosen = next((c for c in connections if c.id == self.rows.key), None)
        page.show(self._words(chosen) if chosen else [])

    @staticmethod
    def _words(connection: ConnectionLine) -> list[Item]:
        items = [heading(" " + connection.id)]
        sides = (
            ("server", _("{client} judges the certificate of {server}"), connection.server_verdict),
            ("client", _("{server} judges the certificate of {client}"), connection.client_verdict),
        )
        for side, text, verdict in sides:
            shown, role = words.styled(words.OUTCOME, verdict)
            said = text.format(client=connection.client, server=connection.server)
            why = words.word(WHY, connection.why.get(side, ""))
            items.append(
                block("", (*line(f"{said}: "), (shown, role), *line(f" ({why})" if why else "")), indent=1, hang=2)
            )
            for answer in connection.openssl:
                if answer.get("side") == side:
                    raw = f"OpenSSL {answer.get('code')}: {answer.get('text')}, {answer.get('subject')}"
                    items.append(block("", line(raw, "dim"), indent=3, hang=2))
        if connection.name:
            items.append(text_block("", _("looks for the name {name}").format(name=connection.name), "dim", indent=1))
        return items

    def found_hint(self) -> str:
        return _("How each side's certificate fares. A case (c) finds out why.")


def _who(connection: ConnectionLine) -> str:
    port = f":{connection.port}" if connection.port else ""
    return f"{connection.client} → {connection.server}{port}"

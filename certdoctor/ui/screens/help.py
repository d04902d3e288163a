"""The `?` screen: every key that works where the user came from, first those of the nearest place."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.dom import DOMNode

from certdoctor.language import _
from certdoctor.ui import keys
from certdoctor.ui.screens.frame import Frame
from certdoctor.ui.spans import Cell, Item, gap, heading, row
from certdoctor.ui.widgets.rows import Rows


class Help(Frame):
    """A list of actions; enter does one."""

    PLACE = "help"
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings("help")]

    def __init__(self, behind: Frame) -> None:
        super().__init__()
        self._behind_screen = behind
        self._owners: dict[str, DOMNode] = dict(behind.places())

    def compose_body(self) -> ComposeResult:
        yield Rows()

    def path(self) -> tuple[str, ...]:
        return (_("Keys"),)

    def on_mount(self) -> None:
        items: list[Item] = []
        # What moves about in lists comes last: everybody knows the arrows.
        places = sorted((*self._owners, "everywhere"), key=lambda place: place in ("list", "page"))
        for place in places:
            own = keys.actions(place)
            if not own:
                continue
            items += [*([gap()] if items else []), heading(_(keys.PLACES[place]))]
            for action in own:
                runs = self._runs(action)
                items.append(
                    row(action.id, Cell(keys.keys_text(action), 12, "key"), Cell(_(action.text)), selectable=runs)
                )
        rows = self.query_one(Rows)
        rows.show(items)
        rows.focus()

    @staticmethod
    def _runs(action: keys.Action) -> bool:
        """Whether it makes sense to run an action from here: no moving about, no choice of an answer."""
        return action.place not in ("list", "page") and action.id not in ("interview.answer", "everywhere.help")

    def hint(self) -> str:
        return _("enter does what the chosen line says; esc goes back.")

    async def action_run(self) -> None:
        place_action = self.query_one(Rows).key
        action = next((a for a in keys.ACTIONS if a.id == place_action), None)
        if action is None:
            return
        owner = self._owners.get(action.place, self.app)
        await self.app.pop_screen()
        await self.app.run_action(action.action, owner)

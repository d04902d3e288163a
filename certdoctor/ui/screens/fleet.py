"""The whole practice at once: what ends when, and whom a CA, a usage, a date or a version touches."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import Input

from certdoctor.errors import CertdoctorError
from certdoctor.language import _, ngettext
from certdoctor.text import clean
from certdoctor.ui import keys, words
from certdoctor.ui.packing import written_paths
from certdoctor.ui.screens.frame import Frame
from certdoctor.ui.spans import Cell, Item, block, gap, heading, row, text_block
from certdoctor.ui.widgets.fields import Field, Form, Search
from certdoctor.ui.widgets.rows import Rows

if TYPE_CHECKING:
    from certdoctor.casework.fleet import Asked
    from certdoctor.store.records import FleetUse, Month

_SHOWN = 300
_MONTHS = 18
_BAR = 40  # characters of the longest bar


class Fleet(Frame):
    """Certificates and trust entries of all customers, those that end first on top."""

    PLACE = "fleet"
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings("fleet")]

    def __init__(self) -> None:
        super().__init__()
        self._uses: tuple[FleetUse, ...] | None = None
        self._months: tuple[Month, ...] = ()
        self._by_month = False
        self._unclear = ""

    def compose_body(self) -> ComposeResult:
        yield Search(placeholder=_("/ words, before:2027-03-15 lacks:clientAuth ca:NAME version:X15.5"), id="search")
        yield Rows()

    def path(self) -> tuple[str, ...]:
        return (_("all customers"),)

    def on_mount(self) -> None:
        self.query_one(Rows).focus()
        self.load()

    def _asked(self) -> Asked | None:
        from certdoctor.casework.fleet import Asked

        try:
            return Asked.parse(self.query_one("#search", Search).value)
        except CertdoctorError as error:  # half typed: what stands there is shown until it is clear
            self._unclear = str(error)
            return None

    def load(self) -> None:
        """Ask again for what the search field says."""
        asked = self._asked()
        if asked is None:
            self.refresh_hint()
            return
        self._unclear = ""
        self.ask(
            lambda p: (p.fleet(asked, _SHOWN), p.fleet_months(_MONTHS, asked.customer)), self._loaded, group="fleet"
        )

    def _loaded(self, answer: tuple[tuple[FleetUse, ...], tuple[Month, ...]]) -> None:
        self._uses, self._months = answer
        self._draw()

    def failed(self, error: Exception) -> None:
        if isinstance(error, CertdoctorError):
            self._unclear = str(error)
            self.refresh_hint()
        else:
            super().failed(error)

    def _draw(self) -> None:
        self.query_one(Rows).show(self._plot() if self._by_month else self._list())
        self.refresh_title()
        self.refresh_hint()

    def state(self) -> str:
        if not self._uses:
            return ""
        customers = len({use.customer for use in self._uses})
        return ngettext("{n} customer", "{n} customers", customers).format(n=customers)

    def _list(self) -> list[Item]:
        uses = self._uses or ()
        now = self.doctor.options.clock()
        items: list[Item] = []
        for number, use in enumerate(uses):
            _left, role = words.short_left(use.not_after, now)
            mark = {"presented": "", "sent": "+ ", "trusted": "· "}[use.part]
            items.append(
                row(
                    f"{number}-{use.sha256}",
                    Cell(words.day(use.not_after), 10, "" if role == "dim" else role),
                    Cell(mark + clean(use.label), 0, "strong" if use.part == "presented" else ""),
                    Cell(clean(f"{use.customer} / {use.site}"), 23),
                    Cell(f"{use.node} {use.slot.partition(':')[2]}", 16, "dim"),
                )
            )
        if len(uses) == _SHOWN:
            items.append(text_block("", _("There are more; narrow the search."), "dim", indent=2))
        if not uses:
            items += [gap(), text_block("", _("No certificate fits."), indent=2)]
        return items

    def _plot(self) -> list[Item]:
        most = max((m.presented + m.trusted for m in self._months), default=0)
        scale = min(1.0, _BAR / most) if most else 1.0
        items: list[Item] = [heading(_("Ends by month (# presented, + trusted)"))]
        for month in self._months:
            own, other = (max(1, round(n * scale)) if n else 0 for n in (month.presented, month.trusted))
            items.append(
                block(
                    f"month-{month.name}",
                    (
                        (f"{month.name}  ", "dim"),
                        ("#" * own, "warn"),
                        ("+" * other, ""),
                        (" " * (_BAR + 2 - own - other), ""),
                        (f"{month.presented:>4} {month.trusted:>4}", "dim"),
                    ),
                    indent=1,
                )
            )
        return items

    def hint(self) -> str:
        if self._unclear:
            return self._unclear
        if self._by_month:
            return _("enter shows what ends in the chosen month; m shows the list again.")
        return _("enter shows where it is used; + is sent along, · is trusted.")

    def on_rows_moved(self) -> None:
        self.refresh_hint()

    def on_input_changed(self, event: Input.Changed) -> None:
        if event.input.id == "search" and self._uses is not None:
            self.load()

    def field_left(self) -> None:
        self.query_one(Rows).focus()

    # keys

    def action_search(self) -> None:
        self.query_one("#search", Search).focus()

    def action_months(self) -> None:
        self._by_month = not self._by_month
        self._draw()
        self.query_one(Rows).focus()

    def action_open(self) -> None:
        key = self.query_one(Rows).key
        if key.startswith("month-"):
            self._show_month(key.removeprefix("month-"))
        elif key:
            from certdoctor.ui.screens.certificate import CertificateScreen

            self.app.push_screen(CertificateScreen(key.partition("-")[2]))

    def _show_month(self, name: str) -> None:
        year, month = (int(part) for part in name.split("-"))
        after = f"{year + month // 12:04d}-{month % 12 + 1:02d}"
        self._by_month = False
        self.query_one("#search", Search).value = f"from:{name}-01 before:{after}-01"

    async def action_calendar(self) -> None:
        await self.open_panel(
            Form(
                _("Write the ends as a calendar"),
                [Field("file", _("File"), "~/certdoctor-ends.ics", _("a new file"), required=True)],
                _("A day for each certificate shown here, with an alarm 30 days before."),
            )
        )

    async def form_saved(self, form: Form, values: dict[str, str]) -> None:
        from certdoctor.casework.fleet import calendar
        from certdoctor.writing import new_file

        uses, now = self._uses or (), self.doctor.options.clock()
        file = Path(values["file"]).expanduser()
        self.write(
            form,
            lambda _p: new_file(file, calendar(uses, now)),
            lambda path: written_paths([path]),
        )

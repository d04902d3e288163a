"""The cases of a site."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from certdoctor.language import _, pgettext
from certdoctor.ui import keys, stopgaps, words
from certdoctor.ui.screens.sectioned import Section
from certdoctor.ui.screens.site import SiteScreen
from certdoctor.ui.spans import Cell, Item, gap, row, text_block
from certdoctor.ui.widgets.fields import Field, Form
from certdoctor.ui.widgets.rows import Rows

if TYPE_CHECKING:
    from certdoctor.store.records import CaseRecord


class CasesSection(Section[SiteScreen]):
    """Cases, newest first."""

    PLACE = "cases"
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings("cases")]

    def compose(self) -> ComposeResult:
        yield Rows()

    def update(self) -> None:
        view = self.frame.view
        if view is None:
            return
        cases = [self._case(case) for case in view.cases]
        self.query_one(Rows).show(
            [*stopgaps.items(self.frame.stopgaps), *cases]
            if cases
            else [
                gap(),
                text_block(
                    "",
                    _("No case yet. A case gathers the evidence, the findings and the steps of one fault."),
                    indent=2,
                ),
            ]
        )

    @staticmethod
    def _case(case: CaseRecord) -> Item:
        verdict, role = words.styled(words.VERDICT, case.verdict)
        opened = case.state == "open"
        return row(
            f"case-{case.id}",
            Cell(case.number, 8, "key"),
            Cell(case.title, 0, "strong" if opened else ""),
            Cell(pgettext("state of a case", "open") if opened else _("closed"), 7, "warn" if opened else "dim"),
            Cell(verdict, 23, role),
            Cell(words.day(case.opened), 10, "dim"),
        )

    def hint(self) -> str:
        if self.frame.view is not None and not self.frame.view.cases:
            return _("Press a to open a case for this site.")
        return _("enter opens the chosen case; a opens a new one.")

    def _open(self, case_id: int) -> None:
        from certdoctor.ui.screens.case import CaseScreen

        self.frame.app.push_screen(CaseScreen(case_id))

    def action_open(self) -> None:
        key = self.query_one(Rows).key
        if found := stopgaps.chosen(self.frame.stopgaps, key):
            self._open(found.record.case_id)
        elif key:
            self._open(int(key.removeprefix("case-")))

    async def action_add(self) -> None:
        field = Field(
            "title", _("What is broken"), placeholder=_("e.g. phones cannot log in from outside"), required=True
        )
        note = _("One line is enough; symptoms, evidence and answers come next.")
        await self.frame.open_panel(Form(_("New case"), [field], note))

    async def saved(self, form: Form, values: dict[str, str]) -> None:
        site_id = self.frame.site_id
        await self.frame.close_panel()
        self.frame.ask(lambda p: p.open_case(site_id, values["title"]), lambda case: self._open(case.id))

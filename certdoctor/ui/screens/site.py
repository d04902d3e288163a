"""A site: its cases, nodes, connections with both verdicts, certificates by expiry, changes, and history."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import BindingType

from certdoctor.language import N_, _
from certdoctor.ui import keys
from certdoctor.ui.packing import written_paths
from certdoctor.ui.reporting import ID as REPORT
from certdoctor.ui.reporting import report_form, write_report
from certdoctor.ui.screens.sectioned import Section, Sectioned
from certdoctor.ui.widgets.fields import Field, Form

if TYPE_CHECKING:
    from collections.abc import Callable

    from certdoctor.casework.examination import Examination
    from certdoctor.casework.practice import Practice
    from certdoctor.casework.stopgaps import StopgapLine
    from certdoctor.store.records import SiteView


class SiteScreen(Sectioned):
    """One site."""

    PLACE = "site"
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings("site")]
    SECTIONS = (
        ("cases", N_("Cases")),
        ("nodes", N_("Nodes")),
        ("connections", N_("Connections")),
        ("matrix", N_("Matrix")),
        ("certificates", N_("Certificates")),
        ("changes", N_("Changes")),
        ("history", N_("History")),
    )

    def __init__(self, site_id: int) -> None:
        super().__init__()
        self.site_id = site_id
        self.view: SiteView | None = None
        self.stopgaps: tuple[StopgapLine, ...] = ()  # in force
        self.examination: Examination | None = None  # as the site stands, not stored

    def path(self) -> tuple[str, ...]:
        return (_("site"),)

    def on_mount(self) -> None:
        self.reload()

    def resumed(self) -> None:
        if self.view is not None:
            self.examination = None  # a case may have brought new evidence
            self.reload()

    def reload(self) -> None:
        """Read the site again and draw it."""
        lang = self.doctor.lang
        self.ask(
            lambda p: (p.site(self.site_id), p.stopgaps(site_id=self.site_id, lang=lang)),
            self._loaded,
            group=f"site-{self.site_id}",
        )

    async def _loaded(self, answer: tuple[SiteView, tuple[StopgapLine, ...]]) -> None:
        first = self.view is None
        view, self.stopgaps = answer
        self.view = view
        self.title_bar.set_path("certdoctor", view.site.customer, view.site.name)
        if first:
            await self.show_section("cases")
        self.update()

    def do(self, call: Callable[[Practice], Any], said: str = "") -> None:
        """Make a change and read the site again."""
        self.examination = None

        def done(_result: object) -> None:
            if said:
                self.say(said)
            self.reload()

        self.ask(call, done)

    def count(self, section: str) -> str:
        view = self.view
        if view is None:
            return ""
        sizes = {"cases": len(view.cases), "nodes": len(view.nodes), "certificates": len(view.certificates)}
        return str(sizes[section]) if sizes.get(section) else ""

    def state(self) -> str:
        return ", ".join(self.view.site.domains) if self.view else ""

    def make_section(self, section: str) -> Section[Any]:
        from certdoctor.ui.sections.cases import CasesSection
        from certdoctor.ui.sections.certificates import CertificatesSection
        from certdoctor.ui.sections.changes import ChangesSection
        from certdoctor.ui.sections.connections import ConnectionsSection
        from certdoctor.ui.sections.history import HistorySection
        from certdoctor.ui.sections.matrix import MatrixSection
        from certdoctor.ui.sections.nodes import NodesSection

        made: dict[str, type[Section[Any]]] = {
            "cases": CasesSection,
            "nodes": NodesSection,
            "connections": ConnectionsSection,
            "matrix": MatrixSection,
            "certificates": CertificatesSection,
            "changes": ChangesSection,
            "history": HistorySection,
        }
        return made[section]()

    def action_what_if(self) -> None:
        from certdoctor.ui.screens.whatif import WhatIfScreen

        self.look(lambda examination: self.app.push_screen(WhatIfScreen(self.site_id, examination)))

    def _file_name(self) -> str:
        """Return the name of the site as part of a file name."""
        name = f"{self.view.site.customer}-{self.view.site.name}" if self.view else str(self.site_id)
        return "-".join("".join(c if c.isalnum() else " " for c in name).split())

    async def action_report(self) -> None:
        title = _("Write a report on this site")
        note = _("The health of the site as it stands: findings, connections, certificates, what was not checked.")
        await self.open_panel(report_form(title, self._file_name(), self.doctor.lang, note))

    async def action_share(self) -> None:
        yes_no = (("", _("no")), ("yes", _("yes")))
        await self.open_panel(
            Form(
                _("Share this site"),
                [
                    Field("share", _("File"), f"~/{self._file_name()}.certdoctor", _("a new file"), required=True),
                    Field("anonymous", _("Names replaced"), options=yes_no),
                ],
                _("With names replaced, certificates and logs stay out. No private key is ever in it."),
            )
        )

    async def form_saved(self, form: Form, values: dict[str, str]) -> None:
        if form.id == REPORT:
            write_report(self, form, values, site_id=self.site_id)
            return
        if "share" not in values:
            await super().form_saved(form, values)
            return
        file, anonymous = Path(values["share"]).expanduser(), bool(values["anonymous"])
        self.write(
            form,
            lambda p: p.share(self.site_id, file, None, anonymous),
            lambda path: written_paths([path]),
        )

    def look(self, then: Callable[[Examination], object]) -> None:
        """Examine the site as it stands, without storing anything, and go on with the result."""
        if self.examination is not None:
            then(self.examination)
            return
        lang = self.doctor.lang

        def done(examination: Examination) -> None:
            self.examination = examination
            then(examination)

        self.ask_long(_("examining"), lambda p: p.examine_site(self.site_id, lang), done)

    def action_renewals(self) -> None:
        from certdoctor.ui.screens.renewals import RenewalsScreen

        self.app.push_screen(RenewalsScreen(self.site_id))

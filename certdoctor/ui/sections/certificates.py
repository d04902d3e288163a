"""The certificates of a site, those that end first on top."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from certdoctor.language import _
from certdoctor.ui import keys, words
from certdoctor.ui.places import place_text
from certdoctor.ui.screens.sectioned import Section
from certdoctor.ui.screens.site import SiteScreen
from certdoctor.ui.spans import Cell, gap, row, text_block
from certdoctor.ui.widgets.rows import Rows


class CertificatesSection(Section[SiteScreen]):
    """Certificates by expiry."""

    PLACE = "certificates"
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings("certificates")]

    def compose(self) -> ComposeResult:
        yield Rows()

    def update(self) -> None:
        view = self.frame.view
        if view is None:
            return
        now = self.frame.doctor.options.clock()
        items = []
        for record in view.certificates:
            text, role = words.short_left(record.not_after, now)
            here = [use for use in record.uses if (use.customer, use.site) == (view.site.customer, view.site.name)]
            items.append(
                row(
                    record.sha256,
                    Cell(words.day(record.not_after), 10),
                    Cell(text, 11, role),
                    Cell(record.label, 0, "strong"),
                    Cell(", ".join(place_text(use.node, use.slot) for use in here), 0, "dim"),
                )
            )
        text = _("No certificates yet; a case brings them.")
        self.query_one(Rows).show(items or [gap(), text_block("", text, indent=2)])

    def hint(self) -> str:
        return _("enter shows the certificate, its chain and where else it is used.")

    def action_open(self) -> None:
        sha256 = self.query_one(Rows).key
        if sha256:
            self.frame.look(lambda examination: self._show(sha256, examination))

    def _show(self, sha256: str, examination: object) -> None:
        from certdoctor.casework.examination import Examination
        from certdoctor.ui.screens.certificate import CertificateScreen

        assert isinstance(examination, Examination)
        self.frame.app.push_screen(CertificateScreen(sha256, examination))

"""What the sections of a site have in common that show what an examination of it found."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from certdoctor.language import _
from certdoctor.ui.screens.sectioned import Section
from certdoctor.ui.screens.site import SiteScreen
from certdoctor.ui.spans import gap, text_block
from certdoctor.ui.widgets.rows import Rows

if TYPE_CHECKING:
    from certdoctor.casework.examination import Examination


class ExaminedSection(Section[SiteScreen]):
    """Shows the screen's examination, and has one made, once, where there is none yet."""

    WAITING: ClassVar[str] = ""  # what stands there meanwhile

    def __init__(self) -> None:
        super().__init__()
        self._asked = False
        # What is shown: kept here, whatever the screen has dropped since.
        self._examination: Examination | None = None

    @property
    def rows(self) -> Rows:
        return self.query(Rows).first()

    def update(self) -> None:
        if self.frame.examination is not None:
            self._show(self.frame.examination)
        elif not self._asked:
            self._asked = True
            self.rows.show([gap(), text_block("", _(self.WAITING), indent=2)] if self.WAITING else [])
            self.frame.look(self._show)
            self.frame.refresh_hint()

    def action_examine(self) -> None:
        self.frame.examination = None
        self.frame.look(self._show)

    def _show(self, examination: Examination) -> None:
        if self.gone:
            return
        self._examination = examination
        self.draw(examination)
        self.frame.refresh_hint()

    def draw(self, examination: Examination) -> None:
        """Draw what was found."""
        raise NotImplementedError

    def hint(self) -> str:
        if self._examination is not None:
            return self.found_hint()
        return _("Examining; esc cancels.") if self.frame.job is not None else _("x examines all connections.")

    def found_hint(self) -> str:
        """Return what to do next with what was found."""
        raise NotImplementedError

"""A screen with sections: one is shown at a time, by its letter or by tab."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Generic, TypeVar, cast

from textual.containers import Vertical

from certdoctor.language import _
from certdoctor.ui import keys
from certdoctor.ui.screens.frame import Frame
from certdoctor.ui.widgets.bars import Sections
from certdoctor.ui.widgets.draft import Draft
from certdoctor.ui.widgets.fields import Form
from certdoctor.ui.widgets.pick import PathPanel, Pick
from certdoctor.ui.widgets.rows import Rows

F = TypeVar("F", bound="Sectioned")


class Section(Vertical, Generic[F]):
    """One section. It draws what its screen holds and asks its screen to change it.

    Attributes:
        frame: the screen this section belongs to, also when another section has taken its place since.
        gone: another section takes its place: answers that arrive now are for the screen, nothing is drawn here.
    """

    PLACE: ClassVar[str] = ""

    frame: F

    def __init__(self) -> None:
        super().__init__()
        self.gone = False

    def take_focus(self) -> None:
        """Put the focus where the keys of this section work."""
        self.query(Rows).first().focus()

    def update(self) -> None:
        """Draw what the screen holds now."""

    def hint(self) -> str:
        """Return what to do next, in one line."""
        return ""

    async def saved(self, form: Form, values: dict[str, str]) -> None:
        """Take the values of a form that this section opened."""

    async def picked(self, pick: Pick, key: str) -> None:
        """Take the choice from a list that this section opened."""

    def pasted(self, text: str) -> None:
        """Take pasted text of several lines."""

    async def note_saved(self, text: str) -> None:
        """Take the text of a draft that this section opened."""

    async def path_chosen(self, path: str) -> None:
        """Take a path from the path panel that this section opened."""

    def paths_wanted(self, panel: PathPanel, typed: str) -> None:
        """Give the path panel the files that fit what is typed."""

    def on_rows_moved(self) -> None:
        self.frame.refresh_hint()


class Sectioned(Frame):
    """A screen whose body is one of several sections."""

    has_sections = True
    SECTIONS: ClassVar[tuple[tuple[str, str], ...]] = ()  # (id, title)

    def __init__(self) -> None:
        super().__init__()
        self._here = ""
        self._section: Section[Sectioned] | None = None  # only while all of it stands

    def make_section(self, section: str) -> Section[Sectioned]:
        """Return a new section widget."""
        raise NotImplementedError

    def count(self, section: str) -> str:
        """Return what stands behind a section's title, such as a number."""
        return ""

    @property
    def here(self) -> str:
        """The section shown."""
        return self._here

    @property
    def section(self) -> Section[Sectioned] | None:
        """The widget of the section shown."""
        return self._section

    async def show_section(self, section: str) -> None:
        """Show one section."""
        await self.close_panel()
        if section == self._here:
            if self._section is not None:
                self._section.take_focus()
            return
        self._here = section
        self._section = None
        self.refresh_sections()
        made = self.make_section(section)
        made.frame = self
        with self.app.batch_update():
            for before in self.body.query(Section):
                before.gone = True
            await self.body.remove_children()
            if self._here != section:
                return  # yet another one was asked for meanwhile
            await self.body.mount(made)
            if made.gone:
                return
            self._section = made
            made.update()
            made.take_focus()
        self.refresh_hint()

    def refresh_sections(self) -> None:
        """Draw the sections line."""
        entries = []
        for section, title in self.SECTIONS:
            count = self.count(section)
            entries.append((section, keys.section_key(self.PLACE, section), _(title) + (f" {count}" if count else "")))
        self.query_one(Sections).set_entries(entries, self._here)

    def update(self) -> None:
        """Draw everything again from what the screen holds."""
        self.refresh_sections()
        self.refresh_title()
        if self.section is not None:
            self.section.update()
        self.refresh_hint()

    def hint(self) -> str:
        if self._panel is not None:
            hint = cast("Callable[[], str] | None", getattr(self._panel, "hint", None))
            return hint() if hint else ""
        return self.section.hint() if self.section is not None else ""

    async def form_saved(self, form: Form, values: dict[str, str]) -> None:
        if self.section is not None:
            await self.section.saved(form, values)

    async def on_pick_picked(self, event: Pick.Picked) -> None:
        event.stop()
        if self.section is not None:
            await self.section.picked(event.pick, event.key)

    async def on_pick_cancelled(self, event: Pick.Cancelled) -> None:
        event.stop()
        await self.close_panel()

    def on_draft_asked(self, event: Draft.Asked) -> None:
        event.stop()
        self.say(_("The note is not kept yet: ctrl+s keeps it, esc once more throws it away."))

    async def on_draft_cancelled(self, event: Draft.Cancelled) -> None:
        event.stop()
        await self.close_panel()

    async def on_draft_saved(self, event: Draft.Saved) -> None:
        event.stop()
        if self.section is not None:
            await self.section.note_saved(event.text)

    async def on_path_panel_chosen(self, event: PathPanel.Chosen) -> None:
        event.stop()
        await self.close_panel()
        if self.section is not None:
            await self.section.path_chosen(event.path)

    def on_path_panel_wanted(self, event: PathPanel.Wanted) -> None:
        event.stop()
        if self.section is not None:
            self.section.paths_wanted(event.panel, event.typed)

    async def on_path_panel_cancelled(self, event: PathPanel.Cancelled) -> None:
        event.stop()
        await self.close_panel()

    async def action_section(self, section: str) -> None:
        await self.show_section(section)

    async def _step(self, way: int) -> None:
        names = [section for section, _title in self.SECTIONS]
        await self.show_section(names[(names.index(self._here) + way) % len(names)])

    async def action_next_section(self) -> None:
        await self._step(1)

    async def action_previous_section(self) -> None:
        await self._step(-1)

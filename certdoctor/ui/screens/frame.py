"""The frame of every screen: title, sections, body, one line that says what to do next, keys."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, TypeVar, cast

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import Screen
from textual.widget import Widget

from certdoctor.language import _
from certdoctor.ui import keys
from certdoctor.ui.guards import SMALLEST
from certdoctor.ui.jobs import Job, Meter, sentence
from certdoctor.ui.spans import line
from certdoctor.ui.widgets.bars import Bar, KeyBar, Sections, Status, TitleBar
from certdoctor.ui.widgets.fields import Form, Line
from certdoctor.ui.widgets.pick import PathPanel, listing

if TYPE_CHECKING:
    from certdoctor.casework.practice import Practice
    from certdoctor.ui.doctor import Doctor

T = TypeVar("T")

COVERS = frozenset(
    {"form", "draft", "pick", "paths", "told", "account", "request"}
)  # panels whose keys cover those of what lies behind


class Frame(Screen[None]):
    """A screen of certdoctor. Subclasses fill the body and give a hint."""

    PLACE = ""
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings("screen")]

    def __init__(self) -> None:
        super().__init__()
        self.job: Job | None = None
        self._panel: Widget | None = None
        self._behind: Widget | None = None

    @property
    def doctor(self) -> Doctor:
        """The app, with its own type."""
        return cast("Doctor", self.app)

    # parts

    def compose(self) -> ComposeResult:
        yield TitleBar("certdoctor", *self.path())
        if self.has_sections:
            yield Sections()
        with Vertical(id="body"):
            yield from self.compose_body()
        yield Status()
        yield KeyBar()
        yield Bar(id="small")

    has_sections = False

    def path(self) -> tuple[str, ...]:
        """Return the way to this screen as far as it is known before anything is loaded."""
        return ()

    def compose_body(self) -> ComposeResult:
        """Yield what stands in the middle."""
        yield from ()

    @property
    def body(self) -> Widget:
        """The middle of the screen."""
        return self.query_one("#body")

    @property
    def title_bar(self) -> TitleBar:
        return self.query_one(TitleBar)

    @property
    def status(self) -> Status:
        return self.query_one(Status)

    @property
    def stands(self) -> bool:
        """Whether all of the screen is there: not while it is made, nor while it is closed."""
        return self.is_mounted and self.display

    # what to do next

    def hint(self) -> str:
        """Return what to do next, in one line."""
        return ""

    def refresh_hint(self) -> None:
        """Show the hint and the keys that fit the present state."""
        if not self.stands:
            return
        self.status.set_hint(_("Fill in the fields; enter goes on.") if self._panel_is_form else self.hint())
        self.refresh_keys()

    @property
    def _panel_is_form(self) -> bool:
        return isinstance(self._panel, Form)

    def places(self) -> list[tuple[str, Widget | Screen[None]]]:
        """Return the places whose keys work now, nearest first, with the widget that owns each."""
        out: list[tuple[str, Widget | Screen[None]]] = []
        start = self.focused or self
        for node in start.ancestors_with_self:
            place = getattr(node, "PLACE", "")
            if place and isinstance(node, Widget):
                out.append((place, node))
                if place in COVERS:
                    return out
        if self.doctor.screen_is_not_first(self):
            out.append(("screen", self))
        return out

    def refresh_keys(self) -> None:
        """Show the keys that work now."""
        typing = self.focused is not None and self.focused.check_consume_key("a", "a")
        names = [place for place, _owner in self.places()]
        self.query_one(KeyBar).set_pairs(keys.key_line([*names, "everywhere"], typing))

    def on_descendant_focus(self) -> None:
        self.call_after_refresh(self.refresh_hint)

    def on_screen_resume(self) -> None:
        self.refresh_hint()
        self.resumed()

    # Textual calls an `on_...` handler of every class of a screen; these are the ones meant to be overridden.

    def resumed(self) -> None:
        """The screen is on top (again)."""

    async def form_saved(self, form: Form, values: dict[str, str]) -> None:
        """A form of this screen was filled in."""

    async def pasted(self, text: str) -> None:
        """Text of several lines was pasted."""
        self.say(_("Open a case first: text pasted there becomes its evidence."))

    def field_left(self) -> None:
        """A text field was left for the list."""
        self.focus_next()

    # messages

    def say(self, text: str) -> None:
        """Show one line of news."""
        self.status.say(text)

    def complain(self, text: str) -> None:
        """Show one line about what went wrong."""
        self.status.say(text, "bad")

    def failed(self, error: Exception) -> None:
        """Show an error of a practice call; the app goes on."""
        self.doctor.note_error(error)
        self.complain(sentence(error))

    # the practice

    def ask(self, call: Callable[[Practice], T], done: Callable[[T], object], *, group: str = "") -> None:
        """Call the practice in the background; `done` gets the answer. See `Jobs.ask`."""
        self.doctor.jobs.ask(self, call, done, self.failed, group=group)

    def ask_long(
        self,
        label: str,
        call: Callable[[Practice], T],
        done: Callable[[T], object],
        *,
        gives_way: bool = False,
        meter: Meter | None = None,
    ) -> bool:
        """Like `ask`, for what may take seconds: shows that it runs, and escape cancels it.

        Returns:
            False where another job runs and stays.
        """
        if self.job and self.job.gives_way:
            self._drop_job(self.job)
        if self.job:
            self.say(_("Still busy: {label}. esc cancels it.").format(label=self.job.label))
            return False
        job = Job(label, self.doctor.elapsed(), gives_way, meter=meter)

        def over() -> None:
            if self.job is job:
                self.job = None
            self._show_job()

        def answered(result: T) -> object:
            over()
            return done(result)

        def broken(error: Exception) -> None:
            over()
            self.failed(error)

        self.job = job
        self.doctor.jobs.ask(self, call, answered, broken, long=job)
        self._show_job()
        self.set_timer(1.0, self._show_job)
        return True

    def fulfil(self, form: Form, label: str, call: Callable[[Practice], T], done: Callable[[T], object]) -> None:
        """Like `ask_long`, for what a form asks for: where it fails, the form stays with all that was typed."""

        async def closed(result: T) -> None:
            if self._panel is form:
                await self.close_panel()
            after = done(result)
            if inspect.isawaitable(after):
                await after

        self.ask_long(label, call, closed)

    def write(self, form: Form, call: Callable[[Practice], T], said: Callable[[T], str]) -> None:
        """Write the files a form asks for, and say so."""
        self.fulfil(form, _("writing"), call, lambda result: self.say(said(result)))

    def _show_job(self) -> None:
        if not self.stands:
            return
        if self.job is None:
            self.title_bar.set_state(self.state())
            self.refresh_hint()
            return
        seconds = int(self.doctor.elapsed() - self.job.since)
        # The seconds come after the first one: a job that ends at once says nothing twice.
        shown = f"{self.job.label}…" + (f" {seconds} s" if seconds else "")
        if self.job.meter is not None and (megabytes := self.job.meter.count // 1_000_000):
            shown += f" {megabytes} MB"
        self.title_bar.set_state(shown)
        if seconds:
            self.set_timer(1.0, self._show_job)

    def state(self) -> str:
        """Return what stands at the right of the title while nothing runs."""
        return ""

    def refresh_title(self) -> None:
        """Show the state at the right of the title, unless a job is shown there."""
        if self.job is None:
            self.title_bar.set_state(self.state())

    # panels: a form or a choice in the place of the body

    async def open_panel(self, panel: Widget) -> None:
        """Show `panel` instead of the body until `close_panel`."""
        if self._panel is not None:
            await self.close_panel()
        self._behind = self.focused
        for child in self.body.children:
            child.display = False
        self._panel = panel
        await self.body.mount(panel)
        self.refresh_hint()

    async def close_panel(self) -> None:
        """Show the body again."""
        if self._panel is None:
            return
        panel, self._panel = self._panel, None
        behind, self._behind = self._behind, None
        await panel.remove()
        for child in self.body.children:
            child.display = True
        if behind is not None and behind.is_attached:
            behind.focus()
        self.refresh_hint()

    @property
    def panel(self) -> Widget | None:
        """What is open in the place of the body."""
        return self._panel

    def list_paths(self, panel: PathPanel, typed: str) -> None:
        """Give a path panel the files that fit what is typed."""

        def find() -> tuple[tuple[str, bool], ...]:
            try:
                return listing(typed)
            except OSError:
                return ()  # a folder that does not exist (yet) has nothing to choose from

        self.ask(lambda _p: find(), lambda found: panel.show(typed, found), group="paths")

    async def on_form_cancelled(self, event: Form.Cancelled) -> None:
        event.stop()
        await self.action_back()  # what it asked for may run

    def on_form_incomplete(self, event: Form.Incomplete) -> None:
        event.stop()
        self.complain(_("{field} is needed.").format(field=event.caption))

    async def on_form_saved(self, event: Form.Saved) -> None:
        event.stop()
        await self.form_saved(event.form, event.values)

    def on_line_left(self, event: Line.Left) -> None:
        event.stop()
        self.field_left()

    # keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """An open panel covers the keys of the screen behind it."""
        return self._panel is None or action == "back" or action.startswith("app.")

    async def action_back(self) -> None:
        if self.job is not None and not self.job.gives_way:
            self._cancel_job(self.job)
        elif self._panel is not None:
            await self.close_panel()
        elif self.doctor.screen_is_not_first(self):
            self.app.pop_screen()

    def _drop_job(self, job: Job) -> None:
        self.job = None
        if job.meter is not None:
            job.meter.stop = True
        if job.worker is not None:
            job.worker.cancel()

    def _cancel_job(self, job: Job) -> None:
        self._drop_job(job)
        self._show_job()
        self.say(_("Cancelled: {label}.").format(label=job.label))

    async def on_paste(self, event: events.Paste) -> None:
        event.stop()
        await self.pasted(event.text)

    # size

    def on_resize(self, event: events.Resize) -> None:
        width, height = event.size
        small = width < SMALLEST[0] or height < SMALLEST[1]
        if small:
            self.query_one("#small", Bar).put(
                line(f" {width}x{height}: " + _("the window is too small.")),
                line(" " + _("certdoctor needs {size}; 80x24 is comfortable.").format(size="60x15")),
                line(" " + _("Make it larger. Nothing is lost.")),
            )
        self.set_class(small, "-small")

"""The Textual app: themes, the first screen, what happens to signals and errors."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events
from textual._compositor import CompositorUpdate
from textual.app import App
from textual.binding import BindingType
from textual.screen import Screen

from certdoctor.errors import CertdoctorError
from certdoctor.language import _
from certdoctor.ui import guards, keys
from certdoctor.ui.jobs import Jobs
from certdoctor.ui.repaint import Saving, Sent
from certdoctor.ui.theme import CSS, PALETTES, AsciiOnly, theme

if TYPE_CHECKING:
    from certdoctor.casework.practice import Practice
    from certdoctor.ui.app import Options


class Doctor(App[None]):
    """certdoctor's app.

    Args:
        factory: makes the practice, in a thread; what it tells meanwhile is shown.
        lang: language of the texts that the practice gives.
        options: theme, character set, clock.
    """

    CSS = CSS
    TITLE = "certdoctor"
    PLACE = "everywhere"
    ENABLE_COMMAND_PALETTE = False  # `?` lists every action and runs it
    ENABLE_SELECT_AUTO_SCROLL = False
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings("everywhere")]

    def __init__(self, factory: Callable[[Callable[[str], object]], Practice], lang: str, options: Options) -> None:
        # With NO_COLOR the native colours are kept out of Textual's conversion to greys, so that really none
        # is written; reverse and bold remain.
        no_color = "NO_COLOR" in __import__("os").environ
        super().__init__(ansi_color=True if no_color else None)
        self.lang = lang
        self.options = options
        self.jobs = Jobs(lambda: factory(self._told))
        self.animation_level = "none"
        for name in PALETTES:
            self.register_theme(theme(name))
        # The watcher of the theme would have all styles read a second time.
        self.set_reactive(Doctor.theme, f"certdoctor-{options.theme or ('mono' if no_color else 'dark')}")
        self.stylesheet.set_variables(self.get_css_variables())
        self.set_class(self.current_theme.dark, "-dark-mode")
        self.set_class(not self.current_theme.dark, "-light-mode")
        if guards.ascii_only() if options.ascii is None else options.ascii:
            self._filters.append(AsciiOnly())
        self.last_error = ""
        self._sent = Sent()

    def get_default_screen(self) -> Screen[Any]:
        from certdoctor.ui.screens.home import Home

        return Home()

    def on_mount(self) -> None:
        self.app_resume_signal.subscribe(self, lambda _app: self.action_redraw())
        if not self.is_headless:
            guards.leave_on_signals(self.leave)

    def _told(self, line: str) -> None:
        """Show what a job's thread tells before the practice is there."""
        self.call_from_thread(self._say, line)

    def _say(self, line: str) -> None:
        from certdoctor.ui.screens.frame import Frame

        if isinstance(self.screen, Frame):
            self.screen.say(line)

    def leave(self, code: int) -> None:
        """End the app with this exit code, cleanly."""
        self.exit(return_code=code)

    def on_unmount(self) -> None:
        self.jobs.close()

    def elapsed(self) -> float:
        """Return seconds on a clock that only goes forward."""
        return monotonic()

    def screen_is_not_first(self, screen: Screen[Any]) -> bool:
        """Tell whether there is a screen to go back to."""
        return screen in self.screen_stack and self.screen_stack[0] is not screen

    def note_error(self, error: Exception) -> None:
        """Keep the traceback of an error that is a defect of ours, for the report at the end."""
        if not isinstance(error, CertdoctorError | OSError):
            self.last_error = "".join(traceback.format_exception(error))

    def _fatal_error(self) -> None:
        """End with a traceback without local variables: these may hold what a user typed or pasted."""
        self.bell()
        self._exit_renderables.append(traceback.format_exc())
        self._return_code = 1
        self._close_messages_no_wait()

    def _display(self, screen: Screen[Any], renderable: Any) -> None:
        """Write an update, without the lines that stand on the terminal already."""
        if isinstance(renderable, CompositorUpdate):
            renderable = Saving(renderable, self._sent)
        super()._display(screen, renderable)

    def on_resize(self) -> None:
        self._sent.forget()

    async def on_event(self, event: events.Event) -> None:
        from certdoctor.ui.screens.frame import Frame

        if isinstance(event, events.Key) and not event.is_forwarded and isinstance(self.screen, Frame):
            if self.screen.has_class("-small") and event.key not in ("ctrl+q", "ctrl+c", "ctrl+z", "ctrl+l"):
                return  # what is not seen is not worked on
            self.screen.status.hush()
        await super().on_event(event)

    def action_help(self) -> None:
        from certdoctor.ui.screens.frame import Frame
        from certdoctor.ui.screens.help import Help

        if isinstance(self.screen, Frame) and not isinstance(self.screen, Help):
            self.push_screen(Help(self.screen))

    def action_redraw(self) -> None:
        self._sent.forget()
        self.refresh(layout=True, repaint=True)

    def action_tell_quit(self) -> None:
        self._say(_("ctrl+q leaves certdoctor. Everything is saved already."))

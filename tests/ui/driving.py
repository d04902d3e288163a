"""Drives the app in tests and compares its screens with the texts under tests/ui/screens."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from textual import events
from textual.pilot import Pilot

from certdoctor.casework.practice import Practice
from certdoctor.plain.reports import write
from certdoctor.ui.app import Options
from certdoctor.ui.doctor import Doctor
from certdoctor.ui.screens.frame import Frame
from certdoctor.ui.widgets.rows import Rows
from tests.ui.fake_practice import NOW, FakePractice

SCREENS = Path(__file__).parent / "screens"


def screen_text(app: Doctor) -> str:
    """Return what stands on the screen, one line per row, blanks at the ends left out."""
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips) + "\n"


class User:
    """Somebody at the keyboard."""

    def __init__(self, app: Doctor, pilot: Pilot[None], practice: Practice) -> None:
        self.app = app
        self.pilot = pilot
        self.practice = practice

    @property
    def frame(self) -> Frame:
        """The screen on top."""
        assert isinstance(self.app.screen, Frame)
        return self.app.screen

    @property
    def text(self) -> str:
        """What stands on the screen."""
        return screen_text(self.app)

    @property
    def status(self) -> str:
        """The line that says what to do next, or what happened."""
        return self.frame.status.text

    async def settle(self) -> None:
        """Wait until nothing is under way, three times in a row: an answer may start the next job."""
        calm = 0
        while calm < 3:
            await self.pilot.pause()
            calm = 0 if any(not worker.is_finished for worker in self.app.workers) else calm + 1
            await self.app.workers.wait_for_complete()

    async def press(self, *keys: str) -> User:
        """Press keys one after the other and wait for what they start."""
        for key in keys:
            await self.pilot.press(key)
            await self.settle()
        return self

    async def type(self, text: str) -> User:
        """Type text into the focused field."""
        for character in text:
            await self.pilot.press("space" if character == " " else character)
        await self.settle()
        return self

    async def paste(self, text: str) -> User:
        """Paste as a terminal with bracketed paste does."""
        self.app.post_message(events.Paste(text))
        await self.settle()
        return self

    async def choose(self, part: str) -> User:
        """Move the cursor down until its line holds this text."""
        rows = next(r for r in self.app.screen.query(Rows) if r.has_focus)
        await self.press("home")
        for _step in range(200):
            if rows.key and part in rows.text_of(rows.key):
                return self
            before = rows.key
            await self.press("down")
            if rows.key == before:
                break
        raise AssertionError(f"no line holds {part!r}:\n{self.text}")

    def sees(self, *parts: str) -> User:
        """Check that the screen shows these texts."""
        for part in parts:
            assert part in self.text, f"{part!r} is not on the screen:\n{self.text}"
        return self

    def sees_not(self, *parts: str) -> User:
        """Check that the screen does not show these texts."""
        for part in parts:
            assert part not in self.text, f"{part!r} is on the screen:\n{self.text}"
        return self

    def shows(self, name: str) -> User:
        """Compare the screen with tests/ui/screens/NAME.txt; UPDATE_SCREENS=1 writes it."""
        path = SCREENS / f"{name}.txt"
        if os.environ.get("UPDATE_SCREENS") == "1":
            path.write_text(self.text, encoding="utf-8")
        assert self.text == path.read_text(encoding="utf-8"), f"{name} differs; UPDATE_SCREENS=1 rewrites it"
        return self


@asynccontextmanager
async def using(
    practice: Practice | None = None,
    *,
    size: tuple[int, int] = (80, 24),
    lang: str = "en",
    clock: Callable[[], datetime] = lambda: NOW,
    ascii: bool = False,
    theme: str | None = None,
) -> AsyncIterator[User]:
    """Run the app on a practice (the example in memory by default) and hand out its user."""
    held = practice if practice is not None else FakePractice().with_example()
    app = Doctor(lambda _told: held, lang, Options(write, clock=clock, ascii=ascii, theme=theme))
    async with app.run_test(size=size) as pilot:
        user = User(app, pilot, held)
        while not app.screen.query_one(Rows).items:  # the list is asked for once the first frame stands
            await pilot.pause(0.01)
        await user.settle()
        yield user

"""What happens when answers, timers and keys meet: a section that is being swapped never ends the app."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from certdoctor.casework.practice import Added
from certdoctor.ui.screens.sectioned import Sectioned
from tests.ui.driving import using
from tests.ui.fake_practice import FakePractice

SECTIONS = {"case": "r x n e s i f v i e i s n i f", "site": "down enter n o m t w h c n m o c"}


@pytest.mark.parametrize("place", SECTIONS)
async def test_the_screen_may_be_drawn_at_any_moment_while_its_sections_change(place: str) -> None:
    errors: list[Exception] = []
    async with using() as user:

        async def draw() -> None:
            while not errors:
                await asyncio.sleep(0)
                if isinstance(screen := user.app.screen, Sectioned) and screen.stands:
                    try:
                        screen._show_job()
                        screen.update()
                    except Exception as error:  # any exception here would have ended the app
                        errors.append(error)

        drawing = asyncio.create_task(draw())
        for key in SECTIONS[place].split():
            await user.pilot.press(key)
            if key in ("r", "x", "enter"):
                await user.settle()
            await user.pilot.pause(0.02)
        await user.press("escape")
        drawing.cancel()
    assert errors == []


class Held(FakePractice):
    """A practice whose reading of files and words waits until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.free = threading.Event()

    def add_files(
        self,
        case_id: int,
        paths: Sequence[Path],
        passwords: Sequence[str] = (),
        progress: Callable[[int], None] | None = None,
    ) -> Added:
        assert self.free.wait(10)
        return super().add_files(case_id, paths, passwords, progress)


@pytest.mark.parametrize("name", ["expc1.pem", "tomcat.pfx"])
async def test_files_are_taken_in_while_another_section_is_looked_at(name: str, tmp_path: Path) -> None:
    practice = Held()
    practice.with_example()
    file = tmp_path / name
    file.write_bytes(b"-----BEGIN CERTIFICATE-----\n")
    async with using(practice) as user:
        await user.press("r", "e", "a")
        for character in str(file):
            await user.pilot.press("space" if character == " " else character)
        await user.pilot.press("enter")
        await user.pilot.pause(0.1)
        await user.pilot.press("n")
        await user.pilot.pause(0.1)
        user.sees("n Notes", "reading")
        practice.free.set()
        await user.settle()
        assert user.frame.job is None
        if name.endswith(".pfx"):
            user.sees("A PFX file is still closed: p under Evidence (e) gives its password.")
            await user.press("e", "p")
            user.sees("Password of tomcat.pfx")
            await user.type("tomcat")
            await user.press("enter")
        assert any(name in record.path for record in practice.case(1).evidence)

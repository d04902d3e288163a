"""Whole journeys in tmux: what stands on the terminal is what the app believes stands there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCREENS = Path(__file__).parent / "screens"

pytestmark = [pytest.mark.tmux, pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")]


class Pane:
    """One tmux window of 80x24 with the app on the practice in memory."""

    def __init__(self, socket: str, environ: str = "") -> None:
        self._socket = socket
        command = f"env {environ} {sys.executable} -m tests.ui.try_it; echo left with $?; sleep 60"
        self._tmux("new-session", "-d", "-x", "80", "-y", "24", "-c", str(ROOT), command)

    def _tmux(self, *arguments: str) -> str:
        done = subprocess.run(
            ["tmux", "-L", self._socket, *arguments],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "LANG": "C.UTF-8"},
        )
        return done.stdout

    def press(self, *keys: str) -> None:
        """Press keys by their tmux names."""
        self._tmux("send-keys", *keys)

    def resize(self, width: int, height: int) -> None:
        """Make the window another size."""
        self._tmux("resize-window", "-x", str(width), "-y", str(height))

    def text(self) -> str:
        """What stands in the pane."""
        lines = self._tmux("capture-pane", "-p").splitlines()
        return "\n".join(line.rstrip() for line in lines) + "\n"

    def comes_to(self, name: str, limit: float = 15.0) -> None:
        """Wait until the pane shows tests/ui/screens/NAME.txt."""
        wanted = (SCREENS / f"{name}.txt").read_text(encoding="utf-8")
        end = time.monotonic() + limit
        while (text := self.text()) != wanted:
            if time.monotonic() > end:
                assert text == wanted
            time.sleep(0.1)

    def sees(self, part: str, limit: float = 15.0) -> None:
        """Wait until the pane holds a text."""
        end = time.monotonic() + limit
        while part not in (text := self.text()):
            assert time.monotonic() < end, f"{part!r} never came:\n{text}"
            time.sleep(0.1)

    def close(self) -> None:
        """End this tmux server."""
        subprocess.run(["tmux", "-L", self._socket, "kill-server"], capture_output=True, check=False)


@pytest.fixture
def pane(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Pane]:
    held = Pane(f"certdoctor-{os.getpid()}-{tmp_path.name}", getattr(request, "param", ""))
    yield held
    held.close()


@pytest.mark.parametrize("pane", ["TERM=screen", "TERM=xterm-256color", "TERM=linux"], indirect=True)
def test_from_the_start_to_the_fix(pane: Pane) -> None:
    pane.comes_to("home")
    pane.press("r")
    pane.comes_to("case-evidence")
    pane.press("x")
    pane.comes_to("case-findings")
    pane.press("Enter")
    pane.comes_to("finding-details")
    pane.press("f")
    pane.comes_to("finding-fix")
    pane.press("Escape")
    pane.sees("enter shows why this is so")
    pane.press("Escape")
    pane.sees("Go on where you were")
    pane.press("C-q")
    pane.sees("left with 0")


def test_after_a_change_of_size_everything_stands_right(pane: Pane) -> None:
    pane.comes_to("home")
    pane.press("r")
    pane.comes_to("case-evidence")
    for size in [(132, 40), (50, 10), (61, 16), (80, 24)]:
        pane.resize(*size)
        time.sleep(0.3)
    pane.comes_to("case-evidence")


def test_drawn_again_by_ctrl_l(pane: Pane) -> None:
    pane.comes_to("home")
    pane.press("r")
    pane.comes_to("case-evidence")
    pane.press("C-l")
    time.sleep(0.3)
    pane.comes_to("case-evidence")

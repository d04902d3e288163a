"""A real terminal: the app in tmux at 80×24, with real keys."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import uuid
from pathlib import Path
from types import TracebackType

import pytest

needs_tmux = pytest.mark.skipif(
    shutil.which("tmux") is None and not os.environ.get("CI"), reason="tmux is not installed"
)


class Terminal:
    """One tmux session of its own server that runs a command."""

    def __init__(self, command: list[str], folder: Path, width: int = 80, height: int = 24) -> None:
        self._socket = f"certdoctor-{uuid.uuid4().hex[:8]}"
        self._command = command
        self._folder = folder
        self._size = (str(width), str(height))

    def __enter__(self) -> Terminal:
        words = " ".join(f"'{word}'" for word in self._command)
        self._tmux(
            "-f", "/dev/null", "new-session", "-d", "-s", "t", "-x", self._size[0], "-y", self._size[1],
            "-c", str(self._folder), f"{words}; echo; echo ended with $?; sleep 60",
        )  # fmt: skip
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        subprocess.run(["tmux", "-L", self._socket, "kill-server"], capture_output=True, check=False)

    def _tmux(self, *arguments: str) -> str:
        done = subprocess.run(
            ["tmux", "-L", self._socket, *arguments],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "TERM": "xterm-256color", "LANG": "C.UTF-8"},
        )
        return done.stdout

    def screen(self) -> str:
        """Return the 24 lines as they stand."""
        return self._tmux("capture-pane", "-p", "-t", "t")

    def keys(self, *names: str) -> None:
        """Press keys by their tmux names."""
        for name in names:
            self._tmux("send-keys", "-t", "t", name)
            time.sleep(0.1)

    def type(self, text: str) -> None:
        """Type text as it is."""
        self._tmux("send-keys", "-t", "t", "-l", text)

    def sees(self, *texts: str, seconds: float = 30) -> str:
        """Wait until all texts stand on the screen; fail with the screen otherwise."""
        deadline = time.monotonic() + seconds
        while True:
            screen = self.screen()
            missing = [text for text in texts if text not in screen]
            if not missing:
                return screen
            if time.monotonic() > deadline:
                pytest.fail(f"not on the screen: {missing}\n{screen}")
            time.sleep(0.1)


def app(data: Path, *more: str) -> list[str]:
    """Return the command that starts the app on a data folder."""
    return [sys.executable, "-m", "certdoctor", "--data", str(data), "--lang", "en", *more]

"""What has to be set right around Textual for terminals as they are in the field."""

from __future__ import annotations

import asyncio
import codecs
import os
import signal
import sys
from collections.abc import Callable
from types import ModuleType
from typing import IO

SMALLEST = (60, 15)  # columns, lines


def prepare() -> None:
    """Set what Textual reads from the environment; call this before the first import of it."""
    # Textual waits 100 ms after Escape by default; half of that is enough on a slow link too.
    os.environ.setdefault("ESCDELAY", "50")
    os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
    os.environ.setdefault("TEXTUAL_SMOOTH_SCROLL", "0")


def refusal() -> str:
    """Return why the app cannot run in this terminal, as a key of a sentence, or ""."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return "not a terminal"
    if os.environ.get("TERM", "dumb") in ("dumb", ""):
        return "dumb terminal"
    return ""


def over_ssh() -> bool:
    """Tell whether the session came over SSH, where reports of mouse movements cost too much."""
    return bool(os.environ.get("SSH_CONNECTION") or os.environ.get("SSH_TTY"))


def ascii_only() -> bool:
    """Tell whether the user's own locale asks for plain ASCII.

    Python turns the C locale into UTF-8 (PEP 538), so the terminal's real character set shows in the
    variables alone.
    """
    for name in ("LC_ALL", "LC_CTYPE", "LANG"):
        value = os.environ.get(name, "")
        if not value or (name == "LC_CTYPE" and value == "C.UTF-8"):
            continue  # unset, or set by Python itself
        return "utf" not in value.lower()
    return os.environ.get("LC_CTYPE") != "C.UTF-8" or "LANG" in os.environ


def forgive_bad_bytes(driver: ModuleType) -> None:
    """Make a driver module decode its input with replacement characters.

    Textual decodes strictly, so that one byte of a Latin-1 paste ends the whole app.
    """

    def lenient(encoding: str) -> Callable[[], codecs.IncrementalDecoder]:
        decoder = codecs.getincrementaldecoder(encoding)
        return lambda: decoder(errors="replace")

    driver.getincrementaldecoder = lenient  # type: ignore[attr-defined]


class _Outlet:
    """The terminal as a file that drops what is written to it once the terminal is gone."""

    def __init__(self, file: IO[str]) -> None:
        self._file: IO[str] | None = file
        self.fileno = file.fileno

    def write(self, text: str) -> None:
        self._attempt(lambda file: file.write(text))

    def flush(self) -> None:
        self._attempt(lambda file: file.flush())

    def _attempt(self, call: Callable[[IO[str]], object]) -> None:
        if self._file is not None:
            try:
                call(self._file)
            except OSError:
                self._file = None


def outlive_terminal(driver: ModuleType) -> None:
    """Make a driver module's writer go on when the connection is dropped.

    Textual's writer thread ends with the first error, and the app then waits for ever for room in its queue.
    """
    writer = driver.WriterThread
    driver.WriterThread = lambda file: writer(_Outlet(file))  # type: ignore[attr-defined]


def leave_on_signals(leave: Callable[[int], None]) -> None:
    """Call `leave(128 + number)` in the running loop on SIGHUP and SIGTERM, so that the app unmounts cleanly."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGHUP, signal.SIGTERM):
        loop.add_signal_handler(number, leave, 128 + number)

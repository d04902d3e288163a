"""The app in a real pseudo-terminal: start, bytes on the wire, signals, odd input."""

from __future__ import annotations

import errno
import io
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fcntl import ioctl
from pathlib import Path
from types import ModuleType

import pytest
from textual.drivers._writer_thread import MAX_QUEUED_WRITES, WriterThread

from certdoctor.ui import guards

ROOT = Path(__file__).parents[2]


class Terminal:
    """A terminal of 80x24 that counts what is written to it."""

    def __init__(self, arguments: list[str], environ: dict[str, str]) -> None:
        self.master, slave = pty.openpty()
        ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        plain = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "LC_ALL", "LC_CTYPE")}
        self.process = subprocess.Popen(
            [sys.executable, *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=ROOT,
            env=plain | {"TERM": "xterm-256color", "LANG": "C.UTF-8", "COLUMNS": "80", "LINES": "24"} | environ,
            start_new_session=True,
            preexec_fn=lambda: ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(slave)
        self.written = b""

    def read(self, quiet: float = 0.4, limit: float = 10.0) -> bytes:
        """Return what is written until nothing comes for `quiet` seconds."""
        out = b""
        end = time.monotonic() + limit
        while time.monotonic() < end:
            ready, _, _ = select.select([self.master], [], [], quiet)
            if not ready:
                break
            try:
                chunk = os.read(self.master, 65536)
            except OSError:  # the other end is closed
                break
            if not chunk:
                break
            out += chunk
        self.written += out
        return out

    def wait_for(self, text: str, limit: float = 20.0) -> None:
        """Read until `text` was written."""
        end = time.monotonic() + limit
        while text.encode() not in self.written:
            assert time.monotonic() < end, f"{text!r} never came:\n{self.written[-3000:]!r}"
            self.read(quiet=0.1, limit=0.5)

    def send(self, keys: bytes) -> bytes:
        """Press keys and return what is written for them."""
        os.write(self.master, keys)
        return self.read()

    def end(self, limit: float = 10.0) -> int:
        """Wait for the end and return the exit code."""
        deadline = time.monotonic() + limit
        while self.process.poll() is None and time.monotonic() < deadline:
            self.read(quiet=0.1, limit=0.2)
        return self.process.wait(timeout=1)

    def close(self) -> None:
        """Hang up."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        with suppress(OSError):
            os.close(self.master)


@contextmanager
def terminal(*arguments: str, **environ: str) -> Iterator[Terminal]:
    """Run the app on the practice in memory in a terminal."""
    term = Terminal(["-m", "tests.ui.try_it", *arguments], environ)
    try:
        yield term
    finally:
        term.close()


def test_bytes_for_each_key_stay_small() -> None:
    with terminal("many") as term:
        term.wait_for("Customer 0001")
        term.read()
        moves = [len(term.send(b"\x1b[B")) for _step in range(60)]
        assert sorted(moves)[len(moves) // 2] <= 400, moves
        assert sum(moves) / len(moves) <= 700, moves
        assert len(term.send(b"\x1b[6~")) <= 6000
        assert term.read(quiet=2.0) == b"", "something is written while nothing happens"


def test_a_screen_opens_within_its_bytes() -> None:
    with terminal() as term:
        term.wait_for("C-0001")
        term.read()
        assert len(term.send(b"r")) <= 13_000
        assert len(term.send(b"s")) <= 5_000
        term.send(b"/")
        assert len(term.send(b"z")) <= 1_500  # the field, and the matches below it


@pytest.mark.parametrize(("number", "code"), [(signal.SIGHUP, 129), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_app_cleanly(number: signal.Signals, code: int) -> None:
    with terminal() as term:
        term.wait_for("C-0001")
        os.kill(term.process.pid, number)
        assert term.end() == code
        assert b"\x1b[?1049l" in term.written  # the screen was given back


def test_a_dropped_connection_ends_the_app() -> None:
    with terminal() as term:
        term.wait_for("C-0001")
        os.close(term.master)  # the kernel sends SIGHUP
        assert term.process.wait(timeout=10) == 129
        term.master = os.open(os.devnull, os.O_RDONLY)


class Gone(io.StringIO):
    """A terminal whose connection was dropped."""

    def write(self, text: str) -> int:
        raise OSError(errno.EIO, "Input/output error")

    def flush(self) -> None:
        raise OSError(errno.EIO, "Input/output error")

    def fileno(self) -> int:
        return 2


def test_leaving_never_waits_for_a_terminal_that_is_gone() -> None:
    driver = ModuleType("driver")
    driver.WriterThread = WriterThread  # type: ignore[attr-defined]
    guards.outlive_terminal(driver)
    writer = driver.WriterThread(Gone())
    writer.start()

    def leave() -> None:
        for _number in range(MAX_QUEUED_WRITES * 3):
            writer.write("a screen")
        writer.stop()

    leaving = threading.Thread(target=leave, daemon=True)
    leaving.start()
    leaving.join(10)
    assert not leaving.is_alive()


def test_a_byte_that_is_not_utf8_is_survived() -> None:
    with terminal() as term:
        term.wait_for("C-0001")
        term.read()
        term.send(b"\xe4\xff")
        term.send(b"/")
        assert b"Contoso" in term.send(b"Cont\xe4") or term.process.poll() is None
        os.write(term.master, b"\x11")
        assert term.end() == 0


def test_leaving_by_ctrl_q_is_exit_code_0() -> None:
    with terminal() as term:
        term.wait_for("C-0001")
        os.write(term.master, b"\x11")
        assert term.end() == 0


def test_coming_back_from_the_shell_draws_the_screen_again() -> None:
    with terminal() as term:
        term.wait_for("C-0001")
        term.read()
        term.send(b"\x1a")
        for _try in range(50):
            if _stopped(term.process.pid):
                break
            time.sleep(0.1)
        assert _stopped(term.process.pid)
        term.written = b""
        os.kill(term.process.pid, signal.SIGCONT)
        term.wait_for("C-0001")


def _stopped(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "T"


def test_a_dumb_terminal_is_told_what_to_use() -> None:
    with terminal(TERM="dumb") as term:
        assert term.end() == 2
        term.read()
        assert b"certdoctor examine" in term.written
        assert b"\x1b" not in term.written


def test_no_color_sends_no_colour_at_all() -> None:
    with terminal(NO_COLOR="1") as term:
        term.wait_for("C-0001")
        term.read()
        codes = {int(part) for group in re.findall(rb"\x1b\[([\d;]+)m", term.written) for part in group.split(b";")}
        assert codes <= {0, 1, 2, 3, 4, 7, 39, 49}, codes


def test_the_first_frame_stands_before_the_core_is_loaded() -> None:
    script = (
        "import sys; import certdoctor.ui.app, certdoctor.ui.doctor, certdoctor.ui.screens.home\n"
        "print([m for m in ('sqlalchemy', 'alembic', 'cryptography', 'msgspec', 'durable', 'certdoctor.knowledge',\n"
        "       'certdoctor.casework', 'certdoctor.ui.screens.case') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "[]"


def test_the_entry_point_itself_loads_no_textual() -> None:
    script = "import sys; import certdoctor.ui.app; print('textual' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "False"

"""Time from start to the first painted screen, as a ratio to a Textual app that shows one line."""

from __future__ import annotations

import os
import pty
import select
import signal
import statistics
import sys
import tempfile
import time
from pathlib import Path

HELLO = """
from textual.app import App
from textual.widgets import Static
class Hello(App):
    def compose(self):
        yield Static("hello ready")
Hello().run()
"""


def main(rounds: int = 7) -> None:
    """Print both times in ms and their ratio, and the peak memory of the app."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "hello.py"
        script.write_text(HELLO)
        ours = [sys.executable, "-m", "certdoctor", "--data", str(Path(folder) / "data")]
        first = _painted([sys.executable, str(script)], b"hello ready")
        _painted(ours, b"certdoctor")
        hello, app, peak = [first[0]], [], []
        for _ in range(rounds):
            hello.append(_painted([sys.executable, str(script)], b"hello ready")[0])
            seconds, memory = _painted(ours, b"certdoctor")
            app.append(seconds)
            peak.append(memory)
    bare, full = min(hello), min(app)
    print(f"start to first screen: bare Textual {bare * 1000:.0f} ms, certdoctor {full * 1000:.0f} ms")
    print(f"   ratio {full / bare:.2f}")
    print(f"   medians: {statistics.median(hello) * 1000:.0f} ms and {statistics.median(app) * 1000:.0f} ms")
    print(f"   memory of the app on its first screen: {max(peak):.0f} MiB")


def _painted(command: list[str], text: bytes) -> tuple[float, float]:
    """Start a program in an 80x24 terminal; return seconds until `text` is painted, and its peak memory in MiB."""
    began = time.perf_counter()
    child, terminal = pty.fork()
    if child == 0:
        # As for a user: Python keeps our modules compiled, as pip did for Textual's.
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ.update(TERM="xterm-256color", LINES="24", COLUMNS="80", TEXTUAL_ANIMATIONS="none")
        os.execv(command[0], command)
    seen, seconds = b"", 0.0
    try:
        while not seconds and time.perf_counter() - began < 30:
            if select.select([terminal], [], [], 0.05)[0]:
                try:
                    seen += os.read(terminal, 65536)
                except OSError:
                    break
            if text in seen:
                seconds = time.perf_counter() - began
        time.sleep(1.0)
        status = Path(f"/proc/{child}/status")
        lines = status.read_text().splitlines() if status.exists() else []
        peak = next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), 0.0)
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(terminal)
    if not seconds:
        raise SystemExit(f"{' '.join(command)} painted nothing within 30 s:\n{seen[-500:].decode(errors='replace')}")
    return seconds, peak

"""The whole way with keys alone: the example site from the first screen to the closed case."""

from __future__ import annotations

from pathlib import Path

import pytest

from certdoctor.resources import folder
from tests.journeys.terminal import Terminal, app, needs_tmux

pytestmark = [pytest.mark.tmux, needs_tmux]


def test_from_first_screen_to_closed_case(tmp_path: Path) -> None:
    data, cure = tmp_path / "data", tmp_path / "cure"
    with Terminal(app(data), tmp_path) as terminal:
        terminal.sees("Welcome", "worked example")
        terminal.keys("e")
        terminal.sees("C-0001", "Evidence 2")
        terminal.keys("x")
        terminal.sees("cause found", "CUCM does not trust the CA of Expressway-C")
        terminal.sees("Clients cannot accept the certificate of Expressway-E")

        terminal.keys("Enter")
        terminal.sees("Details and proof", "CallManager-trust")
        terminal.keys("f")
        terminal.sees("Steps", "[ ] 1.")
        terminal.keys("Space")
        terminal.sees("[x] 1.")
        terminal.keys("w")
        terminal.sees("Folder")
        terminal.keys("C-u")
        terminal.type(str(cure))
        terminal.keys("Enter")
        terminal.sees("Written:")
        written = sorted(path.name for path in cure.iterdir())
        assert any("tomcat-trust" in name for name in written)
        assert any("CallManager-trust" in name for name in written)
        assert all(b"PRIVATE KEY" not in path.read_bytes() for path in cure.iterdir())

        # A key right behind Escape would be read as Alt and that key.
        terminal.keys("Escape")
        terminal.sees("Findings 2")
        terminal.keys("e")
        terminal.sees("cucm-pub", "add files")
        terminal.keys("a")
        terminal.sees("File, folder or archive to add")
        terminal.type(str(folder("kb") / "example" / "repaired"))
        terminal.keys("Enter")
        terminal.sees("documents read")
        terminal.keys("x")
        terminal.sees("no fault found")
        terminal.keys("o")
        terminal.sees("Close the case")
        terminal.type("CUCM lacked the CAs of C, the name of E was missing")
        terminal.keys("Enter")
        terminal.sees("closed")
        terminal.keys("Escape")
        terminal.sees("Beispiel AG", "Zentrale")

    # The history tells the story, also after the app is gone.
    with Terminal(app(data, "case", "export", "C-0001"), tmp_path, height=120) as terminal:
        story = terminal.sees("## History", "case closed", "ended with 0")
    for event in ("case opened", "evidence", "examined", "step"):
        assert event in story

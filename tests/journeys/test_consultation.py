"""The consultation with keys alone, in both languages, on the screen and line by line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.journeys.terminal import Terminal, app, needs_tmux

pytestmark = [pytest.mark.tmux, needs_tmux]

SITE = """
schema: certdoctor/site@1
customer: Example Ltd
site: HQ
domains: [example.com]
nodes:
  - {id: expc1, role: expressway-c, names: [expc1.example.com]}
  - {id: expe1, role: expressway-e, names: [expe1.example.com]}
symptoms: [ssh-tunnels-down]
"""

WORDS = {
    "en": {
        "archive": "Can you get from",
        "possible": "Possible, by what is known",
        "why": "it shows none of these",
        "how": "How ",
        "whynot": "Why not",
        "answered": "Answered",
        "had": "it cannot be had",
        "request": "Wanted for Example Ltd",
        "what": "What does the customer see?",
        "found": "The SSH tunnels between Expressway-C and Expressway-E are down",
        "help": "take the last answer back",
        "likeliest": "What would decide it:",
    },
    "de": {
        "archive": "Lässt sich von",
        "possible": "Möglich, nach Stand der Dinge",
        "why": "nichts davon zeigt sich",
        "how": "Wie es zu",
        "whynot": "Warum nicht",
        "answered": "Beantwortet",
        "had": "ist nicht zu bekommen",
        "request": "Gebraucht für Example Ltd",
        "what": "Was sieht der Kunde?",
        "found": "Die SSH-Tunnel zwischen Expressway-C und Expressway-E sind ausgefallen",
        "help": "die letzte Antwort zurücknehmen",
        "likeliest": "Was die Entscheidung brächte:",
    },
}


def certdoctor(data: Path, lang: str, *words: str) -> list[str]:
    return [*app(data)[:-1], lang, *words]


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "site.yml").write_text(SITE)
    return folder


@pytest.mark.parametrize("lang", WORDS)
def test_on_the_screen_and_again_after_the_connection_dropped(lang: str, site: Path, tmp_path: Path) -> None:
    words, data = WORDS[lang], tmp_path / "data"
    saved = subprocess.run(
        [sys.executable, "-m", "certdoctor", "--data", str(data), "examine", str(site), "--save"],
        capture_output=True,
        check=False,
        env={**os.environ, "LANG": "C.UTF-8"},
    )
    assert saved.returncode == 3, saved.stderr
    with Terminal(certdoctor(data, lang), tmp_path) as terminal:
        terminal.sees("C-0001")
        terminal.keys("r")
        terminal.sees("ssh-expc1-expe1")
        terminal.keys("i")
        terminal.sees(words["archive"], words["possible"])
        terminal.keys("w")
        terminal.sees(words["why"])
        terminal.keys("Escape")
        terminal.sees(words["possible"])
        terminal.keys("h")
        terminal.sees(words["how"])
        terminal.keys("Tab", "y")
        terminal.sees(words["whynot"])
        terminal.keys("Escape")
        terminal.sees(words["possible"])
        terminal.keys("p")
        terminal.sees(words["request"], "Collect log > Download log")
        terminal.keys("Escape")
        terminal.sees(words["possible"])
        terminal.keys("0")
        terminal.sees(words["answered"], words["had"])
    # The terminal is gone without a word; the case knows the answer.
    with Terminal(certdoctor(data, lang), tmp_path) as terminal:
        terminal.sees("C-0001")
        terminal.keys("r")
        terminal.sees("ssh-expc1-expe1")
        terminal.keys("i")
        terminal.sees(words["answered"], words["had"])
        terminal.keys("u")
        terminal.sees(words["archive"])
        terminal.keys("C-q")
        terminal.sees("ended with 0")


@pytest.mark.parametrize("lang", WORDS)
def test_line_by_line(lang: str, site: Path, tmp_path: Path) -> None:
    words = WORDS[lang]
    with Terminal(certdoctor(tmp_path / "data", lang, "ask", str(site)), tmp_path, height=200) as terminal:
        terminal.sees(words["what"])
        terminal.type("ssh tunnel 2222")
        terminal.keys("Enter")
        terminal.sees(words["found"])
        terminal.type("1")
        terminal.keys("Enter")
        terminal.sees(words["archive"])
        for line in ("?", "w", "h", "n", "r"):
            terminal.type(line)
            terminal.keys("Enter")
        terminal.sees(words["help"], words["why"], words["how"], words["whynot"], words["request"])
        terminal.type("0")
        terminal.keys("Enter")
        terminal.type("q")
        terminal.keys("Enter")
        terminal.sees(words["likeliest"], "ended with")

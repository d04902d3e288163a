"""Installed from its wheel into an empty environment, outside any checkout, everything works."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from certdoctor.resources import folder
from tests.journeys.terminal import Terminal, needs_tmux

ROOT = Path(__file__).resolve().parents[2]

pytestmark = [pytest.mark.wheel, needs_tmux]


def _run(*command: str, cwd: Path, expect: int = 0) -> str:
    clean = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "VIRTUAL_ENV")}
    # durable_rules calls a function that Python 3.13 removed; the Makefile sets the same.
    clean["CPPFLAGS"] = "-DPyEval_CallObject=PyObject_CallObject"
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, env=clean, check=False)
    assert done.returncode == expect, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


def test_wheel_works_in_an_empty_environment(tmp_path: Path) -> None:
    _run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", str(tmp_path), str(ROOT), cwd=tmp_path)
    (wheel,) = tmp_path.glob("certdoctor-*.whl")
    _run(sys.executable, "-m", "venv", str(tmp_path / "venv"), cwd=tmp_path)
    python = str(tmp_path / "venv" / "bin" / "python")
    _run(python, "-m", "pip", "install", "--quiet", str(wheel), cwd=tmp_path)
    program = str(tmp_path / "venv" / "bin" / "certdoctor")
    site = tmp_path / "site"
    shutil.copytree(folder("kb") / "example" / "site", site)
    result = json.loads(_run(program, "examine", str(site), "--format", "json", cwd=tmp_path, expect=1))
    assert result["verdict"] == "cause_found"
    assert result["findings"][0]["diagnosis"] == "MRA-01"
    _run(program, "kb", "check", cwd=tmp_path)
    # As most people start it: one word.
    with Terminal(["env", f"CERTDOCTOR_DATA={tmp_path / 'data'}", "LANG=C.UTF-8", program], tmp_path) as terminal:
        terminal.sees("Welcome")
        terminal.keys("e")
        terminal.sees("C-0001", "Evidence 2")

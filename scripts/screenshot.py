"""Renders docs/app.svg, the picture in the README: a fix of the worked example site.

Run it after a change of the screens: .venv/bin/python scripts/screenshot.py
"""

from __future__ import annotations

import asyncio
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from certdoctor.casework.practice import Practice
from certdoctor.plain.reports import write
from certdoctor.ui.app import Options
from certdoctor.ui.doctor import Doctor

PICTURE = Path(__file__).resolve().parents[1] / "docs" / "app.svg"
KEYS = ("e", "x", "enter", "f")
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


async def main() -> None:
    """Work the example up to its fix and save the screen."""
    with tempfile.TemporaryDirectory() as folder:
        app = Doctor(
            lambda _told: Practice(Path(folder), lambda: NOW, "anna"),
            "en",
            Options(write, theme="dark", clock=lambda: NOW),
        )
        async with app.run_test(size=(80, 24)) as pilot:
            for key in ("", *KEYS):
                if key:
                    await pilot.press(key)
                for _round in range(3):
                    await pilot.pause(0.3)
                    await app.workers.wait_for_complete()
            PICTURE.write_text(app.export_screenshot(title="certdoctor"), encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(main())

"""Runs the app on the practice in memory, to look at it: python -m tests.ui.try_it [empty|many] [slow]."""

from __future__ import annotations

import sys

from certdoctor.plain.reports import write
from certdoctor.ui.app import Options, run
from tests.ui.fake_practice import NOW, FakePractice


def main() -> int:
    """Run the app."""
    practice = FakePractice(slow=4.0 if "slow" in sys.argv else 0.0)
    if "many" in sys.argv:
        for number in range(1, 501):
            practice.create_site(f"Customer {number:04}", "HQ")
    elif "empty" not in sys.argv:
        practice.with_example()
    return run(lambda _told: practice, "en", Options(write, clock=lambda: NOW))


if __name__ == "__main__":
    raise SystemExit(main())

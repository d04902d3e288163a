"""The practice for one command."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from certdoctor.casework.practice import Practice


@contextmanager
def opened(data: Path, now: Callable[[], datetime]) -> Iterator[Practice]:
    """Give the practice of a data folder and close it again. What it tells goes to the error output."""
    from certdoctor.casework.practice import Practice

    practice = Practice(data, now, told=lambda line: print(line, file=sys.stderr))
    try:
        if practice.notice:
            print(practice.notice, file=sys.stderr)
        yield practice
    finally:
        practice.close()

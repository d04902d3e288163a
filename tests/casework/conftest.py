"""A practice on its own copy of an empty database, with a clock that can be turned."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from certdoctor.casework.practice import Practice
from tests.pki import NOW


@dataclass
class Clock:
    """Stands still until it is turned."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def data(tmp_path: Path, fresh_database: Path) -> Path:
    """A data folder with an empty database."""
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    (folder / "certdoctor.db").write_bytes(fresh_database.read_bytes())
    return folder


@pytest.fixture
def practice(data: Path, clock: Clock) -> Iterator[Practice]:
    opened = Practice(data, clock, "kim")
    yield opened
    opened.close()

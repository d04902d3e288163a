"""A database file is made once; each test gets its own copy of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from certdoctor.store.database import Database
from tests.pki import NOW


@pytest.fixture
def folder(tmp_path: Path, fresh_database: Path) -> Path:
    """A data folder with an empty database."""
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    (data / "certdoctor.db").write_bytes(fresh_database.read_bytes())
    return data


@pytest.fixture
def database(folder: Path) -> Iterator[Database]:
    """An empty database."""
    opened = Database(folder, NOW)
    yield opened
    opened.close()

"""What tests of several parts need."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def fresh_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database file as the migrations make it, to be copied."""
    from certdoctor.store.database import Database
    from tests.pki import NOW

    made = Database(tmp_path_factory.mktemp("fresh"), NOW)
    made.close()
    return made.file

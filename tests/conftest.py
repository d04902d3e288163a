"""What tests of several parts need."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from certdoctor.language import current, set_language


@pytest.fixture(scope="session")
def fresh_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database file as the migrations make it, to be copied."""
    from certdoctor.store.database import Database
    from tests.pki import NOW

    made = Database(tmp_path_factory.mktemp("fresh"), NOW)
    made.close()
    return made.file


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Speak English again after a test that spoke otherwise."""
    yield
    if current() != "en":
        set_language("en")

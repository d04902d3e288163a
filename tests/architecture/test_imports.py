"""The import contracts once more, as what is really loaded in a fresh process."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("textual", "rich", "sqlalchemy", "alembic", "cryptography", "durable", "ruamel")


def loaded(statement: str) -> set[str]:
    """Return the top-level packages that a statement loads."""
    code = f"{statement}\nimport sys\nprint(' '.join({{name.partition('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("import certdoctor.cli", HEAVY),
        ("from certdoctor.cli import build_parser; build_parser()", HEAVY),
        ("import certdoctor.evidence.read", ("textual", "rich", "sqlalchemy", "alembic", "durable")),
        ("import certdoctor.deployment.judge", ("textual", "rich", "sqlalchemy", "alembic", "durable")),
        (
            "import certdoctor.facts.derive, certdoctor.facts.logs",
            ("textual", "rich", "sqlalchemy", "alembic", "durable"),
        ),
        ("import certdoctor.reasoning.conclude", ("textual", "rich", "sqlalchemy", "alembic", "durable")),
        ("import certdoctor.casework.examine", ("textual", "rich", "sqlalchemy", "alembic", "durable")),
        ("import certdoctor.ui.app", ("sqlalchemy", "alembic", "cryptography", "durable")),
    ],
)
def test_loads_only_what_it_needs(statement: str, absent: tuple[str, ...]) -> None:
    assert not loaded(statement) & set(absent)

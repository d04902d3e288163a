"""The migrations and the tables say the same, and migrating never loses rows."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from certdoctor import resources
from certdoctor.errors import CertdoctorError
from certdoctor.evidence.site import NodeDescription
from certdoctor.store import cases, migrate, sites, tables
from certdoctor.store.database import Database
from tests.pki import NOW


def _is_ours(_item: Any, name: str | None, kind: str, _reflected: bool, _other: Any) -> bool:
    """The tables of the full-text index are SQLite's own."""
    return not (kind == "table" and str(name).startswith("search_words"))


def test_tables_and_migrations_do_not_drift_apart(fresh_database: Path) -> None:
    engine = create_engine(f"sqlite:///{fresh_database}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_object": _is_ours})
        assert compare_metadata(context, tables.Table.metadata) == []
    engine.dispose()


def test_drift_would_be_seen(fresh_database: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    copy.write_bytes(fresh_database.read_bytes())
    with closing(sqlite3.connect(copy)) as plain, plain:
        plain.execute("DROP INDEX ix_note_case_id")
    engine = create_engine(f"sqlite:///{copy}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": _is_ours})
        found = compare_metadata(context, tables.Table.metadata)
    engine.dispose()
    assert [entry[0] for entry in found] == ["add_index"]


def test_authors_can_ask_alembic_itself() -> None:
    """`alembic check` builds its own scratch database from the migrations."""
    ini = resources.folder("migrations") / "alembic.ini"
    done = subprocess.run(
        [sys.executable, "-m", "alembic", "-c", str(ini), "check"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
    )
    assert (done.returncode, "No new upgrade operations" in done.stdout + done.stderr) == (0, True), done.stderr


def test_revisions_are_those_of_alembic_in_order() -> None:
    """The app reads them from the file names, so that it need not load Alembic."""
    config = Config()
    config.set_main_option("script_location", str(resources.folder("migrations")))
    script = ScriptDirectory.from_config(config)
    walked = [revision.revision for revision in script.walk_revisions()][::-1]
    assert tuple(walked) == migrate.revisions()
    assert script.get_current_head() == tables.REVISION


def test_every_constraint_has_a_name() -> None:
    unnamed = [
        f"{table.name}: {constraint!r}"
        for table in tables.Table.metadata.tables.values()
        for constraint in table.constraints
        if not constraint.name
    ]
    assert unnamed == []


def test_rebuilding_a_table_keeps_the_rows_that_point_to_it(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With foreign keys on, Alembic's rebuild of `site` would delete its nodes (ON DELETE CASCADE)."""
    database = Database(folder, NOW)
    with database.writing() as session:
        site = sites.create(session, "Example Ltd", "HQ", [], NOW)
        sites.put_node(session, site, NodeDescription("expc1", "expressway-c"))
        cases.create(session, site, "Zone down", NOW)
    database.close()

    written = _migrations_with(
        tmp_path,
        """
        with op.batch_alter_table("site", recreate="always") as batch:
            batch.add_column(sa.Column("street", sa.String(), nullable=True))
        """,
    )
    monkeypatch.setattr(resources, "folder", lambda _: written)
    migrate.run(folder / "certdoctor.db")
    with closing(sqlite3.connect(folder / "certdoctor.db")) as connection:
        counts = [connection.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in ("site", "node", '"case"')]
        assert connection.execute("SELECT street FROM site").fetchall() == [(None,)]
    assert counts == [1, 1, 1]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("op.execute(\"INSERT INTO setting VALUES ('a', 'b')\"); raise RuntimeError(\"midway\")", "midway"),
        ('op.execute("UPDATE site SET customer_id = 77")', "would point to rows"),
    ],
)
def test_a_migration_is_done_whole_or_not_at_all(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, error: str
) -> None:
    database = Database(folder, NOW)
    with database.writing() as session:
        sites.create(session, "Example Ltd", "HQ", [], NOW)
    database.close()
    file = folder / "certdoctor.db"
    with closing(sqlite3.connect(file)) as connection:
        before = list(connection.iterdump())
    written = _migrations_with(tmp_path, body)
    monkeypatch.setattr(resources, "folder", lambda _: written)
    with pytest.raises((RuntimeError, CertdoctorError), match=error):
        migrate.run(file)
    with closing(sqlite3.connect(file)) as connection:
        assert list(connection.iterdump()) == before


def _migrations_with(tmp_path: Path, body: str) -> Path:
    """The project's migrations and one more."""
    source, copy = resources.folder("migrations"), tmp_path / "migrations"
    (copy / "versions").mkdir(parents=True, exist_ok=True)
    for file in (source / "env.py", source / "script.py.mako", *(source / "versions").glob("*.py")):
        (copy / file.relative_to(source)).write_bytes(file.read_bytes())
    lines = "\n    ".join(line.removeprefix("        ") for line in body.strip("\n").splitlines())
    (copy / "versions" / "9000_next.py").write_text(
        "import sqlalchemy as sa\nfrom alembic import op\n"
        f"revision = '9000'\ndown_revision = '{migrate.revisions()[-1]}'\n"
        f"def upgrade():\n    {lines}\n"
    )
    return copy

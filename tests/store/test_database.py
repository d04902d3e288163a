"""Transactions: whole or not at all, and many writers at once."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from certdoctor.errors import CertdoctorError
from certdoctor.store import cases, database, sites
from certdoctor.store.database import Database
from certdoctor.store.tables import Site
from tests.pki import NOW


def test_a_block_that_fails_leaves_nothing(database: Database) -> None:
    def fail() -> None:
        with database.writing() as session:
            sites.create(session, "Example Ltd", "HQ", [], NOW)
            raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError):
        fail()
    with database.reading() as session:
        assert sites.records(session) == ()


def test_what_is_written_is_seen_by_others_at_once(folder: Path) -> None:
    one, two = Database(folder, NOW), Database(folder, NOW)
    with one.writing() as session:
        sites.create(session, "Example Ltd", "HQ", [], NOW)
    with two.reading() as session:
        assert [site.name for site in sites.records(session)] == ["HQ"]
    one.close()
    two.close()


def test_a_reader_sees_one_state(folder: Path) -> None:
    one, two = Database(folder, NOW), Database(folder, NOW)
    with two.reading() as session:
        assert sites.records(session) == ()
        with one.writing() as other:
            sites.create(other, "Example Ltd", "HQ", [], NOW)
        assert sites.records(session) == ()
    one.close()
    two.close()


def test_foreign_keys_hold(database: Database) -> None:
    with pytest.raises(IntegrityError), database.writing() as session:
        session.add(Site(customer_id=77, name="HQ", domains=[], created=NOW))


def test_settings_of_every_connection(database: Database) -> None:
    with database.reading() as session:
        pragmas = {
            name: session.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("foreign_keys", "synchronous", "journal_mode", "busy_timeout")
        }
    assert pragmas == {"foreign_keys": 1, "synchronous": 2, "journal_mode": "wal", "busy_timeout": 30_000}


def test_a_time_without_zone_is_a_defect(database: Database) -> None:
    with pytest.raises(Exception, match="without its zone"), database.writing() as session:
        sites.create(session, "Example Ltd", "HQ", [], NOW.replace(tzinfo=None))


def test_text_that_is_not_unicode_can_be_kept(database: Database) -> None:
    """File names that are not UTF-8 come with lone surrogates."""
    with database.writing() as session:
        site = sites.create(session, "caf\udce9", "HQ", ["d\udce9.example"], NOW)
        case = cases.create(session, site, "t\udce9", NOW)
    with database.reading() as session:
        assert sites.record(session, site).customer == "caf\\udce9"
        assert cases.record(session, case).title == "t\\udce9"
        assert sites.find(session, "caf\udce9", "HQ") == site


@pytest.mark.parametrize(
    ("pragma", "said"),
    [("PRAGMA max_page_count = 1", "the disk is full"), ("PRAGMA query_only = 1", "it may not be written to")],
)
def test_what_the_machine_is_to_blame_for_is_told(database: Database, pragma: str, said: str) -> None:
    def write() -> None:
        with database.writing() as session:
            session.execute(text(pragma))
            for number in range(200):
                sites.create(session, "Example Ltd", f"Site {number} {'x' * 2000}", [], NOW)

    with pytest.raises(CertdoctorError, match=said):
        write()


def test_a_locked_database_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "PATIENCE", 0.05)
    opened = Database(folder, NOW)
    with closing(sqlite3.connect(folder / "certdoctor.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(CertdoctorError, match="another program holds it"), opened.writing():
            pass
    opened.close()


WRITER = """
import sys
from pathlib import Path
from certdoctor.store import cases, sites
from certdoctor.store.database import Database
from tests.pki import NOW

database = Database(Path(sys.argv[1]), NOW)
for number in range(20):
    with database.writing() as session:
        # Read, then write: what fails at once under a deferred transaction.
        held = cases.row(session, 1).text
        cases.set_symptoms(session, 1, [], held + sys.argv[2])
database.close()
"""


def test_no_write_of_many_processes_is_lost(folder: Path) -> None:
    opened = Database(folder, NOW)
    with opened.writing() as session:
        cases.create(session, sites.create(session, "Example Ltd", "HQ", [], NOW), "Zone down", NOW)
    path = os.pathsep.join(p for p in sys.path if p)
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(folder), letter],
            env={**os.environ, "PYTHONPATH": path},
            stderr=subprocess.PIPE,
        )
        for letter in "abcd"
    ]
    errors = [writer.communicate()[1] for writer in writers]
    assert errors == [b""] * 4
    with opened.reading() as session:
        assert sorted(cases.record(session, 1).text) == sorted("abcd" * 20)
    opened.close()

"""Opening a database: a new one, an older, a newer, a damaged one, and who may read it."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from certdoctor.errors import CertdoctorError
from certdoctor.store import files, migrate, opening, sites
from certdoctor.store.database import Database
from certdoctor.store.tables import Table
from tests.pki import NOW


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def with_site(folder: Path, name: str = "HQ") -> None:
    database = Database(folder, NOW)
    with database.writing() as session:
        sites.create(session, "Example Ltd", name, ["example.com"], NOW)
    database.close()


def site_names(folder: Path) -> list[str]:
    database = Database(folder, NOW)
    with database.reading() as session:
        found = [site.name for site in sites.records(session)]
    database.close()
    return found


def test_a_new_database_is_made_by_the_migrations(tmp_path: Path) -> None:
    database = Database(tmp_path / "new" / "data", NOW)
    database.close()
    assert database.notice == ""
    with closing(sqlite3.connect(database.file)) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        (revision,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        (journal,) = connection.execute("PRAGMA journal_mode").fetchone()
    assert {t for t in tables if not t.startswith("search_words")} == set(Table.metadata.tables) | {"alembic_version"}
    assert revision == migrate.revisions()[-1]
    assert journal == "wal"


def test_only_the_user_may_read_it(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    database = Database(folder, NOW)
    with database.writing() as session:
        sites.create(session, "Example Ltd", "HQ", [], NOW)
        assert mode(folder) == 0o700
        assert {path.name: mode(path) for path in folder.iterdir()} == {
            "certdoctor.db": 0o600,
            "certdoctor.db-wal": 0o600,
            "certdoctor.db-shm": 0o600,
            "certdoctor.lock": 0o600,
        }
    database.close()


def test_an_open_folder_of_ours_is_closed_again(folder: Path) -> None:
    folder.chmod(0o755)
    (folder / "certdoctor.db").chmod(0o644)
    Database(folder, NOW).close()
    assert (mode(folder), mode(folder / "certdoctor.db")) == (0o700, 0o600)


def test_a_folder_of_everybody_is_left_alone(folder: Path) -> None:
    folder.chmod(0o1777)
    Database(folder, NOW).close()
    assert mode(folder) == 0o1777
    assert mode(folder / "certdoctor.db") == 0o600


# --- newer, foreign ------------------------------------------------------------------------------------------


def test_a_newer_database_is_refused_and_not_touched(folder: Path) -> None:
    with_site(folder)
    file = folder / "certdoctor.db"
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    before, listed = file.read_bytes(), names(folder)
    with pytest.raises(CertdoctorError, match=r"newer version of certdoctor .*9999"):
        Database(folder, NOW)
    assert file.read_bytes() == before
    assert names(folder) - {"certdoctor.db-wal", "certdoctor.db-shm"} == listed


def test_a_newer_database_that_is_in_use_is_refused_too(folder: Path) -> None:
    """What says that it is newer may still stand in the write-ahead log only."""
    file = folder / "certdoctor.db"
    with closing(sqlite3.connect(file)) as connection:
        with connection:
            connection.execute("UPDATE alembic_version SET version_num = '9999'")
        before = file.read_bytes()
        with pytest.raises(CertdoctorError, match="newer version"):
            Database(folder, NOW)
        assert file.read_bytes() == before


def test_a_database_of_another_program_is_not_touched(folder: Path) -> None:
    file = folder / "certdoctor.db"
    file.unlink()
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("CREATE TABLE bookmarks (url)")
    before = file.read_bytes()
    with pytest.raises(CertdoctorError, match="another program"):
        Database(folder, NOW)
    assert file.read_bytes() == before


# --- damaged -------------------------------------------------------------------------------------------------


def no_database(data: bytearray) -> None:
    data[:100] = b"This is not a database, but quite certainly something else." + bytes(41)


def broken_page(data: bytearray) -> None:
    for page in range(2, len(data) // 4096):
        data[page * 4096 : page * 4096 + 64] = b"\xff" * 64


def cut_off(data: bytearray) -> None:
    del data[len(data) // 2 :]


def garbled_schema(data: bytearray) -> None:
    data[100:4000] = b"\x5a" * 3900


DAMAGES = (no_database, broken_page, cut_off, garbled_schema)


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_database_is_kept_aside_and_a_new_one_started(
    folder: Path, damage: Callable[[bytearray], None]
) -> None:
    with_site(folder)
    file = folder / "certdoctor.db"
    data = bytearray(file.read_bytes())
    damage(data)
    file.write_bytes(data)

    database = Database(folder, NOW)
    kept = folder / "certdoctor.db.corrupt-20261123T120000Z"
    assert str(kept) in database.notice
    assert kept.read_bytes() == bytes(data)
    with database.reading() as session:
        assert sites.records(session) == ()
    database.close()
    assert Database(folder, NOW).notice == ""


def test_a_second_damaged_database_does_not_overwrite_the_first(folder: Path) -> None:
    for content in (b"first" * 100, b"second" * 100):
        (folder / "certdoctor.db").write_bytes(content)
        Database(folder, NOW).close()
    kept = sorted(folder.glob("*.corrupt-*"))
    assert [path.read_bytes()[:5] for path in kept] == [b"first", b"secon"]


def test_a_damaged_database_takes_its_log_along(folder: Path) -> None:
    (folder / "certdoctor.db").write_bytes(b"no database at all, sorry" * 10)
    (folder / "certdoctor.db-wal").write_bytes(b"the log of it")
    Database(folder, NOW).close()
    assert (folder / "certdoctor.db.corrupt-20261123T120000Z-wal").read_bytes() == b"the log of it"


def test_a_locked_database_is_not_taken_for_a_damaged_one(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def impatient(file: Path, mode: str) -> sqlite3.Connection:
        uri = f"{file.as_uri()}?mode={mode}"
        return sqlite3.connect(uri, uri=True, timeout=0.05, isolation_level=None)

    monkeypatch.setattr(opening, "_connect", impatient)
    with closing(sqlite3.connect(folder / "certdoctor.db", isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode=EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(CertdoctorError, match="locked"):
            Database(folder, NOW)
    assert not list(folder.glob("*.corrupt-*"))


def test_a_large_database_is_checked_once_a_day(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "_ALWAYS_CHECKED", 0)
    Database(folder, NOW).close()
    data = bytearray((folder / "certdoctor.db").read_bytes())
    cut_at = len(data) // 2 // 4096 * 4096
    data[cut_at : cut_at + 4096] = b"\xff" * 4096
    (folder / "certdoctor.db").write_bytes(data)
    assert opening.open_file(folder, NOW + timedelta(hours=1))[1] == ""
    assert "damaged" in opening.open_file(folder, NOW + timedelta(hours=25))[1]


def test_an_unusable_folder_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CertdoctorError, match="cannot be used"):
        Database(tmp_path / "file" / "data", NOW)


# --- older: backup and migration -----------------------------------------------------------------------------

OLD = "0000"


@pytest.fixture
def older(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A database that has yet to be migrated; the migration itself only writes the new revision."""
    with_site(folder)
    newest = migrate.revisions()[-1]

    def step(file: Path, told: Callable[[int, int], object]) -> None:
        told(1, 2)
        with closing(sqlite3.connect(file)) as connection, connection:
            connection.execute("UPDATE alembic_version SET version_num = ?", (newest,))

    with closing(sqlite3.connect(folder / "certdoctor.db")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (OLD,))
    monkeypatch.setattr(migrate, "revisions", lambda: (OLD, newest))
    monkeypatch.setattr(migrate, "migrate", step)
    return folder


def test_an_older_database_tells_how_far_it_is(older: Path) -> None:
    lines: list[str] = []
    Database(older, NOW, lines.append).close()
    assert [line.partition("…")[2] for line in lines] == ["", "", " 50 %"]


def test_an_older_database_is_backed_up_before_it_is_migrated(older: Path) -> None:
    assert site_names(older) == ["HQ"]
    (backup,) = (older / "backups").iterdir()
    assert backup.name == "certdoctor-20261123T120000Z-0000.db"
    assert (mode(backup), mode(backup.parent)) == (0o600, 0o700)
    with closing(sqlite3.connect(backup)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == (OLD,)
        assert connection.execute("SELECT name FROM site").fetchone() == ("HQ",)


def test_without_a_whole_backup_nothing_is_migrated(older: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> Path:
        raise CertdoctorError("The backup is not whole.")

    monkeypatch.setattr(opening, "back_up", full)
    with pytest.raises(CertdoctorError, match="backup is not whole"):
        Database(older, NOW)
    with closing(sqlite3.connect(older / "certdoctor.db")) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == (OLD,)


def test_the_five_newest_backups_are_kept(folder: Path) -> None:
    backups = folder / "backups"
    for hour in range(8):
        at = files.stamp(NOW + timedelta(hours=hour))
        opening.back_up(folder / "certdoctor.db", backups, f"{at}-0001")
    assert sorted(names(backups)) == [f"certdoctor-20261123T{12 + hour}0000Z-0001.db" for hour in range(3, 8)]


def test_an_unfinished_backup_is_made_anew(folder: Path) -> None:
    backups = folder / "backups"
    backups.mkdir()
    (backups / "x.unfinished").write_bytes(b"torn off")
    assert opening.back_up(folder / "certdoctor.db", backups, "x").name == "certdoctor-x.db"
    assert names(backups) == {"certdoctor-x.db"}


def test_a_failed_migration_is_told_and_leaves_the_database(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = folder / "certdoctor.db"
    file.write_bytes(b"")
    monkeypatch.setenv("PYTHONPATH", "")
    monkeypatch.setattr("sys.executable", "/bin/false")
    with pytest.raises(CertdoctorError, match="left as it was"):
        Database(folder, NOW)
    assert file.read_bytes() == b""


# --- network file systems ------------------------------------------------------------------------------------

MOUNTS = """\
21 1 8:1 / / rw - ext4 /dev/sda1 rw
30 21 0:40 / /home rw,relatime shared:1 - nfs4 server:/home rw
31 21 0:41 / /mnt/my\\040disk rw - fuseblk /dev/sdb1 rw
32 21 0:42 / /mnt/far rw - fuse.sshfs kim@far: rw
33 30 8:2 / /home/local rw - xfs /dev/sdc1 rw
a broken line
"""


@pytest.mark.parametrize(
    ("path", "remote"),
    [
        ("/var/data", False),
        ("/home/kim/data", True),
        ("/homely/data", False),
        ("/home/local/data", False),
        ("/mnt/my disk/data", False),
        ("/mnt/far/data", True),
    ],
)
def test_network_file_systems_are_recognised(path: str, remote: bool) -> None:
    assert files.is_remote(Path(path), MOUNTS) is remote


def test_no_write_ahead_log_on_a_network_file_system(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Database(folder, NOW).close()
    monkeypatch.setattr(files, "is_remote", lambda _: True)
    with_site(folder)
    assert not (folder / "certdoctor.db-wal").exists()
    with closing(sqlite3.connect(folder / "certdoctor.db")) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)

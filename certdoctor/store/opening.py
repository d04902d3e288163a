"""Opening the database file: is it ours, whole, and of this version? Done with plain sqlite3, once at start."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

from certdoctor.errors import CertdoctorError
from certdoctor.language import _
from certdoctor.store import files, migrate

BACKUPS_KEPT = 5
# A check reads the whole file: always for a small one, else once a day and after an unclean end.
_ALWAYS_CHECKED = 32 * 1024 * 1024
_CHECKED_EVERY = timedelta(days=1)

_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class _DamagedError(Exception):
    """The file is not, or no longer, a whole database."""


def open_file(folder: Path, now: datetime, told: Callable[[str], object] | None = None) -> tuple[Path, str]:
    """Return the database file, ready for use, and a notice for the user ("" if all is well).

    `told` gets a line now and then while an older database is backed up and migrated.

    A missing file is made by the migrations; an older one is backed up and migrated; a damaged one is kept
    beside under another name and a new one is made.

    Raises:
        CertdoctorError: the file is of a newer version or not certdoctor's (it is not touched), the folder
            cannot be used, or the migration failed.
    """
    try:
        existed = (folder / files.DATABASE).exists()
        if existed:
            _refuse_newer(folder / files.DATABASE)
        file = files.prepare(folder)
        with files.opening(folder):
            notice = ""
            try:
                revision = _revision(file)
                if revision is not None:
                    _check(file, now)
            except _DamagedError as damage:
                notice = _set_aside(file, now, str(damage))
                revision = None
            if revision != migrate.revisions()[-1]:
                _migrate(file, revision, now, told or (lambda _line: None))
            _set_journal(file)
        return file, notice
    except OSError as error:
        text = _("The data folder {folder} cannot be used: {why}.")
        raise CertdoctorError(text.format(folder=folder, why=error.strerror or error)) from error
    except sqlite3.Error as error:
        text = _("The database in {folder} cannot be opened: {why}.")
        raise CertdoctorError(text.format(folder=folder, why=error)) from error


def _connect(file: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(f"{file.absolute().as_uri()}?mode={mode}", uri=True, timeout=30, isolation_level=None)


def _revision(file: Path) -> str | None:
    """Return the revision of the file, None for an empty one. Only reads.

    Raises:
        _DamagedError: it is no database.
        CertdoctorError: it is a database of something else.
    """
    if file.stat().st_size == 0:
        return None
    try:
        with closing(_connect(file, "ro")) as connection:
            tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            if not tables:
                return None
            row = (
                connection.execute("SELECT version_num FROM alembic_version").fetchone()
                if "alembic_version" in tables
                else None
            )
    except sqlite3.DatabaseError as error:
        raise _as_damage(error) from error
    if row is None:
        text = _("{file} is a database of another program; certdoctor does not touch it.")
        raise CertdoctorError(text.format(file=file))
    return str(row[0])


def _as_damage(error: sqlite3.DatabaseError) -> Exception:
    """Only these two codes speak of the file itself; "locked" or "disk full" must never set it aside."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return _DamagedError(str(error)) if code in _DAMAGE else error


def _refuse_newer(file: Path) -> None:
    try:
        revision = _revision(file)
    except _DamagedError:
        return
    if revision is not None and revision not in migrate.revisions():
        text = _(
            "The database {file} was written by a newer version of certdoctor (its form is {form}); "
            "it was not touched. Install that version, or choose another data folder."
        )
        raise CertdoctorError(text.format(file=file, form=revision))


def _check(file: Path, now: datetime) -> None:
    """Check the file where that is due. Raises _DamagedError."""
    log = Path(f"{file}-wal")
    unclean = log.exists() and log.stat().st_size > 0
    try:
        with closing(_connect(file, "rw")) as connection:
            last = connection.execute("SELECT value FROM setting WHERE key = 'checked'").fetchone()
            due = last is None or abs(now - datetime.fromisoformat(last[0])) >= _CHECKED_EVERY
            if not (due or unclean or file.stat().st_size <= _ALWAYS_CHECKED):
                return
            answer = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            if answer != "ok":
                raise _DamagedError(answer)
            if due:
                connection.execute(
                    "INSERT INTO setting (key, value) VALUES ('checked', ?) "
                    "ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                    (now.isoformat(),),
                )
    except sqlite3.DatabaseError as error:
        raise _as_damage(error) from error


def _set_aside(file: Path, now: datetime, reason: str) -> str:
    """Rename a damaged database with all that belongs to it. Nothing is deleted or overwritten."""
    kept = files.free_name(file.with_name(f"{file.name}.corrupt-{files.stamp(now)}"))
    for suffix in ("-wal", "-shm", ""):
        part = Path(f"{file}{suffix}")
        if part.exists():
            part.rename(f"{kept}{suffix}")
    os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    backups = sorted((file.parent / files.BACKUPS).glob("*.db"))
    said = [
        _("The database was damaged ({why}). It was kept as {file}, and an empty one was started.").format(
            why=reason, file=kept
        )
    ]
    if backups:
        said.append(_("The last backup is {file}.").format(file=backups[-1]))
    return " ".join(said)


def _migrate(file: Path, revision: str | None, now: datetime, told: Callable[[str], object]) -> None:
    if revision is not None:
        told(_("Backing up the database before it is brought to the form of this version…"))
        back_up(file, file.parent / files.BACKUPS, f"{files.stamp(now)}-{revision}")
        told(_("Bringing the database to the form of this version…"))

    def counted(done: int, whole: int) -> None:
        text = _("Bringing the database to the form of this version… {percent} %")
        told(text.format(percent=100 * done // max(whole, 1)))

    migrate.migrate(file, counted)


def back_up(file: Path, folder: Path, name: str) -> Path:
    """Write a checked copy of the database into `folder`; the five newest are kept.

    Raises:
        CertdoctorError: the copy is not whole; older backups stay.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    unfinished = folder / f"{name}.unfinished"
    unfinished.unlink(missing_ok=True)
    os.close(os.open(unfinished, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))  # VACUUM INTO takes an empty file
    with closing(_connect(file, "rw")) as connection:
        connection.execute("VACUUM INTO ?", (str(unfinished),))
    with closing(_connect(unfinished, "ro")) as copy:
        answer = copy.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if answer != "ok":
        text = _("The backup of {file} is not whole ({why}); nothing was changed.")
        raise CertdoctorError(text.format(file=file, why=answer))
    backup = files.free_name(folder / f"certdoctor-{name}.db")
    unfinished.rename(backup)
    for old in sorted(folder.glob("certdoctor-*.db"))[:-BACKUPS_KEPT]:
        old.unlink()
    return backup


def _set_journal(file: Path) -> None:
    """Write-ahead logging on local disks, the rollback journal elsewhere."""
    wanted = "delete" if files.is_remote(file) else "wal"
    with closing(_connect(file, "rw")) as connection:
        (present,) = connection.execute("PRAGMA journal_mode").fetchone()
        if present != wanted:
            connection.execute(f"PRAGMA journal_mode={wanted}")

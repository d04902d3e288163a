"""The database and its transactions. Nothing above the store sees a session outside a `with` block."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from certdoctor.errors import CertdoctorError
from certdoctor.language import N_, _
from certdoctor.store.opening import open_file
from certdoctor.store.tables import storable

_WRITES = "certdoctor_writes"
PATIENCE = 30.0  # seconds to wait for another writer

# What SQLite reports about the machine, and what the user is told.
_CAUSES = {
    5: N_("another program holds it; try again"),
    6: N_("another program holds it; try again"),
    8: N_("it may not be written to"),
    10: N_("the disk reports an error"),
    11: N_("it is damaged; start certdoctor again, it will be kept aside"),
    13: N_("the disk is full"),
    14: N_("it cannot be opened"),
    26: N_("it is damaged; start certdoctor again, it will be kept aside"),
}


class Database:
    """One open database file.

    Args:
        folder: the data folder; see `opening.open_file` for what happens to the file in it.
        now: the present time, aware.
        told: gets a line now and then while an older database is migrated.

    Raises:
        CertdoctorError: as `opening.open_file`.
    """

    def __init__(self, folder: Path, now: datetime, told: Callable[[str], object] | None = None) -> None:
        self.file, self.notice = open_file(folder, now, told)
        self._engine = _engine(self.file)
        self._writer = self._engine.execution_options(**{_WRITES: True})

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Give a session that sees one state of the database."""
        with _told(self.file), Session(self._engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Give a session that writes; it is committed at the end of the block, or not at all.

        The write lock is taken at once (BEGIN IMMEDIATE): taken later, it fails as soon as somebody else wrote
        in between.
        """
        with _told(self.file), Session(self._writer, expire_on_commit=False) as session, session.begin():
            session.connection()
            yield session

    def close(self) -> None:
        """Close all connections; the last one folds the write-ahead log into the file."""
        self._engine.dispose()


def _engine(file: Path) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=str(file)),
        # The driver must not open transactions by itself: we say which kind.
        connect_args={"isolation_level": None, "timeout": PATIENCE},
        json_serializer=lambda value: storable(json.dumps(value, ensure_ascii=False, sort_keys=True)),
    )

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _: object) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA synchronous=FULL")  # what was acknowledged survives a power cut too
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        writes = connection.get_execution_options().get(_WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN DEFERRED")

    return engine


@contextmanager
def _told(file: Path) -> Iterator[None]:
    """Turn what the machine is to blame for into a sentence; a defect of ours stays what it is."""
    try:
        yield
    except DatabaseError as error:
        cause = _CAUSES.get(getattr(error.orig, "sqlite_errorcode", 0) & 0xFF)
        if cause is None:
            raise
        text = _("The database {file} cannot be used now: {why}.")
        raise CertdoctorError(text.format(file=file, why=_(cause))) from error

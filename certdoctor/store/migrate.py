"""Running the migrations: `python -m certdoctor.store.migrate FILE`.

It runs in a process of its own, so that Alembic does not stay in the memory of the app.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from certdoctor import resources
from certdoctor.errors import CertdoctorError
from certdoctor.language import _

if TYPE_CHECKING:
    from sqlalchemy import Connection

_COUNTS = re.compile(r"(\d+)/(\d+)\n")  # what the child prints of its progress


def revisions() -> tuple[str, ...]:
    """Return all revisions that this version knows, oldest first: the numbers that the file names begin with."""
    return tuple(sorted(file.name[:4] for file in (resources.folder("migrations") / "versions").glob("[0-9]*.py")))


def migrate(file: Path, told: Callable[[int, int], object] | None = None) -> None:
    """Bring a database to the newest revision in one transaction, in a child process.

    Args:
        file: the database.
        told: called with (done, of how many) while what rows tell is made anew.

    Raises:
        CertdoctorError: it failed; the database is as it was.
    """
    package = str(Path(resources.__file__).resolve().parent.parent)
    path = os.pathsep.join(p for p in (package, os.environ.get("PYTHONPATH", "")) if p)
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "certdoctor.store.migrate", str(file)],
        env={**os.environ, "PYTHONPATH": path},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as child:
        said = ""
        for line in child.stdout or ():
            if told is not None and (counts := _COUNTS.fullmatch(line)):
                told(int(counts[1]), int(counts[2]))
            said = line.strip() or said
    if child.returncode:
        text = _("The database {file} could not be brought to the form of this version ({why}); it was left as it was.")
        raise CertdoctorError(text.format(file=file, why=said or f"exit code {child.returncode}"))


def run(file: Path, target: str = "head") -> None:
    """Migrate here and now. Foreign keys are off: a table that is rebuilt would else take its children along."""
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import URL, NullPool, create_engine

    config = Config()
    config.set_main_option("script_location", str(resources.folder("migrations")).replace("%", "%%"))
    url = URL.create("sqlite", database=str(file))
    engine = create_engine(url, poolclass=NullPool, connect_args={"isolation_level": None, "timeout": 60})
    with engine.connect() as connection:
        # The pragma has no effect inside a transaction; SQLAlchemy's own begin sends nothing to the driver.
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        config.attributes["connection"] = connection
        command.upgrade(config, target)
        if target == "head":
            _make_derived(connection)
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        if broken:
            raise CertdoctorError(f"{len(broken)} rows would point to rows that are not there, e.g. {broken[0]!r}")
        connection.exec_driver_sql("COMMIT")
    engine.dispose()


def _make_derived(connection: Connection) -> None:
    from sqlalchemy.orm import Session

    from certdoctor.store import derived

    with Session(connection, join_transaction_mode="create_savepoint") as session:
        derived.make(session, lambda done, whole: print(f"{done}/{whole}", flush=True))
        session.commit()


if __name__ == "__main__":
    os.umask(0o077)
    run(Path(sys.argv[1]))

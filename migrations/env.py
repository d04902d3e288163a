"""Alembic's environment.

The app hands over a connection in an open transaction. For authors: `alembic -c migrations/alembic.ini
revision --autogenerate -m WORDS` compares the tables with a scratch database that has all migrations so far.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, Literal

from alembic import context

from certdoctor.store.tables import Moment, Table, Words


def _written(kind: str, item: Any, _: object) -> str | Literal[False]:
    """A migration names only what SQLAlchemy has itself: our classes will have changed when it runs."""
    if kind == "type" and isinstance(item, Moment):
        return "sa.DateTime(timezone=True)"
    return "sa.String()" if kind == "type" and isinstance(item, Words) else False


def _is_ours(_: Any, name: str | None, kind: str, reflected: bool, __: Any) -> bool:
    """SQLite keeps a full-text index in tables of its own, which the migrations make by SQL."""
    return not (kind == "table" and reflected and str(name).startswith("search_words"))


def _run(connection: object) -> None:
    context.configure(
        connection=connection,  # type: ignore[arg-type]
        target_metadata=Table.metadata,
        render_as_batch=True,
        compare_type=True,
        render_item=_written,
        include_object=_is_ours,
    )
    with context.begin_transaction():
        context.run_migrations()


def _run_on_scratch() -> None:
    from sqlalchemy import create_engine

    from certdoctor.store.migrate import migrate

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "scratch.db"
        migrate(file)  # in a process of its own: Alembic cannot run inside itself
        with create_engine(f"sqlite:///{file}").connect() as connection:
            _run(connection)


given = context.config.attributes.get("connection")
if given is not None:
    _run(given)
else:
    _run_on_scratch()

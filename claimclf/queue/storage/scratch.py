"""Tables of an older version, in a database that is nobody's queue."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, StaticPool, create_engine, event, inspect

from claimclf.queue.storage import migrations
from claimclf.queue.storage.database import set_up_sqlite


@contextmanager
def scratch(version: str) -> Iterator[Connection]:
    """Lend a database with the empty tables of a version, within one transaction.

    It is an SQLite file without a name in the folder for temporary files, which the system
    removes by itself, also where the process is killed. What does not fit into SQLite's cache
    is on the disk.
    """
    engine = create_engine("sqlite://", creator=_unnamed_file, poolclass=StaticPool)
    event.listen(engine, "connect", set_up_sqlite)
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("BEGIN")
            migrations.upgrade(connection, version)
            yield connection
    finally:
        engine.dispose()


def table_columns(version: str) -> dict[str, dict[str, type]]:
    """Return the tables of a version: columns by name, with what their values are in Python."""
    with scratch(version) as connection:
        columns = inspect(connection).get_multi_columns()
    return {
        table: {column["name"]: column["type"].python_type for column in columns[_, table]}
        for _, table in columns
    }


def _unnamed_file() -> sqlite3.Connection:
    return sqlite3.connect("", isolation_level=None)

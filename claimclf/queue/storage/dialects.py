"""Where SQLite and PostgreSQL differ."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from inspect import signature
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Connection,
    Index,
    MetaData,
    Table,
    TableClause,
    any_,
    func,
    literal,
    select,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.elements import ColumnElement


def lock(connection: Connection, name: str) -> None:
    """Let one transaction at a time do what `name` names; the lock lasts until its end.

    On SQLite every writing transaction is alone already.
    """
    if connection.dialect.name == "postgresql":
        key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})


def lock_tables(connection: Connection, tables: Sequence[Table]) -> None:
    """Make all other connections wait, readers too, until the transaction ends.

    On SQLite a writing transaction is alone already, and readers see what was there before it.
    """
    if connection.dialect.name == "postgresql":
        names = ", ".join(table.name for table in tables)
        connection.execute(text(f"LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE"))


def create_temporary(connection: Connection, metadata: MetaData) -> None:
    """Create empty tables that this connection alone sees, dropping those of the same name."""
    drop_temporary(connection, metadata)
    metadata.create_all(connection, checkfirst=False)


def drop_temporary(connection: Connection, metadata: MetaData) -> None:
    """Drop those tables, if they are there."""
    schema = "temp" if connection.dialect.name == "sqlite" else "pg_temp"
    for table in metadata.sorted_tables:
        connection.execute(text(f"DROP TABLE IF EXISTS {schema}.{table.name}"))


def load(
    connection: Connection,
    table: Table | TableClause,
    rows: Sequence[Sequence[Any]],
    columns: Sequence[str] | None = None,
) -> None:
    """Write many rows as fast as the driver can.

    Parameters
    ----------
    rows : sequence
        Values in the order of `columns`.
    columns : sequence of str, optional
        Names of columns that the table has, never anybody's input; by default all of the
        table's, in its own order.
    """
    cursor = connection.connection.cursor()
    quote = connection.dialect.identifier_preparer.quote
    columns = table.columns.keys() if columns is None else columns
    names = ", ".join(quote(column) for column in columns)
    with driver_errors(connection):
        if connection.dialect.name == "sqlite":
            marks = ", ".join("?" * len(columns))
            cursor.executemany(
                f"INSERT INTO {table.name} ({names}) VALUES ({marks})",  # noqa: S608
                rows,
            )
            return
        with cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)


def insert_missing(connection: Connection, table: Table, row: dict[str, Any]) -> None:
    """Insert a row unless there is one of the same key, from another transaction perhaps."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    connection.execute(dialect.insert(table).values(row).on_conflict_do_nothing())


def among(
    connection: Connection, column: ColumnElement[int], numbers: Sequence[int]
) -> ColumnElement[bool]:
    """Return whether a column is one of many numbers, sent as one value."""
    if connection.dialect.name == "sqlite":
        each = func.json_each(json.dumps(list(numbers))).table_valued("value")
        return column.in_(select(each.c.value))
    return column == any_(literal(list(numbers), ARRAY(BigInteger)))


def ending(connection: Connection, text: ColumnElement[str], n: int) -> ColumnElement[str]:
    """Return the last n characters of a text."""
    return func.substr(text, -n) if connection.dialect.name == "sqlite" else func.right(text, n)


def add_function(connection: Connection, name: str, function: Callable[..., Any]) -> None:
    """Let statements of an SQLite connection call a function that depends on its values alone."""
    driver: Any = connection.connection.driver_connection
    n_values = len(signature(function).parameters)
    driver.create_function(name, n_values, function, deterministic=True)


@contextmanager
def driver_errors(connection: Connection) -> Iterator[None]:
    """Turn the driver's errors into those of SQLAlchemy, which `Database` knows."""
    driver = connection.dialect.loaded_dbapi.Error
    try:
        yield
    except driver as error:
        raise DBAPIError.instance(None, None, error, driver, dialect=connection.dialect) from error


@contextmanager
def bulk_insert(
    connection: Connection, table: Table, source: Table, keep: Sequence[Index] = ()
) -> Iterator[None]:
    """Insert many rows at once, building SQLite's indexes anew where that is less work.

    It is where as many rows come as there are. PostgreSQL would lock readers out meanwhile;
    on SQLite they go on reading what was there before.
    """
    if connection.dialect.name != "sqlite" or _size(connection, table) > _size(connection, source):
        yield
        return
    with without_indexes(connection, table, keep):
        yield


@contextmanager
def without_indexes(
    connection: Connection, table: Table, keep: Sequence[Index] = ()
) -> Iterator[None]:
    """Drop a table's indexes, but for those of `keep`, and build them anew at the end."""
    indexes = sorted(table.indexes.difference(keep), key=lambda index: str(index.name))
    for index in indexes:
        index.drop(connection)
    yield
    for index in indexes:
        index.create(connection)


def _size(connection: Connection, table: Table) -> int:
    return connection.scalar(select(func.count()).select_from(table)) or 0


def analyse(connection: Connection, table: Table) -> None:
    """Tell PostgreSQL's planner what a temporary table holds; SQLite needs no telling."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"ANALYZE {table.name}"))


def continue_numbering(connection: Connection, table: Table) -> None:
    """Have PostgreSQL number new rows after those that were inserted with their numbers.

    SQLite does so by itself.
    """
    number = table.autoincrement_column
    if number is not None and connection.dialect.name == "postgresql":
        sequence = func.pg_get_serial_sequence(table.name, number.name)
        last = select(func.setval(sequence, func.max(number))).having(func.max(number) > 0)
        connection.execute(last)

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
    Select,
    Table,
    TableClause,
    any_,
    delete,
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
        connection.execute(select(func.pg_advisory_xact_lock(key_of_lock(name))))


def key_of_lock(name: str) -> int:
    """Return what PostgreSQL knows a lock by."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)


def forget(connection: Connection, table: Table, which: ColumnElement[bool]) -> None:
    """Give back the room of rows that were used, on SQLite; see `forget_all` for PostgreSQL."""
    if connection.dialect.name == "sqlite":
        connection.execute(delete(table).where(which))


def forget_all(connection: Connection, table: Table) -> None:
    """Empty a table at once."""
    if connection.dialect.name == "sqlite":
        connection.execute(delete(table))
    else:
        connection.execute(text(f"TRUNCATE {table.name}"))


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


def insert_or_update(
    connection: Connection,
    table: Table,
    columns: Sequence[str],
    rows: Select[Any],
    changed: Callable[[Any], dict[str, Any]],
) -> None:
    """Insert rows, or change those of the same primary key.

    Parameters
    ----------
    rows : Select
        With a WHERE, without which SQLite would take the conflict's clause for a join.
    changed : callable
        Gets the columns of the row that could not be inserted; returns SQL by column.
    """
    dialect: Any = sqlite if connection.dialect.name == "sqlite" else postgresql
    fresh = dialect.insert(table).from_select(list(columns), rows)
    values = changed(fresh.excluded)
    connection.execute(
        fresh.on_conflict_do_update(index_elements=list(table.primary_key), set_=values)
    )


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
    if connection.dialect.name != "sqlite" or _is_larger(connection, table, source):
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


def _is_larger(connection: Connection, table: Table, other: Table) -> bool:
    n_others = connection.scalar(select(func.count()).select_from(other)) or 0
    some = select(literal(1)).select_from(table).limit(n_others + 1).subquery()
    return (connection.scalar(select(func.count()).select_from(some)) or 0) > n_others


def analyse(connection: Connection, table: Table) -> None:
    """Tell PostgreSQL's planner what a table holds; SQLite needs no telling."""
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

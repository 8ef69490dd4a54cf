"""The rows of a backup in the form of today's tables, whatever version they were saved from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy
from sqlalchemy import Connection, Table, func, select, update
from sqlalchemy.exc import DBAPIError

from claimclf.errors import StorageError
from claimclf.queue.outbound.backup.manifest import TABLES, Counter
from claimclf.queue.outbound.backup.reading import BackupFile
from claimclf.queue.outbound.backup.writing import stored_rows
from claimclf.queue.storage import migrations
from claimclf.queue.storage.dialects import load
from claimclf.queue.storage.failures import described, driver_message
from claimclf.queue.storage.scratch import scratch
from claimclf.queue.storage.tables import audit_head

#: Of one of today's tables: names of columns, and rows in chunks with values in this order.
Rows = tuple[Sequence[str], Iterator[Sequence[Sequence[Any]]]]


@contextmanager
def updated(source: BackupFile, counter: Counter) -> Iterator[Callable[[Table], Rows]]:
    """Lend a function that reads a table, as often as it is asked to.

    A backup of an older version fills that version's tables in a scratch database, where the
    same migrations as in a queue bring them up to date. The queue that is restored into thus
    gets today's rows from a backup of any version, and has nothing to undo.

    Parameters
    ----------
    counter : Counter
        Counts the rows of an older version once more, as they are written there.

    Raises
    ------
    DamagedError
        A member is damaged or was altered.
    StorageError
        The scratch database has no room.
    """
    if source.manifest.version == migrations.HEAD:
        yield lambda table: (source.manifest.members[table.name].columns, source.rows(table.name))
        return
    with scratch(source.manifest.version) as connection:
        with _explained(source.file):
            _fill(connection, source, counter)
        yield lambda table: (table.columns.keys(), stored_rows(connection, table))


def _fill(connection: Connection, source: BackupFile, counter: Counter) -> None:
    """Write an older version's rows, and bring them up to date."""
    counter.total += source.manifest.n_rows
    for name, member in source.manifest.members.items():
        for rows in source.rows(name):
            load(connection, sqlalchemy.table(name), rows, member.columns)
            counter.add(len(rows))
    head = {"seq": source.manifest.head_seq, "hash": source.manifest.head}
    connection.execute(update(audit_head).values(head))
    migrations.upgrade(connection)
    count = {table: select(func.count()).select_from(table) for table in TABLES}
    counter.total = counter.n + sum(connection.scalar(count[table]) or 0 for table in TABLES)


@contextmanager
def _explained(file: Path) -> Iterator[None]:
    """Say where the room is missing: not in the queue's database, which nothing has reached."""
    try:
        yield
    except DBAPIError as error:
        if described(error) is None:
            raise
        raise StorageError(
            f"The backup {file.name} is of an older version and cannot be brought up to date.",
            f"Found: {driver_message(error)}, in the folder for temporary files.",
            "Nothing was changed. Free some space there, as much as the queue takes, or set "
            "TMPDIR to a folder that has it.",
        ) from error

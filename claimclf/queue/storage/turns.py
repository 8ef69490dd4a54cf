"""Turns at what takes several transactions: who dies gives theirs back at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from claimclf.errors import StorageError
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.dialects import key_of_lock


@contextmanager
def turn(database: Database, name: str, *, waits: bool = True) -> Iterator[bool]:
    """Have one process or thread at a time do what `name` says.

    Held by the operating system, through a file beside SQLite's, or by PostgreSQL's connection.

    Parameters
    ----------
    waits : bool
        Whether to wait for one's turn.

    Returns
    -------
    Iterator of bool
        Whether it is one's turn; False only where one does not wait.

    Raises
    ------
    StorageError
        The database cannot be reached.
    """
    database.prepare()  # else a lock would make the folder of a disk that is away
    if database.is_sqlite:
        with _of_file(f"{database.url.database}.{name}.lock", waits) as is_mine:
            yield is_mine
    else:
        with _of_connection(database, name, waits) as is_mine:
            yield is_mine


@contextmanager
def _of_file(file: str, waits: bool) -> Iterator[bool]:
    if not Path(file).parent.is_dir():  # the disk is away since: a lock would make its folder
        raise StorageError(
            "The queue's database cannot be reached.",
            f"Found: its folder {Path(file).parent} is not there.",
            "Check the disk.",
        )
    lock = FileLock(file, timeout=-1 if waits else 0, mode=0o600)
    try:
        lock.acquire()
    except Timeout:
        yield False
        return
    try:
        yield True
    finally:
        lock.release()


@contextmanager
def _of_connection(database: Database, name: str, waits: bool) -> Iterator[bool]:
    key = key_of_lock(name)
    with database.connected() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        if waits:
            connection.execute(select(func.pg_advisory_lock(key)))
        elif not connection.scalar(select(func.pg_try_advisory_lock(key))):
            yield False
            return
        try:
            yield True
        finally:
            # One whose server has fallen holds nothing any more.
            with suppress(DBAPIError):
                connection.execute(select(func.pg_advisory_unlock(key)))

"""Fills an empty database from a backup: all of it, or nothing."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Table, func, select, update
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from claimclf.errors import ConflictError, InvalidRequestError
from claimclf.people import Capability, Person, require
from claimclf.queue.intake.grouping import count_anew
from claimclf.queue.intake.staging import Progress
from claimclf.queue.outbound.backup.manifest import TABLES, Backup, Counter
from claimclf.queue.outbound.backup.reading import BackupFile, altered, opened, refuse
from claimclf.queue.outbound.backup.updating import Rows, updated
from claimclf.queue.queries.sampling import drop_cuts
from claimclf.queue.queries.word_index import keep_words_indexed
from claimclf.queue.settings import preferences, restrictions, team, tokens
from claimclf.queue.storage.audit import Entry, append, walk
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.dialects import (
    continue_numbering,
    load,
    lock_tables,
    without_indexes,
)
from claimclf.queue.storage.failures import is_beyond_limits
from claimclf.queue.storage.tables import audit_head, metadata

_READ_EACH_TIME = {
    "settings": team.check_stored,
    "words for regulators": restrictions.check_stored,
    "preferences": preferences.check_stored,
    "tokens": tokens.check_stored,
}
_UNREADABLE = (ValueError, TypeError, KeyError, AttributeError, RecursionError)
_logger = logging.getLogger(__name__)


def restore(
    database: Database,
    person: Person,
    file: Path,
    progress: Progress = lambda done, total: None,
) -> Backup:
    """Fill an empty queue from a file that `backup` wrote: all of it, or nothing.

    The file is checked as a whole before anything is changed, the audit log's chain among it.
    It may be of any version of the tables up to today's.

    Parameters
    ----------
    progress : callable
        Gets the rows done and all of them. Each row is read twice, to be checked and written; of
        an older version once more, to be brought up to date.

    Raises
    ------
    NotAllowedError
        The person is no admin.
    InputError
        The file cannot be read, or its format or the version of its tables is not known here.
    DamagedError
        The file is damaged, altered or no whole backup; nothing was changed.
    ConflictError
        The database is in use already; nothing was changed.
    StorageError
        There is no room for the queue, or for bringing an older version up to date.
    """
    require(person, Capability.OPERATE)
    database.read(lambda c: _refuse_used(c, database.name))
    with opened(file) as source, _refusing_misfits(file):
        manifest = source.manifest
        counter = Counter(progress, 2 * manifest.n_rows)
        source.check_rows(counter)
        with updated(source, counter) as rows_of:
            n_read = counter.n

            def fill(connection: Connection) -> None:
                counter.n = n_read
                lock_tables(connection, metadata.sorted_tables)
                _refuse_used(connection, database.name)
                _fill(connection, rows_of, counter)
                _continue_log(connection, manifest)
                append(connection, person, database.now(), [_entry(source)])
                refuse(file, walk(connection).problems)
                _refuse_unreadable(connection, file)

            database.write(fill)
    _logger.info("Backup restored: %d rows, version %s", manifest.n_rows, manifest.version)
    return manifest


def _refuse_unreadable(connection: Connection, file: Path) -> None:
    """Read what pages read each time, as they do, before it is theirs."""
    for what, read in _READ_EACH_TIME.items():
        try:
            read(connection)
        except (*_UNREADABLE, InvalidRequestError) as error:
            raise altered(file, f"{what} that cannot be read") from error


@contextmanager
def _refusing_misfits(file: Path) -> Iterator[None]:
    """Say of rows that a database does not take that somebody has altered them."""
    try:
        yield
    except DBAPIError as error:
        if not (isinstance(error, IntegrityError | DataError) or is_beyond_limits(error)):
            raise
        raise altered(file, f"{error.orig}".splitlines()[0]) from error


def _entry(source: BackupFile) -> Entry:
    """Return the audit log's entry of a restored backup."""
    manifest = source.manifest
    details = {
        "file": source.file.name,
        "sha256": source.sha256,
        "taken_at": manifest.at,
        "taken_by": manifest.by,
        "head": manifest.head,
    }
    return Entry("restore", details=details)


def _refuse_used(connection: Connection, name: str) -> None:
    n_rows = {table: connection.scalar(select(func.count()).select_from(table)) for table in TABLES}
    filled = ", ".join(f"{table.name} ({n:,})" for table, n in n_rows.items() if n)
    if filled:
        raise ConflictError(
            "A backup can only be restored into an empty database.",
            f"Found: {name} has rows in {filled}.",
            "Nothing was changed. Name a new database in CLAIMCLF_DATABASE_URL, or move the "
            "file away.",
        )


def _fill(connection: Connection, rows_of: Callable[[Table], Rows], counter: Counter) -> None:
    """Fill the tables within one transaction."""
    drop_cuts(connection)
    with keep_words_indexed(connection):
        for table in TABLES:
            columns, chunks = rows_of(table)
            with without_indexes(connection, table):  # half the work of keeping them up to date
                for rows in chunks:
                    load(connection, table, rows, columns)
                    counter.add(len(rows))
            continue_numbering(connection, table)
    count_anew(connection)


def _continue_log(connection: Connection, manifest: Backup) -> None:
    """Have the next entry of the audit log follow the last one of the backup."""
    head = {"seq": manifest.head_seq, "hash": manifest.head}
    connection.execute(update(audit_head).values(head))

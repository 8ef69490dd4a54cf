"""Writes the queue's tables, as of one moment, to a file."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import Connection, Row, Table, func, select

from claimclf.people import Capability, Person, require
from claimclf.queue.intake.arriving import finish_arrivals, is_any_arriving
from claimclf.queue.intake.staging import Progress
from claimclf.queue.outbound.backup.manifest import (
    CHUNK_ROWS,
    MANIFEST,
    MARK,
    N_DIGITS,
    TABLES,
    Backup,
    Counter,
    Member,
    checksum,
    member_name,
)
from claimclf.queue.outbound.backup.placing import check_place, written_durably
from claimclf.queue.storage import migrations
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.tables import audit_head

_logger = logging.getLogger(__name__)
_FAST = 1  # of zlib's levels: a third of the time of the usual one, for a quarter more bytes
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def backup(
    database: Database,
    person: Person,
    file: Path,
    progress: Progress = lambda done, total: None,
) -> Backup:
    """Write the queue as of one moment to a file, while people go on working.

    Parameters
    ----------
    file : Path
        Where to; an existing one is replaced when the new one is complete. Its owner alone
        may read it.
    progress : callable
        Gets the rows written and all of them.

    Raises
    ------
    NotAllowedError
        The person is no admin.
    InvalidRequestError, UnavailableError
        The file has no place, or cannot be written now.
    """
    require(person, Capability.OPERATE)
    check_place(file)

    def write(connection: Connection) -> Backup | None:
        if is_any_arriving(connection):
            return None
        with written_durably(file) as stream:
            return _write(connection, stream, database.now(), person, progress)

    while (done := database.read(write)) is None:
        finish_arrivals(database, waits=True)
    _logger.info("Backup written: %d rows, the log ends at entry %d", done.n_rows, done.head_seq)
    return done


def _write(
    connection: Connection, stream: BinaryIO, at: int, person: Person, progress: Progress
) -> Backup:
    head = connection.execute(select(audit_head)).one()
    count = {table: select(func.count()).select_from(table) for table in TABLES}
    rows = Counter(progress, sum(connection.scalar(count[table]) or 0 for table in TABLES))
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=_FAST) as archive:
        members = {table.name: _write_table(connection, archive, table, rows) for table in TABLES}
        manifest = Backup(migrations.HEAD, at, person.name, head.seq, head.hash, members)
        archive.writestr(MANIFEST, json.dumps(asdict(manifest), indent=1, ensure_ascii=False))
        archive.comment = MARK + b"0" * N_DIGITS
    stream.seek(0, os.SEEK_END)
    digits = checksum(stream, stream.tell() - N_DIGITS)
    stream.write(digits.encode())
    return manifest


def stored_rows(connection: Connection, table: Table) -> Iterator[Sequence[Row[Any]]]:
    """Yield all rows of a table in chunks, in the order of its key."""
    query = select(table).order_by(*table.primary_key)
    # A chunk at a time, whatever the driver would like to fetch.
    rows = connection.execute(query, execution_options={"yield_per": CHUNK_ROWS})
    yield from rows.partitions()


def _write_table(
    connection: Connection, archive: zipfile.ZipFile, table: Table, counter: Counter
) -> Member:
    digest, n_rows = hashlib.sha256(), 0
    with archive.open(member_name(table.name), "w", force_zip64=True) as member:
        for chunk in stored_rows(connection, table):
            lines = "".join(_encode(list(row)) + "\n" for row in chunk).encode()
            digest.update(lines)
            member.write(lines)
            n_rows += len(chunk)
            counter.add(len(chunk))
    return Member([column.name for column in table.columns], n_rows, digest.hexdigest())

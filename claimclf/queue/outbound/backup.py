"""The whole queue in one file, which SQLite and PostgreSQL read alike.

A zip with a member of JSON lines for each table, a row a line, and `manifest.json`: version,
when, by whom, and each member's rows and SHA-256. The zip's comment ends in the SHA-256 of
all that stands before it, so that no byte can change unnoticed. Checksums tell of accidents;
an altered history shows in the audit log's chain, whose head the manifest holds: note it
elsewhere.
"""

from __future__ import annotations

import glob
import hashlib
import json
import os
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from io import BufferedReader
from itertools import islice
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

from sqlalchemy import Connection, Table, func, select, text, update
from sqlalchemy.exc import DataError, IntegrityError

from claimclf.errors import QueueError
from claimclf.people import Person, allow
from claimclf.queue.intake.staging import Progress
from claimclf.queue.queries.sampling import drop_cuts
from claimclf.queue.queries.searching import with_words
from claimclf.queue.storage import migrations
from claimclf.queue.storage.audit import START, Entry, append, broken, walk
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.dialects import driver_errors
from claimclf.queue.storage.tables import audit, audit_head, cuts, metadata
from claimclf.schema import Role

#: What a backup holds: not what is worked out from it, nor the log's head, which the manifest has.
TABLES = tuple(table for table in metadata.sorted_tables if table not in (cuts, audit_head))

_MANIFEST = "manifest.json"
_MARK = b"claimclf queue backup, sha256 "
_HEX = 64
_PART = ".part"
_CHUNK_ROWS = 2_000
_CHUNK_BYTES = 1 << 20
_FAST = 1  # of zlib's levels: a third of the time of the usual one, for a quarter more bytes
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True)
class Member:
    """One table in a backup.

    Parameters
    ----------
    columns : list of str
        What each row holds, in order.
    n_rows : int
        How many rows.
    sha256 : str
        Of the member's bytes, not compressed.
    """

    columns: list[str]
    n_rows: int
    sha256: str


@dataclass(frozen=True)
class Backup:
    """A queue in a file.

    Parameters
    ----------
    version : str
        Of the tables.
    at : int
        When it was taken: microseconds since 1970, UTC.
    by : str
        Who took it.
    head_seq : int
        Entries of the audit log.
    head : str
        Hash of the last of them.
    members : dict
        Tables by name.
    """

    version: str
    at: int
    by: str
    head_seq: int
    head: str
    members: dict[str, Member]

    @property
    def n_rows(self) -> int:
        """Rows of all tables."""
        return sum(member.n_rows for member in self.members.values())


def backup(
    database: Database,
    person: Person,
    file: Path,
    progress: Progress = lambda done, total: None,
) -> Backup:
    """Write the queue as it is at one moment to a file; others go on working.

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
    QueueError
        The file cannot be written.
    """
    allow(person, Role.ADMIN)
    _require_place(file)
    return database.read(lambda c: _write_whole(c, database.now(), person, file, progress))


def restore(
    database: Database,
    person: Person,
    file: Path,
    progress: Progress = lambda done, total: None,
) -> Backup:
    """Fill an empty queue from a file that `backup` wrote: all of it, or nothing.

    The file is checked as a whole before anything is changed, the audit log's chain among it.

    Parameters
    ----------
    progress : callable
        Gets the rows done and all of them; each row is read twice, to be checked and written.

    Raises
    ------
    NotAllowedError
        The person is no admin.
    QueueError
        The file is damaged, altered, of another version or no backup at all, or the database
        is in use already; nothing was changed.
    """
    allow(person, Role.ADMIN)
    database.read(lambda c: _refuse_used(c, database.name))
    with _opened(file) as (archive, checksum):
        found = _manifest(archive, file)
        done = _Counter(progress, 2 * found.n_rows)
        _check_rows(archive, file, found, done)
        details = {"file": file.name, "sha256": checksum, "taken_at": found.at}
        entry = Entry("restore", details={**details, "taken_by": found.by, "head": found.head})

        def load(connection: Connection) -> None:
            done.n = found.n_rows
            _load(connection, archive, file, found, database.name, done)
            append(connection, person, database.now(), [entry])
            _refuse(file, walk(connection).problems)

        try:
            database.write(load)
        except (IntegrityError, DataError) as error:
            raise _altered(file, f"{error.orig}".splitlines()[0]) from error
    return found


class _Counter:
    """Tells how far the work is."""

    def __init__(self, progress: Progress, total: int) -> None:
        self.n, self.total, self.progress = 0, total, progress

    def add(self, n: int) -> None:
        self.n += n
        self.progress(self.n, self.total)


# Writing ------------------------------------------------------------------------------------


def _require_place(file: Path) -> None:
    """Refuse a path that cannot be written to, before any work is done."""
    if file.exists() and not file.is_file():
        raise QueueError(f"{file} cannot be written.", "Found: no file.", "Name a file.")
    if not file.parent.is_dir() or not os.access(file.parent, os.W_OK):
        found = "no rights to its folder" if file.parent.is_dir() else "its folder does not exist"
        raise QueueError(f"{file} cannot be written.", f"Found: {found}.", "Choose another place.")


def _write_whole(
    connection: Connection, at: int, person: Person, file: Path, progress: Progress
) -> Backup:
    """Write the file beside its place, and put it there when all of it is on the disk."""
    with _writing(file):
        _remove_leftovers(file)
        handle, name = tempfile.mkstemp(_PART, f".{file.name}.", file.parent)
        temporary = Path(name)
        try:
            with os.fdopen(handle, "w+b") as stream:
                _mark_as_ours(stream)
                written = _write(connection, stream, at, person, progress)
                stream.flush()
                os.fsync(stream.fileno())
            temporary.replace(file)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        _sync_folder(file.parent)
    return written


def _remove_leftovers(file: Path) -> None:
    """Remove what killed backups left; what somebody is writing now is marked as theirs."""
    for old in file.parent.glob(f".{glob.escape(file.name)}.*{_PART}"):
        with suppress(OSError), old.open("r+b") as stream:
            _mark_as_ours(stream)
            old.unlink()


def _mark_as_ours(stream: IO[bytes]) -> None:
    """Lock an open file until it is closed; Windows lets nobody remove one that is open anyway.

    Raises
    ------
    OSError
        Somebody else has locked it.
    """
    if os.name == "posix":
        import fcntl

        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextmanager
def _writing(file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise QueueError(
            f"{file} cannot be written.",
            f"Found: {error.strerror or error}.",
            "Free some space or choose another place.",
        ) from error


def _write(
    connection: Connection, stream: BinaryIO, at: int, person: Person, progress: Progress
) -> Backup:
    head = connection.execute(select(audit_head)).one()
    count = {table: select(func.count()).select_from(table) for table in TABLES}
    done = _Counter(progress, sum(connection.scalar(count[table]) or 0 for table in TABLES))
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=_FAST) as archive:
        members = {table.name: _write_table(connection, archive, table, done) for table in TABLES}
        written = Backup(migrations.HEAD, at, person.name, head.seq, head.hash, members)
        archive.writestr(_MANIFEST, json.dumps(asdict(written), indent=1, ensure_ascii=False))
        archive.comment = _MARK + b"0" * _HEX
    stream.seek(0, os.SEEK_END)
    checksum = _checksum(stream, stream.tell() - _HEX)
    stream.write(checksum.encode())
    return written


def _write_table(
    connection: Connection, archive: zipfile.ZipFile, table: Table, done: _Counter
) -> Member:
    digest, n_rows = hashlib.sha256(), 0
    query = select(table).order_by(*table.primary_key)
    # A chunk at a time, whatever the driver would like to fetch.
    rows = connection.execute(query, execution_options={"yield_per": _CHUNK_ROWS})
    with archive.open(_name(table), "w", force_zip64=True) as member:
        for chunk in rows.partitions():
            lines = "".join(_encode(list(row)) + "\n" for row in chunk).encode()
            digest.update(lines)
            member.write(lines)
            n_rows += len(chunk)
            done.add(len(chunk))
    return Member([column.name for column in table.columns], n_rows, digest.hexdigest())


def _name(table: Table) -> str:
    return f"{table.name}.jsonl"


def _checksum(stream: BinaryIO, n_bytes: int) -> str:
    """Return the SHA-256 of a file's first bytes, and leave the file at their end."""
    stream.seek(0)
    digest = hashlib.sha256()
    while n_bytes and (chunk := stream.read(min(n_bytes, _CHUNK_BYTES))):
        digest.update(chunk)
        n_bytes -= len(chunk)
    return digest.hexdigest()


def _sync_folder(folder: Path) -> None:
    """Have the new name survive a power cut, where the system can be asked for it."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


# Reading ------------------------------------------------------------------------------------


@contextmanager
def _opened(file: Path) -> Iterator[tuple[zipfile.ZipFile, str]]:
    """Open a backup whose every byte is as it was written; also return its checksum."""
    with _reading(file):
        stream = file.open("rb")
    with stream:
        with _reading(file):
            checksum = _checked(stream, file)
            archive = zipfile.ZipFile(stream)
        with archive:
            yield archive, checksum


def _checked(stream: BinaryIO, file: Path) -> str:
    size = stream.seek(0, os.SEEK_END)
    stream.seek(max(size - _HEX - len(_MARK), 0))
    mark, told = stream.read(len(_MARK)), stream.read()
    if mark != _MARK:
        raise QueueError(
            f"{file.name} is no whole backup of a queue.",
            f"Found: {size:,} bytes that do not end like one.",
            "Name a file that claimclf backup wrote, or copy it again: its end may be missing.",
        )
    checksum = _checksum(stream, size - _HEX)
    if checksum.encode() != told:
        raise _damaged(file, "its checksum does not match")
    return checksum


@contextmanager
def _reading(file: Path) -> Iterator[None]:
    """Say of a file that cannot be read, or holds something else, what is wrong with it."""
    try:
        yield
    except OSError as error:
        found = f"Found: {error.strerror or error}."
        raise QueueError(f"{file} cannot be read.", found, "Check its name and rights.") from error
    except (ValueError, TypeError, KeyError, EOFError, RuntimeError) as error:
        raise _altered(file, str(error)) from error
    except (zipfile.BadZipFile, zlib.error) as error:
        raise _damaged(file, str(error)) from error


def _damaged(file: Path, found: str) -> QueueError:
    return QueueError(
        f"The backup {file.name} is damaged.",
        f"Found: {found}.",
        "Nothing was changed. Copy it again, or take another backup.",
    )


def _altered(file: Path, found: str) -> QueueError:
    return QueueError(
        f"The backup {file.name} was altered.",
        f"Found: {found.rstrip('.')}.",
        "Nothing was changed. Take another backup.",
    )


def _refuse(file: Path, problems: list[str]) -> None:
    if problems:
        raise _altered(file, problems[0])


def _manifest(archive: zipfile.ZipFile, file: Path) -> Backup:
    with _reading(file):
        told = json.loads(archive.read(_MANIFEST))
        if told["version"] != migrations.HEAD:
            raise QueueError(
                f"The backup {file.name} is of another version.",
                f"Found: version {told['version']} of the tables; this is {migrations.HEAD}.",
                "Restore it with the claimclf that wrote it, then update.",
            )
        members = {name: Member(**values) for name, values in told.pop("members").items()}
        found = Backup(**told, members=members)
        expected = {table.name: [column.name for column in table.columns] for table in TABLES}
        if {name: member.columns for name, member in members.items()} != expected:
            raise _altered(file, f"its tables are {', '.join(members)}")
    return found


def _rows(
    archive: zipfile.ZipFile, file: Path, table: Table, found: Backup
) -> Iterator[list[list[Any]]]:
    """Yield a table's rows in chunks; in the end, refuse what the manifest does not tell of."""
    expected = found.members[table.name]
    digest, n_rows = hashlib.sha256(), 0
    with _reading(file), archive.open(_name(table)) as member:
        lines = BufferedReader(cast(Any, member), _CHUNK_BYTES)
        while chunk := list(islice(lines, _CHUNK_ROWS)):
            digest.update(b"".join(chunk))
            rows = json.loads(b"[" + b",".join(chunk) + b"]")
            if {len(row) for row in rows} != {len(expected.columns)}:
                raise ValueError(f"a row of {table.name} has too few or too many values")
            n_rows += len(rows)
            yield rows
    if (n_rows, digest.hexdigest()) != (expected.n_rows, expected.sha256):
        raise _altered(file, f"the checksum of {_name(table)} does not match")


def _check_rows(archive: zipfile.ZipFile, file: Path, found: Backup, done: _Counter) -> None:
    """Read all rows, and walk along the audit log."""
    seq, previous = 0, START
    for table in TABLES:
        for rows in _rows(archive, file, table, found):
            for row in rows if table is audit else ():
                entry = dict(zip(found.members[audit.name].columns, row, strict=True))
                _refuse(file, broken(entry, seq, previous))
                seq, previous = entry["seq"], entry["hash"]
            done.add(len(rows))
    if (seq, previous) != (found.head_seq, found.head):
        raise _altered(file, f"the audit log ends at entry {seq}, not {found.head_seq}")


# Filling ------------------------------------------------------------------------------------


def _refuse_used(connection: Connection, name: str) -> None:
    n = {table: connection.scalar(select(func.count()).select_from(table)) for table in TABLES}
    held = ", ".join(f"{table.name} ({count:,})" for table, count in n.items() if count)
    if held:
        raise QueueError(
            "A backup can only be restored into an empty database.",
            f"Found: {name} has rows in {held}.",
            "Nothing was changed. Name a new database in CLAIMCLF_DATABASE_URL, or move the "
            "file away.",
        )


def _load(
    connection: Connection,
    archive: zipfile.ZipFile,
    file: Path,
    found: Backup,
    name: str,
    done: _Counter,
) -> None:
    """Fill the tables within one transaction."""
    _lock_all(connection)
    _refuse_used(connection, name)
    drop_cuts(connection)
    with with_words(connection):
        for table in TABLES:
            with _without_indexes(connection, table):
                for rows in _rows(archive, file, table, found):
                    _insert(connection, table, rows)
                    done.add(len(rows))
            _go_on_counting(connection, table)
    connection.execute(update(audit_head).values(seq=found.head_seq, hash=found.head))


def _lock_all(connection: Connection) -> None:
    """Have others wait until all is there; on SQLite a writer is alone anyway."""
    if connection.dialect.name == "postgresql":
        names = ", ".join(table.name for table in metadata.sorted_tables)
        connection.execute(text(f"LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE"))


@contextmanager
def _without_indexes(connection: Connection, table: Table) -> Iterator[None]:
    """Build indexes when all rows are there: half the work."""
    indexes = sorted(table.indexes, key=lambda index: str(index.name))
    for index in indexes:
        index.drop(connection)
    yield
    for index in indexes:
        index.create(connection)


def _insert(connection: Connection, table: Table, rows: list[list[Any]]) -> None:
    quote = connection.dialect.identifier_preparer.quote
    names = ", ".join(quote(column.name) for column in table.columns)
    # Names are the program's own, not anybody's input.
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" * len(table.columns))
        statement = f"INSERT INTO {table.name} ({names}) VALUES ({marks})"  # noqa: S608
        connection.exec_driver_sql(statement, [tuple(row) for row in rows])
        return
    cursor: Any = connection.connection.cursor()
    copying = f"COPY {table.name} ({names}) FROM STDIN"
    with driver_errors(connection), cursor.copy(copying) as copy:
        for row in rows:
            copy.write_row(row)


def _go_on_counting(connection: Connection, table: Table) -> None:
    """Have new rows get numbers after those that were restored; SQLite does so by itself."""
    number = table.autoincrement_column
    if number is not None and connection.dialect.name == "postgresql":
        sequence = func.pg_get_serial_sequence(table.name, number.name)
        last = select(func.setval(sequence, func.max(number))).having(func.max(number) > 0)
        connection.execute(last)

"""Reads a backup, and refuses it where anything is not as it was written."""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import Any, BinaryIO, cast

from claimclf.errors import DamagedError, InputError
from claimclf.files import opened_file
from claimclf.members import check_members
from claimclf.queue.outbound.backup.checking import Kinds, check_line, check_values
from claimclf.queue.outbound.backup.manifest import (
    CHUNK_BYTES,
    CHUNK_ROWS,
    FORMAT,
    MANIFEST,
    MARK,
    MOST_CHUNK_BYTES,
    MOST_MANIFEST_BYTES,
    MOST_ROW_BYTES,
    N_DIGITS,
    TABLES,
    Backup,
    Counter,
    Member,
    checksum,
    member_name,
)
from claimclf.queue.settings.bounds import MOST, TIMES
from claimclf.queue.storage import migrations
from claimclf.queue.storage.audit import START, broken
from claimclf.queue.storage.scratch import table_columns
from claimclf.queue.storage.tables import audit

#: How parts are packed: others have no bound on the memory that they are unpacked in.
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


@dataclass(frozen=True)
class BackupFile:
    """A backup that is open, and whose bytes are those that were written.

    Parameters
    ----------
    file : Path
        Where it is.
    archive : ZipFile
        Its members.
    sha256 : str
        Of all but the checksum at its end.
    manifest : Backup
        Its contents and checksums.
    kinds : mapping
        What the values of its version's columns are.
    """

    file: Path
    archive: zipfile.ZipFile
    sha256: str
    manifest: Backup
    kinds: Kinds

    def rows(self, table: str) -> Iterator[list[list[Any]]]:
        """Yield a table's rows in chunks; at the end, refuse what the manifest does not hold.

        Raises
        ------
        DamagedError
            The member is damaged or was altered.
        """
        expected = self.manifest.members[table]
        digest, n_rows = hashlib.sha256(), 0
        with _explained(self.file), self.archive.open(member_name(table)) as member:
            lines = BufferedReader(cast(Any, member), CHUNK_BYTES)
            while chunk := _chunk(lines):
                digest.update(b"".join(chunk))
                for line in chunk:
                    check_line(line, table, len(expected.columns))
                rows = json.loads(b"[" + b",".join(chunk) + b"]")
                n_rows += len(rows)
                yield rows
        if (n_rows, digest.hexdigest()) != (expected.n_rows, expected.sha256):
            raise altered(self.file, f"the checksum of {member_name(table)} does not match")

    def check_rows(self, counter: Counter) -> None:
        """Read all rows, and walk along the audit log.

        Raises
        ------
        DamagedError
            As for `rows`, a value is not of its column's kind, or the log's chain is broken.
        """
        seq, previous = 0, START
        for table, member in self.manifest.members.items():
            for rows in self.rows(table):
                with _explained(self.file):
                    check_values(table, member.columns, rows, self.kinds)
                for row in rows if table == audit.name else ():
                    entry = dict(zip(member.columns, row, strict=True))
                    refuse(self.file, broken(entry, seq, previous))
                    seq, previous = entry["seq"], entry["hash"]
                counter.add(len(rows))
        if (seq, previous) != (self.manifest.head_seq, self.manifest.head):
            raise altered(
                self.file, f"the audit log ends at entry {seq}, not {self.manifest.head_seq}"
            )


def _chunk(lines: BufferedReader) -> list[bytes]:
    """Return the next rows, of a number and a size that memory holds; none at the end."""
    rows: list[bytes] = []
    n_bytes = 0
    while len(rows) < CHUNK_ROWS and n_bytes < MOST_CHUNK_BYTES:
        row = lines.readline(MOST_ROW_BYTES + 1)
        if len(row) > MOST_ROW_BYTES:
            raise ValueError(f"a row of more than {MOST_ROW_BYTES >> 20} MB")
        if not row:
            break
        rows.append(row)
        n_bytes += len(row)
    return rows


@contextmanager
def opened(file: Path) -> Iterator[BackupFile]:
    """Open a backup after checking its every byte; its rows are not read yet.

    Raises
    ------
    DamagedError
        It is damaged, altered or no whole backup.
    InputError
        It cannot be read, or its format or the version of its tables is not known here.
    """
    with _explained(file):
        stream = opened_file(file)
    with stream:
        with _explained(file):
            sha256 = _checked(stream, file)
            archive = zipfile.ZipFile(stream)
        with archive:
            manifest, kinds = _manifest(archive, file)
            yield BackupFile(file, archive, sha256, manifest, kinds)


def refuse(file: Path, problems: list[str]) -> None:
    """Raise the first of the problems that were noticed in a backup, if there is one."""
    if problems:
        raise altered(file, problems[0])


def altered(file: Path, problem: str) -> DamagedError:
    """Return the error for a backup that is whole, and yet not as it was written."""
    return DamagedError(
        f"The backup {file.name} was altered.",
        f"Found: {problem.rstrip('.')}.",
        "Nothing was changed. Take another backup.",
    )


def _damaged(file: Path, problem: str) -> DamagedError:
    return DamagedError(
        f"The backup {file.name} is damaged.",
        f"Found: {problem}.",
        "Nothing was changed. Copy it again, or take another backup.",
    )


@contextmanager
def _explained(file: Path) -> Iterator[None]:
    """Say of a file that cannot be read, or holds something else, what is wrong with it."""
    try:
        yield
    except OSError as error:
        cause = f"Found: {error.strerror or error}."
        raise InputError(f"{file} cannot be read.", cause, "Check its name and rights.") from error
    except RecursionError as error:
        raise altered(file, "it goes too deep") from error
    except (ValueError, TypeError, KeyError, EOFError, RuntimeError) as error:
        raise altered(file, str(error)) from error
    except (zipfile.BadZipFile, zlib.error) as error:
        raise _damaged(file, str(error)) from error


def _checked(stream: BinaryIO, file: Path) -> str:
    """Return the checksum of a file that ends in it."""
    size = stream.seek(0, os.SEEK_END)
    stream.seek(max(size - N_DIGITS - len(MARK), 0))
    mark, written = stream.read(len(MARK)), stream.read()
    if mark != MARK:
        raise DamagedError(
            f"{file.name} is no whole backup of a queue.",
            f"Found: {size:,} bytes that do not end like one.",
            "Name a file that claimclf backup wrote, or copy it again: its end may be missing.",
        )
    sha256 = checksum(stream, size - N_DIGITS)
    if sha256.encode() != written:
        raise _damaged(file, "its checksum does not match")
    return sha256


def _manifest(archive: zipfile.ZipFile, file: Path) -> tuple[Backup, Kinds]:
    """Return what a backup says of itself, and what its version's columns are."""
    with _explained(file):
        if any(part.compress_type not in _PACKED for part in archive.infolist()):
            raise altered(file, "a part is packed as no backup is")
        values = json.loads(_contents(archive))
        if not isinstance(values, dict):
            raise ValueError(f"{type(values).__name__} in place of an object")
        version, number = values["version"], values.get("format", 1)
        _check_format(file, number)
        _check_version(file, version)
        check_members(Backup, values)
        members = {name: _member(name, member) for name, member in values["members"].items()}
        manifest = Backup(**{**values, "format": number, "members": members})
        _check_numbers(manifest)
        kinds = _kinds(manifest.version)
        if not _has_tables_of_its_version(manifest, kinds):
            raise altered(file, f"its tables are {', '.join(members)}")
        expected = sorted([MANIFEST, *map(member_name, members)])
        if unknown := set(archive.namelist()) - set(expected):
            raise altered(file, f"it also has {', '.join(map(repr, sorted(unknown)))}")
        if len(archive.namelist()) > len(expected):
            raise altered(file, "it has a part twice")
    return manifest, kinds


def _check_numbers(manifest: Backup) -> None:
    """Refuse what could be said of a backup, and yet neither stored nor shown."""
    manifest.by.encode()  # which half of a character cannot be
    sizes = [manifest.head_seq, *(member.n_rows for member in manifest.members.values())]
    if manifest.at not in TIMES or not all(0 <= size <= MOST for size in sizes):
        raise ValueError(f"a time or a number in {MANIFEST} that cannot be")


def _kinds(version: str) -> Kinds:
    if version != migrations.HEAD:
        return table_columns(version)
    return {
        table.name: {column.name: column.type.python_type for column in table.columns}
        for table in TABLES
    }


def _member(name: str, values: Any) -> Member:
    if not isinstance(values, dict):
        raise ValueError(f"the member {name} is no object")
    check_members(Member, values)
    return Member(**values)


def _contents(archive: zipfile.ZipFile) -> bytes:
    with archive.open(MANIFEST) as member:
        contents = member.read(MOST_MANIFEST_BYTES + 1)
    if len(contents) > MOST_MANIFEST_BYTES:
        raise ValueError(f"a {MANIFEST} of more than {MOST_MANIFEST_BYTES >> 20} MB")
    return contents


def _check_format(file: Path, number: Any) -> None:
    if type(number) is not int or number < 1:
        raise altered(file, f"its format is {number!r}")
    if number > FORMAT:
        raise InputError(
            f"The backup {file.name} was made by a newer claimclf.",
            f"Found: format {number}; {FORMAT} is the newest known here.",
            "Nothing was changed. Update claimclf, then restore it.",
        )


def _check_version(file: Path, version: str) -> None:
    if version not in migrations.versions():
        raise InputError(
            f"The backup {file.name} holds tables that are not known here.",
            f"Found: version {version} of the tables; {migrations.HEAD} is the newest known.",
            "Nothing was changed. Restore it with the claimclf that wrote it or a newer one.",
        )


def _has_tables_of_its_version(manifest: Backup, kinds: Kinds) -> bool:
    """Return whether the members are the tables of their version, with all of their columns."""
    members = {name: sorted(member.columns) for name, member in manifest.members.items()}
    then = {name: sorted(columns) for name, columns in kinds.items()}
    if manifest.version == migrations.HEAD:
        return members == then
    # Of these some may be none of today's: a later version may have dropped them.
    today = {table.name for table in TABLES}
    return today & then.keys() <= members.keys() and members.items() <= then.items()

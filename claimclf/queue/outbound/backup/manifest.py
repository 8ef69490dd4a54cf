"""Contents and checksums of a backup, and the names of its parts."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from claimclf.queue.storage.tables import (
    arrivals,
    arriving,
    arriving_keys,
    audit_head,
    cuts,
    group_totals,
    metadata,
)

_LEFT_OUT = (cuts, *group_totals.values(), arrivals, arriving, arriving_keys, audit_head)
#: What a backup holds: not what is worked out from it, nor an upload on its way, for whose end a
#: backup waits, nor the log's head, which the manifest has.
TABLES = tuple(table for table in metadata.sorted_tables if table not in _LEFT_OUT)
#: Rows written or read at a time.
CHUNK_ROWS = 2_000
#: Bytes read at a time.
CHUNK_BYTES = 1 << 20
#: Bytes of a row at most, and of the manifest: a small file may unpack to one endless line.
MOST_ROW_BYTES, MOST_MANIFEST_BYTES = 64 << 20, 1 << 20
#: Bytes after which no more rows are read before these are done.
MOST_CHUNK_BYTES = 8 << 20

#: How the file is built, whatever its tables are. Backups of the first release do not name it.
FORMAT = 1
MANIFEST = "manifest.json"
#: The file ends in this mark and so many hexadecimal digits: the checksum of all before them.
MARK = b"claimclf queue backup, sha256 "
N_DIGITS = 64


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
    format : int
        Of the file.
    """

    version: str
    at: int
    by: str
    head_seq: int
    head: str
    members: dict[str, Member]
    format: int = FORMAT

    @property
    def n_rows(self) -> int:
        """Rows of all tables."""
        return sum(member.n_rows for member in self.members.values())


class Counter:
    """Counts rows, and reports after each step how far the work is."""

    def __init__(self, progress: Callable[[int, int], object], total: int) -> None:
        self.n, self.total, self.progress = 0, total, progress

    def add(self, n: int) -> None:
        """Report that so many more rows are done."""
        self.n += n
        self.progress(self.n, self.total)


def member_name(table: str) -> str:
    """Return the name of a table's member in the zip."""
    return f"{table}.jsonl"


def checksum(stream: BinaryIO, n_bytes: int) -> str:
    """Return the SHA-256 of a file's first bytes, and leave the file at their end."""
    stream.seek(0)
    digest = hashlib.sha256()
    while n_bytes and (chunk := stream.read(min(n_bytes, CHUNK_BYTES))):
        digest.update(chunk)
        n_bytes -= len(chunk)
    return digest.hexdigest()

"""An upload as the queue knows it: its file, its model, and how many of its rows became what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, exists, insert, select, update

from claimclf.people import Person
from claimclf.queue.storage.tables import arrivals, batches


@dataclass(frozen=True)
class Upload:
    """Where a batch comes from.

    Parameters
    ----------
    file_name, file_sha256 : str
        The file, and the hash of its bytes; with what a person said of how they are read, if
        anything, so that the same file read in another way is another upload.
    model_name, model_version : str
        What predicted its videos.
    n_rejected : int
        Rows that were not accepted.
    n_merged : int
        Accepted rows that repeat a video and are part of it.
    by_http : bool
        Whether its counts are those of reports that came by HTTP, not a file's.
    """

    file_name: str
    file_sha256: str
    model_name: str
    model_version: str
    n_rejected: int = 0
    n_merged: int = 0
    by_http: bool = False


@dataclass(frozen=True)
class Batch:
    """An upload as it was stored.

    Parameters
    ----------
    id : int
        Its number.
    uploaded_by : str
        Who.
    at : int
        When: microseconds since 1970, UTC.
    n_rows, n_accepted, n_rejected, n_unscorable : int
        Rows of the file; accepted + rejected = all rows.
    n_new, n_known, n_reopened : int
        Videos that made a case, that met one, and that opened it again.
    n_raised, n_same, n_lower : int
        Known videos with more reports than before, as many, and fewer; the larger number stays.
    is_repeated : bool
        Whether this very file was stored before, and nothing was changed now.
    """

    id: int
    uploaded_by: str
    at: int
    n_rows: int
    n_accepted: int
    n_rejected: int
    n_unscorable: int
    n_new: int
    n_known: int
    n_reopened: int
    n_raised: int = 0
    n_same: int = 0
    n_lower: int = 0
    is_repeated: bool = False


@dataclass(frozen=True)
class Known:
    """A batch that was stored before.

    Parameters
    ----------
    batch : Batch
        As far as it is stored.
    is_whole : bool
        Whether all of it is.
    """

    batch: Batch
    is_whole: bool


def find_batch(connection: Connection, upload: Upload) -> Known | None:
    """Return the batch of the same file with the same model, or None."""
    arrives = exists().where(arrivals.c.batch_id == batches.c.id).label("arrives")
    row = connection.execute(
        select(batches, arrives).where(
            batches.c.file_sha256 == upload.file_sha256,
            batches.c.model_name == upload.model_name,
            batches.c.model_version == upload.model_version,
        )
    ).one_or_none()
    return None if row is None else Known(batch_of(row._asdict()), not row.arrives)


def new_batch(
    connection: Connection,
    at: int,
    person: Person,
    upload: Upload,
    n_videos: int,
    n_unscorable: int,
) -> int:
    """Store an upload's figures, of whose videos none is stored yet; return its number."""
    n_accepted = n_videos + upload.n_merged
    values = {
        "file_name": upload.file_name,
        "file_sha256": upload.file_sha256,
        "model_name": upload.model_name,
        "model_version": upload.model_version,
        "uploaded_by": person.name,
        "at": at,
        "n_rows": n_accepted + upload.n_rejected,
        "n_accepted": n_accepted,
        "n_rejected": upload.n_rejected,
        "n_unscorable": n_unscorable,
        **dict.fromkeys(("n_new", "n_known", "n_reopened"), 0),
    }
    number: int = connection.execute(
        insert(batches).values(values).returning(batches.c.id)
    ).scalar_one()
    return number


def count_stored(connection: Connection, batch_id: int, **more: int) -> Batch:
    """Add to a batch's `n_new`, `n_known` and `n_reopened`."""
    values = {name: batches.c[name] + n for name, n in more.items()}
    changed = update(batches).where(batches.c.id == batch_id).values(values).returning(batches)
    return batch_of(connection.execute(changed).one()._asdict())


def batch_of(values: dict[str, Any]) -> Batch:
    """Return the batch of a row, by column; what it has not is 0."""
    names = Batch.__dataclass_fields__
    return Batch(**{name: value for name, value in values.items() if name in names})

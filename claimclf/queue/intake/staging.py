"""A ranked upload as rows of a temporary table, which locks nothing that other people use."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import repeat
from typing import Any, Protocol

import numpy as np
import pandas as pd
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Double,
    MetaData,
    Table,
    Text,
    delete,
    func,
    insert,
    literal_column,
    select,
)

from claimclf.queue.queries.sampling import draws
from claimclf.queue.storage.cases import ENGAGEMENT, PREDICTED, VIDEO
from claimclf.queue.storage.dialects import analyse, create_temporary, load
from claimclf.queue.storage.tables import Number, cases
from claimclf.schema import (
    AUTHOR_ID,
    FIRST_REPORTED,
    LAST_REPORTED,
    REPORT_COUNT,
    STATEMENT_ID,
    TEXT_SOURCE,
    TRANSCRIPT,
    VIDEO_ID,
)

_CHUNK_ROWS = 10_000
_NAMES = (*VIDEO, *PREDICTED)
_WHOLE = (REPORT_COUNT, *ENGAGEMENT)
_TIMES = (FIRST_REPORTED, LAST_REPORTED)
Progress = Callable[[int, int], object]
#: Transcripts -> keys of their statements: integers of 64 bits, shape (n, k). Two transcripts
#: with a key in common share a statement; 0 is no key.
KeysOf = Callable[[pd.Series], np.ndarray]


class Videos(Protocol):
    """A ranked upload that is not in memory as a whole."""

    def __len__(self) -> int:
        """Return the number of videos."""

    def __iter__(self) -> Iterator[pd.DataFrame]:
        """Yield the videos in rank order, a stretch of them at a time."""

    def statement_keys(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield ids of statements, shape (n,), and their keys, shape (n, k)."""


temporary = MetaData()
#: The upload's videos, in rank order.
staged = Table(
    "staged",
    temporary,
    *(Column(name, cases.c[name].type) for name in _NAMES),
    Column("sample_draw", Double),
    # Where the words come from: a caption never takes the place of what is said.
    Column(TEXT_SOURCE, Text),
    prefixes=["TEMPORARY"],
)
#: The keys of the upload's statements.
staged_keys = Table(
    "staged_keys",
    temporary,
    Column("key", Number, primary_key=True, autoincrement=False),
    Column(STATEMENT_ID, Text),
    prefixes=["TEMPORARY"],
)
#: Reports on each statement and author: of this upload at first, then with all known cases.
group_totals = {
    group: Table(
        f"totals_by_{group}",
        temporary,
        Column(group, Text, primary_key=True),
        Column("reports", BigInteger),
        Column("n_known", BigInteger),
        prefixes=["TEMPORARY"],
        sqlite_with_rowid=False,
    )
    for group in (STATEMENT_ID, AUTHOR_ID)
}


def stage(
    connection: Connection,
    videos: pd.DataFrame | Videos,
    seed: int,
    keys_of: KeysOf | None,
    progress: Progress,
) -> None:
    """Write an upload's videos to `staged`; other connections see nothing of it.

    Parameters
    ----------
    videos : DataFrame, shape (n, n_columns), or Videos
        As `claimclf.modeling.scoring.ranking` returns them; columns that are not there are empty.
    seed : int
        Of the audit sample's draw.
    keys_of : callable or None
        Returns the keys of a DataFrame's statements; None for no keys.
    progress : callable
        Gets the rows done and n.
    """
    create_temporary(connection, temporary)
    if isinstance(videos, pd.DataFrame):
        _stage_rows(connection, [videos], len(videos), seed, progress)
        load(connection, staged_keys, _keys(videos, keys_of) if keys_of else [])
        for group, table in group_totals.items():
            load(connection, table, _totals(videos, group))
    else:
        _stage_rows(connection, videos, len(videos), seed, progress)
        for ids, keys in videos.statement_keys():
            load(connection, staged_keys, _key_rows(ids, keys))
        sum_groups_anew(connection)
    for table in (staged, staged_keys, *group_totals.values()):
        analyse(connection, table)


def _stage_rows(
    connection: Connection,
    stretches: Iterable[pd.DataFrame],
    n: int,
    seed: int,
    progress: Progress,
) -> None:
    done = 0
    for videos in stretches:
        for start in range(0, len(videos), _CHUNK_ROWS):
            chunk = videos.iloc[start : start + _CHUNK_ROWS]
            load(connection, staged, _rows(chunk, seed))
            done += len(chunk)
            progress(done, n)


def sum_groups_anew(connection: Connection) -> None:
    """Sum up the reports of each group within the upload, after its groups have changed."""
    for group, table in group_totals.items():
        connection.execute(delete(table))
        own = select(staged.c[group], func.sum(staged.c[REPORT_COUNT]), literal_column("0"))
        summed = own.where(staged.c[group].is_not(None)).group_by(staged.c[group])
        connection.execute(insert(table).from_select(list(table.c.keys()), summed))
        analyse(connection, table)


def _rows(videos: pd.DataFrame, seed: int) -> list[tuple[Any, ...]]:
    columns = [_cells(videos, name) for name in _NAMES]
    drawn = draws(seed, columns[_NAMES.index(VIDEO_ID)])
    return list(zip(*columns, drawn, _cells(videos, TEXT_SOURCE), strict=True))


def _totals(videos: pd.DataFrame, group: str) -> list[tuple[str, int, int]]:
    """Return each group's name, its reports in this upload, and 0 for no known case yet."""
    if group not in videos:
        return []
    reports = pd.Series(_cells(videos, REPORT_COUNT), index=videos.index, dtype="int64")
    sums = reports.groupby(videos[group]).sum()  # sorted by name
    return list(zip(sums.index.tolist(), sums.tolist(), repeat(0)))


def _keys(videos: pd.DataFrame, keys_of: KeysOf) -> list[tuple[int, str]]:
    """Return the keys of each statement, as its first video in the file words it."""
    if STATEMENT_ID not in videos:
        return []
    first = videos.loc[videos[STATEMENT_ID].notna(), [STATEMENT_ID, TRANSCRIPT]].sort_index()
    first = first.drop_duplicates(STATEMENT_ID)
    return _key_rows(first[STATEMENT_ID].to_numpy(), keys_of(first[TRANSCRIPT]))


def _key_rows(ids: np.ndarray, keys: np.ndarray) -> list[tuple[int, str]]:
    rows = pd.DataFrame({"key": keys.ravel(), "id": np.repeat(ids, keys.shape[1])})
    rows = rows[rows["key"] != 0].drop_duplicates("key").sort_values("key")
    return list(zip(rows["key"].tolist(), rows["id"].tolist(), strict=True))


def _cells(videos: pd.DataFrame, name: str) -> list[Any]:
    """Return a column's cells as the database takes them: None for what is missing."""
    if name not in videos:
        return [0 if name == REPORT_COUNT else None] * len(videos)
    values = videos[name]
    if name in _WHOLE:
        whole = values.fillna(0) if name == REPORT_COUNT else values
        return plain(whole.astype("Int64"))
    if name in _TIMES:
        return _microseconds(values)
    return plain(values)


def plain(values: pd.Series) -> list[Any]:
    """Return cells as a database takes them: Python's own, None for what is missing."""
    cells = values.astype(object)
    return cells.where(values.notna(), None).tolist()


def _microseconds(times: pd.Series) -> list[int | None]:
    utc = pd.to_datetime(times, utc=True).astype("datetime64[us, UTC]")
    known = utc.notna().tolist()
    numbers = utc.astype("int64").tolist()
    return [number if there else None for number, there in zip(numbers, known, strict=True)]

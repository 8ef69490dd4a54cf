"""A ranked upload as rows of a temporary table, which locks nothing that other people use."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol

import numpy as np
import pandas as pd
from sqlalchemy import Column, Connection, MetaData, Table, Text, exists
from sqlalchemy.sql.elements import ColumnElement

from claimclf.queue.queries.sampling import draws
from claimclf.queue.storage.cases import ENGAGEMENT
from claimclf.queue.storage.dialects import analyse, create_temporary, load
from claimclf.queue.storage.tables import UPLOADED, Number, arriving, cases
from claimclf.schema import (
    AUTHOR_ID,
    AUTHOR_REPORTS,
    FIRST_REPORTED,
    LAST_REPORTED,
    POSTED_AT,
    REPORT_COUNT,
    STATEMENT_ID,
    STATEMENT_REPORTS,
    TRANSCRIPT,
    VIDEO_ID,
)

#: Rows dealt with at a time, and letters; a row has about so many beside its transcript.
_CHUNK_ROWS, _CHUNK_LETTERS, _OTHER_LETTERS = 10_000, 4_000_000, 300
#: What brings videos together -> the column of what they amount to within the upload.
TOTALS = {STATEMENT_ID: STATEMENT_REPORTS, AUTHOR_ID: AUTHOR_REPORTS}
_COLUMNS = (*UPLOADED, "sample_draw", *TOTALS.values())
_WHOLE = (REPORT_COUNT, *ENGAGEMENT, *TOTALS.values())
_TIMES = (FIRST_REPORTED, LAST_REPORTED, POSTED_AT)
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
    *(Column(name, arriving.c[name].type) for name in _COLUMNS),
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
#: A staged video has a case.
SAME = cases.c[VIDEO_ID] == staged.c[VIDEO_ID]


def is_new() -> ColumnElement[bool]:
    """Return whether a staged video has no case yet, as a condition in SQL."""
    return ~exists().where(SAME).correlate(staged)


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
    for rows in rows_of(videos, seed, progress):
        load(connection, staged, rows)
    for keys in key_rows_of(videos, keys_of):
        load(connection, staged_keys, keys)
    analyse_staged(connection)


def analyse_staged(connection: Connection) -> None:
    """Tell PostgreSQL's planner how much is staged."""
    for table in (staged, staged_keys):
        analyse(connection, table)


def rows_of(
    videos: pd.DataFrame | Videos, seed: int, progress: Progress
) -> Iterator[list[tuple[Any, ...]]]:
    """Yield an upload's videos as rows of `staged`, some megabytes at a time.

    Parameters
    ----------
    progress : callable
        Gets the rows that were used and all of them, whenever more are asked for.
    """
    done = 0
    for stretch in _stretches(videos):
        size = _chunk_size(stretch)
        for start in range(0, len(stretch), size):
            chunk = stretch.iloc[start : start + size]
            yield _rows(chunk, seed)
            done += len(chunk)
            progress(done, len(videos))


def _stretches(videos: pd.DataFrame | Videos) -> Iterator[pd.DataFrame]:
    if isinstance(videos, pd.DataFrame):
        yield videos.assign(**_missing_totals(videos))
    else:
        yield from videos


def _chunk_size(videos: pd.DataFrame) -> int:
    """Return how many rows are dealt with at a time, however long transcripts are."""
    if TRANSCRIPT not in videos or videos.empty:
        return _CHUNK_ROWS
    n_letters = float(videos[TRANSCRIPT].str.len().sum()) / len(videos)
    return int(min(max(_CHUNK_LETTERS / (n_letters + _OTHER_LETTERS), 1), _CHUNK_ROWS))


def _missing_totals(videos: pd.DataFrame) -> dict[str, pd.Series]:
    """Return what the upload's statements and authors amount to, where its columns do not say."""
    missing = [group for group, total in TOTALS.items() if group in videos and total not in videos]
    reports = pd.Series(_cells(videos, REPORT_COUNT), index=videos.index, dtype="int64")
    return {TOTALS[group]: reports.groupby(videos[group]).transform("sum") for group in missing}


def key_rows_of(
    videos: pd.DataFrame | Videos, keys_of: KeysOf | None
) -> Iterator[list[tuple[int, str]]]:
    """Yield the keys of an upload's statements, as rows of `staged_keys`."""
    if not isinstance(videos, pd.DataFrame):
        for ids, keys in videos.statement_keys():
            yield _key_rows(ids, keys)
    elif keys_of:
        yield _keys(videos, keys_of)


def _rows(videos: pd.DataFrame, seed: int) -> list[tuple[Any, ...]]:
    columns = [_cells(videos, name) for name in UPLOADED]
    drawn = draws(seed, columns[UPLOADED.index(VIDEO_ID)])
    others = [_cells(videos, name) for name in TOTALS.values()]
    return list(zip(*columns, drawn, *others, strict=True))


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

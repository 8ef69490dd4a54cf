"""Reported videos as people have them: what cannot be read costs its value, not the row.

The columns of a table are read as its mapping says, the first of several that gives a value;
words come from the best place that has some; ids are told from what is left of damaged ones;
and what an id says of its video is taken where nothing else does.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from claimclf.dataset.formats import exporter_named
from claimclf.dataset.readers.base import Table
from claimclf.dataset.spoken import words_of_all
from claimclf.dataset.texts import Text
from claimclf.dataset.validation.cells import NUMERIC, read_column, text_of
from claimclf.dataset.validation.ids import IdCounts, read_ids, upload_times
from claimclf.dataset.validation.mapping import TableMapping
from claimclf.dataset.validation.problems import problems_of
from claimclf.schema import (
    AUTHOR_ID,
    BAN_STATUS,
    DURATION,
    ENGAGEMENT,
    POSTED_AT,
    REPORT_COUNT,
    TEXT_SOURCE,
    TRANSCRIPT,
    VERIFIED_STATUS,
    VIDEO_ID,
    VIDEO_URL,
    Column,
    Contract,
    Kind,
    Words,
)

#: Columns that accepted videos always have, with no value where the table has none.
ALWAYS = (DURATION, TRANSCRIPT, VERIFIED_STATUS, BAN_STATUS, *ENGAGEMENT, REPORT_COUNT, POSTED_AT)
_GONE = re.compile(
    r"[(\[]\s*(?:account|user|author)?\s*(?:deleted|removed|gone|banned|suspended|unavailable)"
    r"(?:\s+(?:account|user|author))?\s*[)\]]",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Readings:
    """Typed cells of a table, and what was wrong with some of them.

    Parameters
    ----------
    frame : DataFrame, shape (n_rows, n_columns)
        Under the contract's names, in its order; the index is the row's position.
    problems : DataFrame
        What is wrong with rows' ids.
    notes : DataFrame
        What cannot be read in other columns.
    id_counts : IdCounts
        What the ids say of their column.
    n_dated : int
        Rows whose posting time was taken from the id.
    """

    frame: pd.DataFrame
    problems: pd.DataFrame
    notes: pd.DataFrame
    id_counts: IdCounts
    n_dated: int


def read_leniently(table: Table, contract: Contract, mapping: TableMapping) -> Readings:
    """Read the columns of a table as its mapping says.

    Parameters
    ----------
    table : Table
        What was read, or a part of it.
    contract : Contract
        The reported videos'.
    mapping : TableMapping
        How the whole table is read.
    """
    values: dict[str, pd.Series] = {}
    notes: list[pd.DataFrame] = []
    for name, own in mapping.columns.items():
        values[name], unread = _first_given(table.frame, own, contract[name], mapping)
        notes.append(unread)
    ids = values[VIDEO_ID]
    unreadable_ids = [part[part["column"] == VIDEO_ID] for part in notes]
    notes = [part[part["column"] != VIDEO_ID] for part in notes]
    _forget(values, table, mapping)
    links = values.get(VIDEO_URL)
    read = read_ids(ids, links, are_doubles=mapping.are_doubles, are_trusted=mapping.are_trusted)
    values[VIDEO_ID] = read.ids
    n_dated, odd = _date(values, mapping)
    _say(values, notes, table.frame, contract, mapping)
    _link(values, table.frame, mapping)
    frame = _framed(values, contract, len(table))
    problems = pd.concat([*unreadable_ids, read.problems], ignore_index=True)
    all_notes = pd.concat([*notes, read.notes, odd], ignore_index=True)
    return Readings(frame, problems, all_notes, read.counts, n_dated)


def _first_given(
    frame: pd.DataFrame, own: Sequence[str], column: Column, mapping: TableMapping
) -> tuple[pd.Series, pd.DataFrame]:
    """Read columns that mean the same; of each row the first that gives a value counts."""
    if len(own) > 1:  # older and newer exports have one of them only
        own = [name for name in own if not _is_empty(frame[name])] or own[:1]
    values, notes = _read(frame[own[0]], column, mapping)
    for name in own[1:]:
        if values.notna().all():
            break
        others, unread = _read(frame[name], column, mapping)
        filled = values.isna() & others.notna()
        if filled.any():
            values = values.where(~filled, others)
        notes = pd.concat([notes, unread])
        notes = notes[~notes["row"].isin(np.flatnonzero(values.notna()))]
        notes = notes.drop_duplicates("row")
    return values, notes


def _is_empty(cells: pd.Series) -> bool:
    return cells.dtype == "str" and not Text.of(cells).content


def _read(
    cells: pd.Series, column: Column, mapping: TableMapping
) -> tuple[pd.Series, pd.DataFrame]:
    """Read a column's cells; what there is a note on has no value."""
    values, notes = read_column(cells, column, mapping.units)
    if len(notes) and column.name != VIDEO_ID:
        values = values.mask(values.index.isin(notes["row"]))
    return values, notes


def _forget(values: dict[str, pd.Series], table: Table, mapping: TableMapping) -> None:
    """Take away values that mean nothing: lengths of 0, of music, accounts that are gone."""
    if DURATION in values:
        values[DURATION] = values[DURATION].mask(values[DURATION] == 0)
    for name, conditions in mapping.unless.items():
        for own, without in conditions.items():
            if name in values:
                cells = text_of(table.frame[own]).series().str.casefold()
                values[name] = values[name].mask(cells.isin(without))
    if AUTHOR_ID in values:
        values[AUTHOR_ID] = _authors(values[AUTHOR_ID], mapping.first[AUTHOR_ID])


def _authors(authors: pd.Series, own: str) -> pd.Series:
    """Take handles without their sign, and none where the account is said to be gone."""
    text = Text.of(authors)
    if text.begins(b"([").any():
        authors = authors.mask(authors.str.fullmatch(_GONE).fillna(False).astype(bool))
    if own.strip().casefold() != AUTHOR_ID and text.begins(b"@").any():
        authors = authors.str.replace(r"^@(?=.)", "", regex=True)
    return authors


def _date(values: dict[str, pd.Series], mapping: TableMapping) -> tuple[int, pd.DataFrame]:
    """Take the time of the upload from TikTok ids where no time is given."""
    exporter = exporter_named(mapping.exporter)
    if exporter is not None and not exporter.is_tiktok:
        return 0, problems_of([], VIDEO_ID, "not_its_time", [])
    times, odd = upload_times(values[VIDEO_ID])
    if mapping.are_trusted:
        odd = odd.head(0)
    given = values.get(POSTED_AT)
    if given is None:
        values[POSTED_AT] = times
        return int(times.notna().sum()), odd
    filled = given.isna() & times.notna()
    if filled.any():
        given = given.astype("datetime64[us, UTC]")
        values[POSTED_AT] = given.where(~filled, times)
    return int(filled.sum()), odd


def _say(
    values: dict[str, pd.Series],
    notes: list[pd.DataFrame],
    frame: pd.DataFrame,
    contract: Contract,
    mapping: TableMapping,
) -> None:
    """Take each row's words from the best place that has some, and say which it was."""
    if not mapping.words:
        return
    words, sources = _words_in(frame, *mapping.words[0], notes, contract, mapping)
    for source, own in mapping.words[1:]:
        if words.notna().all():
            break
        more, of = _words_in(frame, source, own, notes, contract, mapping)
        sources = sources.where(words.notna(), of)
        words = words.where(words.notna(), more)
    values[TRANSCRIPT] = words.astype("str")
    if mapping.source_column:
        given = text_of(frame[mapping.source_column]).series()
        known = given.isin(list(Words)) & words.notna()
        sources = sources.mask(known, given)
    if mapping.says_source:
        values[TEXT_SOURCE] = sources.astype("str")


def _words_in(
    frame: pd.DataFrame,
    source: Words,
    own: str,
    notes: list[pd.DataFrame],
    contract: Contract,
    mapping: TableMapping,
) -> tuple[pd.Series, pd.Series]:
    """Read a column's words, and name it where there are any."""
    texts, unread = _read(frame[own], contract[TRANSCRIPT], mapping)
    texts = words_of_all(texts) if source is not Words.CAPTION else texts
    notes.append(unread)
    return texts, pd.Series(str(source), index=texts.index, dtype="str").mask(texts.isna())


def _link(values: dict[str, pd.Series], frame: pd.DataFrame, mapping: TableMapping) -> None:
    """Put addresses together where the export has the parts only."""
    if VIDEO_URL in values or not mapping.link:
        return
    link = pd.Series("", index=frame.index, dtype="str")
    whole = pd.Series(True, index=frame.index)
    for part in re.split(r"({[^}]*})", mapping.link):
        if part.startswith("{"):
            cells = text_of(frame[part[1:-1]]).series()
            whole &= cells != ""
            link = link + cells
        else:
            link = link + part
    values[VIDEO_URL] = link.mask(~whole | ~link.str.match(r"https?://\S+$"))


def _framed(values: dict[str, pd.Series], contract: Contract, n_rows: int) -> pd.DataFrame:
    """Put columns in the contract's order, those that are always there included."""
    for name in ALWAYS:
        if name not in values:
            values[name] = _nothing(contract[name], n_rows)
    names = [name for name in contract.names if name in values]
    names += [name for name in (TEXT_SOURCE,) if name in values]
    return pd.DataFrame({name: values[name] for name in names})


def _nothing(column: Column, n_rows: int) -> pd.Series:
    if column.kind in NUMERIC:
        return pd.Series(np.full(n_rows, np.nan))
    if column.kind is Kind.TIME:
        return pd.Series(pd.array([None] * n_rows, dtype="datetime64[us, UTC]"))
    return pd.Series(pa.nulls(n_rows, pa.large_string()).to_pandas(), dtype="str")

"""Rows of one id become one video: exports find a video under several tags."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from claimclf.dataset.validation.problems import problems_of
from claimclf.schema import (
    AUTHOR_ID,
    FIRST_REPORTED,
    LAST_REPORTED,
    TEXT_SOURCE,
    TRANSCRIPT,
    VIDEO_ID,
    Contract,
    Kind,
    Words,
)


@dataclass(frozen=True)
class Merged:
    """Videos, each once.

    Parameters
    ----------
    videos : DataFrame, shape (n_videos, n_columns)
        The first row of each id, with the largest counts of its rows and what they add.
    notes : DataFrame
        A note for each later row.
    """

    videos: pd.DataFrame
    notes: pd.DataFrame


def merge(rows: pd.DataFrame, lines: np.ndarray, contract: Contract) -> Merged:
    """Make one video of the rows of one id.

    The largest counts count, the earliest first report and the latest last one; what the first
    row lacks is taken from a later one. A row that contradicts an earlier one in text or author
    adds nothing.

    Parameters
    ----------
    rows : DataFrame, shape (n_rows, n_columns)
        Accepted rows, none without an id; the index is the row's position.
    lines : ndarray of int
        The line of each position.
    contract : Contract
        Which columns are counts.
    """
    again = rows[VIDEO_ID].duplicated().to_numpy()
    nothing = problems_of([], VIDEO_ID, "repeated", [])
    if not again.any():
        return Merged(rows, nothing)
    several = rows[rows[VIDEO_ID].duplicated(keep=False).to_numpy()]
    contradicts = _contradicting(several)
    agreed = several[~contradicts]
    groups = agreed.groupby(VIDEO_ID, sort=False)
    values = _best_words(agreed, groups.first())
    for name in agreed.columns:
        if name != VIDEO_ID and _takes_most(str(name), contract):
            values[name] = groups[name].max()
    if FIRST_REPORTED in agreed:
        values[FIRST_REPORTED] = groups[FIRST_REPORTED].min()
    first = several[~several[VIDEO_ID].duplicated().to_numpy()]
    merged = values.loc[first[VIDEO_ID]].reset_index().set_axis(first.index)[list(rows.columns)]
    videos = pd.concat([rows[~rows.index.isin(several.index)], merged]).sort_index()
    return Merged(videos.astype(rows.dtypes.to_dict()), _notes(several, first, contradicts, lines))


def _takes_most(name: str, contract: Contract) -> bool:
    is_count = name in contract.names and contract[name].kind is Kind.COUNT
    return is_count or name == LAST_REPORTED


def _rank(rows: pd.DataFrame) -> pd.Series:
    """Say how good a row's words are: 0 is the best, more is worse."""
    order = {str(source): place for place, source in enumerate(Words)}
    if TEXT_SOURCE not in rows:
        return rows[TRANSCRIPT].isna().astype(int) * len(order)
    return rows[TEXT_SOURCE].map(order).fillna(len(order)).astype(int)


def _best_words(agreed: pd.DataFrame, values: pd.DataFrame) -> pd.DataFrame:
    names = [name for name in (TRANSCRIPT, TEXT_SOURCE) if name in agreed]
    best = agreed.assign(rank=_rank(agreed)).sort_values("rank", kind="stable")
    best = best.drop_duplicates(VIDEO_ID).set_index(VIDEO_ID)
    return values.assign(**{name: best[name].reindex(values.index) for name in names})


def _contradicting(several: pd.DataFrame) -> np.ndarray:
    """Say which rows contradict an earlier one, shape (n_rows,)."""
    ids, rank = several[VIDEO_ID], _rank(several)
    wrong = np.zeros(len(several), dtype=bool)
    texts = several[TRANSCRIPT].astype("str").str.casefold().str.replace(r"\s+", " ", regex=True)
    for source in rank.unique():
        own = rank == source
        first = texts[own].groupby(ids[own], sort=False).transform("first")
        wrong[own.to_numpy()] |= (texts[own].notna() & (texts[own] != first)).to_numpy()
    if AUTHOR_ID in several:
        authors = several[AUTHOR_ID]
        first = authors.groupby(ids, sort=False).transform("first")
        wrong |= (authors.notna() & (authors != first)).to_numpy()
    return wrong


def _notes(
    several: pd.DataFrame, first: pd.DataFrame, contradicts: np.ndarray, lines: np.ndarray
) -> pd.DataFrame:
    again = several[VIDEO_ID].duplicated().to_numpy()
    first_line = dict(zip(first[VIDEO_ID], lines[first.index.to_numpy(dtype=int)], strict=True))
    parts = []
    for code, which in (("repeated", again & ~contradicts), ("contradicting", again & contradicts)):
        rows = several[which]
        rules = [f"{first_line[video]:,}" for video in rows[VIDEO_ID]]
        parts.append(problems_of(rows.index, VIDEO_ID, code, rows[VIDEO_ID], rules))
    return pd.concat(parts, ignore_index=True)

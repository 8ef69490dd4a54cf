"""Rank: accepted videos in review order, with the totals of their statements and authors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from claimclf.dataset.statements import statements
from claimclf.dataset.texts import joined
from claimclf.dataset.validation.columns import is_scored, set_apart
from claimclf.errors import InputError
from claimclf.modeling.scoring.score import Scored
from claimclf.schema import (
    AUTHOR_ID,
    AUTHOR_REPORTS,
    LANE,
    OUTPUT,
    PROBABILITY,
    RANK,
    REASON,
    REPORT_COUNT,
    STATEMENT_ID,
    STATEMENT_REPORTS,
    STATEMENT_VIDEOS,
    TRANSCRIPT,
    VIDEO_ID,
    VIEWS,
    Lane,
    Ranking,
)

#: The columns that close every scored output.
ADDED = (REASON, STATEMENT_ID, STATEMENT_VIDEOS, STATEMENT_REPORTS, AUTHOR_REPORTS)


@dataclass(frozen=True)
class Ranked:
    """Accepted videos in review order.

    Parameters
    ----------
    scored : Scored
        What was ranked.
    ranking : Ranking
        What puts one video before another.
    videos : DataFrame, shape (n_accepted, n_columns)
        Typed columns, predictions, totals and `rank` (1 first), in rank order; the index is
        the row's position in the input.
    """

    scored: Scored
    ranking: Ranking
    videos: pd.DataFrame

    @property
    def n_unscorable(self) -> int:
        """Number of videos that a person must look at because nothing could be predicted."""
        return int(self.videos[PROBABILITY].isna().sum())

    @property
    def has_authors(self) -> bool:
        """Whether the input says who posted a video."""
        return AUTHOR_REPORTS in self.videos

    def output(self) -> pd.DataFrame:
        """Return `OUTPUT`, the input's own columns, untouched, and `ADDED`, in rank order."""
        validated = self.scored.validated
        own = validated.table.frame.loc[self.videos.index]
        mapping = validated.mapping
        shown = () if mapping is None else mapping.shown
        return output(self.videos, own, validated.columns, shown)


def output(
    videos: pd.DataFrame,
    own: pd.DataFrame,
    columns: Mapping[str, str],
    shown: Sequence[str] = (),
) -> pd.DataFrame:
    """Return what is written for people: `OUTPUT`, the input's own columns and `ADDED`.

    Parameters
    ----------
    videos : DataFrame, shape (n, n_columns)
        Ranked.
    own : DataFrame, shape (n, n_own_columns)
        The input's cells of the same videos, in the same order and with the same index.
    columns : mapping of str to str
        Column of the contract -> the input's own column.
    shown : sequence of str
        Columns of the contract that are written as they were read, too: those that stand in
        no column of the input under their own name.
    """
    doubled = [columns[name] for name in (VIDEO_ID, REPORT_COUNT) if name in columns]
    own = own.drop(columns=[name for name in doubled if name in OUTPUT])
    added = [name for name in ADDED if name in videos]
    if is_scored(own.columns.union(doubled)):
        own = own.drop(columns=[*OUTPUT, *ADDED, *shown], errors="ignore")
    own = set_apart(own, (*OUTPUT, *shown, *added))
    counts = videos[REPORT_COUNT].astype("Int64")
    head = videos[list(OUTPUT)].assign(**{REPORT_COUNT: counts})
    read = pd.DataFrame({name: _as_read(videos[name]) for name in shown}, index=videos.index)
    return pd.concat([head, own, read, videos[added]], axis=1).reset_index(drop=True)


def _as_read(cells: pd.Series) -> pd.Series:
    """Write whole numbers without decimals, and times like 2025-01-31T12:00:00Z."""
    if pd.api.types.is_datetime64_any_dtype(cells.dtype):
        moments = pa.array(cells.dt.tz_convert(None).astype("datetime64[s]"), from_pandas=True)
        # A cast takes a quarter of the time of `strftime`, and writes a space between the two.
        text = pc.binary_replace_slice(moments.cast(pa.large_string()), 10, 11, "T")
        text = joined(text, "Z", between="")
        return pd.Series(text.to_pandas(), dtype="str").set_axis(cells.index)
    if pd.api.types.is_float_dtype(cells.dtype) and not (cells % 1 > 0).any():
        return cells.astype("Int64")
    return cells


def rank(scored: Scored, ranking: Ranking = Ranking.REPORTS) -> Ranked:
    """Order videos for review: a total order, the same for the same input in any row order.

    First what people review, predicted claims and uncertain videos alike, then opinions,
    then what cannot be scored; within each by the policy, then by reports, claim probability
    and views (all descending), then by id.

    Parameters
    ----------
    scored : Scored
        What `score` returned.
    ranking : Ranking
        The policy: reports on the video, expected claims (claim probability × reports), or
        all reports on the video's statement or author.

    Raises
    ------
    InputError
        Authors are to be ranked, and the input does not name them.
    """
    videos = scored.validated.accepted.join(scored.predictions)
    return ranked_anew(Ranked(scored, ranking, videos.join(totals(videos))), ranking)


def ranked_anew(ranked: Ranked, ranking: Ranking) -> Ranked:
    """Order videos that are ranked already by another policy.

    Raises
    ------
    InputError
        As for `rank`.
    """
    check_authors(ranking, ranked.has_authors)
    videos = ranked.videos.drop(columns=RANK, errors="ignore")
    ordered = videos.iloc[in_order(sort_keys(videos, ranking))]
    ordered.insert(0, RANK, np.arange(1, len(ordered) + 1))
    return replace(ranked, ranking=ranking, videos=ordered)


def check_authors(ranking: Ranking, has_authors: bool) -> None:
    """Refuse to rank by author where nobody knows the authors.

    Raises
    ------
    InputError
        That is what was asked for.
    """
    if ranking is Ranking.AUTHOR and not has_authors:
        raise InputError(
            f"Videos cannot be ranked by author: column '{AUTHOR_ID}' is missing.",
            "",
            "Add it, or choose another ranking.",
        )


def totals(videos: pd.DataFrame) -> pd.DataFrame:
    """Count, for each video, the videos and reports of its statement and its author.

    Returns
    -------
    DataFrame, shape (n_videos, 3 or 4)
        `statement_id` (missing without words), `statement_videos`, `statement_reports`, and
        `author_reports` where there is an `author_id`. A video without statement or author
        stands for itself.
    """
    grouped = statements(videos[TRANSCRIPT])
    reports = videos[REPORT_COUNT].fillna(0).astype("int64")
    by_statement = reports.groupby(grouped.group)
    table = pd.DataFrame(
        {
            STATEMENT_ID: grouped.ids,
            STATEMENT_VIDEOS: by_statement.transform("size"),
            STATEMENT_REPORTS: by_statement.transform("sum"),
        },
        index=videos.index,
    )
    if AUTHOR_ID in videos:
        by_author = reports.groupby(videos[AUTHOR_ID]).transform("sum")
        table[AUTHOR_REPORTS] = by_author.fillna(reports).astype("int64")
    return table


def sort_keys(videos: pd.DataFrame, ranking: Ranking) -> pd.DataFrame:
    """Return what to sort by, each ascending, the most telling first and what is missing last.

    Parameters
    ----------
    videos : DataFrame, shape (n, n_columns)
        Typed columns, predictions and, where the policy asks for them, `totals`.
    """
    place = np.select([videos[PROBABILITY].isna(), videos[LANE] == Lane.OPINIONS], [2, 1], 0)
    return pd.DataFrame(
        {
            "place": place,
            **_policy_keys(videos, ranking),
            REPORT_COUNT: -videos[REPORT_COUNT],
            PROBABILITY: -videos[PROBABILITY],
            VIEWS: -videos[VIEWS],
            VIDEO_ID: videos[VIDEO_ID],
        },
        index=videos.index,
    )


def in_order(keys: pd.DataFrame) -> np.ndarray:
    """Return the positions of rows in ascending order of `sort_keys`, shape (n,) of int.

    Numbers are compared first as far as they decide: ids are text, and dear to compare.
    """
    columns = [_comparable(keys[name]) for name in keys.columns[:-1]]
    columns = [column for column in columns if not (column == column[:1]).all()]
    order: np.ndarray = np.lexsort(columns[::-1]) if columns else np.arange(len(keys))
    is_like_next = np.ones(max(len(order) - 1, 0), dtype=bool)
    for column in columns:
        value, next_value = column[order][:-1], column[order][1:]
        is_like_next &= (value == next_value) | (np.isnan(value) & np.isnan(next_value))
    if is_like_next.any():
        run = np.concatenate([[0], np.cumsum(~is_like_next)])
        tied = np.flatnonzero(np.append(is_like_next, False) | np.append(False, is_like_next))
        ids = _comparable(keys.iloc[order[tied], -1])
        order[tied] = order[tied[np.lexsort([ids, run[tied]])]]
    return order


def _comparable(column: pd.Series) -> np.ndarray:
    """Return numbers that compare as the cells do; NaN where nothing is."""
    if pd.api.types.is_numeric_dtype(column.dtype):
        return column.to_numpy(dtype=float)
    places = pd.factorize(column, sort=True)[0].astype(float)
    return np.where(places < 0, np.nan, places)


def _policy_keys(videos: pd.DataFrame, ranking: Ranking) -> dict[str, pd.Series]:
    if ranking is Ranking.EXPECTED_CLAIMS:
        return {"policy": -videos[PROBABILITY] * videos[REPORT_COUNT]}
    if ranking is Ranking.STATEMENT:  # the id keeps a statement's videos together
        return {"policy": -videos[STATEMENT_REPORTS], "together": videos[STATEMENT_ID]}
    if ranking is Ranking.AUTHOR:
        return {"policy": -videos[AUTHOR_REPORTS], "together": videos[AUTHOR_ID]}
    return {}

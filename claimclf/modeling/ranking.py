"""Rank: accepted videos in review order, with the totals of their statements and authors."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from claimclf.dataset.statements import statements
from claimclf.dataset.validation import set_apart
from claimclf.errors import InputError
from claimclf.modeling.scoring import Scored
from claimclf.schema import (
    AUTHOR_ID,
    AUTHOR_REPORTS,
    LANE,
    PREDICTION,
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

#: The columns that lead every scored output, in order; the input's own follow.
OUTPUT = (RANK, LANE, VIDEO_ID, PREDICTION, PROBABILITY, REPORT_COUNT)
#: The columns that close it.
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
        own = self.scored.validated.table.frame.loc[self.videos.index]
        doubled = [self.scored.validated.columns[name] for name in (VIDEO_ID, REPORT_COUNT)]
        own = own.drop(columns=[name for name in doubled if name in OUTPUT])
        added = [name for name in ADDED if name in self.videos]
        own = set_apart(own, (*OUTPUT, *added))
        head = self.videos[list(OUTPUT)].assign(
            **{REPORT_COUNT: self.videos[REPORT_COUNT].astype("Int64")}
        )
        return pd.concat([head, own, self.videos[added]], axis=1).reset_index(drop=True)


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
    if ranking is Ranking.AUTHOR and not ranked.has_authors:
        raise InputError(
            f"Videos cannot be ranked by author: column '{AUTHOR_ID}' is missing.",
            "",
            "Add it, or choose another ranking.",
        )
    videos = ranked.videos.drop(columns=RANK, errors="ignore")
    keys = _keys(videos, ranking)
    ordered = videos.loc[keys.sort_values(list(keys.columns), na_position="last").index]
    ordered.insert(0, RANK, np.arange(1, len(ordered) + 1))
    return replace(ranked, ranking=ranking, videos=ordered)


def totals(videos: pd.DataFrame) -> pd.DataFrame:
    """Count, for each video, the videos and reports of its statement and its author.

    Returns
    -------
    DataFrame, shape (n_videos, 3 or 4)
        `statement_id` (missing without words), `statement_videos`, `statement_reports`, and
        `author_reports` where there is an `author_id`. A video without statement or author
        stands for itself.
    """
    found = statements(videos[TRANSCRIPT])
    reports = videos[REPORT_COUNT].fillna(0).astype("int64")
    by_statement = reports.groupby(found.group)
    table = pd.DataFrame(
        {
            STATEMENT_ID: found.ids,
            STATEMENT_VIDEOS: by_statement.transform("size"),
            STATEMENT_REPORTS: by_statement.transform("sum"),
        },
        index=videos.index,
    )
    if AUTHOR_ID in videos:
        by_author = reports.groupby(videos[AUTHOR_ID]).transform("sum")
        table[AUTHOR_REPORTS] = by_author.fillna(reports).astype("int64")
    return table


def _keys(videos: pd.DataFrame, ranking: Ranking) -> pd.DataFrame:
    """Return what to sort by, each ascending, the most telling first."""
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


def _policy_keys(videos: pd.DataFrame, ranking: Ranking) -> dict[str, pd.Series]:
    if ranking is Ranking.EXPECTED_CLAIMS:
        return {"policy": -videos[PROBABILITY] * videos[REPORT_COUNT]}
    if ranking is Ranking.STATEMENT:  # the id keeps a statement's videos together
        return {"policy": -videos[STATEMENT_REPORTS], "together": videos[STATEMENT_ID]}
    if ranking is Ranking.AUTHOR:
        return {"policy": -videos[AUTHOR_REPORTS], "together": videos[AUTHOR_ID]}
    return {}

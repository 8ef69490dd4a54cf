"""A table of reported videos in, a ranked queue out."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

from claimclf.dataset.reading import Table
from claimclf.dataset.validation.validate import validate
from claimclf.modeling.scoring.ranking import Ranked, rank
from claimclf.modeling.scoring.score import score
from claimclf.modeling.store.model import Model
from claimclf.schema import (
    BAN_STATUS,
    LANE,
    REPORT_COUNT,
    REPORTED,
    TRANSCRIPT,
    VERIFIED_STATUS,
    Ranking,
)


def triage(
    table: Table,
    model: Model,
    chosen: Mapping[str, str] | None = None,
    on_progress: Callable[[int, int], object] | None = None,
    ranking: Ranking = Ranking.REPORTS,
) -> Ranked:
    """Validate, score and rank reported videos.

    Every row of the table is in the result: accepted videos in rank order, rejected rows in
    `result.scored.validated.rejected`.

    Parameters
    ----------
    table : Table
        What `read_table` returned.
    model : Model
        What predicts.
    chosen : mapping of str to str, optional
        Column of the contract -> the input's column, where names do not tell.
    on_progress : callable, optional
        Called with videos scored and videos in all.
    ranking : Ranking
        What puts one video before another.

    Raises
    ------
    InputError
        A needed column is not there, or the one that the ranking needs.
    """
    return rank(score(validate(table, REPORTED, chosen), model, on_progress), ranking)


@dataclass(frozen=True)
class QueueFilter:
    """What a moderator wants to see; empty choices mean all.

    Parameters
    ----------
    lanes : tuple of str
        Lanes to show.
    search : str
        Words that must all stand in the transcript, in any case and order.
    minimum_reports : int
        Least number of reports; a video without a count passes 0 only.
    verified, ban : tuple of str
        The author's statuses.
    top_percent : float
        Share of the matching videos to review, from the top, in percent.
    """

    lanes: tuple[str, ...] = ()
    search: str = ""
    minimum_reports: int = 0
    verified: tuple[str, ...] = ()
    ban: tuple[str, ...] = ()
    top_percent: float = 100.0


def filtered(ranked: Ranked, wanted: QueueFilter) -> pd.DataFrame:
    """Return the matching videos, in rank order, before the cut at `top_percent`."""
    videos = ranked.videos
    keep = videos[REPORT_COUNT].fillna(0) >= wanted.minimum_reports
    for column, values in (
        (LANE, wanted.lanes),
        (VERIFIED_STATUS, wanted.verified),
        (BAN_STATUS, wanted.ban),
    ):
        if values:
            keep &= videos[column].isin(values)
    for word in wanted.search.casefold().split():
        keep &= videos[TRANSCRIPT].fillna("").str.casefold().str.contains(word, regex=False)
    return videos[keep]


def top(matching: pd.DataFrame, percent: float) -> pd.DataFrame:
    """Return the first `percent` of videos, rounded up: a share of any queue is some video."""
    return matching.head(math.ceil(len(matching) * percent / 100))

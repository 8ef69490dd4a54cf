"""A table of reported videos in, a ranked queue out."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pandas as pd

from claimclf.configuration import models_folder
from claimclf.dataset.demo import demo_videos
from claimclf.dataset.reading import Table
from claimclf.dataset.report_log import ReportLog, count_reports, join_reports
from claimclf.dataset.validation.mapping import TableMapping, understand
from claimclf.dataset.validation.validate import validate
from claimclf.dataset.validation.validated import Validated
from claimclf.errors import InvalidRequestError
from claimclf.modeling.monitoring.signal import Signal
from claimclf.modeling.monitoring.unlike_training import unlike_training
from claimclf.modeling.scoring.prediction import predictions
from claimclf.modeling.scoring.ranking import Ranked, rank, ranked_anew
from claimclf.modeling.scoring.score import score
from claimclf.modeling.store.model import Model
from claimclf.queue.queries.filters import Filters
from claimclf.queue.storage.words import has_words, words_of
from claimclf.schema import (
    BAN_STATUS,
    LANE,
    NOT_SCORABLE,
    PROBABILITY,
    REASON,
    REPORT_COUNT,
    REPORTED,
    STATEMENT_ID,
    TOO_SHORT_TO_JUDGE,
    TRANSCRIPT,
    UNLIKE_TRAINING,
    VERIFIED_STATUS,
    Language,
    Ranking,
)
from claimclf.services.explaining import moving_words
from claimclf.services.inspecting import require_read

__all__ = [
    "count_reports",
    "filtered",
    "languages",
    "newness",
    "prepare",
    "reranked",
    "top",
    "triage",
]


def triage(
    table: Table,
    model: Model,
    chosen: Mapping[str, str] | None = None,
    on_progress: Callable[[int, int], object] | None = None,
    ranking: Ranking = Ranking.REPORTS,
    *,
    trust_ids: bool = False,
    models: Path | None = None,
    reports: ReportLog | None = None,
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
        Column of the contract -> the input's column, where names do not match.
    on_progress : callable, optional
        Called with videos scored and videos in all.
    ranking : Ranking
        What puts one video before another.
    trust_ids : bool
        Whether a person says that the ids are right.
    models : Path, optional
        The store whose other models are named where this one needs more than there is.
    reports : ReportLog, optional
        Reports, counted by video, in place of the table's own counts.

    Raises
    ------
    InputError
        A column that the model or the ranking needs is not there, or no id can be trusted.
    """
    mapping = understand(table, REPORTED, chosen, trust_ids=trust_ids)
    require_read(mapping, table, model, models or models_folder())
    validated = validate(table, REPORTED, mapping=mapping)
    if reports is not None:
        validated = _with_reports(validated, reports)
    return rank(score(validated, model, on_progress), ranking)


def prepare(model: Model) -> None:
    """Make what a model's first prediction and first explanation would wait for."""
    video = demo_videos(1)
    predictions(model, video)
    moving_words(model, video, 1)


def _with_reports(validated: Validated, reports: ReportLog) -> Validated:
    """Give accepted videos the reports that a log beside the table counts."""
    return replace(
        validated,
        accepted=join_reports(validated.accepted, reports.videos),
        mapping=replace(validated.mapping or TableMapping({}), has_reports=True),
    )


def newness(ranked: Ranked) -> Signal:
    """Say whether an upload holds more texts that are new to the model than is usual."""
    return unlike_training(ranked.videos)


def reranked(ranked: Ranked, ranking: Ranking) -> Ranked:
    """Order videos that are ranked already by another policy.

    Raises
    ------
    InputError
        Authors are to be ranked, and the input does not name them.
    """
    return ranked_anew(ranked, ranking)


def filtered(ranked: Ranked, filters: Filters) -> pd.DataFrame:
    """Return the videos that fulfil filters, in rank order, as the queue would list them.

    A video without a report count counts as one without reports.

    Raises
    ------
    InvalidRequestError
        A filter asks for what only a case has: a holder, a wait, an earlier decision.
    """
    if filters.of_cases:
        raise InvalidRequestError(
            "An upload has no cases yet.",
            f"Found: the filters {', '.join(filters.of_cases)}.",
            "Leave them out, or add the videos to the shared queue.",
        )
    videos = ranked.videos
    fulfils = videos[REPORT_COUNT].fillna(0) >= filters.min_reports
    if filters.language:
        fulfils &= languages(videos[REASON]).isin(filters.language)
    for column, values in (
        (LANE, filters.lanes),
        (VERIFIED_STATUS, filters.verified),
        (BAN_STATUS, filters.ban),
        (STATEMENT_ID, () if filters.statement_id is None else (filters.statement_id,)),
    ):
        if values:
            fulfils &= videos[column].isin(values)
    if filters.min_probability is not None:
        fulfils &= videos[PROBABILITY] >= filters.min_probability
    if filters.max_probability is not None:
        fulfils &= videos[PROBABILITY] <= filters.max_probability
    return _with_words(videos[fulfils], words_of(filters.text))


def languages(reasons: pd.Series) -> pd.Series:
    """Say for each video whether the model has learnt its language: why it is uncertain tells.

    Parameters
    ----------
    reasons : Series of str
        As predictions have them; empty where there is none.
    """
    language = pd.Series(str(Language.LEARNT), index=reasons.index, dtype="str")
    language = language.mask(reasons == UNLIKE_TRAINING, Language.OTHER)
    unknown = (reasons == TOO_SHORT_TO_JUDGE) | reasons.str.startswith(NOT_SCORABLE)
    return language.mask(unknown, Language.UNKNOWN)


def _with_words(videos: pd.DataFrame, words: list[str]) -> pd.DataFrame:
    """Return the videos whose transcript has all words."""
    if not words:
        return videos
    transcripts = videos[TRANSCRIPT].fillna("")
    return videos.loc[[has_words(transcript, words) for transcript in transcripts]]


def top(matching: pd.DataFrame, percent: float) -> pd.DataFrame:
    """Return the first `percent` of videos, rounded up: a share of any queue is some video."""
    return matching.head(math.ceil(len(matching) * percent / 100))

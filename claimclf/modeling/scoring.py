"""Score, lane, rank: from accepted videos to a queue in review order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from claimclf.dataset.validation import Validated, set_apart
from claimclf.modeling.evaluation import predict_claim
from claimclf.modeling.features import FEATURE_SETS
from claimclf.modeling.store import Model
from claimclf.modeling.training import claim_probability
from claimclf.schema import (
    CLAIM,
    LANE,
    OPINION,
    PREDICTION,
    PROBABILITY,
    RANK,
    REASON,
    REPORT_COUNT,
    VIDEO_ID,
    VIEWS,
    Lane,
)

#: The columns that lead every scored output, in order.
OUTPUT = (RANK, LANE, VIDEO_ID, PREDICTION, PROBABILITY, REPORT_COUNT)


@dataclass(frozen=True)
class Scored:
    """Every accepted video with its prediction.

    Parameters
    ----------
    validated : Validated
        What was scored.
    model_name : str
        Which model scored.
    predictions : DataFrame, shape (n_accepted, 4)
        `claim_probability` (NaN where the video cannot be scored), `prediction` (missing
        there), `lane`, and `reason` why a person must look at it; the accepted rows' index.
    """

    validated: Validated
    model_name: str
    predictions: pd.DataFrame


@dataclass(frozen=True)
class Ranked:
    """Accepted videos in review order.

    Parameters
    ----------
    scored : Scored
        What was ranked.
    videos : DataFrame, shape (n_accepted, n_columns)
        Typed columns with `rank` (1 first), `lane`, `prediction`, `claim_probability` and
        `reason`, in rank order; the index is the row's position in the input.
    """

    scored: Scored
    videos: pd.DataFrame

    @property
    def n_unscorable(self) -> int:
        """Number of videos that a person must look at because nothing could be predicted."""
        return int(self.videos[PROBABILITY].isna().sum())

    def output(self) -> pd.DataFrame:
        """Return `OUTPUT`, then the input's own columns, untouched, in rank order."""
        own = self.scored.validated.table.frame.loc[self.videos.index]
        doubled = [self.scored.validated.columns[name] for name in (VIDEO_ID, REPORT_COUNT)]
        own = own.drop(columns=[name for name in doubled if name in OUTPUT])
        own = set_apart(own, OUTPUT)
        head = self.videos[list(OUTPUT)].assign(
            **{REPORT_COUNT: self.videos[REPORT_COUNT].astype("Int64")}
        )
        return pd.concat([head, own], axis=1).reset_index(drop=True)


def score(
    validated: Validated, model: Model, on_progress: Callable[[int, int], object] | None = None
) -> Scored:
    """Predict, and put each video into a lane; none is left out.

    Parameters
    ----------
    validated : Validated
        Reported videos.
    model : Model
        What predicts; its threshold decides.
    on_progress : callable, optional
        Called with videos done and videos in all.
    """
    videos = validated.accepted
    reason = unscorable_reason(videos, FEATURE_SETS[model.manifest.feature_set].columns)
    scorable = (reason == "").to_numpy()
    probability = np.full(len(videos), np.nan)
    probability[scorable] = claim_probability(model.pipeline, videos[scorable], on_progress)
    claims = predict_claim(probability, model.manifest.threshold)
    predictions = pd.DataFrame(
        {
            PROBABILITY: probability,
            PREDICTION: np.select([~scorable, claims], ["", CLAIM], OPINION),
            LANE: np.select([~scorable, claims], [Lane.UNCERTAIN, Lane.CLAIMS], Lane.OPINIONS),
            REASON: reason,
        },
        index=videos.index,
    )
    return Scored(validated, model.name, predictions)


def unscorable_reason(videos: pd.DataFrame, columns: tuple[str, ...]) -> pd.Series:
    """Say for each video which values are missing to score and rank it; empty if none is."""
    reason = pd.Series("", index=videos.index, dtype="str")
    for name in (*columns, REPORT_COUNT):
        absent = videos[name].isna()
        reason = reason.mask(absent, reason + ", " + name)
    return reason.mask(reason != "", "cannot be scored: no" + reason.str.slice(1))


def rank(scored: Scored) -> Ranked:
    """Order videos for review: a total order, the same for the same input in any row order.

    Predicted claims come first, then opinions, then what cannot be scored; within a lane
    by reports, then claim probability, then views (all descending), then id.

    Parameters
    ----------
    scored : Scored
        What `score` returned.
    """
    videos = scored.validated.accepted.join(scored.predictions)
    unscorable = videos[PROBABILITY].isna()
    place = pd.Series(np.select([unscorable, videos[LANE] == Lane.OPINIONS], [2, 1], 0))
    keys = pd.DataFrame(
        {
            "place": place.to_numpy(),
            REPORT_COUNT: -videos[REPORT_COUNT],
            PROBABILITY: -videos[PROBABILITY],
            VIEWS: -videos[VIEWS],
            VIDEO_ID: videos[VIDEO_ID],
        },
        index=videos.index,
    )
    order = keys.sort_values(list(keys.columns), na_position="last").index
    ranked = videos.loc[order]
    ranked.insert(0, RANK, np.arange(1, len(ranked) + 1))
    return Ranked(scored, ranked)

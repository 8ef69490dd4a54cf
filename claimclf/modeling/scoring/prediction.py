"""What a model says of videos: a probability, a lane, and why a person must look."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from claimclf.dataset.spoken import said_in_all
from claimclf.modeling.evaluation.measuring import predict_claim
from claimclf.modeling.learners.columns import COLUMNS
from claimclf.modeling.store.model import Model, Predictor
from claimclf.modeling.stored.conformal import lanes
from claimclf.schema import (
    CLAIM,
    LANE,
    NOT_SCORABLE,
    OPINION,
    PREDICTION,
    PROBABILITY,
    REASON,
    TRANSCRIPT,
    Lane,
)

#: Rows scored at a time.
CHUNK = 20_000


@dataclass(frozen=True)
class Prediction:
    """What a predictor says of rows.

    Parameters
    ----------
    probability : ndarray of float64, shape (n,)
        Of *claim*; calibrated where the predictor is.
    p_values : ndarray, shape (n, 2), or None
        How well each class fits, in the order of `LABELS`; None without calibration rows.
    doubt : ndarray of str, shape (n,), or None
        Why a row is uncertain, if it is.
    kind : ndarray of str, shape (n,), or None
        Which kind of text a row is; None where the predictor knows but one.
    """

    probability: np.ndarray
    p_values: np.ndarray | None = None
    doubt: np.ndarray | None = None
    kind: np.ndarray | None = None


def predict(
    predictor: Predictor,
    rows: pd.DataFrame,
    on_progress: Callable[[int, int], object] | None = None,
    chunk: int = CHUNK,
) -> Prediction:
    """Ask a predictor about rows.

    Parameters
    ----------
    predictor : Predictor
        Fitted.
    rows : DataFrame, shape (n, n_columns)
        Without missing values in the columns that the pipeline reads.
    on_progress : callable, optional
        Called with rows done and rows in all, after each chunk.
    chunk : int
        Rows scored at a time.
    """
    parts = []
    for start in range(0, len(rows), chunk):
        parts.append(_predict(predictor, rows.iloc[start : start + chunk]))
        if on_progress:
            on_progress(min(start + chunk, len(rows)), len(rows))
    if predictor.conformal is None:
        return Prediction(np.concatenate([np.empty(0), *(part.probability for part in parts)]))
    return Prediction(
        np.concatenate([np.empty(0), *(part.probability for part in parts)]),
        np.concatenate([np.empty((0, 2)), *(part.p_values for part in parts)]),
        np.concatenate([np.empty(0, dtype=object), *(part.doubt for part in parts)]),
        _kinds(parts),
    )


def _kinds(parts: Sequence[Prediction]) -> np.ndarray | None:
    kinds = [part.kind for part in parts if part.kind is not None]
    return np.concatenate(kinds) if kinds else None


def _predict(predictor: Predictor, rows: pd.DataFrame) -> Prediction:
    learnt = predictor.probability(rows)
    conformal = predictor.conformal
    if conformal is None:
        return Prediction(learnt)
    novelty = conformal.novelty(rows[TRANSCRIPT])
    return Prediction(
        conformal.calibrated(learnt),
        conformal.p_values(learnt, novelty),
        conformal.doubts(rows[TRANSCRIPT], novelty),
        conformal.kind(novelty),
    )


def predictions(
    model: Model,
    videos: pd.DataFrame,
    on_progress: Callable[[int, int], object] | None = None,
) -> pd.DataFrame:
    """Predict, and put each video into a lane; none is left out.

    Parameters
    ----------
    model : Model
        What predicts; its threshold and error rates decide.
    videos : DataFrame, shape (n, n_columns)
        Typed columns, with missing values.
    on_progress : callable, optional
        Called with videos done and videos in all.

    Returns
    -------
    DataFrame, shape (n, 4)
        `claim_probability` (NaN where the video cannot be scored), `prediction` (empty
        there), `lane`, and `reason` why a person must look at it; the videos' index.
    """
    videos = spoken(videos)
    reason = unscorable_reason(videos, COLUMNS[model.manifest.feature_set])
    scorable = (reason == "").to_numpy()
    predicted = predict(model.predictor, videos[scorable], on_progress)
    claims = predict_claim(predicted.probability, model.manifest.threshold)
    lane = _lanes(model, predicted, claims)
    predictions = pd.DataFrame(
        {
            PROBABILITY: predicted.probability,
            PREDICTION: pd.array(np.where(claims, CLAIM, OPINION), dtype="str"),
            LANE: pd.array(lane, dtype="str"),
            REASON: reason[scorable],
        },
        index=videos.index[scorable],
    )
    if predicted.doubt is not None:
        predictions[REASON] = np.where(lane == Lane.UNCERTAIN, predicted.doubt, "")
    if scorable.all():
        return predictions
    missing = {PREDICTION: "", LANE: str(Lane.UNCERTAIN), REASON: reason}
    return predictions.reindex(videos.index).fillna(missing)


def spoken(videos: pd.DataFrame) -> pd.DataFrame:
    """Return videos with what is said in them alone: without sounds, speakers' marks, times."""
    speech = said_in_all(videos[TRANSCRIPT])
    if speech is videos[TRANSCRIPT]:
        return videos
    return videos.assign(**{TRANSCRIPT: speech.mask(speech == "")})


def _lanes(model: Model, predicted: Prediction, claims: np.ndarray) -> np.ndarray:
    if predicted.p_values is None:
        return np.where(claims, Lane.CLAIMS, Lane.OPINIONS)
    manifest, p_values = model.manifest, predicted.p_values
    if predicted.kind is None:
        return lanes(p_values, manifest.error_rates)
    lane = np.full(len(p_values), Lane.UNCERTAIN, dtype=object)
    for kind in dict.fromkeys(predicted.kind.tolist()):
        of_kind = predicted.kind == kind
        lane[of_kind] = lanes(p_values[of_kind], manifest.rates_for(kind))
    return lane


def unscorable_reason(videos: pd.DataFrame, columns: tuple[str, ...]) -> pd.Series:
    """Say for each video which of the columns have no value; empty if all have one."""
    reason = pd.Series("", index=videos.index, dtype="str")
    for name in columns:
        absent = videos[name].isna() if name in videos else pd.Series(True, index=videos.index)
        if absent.any():
            reason = reason.mask(absent, reason + ", " + name)
    if (reason == "").all():
        return reason
    return reason.mask(reason != "", f"{NOT_SCORABLE}: no" + reason.str.slice(1))

"""Curves of one set of predictions, each a DataFrame small enough to draw.

Every function takes `is_claim`, 0 or 1, and `probability` of *claim*, both of shape (n,),
and raises `TrainingDataError` where a class is missing. A `threshold` in a result goes
with the project's rule: the figures beside it count videos whose probability exceeds it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.metrics import (
    average_precision_score,
    brier_score_loss,
    confusion_matrix_at_thresholds,
    precision_recall_curve,
    roc_auc_score,
    roc_curve,
)

from claimclf.errors import TrainingDataError
from claimclf.modeling.evaluation.statistics import wilson
from claimclf.schema import LABELS

MOST_POINTS = 400


@dataclass(frozen=True)
class Areas:
    """Areas below two curves, from all predictions: 1 is perfect.

    Parameters
    ----------
    roc_auc : float
        Chance that a claim scores above an opinion; 0.5 is guessing.
    average_precision : float
        Precision averaged over recall; the share of claims is guessing.
    """

    roc_auc: float
    average_precision: float


def areas(is_claim: np.ndarray, probability: np.ndarray) -> Areas:
    """Return the areas that scikit-learn finds, from unthinned curves."""
    _require_both(is_claim)
    return Areas(
        float(roc_auc_score(is_claim, probability)),
        float(average_precision_score(is_claim, probability)),
    )


def brier(is_claim: np.ndarray, probability: np.ndarray) -> float:
    """Return the mean squared distance of probability and label: 0 is best, 1 worst."""
    _require_both(is_claim)
    return float(brier_score_loss(is_claim, probability, pos_label=1))


def roc(is_claim: np.ndarray, probability: np.ndarray) -> pd.DataFrame:
    """Return `false_positive_rate`, `recall`, `threshold`, from nothing reviewed to all."""
    _require_both(is_claim)
    false_positive_rate, recall, cut = roc_curve(is_claim, probability)
    points = pd.DataFrame(
        {
            "false_positive_rate": false_positive_rate,
            "recall": recall,
            "threshold": _exceeded(cut),
        }
    )
    return _thinned(points)


def precision_recall(is_claim: np.ndarray, probability: np.ndarray) -> pd.DataFrame:
    """Return `recall`, `precision`, `threshold`, from all reviewed to the likeliest alone.

    Where nothing is reviewed there is no precision, and no point.
    """
    _require_both(is_claim)
    precision, recall, cut = precision_recall_curve(is_claim, probability, drop_intermediate=True)
    points = {"recall": recall[:-1], "precision": precision[:-1], "threshold": _exceeded(cut)}
    return _thinned(pd.DataFrame(points))


def gains(is_claim: np.ndarray, probability: np.ndarray) -> pd.DataFrame:
    """Return how many claims are caught when the likeliest are reviewed first.

    Videos of equal probability stand in no order, so they are one step.

    Returns
    -------
    DataFrame, shape (at most 400, 5)
        `share_reviewed` and `recall` from 0 to 1, `reviewed` videos, `caught` claims and
        the `threshold` that sends just these videos to review.
    """
    _require_both(is_claim)
    _tn, fp, _fn, tp, cut = confusion_matrix_at_thresholds(is_claim, probability)
    reviewed, caught = np.append(0, fp + tp), np.append(0, tp)
    points = pd.DataFrame(
        {
            "share_reviewed": reviewed / reviewed[-1],
            "recall": caught / caught[-1],
            "reviewed": reviewed.astype(int),
            "caught": caught.astype(int),
            "threshold": _exceeded(np.append(np.inf, cut)),
        }
    )
    return _thinned(points)


def reliability(is_claim: np.ndarray, probability: np.ndarray, bins: int = 10) -> pd.DataFrame:
    """Compare probabilities with what happened, in bins of equal width.

    Returns
    -------
    DataFrame, shape (non-empty bins, 8)
        `low` (exclusive but for the first bin) and `high` (inclusive) of the bin, `videos`
        and `claims` in it, their `mean_probability`, the `claim_share` and its 95 % Wilson
        interval `share_low`, `share_high`.
    """
    _require_both(is_claim)
    edges = np.linspace(0.0, 1.0, bins + 1)
    place = np.searchsorted(edges[1:-1], probability)
    scored = pd.DataFrame({"claim": np.asarray(is_claim), "p": np.asarray(probability)})
    counted = scored.groupby(place).agg(
        videos=("claim", "size"), claims=("claim", "sum"), mean_probability=("p", "mean")
    )
    intervals = [wilson(c, n) for c, n in zip(counted["claims"], counted["videos"], strict=True)]
    points: pd.DataFrame = counted.assign(
        low=edges[counted.index],
        high=edges[counted.index + 1],
        claim_share=counted["claims"] / counted["videos"],
        share_low=[interval.low for interval in intervals],
        share_high=[interval.high for interval in intervals],
    ).reset_index(drop=True)
    order = ["low", "high", "videos", "claims", "mean_probability"]
    return points[[*order, "claim_share", "share_low", "share_high"]]


def score_histogram(is_claim: np.ndarray, probability: np.ndarray, bins: int = 40) -> pd.DataFrame:
    """Count probabilities per class and bin: `label`, `low`, `high`, `videos`."""
    _require_both(is_claim)
    edges = np.arange(bins + 1) / bins  # a forest's 0.975 is just an edge; linspace's is above
    claim, scores = np.asarray(is_claim).astype(int), np.asarray(probability)
    parts = [
        pd.DataFrame(
            {
                "label": label,
                "low": edges[:-1],
                "high": edges[1:],
                "videos": np.histogram(scores[claim == code], edges)[0],
            }
        )
        for code, label in enumerate(LABELS)
    ]
    return pd.concat(parts, ignore_index=True)


def _exceeded(cut: np.ndarray) -> np.ndarray:
    """Turn "at or above the cut" into "above the threshold"; nothing exceeds 1."""
    threshold: np.ndarray = np.where(np.isinf(cut), 1.0, np.nextafter(cut, -np.inf))
    return threshold


def _thinned(points: pd.DataFrame) -> pd.DataFrame:
    """Keep at most 400 points: both ends, half evenly by rank, half evenly along the line."""
    if len(points) <= MOST_POINTS:
        return points
    last, half = len(points) - 1, MOST_POINTS // 2
    by_rank = np.linspace(0, last, half).round().astype(int)
    steps = np.abs(np.diff(points.iloc[:, :2].to_numpy(), axis=0)).sum(axis=1)
    way = np.append(0.0, np.cumsum(steps))
    by_way = np.minimum(np.searchsorted(way, np.linspace(0, way[-1], half)), last)
    return points.iloc[np.union1d(by_rank, by_way)].reset_index(drop=True)


def _require_both(is_claim: np.ndarray) -> None:
    claims, n = int(np.sum(is_claim)), len(is_claim)
    if not 0 < claims < n:
        raise TrainingDataError(
            "A curve needs claims and opinions.",
            f"Found: {claims:,} claims and {n - claims:,} opinions.",
            "Choose predictions of both classes.",
        )

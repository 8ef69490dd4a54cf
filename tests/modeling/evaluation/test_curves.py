from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from sklearn.calibration import calibration_curve
from sklearn.metrics import (
    average_precision_score,
    brier_score_loss,
    precision_recall_curve,
    roc_auc_score,
    roc_curve,
)

from claimclf.errors import TrainingDataError
from claimclf.modeling.evaluation import curves
from claimclf.modeling.evaluation.cutoffs import sweep
from claimclf.modeling.evaluation.statistics import wilson
from claimclf.modeling.store.store import ModelStore

Predictions = tuple[np.ndarray, np.ndarray]
LINES = [curves.roc, curves.precision_recall, curves.gains]
ALL: list[Callable[..., object]] = [
    *LINES, curves.reliability, curves.score_histogram, curves.brier, curves.areas,
]  # fmt: skip


def made_up(n: int, decimals: int, seed: int = 0) -> Predictions:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, n)
    return labels, np.clip(rng.normal(0.35 + 0.3 * labels, 0.2), 0, 1).round(decimals)


@pytest.fixture(
    scope="module", params=["course-random-forest", "course-xgboost", "ties", "many", "two"]
)
def predictions(request: pytest.FixtureRequest, shipped: ModelStore) -> Predictions:
    if request.param == "two":
        return np.array([0, 1]), np.array([0.3, 0.3])
    if request.param in ("ties", "many"):
        return made_up(20_000, 2 if request.param == "ties" else 12)
    stored = shipped.predictions(request.param)
    return (stored["claim_status"] == "claim").astype(int).to_numpy(), stored[
        "claim_probability"
    ].to_numpy()


@pytest.mark.parametrize("line", LINES)
def test_line_has_few_points_and_both_ends(
    predictions: Predictions, line: Callable[..., pd.DataFrame]
) -> None:
    points = line(*predictions)
    fewest = 1 if line is curves.precision_recall else 2
    assert fewest <= len(points) <= curves.MOST_POINTS
    first, last = points["recall"].iloc[[0, -1]]
    if line is curves.precision_recall:  # where nothing is reviewed there is no precision
        assert (first, points["precision"].iloc[0]) == (1.0, np.mean(predictions[0]))
    else:
        assert {first, last} == {0.0, 1.0}
    assert points.notna().all(axis=None)
    assert np.isfinite(points).all(axis=None)


@pytest.mark.parametrize("line", LINES)
def test_threshold_beside_a_point_gives_that_point(
    predictions: Predictions, line: Callable[..., pd.DataFrame]
) -> None:
    cutoffs = sweep(*predictions)
    for point in line(*predictions).iloc[::7].itertuples():
        cutoff = cutoffs.at(point.threshold)
        (tn, fp), _ = cutoff.metrics.confusion_matrix
        assert cutoff.metrics.recall == pytest.approx(point.recall, abs=1e-12)
        if line is curves.roc:
            assert fp / (tn + fp) == pytest.approx(point.false_positive_rate, abs=1e-12)
        elif line is curves.gains:
            assert cutoff.review_share == pytest.approx(point.share_reviewed, abs=1e-12)
        elif cutoff.review_share:
            assert cutoff.metrics.precision == pytest.approx(point.precision, abs=1e-12)


def test_roc_lies_on_scikit_learns(predictions: Predictions) -> None:
    false_positive_rate, recall, _ = roc_curve(*predictions)
    points = curves.roc(*predictions)
    theirs = set(zip(false_positive_rate, recall, strict=True))
    assert set(zip(points["false_positive_rate"], points["recall"], strict=True)) <= theirs
    area = np.trapezoid(points["recall"], points["false_positive_rate"])
    assert area == pytest.approx(roc_auc_score(*predictions), abs=1e-4)


def test_precision_recall_lies_on_scikit_learns(predictions: Predictions) -> None:
    precision, recall, _ = precision_recall_curve(*predictions)
    points = curves.precision_recall(*predictions)
    theirs = set(zip(recall, precision, strict=True))
    assert set(zip(points["recall"], points["precision"], strict=True)) <= theirs


def test_figures_are_scikit_learns(predictions: Predictions) -> None:
    areas = curves.areas(*predictions)
    assert areas.roc_auc == roc_auc_score(*predictions)
    assert areas.average_precision == average_precision_score(*predictions)
    assert curves.brier(*predictions) == brier_score_loss(*predictions)


def test_reliability_is_scikit_learns_with_intervals(predictions: Predictions) -> None:
    share, mean = calibration_curve(*predictions, n_bins=10)
    points = curves.reliability(*predictions)
    assert points["claim_share"].tolist() == pytest.approx(share.tolist(), abs=1e-12)
    assert points["mean_probability"].tolist() == pytest.approx(mean.tolist(), abs=1e-12)
    assert points["videos"].sum() == len(predictions[0])
    assert points["claims"].sum() == predictions[0].sum()
    for row in points.itertuples():
        interval = wilson(row.claims, row.videos)
        assert (row.share_low, row.share_high) == (interval.low, interval.high)
        assert row.low <= row.mean_probability <= row.high


def test_gains_are_counted_by_hand() -> None:
    labels, scores = np.array([1, 0, 1, 0, 1, 0]), np.array([0.9, 0.9, 0.9, 0.5, 0.1, 0.1])
    points = curves.gains(labels, scores)
    assert points["reviewed"].tolist() == [0, 3, 4, 6]
    assert points["caught"].tolist() == [0, 2, 2, 3]
    assert points["share_reviewed"].tolist() == pytest.approx([0, 0.5, 4 / 6, 1])


def test_histogram_counts_every_video_once(predictions: Predictions) -> None:
    labels, scores = predictions
    bins = curves.score_histogram(labels, scores)
    assert len(bins) == 80
    counts = bins.groupby("label")["videos"].sum()
    assert counts.to_dict() == {"claim": labels.sum(), "opinion": (1 - labels).sum()}
    top = bins[bins["label"] == "claim"].iloc[-1]
    assert top["videos"] == int((scores[labels == 1] >= 0.975).sum())


@pytest.mark.parametrize("function", ALL)
@pytest.mark.parametrize("labels", [[0, 0, 0], [1, 1, 1]])
def test_one_class_alone_is_refused(function: Callable[..., object], labels: list[int]) -> None:
    with pytest.raises(TrainingDataError, match="claims and opinions"):
        function(np.array(labels), np.array([0.1, 0.5, 0.9]))

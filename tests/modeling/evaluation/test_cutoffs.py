from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import (
    accuracy_score,
    confusion_matrix,
    f1_score,
    precision_score,
    recall_score,
)

from claimclf.errors import InvalidRequestError, TrainingDataError
from claimclf.modeling.evaluation.cutoffs import sweep
from claimclf.modeling.evaluation.measuring import measure, predict_claim
from claimclf.modeling.store.store import ModelStore

#: Few values, so that ties are common, and the neighbours of a tie.
SCORES = st.sampled_from([0.0, 5e-324, 0.1, np.nextafter(0.5, 0), 0.5, np.nextafter(0.5, 1), 1.0])
VIDEOS = st.lists(st.tuples(st.booleans(), SCORES | st.floats(0, 1)), min_size=1, max_size=30)
quick = settings(deadline=None, max_examples=80)


SCORES_OF = {"recall": recall_score, "precision": precision_score, "f1": f1_score}


def arrays(videos: list[tuple[bool, float]]) -> tuple[np.ndarray, np.ndarray]:
    labels, scores = zip(*videos, strict=True)
    return np.array(labels), np.array(scores, dtype=float)


@given(VIDEOS, SCORES | st.floats(-1, 2))
@quick
def test_any_cutoff_says_what_scikit_learn_says(
    videos: list[tuple[bool, float]], threshold: float
) -> None:
    labels, scores = arrays(videos)
    predicted = predict_claim(scores, threshold)
    cutoff = sweep(labels, scores).at(threshold)
    assert cutoff.metrics == measure(labels, predicted)
    for name, score in SCORES_OF.items():
        value = getattr(cutoff.metrics, name)
        expected = score(labels, predicted, zero_division=np.nan)
        assert (value is None) == np.isnan(expected)
        assert value is None or value == pytest.approx(expected, abs=1e-15)
    assert cutoff.metrics.accuracy == pytest.approx(accuracy_score(labels, predicted), abs=1e-15)
    assert cutoff.missed_claims == int((labels & ~predicted).sum())
    assert cutoff.review_share == pytest.approx(predicted.mean(), abs=1e-15)


@given(VIDEOS, st.floats(0, 1, exclude_min=True) | st.sampled_from([0.5, 1 / 3, 0.995, 1.0]))
@quick
def test_cutoff_for_a_recall_is_the_highest_that_has_it(
    videos: list[tuple[bool, float]], target: float
) -> None:
    labels, scores = arrays([*videos, (True, 0.5)])
    cutoffs = sweep(labels, scores)
    threshold = cutoffs.for_recall(target)
    assert cutoffs.at(threshold).metrics.recall >= target
    assert cutoffs.at(np.nextafter(threshold, np.inf)).metrics.recall < target
    assert threshold >= -5e-324


def test_full_recall_is_reached_even_where_a_claim_has_probability_zero() -> None:
    cutoffs = sweep(np.array([1, 0, 1]), np.array([0.0, 0.0, 1.0]))
    assert cutoffs.for_recall(1.0) == -5e-324
    assert cutoffs.at(cutoffs.for_recall(1.0)).metrics.confusion_matrix == [[0, 1], [0, 2]]


@pytest.mark.parametrize("hits", [1, 2, 7, 29, 57, 113, 199, 200])
def test_a_recall_that_was_just_measured_is_found_again(hits: int) -> None:
    scores = np.linspace(0, 1, 200)
    cutoffs = sweep(np.ones(200), scores)
    assert cutoffs.at(cutoffs.for_recall(hits / 200)).missed_claims == 200 - hits


@pytest.mark.parametrize("target", [0.0, -0.1, 1.0000001, float("nan"), float("inf")])
def test_impossible_recall_is_refused(target: float) -> None:
    cutoffs = sweep(np.array([0, 1]), np.array([0.2, 0.8]))
    with pytest.raises(InvalidRequestError, match="out of range"):
        cutoffs.for_recall(target)


def test_recall_without_claims_is_refused() -> None:
    with pytest.raises(TrainingDataError, match="no claim"):
        sweep(np.zeros(3), np.array([0.1, 0.2, 0.3])).for_recall(0.9)


@pytest.mark.parametrize("scores", [[0.1, np.nan], [0.1, 0.2, 0.3]])
def test_labels_and_probabilities_that_do_not_fit_are_refused(scores: list[float]) -> None:
    with pytest.raises(TrainingDataError, match="do not belong together"):
        sweep(np.array([0, 1]), np.array(scores))


def test_nothing_at_all_has_no_shares() -> None:
    cutoff = sweep(np.array([]), np.array([])).at(0.5)
    assert cutoff.metrics.confusion_matrix == [[0, 0], [0, 0]]
    assert (cutoff.review_share, cutoff.metrics.recall) == (None, None)


@pytest.mark.parametrize("name", ["course-random-forest", "course-xgboost"])
@pytest.mark.parametrize("threshold", [0.0, 0.005, 0.25, 0.5, 0.99, 1.0])
def test_stored_predictions_give_scikit_learns_matrix(
    shipped: ModelStore, name: str, threshold: float
) -> None:
    stored = shipped.predictions(name)
    labels = (stored["claim_status"] == "claim").to_numpy()
    scores = stored["claim_probability"].to_numpy()
    matrix = sweep(labels, scores).at(threshold).metrics.confusion_matrix
    assert matrix == confusion_matrix(labels, scores > threshold).tolist()
    assert all(type(cell) is int for row in matrix for cell in row)

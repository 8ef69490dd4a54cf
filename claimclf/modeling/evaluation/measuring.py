"""How well predictions fit the labels."""

from __future__ import annotations

import numpy as np
import pandas as pd

from claimclf.dataset.cleaning import is_claim
from claimclf.modeling.evaluation.metrics import Metrics
from claimclf.modeling.evaluation.statistics import wilson
from claimclf.schema import LABELS, PROBABILITY

DEFAULT_THRESHOLD = 0.5


def predict_claim(probability: np.ndarray, threshold: float = DEFAULT_THRESHOLD) -> np.ndarray:
    """Return whether each video is predicted to make a claim, shape (n,), bool.

    A claim is predicted where the probability exceeds the threshold. At 0.5 this is what
    scikit-learn's forest and XGBoost predict, an exact tie being an opinion.
    """
    return probability > threshold


def measure(truth: np.ndarray, predicted: np.ndarray) -> Metrics:
    """Compare predictions with labels.

    Parameters
    ----------
    truth, predicted : array-like of int or bool, shape (n,)
        1 for claim, 0 for opinion.
    """
    from sklearn.metrics import confusion_matrix  # a second that who predicts does without

    matrix = confusion_matrix(truth, predicted, labels=[0, 1])
    return Metrics.of([[int(cell) for cell in row] for row in matrix])


def report_by_class(truth: np.ndarray, predicted: np.ndarray) -> pd.DataFrame:
    """Return precision, recall, F1 and support per class and averaged, one row each.

    A share of nothing is NaN, and is in no average.
    """
    from sklearn.metrics import classification_report

    report = classification_report(
        truth,
        predicted,
        labels=[0, 1],
        target_names=list(LABELS),
        output_dict=True,
        zero_division=np.nan,
    )
    report.pop("accuracy", None)
    return pd.DataFrame(report).T.astype({"support": int})


def intervals(metrics: Metrics) -> dict[str, list[float]]:
    """Return Wilson's 95 % interval of each rate of a confusion matrix as [low, high]."""
    (tn, fp), (fn, tp) = metrics.confusion_matrix
    rates = {
        "recall": (tp, tp + fn),
        "specificity": (tn, tn + fp),
        "precision": (tp, tp + fp),
        "accuracy": (tn + tp, tn + fp + fn + tp),
    }
    by_rate = {rate: wilson(part, whole) for rate, (part, whole) in rates.items()}
    return {rate: [interval.low, interval.high] for rate, interval in by_rate.items()}


def measure_splits(
    predictions: pd.DataFrame, threshold: float
) -> tuple[dict[str, Metrics], dict[str, dict[str, list[float]]]]:
    """Return the figures of each split at a threshold, and their intervals.

    Parameters
    ----------
    predictions : DataFrame
        `split`, `claim_status` and `claim_probability`, as the model store keeps them.
    threshold : float
        A video with a higher probability is predicted to make a claim.
    """
    metrics = {
        str(part): measure(
            is_claim(rows).to_numpy(), predict_claim(rows[PROBABILITY].to_numpy(), threshold)
        )
        for part, rows in predictions.groupby("split", sort=False)
    }
    return metrics, {part: intervals(figures) for part, figures in metrics.items()}

"""How well predictions fit the labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.metrics import (
    accuracy_score,
    classification_report,
    confusion_matrix,
    f1_score,
    precision_score,
    recall_score,
)

from claimclf.schema import LABELS

DEFAULT_THRESHOLD = 0.5


def predict_claim(probability: np.ndarray, threshold: float = DEFAULT_THRESHOLD) -> np.ndarray:
    """Return whether each video is predicted to make a claim, shape (n,), bool.

    A claim is predicted where the probability exceeds the threshold. At 0.5 this is what
    scikit-learn's forest and XGBoost predict, an exact tie being an opinion.
    """
    return probability > threshold


@dataclass(frozen=True)
class Metrics:
    """Figures of one set of predictions; *claim* is the positive class.

    Parameters
    ----------
    confusion_matrix : list of list of int, shape (2, 2)
        ``[[tn, fp], [fn, tp]]``.
    recall, precision, f1, accuracy : float
        Shares from 0 to 1; 0 where a share has nothing to count.
    """

    confusion_matrix: list[list[int]]
    recall: float
    precision: float
    f1: float
    accuracy: float


def measure(is_claim: np.ndarray, predicted: np.ndarray) -> Metrics:
    """Compare predictions with labels.

    Parameters
    ----------
    is_claim, predicted : array-like of int or bool, shape (n,)
        1 for claim, 0 for opinion.
    """
    matrix = confusion_matrix(is_claim, predicted, labels=[0, 1])
    return Metrics(
        [[int(cell) for cell in row] for row in matrix],
        float(recall_score(is_claim, predicted, zero_division=0.0)),
        float(precision_score(is_claim, predicted, zero_division=0.0)),
        float(f1_score(is_claim, predicted, zero_division=0.0)),
        float(accuracy_score(is_claim, predicted)),
    )


def report_by_class(is_claim: np.ndarray, predicted: np.ndarray) -> pd.DataFrame:
    """Return precision, recall, F1 and support per class and averaged, one row each."""
    report = classification_report(
        is_claim,
        predicted,
        labels=[0, 1],
        target_names=list(LABELS),
        output_dict=True,
        zero_division=0.0,
    )
    report.pop("accuracy", None)
    return pd.DataFrame(report).T.astype({"support": int})

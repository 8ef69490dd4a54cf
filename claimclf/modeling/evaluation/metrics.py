"""The figures of a set of predictions, as they are stored; `evaluation` works them out."""

from __future__ import annotations

from dataclasses import dataclass


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

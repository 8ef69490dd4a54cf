"""The figures of a set of predictions, as they are stored; `evaluation` works them out.

A share of nothing is no number: it is None, and is written as a dash with its reason, by the
functions here alone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

#: Figure -> what is missing where it cannot be worked out.
_LACKING = {
    "recall": "no claims",
    "claims_hidden": "no claims",
    "claims_ruled_out": "no claims",
    "review_95": "no claims",
    "precision": "no claim predicted",
    "f1": "no claims, and none predicted",
    "specificity": "no opinions",
    "opinions_in_claims": "no opinions",
    "opinions_ruled_out": "no opinions",
    "auc": "claims or opinions are missing",
}
_NOTHING = "no videos"
DASH = "–"


@dataclass(frozen=True)
class Metrics:
    """Figures of one set of predictions; *claim* is the positive class.

    Parameters
    ----------
    confusion_matrix : list of list of int, shape (2, 2)
        ``[[tn, fp], [fn, tp]]``.
    recall, precision, f1, accuracy : float or None
        Shares from 0 to 1; None where a share has nothing to count.
    """

    confusion_matrix: list[list[int]]
    recall: float | None
    precision: float | None
    f1: float | None
    accuracy: float | None

    @classmethod
    def of(cls, confusion_matrix: list[list[int]]) -> Metrics:
        """Work the shares out from what was counted."""
        (tn, fp), (fn, tp) = confusion_matrix
        return cls(
            confusion_matrix,
            recall=share(tp, tp + fn),
            precision=share(tp, tp + fp),
            f1=share(2 * tp, 2 * tp + fp + fn),
            accuracy=share(tn + tp, tn + fp + fn + tp),
        )

    @property
    def specificity(self) -> float | None:
        """The share of opinions that are kept from review."""
        tn, fp = self.confusion_matrix[0]
        return share(tn, tn + fp)

    @property
    def undefined(self) -> dict[str, str]:
        """The shares that have nothing to count, each with the reason."""
        names = ("recall", "precision", "f1", "accuracy")
        return {name: lacking(name) for name in names if getattr(self, name) is None}


def share(part: int, whole: int) -> float | None:
    """Return a part of a whole; None where there is no whole."""
    return part / whole if whole else None


def is_undefined(value: float | None) -> bool:
    """Return whether a figure is none; stored models of older programs have NaN for it."""
    return value is None or math.isnan(value)


def lacking(name: str) -> str:
    """Say what is missing where a figure cannot be worked out."""
    return _LACKING.get(name.partition(":")[0], _NOTHING)


def dash(name: str) -> str:
    """Write a figure that cannot be worked out: a dash, and why."""
    return f"{DASH} ({lacking(name)})"


def written(value: float | None, name: str, form: str = ".4f") -> str:
    """Write a figure, or a dash with the reason.

    Parameters
    ----------
    name : str
        Which it is, as in `Metrics`.
    form : str
        How a number is written.
    """
    return dash(name) if value is None or math.isnan(value) else format(value, form)


def with_interval(row: Mapping[str, Any], name: str, form: str = ".3f") -> str:
    """Write a figure with the ends of its interval, which stand in `…_low` and `…_high`."""
    if is_undefined(row[name]):
        return dash(name)
    low, high = (format(row[f"{name}{end}"], form) for end in ("_low", "_high"))
    return f"{row[name]:{form}} ({low} to {high})"

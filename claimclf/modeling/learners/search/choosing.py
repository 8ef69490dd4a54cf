"""Which setting is the best one, and which of two equals is the simpler model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

TIE_DIGITS = 12  # means of folds that agree this far differ by rounding only


def best_index(
    results: Mapping[str, Any], metric: str, simplicity_of: Sequence[tuple[float, ...]]
) -> int:
    """Choose the best setting of a table of results.

    The highest mean of `metric` wins. A tie goes to the higher mean precision, where precision
    was measured; then to the simpler model; then to the earlier setting of the grid. Means that
    agree to 12 digits tie: what is beyond is rounding, and no reason to prefer a model.

    Parameters
    ----------
    results : mapping
        A table like ``cv_results_``.
    metric : str
        The metric that decides.
    simplicity_of : sequence of tuple of float
        Each setting's :func:`simplicity`.

    Returns
    -------
    int
        The setting's place in the table.
    """
    decisive = _rounded(results[f"mean_test_{metric}"])
    precision = _rounded(results.get("mean_test_precision", np.zeros(len(decisive))))
    return min(
        range(len(decisive)),
        key=lambda i: (-decisive[i], -precision[i], simplicity_of[i], i),
    )


def simplicity(params: Mapping[str, Any]) -> tuple[float, ...]:
    """Order models from simple to complex; the smaller tuple is the simpler model.

    In this order: fewer trees or rounds, shallower trees, fewer leaves, larger leaves
    (``min_samples_leaf`` or ``min_child_weight``), fewer features a split. A limit that is not set
    counts as none; fractions compare as the numbers they are. ``min_samples_split`` does not
    count, because it often changes nothing.

    Parameters
    ----------
    params : mapping
        A forest's or booster's parameters. Other models' are all equally simple.

    Returns
    -------
    tuple of float
    """
    return (
        _number(params.get("n_estimators"), unset=0),
        _number(params.get("max_depth") or None, unset=np.inf),  # 0 is XGBoost's "no limit"
        _number(params.get("max_leaf_nodes", params.get("max_leaves")) or None, unset=np.inf),
        -_number(params.get("min_samples_leaf", params.get("min_child_weight")), unset=0),
        _number(params.get("max_features", params.get("colsample_bytree")), unset=np.inf),
    )


def _number(value: Any, unset: float) -> float:
    return float(value) if isinstance(value, int | float | np.number) else unset


def _rounded(means: Any) -> NDArray[np.float64]:
    """Round to what is not noise; a mean that is not a number loses to all others."""
    return np.nan_to_num(np.round(np.asarray(means, float), TIE_DIGITS), nan=-np.inf)

"""The scores of each fit, and the table made of all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from claimclf.modeling.learners.search.families import Family

Scores = dict[str, float]


@dataclass(frozen=True)
class Outcome:
    """The scores of a family on a fold, one dict for each size; times in seconds."""

    scores: list[Scores]
    fit_seconds: float
    score_seconds: float


def results_table(
    candidates: list[dict[str, Any]],
    families: Sequence[Family],
    outcomes: Sequence[Sequence[Outcome]],
    metrics: Sequence[str],
) -> dict[str, Any]:
    """Arrange the outcomes as GridSearchCV does."""
    cells = _cells(len(candidates), families, outcomes, metrics)
    table = {
        **_summary("fit_time", cells["fit_time"]),
        **_summary("score_time", cells["score_time"]),
        **_parameter_columns(candidates),
        "params": candidates,
    }
    for metric in metrics:
        table.update(_metric_columns(f"test_{metric}", cells[metric]))
    return table


def _cells(
    settings: int,
    families: Sequence[Family],
    outcomes: Sequence[Sequence[Outcome]],
    metrics: Sequence[str],
) -> dict[str, NDArray[np.float64]]:
    """Return for each metric and time an array of settings by folds."""
    names = [*metrics, "fit_time", "score_time"]
    cells = {name: np.empty((settings, len(outcomes[0]))) for name in names}
    for family, by_fold in zip(families, outcomes, strict=True):
        for fold, outcome in enumerate(by_fold):
            for size, places, scores in zip(
                family.sizes, family.members, outcome.scores, strict=True
            ):
                row = {**scores, **_shares(outcome, size, family.sizes)}
                for name in names:
                    cells[name][list(places), fold] = row[name]
    return cells


def _shares(outcome: Outcome, size: int, sizes: Sequence[int]) -> dict[str, float]:
    return {
        "fit_time": outcome.fit_seconds * size / max(sizes),
        "score_time": outcome.score_seconds / len(sizes),
    }


def _summary(name: str, cells: NDArray[np.float64]) -> dict[str, Any]:
    return {f"mean_{name}": cells.mean(axis=1), f"std_{name}": cells.std(axis=1)}


def _metric_columns(name: str, cells: NDArray[np.float64]) -> dict[str, Any]:
    splits = {f"split{fold}_{name}": cells[:, fold] for fold in range(cells.shape[1])}
    return {**splits, **_summary(name, cells), f"rank_{name}": _ranks(cells.mean(axis=1))}


def _ranks(means: NDArray[np.float64]) -> NDArray[np.int32]:
    ranks: NDArray[np.int32] = rankdata(-np.nan_to_num(means, nan=-np.inf), method="min").astype(
        np.int32
    )
    return ranks


def _parameter_columns(candidates: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return each parameter's values, masked where a setting does not name it."""
    names = dict.fromkeys(name for params in candidates for name in params)
    return {f"param_{name}": _parameter_column(name, candidates) for name in names}


def _parameter_column(name: str, candidates: Sequence[dict[str, Any]]) -> Any:
    present = {i: params[name] for i, params in enumerate(candidates) if name in params}
    column = np.ma.MaskedArray(
        np.empty(len(candidates), dtype=_column_type(list(present.values()))), mask=True
    )
    for i, value in present.items():
        column[i] = value
    return column


def _column_type(values: list[Any]) -> np.dtype[Any]:
    """Return the values' common type, or object for text and for what is not a scalar."""
    try:
        array = np.array(values)
    except ValueError:  # lists of different lengths
        return np.dtype(object)
    return np.dtype(object) if array.dtype.kind == "U" or array.ndim != 1 else array.dtype

"""Where a model does well and where not: its rates in parts of the videos."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from claimclf.dataset.cleaning import is_claim
from claimclf.modeling.evaluation.statistics import wilson
from claimclf.schema import (
    BAN_STATUS,
    DURATION,
    LABELLED,
    TEXT_LENGTH,
    VERIFIED_STATUS,
    VIEWS,
)

#: Fewer videos than this say little about a rate.
SMALL = 30
_NUMBERS = {TEXT_LENGTH: "characters", VIEWS: "views", DURATION: "s"}


def slices(rows: pd.DataFrame, predicted: np.ndarray) -> pd.DataFrame:
    """Measure predictions in each value of a status and each quarter of a number.

    Parameters
    ----------
    rows : DataFrame, shape (n, n_columns)
        Complete labelled rows with `text_length`.
    predicted : array-like of bool, shape (n,)
        Whether each is predicted to make a claim.

    Returns
    -------
    DataFrame, one row a slice
        `column` and `value` name the slice; `n` and `n_claims` count its videos; `recall`
        and `specificity` (the share of opinions kept from review) with their 95 % Wilson
        intervals in `…_low` and `…_high`, NaN where there is nothing to count; `small`
        where n is below 30, `recall_small` and `specificity_small` where the rate itself
        counts fewer than 30.
    """
    claim, positive = is_claim(rows).to_numpy(dtype=bool), np.asarray(predicted, dtype=bool)
    return pd.DataFrame(
        [
            {"column": column, "value": value, **_rates(claim[inside], positive[inside])}
            for column, value, inside in _parts(rows)
        ]
    )


def _parts(rows: pd.DataFrame) -> Iterator[tuple[str, str, np.ndarray]]:
    """Yield column, readable value and a mask of the rows, without empty slices."""
    for column in (VERIFIED_STATUS, BAN_STATUS):
        for value in LABELLED[column].allowed:
            inside = (rows[column] == value).to_numpy(dtype=bool)
            if inside.any():
                yield column, value, inside
    for column, unit in _NUMBERS.items():
        values = rows[column].to_numpy(dtype=float)
        place = _quarters(values)
        for number in np.unique(place):
            inside = place == number
            yield column, _range(values[inside], unit), inside


def _quarters(values: np.ndarray) -> np.ndarray:
    """Return each value's quarter, 0 to 3; equal values stay together, so one may be empty."""
    if not len(values):
        return np.empty(0, dtype=int)
    edges = np.quantile(values, [0.25, 0.5, 0.75])
    place: np.ndarray = np.searchsorted(edges, values, side="left")
    return place


def _range(values: np.ndarray, unit: str) -> str:
    low, high = _readable(values.min()), _readable(values.max())
    return f"{low} {unit}" if low == high else f"{low}-{high} {unit}"


def _readable(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"


def _rates(claim: np.ndarray, positive: np.ndarray) -> dict[str, Any]:
    n, n_claims = len(claim), int(claim.sum())
    caught, spared = int((claim & positive).sum()), int((~claim & ~positive).sum())
    return {
        "n": n,
        "n_claims": n_claims,
        **_rate("recall", caught, n_claims),
        **_rate("specificity", spared, n - n_claims),
        "small": n < SMALL,
    }


def _rate(name: str, part: int, whole: int) -> dict[str, Any]:
    interval = wilson(part, whole)
    return {
        name: part / whole if whole else float("nan"),
        f"{name}_low": interval.low,
        f"{name}_high": interval.high,
        f"{name}_small": whole < SMALL,
    }

"""Figures by kind of text and source, each with its interval: never one headline alone."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from claimclf.modeling.evaluation.measuring import predict_claim
from claimclf.modeling.evaluation.statistics import wilson
from claimclf.modeling.stored.conformal import lanes
from claimclf.schema import CLAIM, OPINION, P_VALUES, PROBABILITY, Lane

#: Error rates that a lead can compare: for claims, and for opinions, of which more may be ruled
#: out, since that costs no more than a look.
CLAIM_RATES = (0.005, 0.01, 0.02, 0.025, 0.03, 0.05, 0.1)
OPINION_RATES = (0.005, 0.02, 0.05, 0.1)
#: A share is kept with so many digits.
_DIGITS = 5
#: Share of claims that a review in order of probability is to find.
_CAUGHT = 0.95
_NORMAL = 1.959963984540054


def by_source(
    held_out: pd.DataFrame,
    names: Mapping[int, str],
    rates: Mapping[str, Mapping[str, float]],
    threshold: float,
) -> list[dict[str, Any]]:
    """Measure a model on each source that it was trained on, by what it had not met.

    Parameters
    ----------
    held_out : DataFrame
        `source`, `kind`, `truth`, `claim_probability`, `p_opinion`, `p_claim` of each row,
        by a model that was fitted and calibrated without its group.
    names : mapping of int to str
        Source -> its name.
    rates : mapping of str to mapping of str to float
        Kind -> label -> error rate in use.
    threshold : float
        A higher probability is a prediction of *claim*.

    Returns
    -------
    list of dict, one a source
        `kind`, `source`, `n`, `n_claims`; `auc`, `recall`, `specificity`, each with `…_low`
        and `…_high`; `review_95`, the share to review, most likely first, until 95 % of the
        claims are found; `error_rates`; and what `lane_figures` returns for them, with the
        same for other rates in `trade_off`. A share of nothing is None.
    """
    return [
        _of_source(name, rows, rates, threshold)
        for number, name in names.items()
        if len(rows := held_out[held_out["source"] == number])
    ]


def _of_source(
    name: str, rows: pd.DataFrame, rates: Mapping[str, Mapping[str, float]], threshold: float
) -> dict[str, Any]:
    kind, claim = str(rows["kind"].iloc[0]), (rows["truth"] == 1).to_numpy()
    probability, p_values = rows[PROBABILITY].to_numpy(), rows[list(P_VALUES)].to_numpy()
    return {
        "kind": kind,
        "source": name,
        **ranking_figures(claim, probability, threshold),
        "error_rates": dict(rates[kind]),
        **lane_figures(claim, p_values, rates[kind]),
        "trade_off": list(_trade_off(claim, p_values)),
    }


def ranking_figures(claim: np.ndarray, probability: np.ndarray, threshold: float) -> dict[str, Any]:
    """Say how well a probability tells claims from opinions.

    Parameters
    ----------
    claim : ndarray of bool, shape (n,)
        The truth. What needs a class that does not occur is None.
    probability : ndarray, shape (n,)
        Of *claim*.
    threshold : float
        A higher probability is a prediction of *claim*.
    """
    predicted = predict_claim(probability, threshold)
    return {
        "n": len(claim),
        "n_claims": int(claim.sum()),
        **_auc(claim, probability),
        **_share("recall", predicted[claim]),
        **_share("specificity", ~predicted[~claim]),
        "review_95": review_share(claim, probability),
    }


def review_share(
    claim: np.ndarray, probability: np.ndarray, caught: float = _CAUGHT
) -> float | None:
    """Return the share to review, most likely first, until a share of claims is caught.

    None where there are no claims.
    """
    if not claim.any():
        return None
    order = np.argsort(-probability, kind="stable")
    until = np.searchsorted(np.cumsum(claim[order]), math.ceil(caught * claim.sum()))
    return float((until + 1) / len(claim))


def lane_figures(
    claim: np.ndarray, p_values: np.ndarray, rates: Mapping[str, float]
) -> dict[str, float | None]:
    """Say what lanes decide and what they hide.

    Returns
    -------
    dict
        `decided`, the share that leaves `uncertain`; `no_look`, the share in `opinions`;
        `claims_hidden`, the share of the claims in `opinions`; `opinions_in_claims`; each
        with its interval.
    """
    lane = lanes(p_values, rates)
    return {
        **_share("decided", lane != Lane.UNCERTAIN),
        **_share("no_look", lane == Lane.OPINIONS),
        **_share("claims_hidden", lane[claim] == Lane.OPINIONS),
        **_share("opinions_in_claims", lane[~claim] == Lane.CLAIMS),
    }


def _trade_off(claim: np.ndarray, p_values: np.ndarray) -> Iterator[dict[str, float | None]]:
    for of_claims in CLAIM_RATES:
        for of_opinions in OPINION_RATES:
            rates = {CLAIM: of_claims, OPINION: of_opinions}
            yield {**rates, **lane_figures(claim, p_values, rates)}


def _auc(claim: np.ndarray, probability: np.ndarray) -> dict[str, float | None]:
    """Return the area under the curve with Hanley and McNeil's interval (1982)."""
    n_claims, n_others = int(claim.sum()), int((~claim).sum())
    if not (n_claims and n_others):
        return dict.fromkeys(("auc", "auc_low", "auc_high"))
    area = float(roc_auc_score(claim, probability))
    both, same = area / (2 - area), 2 * area**2 / (1 + area)
    spread = (
        area * (1 - area) + (n_claims - 1) * (both - area**2) + (n_others - 1) * (same - area**2)
    )
    half = _NORMAL * math.sqrt(max(spread, 0.0) / (n_claims * n_others))
    return {"auc": area, "auc_low": max(0.0, area - half), "auc_high": min(1.0, area + half)}


def _share(name: str, hits: np.ndarray) -> dict[str, float | None]:
    if not len(hits):
        return dict.fromkeys((name, f"{name}_low", f"{name}_high"))
    interval = wilson(int(hits.sum()), len(hits))
    ends = {name: float(hits.mean()), f"{name}_low": interval.low, f"{name}_high": interval.high}
    return {key: round(value, _DIGITS) for key, value in ends.items()}

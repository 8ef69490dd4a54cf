"""How stored models do at every cut-off, for charts."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from claimclf.modeling.evaluation import curves
from claimclf.services.comparison import Judged

_CURVES = {
    "gains": curves.gains,
    "precision_recall": curves.precision_recall,
    "roc": curves.roc,
    "reliability": curves.reliability,
}


def curves_of(models: Sequence[Judged]) -> dict[str, dict[str, pd.DataFrame]]:
    """Return every curve of every model.

    Returns
    -------
    dict
        `gains`, `precision_recall`, `roc` or `reliability` -> the model's name -> a table as
        the function of that name in `modeling.evaluation.curves` returns it.
    """
    return {
        name: {model.name: curve(model.truth, model.probability) for model in models}
        for name, curve in _CURVES.items()
    }


def summaries(models: Sequence[Judged]) -> pd.DataFrame:
    """Say in three figures how well a model's probabilities order videos, and what they mean.

    Returns
    -------
    DataFrame, one row a model
    """
    figures = {}
    for model in models:
        areas = curves.areas(model.truth, model.probability)
        figures[model.name] = {
            "Brier score (0 is best)": curves.brier(model.truth, model.probability),
            "area under ROC": areas.roc_auc,
            "average precision": areas.average_precision,
        }
    return pd.DataFrame(figures).T


def score_bins(model: Judged) -> pd.DataFrame:
    """Count a model's scores by class in bins of equal width."""
    return curves.score_histogram(model.truth, model.probability)

"""What a model needs: how much worse it gets when one column is shuffled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import issparse
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline

from claimclf.dataset.cleaning import is_claim
from claimclf.dataset.splitting import SEED
from claimclf.modeling.evaluation.cutoffs import sweep
from claimclf.modeling.evaluation.measuring import DEFAULT_THRESHOLD
from claimclf.schema import TRANSCRIPT


def column_importances(
    pipeline: Pipeline,
    rows: pd.DataFrame,
    threshold: float = DEFAULT_THRESHOLD,
    repeats: int = 3,
    seed: int = SEED,
) -> pd.DataFrame:
    """Shuffle each input column in turn and measure what is lost.

    A column is shuffled before the features are made, so that a transcript counts once,
    with its length and all its n-grams. Columns that say the same stand in for each other:
    each alone then seems to matter little.

    Parameters
    ----------
    pipeline : Pipeline
        Fitted: features, then the learner.
    rows : DataFrame, shape (n, n_columns)
        Labelled rows that the model has not seen, as the validation split.
    threshold : float
        A video with a higher probability is predicted to make a claim.
    repeats : int
        How often each column is shuffled.
    seed : int
        The same seed gives the same figures.

    Returns
    -------
    DataFrame, one row a column, the largest loss first
        `column`; `drop_recall` and `drop_accuracy`, mean losses as shares; `spread`, the
        standard deviation of the loss of recall.
    """
    features, learner = pipeline["features"], pipeline["model"]
    labels, matrix = is_claim(rows).to_numpy(), features.transform(rows)
    rng = np.random.default_rng(seed)

    def figures(shown: np.ndarray) -> np.ndarray:
        metrics = sweep(labels, learner.predict_proba(shown)[:, 1]).at(threshold).metrics
        return np.array([metrics.recall, metrics.accuracy], dtype=float)

    whole, losses = figures(matrix), []
    for column in input_columns(pipeline):
        lost = np.array(
            [
                whole - figures(_shuffled(features, rows, matrix, column, rng))
                for _ in range(repeats)
            ]
        )
        losses.append((column, *lost.mean(axis=0).tolist(), float(lost[:, 0].std())))
    drops = pd.DataFrame(losses, columns=["column", "drop_recall", "drop_accuracy", "spread"])
    order = ["drop_recall", "drop_accuracy"]
    return drops.sort_values(order, ascending=False, kind="stable").reset_index(drop=True)


def _shuffled(
    features: ColumnTransformer,
    rows: pd.DataFrame,
    matrix: np.ndarray,
    column: str,
    rng: np.random.Generator,
) -> np.ndarray:
    """Return `matrix` as if `column` were shuffled; only what reads it is made anew."""
    videos = rows.assign(**{column: rng.permutation(rows[column].to_numpy())})
    if not isinstance(features, ColumnTransformer):
        whole: np.ndarray = features.transform(videos)
        return whole
    shuffled = matrix.copy()
    for name, transformer, columns in _transformers(features):
        if column in _listed(columns):
            made = transformer.transform(videos[columns])
            made = made.toarray() if issparse(made) else made
            shuffled[:, features.output_indices_[name]] = made
    return shuffled


def input_columns(pipeline: Pipeline) -> list[str]:
    """Return the columns that a fitted pipeline reads, each once, in its order."""
    if not isinstance(pipeline["features"], ColumnTransformer):
        return [TRANSCRIPT]
    names: dict[str, None] = {}
    for _name, _transformer, columns in _transformers(pipeline["features"]):
        names |= dict.fromkeys(_listed(columns))
    return list(names)


def _transformers(features: ColumnTransformer) -> list[tuple[str, Any, Any]]:
    return [part for part in features.transformers_ if not isinstance(part[1], str)]


def _listed(columns: str | Sequence[str]) -> list[str]:
    return [columns] if isinstance(columns, str) else list(columns)

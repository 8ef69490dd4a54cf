"""Feature sets: typed columns of videos in, a matrix of numbers out.

A feature set is a scikit-learn transformer, fitted on the training split as the first step
of a model's pipeline. It is the only encoder: scoring uses the fitted one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder

from claimclf.schema import (
    BAN_STATUS,
    DURATION,
    ENGAGEMENT,
    LABELLED,
    TEXT_LENGTH,
    TRANSCRIPT,
    VERIFIED_STATUS,
)


@dataclass(frozen=True)
class FeatureSet:
    """A named choice of what a model looks at.

    Parameters
    ----------
    name : str
        How people and manifests call it.
    columns : tuple of str
        The columns it reads; a video without a value in one of them cannot be scored.
    build : callable
        Returns the unfitted transformer.
    """

    name: str
    columns: tuple[str, ...]
    build: Callable[[], ColumnTransformer]


def text_length(transcripts: pd.DataFrame) -> np.ndarray:
    """Return the number of characters of each transcript, shape (n_rows, 1)."""
    return transcripts.iloc[:, 0].str.len().to_numpy(dtype=float).reshape(-1, 1)


def text_length_name(_transformer: object, _names: object) -> list[str]:
    """Name the one column that `text_length` returns."""
    return [TEXT_LENGTH]


def _course() -> ColumnTransformer:
    statuses = (VERIFIED_STATUS, BAN_STATUS)
    dummies = OneHotEncoder(
        categories=[list(LABELLED[name].allowed) for name in statuses],
        drop="first",
        sparse_output=False,
    )
    length = FunctionTransformer(text_length, feature_names_out=text_length_name)
    ngrams = CountVectorizer(ngram_range=(2, 3), max_features=15, stop_words="english")
    return ColumnTransformer(
        [
            ("numbers", "passthrough", [DURATION, *ENGAGEMENT]),
            ("length", length, [TRANSCRIPT]),
            ("dummies", dummies, list(statuses)),
            ("ngrams", ngrams, TRANSCRIPT),
        ],
        # Dense always: XGBoost takes the zeros that a sparse matrix leaves out for missing.
        sparse_threshold=0,
        verbose_feature_names_out=False,
    )


FEATURE_SETS = {
    "course": FeatureSet(
        "course", (TRANSCRIPT, DURATION, VERIFIED_STATUS, BAN_STATUS, *ENGAGEMENT), _course
    ),
}

"""Feature sets: typed columns of videos in, a matrix of numbers out.

A feature set is a scikit-learn transformer, fitted on the training split as the first step
of a model's pipeline. It is the only encoder: scoring uses the fitted one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder

from claimclf.modeling.learners.columns import COLUMNS
from claimclf.modeling.stored.features import opening, text_length, text_length_name
from claimclf.schema import (
    BAN_STATUS,
    DURATION,
    ENGAGEMENT,
    LABELLED,
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


def _words() -> CountVectorizer:
    # 30 rows: a rarer word is learnt by heart. One-letter words count: "I" is a framing.
    word = r"(?u)\b\w+\b"
    return CountVectorizer(preprocessor=opening, token_pattern=word, binary=True, min_df=30)


def _content() -> ColumnTransformer:
    return ColumnTransformer(
        [("words", _words(), TRANSCRIPT)], sparse_threshold=0, verbose_feature_names_out=False
    )


def _content_counts() -> ColumnTransformer:
    return ColumnTransformer(
        [("words", _words(), TRANSCRIPT), ("counts", "passthrough", list(ENGAGEMENT))],
        sparse_threshold=0,
        verbose_feature_names_out=False,
    )


def _speech() -> ColumnTransformer:
    """Return what trees read: the opening, and the most frequent words of the whole text.

    The linear model on the same feature set reads far more (see `stored.speech`).
    """
    word = r"(?u)\b\w+\b"
    anywhere = CountVectorizer(token_pattern=word, binary=True, min_df=5, max_features=900)
    return ColumnTransformer(
        [("words", _words(), TRANSCRIPT), ("anywhere", anywhere, TRANSCRIPT)], sparse_threshold=0
    )


_BUILT = {
    "course": _course,
    "content": _content,
    "content-counts": _content_counts,
    "speech": _speech,
}
FEATURE_SETS = {name: FeatureSet(name, COLUMNS[name], build) for name, build in _BUILT.items()}

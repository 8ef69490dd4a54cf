"""The rows of a search, checked: features, labels, folds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import is_classifier
from sklearn.model_selection import StratifiedKFold, check_cv
from sklearn.utils import indexable
from xgboost import XGBClassifier

from claimclf.errors import SearchError
from claimclf.modeling.learners.search.nesting import FORESTS

Matrix = NDArray[np.float32]
Fold = tuple[NDArray[np.intp], NDArray[np.intp]]


@dataclass(frozen=True)
class SearchData:
    """The rows of a search; `numbers` holds them for nested fits, where they are plain numbers."""

    X: Any
    numbers: Matrix | None
    y: NDArray[Any]
    folds: list[Fold]

    def rows_for(self, *, nested: bool) -> Any:
        """Return what a nested fit, or one that stands alone, learns from."""
        return self.numbers if nested else self.X


def checked_data(base: Any, X: Any, y: Any, cv: Any) -> SearchData:
    """Return what a search works on: rows, labels and folds that the model can learn from.

    Raises
    ------
    SearchError
        If labels or values are missing or unusable, or the rows cannot be split.
    """
    labels = _checked_labels(base, X, y)
    numbers = _as_numbers(X)
    if type(base) in (*FORESTS, XGBClassifier):
        _check_features(base, X, numbers)
    return SearchData(X, numbers, labels, _checked_folds(base, X, labels, cv))


def _checked_labels(base: Any, X: Any, y: Any) -> NDArray[Any]:
    try:
        labels = np.asarray(indexable(X, y)[1])
    except (TypeError, ValueError) as error:
        raise SearchError(f"X and y do not belong together. {error} Give one y a row.") from error
    if labels.ndim != 1:
        raise SearchError(f"y is not one column. Found: shape {labels.shape}. Give one y a row.")
    missing = int(pd.isna(labels).sum())
    if missing:
        raise SearchError(f"y has missing labels. Found: {missing}. Drop these rows from X and y.")
    if is_classifier(base) and len(np.unique(labels)) < 2:
        classes = ", ".join(map(str, np.unique(labels))) or "no rows"
        raise SearchError(
            f"y has fewer than two classes. Found: {classes}. Add rows of another class."
        )
    return labels


def _checked_folds(base: Any, X: Any, labels: NDArray[Any], cv: Any) -> list[Fold]:
    try:
        splitter = check_cv(cv, labels, classifier=is_classifier(base))
        if isinstance(splitter, StratifiedKFold):
            _check_enough_rows(labels, splitter.get_n_splits())
        folds = list(splitter.split(X, labels))
    except (TypeError, ValueError) as error:
        raise SearchError(
            f"The rows cannot be split. Found: cv={cv!r}: {error} Give a number of folds."
        ) from error
    if is_classifier(base):
        _check_both_classes(labels, folds)
    return folds


def _check_enough_rows(labels: NDArray[Any], folds: int) -> None:
    classes, counts = np.unique(labels, return_counts=True)
    if counts.min() < folds:
        raise SearchError(
            f"A class has fewer rows than there are folds. Found: {counts.min()} rows of class "
            f"{classes[counts.argmin()]}, {folds} folds. Add rows or use fewer folds."
        )


def _check_both_classes(labels: NDArray[Any], folds: Sequence[Fold]) -> None:
    for number, (train, _) in enumerate(folds, start=1):
        if len(np.unique(labels[train])) < 2:
            raise SearchError(
                f"A fold has fewer than two classes to learn from. Found: fold {number} of "
                f"{len(folds)}. Shuffle the rows or stratify the folds."
            )


def _as_numbers(X: Any) -> Matrix | None:
    """Return a dense matrix of plain numbers as trees read it, or None for anything else.

    Both libraries compare 32-bit floats, so converting once changes no tree. Columns lie one
    after the other because a split reads one column: a forest fits some 5 % faster.
    """
    kinds = list(X.dtypes) if isinstance(X, pd.DataFrame) else [getattr(X, "dtype", None)]
    plain = all(isinstance(kind, np.dtype) and kind.kind in "biuf" for kind in kinds)
    if not plain or getattr(X, "ndim", None) != 2:
        return None
    with np.errstate(over="ignore"):  # what is too large is found as infinite below
        return np.asfortranarray(X, dtype=np.float32)


def _check_features(base: Any, X: Any, numbers: Matrix | None) -> None:
    """Refuse text and infinite values; trees and boosters learn from missing ones."""
    name = type(base).__name__
    if numbers is None:
        _refuse_text(name, X)
        return
    infinite = int(np.isinf(numbers).any(axis=0).sum())
    if infinite:
        raise SearchError(
            f"X holds values that are infinite or too large for 32 bits. Found: in {infinite} "
            f"columns. {name} cannot learn from them: cap or drop them."
        )


def _refuse_text(name: str, X: Any) -> None:
    columns = [
        str(column)
        for column, kind in (X.dtypes.items() if isinstance(X, pd.DataFrame) else ())
        if str(kind) in ("object", "str", "string")
    ]
    if columns or getattr(getattr(X, "dtype", None), "kind", "") in "OUS":
        raise SearchError(
            f"X holds text, which {name} cannot learn from. Found: "
            f"{', '.join(columns) or X.dtype}. Turn text into numbers first."
        )

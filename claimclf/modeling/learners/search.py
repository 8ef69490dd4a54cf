"""Search the settings of forests and boosted trees without fitting the same trees twice.

A grid asks for many models that contain each other:

- A forest of 200 trees contains the one of 75, because each tree's seed is drawn in turn.
- 500 boosting rounds contain the first 300, because no round looks ahead.
- A tree never splits fewer than ``2 * min_samples_leaf`` rows, so a smaller
  ``min_samples_split`` changes nothing.
- A booster of depth 12 starts with the rounds of one of depth 8, up to its first deeper tree.

:class:`TreeSearchCV` fits the largest of each family once per fold and scores its prefixes; a
shallower booster goes on from the rounds that it shares with the next deeper one. The
scores are those of :class:`sklearn.model_selection.GridSearchCV`. Whatever is not known to be
nested (see :func:`is_nested`) is fitted one setting at a time, as there.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import time
from collections.abc import Callable, Container, Generator, Iterator, Mapping, Sequence
from contextlib import closing, nullcontext
from dataclasses import asdict, dataclass
from numbers import Integral
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import sklearn
import xgboost
from numpy.typing import NDArray
from scipy.stats import rankdata
from sklearn.base import BaseEstimator, ClassifierMixin, clone, is_classifier
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.metrics import check_scoring, get_scorer
from sklearn.model_selection import (
    GridSearchCV,
    ParameterGrid,
    StratifiedKFold,
    check_cv,
    cross_validate,
)
from sklearn.utils import indexable
from sklearn.utils.parallel import Parallel, delayed
from xgboost import Booster, XGBClassifier

from claimclf.errors import SearchError

__all__ = ["Progress", "SearchError", "TreeSearchCV", "best_index", "is_nested", "simplicity"]

FORESTS = (RandomForestClassifier, ExtraTreesClassifier)
NESTED_OBJECTIVES = ("binary:logistic", "multi:softprob")
TIE_DIGITS = 12  # means of folds that agree this far differ by rounding only
CHECKPOINT_FORMAT = 1  # raise it when the same settings would be scored differently

Matrix = NDArray[np.float32]
Fold = tuple[NDArray[np.intp], NDArray[np.intp]]
Scores = dict[str, float]


@dataclass(frozen=True)
class Progress:
    """How far a search has come.

    Attributes
    ----------
    done, total : int
        Finished fits, those from a checkpoint included, and all fits. The last fit is the one
        of the best setting on all rows, where `refit` asks for it.
    seconds : float
        Time since this call started.
    seconds_left : float or None
        Expected time to the end, from this call's own fits; None before the first of them.
    """

    done: int
    total: int
    seconds: float
    seconds_left: float | None


class TreeSearchCV(GridSearchCV):  # type: ignore[misc]
    """Search a grid like :class:`~sklearn.model_selection.GridSearchCV`, sharing trees.

    Prediction, scoring and all fitted attributes are GridSearchCV's. What differs: `fit` shares
    trees between settings, breaks ties by a rule (:func:`best_index`), stops at the first fit
    that fails, reports progress, and can go on where it was stopped.

    Parameters
    ----------
    estimator : estimator
        The model to search, unfitted.
    param_grid : dict or list of dict
        Parameter names to the values to try.
    scoring : str, list, dict, callable or None, default=None
        One metric or several, as in GridSearchCV.
    refit : bool or str, default=True
        The metric that decides. With several metrics its name, or False for no decision.
    cv : int, splitter, iterable or None, default=None
        The folds, as in GridSearchCV.
    n_jobs : int or None, default=None
        Fits under way at once; joblib's active backend runs them.
    checkpoint : path or None, default=None
        A directory that keeps each finished fit's scores. The same call with the same directory
        goes on where it stopped.
    on_progress : callable or None, default=None
        Called in the caller's thread with a :class:`Progress`: at the start and after each fit.
        An exception from it stops the search.

    Attributes
    ----------
    cv_results_ : dict of arrays
        GridSearchCV's table. A setting's ``fit_time`` is its share, by number of trees, of the
        fit that it took part in.
    best_index_, best_params_, best_score_, best_estimator_
        The best setting, its mean score and its model, fitted on all rows.
    """

    def __init__(
        self,
        estimator: Any,
        param_grid: Any,
        *,
        scoring: Any = None,
        refit: bool | str = True,
        cv: Any = None,
        n_jobs: int | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
        on_progress: Callable[[Progress], object] | None = None,
    ) -> None:
        self.estimator = estimator
        self.param_grid = param_grid
        self.scoring = scoring
        self.refit = refit
        self.cv = cv
        self.n_jobs = n_jobs
        self.checkpoint = checkpoint
        self.on_progress = on_progress

    def fit(self, X: Any, y: Any = None) -> TreeSearchCV:
        """Score every setting of the grid on every fold, then fit the best on all rows.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_samples, n_features)
            The features.
        y : array-like of shape (n_samples,)
            The labels.

        Returns
        -------
        TreeSearchCV
            This object.

        Raises
        ------
        SearchError
            If the grid, the metrics or the data cannot be used, or a fit fails.
        """
        base = clone(self.estimator)
        candidates = _candidates(base, self.param_grid)
        self.scorer_, metrics = _scorers(base, self.scoring)
        self.multimetric_ = isinstance(self.scorer_, dict)
        deciding = _deciding_metric(self.refit, metrics, self.multimetric_)
        data = _checked_data(base, X, y, self.cv)
        self.n_splits_ = len(data.folds)
        families = _families(base, candidates, data.numbers is not None, self.scoring)
        clock = _Clock(len(families) * self.n_splits_ + bool(self.refit), self.on_progress)
        outcomes = self._outcomes(families, data, clock)
        self.cv_results_ = _results(candidates, families, outcomes, metrics)
        if deciding:
            self._decide(deciding, simplicity_of=_simplicities(base, candidates))
        if self.refit:
            self._refit(base, X, y)
            clock.tick()
        return self

    def _outcomes(
        self, families: Sequence[_Family], data: _Data, clock: _Clock
    ) -> list[list[_Outcome]]:
        """Return each family's outcome on each fold, from the checkpoint where it has it."""
        store, folds = _Store(self.checkpoint, data, self.scoring), range(len(data.folds))
        found = {(f.index, fold): store.load(f, fold) for f in families for fold in folds}
        done = {place: outcome for place, outcome in found.items() if outcome is not None}
        clock.start(done=len(done))
        with closing(self._run(_tasks(families, folds, done), data)) as runs:
            for task, outcomes in runs:
                for family, outcome in zip(task.families, outcomes, strict=True):
                    store.save(family, task.fold, outcome)
                    done[family.index, task.fold] = outcome
                    clock.tick()
        return [[done[f.index, fold] for fold in folds] for f in families]

    def _run(
        self, tasks: Sequence[_Task], data: _Data
    ) -> Generator[tuple[_Task, list[_Outcome]], None, None]:
        """Fit and score in joblib's workers, largest first so that they finish together."""
        ordered = sorted(tasks, key=lambda task: simplicity(_params(task.families[0].estimator)))
        # One task a batch: a batch comes back whole, so a stopped search would lose more.
        parallel = Parallel(n_jobs=self.n_jobs, return_as="generator_unordered", batch_size=1)
        yield from parallel(
            delayed(_score_task)(
                task, data.rows_for(task), data.y, data.folds[task.fold], self.scoring
            )
            for task in reversed(ordered)
        )

    def _decide(self, metric: str, simplicity_of: Sequence[tuple[float, ...]]) -> None:
        self.best_index_ = best_index(self.cv_results_, metric, simplicity_of)
        self.best_params_ = self.cv_results_["params"][self.best_index_]
        self.best_score_ = self.cv_results_[f"mean_test_{metric}"][self.best_index_]

    def _refit(self, base: Any, X: Any, y: Any) -> None:
        started = time.perf_counter()
        best = _configured(base, self.best_params_)
        # A forest without its own n_jobs may use the search's: its trees stay the same.
        own = nullcontext() if self.n_jobs is None else joblib.parallel_config(n_jobs=self.n_jobs)
        with own:
            self.best_estimator_ = best.fit(X, y)
        self.refit_time_ = time.perf_counter() - started
        if hasattr(best, "feature_names_in_"):
            self.feature_names_in_ = best.feature_names_in_


# --- The rules: what decides, and what contains what ---------------------------------------------


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


def is_nested(model: Any) -> bool:
    """Tell whether the model with fewer trees is a prefix of this one, whatever the data.

    True for scikit-learn's random forests and extra trees with an integer seed, and for XGBoost's
    plain tree booster without early stopping. Subclasses, out-of-bag scores, warm starts, DART,
    callbacks, custom objectives and unnamed extra parameters count as not nested: they are
    fitted one setting at a time.

    Parameters
    ----------
    model : estimator
        A configured model, unfitted.

    Returns
    -------
    bool
    """
    if not _is_integer(getattr(model, "n_estimators", None)) or model.n_estimators < 1:
        return False
    if type(model) in FORESTS:
        return _is_integer(model.random_state) and not (model.warm_start or model.oob_score)
    return type(model) is XGBClassifier and _is_plain_booster(model)


def _is_plain_booster(model: XGBClassifier) -> bool:
    return (
        model.booster in (None, "gbtree")
        and model.objective in NESTED_OBJECTIVES
        and model.multi_strategy in (None, "one_output_per_tree")
        and (model.random_state is None or _is_integer(model.random_state))
        and model.early_stopping_rounds is None
        and not model.callbacks
        and not getattr(model, "kwargs", None)
    )


def _without_inert_split(model: Any) -> Any:
    """Set a forest's ``min_samples_split`` to the value that its trees use anyway.

    Every tree starts with ``max(min_samples_split, 2 * min_samples_leaf)``. That holds for counts;
    a fraction depends on the rows and stays as it is, as does a value that the model refuses.
    """
    split, leaf = model.min_samples_split, model.min_samples_leaf
    if _is_integer(split) and _is_integer(leaf) and split >= 2 and leaf >= 1:
        model.set_params(min_samples_split=max(split, 2 * leaf))
    return model


def _is_integer(value: Any) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)


def _number(value: Any, unset: float) -> float:
    return float(value) if isinstance(value, int | float | np.number) else unset


def _rounded(means: Any) -> NDArray[np.float64]:
    """Round to what is not noise; a mean that is not a number loses to all others."""
    return np.nan_to_num(np.round(np.asarray(means, float), TIE_DIGITS), nan=-np.inf)


# --- The request, checked ------------------------------------------------------------------------


@dataclass(frozen=True)
class _Data:
    """The rows of a search; `numbers` holds them for nested fits, where they are plain numbers."""

    X: Any
    numbers: Matrix | None
    y: NDArray[Any]
    folds: list[Fold]

    def rows_for(self, task: _Task) -> Any:
        return self.numbers if task.families[0].nested else self.X


def _candidates(base: Any, grid: Any) -> list[dict[str, Any]]:
    try:
        candidates = list(ParameterGrid(grid))
    except (TypeError, ValueError) as error:
        raise SearchError(
            f"The grid cannot be read. Found: {error} Give lists of values."
        ) from error
    known = base.get_params()
    unknown = sorted({name for params in candidates for name in params} - set(known))
    if unknown:
        raise SearchError(
            f"The grid names parameters that {type(base).__name__} does not have. "
            f"Found: {', '.join(unknown)}. Use some of: {', '.join(sorted(known))}."
        )
    return candidates


def _scorers(base: Any, scoring: Any) -> tuple[Any, list[str]]:
    """Return what GridSearchCV keeps as ``scorer_``, and the metrics' names in its table."""
    try:
        scorer = check_scoring(base, scoring=scoring)
    except (TypeError, ValueError) as error:
        raise SearchError(
            f"The metrics cannot be used. Found: scoring={scoring!r} ({error}). "
            "Give names from sklearn.metrics.get_scorer_names()."
        ) from error
    if isinstance(scoring, list | tuple | set | dict):
        return {name: get_scorer(s) for name, s in _named(scoring)}, [n for n, _ in _named(scoring)]
    return scorer, ["score"]


def _named(scoring: Any) -> list[tuple[str, Any]]:
    return list(
        scoring.items() if isinstance(scoring, dict) else zip(scoring, scoring, strict=True)
    )


def _deciding_metric(refit: Any, metrics: Sequence[str], several: bool) -> str | None:
    """Return the metric that decides, or None where the caller wants no decision."""
    if not several and isinstance(refit, bool):
        return metrics[0]
    if refit is False:
        return None
    if several and refit in metrics:
        return str(refit)
    measured = ", ".join(metrics) if several else "one metric only"
    raise SearchError(
        f"refit does not name a metric that is measured. Found: refit={refit!r}; measured: "
        f"{measured}. " + ("Name one of these." if several else "Set refit to True or False.")
    )


def _checked_data(base: Any, X: Any, y: Any, cv: Any) -> _Data:
    labels = _checked_labels(base, X, y)
    numbers = _as_numbers(X)
    if type(base) in (*FORESTS, XGBClassifier):
        _check_features(base, X, numbers)
    return _Data(X, numbers, labels, _checked_folds(base, X, labels, cv))


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
        found = ", ".join(map(str, np.unique(labels))) or "no rows"
        raise SearchError(
            f"y has fewer than two classes. Found: {found}. Add rows of another class."
        )
    return labels


def _check_enough_rows(labels: NDArray[Any], folds: int) -> None:
    classes, counts = np.unique(labels, return_counts=True)
    if counts.min() < folds:
        raise SearchError(
            f"A class has fewer rows than there are folds. Found: {counts.min()} rows of class "
            f"{classes[counts.argmin()]}, {folds} folds. Add rows or use fewer folds."
        )


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


# --- The plan: which settings share which fit ----------------------------------------------------


@dataclass(frozen=True)
class _Family:
    """Settings that one fit answers, at rising sizes (trees or rounds).

    A setting that shares with no other is a family of one, not nested, of size 1. Families of
    one `line` differ in their depth only: the shallower may go on from the deeper's first rounds.
    """

    index: int
    line: str
    estimator: Any
    nested: bool
    sizes: tuple[int, ...]
    members: tuple[tuple[int, ...], ...]  # the settings of each size, by place in the grid


@dataclass(frozen=True)
class _Task:
    """Families of one line on a fold, the deepest first."""

    families: tuple[_Family, ...]
    fold: int


def _configured(base: Any, params: Mapping[str, Any]) -> Any:
    return clone(base).set_params(**clone(dict(params), safe=False))


def _params(model: Any) -> dict[str, Any]:
    return dict(model.get_params(deep=False))


def _simplicities(base: Any, candidates: Sequence[dict[str, Any]]) -> list[tuple[float, ...]]:
    return [simplicity(_params(_configured(base, params))) for params in candidates]


def _families(
    base: Any, candidates: Sequence[dict[str, Any]], plain: bool, scoring: Any
) -> list[_Family]:
    """Group the settings; `plain` says that the rows are plain numbers."""
    share = plain and _needs_predictions_only(scoring)
    groups: dict[str, dict[int, list[int]]] = {}
    models: dict[tuple[str, int], Any] = {}
    for place, params in enumerate(candidates):
        model = _configured(base, params)
        key, size = _kinship(model) if share and is_nested(model) else (f"alone {place}", 1)
        groups.setdefault(key, {}).setdefault(size, []).append(place)
        models[key, size] = model
    return [
        _family(index, key, members, models[key, max(members)])
        for index, (key, members) in enumerate(groups.items())
    ]


def _kinship(model: Any) -> tuple[str, int]:
    """Return what a nested model has in common with its family, and its own size."""
    if type(model) in FORESTS:
        _without_inert_split(model)
    rest = {name: value for name, value in _params(model).items() if name != "n_estimators"}
    return _digest(type(model).__name__, rest), int(model.n_estimators)


def _family(index: int, key: str, members: Mapping[int, Sequence[int]], model: Any) -> _Family:
    sizes = tuple(sorted(members))
    nested = not key.startswith("alone")
    line = _line(model) if nested and _shares_rounds(model) else key
    places = tuple(tuple(members[size]) for size in sizes)
    return _Family(index, line, model, nested, sizes, places)


def _line(model: XGBClassifier) -> str:
    different = ("n_estimators", "max_depth")
    return _digest({name: value for name, value in _params(model).items() if name not in different})


def _shares_rounds(model: Any) -> bool:
    """Tell whether a limit that no tree reaches leaves this booster's rounds as they are.

    Where rows or columns are drawn it does not: going on starts the draws anew, and a deeper try
    draws more of them.
    """
    drawn = ("subsample", "colsample_bytree", "colsample_bylevel", "colsample_bynode")
    return (
        type(model) is XGBClassifier
        and all(getattr(model, name) in (None, 1) for name in drawn)
        and isinstance(model.max_depth, int)
        and model.max_depth >= 1  # 0 is XGBoost's "no limit"
    )


def _tasks(
    families: Sequence[_Family], folds: Sequence[int], done: Container[tuple[int, int]]
) -> list[_Task]:
    """Return what is not done, by line and fold."""
    lines: dict[tuple[str, int], list[_Family]] = {}
    for family in families:
        for fold in folds:
            if (family.index, fold) not in done:
                lines.setdefault((family.line, fold), []).append(family)
    return [_Task(_deepest_first(kin), fold) for (_, fold), kin in lines.items()]


def _deepest_first(families: Sequence[_Family]) -> tuple[_Family, ...]:
    if len(families) < 2:  # alone, it may be a model that has no depth
        return tuple(families)
    return tuple(sorted(families, key=lambda f: f.estimator.max_depth, reverse=True))


def _needs_predictions_only(scoring: Any) -> bool:
    """Tell whether no metric looks at the model itself, as a callable of the user's may."""
    if isinstance(scoring, list | tuple | set | dict):
        return all(_needs_predictions_only(scorer) for _, scorer in _named(scoring))
    made = type(get_scorer("accuracy"))
    return scoring is None or isinstance(scoring, str | made)


# --- One fit and its scores ----------------------------------------------------------------------


@dataclass(frozen=True)
class _Outcome:
    """The scores of a family on a fold, one dict for each size; times in seconds."""

    scores: list[Scores]
    fit_seconds: float
    score_seconds: float


class _Answers(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """What a model says about the test rows, in the shape that a scorer asks for."""

    def __init__(self, classes: NDArray[Any], proba: NDArray[Any]) -> None:
        self.classes = self.classes_ = classes
        self.proba = proba

    def predict(self, X: Any) -> NDArray[Any]:
        labels: NDArray[Any] = self.classes_.take(self.proba.argmax(axis=1))
        return labels

    def predict_proba(self, X: Any) -> NDArray[Any]:
        return self.proba


def _score_task(
    task: _Task, X: Any, y: NDArray[Any], fold: Fold, scoring: Any
) -> tuple[_Task, list[_Outcome]]:
    outcomes, model = [], None
    for family in task.families:
        try:
            if family.nested:
                outcome, model = _score_prefixes(family, X, y, fold, scoring, deeper=model)
            else:
                outcome = _score_alone(family, X, y, fold, scoring)
        except Exception as error:
            raise SearchError(
                f"A fit failed. Found: {family.estimator} on fold {task.fold + 1}: {error} "
                "Correct the grid, the metrics or the data."
            ) from error
        outcomes.append(outcome)
    return task, outcomes


def _score_alone(family: _Family, X: Any, y: NDArray[Any], fold: Fold, scoring: Any) -> _Outcome:
    got = cross_validate(
        clone(family.estimator), X, y, cv=[fold], scoring=scoring, error_score="raise"
    )
    scores = {name[5:]: float(got[name][0]) for name in got if name.startswith("test_")}
    return _Outcome([scores], float(got["fit_time"][0]), float(got["score_time"][0]))


def _score_prefixes(
    family: _Family, X: Matrix, y: NDArray[Any], fold: Fold, scoring: Any, deeper: Any
) -> tuple[_Outcome, Any]:
    """Return the scores of a family's sizes, and the model of its largest."""
    train, test = fold
    started = time.perf_counter()
    model = _fitted(family.estimator, np.asfortranarray(X[train]), y[train], deeper)
    fitted = time.perf_counter()
    answers = _forest_answers if type(model) in FORESTS else _booster_answers
    scorer = check_scoring(model, scoring=scoring)
    scores = [_score(scorer, said, y[test]) for said in answers(model, X[test], family)]
    return _Outcome(scores, fitted - started, time.perf_counter() - fitted), model


def _fitted(estimator: Any, X: Matrix, y: NDArray[Any], deeper: Any) -> Any:
    """Fit a model, going on from the first rounds of a deeper one where there is one."""
    model = clone(estimator)
    shared = _n_rounds_within(model.max_depth, deeper.get_booster()) if deeper else 0
    if not shared:
        return model.fit(X, y)
    if shared >= model.n_estimators:
        return deeper
    model.set_params(n_estimators=model.n_estimators - shared)
    return model.fit(X, y, xgb_model=deeper.get_booster()[:shared])


def _n_rounds_within(depth: int, booster: Booster) -> int:
    """Return how many rounds come before the first tree that is deeper."""
    trees = booster.get_dump()  # a node a line, with a tab for each level above it
    too_deep = "\t" * (depth + 1)
    within = next((i for i, tree in enumerate(trees) if too_deep in tree), len(trees))
    return within // (len(trees) // booster.num_boosted_rounds())


def _forest_answers(model: Any, X: Matrix, family: _Family) -> Iterator[_Answers]:
    """Add up the trees once, in the forest's own order: floats make the order matter."""
    total = np.zeros((len(X), model.n_classes_))
    for size, tree in enumerate(model.estimators_, start=1):
        total += tree.predict_proba(X, check_input=False)
        if size in family.sizes:
            yield _Answers(model.classes_, total / size)


def _booster_answers(model: XGBClassifier, X: Matrix, family: _Family) -> Iterator[_Answers]:
    for size in family.sizes:
        yield _Answers(model.classes_, model.predict_proba(X, iteration_range=(0, size)))


def _score(scorer: Any, answers: _Answers, y: NDArray[Any]) -> Scores:
    score = scorer(answers, answers.proba, y)  # the answers are given: no scorer needs the rows
    named = score if isinstance(score, dict) else {"score": score}
    return {name: float(value) for name, value in named.items()}


# --- Progress and checkpoints --------------------------------------------------------------------


class _Clock:
    """Count fits and tell the callback."""

    def __init__(self, total: int, tell: Callable[[Progress], object] | None) -> None:
        self._total = total
        self._tell = tell
        self._started = time.perf_counter()
        self._restored = self._done = 0

    def start(self, done: int) -> None:
        self._restored = self._done = done
        self._report()

    def tick(self) -> None:
        self._done += 1
        self._report()

    def _report(self) -> None:
        if self._tell is None:
            return
        seconds = time.perf_counter() - self._started
        own = self._done - self._restored
        left = seconds / own * (self._total - self._done) if own else None
        self._tell(Progress(self._done, self._total, seconds, left))


class _Store:
    """Keep each fit's scores in a file named by all that they depend on.

    Each file is written aside and then renamed, so a killed process leaves the old state or the
    new one. A file that is damaged, or of another format, counts as absent.
    """

    def __init__(self, folder: str | os.PathLike[str] | None, data: _Data, scoring: Any) -> None:
        self._folder = None if folder is None else Path(folder)
        if self._folder is None:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        rows = data.X if data.numbers is None else data.numbers
        libraries = [sklearn.__version__, xgboost.__version__, np.__version__]
        self._common = _digest(CHECKPOINT_FORMAT, libraries, rows, data.y, scoring)
        self._folds = [_digest(fold) for fold in data.folds]

    def load(self, family: _Family, fold: int) -> _Outcome | None:
        if self._folder is None:
            return None
        try:
            content = json.loads(self._path(family, fold).read_text("utf-8"))
            outcome = _Outcome(**content["outcome"])
            whole = content["sha256"] == _checksum(content["outcome"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return outcome if whole else None

    def save(self, family: _Family, fold: int, outcome: _Outcome) -> None:
        if self._folder is None:
            return
        content = {"outcome": asdict(outcome), "sha256": _checksum(asdict(outcome))}
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=self._folder, suffix=".part", delete=False
        ) as part:
            json.dump(content, part)
            part.flush()
            os.fsync(part.fileno())
        os.replace(part.name, self._path(family, fold))

    def _path(self, family: _Family, fold: int) -> Path:
        model = (type(family.estimator).__qualname__, family.estimator.get_params())
        # Settings that are alone keep apart: two unseeded models are two experiments.
        alone = None if family.nested else family.members
        name = _digest(self._common, self._folds[fold], model, family.sizes, alone)
        return Path(self._folder or "") / f"{name}.json"


def _checksum(outcome: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(outcome, sort_keys=True).encode()).hexdigest()


def _digest(*parts: Any) -> str:
    return str(joblib.hash(parts))


# --- The table -----------------------------------------------------------------------------------


def _results(
    candidates: list[dict[str, Any]],
    families: Sequence[_Family],
    outcomes: Sequence[Sequence[_Outcome]],
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
    families: Sequence[_Family],
    outcomes: Sequence[Sequence[_Outcome]],
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


def _shares(outcome: _Outcome, size: int, sizes: Sequence[int]) -> dict[str, float]:
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

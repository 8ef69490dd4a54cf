"""The search itself: GridSearchCV's interface over shared fits."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import closing, nullcontext
from typing import Any

import joblib
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.utils.parallel import Parallel, delayed

from claimclf.modeling.learners.search.checkpoints import Checkpoint
from claimclf.modeling.learners.search.choosing import best_index, simplicity
from claimclf.modeling.learners.search.data import SearchData, checked_data
from claimclf.modeling.learners.search.families import Family, Task, plan_families, plan_tasks
from claimclf.modeling.learners.search.fitting import score_task
from claimclf.modeling.learners.search.nesting import configured, parameters
from claimclf.modeling.learners.search.progress import Clock, Progress
from claimclf.modeling.learners.search.request import (
    checked_candidates,
    checked_scorers,
    deciding_metric,
)
from claimclf.modeling.learners.search.results import Outcome, results_table


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
        candidates = checked_candidates(base, self.param_grid)
        self.scorer_, metrics = checked_scorers(base, self.scoring)
        self.multimetric_ = isinstance(self.scorer_, dict)
        deciding = deciding_metric(self.refit, metrics, self.multimetric_)
        data = checked_data(base, X, y, self.cv)
        self.n_splits_ = len(data.folds)
        families = plan_families(base, candidates, data.numbers is not None, self.scoring)
        clock = Clock(len(families) * self.n_splits_ + bool(self.refit), self.on_progress)
        outcomes = self._outcomes(families, data, clock)
        self.cv_results_ = results_table(candidates, families, outcomes, metrics)
        if deciding:
            self._decide(deciding, simplicity_of=_simplicities(base, candidates))
        if self.refit:
            self._refit(base, X, y)
            clock.tick()
        return self

    def _outcomes(
        self, families: Sequence[Family], data: SearchData, clock: Clock
    ) -> list[list[Outcome]]:
        """Return each family's outcome on each fold, from the checkpoint where it has it."""
        checkpoint, folds = Checkpoint(self.checkpoint, data, self.scoring), range(len(data.folds))
        stored = {(f.index, fold): checkpoint.load(f, fold) for f in families for fold in folds}
        done = {place: outcome for place, outcome in stored.items() if outcome is not None}
        clock.start(done=len(done))
        with closing(self._run(plan_tasks(families, folds, done), data)) as runs:
            for task, outcomes in runs:
                for family, outcome in zip(task.families, outcomes, strict=True):
                    checkpoint.save(family, task.fold, outcome)
                    done[family.index, task.fold] = outcome
                    clock.tick()
        return [[done[f.index, fold] for fold in folds] for f in families]

    def _run(
        self, tasks: Sequence[Task], data: SearchData
    ) -> Generator[tuple[Task, list[Outcome]], None, None]:
        """Fit and score in joblib's workers, largest first so that they finish together."""
        ordered = sorted(tasks, key=lambda task: simplicity(parameters(task.families[0].estimator)))
        # One task a batch: a batch comes back whole, so a stopped search would lose more.
        parallel = Parallel(n_jobs=self.n_jobs, return_as="generator_unordered", batch_size=1)
        yield from parallel(
            delayed(score_task)(
                task,
                data.rows_for(nested=task.families[0].nested),
                data.y,
                data.folds[task.fold],
                self.scoring,
            )
            for task in reversed(ordered)
        )

    def _decide(self, metric: str, simplicity_of: Sequence[tuple[float, ...]]) -> None:
        self.best_index_ = best_index(self.cv_results_, metric, simplicity_of)
        self.best_params_ = self.cv_results_["params"][self.best_index_]
        self.best_score_ = self.cv_results_[f"mean_test_{metric}"][self.best_index_]

    def _refit(self, base: Any, X: Any, y: Any) -> None:
        started = time.perf_counter()
        best = configured(base, self.best_params_)
        # A forest without its own n_jobs may use the search's: its trees stay the same.
        own = nullcontext() if self.n_jobs is None else joblib.parallel_config(n_jobs=self.n_jobs)
        with own:
            self.best_estimator_ = best.fit(X, y)
        self.refit_time_ = time.perf_counter() - started
        if hasattr(best, "feature_names_in_"):
            self.feature_names_in_ = best.feature_names_in_


def _simplicities(base: Any, candidates: Sequence[dict[str, Any]]) -> list[tuple[float, ...]]:
    return [simplicity(parameters(configured(base, params))) for params in candidates]

"""One fit, and the scores of all settings that it answers."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.metrics import check_scoring
from sklearn.model_selection import cross_validate
from xgboost import Booster, XGBClassifier

from claimclf.errors import SearchError
from claimclf.modeling.learners.search.data import Fold, Matrix
from claimclf.modeling.learners.search.families import Family, Task
from claimclf.modeling.learners.search.nesting import FORESTS
from claimclf.modeling.learners.search.results import Outcome, Scores


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


def score_task(
    task: Task, X: Any, y: NDArray[Any], fold: Fold, scoring: Any
) -> tuple[Task, list[Outcome]]:
    """Fit a task's families on their fold, each going on from the one before, and score them.

    Raises
    ------
    SearchError
        If a fit or a metric fails.
    """
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


def _score_alone(family: Family, X: Any, y: NDArray[Any], fold: Fold, scoring: Any) -> Outcome:
    result = cross_validate(
        clone(family.estimator), X, y, cv=[fold], scoring=scoring, error_score="raise"
    )
    scores = {name[5:]: float(result[name][0]) for name in result if name.startswith("test_")}
    return Outcome([scores], float(result["fit_time"][0]), float(result["score_time"][0]))


def _score_prefixes(
    family: Family, X: Matrix, y: NDArray[Any], fold: Fold, scoring: Any, deeper: Any
) -> tuple[Outcome, Any]:
    """Return the scores of a family's sizes, and the model of its largest."""
    train, test = fold
    started = time.perf_counter()
    model = _fitted(family.estimator, np.asfortranarray(X[train]), y[train], deeper)
    fitted = time.perf_counter()
    answers = _forest_answers if type(model) in FORESTS else _booster_answers
    scorer = check_scoring(model, scoring=scoring)
    scores = [_score(scorer, answer, y[test]) for answer in answers(model, X[test], family)]
    return Outcome(scores, fitted - started, time.perf_counter() - fitted), model


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


def _forest_answers(model: Any, X: Matrix, family: Family) -> Iterator[_Answers]:
    """Add up the trees once, in the forest's own order: floats make the order matter."""
    total = np.zeros((len(X), model.n_classes_))
    for size, tree in enumerate(model.estimators_, start=1):
        total += tree.predict_proba(X, check_input=False)
        if size in family.sizes:
            yield _Answers(model.classes_, total / size)


def _booster_answers(model: XGBClassifier, X: Matrix, family: Family) -> Iterator[_Answers]:
    for size in family.sizes:
        yield _Answers(model.classes_, model.predict_proba(X, iteration_range=(0, size)))


def _score(scorer: Any, answers: _Answers, y: NDArray[Any]) -> Scores:
    score = scorer(answers, answers.proba, y)  # the answers are here: no scorer needs the rows
    scores = score if isinstance(score, dict) else {"score": score}
    return {name: float(value) for name, value in scores.items()}

from __future__ import annotations

from itertools import combinations
from math import factorial
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from xgboost import XGBClassifier

from claimclf.dataset.demo import demo_videos
from claimclf.errors import UnsuitableModelError
from claimclf.modeling.explaining import contributions as module
from claimclf.modeling.explaining.contributions import Contributions, contributions
from claimclf.modeling.store.model import Model
from claimclf.modeling.store.store import ModelStore

VIDEOS = demo_videos(120, seed=5, labelled=True)


def fitted(learner: Any, n_features: int, n: int = 150) -> tuple[Pipeline, pd.DataFrame]:
    rng = np.random.default_rng(4)
    names = [f"x{i}" for i in range(n_features)]
    # Few values: ties at the cut points, and several tests of a feature on one way.
    rows = pd.DataFrame(rng.integers(0, 6, (n, n_features)) / 3, columns=names)
    score = rows["x0"] * rows["x1"] + rows["x2"] + rng.normal(0, 0.4, n)
    features = ColumnTransformer([("all", "passthrough", names)], verbose_feature_names_out=False)
    pipeline = Pipeline([("features", features), ("model", learner)])
    return pipeline.fit(rows, (score > score.median()).astype(int)), rows


def known_only(tree: Any, x: np.ndarray, known: set[int], node: int = 0) -> float:
    """What a tree expects when some features are known, straight from the definition."""
    left, right = tree.children_left[node], tree.children_right[node]
    if left < 0:
        return float(tree.value[node, 0, 1])
    if tree.feature[node] in known:
        passes = x[tree.feature[node]] <= tree.threshold[node]
        return known_only(tree, x, known, left if passes else right)
    cover = tree.weighted_n_node_samples
    sides = (known_only(tree, x, known, side) * cover[side] for side in (left, right))
    return float(sum(sides) / cover[node])


def shapley(forest: RandomForestClassifier, x: np.ndarray) -> np.ndarray:
    n = len(x)

    def value(known: tuple[int, ...]) -> float:
        trees = [estimator.tree_ for estimator in forest.estimators_]
        return float(np.mean([known_only(tree, x, set(known)) for tree in trees]))

    worth = {s: value(s) for size in range(n + 1) for s in combinations(range(n), size)}
    shares = np.zeros(n)
    for j in range(n):
        for s in (s for s in worth if j not in s):
            weight = factorial(len(s)) * factorial(n - len(s) - 1) / factorial(n)
            shares[j] += weight * (worth[tuple(sorted((*s, j)))] - worth[s])
    return shares


@pytest.mark.parametrize("settings", [{}, {"bootstrap": False}, {"max_depth": 1}])
def test_forest_contributions_are_shapley_values_by_definition(settings: dict[str, Any]) -> None:
    learner = RandomForestClassifier(4, random_state=0, **settings)
    pipeline, rows = fitted(learner, n_features=5)
    contributed = contributions(pipeline, rows.head(4))
    for values, x in zip(contributed.values, rows.head(4).to_numpy(np.float32), strict=True):
        assert values == pytest.approx(shapley(learner, x), abs=1e-12)


def test_forest_contributions_add_up_to_the_probability(forest: Model) -> None:
    contributed = contributions(forest.pipeline, VIDEOS)
    expected = forest.pipeline.predict_proba(VIDEOS)[:, 1]
    assert contributed.unit == "probability"
    assert contributed.values.shape == (120, len(contributed.names))
    assert contributed.score == pytest.approx(expected, abs=1e-9)


def test_boosting_contributions_add_up_to_the_log_odds(shipped: ModelStore) -> None:
    pipeline = shipped.load("course-xgboost").pipeline
    contributed = contributions(pipeline, VIDEOS)
    matrix = pipeline["features"].transform(VIDEOS)
    margin = pipeline["model"].predict(matrix, output_margin=True)
    assert contributed.unit == "log-odds"
    # XGBoost adds in float32.
    assert contributed.score == pytest.approx(margin, abs=1e-4)


def test_rows_are_explained_alike_alone_and_together(forest: Model) -> None:
    together = contributions(forest.pipeline, VIDEOS.head(5))
    for i in range(5):
        alone = contributions(forest.pipeline, VIDEOS.iloc[[i]])
        assert alone.values[0] == pytest.approx(together.values[i], abs=1e-14)
        assert alone.bias == together.bias


def test_equal_rows_are_explained_alike_in_any_order(forest: Model) -> None:
    rows = VIDEOS.iloc[[3, 1, 3, 0, 1]]
    contributed = contributions(forest.pipeline, rows).values
    apart = contributions(forest.pipeline, VIDEOS.head(4)).values
    assert contributed == pytest.approx(apart[[3, 1, 3, 0, 1]], abs=1e-14)


def test_trees_are_walked_once_for_a_forest(monkeypatch: pytest.MonkeyPatch) -> None:
    walked: list[int] = []
    walk = module._leaves
    monkeypatch.setattr(module, "_leaves", lambda trees: walked.append(len(trees)) or walk(trees))
    pipeline, rows = fitted(RandomForestClassifier(3, random_state=0), n_features=4)
    first, again = (contributions(pipeline, rows.head(2)) for _ in range(2))
    assert walked == [3]
    assert np.array_equal(first.values, again.values)


def test_forest_that_is_fitted_again_in_place_is_explained_anew() -> None:
    learner = RandomForestClassifier(3, random_state=0)
    pipeline, rows = fitted(learner, n_features=4)
    before = contributions(pipeline, rows.head(3))
    pipeline.fit(rows, (rows["x3"] > 0.5).astype(int))
    after = contributions(pipeline, rows.head(3))
    assert after.score == pytest.approx(pipeline.predict_proba(rows.head(3))[:, 1], abs=1e-9)
    assert np.abs(after.values[:, 3]).max() > np.abs(before.values[:, 3]).max()


def test_way_that_tests_more_features_than_a_number_has_bits_adds_up() -> None:
    n = 140
    names = [f"x{i}" for i in range(n)]
    # One feature a row: the only tree for it is a chain that asks for one after the other.
    rows = pd.DataFrame(np.eye(n), columns=names)
    learner = RandomForestClassifier(2, max_features=None, bootstrap=False, random_state=0)
    features = ColumnTransformer([("all", "passthrough", names)], verbose_feature_names_out=False)
    pipeline = Pipeline([("features", features), ("model", learner)])
    pipeline.fit(rows, np.arange(n) % 2)
    assert min(tree.get_depth() for tree in learner.estimators_) > 64
    contributed = contributions(pipeline, rows)
    assert contributed.score == pytest.approx(pipeline.predict_proba(rows)[:, 1], abs=1e-9)
    alone = contributions(pipeline, rows.head(1))
    assert alone.values[0] == pytest.approx(contributed.values[0], abs=1e-14)


@pytest.mark.parametrize("name", ["course-random-forest", "course-xgboost"])
def test_no_rows_have_no_contributions(shipped: ModelStore, name: str) -> None:
    pipeline = shipped.load(name).pipeline
    none, one = (contributions(pipeline, VIDEOS.head(n)) for n in (0, 1))
    assert none.values.shape == (0, len(none.names))
    assert none.bias == one.bias


def test_tree_without_a_split_contributes_nothing() -> None:
    learner = RandomForestClassifier(3, min_samples_split=1000, random_state=0)
    pipeline, rows = fitted(learner, n_features=3)
    contributed = contributions(pipeline, rows.head(2))
    assert not contributed.values.any()
    assert contributed.bias == pytest.approx(pipeline.predict_proba(rows.head(1))[0, 1], abs=1e-12)


def test_more_rows_than_are_worked_on_at_a_time_add_up() -> None:
    learner = RandomForestClassifier(5, random_state=0)
    pipeline, rows = fitted(learner, n_features=4, n=2300)
    contributed = contributions(pipeline, rows)
    expected = pipeline.predict_proba(rows)[:, 1]
    assert contributed.score == pytest.approx(expected, abs=1e-9)


def test_unused_feature_contributes_nothing() -> None:
    pipeline, rows = fitted(XGBClassifier(n_estimators=5, max_depth=2, n_jobs=1), n_features=4)
    varied = rows.assign(x3=0.0)
    pipeline.fit(varied, (varied["x0"] > 0.5).astype(int))
    contributed = contributions(pipeline, varied)
    assert not contributed.values[:, 3].any()


def test_one_video_lists_the_largest_first_and_adds_up_the_rest() -> None:
    contributed = Contributions(
        ("a", "b", "c", "d"), np.array([[0.1, -0.4, 0.02, 0.3]]), 0.5, "log-odds"
    )
    parts = contributed.of(0, most=2)
    assert parts["feature"].tolist() == ["b", "d", "2 other features"]
    assert parts["contribution"].tolist() == pytest.approx([-0.4, 0.3, 0.12])
    assert contributed.of(0)["feature"].tolist() == ["b", "d", "a", "c"]


def test_learner_of_another_kind_is_refused() -> None:
    pipeline, rows = fitted(LogisticRegression(), n_features=3)
    with pytest.raises(UnsuitableModelError, match="LogisticRegression"):
        contributions(pipeline, rows)

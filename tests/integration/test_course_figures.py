"""Every figure of the course, to the digit, on its own dataset."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from claimclf.dataset.splitting import split
from claimclf.modeling.learners.recipes import RECIPES
from claimclf.modeling.store.champion import best_by_rule
from claimclf.modeling.training.fitting import Trained, train
from claimclf.services.datasets import Dataset
from claimclf.services.training import search_recipe
from tests.conftest import shared_file

pytestmark = pytest.mark.dataset


def golden_file(name: str) -> Path:
    return shared_file(f"golden/{name}")


@pytest.fixture(scope="module")
def golden() -> dict[str, Any]:
    figures: dict[str, Any] = json.loads(golden_file("course_numbers.json").read_text("utf-8"))
    return figures


@pytest.fixture(scope="module")
def trained(course: Dataset) -> dict[str, Trained]:
    return {
        recipe.algorithm: train(recipe, course.cleaned, course.name, course.sha256)
        for recipe in RECIPES["course"]
    }


def test_dataset_figures_are_the_courses(course: Dataset, golden: dict[str, Any]) -> None:
    expected, description = golden["dataset"], course.description
    assert (description.rows, description.columns) == (expected["rows"], expected["columns"])
    missing = {name: n for name, n in description.missing_per_column.items() if n}
    assert missing == dict.fromkeys(expected["columns_with_missing"], 298)
    assert description.complete == expected["rows_after_dropna"]
    assert description.duplicates == expected["duplicates"]
    assert description.rejected == 0
    assert description.class_shares == {
        "claim": expected["claim_share"],
        "opinion": expected["opinion_share"],
    }
    assert description.mean_text_length == expected["mean_text_length"]


def test_split_sizes_are_the_courses(course: Dataset, golden: dict[str, Any]) -> None:
    parts, expected = split(course.cleaned.rows), golden["split"]
    sizes = {name: len(getattr(parts, name)) for name in ("train", "validation", "test")}
    assert sizes == {name: expected[name] for name in sizes}
    support = parts.validation["claim_status"].value_counts().to_dict()
    assert support == expected["validation_support"]


def test_vocabulary_is_learnt_on_the_training_split_alone(
    trained: dict[str, Trained], golden: dict[str, Any]
) -> None:
    features = trained["random forest"].model.pipeline["features"]
    vocabulary = features.named_transformers_["ngrams"].get_feature_names_out().tolist()
    assert vocabulary == golden["features"]["vocabulary"]
    n_features = len(features.get_feature_names_out())
    assert n_features == golden["features"]["n_features_after_vectorizing"]


@pytest.mark.parametrize(
    ("algorithm", "part", "key"),
    [
        ("random forest", "validation", ("random_forest", "validation_confusion_matrix")),
        ("random forest", "test", ("random_forest", "test_confusion_matrix")),
        ("XGBoost", "validation", ("xgboost", "validation_confusion_matrix")),
        ("XGBoost", "test", ("xgboost", "test_confusion_matrix_at_4_3_0.1_300")),
    ],
)
def test_confusion_matrices_are_the_courses(
    trained: dict[str, Trained],
    golden: dict[str, Any],
    algorithm: str,
    part: str,
    key: tuple[str, str],
) -> None:
    metrics = trained[algorithm].model.manifest.metrics[part]
    assert metrics.confusion_matrix == golden[key[0]][key[1]]


def test_top_importances_are_the_courses(
    trained: dict[str, Trained], golden: dict[str, Any]
) -> None:
    expected = golden["random_forest"]["top_importances"]
    importances = trained["random forest"].model.manifest.importances
    assert list(importances)[: len(expected)] == list(expected)
    assert [importances[name] for name in expected] == pytest.approx(
        list(expected.values()), rel=1e-12
    )


def test_shipped_models_say_what_training_anew_says(
    trained: dict[str, Trained], course: Dataset, shipped: Any
) -> None:
    parts = split(course.cleaned.rows)
    for fresh in trained.values():
        stored = shipped.load(fresh.model.name)
        again = fresh.model.pipeline.predict_proba(parts.test)
        assert np.array_equal(stored.pipeline.predict_proba(parts.test), again)
        assert shipped.predictions(fresh.model.name).equals(fresh.predictions)
        assert stored.manifest.metrics == fresh.model.manifest.metrics


def test_champion_is_the_courses(trained: dict[str, Trained], golden: dict[str, Any]) -> None:
    best = best_by_rule([result.model.manifest for result in trained.values()])
    assert best is not None
    assert golden["champion"].startswith(best.algorithm.replace(" ", "_"))


def test_a_slice_of_the_forests_search_has_the_courses_cells(
    course: Dataset, tmp_path: Path
) -> None:
    recipe = RECIPES["course"][0]
    grid = {**recipe.grid, "max_depth": [5], "max_features": [0.3], "n_estimators": [75]}
    search = search_recipe(replace(recipe, grid=grid), course, tmp_path)
    expected = pd.read_csv(golden_file("course_rf_cv_results.csv"))
    settings = [f"param_{name}" for name in grid]
    expected = expected.set_index(settings)
    by_settings = pd.DataFrame(search.cv_results_).astype(dict.fromkeys(settings, float))
    by_settings = by_settings.set_index(settings)
    cells = [name for name in expected.columns if name.startswith("split")]
    assert len(by_settings) == 4
    assert len(cells) == 20
    golden_cells = expected.loc[by_settings.index, cells].to_numpy()
    np.testing.assert_allclose(
        by_settings[cells].to_numpy(dtype=float), golden_cells, rtol=0, atol=1e-12
    )

"""The comparison's numbers are scikit-learn's on the stored predictions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn.metrics import confusion_matrix, f1_score, precision_score, recall_score

from claimclf.errors import UnsuitableModelError
from claimclf.modeling.store.store import ModelStore
from claimclf.services.comparison import (
    NAMED_RECALLS,
    Judged,
    figures_at,
    judge,
    mistakes,
    paired,
    rows_of,
)
from claimclf.services.datasets import Dataset, open_demo_dataset
from claimclf.services.export import comparison_html


@pytest.fixture(scope="module")
def models(shipped: ModelStore) -> list[Judged]:
    return [judge(shipped, name) for name in ("course-random-forest", "course-xgboost")]


@pytest.mark.parametrize("cut", [0.0, 0.1, 0.5, 0.505, 0.99])
def test_figures_at_a_cut_off_are_scikit_learns(models: list[Judged], cut: float) -> None:
    table = figures_at(models, {model.name: cut for model in models})
    for model in models:
        truth, predicted = model.truth, model.probability > cut
        (_, fp), (fn, _) = confusion_matrix(truth, predicted)
        row = table.loc[model.name]
        assert row["recall"] == pytest.approx(recall_score(truth, predicted), abs=1e-15)
        assert row["precision"] == pytest.approx(precision_score(truth, predicted), abs=1e-15)
        assert row["f1"] == pytest.approx(f1_score(truth, predicted), abs=1e-15)
        assert (row["missed_claims"], row["extra_reviews"]) == (fn, fp)
        assert row["review_share"] == pytest.approx(predicted.mean(), abs=1e-15)
        ends = binomtest(int((predicted & (truth == 1)).sum()), int(truth.sum()))
        interval = ends.proportion_ci(method="wilson")
        assert (row["recall_low"], row["recall_high"]) == pytest.approx(tuple(interval))
        assert row["specificity"] == pytest.approx(1 - fp / (truth == 0).sum(), abs=1e-15)
        assert row["accuracy"] == pytest.approx((predicted == truth).mean(), abs=1e-15)
        for rate in ("recall", "specificity", "precision", "accuracy", "review_share"):
            assert row[f"{rate}_low"] <= row[rate] <= row[f"{rate}_high"]


@pytest.mark.parametrize("target", NAMED_RECALLS.values())
def test_named_recall_is_reached_and_no_higher_cut_off_reaches_it(
    models: list[Judged], target: float
) -> None:
    for model in models:
        cut = model.cutoffs.for_recall(target)
        assert recall_score(model.truth, model.probability > cut) >= target
        higher = np.unique(model.probability[model.probability > cut])[0]
        assert recall_score(model.truth, model.probability > higher) < target


def test_paired_test_counts_the_listed_disagreements(models: list[Judged]) -> None:
    first, second = models
    pair = paired(first, second, {model.name: 0.5 for model in models})
    right = [(m.probability > 0.5) == m.truth for m in models]
    assert pair.test.only_a == (right[0] & ~right[1]).sum()
    assert pair.test.only_b == (right[1] & ~right[0]).sum()
    assert len(pair.disagreements) == pair.test.only_a + pair.test.only_b
    assert (pair.disagreements["right"] == first.name).sum() == pair.test.only_a
    n = pair.test.only_a + pair.test.only_b
    assert pair.test.p_value == pytest.approx(binomtest(pair.test.only_a, n).pvalue)


def test_models_of_different_videos_are_not_paired(models: list[Judged]) -> None:
    first, second = models
    fewer = replace(second, predictions=second.predictions.iloc[1:].reset_index(drop=True))
    with pytest.raises(UnsuitableModelError, match="not measured on the same videos"):
        paired(first, fewer, {model.name: 0.5 for model in models})


def test_mistakes_are_all_wrong_videos_missed_claims_first(models: list[Judged]) -> None:
    wrong = mistakes(models[1], 0.5, None)
    (_, fp), (fn, _) = confusion_matrix(models[1].truth, models[1].probability > 0.5)
    assert wrong["mistake"].tolist() == ["missed claim"] * fn + ["extra review"] * fp
    assert wrong["claim_probability"].head(fn).is_monotonic_increasing
    assert (wrong["claim_status"].head(fn) == "claim").all()


def test_another_dataset_is_not_taken_for_the_models_own(models: list[Judged]) -> None:
    assert rows_of(models[0], open_demo_dataset()) is None


@pytest.mark.dataset
def test_rows_are_in_the_order_of_the_predictions(models: list[Judged], course: Dataset) -> None:
    rows = rows_of(models[0], course)
    assert rows is not None
    assert rows["video_id"].tolist() == models[0].predictions["video_id"].tolist()
    assert rows["claim_status"].tolist() == models[0].predictions["claim_status"].tolist()


def test_export_needs_nothing_else_and_escapes_text(models: list[Judged]) -> None:
    named = replace(models[0].manifest, name="<script>alert(1)</script>")
    hostile = replace(models[0], manifest=named)
    dataset = open_demo_dataset()
    html = comparison_html([hostile], {named.name: 0.5}, dataset)
    assert "<script>alert(1)" not in html.replace("\\u003c", "<script-escaped>")
    assert "&lt;script&gt;alert(1)" in html
    assert "<script src" not in html
    assert "<link" not in html.split("<script")[0]
    assert "Plotly.newPlot" in html

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.inspection import permutation_importance
from sklearn.pipeline import Pipeline

from claimclf.dataset.demo import demo_videos
from claimclf.modeling.evaluation.permutation import column_importances, input_columns
from claimclf.modeling.learners.features import FEATURE_SETS
from claimclf.modeling.store.model import Model

ROWS = demo_videos(300, seed=6, labelled=True)
LABELS = (ROWS["claim_status"] == "claim").astype(int)


@pytest.fixture(scope="module")
def small() -> Pipeline:
    learner = RandomForestClassifier(5, max_depth=3, max_features=None, random_state=0)
    features = FEATURE_SETS["course"].build()
    return Pipeline([("features", features), ("model", learner)]).fit(ROWS, LABELS)


def test_columns_are_those_that_the_model_reads(forest: Model) -> None:
    assert sorted(input_columns(forest.pipeline)) == sorted(FEATURE_SETS["course"].columns)


def test_same_seed_gives_the_same_figures_and_another_seed_others(small: Pipeline) -> None:
    first = column_importances(small, ROWS, seed=1)
    pd.testing.assert_frame_equal(first, column_importances(small, ROWS, seed=1))
    other = column_importances(small, ROWS, seed=2)
    assert first["drop_accuracy"].tolist() != other["drop_accuracy"].tolist()


def test_rows_are_left_as_they_were(small: Pipeline) -> None:
    before = ROWS.copy()
    column_importances(small, ROWS, repeats=1)
    pd.testing.assert_frame_equal(ROWS, before)


def test_losses_agree_with_scikit_learns(small: Pipeline) -> None:
    columns = input_columns(small)
    theirs = permutation_importance(
        small, ROWS[columns], LABELS, scoring=["recall", "accuracy"], n_repeats=5, random_state=3
    )
    ours = column_importances(small, ROWS, repeats=5).set_index("column").loc[columns]
    for name in ("recall", "accuracy"):
        expected = theirs[name].importances_mean.tolist()
        assert ours[f"drop_{name}"].tolist() == pytest.approx(expected, abs=0.05)


def test_shuffled_transcripts_lose_their_length_as_well() -> None:
    rows = ROWS.assign(video_transcription_text=np.where(LABELS == 1, "aa bb cc dd", "aa bb cc"))
    columns = ["video_transcription_text", "video_duration_sec", "verified_status"]
    features = FEATURE_SETS["course"].build()
    learner = RandomForestClassifier(5, max_features=None, random_state=0)
    numbers = [c for c in FEATURE_SETS["course"].columns if c.endswith("_count")]
    rows = rows.assign(**dict.fromkeys(numbers, 1))
    pipeline = Pipeline([("features", features), ("model", learner)]).fit(rows, LABELS)
    importances = column_importances(pipeline, rows).set_index("column")
    assert importances.index[0] == "video_transcription_text"
    assert importances.loc["video_transcription_text", "drop_accuracy"] > 0.3
    assert not importances.loc[columns[1:], ["drop_recall", "drop_accuracy", "spread"]].any(
        axis=None
    )


def test_threshold_is_the_models(small: Pipeline) -> None:
    importances = column_importances(small, ROWS, threshold=-1.0, repeats=1)
    assert not importances[["drop_recall", "drop_accuracy"]].any(
        axis=None
    )  # all are claims, always

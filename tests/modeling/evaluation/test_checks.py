from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from claimclf.dataset.demo import demo_videos
from claimclf.dataset.findings import Finding, Level
from claimclf.dataset.splitting import Split, split
from claimclf.errors import TrainingDataError
from claimclf.modeling.evaluation.checks import checks


def labelled(n: int) -> pd.DataFrame:
    rows = demo_videos(n, seed=2, labelled=True)
    return rows.assign(text_length=rows["video_transcription_text"].str.len())


PARTS = split(labelled(600))


def truth(rows: pd.DataFrame) -> np.ndarray:
    return (rows["claim_status"] == "claim").to_numpy(dtype=float)


def found(parts: Split = PARTS, wrong: int = 0, **importances: float) -> dict[str, Finding]:
    """The checks of a model that is right but for the first `wrong` validation claims."""
    validation = truth(parts.validation)
    validation[np.flatnonzero(validation)[:wrong]] = 0
    listed = checks(parts, truth(parts.train), validation, importances or {"a": 0.5, "b": 0.5})
    return {check.code: check for check in listed}


def test_codes_are_stable_and_every_check_has_number_and_advice() -> None:
    listed = found()
    assert list(listed) == [
        "overfitting_recall", "overfitting_accuracy", "single_column", "single_importance",
        "imbalance", "shared_statements",
    ]  # fmt: skip
    for check in listed.values():
        assert type(check.number) is float
        assert check.title
        assert check.advice


@pytest.mark.parametrize(
    ("share", "level"), [(0, Level.FINE), (0.03, Level.WATCH), (0.2, Level.WARNING)]
)
def test_gap_between_training_and_validation_is_graded(share: float, level: Level) -> None:
    claims = int(truth(PARTS.validation).sum())
    check = found(wrong=round(share * claims))["overfitting_recall"]
    assert check.number == pytest.approx(round(share * claims) / claims)
    assert check.level == level


def test_column_that_decides_alone_is_named() -> None:
    rows = PARTS.validation
    views = rows["video_view_count"].where(rows["claim_status"] == "opinion", 10**6)
    check = found(Split(PARTS.train, rows.assign(video_view_count=views), PARTS.test))
    assert "'video_view_count > " in check["single_column"].title
    assert check["single_column"].number == 1.0
    assert check["single_column"].level == Level.WARNING


def test_columns_that_say_nothing_alone_are_fine() -> None:
    numbers = ["video_duration_sec", "text_length"]
    numbers += [f"video_{name}_count" for name in ("view", "like", "share", "download", "comment")]
    rows = PARTS.validation.assign(**dict.fromkeys(numbers, 7))
    check = found(Split(PARTS.train, rows, PARTS.test))["single_column"]
    assert check.level == Level.FINE


def test_importance_of_one_feature_is_a_share() -> None:
    check = found(views=0.9, likes=0.1)["single_importance"]
    assert check.number == pytest.approx(0.9)
    assert check.level == Level.WARNING
    assert "'views' has 90.0%" in check.title


def test_learner_without_importances_is_not_asked_for_them() -> None:
    listed = checks(PARTS, truth(PARTS.train), truth(PARTS.validation), {})
    assert "single_importance" not in {check.code for check in listed}


def test_rare_class_is_named() -> None:
    claims = PARTS.train[PARTS.train["claim_status"] == "claim"].head(5)
    opinions = PARTS.train[PARTS.train["claim_status"] == "opinion"].head(95)
    check = found(Split(pd.concat([claims, opinions]), PARTS.validation, PARTS.test))["imbalance"]
    assert check.number == pytest.approx(0.05)
    assert "'claim'" in check.title
    assert check.level == Level.WARNING
    assert found()["imbalance"].level == Level.FINE


def test_statements_met_in_training_are_counted_by_their_last_six_words() -> None:
    text = "video_transcription_text"
    train = PARTS.train.assign(**{text: "I read that One two three four five six"})
    ends = ["my view is that one two three four five SIX", "one two three four five seven"]
    validation = PARTS.validation.assign(**{text: np.resize(ends, len(PARTS.validation))})
    check = found(Split(train, validation, PARTS.test))["shared_statements"]
    assert check.number == pytest.approx(0.5, abs=0.01)


def test_nothing_to_check_is_refused() -> None:
    with pytest.raises(TrainingDataError, match="without training"):
        checks(Split(PARTS.train, PARTS.test.head(0), PARTS.test), np.array([]), np.array([]), {})

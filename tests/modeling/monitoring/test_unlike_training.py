"""An upload of texts that the model knows nothing of is noticed; a few of them are not."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
import pytest

from claimclf.modeling.monitoring.signal import State
from claimclf.modeling.monitoring.unlike_training import LEAST_TEXTS, USUAL_SHARE, unlike_training
from claimclf.modeling.stored.conformal import BOTH_WAYS, NEW


def scored(n: int, n_new: int, n_unscorable: int = 0) -> pd.DataFrame:
    reasons = [NEW] * n_new + [BOTH_WAYS] * (n - n_new) + ["no transcript"] * n_unscorable
    probability = [0.5] * n + [np.nan] * n_unscorable
    return pd.DataFrame({"reason": reasons, "claim_probability": probability})


def test_many_new_texts_raise_an_alarm() -> None:
    signal = unlike_training(scored(200, 120))
    assert signal.state is State.ALARM
    assert signal.share == pytest.approx(0.6)
    assert USUAL_SHARE < signal.interval.low < 0.6 < signal.interval.high


@pytest.mark.parametrize("n_new", [0, 20, 44])
def test_a_usual_share_or_one_that_may_be_usual_is_quiet(n_new: int) -> None:
    assert unlike_training(scored(200, n_new)).state is State.QUIET


@pytest.mark.parametrize("n", [0, 1, LEAST_TEXTS - 1])
def test_few_texts_are_not_enough_whatever_they_are(n: int) -> None:
    assert unlike_training(scored(n, n)).state is State.TOO_FEW


def test_videos_that_cannot_be_scored_are_not_counted() -> None:
    assert unlike_training(scored(100, 90, 400)).share == pytest.approx(0.9)


def test_a_share_that_is_usual_raises_an_alarm_in_one_of_forty_uploads_at_most() -> None:
    drawn = np.random.default_rng(1).binomial(500, USUAL_SHARE, size=2_000)
    counts = Counter(drawn.tolist())
    alarms = [n for n in counts if unlike_training(scored(500, n)).state is State.ALARM]
    share = sum(counts[n] for n in alarms) / len(drawn)
    assert share <= 0.035  # a one-sided 2.5 %, and the chance of 2,000 draws

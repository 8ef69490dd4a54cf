"""What lanes promise is held against what people found, the sample for all it stands for."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from claimclf.modeling.evaluation.statistics import wilson
from claimclf.modeling.monitoring.promised_lanes import LEAST, by_week
from claimclf.modeling.monitoring.signal import State

PROMISED = {"claim": 0.02, "opinion": 0.1}
MONDAY = pd.Timestamp("2026-03-02", tz="UTC")


def decided(n: int, n_missed: int, weight: float = 1.0, label: str = "claim") -> pd.DataFrame:
    out = "opinions" if label == "claim" else "claims"
    lanes = [out] * n_missed + ["uncertain"] * (n - n_missed)
    weights = [weight] * n_missed + [1.0] * (n - n_missed)
    return pd.DataFrame({"at": MONDAY, "lane": lanes, "label": label, "weight": weights})


def test_share_and_interval_are_those_of_equal_decisions() -> None:
    (week,) = by_week(decided(200, 6), PROMISED)
    assert (week.label, week.promised, week.signal.n) == ("claim", 0.02, 200)
    assert week.signal.share == pytest.approx(0.03)
    expected = wilson(6, 200)
    assert week.signal.interval.low == pytest.approx(expected.low)
    assert week.signal.interval.high == pytest.approx(expected.high)
    assert week.signal.state is State.QUIET  # three of a hundred may be two


def test_one_of_the_sample_stands_for_all_that_were_not_drawn() -> None:
    (week,) = by_week(decided(1_000, 4, weight=50), PROMISED)
    assert week.signal.share == pytest.approx(200 / 1_196)
    assert week.signal.state is State.ALARM
    # So few that were drawn are not as sure as two hundred.
    equal = wilson(200, 1_196)
    assert week.signal.interval.low < equal.low


def test_few_decisions_are_not_enough_and_none_is_no_week() -> None:
    (week,) = by_week(decided(LEAST - 1, LEAST - 1), PROMISED)
    assert week.signal.state is State.TOO_FEW
    assert by_week(decided(0, 0), PROMISED) == []


def test_each_class_has_a_promise_of_its_own() -> None:
    both = pd.concat([decided(100, 0), decided(100, 30, label="opinion")])
    claims, opinions = by_week(both, PROMISED)
    assert (claims.signal.share, claims.signal.state) == (0.0, State.QUIET)
    assert claims.signal.interval.high > 0  # none of a hundred is not never
    assert (opinions.label, opinions.signal.state) == ("opinion", State.ALARM)


def test_kept_promise_is_no_alarm_in_nineteen_of_twenty_weeks() -> None:
    drawn = np.random.default_rng(4).binomial(300, PROMISED["claim"], size=400)
    alarms = [by_week(decided(300, int(n)), PROMISED)[0].signal.state for n in drawn]
    assert sum(state is State.ALARM for state in alarms) / len(alarms) <= 0.05

"""A changing world is noticed, a quiet one raises few alarms, and missing values silence none."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from benchmarks.watching import alarms_in_quiet_years, found_in_time
from claimclf.modeling.monitoring.drift import (
    ALL,
    FALSE_ALARMS,
    MEASURES,
    NAME,
    SOURCE,
    SQUARES,
    TOTAL,
    WEEK,
    Change,
    N,
    changes,
)
from claimclf.modeling.monitoring.signal import State

LAST = 100


def weeks(
    values: Callable[[int], float], n: int = 1_000, name: str = "claims", source: str = ALL
) -> pd.DataFrame:
    """Return a year of weeks: the share or mean `values` gives for how long ago it was."""
    rows = []
    for ago in range(52):
        total = n * values(ago)
        squares = total if MEASURES[name].is_share else n * (values(ago) ** 2 + 0.09)
        rows.append((LAST - ago, source, name, n, total, squares))
    return pd.DataFrame(rows, columns=[WEEK, SOURCE, NAME, N, TOTAL, SQUARES])


def one(table: pd.DataFrame, last: int = LAST) -> Change:
    (change,) = changes(table, last)
    return change


@pytest.mark.parametrize("name", MEASURES)
@pytest.mark.parametrize("way", [1, -1])
def test_each_measure_is_noticed_when_it_rises_and_when_it_falls(name: str, way: int) -> None:
    by = way * max(2 * MEASURES[name].floor, 0.1)
    change = one(weeks(lambda ago: 0.4 + by * (ago == 0), name=name))
    assert change.state is State.ALARM
    assert change.weeks == 1
    assert ("risen" if way > 0 else "fallen") in change.sentence
    assert change.now - change.before == pytest.approx(by, abs=1e-9)


def test_a_difference_below_the_floor_does_not_matter_however_sure_it_is() -> None:
    assert one(weeks(lambda ago: 0.4 + 0.049 * (ago == 0), n=10**6)).state is State.QUIET
    assert one(weeks(lambda ago: 0.4 + 0.051 * (ago == 0), n=10**6)).state is State.ALARM


def test_few_cases_are_not_enough_whatever_they_are() -> None:
    few = weeks(lambda ago: 0.4 + 0.5 * (ago == 0), n=4)
    assert one(few).state is State.TOO_FEW
    assert one(weeks(lambda _: 0.4).query("week >= @LAST - 1")).state is State.TOO_FEW
    assert changes(few.iloc[:0], LAST) == []


def test_the_answer_does_not_jump_with_the_size() -> None:
    scores = [one(weeks(lambda ago: 0.3 + 0.2 * (ago == 0), n=n)).state for n in range(990, 1_011)]
    assert set(scores) == {State.ALARM}


def test_weeks_without_anything_and_other_signals_silence_nothing() -> None:
    moved = weeks(lambda ago: 0.4 + 0.2 * (ago == 0))
    gaps = moved[~moved[WEEK].isin([LAST - 1, LAST - 5, LAST - 6])]
    empty = weeks(lambda _: 0.0, n=0, name="length")
    states = {change.name: change.state for change in changes(pd.concat([gaps, empty]), LAST)}
    assert states == {"claims": State.ALARM, "length": State.TOO_FEW}


def test_weeks_that_always_vary_a_lot_are_no_news() -> None:
    rng = np.random.default_rng(1)
    swing = rng.normal(0, 0.08, 52)
    swing[0] = 0.12
    assert one(weeks(lambda ago: 0.4 + swing[ago])).state is State.QUIET
    assert one(weeks(lambda ago: 0.4 + 0.12 * (ago == 0))).state is State.ALARM


def test_a_week_that_is_not_over_is_not_looked_at() -> None:
    moved = weeks(lambda ago: 0.4 + 0.3 * (ago == 0))
    assert one(moved, LAST - 1).state is State.QUIET


def test_each_source_is_looked_at_by_itself() -> None:
    table = pd.concat(
        [
            weeks(lambda _: 0.4),
            weeks(lambda ago: 0.4 + 0.3 * (ago == 0), n=200, source="feed"),
        ]
    )
    states = {change.source: change.state for change in changes(table, LAST)}
    assert states == {ALL: State.QUIET, "feed": State.ALARM}


@pytest.mark.parametrize(("n_cases", "n_decisions"), [(60, 50), (400, 150), (2_000, 600)])
def test_quiet_years_raise_few_alarms(n_cases: int, n_decisions: int) -> None:
    """All signals of four sources together; 1,000 years by the benchmark."""
    alarms = alarms_in_quiet_years(40, n_cases, n_decisions)
    assert 0 < alarms.mean() <= FALSE_ALARMS


@pytest.mark.parametrize("weekly", [200, 300, 500, 1_000, 2_000])
def test_twice_as_many_errors_are_noticed_within_two_thousand_decisions(weekly: int) -> None:
    assert found_in_time(1_000, weekly, 0.02, 0.04) >= 0.9


def test_a_quarter_of_the_errors_is_noticed_as_well() -> None:
    assert found_in_time(1_000, 500, 0.02, 0.005) >= 0.9

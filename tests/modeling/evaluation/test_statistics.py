from __future__ import annotations

from math import comb, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claimclf.errors import TrainingDataError
from claimclf.modeling.evaluation.statistics import Interval, PairedTest, mcnemar, wilson

quick = settings(deadline=None, max_examples=60)
Z = 1.959963984540054


@given(st.integers(1, 5000), st.data())
@quick
def test_wilson_interval_follows_its_formula(n: int, data: st.DataObject) -> None:
    k = data.draw(st.integers(0, n))
    share = k / n
    middle = (share + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z / (1 + Z**2 / n) * sqrt(share * (1 - share) / n + Z**2 / (4 * n**2))
    interval = wilson(k, n)
    assert interval.low == pytest.approx(middle - half, abs=1e-12)
    assert interval.high == pytest.approx(middle + half, abs=1e-12)
    assert 0 <= interval.low <= share <= interval.high <= 1


def test_nothing_counted_says_nothing() -> None:
    assert wilson(0, 0) == Interval(0.0, 1.0)


def test_more_confidence_is_a_wider_interval() -> None:
    wide, narrow = wilson(9, 10, 0.99), wilson(9, 10, 0.8)
    assert wide.low < narrow.low < narrow.high < wide.high


def test_counts_from_numpy_become_python_floats() -> None:
    interval = wilson(np.int64(3), np.int64(4))  # type: ignore[arg-type]
    assert (type(interval.low), type(interval.high)) == (float, float)


@pytest.mark.parametrize(("k", "n"), [(5, 4), (-1, 4), (1, 0)])
def test_impossible_counts_are_refused(k: int, n: int) -> None:
    with pytest.raises(ValueError, match=r"must be|k"):
        wilson(k, n)


@given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=40))
@quick
def test_paired_test_is_the_exact_one_and_symmetric(pairs: list[tuple[bool, bool]]) -> None:
    a, b = (np.array([pair[i] for pair in pairs], dtype=bool) for i in (0, 1))
    paired = mcnemar(a, b)
    n, least = paired.only_a + paired.only_b, min(paired.only_a, paired.only_b)
    assert (paired.only_a, paired.only_b) == (int((a & ~b).sum()), int((~a & b).sum()))
    tail = sum(comb(n, i) for i in range(least + 1)) / 2**n
    assert paired.p_value == pytest.approx(min(1.0, 2 * tail), abs=1e-12)
    assert mcnemar(b, a) == PairedTest(paired.only_b, paired.only_a, paired.p_value)


def test_models_that_never_disagree_do_not_differ() -> None:
    assert mcnemar(np.ones(5, dtype=bool), np.ones(5, dtype=bool)) == PairedTest(0, 0, 1.0)


def test_models_of_different_videos_are_refused() -> None:
    with pytest.raises(TrainingDataError, match="same videos"):
        mcnemar(np.ones(5), np.ones(4))

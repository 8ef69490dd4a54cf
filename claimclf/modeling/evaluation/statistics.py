"""How sure a rate is, and whether two models really differ."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from claimclf.errors import TrainingDataError


@dataclass(frozen=True)
class Interval:
    """A confidence interval of a share; both ends from 0 to 1."""

    low: float
    high: float


@dataclass(frozen=True)
class PairedTest:
    """Two models on the same videos.

    Parameters
    ----------
    only_a, only_b : int
        Videos that one model gets right and the other wrong.
    p_value : float
        How likely so uneven a count is if both models err equally often.
    """

    only_a: int
    only_b: int
    p_value: float


def wilson(successes: int, n: int, confidence: float = 0.95) -> Interval:
    """Return Wilson's interval of `successes` among `n`; all of 0 to 1 where n is 0.

    Raises
    ------
    ValueError
        `successes` is not from 0 to `n`, or `confidence` not between 0 and 1.
    """
    from scipy.stats import binomtest  # half a second that who predicts does without

    if n == 0 and successes == 0:
        return Interval(0.0, 1.0)
    test = binomtest(int(successes), int(n))
    interval = test.proportion_ci(confidence_level=confidence, method="wilson")
    return Interval(float(interval.low), float(interval.high))


def mcnemar(correct_a: np.ndarray, correct_b: np.ndarray) -> PairedTest:
    """Test exactly, and on both sides, whether two models err equally often.

    Parameters
    ----------
    correct_a, correct_b : array-like of bool, shape (n,)
        Whether each model is right about each video, in the same order of videos.

    Raises
    ------
    TrainingDataError
        The lengths differ, so that these are not the same videos.
    """
    from scipy.stats import binomtest

    a, b = np.asarray(correct_a, dtype=bool), np.asarray(correct_b, dtype=bool)
    if a.shape != b.shape:
        raise TrainingDataError(
            "The two models were not measured on the same videos.",
            f"Found: {len(a):,} and {len(b):,} predictions.",
            "Compare models of the same data and split.",
        )
    only_a, only_b = int((a & ~b).sum()), int((b & ~a).sum())
    if only_a + only_b == 0:
        return PairedTest(0, 0, 1.0)
    return PairedTest(only_a, only_b, float(binomtest(only_a, only_a + only_b).pvalue))

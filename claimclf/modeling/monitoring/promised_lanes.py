"""Whether lanes keep their promise, week by week: what was ruled out that people found it to be.

A claim in the lane opinions is seen by chance alone, in the audit sample: there each stands for
all that were not drawn. Without that, the claims that nobody looked at would be none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import norm

from claimclf.modeling.evaluation.statistics import Interval
from claimclf.modeling.monitoring.signal import Signal, State
from claimclf.schema import CLAIM, LANE, OPINION, Lane

#: Columns of a table of decisions: when, what people say it is, for how many it stands.
AT, LABEL, WEIGHT = "at", "label", "weight"
#: Fewer decisions of a class say little of a rate of a few percent.
LEAST = 50
#: Class -> the lane in which it is ruled out.
RULED_OUT = {CLAIM: Lane.OPINIONS, OPINION: Lane.CLAIMS}
_CONFIDENCE = 0.95


@dataclass(frozen=True)
class WeekOfLanes:
    """How often a class was ruled out in a week, beside what was promised.

    Parameters
    ----------
    week : Timestamp
        Its Monday.
    label : str
        The class.
    promised : float
        For what share at most.
    signal : Signal
        The observed share, weighted; an alarm where even the interval's lower end is above what
        was promised.
    """

    week: pd.Timestamp
    label: str
    promised: float
    signal: Signal


def by_week(decided: pd.DataFrame, promised: dict[str, float]) -> list[WeekOfLanes]:
    """Hold the lanes of each week against their promise.

    Parameters
    ----------
    decided : DataFrame
        With `AT` (with a time zone: weeks are those of that zone), `lane`, `LABEL` and `WEIGHT`.
    promised : dict of str to float
        Class -> share that may be ruled out.

    Returns
    -------
    list of WeekOfLanes
        By week, claims first; none of a week without a decision of the class.
    """
    if decided.empty:
        return []
    days = decided[AT].dt.normalize()
    monday = days - pd.to_timedelta(days.dt.day_of_week, unit="D")
    return [
        WeekOfLanes(pd.Timestamp(week), label, promised[label], _signal(own, label, promised))
        for week, rows in decided.groupby(monday, sort=True)
        for label in RULED_OUT
        if len(own := rows[rows[LABEL] == label])
    ]


def _signal(rows: pd.DataFrame, label: str, promised: dict[str, float]) -> Signal:
    weights = rows[WEIGHT].to_numpy(dtype=float)
    missed = (rows[LANE] == str(RULED_OUT[label])).to_numpy()
    share = float(weights[missed].sum() / weights.sum())
    interval = _wilson(share, float(weights.sum() ** 2 / (weights**2).sum()))
    state = State.ALARM if interval.low > promised[label] else State.QUIET
    return Signal(State.TOO_FEW if len(rows) < LEAST else state, len(rows), share, interval)


def _wilson(share: float, n: float) -> Interval:
    """Return Wilson's interval for as many equal decisions as the weighted ones are worth."""
    z = float(norm.ppf((1 + _CONFIDENCE) / 2))
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    reach = z * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    return Interval(max(float(centre - reach), 0.0), min(float(centre + reach), 1.0))

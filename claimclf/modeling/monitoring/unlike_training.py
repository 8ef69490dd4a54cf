"""Texts that are unlike anything that the model learnt from."""

from __future__ import annotations

import pandas as pd

from claimclf.modeling.evaluation.statistics import wilson
from claimclf.modeling.monitoring.signal import Signal, State
from claimclf.modeling.stored.conformal import NEW
from claimclf.schema import PROBABILITY, REASON

#: Fewer texts say little of all that come from where they come from.
LEAST_TEXTS = 50
#: A share of new texts up to this one is what any source of real speech brings.
USUAL_SHARE = 0.2


def unlike_training(videos: pd.DataFrame) -> Signal:
    """Say whether a table holds more texts that are new to the model than is usual.

    Parameters
    ----------
    videos : DataFrame, shape (n, n_columns)
        Scored videos, with `claim_probability` and `reason`.

    Returns
    -------
    Signal
        An alarm where even the interval's lower end is above the usual share.
    """
    reasons = videos.loc[videos[PROBABILITY].notna(), REASON]
    n, n_new = len(reasons), int((reasons == NEW).sum())
    interval = wilson(n_new, n)
    state = State.ALARM if interval.low > USUAL_SHARE else State.QUIET
    return Signal(State.TOO_FEW if n < LEAST_TEXTS else state, n, n_new / n if n else 0.0, interval)

"""What every signal says: a share, how sure it is, and whether somebody should look."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from claimclf.modeling.evaluation.statistics import Interval


class State(StrEnum):
    """What a signal asks for."""

    TOO_FEW = "not enough data"
    QUIET = "quiet"
    ALARM = "alarm"


@dataclass(frozen=True)
class Signal:
    """One look at a table.

    Parameters
    ----------
    state : State
        What it asks for.
    n : int
        Rows that were looked at.
    share : float
        Of these rows, from 0 to 1; 0 where there is none.
    interval : Interval
        Of the share, at 95 %.
    """

    state: State
    n: int
    share: float
    interval: Interval

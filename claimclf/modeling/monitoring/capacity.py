"""What so many reviews a day would find with this ranking, and how old the queue would get."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

#: Columns of a table of decided cases in the order of the ranking: how many that came each stands
#: for, and whether it is a claim that breaks the rules.
WEIGHT, BREAKS = "weight", "breaks"
#: Days that are looked ahead.
DAYS = 28
#: Fewer decided cases say little of what a rank is worth.
LEAST_DECIDED = 50


@dataclass(frozen=True)
class Outlook:
    """What comes of a number of reviews a day.

    Parameters
    ----------
    a_day : int
        Reviews.
    found : float
        Claims that break the rules among them, a day.
    share : float
        Of all that arrive, from 0 to 1.
    waiting : float
        Cases that wait after `DAYS`.
    age : float
        Days for which the oldest of them has waited by then; 0 where nothing waits.
    empty_after : float or None
        Days until nothing waits; None where that is not within sight.
    """

    a_day: int
    found: float
    share: float
    waiting: float
    age: float
    empty_after: float | None


def outlook(
    decided: pd.DataFrame, arriving: float, waiting: int, oldest: float, a_day: int
) -> Outlook:
    """Work out what comes of a number of reviews a day, if all goes on as it did.

    The highest ranks of what arrives are reviewed, as far as the reviews reach; what is beyond
    waits, and is reached only on days on which less arrives than can be reviewed.

    Parameters
    ----------
    decided : DataFrame, shape (n, 2)
        Decided cases with `weight` and `breaks`, the highest rank first.
    arriving : float
        Cases that arrive a day.
    waiting : int
        Cases that wait now.
    oldest : float
        For how many days the oldest of them has waited.
    a_day : int
        Reviews.
    """
    reach = min(a_day / arriving, 1.0) if arriving else 1.0
    share = found_within(decided, reach)
    weight = decided[WEIGHT].to_numpy(dtype=float)
    rate = float((weight * decided[BREAKS]).sum() / weight.sum()) if weight.sum() else 0.0
    spare = a_day - arriving
    left = max(waiting - spare * DAYS, 0.0)
    empty = 0.0 if not waiting else waiting / spare if spare > 0 else None
    # With time to spare the oldest are among what is worked off; else they stay where they are.
    kept = left / waiting if spare > 0 and waiting else 1.0
    age = (oldest + DAYS) * kept if waiting else float(DAYS)
    return Outlook(a_day, share * rate * arriving, share, left, age if left else 0.0, empty)


def found_within(decided: pd.DataFrame, reach: float) -> float:
    """Return the share of rule-breaking claims among the highest ranks, up to a share of cases."""
    weight = decided[WEIGHT].to_numpy(dtype=float)
    hits = weight * decided[BREAKS].to_numpy(dtype=float)
    if not hits.sum():
        return 0.0
    at = np.concatenate([[0.0], np.cumsum(weight) / weight.sum()])
    share = np.concatenate([[0.0], np.cumsum(hits) / hits.sum()])
    return float(np.interp(reach, at, share))

"""What is missed: how many among cases that nobody looked at, from a random sample of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
from scipy.special import betaln

#: Columns of a table of strata: cases, those of them that were sampled, and hits among these.
CASES, SAMPLED, HITS = "cases", "sampled", "hits"
#: Sampled cases of which it is not said yet whether they are one.
UNSETTLED = "unsettled"
CONFIDENCE = 0.95
#: A stratum of fewer sampled cases says too little of how it varies: it joins another.
_LEAST_SAMPLED = 10


@dataclass(frozen=True)
class Missed:
    """How many of the cases that nobody looked at are what is looked for.

    Parameters
    ----------
    n_cases : int
        Cases that nobody looked at, sampled ones among them; of strata with a sample only.
    n_sampled, n_hits : int
        Of these, how many were sampled, and how many of the sampled are a hit.
    n_unknown : int
        Cases of strata of which nothing was sampled: nothing is said of them.
    number : float
        How many there are in all, as estimated.
    low, high : int
        The interval of that number.
    """

    n_cases: int
    n_sampled: int
    n_hits: int
    n_unknown: int
    number: float
    low: int
    high: int

    @property
    def share(self) -> float:
        """Of the cases, from 0 to 1; 0 where there is none."""
        return self.number / self.n_cases if self.n_cases else 0.0

    @property
    def width(self) -> int:
        """Of the interval."""
        return self.high - self.low


def missed(strata: pd.DataFrame, confidence: float = CONFIDENCE) -> Missed:
    """Estimate a number from a sample that was drawn at random within each stratum.

    A case stands for as many as there are in its stratum for each that was sampled there. The
    interval is the one of a simple random sample that is as exact (Korn and Graubard), its ends
    those at which the count would be as unlikely as the confidence allows, half of its own
    probability counted in (mid-P); with one stratum it is exact. None found is not none there.

    Parameters
    ----------
    strata : DataFrame
        With `cases`, `sampled` and `hits`; with `unsettled`, as many of the sampled are a hit
        or not: the interval allows for both.
    """
    known = strata[strata[SAMPLED] > 0]
    n_unknown = int(strata[CASES].sum() - known[CASES].sum())
    if not len(known):
        return Missed(0, 0, 0, n_unknown, 0.0, 0, 0)
    cases, sampled, hits = _columns(known)
    open_ = known[UNSETTLED].to_numpy(dtype=float) if UNSETTLED in known else np.zeros(len(known))
    low, _ = _ends(cases, sampled, hits, confidence)
    _, high = _ends(cases, sampled, hits + open_, confidence)
    number = float((cases / sampled * hits).sum())
    n, n_sampled, n_hits = (int(column.sum()) for column in (cases, sampled, hits))
    return Missed(n, n_sampled, n_hits, n_unknown, number, low, high)


def more_for_half(strata: pd.DataFrame, confidence: float = CONFIDENCE) -> int | None:
    """Return how many more to sample until the interval is half as wide, if all goes on as so far.

    Returns
    -------
    int or None
        None where nothing was sampled yet, or the interval is of one number already.
    """
    known = strata[strata[SAMPLED] > 0]
    now = missed(known, confidence)
    if not now.width:
        return None
    cases, sampled, hits = _columns(known)
    enough, few = now.n_cases, now.n_sampled
    while enough - few > 1:
        n = (enough + few) // 2
        drawn = np.minimum(sampled * (n / now.n_sampled), cases)
        low, high = _ends(cases, drawn, hits * (drawn / sampled), confidence)
        enough, few = (n, few) if high - low <= now.width / 2 else (enough, n)
    return enough - now.n_sampled


def _ends(
    cases: np.ndarray, sampled: np.ndarray, hits: np.ndarray, confidence: float
) -> tuple[int, int]:
    """Return the interval of how many hits there are."""
    cases, sampled, hits = _joined(cases, sampled, hits)
    n = round(cases.sum())
    share = float((cases * (hits / sampled)).sum() / n)
    n_like = min(max(round(_effective(cases, sampled, hits, share)), 1), n)
    ends = []
    for side, place in enumerate((0, 1)):
        around = share * n_like
        below = int(np.floor(around + 1e-9))
        part = max(around - below, 0.0)
        first = exact_ends(below, n_like, n, confidence)[side]
        last = exact_ends(min(below + 1, n_like), n_like, n, confidence)[side] if part else first
        value = first + part * (last - first)
        ends.append(int(np.ceil(value - 1e-9)) if place else int(np.floor(value + 1e-9)))
    least, most = np.floor(hits.sum()), np.ceil(cases.sum() - (sampled - hits).sum())
    return int(max(ends[0], least)), int(min(max(ends[1], least), most))


def _columns(strata: pd.DataFrame) -> list[np.ndarray]:
    return [strata[name].to_numpy(dtype=float) for name in (CASES, SAMPLED, HITS)]


def _joined(*columns: np.ndarray) -> list[np.ndarray]:
    """Join strata of few sampled cases each with the one that was sampled most alike."""
    rows = sorted(np.column_stack(columns), key=lambda row: float(row[1]))
    while len(rows) > 1 and rows[0][1] < _LEAST_SAMPLED:
        few, *others = rows
        apart = [abs(np.log(other[1] / other[0] * few[0] / few[1])) for other in others]
        others[int(np.argmin(apart))] = others[int(np.argmin(apart))] + few
        rows = sorted(others, key=lambda row: float(row[1]))
    return list(np.array(rows).T)


def _effective(cases: np.ndarray, sampled: np.ndarray, hits: np.ndarray, share: float) -> float:
    """Return how many cases a simple random sample of the same variance would have."""
    n = cases.sum()
    left = (cases - sampled) / np.maximum(cases - 1, 1)
    by_case = (cases / n) ** 2 / sampled * left
    if share <= 0 or share >= 1:  # no stratum tells how it varies
        ratio = by_case.sum()
    else:
        own = (hits + share) / (sampled + 1)
        ratio = (by_case * own * (1 - own)).sum() / (share * (1 - share))
    return float(n / (ratio * (n - 1) + 1))


@lru_cache(maxsize=10_000)
def exact_ends(hits: int, sampled: int, cases: int, confidence: float) -> tuple[int, int]:
    """Return the mid-P interval of how many of some cases are a hit.

    Parameters
    ----------
    hits, sampled, cases : int
        Hits among those that were drawn without replacement, how many these are, of how many.
    """
    tail = (1 - confidence) / 2
    least, most = hits, cases - (sampled - hits)
    low, high = least, most
    if hits:
        low = _first(least, most, lambda k: _below(hits, sampled, cases, k) < 1 - tail)
    if hits < sampled:
        high = _first(least, most + 1, lambda k: _below(hits, sampled, cases, k) <= tail) - 1
    return low, max(high, low)


def _first(low: int, high: int, holds: Callable[[int], bool]) -> int:
    """Return the first number for which something holds, which it does for all after it."""
    while low < high:
        middle = (low + high) // 2
        if holds(middle):
            high = middle
        else:
            low = middle + 1
    return low


def _below(hits: int, sampled: int, cases: int, among: int) -> float:
    """Return how likely fewer hits are than were drawn, and half of as many, if `among` are."""
    if among > cases - (sampled - hits):
        return 0.0
    x = np.arange(max(0, sampled - (cases - among)), hits + 1)
    if not len(x):
        return 0.0
    log = (
        _choose(among, x) + _choose(cases - among, sampled - x) - _choose(cases, np.array(sampled))
    )
    likely = np.exp(log)
    return float(likely.sum() - likely[-1] / 2)


def _choose(n: int, k: np.ndarray) -> np.ndarray:
    outcome: np.ndarray = -np.log(n + 1.0) - betaln(n - k + 1.0, k + 1.0)
    return outcome

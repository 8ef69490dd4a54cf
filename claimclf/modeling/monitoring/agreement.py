"""Whether two people who look at the same cases say the same, by pair, by reason and by week.

Three figures stand side by side, since each misleads alone. The share of cases with the same
answer is high by chance where nearly all cases are alike. Cohen's kappa takes chance off, and
falls to nothing where nearly all cases are alike, however well people agree. Gwet's AC1 takes it
off so that it does not. Where a figure says nothing it is none, with the reason in words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from claimclf.modeling.evaluation.statistics import Interval, wilson

#: Columns of a table of looks: what the first and the second person said of a case, for which
#: reason, who they are, and when the second one looked. An answer that is missing is empty.
FIRST, SECOND = "first", "second"
FIRST_REASON, SECOND_REASON = "first_reason", "second_reason"
FIRST_BY, SECOND_BY = "first_by", "second_by"
AT = "at"
LOOKS = (FIRST, SECOND, FIRST_REASON, SECOND_REASON, FIRST_BY, SECOND_BY, AT)

#: Of fewer cases a figure is so unsure that nobody should be judged by it.
FEW = 20
_NORMAL_95 = 1.959963984540054

_NOTHING = "no case was looked at by both"
_ONE_ANSWER = "both always gave the same one answer, so that chance alone explains all of it"


@dataclass(frozen=True)
class Coefficient:
    """Agreement beyond chance.

    Parameters
    ----------
    value : float or None
        1 where all is the same, 0 where no more is than by chance, below 0 where less is; None
        where it says nothing.
    interval : Interval or None
        At 95 %, from -1 to 1.
    problem : str
        Why it says nothing; empty where it does.
    """

    value: float | None
    interval: Interval | None
    problem: str = ""


@dataclass(frozen=True)
class Agreement:
    """How often two people say the same.

    Parameters
    ----------
    n : int
        Cases that both answered.
    n_missing : int
        Cases that one of them did not answer; they count nowhere else.
    n_same : int
        Cases with the same answer.
    interval : Interval
        Of the share of the same answers, at 95 %.
    kappa : Coefficient
        Cohen's.
    ac1 : Coefficient
        Gwet's.
    """

    n: int
    n_missing: int
    n_same: int
    interval: Interval
    kappa: Coefficient
    ac1: Coefficient

    @property
    def share(self) -> float | None:
        """Share of the same answers; None where there is no case."""
        return self.n_same / self.n if self.n else None

    @property
    def is_small(self) -> bool:
        """Whether it rests on so few cases that it is shown in grey."""
        return self.n < FEW


def agreement(looks: pd.DataFrame, answers: Sequence[str]) -> Agreement:
    """Return how often the first and the second person say the same.

    Parameters
    ----------
    looks : DataFrame, shape (n, n_columns)
        With the columns `FIRST` and `SECOND`.
    answers : sequence of str
        All that can be said, two or more; anything else is a missing answer.

    Notes
    -----
    Cohen (1960) and Gwet (2008); intervals by the delta method, and where all answers are the
    same, or none is, by Wilson's interval of their share.
    """
    code = {answer: number for number, answer in enumerate(answers)}
    both = looks[[FIRST, SECOND]].apply(lambda column: column.map(code))
    known = both.dropna().to_numpy(dtype=int)
    table = np.zeros((len(answers), len(answers)))
    np.add.at(table, (known[:, 0], known[:, 1]), 1)
    n, n_same = len(known), int(np.trace(table))
    interval = wilson(n_same, n)
    kappa = _coefficient(table, interval, *_chance_of_kappa(table))
    ac1 = _coefficient(table, interval, *_chance_of_ac1(table))
    return Agreement(n, len(looks) - n, n_same, interval, kappa, ac1)


def by_pair(looks: pd.DataFrame, answers: Sequence[str]) -> dict[tuple[str, str], Agreement]:
    """Return how often each two people say the same, whoever looked first, by their names."""
    names = np.sort(looks[[FIRST_BY, SECOND_BY]].to_numpy(dtype=str), axis=1)
    turned = looks[FIRST_BY].astype("str").to_numpy() != names[:, 0]
    ordered = looks.assign(
        **{
            FIRST: looks[FIRST].where(~turned, looks[SECOND]),
            SECOND: looks[SECOND].where(~turned, looks[FIRST]),
        }
    )
    pairs = [(str(one), str(other)) for one, other in names]
    return {
        pair: agreement(ordered[[other == pair for other in pairs]], answers)
        for pair in sorted(set(pairs))
    }


def by_week(looks: pd.DataFrame, answers: Sequence[str]) -> dict[pd.Timestamp, Agreement]:
    """Return how often people say the same, by the Monday of the week of the second look.

    Parameters
    ----------
    looks : DataFrame
        With `AT`, times with a time zone: weeks are those of that zone.
    """
    days = looks[AT].dt.normalize()
    monday = days - pd.to_timedelta(days.dt.day_of_week, unit="D")
    return {week: agreement(rows, answers) for week, rows in _grouped(looks, monday)}


def by_reason(looks: pd.DataFrame) -> dict[str, tuple[int, int, Interval]]:
    """Return for each reason in how many cases both name it, of those where anybody does.

    Returns
    -------
    dict of str to (int, int, Interval)
        Both, anybody, and the interval of their share at 95 %. Cases that one of them did not
        answer are left out.
    """
    known = looks[looks[FIRST].notna() & looks[SECOND].notna()]
    reasons = known[[FIRST_REASON, SECOND_REASON]]
    shares = {}
    for reason in sorted({str(name) for name in reasons.to_numpy().ravel() if pd.notna(name)}):
        named = reasons == reason
        both, anybody = int(named.all(axis=1).sum()), int(named.any(axis=1).sum())
        shares[reason] = (both, anybody, wilson(both, anybody))
    return shares


def overturned(looks: pd.DataFrame, by: str) -> dict[str, tuple[int, int, Interval]]:
    """Return how many first decisions did not stand, of those that were looked at again.

    Parameters
    ----------
    looks : DataFrame
        With `by` and `overturned`, which is empty as long as nobody has settled it.
    by : str
        The column to group by.

    Returns
    -------
    dict of str to (int, int, Interval)
        Overturned, looked at again and settled, and the interval of their share at 95 %.
    """
    settled = looks[looks["overturned"].notna() & looks[by].notna()]
    return {
        str(value): (
            n := int(rows["overturned"].astype(bool).sum()),
            len(rows),
            wilson(n, len(rows)),
        )
        for value, rows in _grouped(settled, settled[by])
    }


def _grouped(rows: pd.DataFrame, keys: pd.Series) -> list[tuple[Any, pd.DataFrame]]:
    return [(key, group) for key, group in rows.groupby(keys, sort=True)]


def _chance_of_kappa(table: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the agreement by chance, and how each cell changes it."""
    shares = table / max(table.sum(), 1)
    first, second = shares.sum(axis=1), shares.sum(axis=0)
    return float(first @ second), second[:, None] + first[None, :]


def _chance_of_ac1(table: np.ndarray) -> tuple[float, np.ndarray]:
    shares = table / max(table.sum(), 1)
    mean = (shares.sum(axis=1) + shares.sum(axis=0)) / 2
    others = len(table) - 1
    slope = (1 - 2 * mean) / (2 * others)
    return float(mean @ (1 - mean)) / others, slope[:, None] + slope[None, :]


def _coefficient(
    table: np.ndarray, same: Interval, chance: float, slopes: np.ndarray
) -> Coefficient:
    n = table.sum()
    if n == 0:
        return Coefficient(None, None, _NOTHING)
    room = 1 - chance
    if room < 1e-12:
        return Coefficient(None, None, _ONE_ANSWER)
    shares = table / n
    share = float(np.trace(shares))
    value = (share - chance) / room
    if share in (0.0, 1.0):  # the delta method would call it certain
        low, high = (same.low - chance) / room, (same.high - chance) / room
    else:
        slope = (np.eye(len(table)) * room - (1 - share) * slopes) / room**2
        variance = float((shares * slope**2).sum() - (shares * slope).sum() ** 2) / n
        reach = _NORMAL_95 * np.sqrt(max(variance, 0.0))
        low, high = value - reach, value + reach
    return Coefficient(value, Interval(max(float(low), -1.0), min(float(high), 1.0)))

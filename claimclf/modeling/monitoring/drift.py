"""Whether what comes in, and how predictions fare, is still what it was in the weeks before.

Each signal is a share or a mean by week. The last week, and the last two to twenty together, are
compared with the up to half a year before by one test, whatever the size; what varies from week to
week more than chance explains is allowed for. All signals of all sources share one rate of false
alarms, most of it for decisions that speak against predictions: these are the costliest to miss,
and the floors of all others leave little to chance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import chdtri, ndtri, xlogy

from claimclf.modeling.monitoring.signal import State

#: Columns of a table by week: who sends, what is measured, of how many, their sum and the sum of
#: their squares. What is missing is not among them.
WEEK, SOURCE, NAME, N, TOTAL, SQUARES = "week", "source", "signal", "n", "total", "squares"
#: All sources together.
ALL = "all sources"
#: False alarms a week where nothing changes, of all signals together: one in half a year.
FALSE_ALARMS = 1 / 26
#: What decisions against predictions have of them.
SHARE_OF_DECISIONS = 0.8
#: Weeks that are looked at together, and before them the weeks that they are compared with. A
#: change is seen best by the window that it fills: with 100 decisions a week 2,000 take twenty.
WINDOWS, REFERENCE = (1, 2, 4, 6, 10, 20), 26
#: Fewer say nothing: now, before, and weeks before.
LEAST_NOW, LEAST_BEFORE, LEAST_WEEKS = 50, 200, 3
_DISPERSION_QUANTILE = 0.05


@dataclass(frozen=True)
class Measure:
    """What is measured.

    Parameters
    ----------
    words : str
        What it is, for people.
    floor : float
        A difference below this one does not matter.
    is_share : bool
        A share of cases; else a mean.
    is_relative : bool
        The floor is a part of what it was before.
    of_decisions : bool
        It compares decisions with predictions.
    short : str
        For a chart, where the name does not say it.
    """

    words: str
    floor: float
    is_share: bool = True
    is_relative: bool = False
    of_decisions: bool = False
    short: str = ""


#: By name, in the order of the page.
MEASURES = {
    "missed": Measure(
        "opinions by prediction that people call claims",
        0.01,
        of_decisions=True,
        short="opinions that are claims",
    ),
    "false": Measure(
        "claims by prediction that people call opinions",
        0.01,
        of_decisions=True,
        short="claims that are opinions",
    ),
    "claims": Measure("lane claims", 0.05, short="lane claims"),
    "uncertain": Measure("lane uncertain", 0.05, short="lane uncertain"),
    "opinions": Measure("lane opinions", 0.05, short="lane opinions"),
    "probability": Measure("mean probability of a claim", 0.05, is_share=False),
    "new words": Measure("words that the model in use has not met", 0.03, is_share=False),
    "not learnt": Measure("texts in a language or on a subject that was not learnt", 0.05),
    "too short": Measure("texts too short to tell, or missing", 0.05),
    "length": Measure("mean length of a text in letters", 0.15, is_share=False, is_relative=True),
}


@dataclass(frozen=True)
class Change:
    """One signal of one source, as of its last week.

    Parameters
    ----------
    source, name : str
        Who sends, and a key of `MEASURES`.
    state : State
        What it asks for.
    weeks : int
        How many weeks it speaks of.
    now, before : float
        Its value in these, and in the weeks before; 0 where there is not enough.
    n_now, n_before : int
        Of how many.
    """

    source: str
    name: str
    state: State
    weeks: int
    now: float
    before: float
    n_now: int
    n_before: int

    @property
    def is_enough(self) -> bool:
        """Whether there is data enough to say anything."""
        return self.state is not State.TOO_FEW

    @property
    def words(self) -> str:
        """What is measured, for people."""
        return MEASURES[self.name].words

    @property
    def short(self) -> str:
        """What is measured, in few words."""
        return MEASURES[self.name].short or self.name

    @property
    def number(self) -> int:
        """Its place among all measures."""
        return list(MEASURES).index(self.name)

    @property
    def steps(self) -> float:
        """How far it has moved: 1 is the least difference that matters."""
        measure = MEASURES[self.name]
        floor = measure.floor * (self.before if measure.is_relative else 1)
        return (self.now - self.before) / floor if floor else 0.0

    @property
    def in_percent(self) -> bool:
        """Whether its values are written in per cent."""
        return not MEASURES[self.name].is_relative

    @property
    def written_now(self) -> str:
        """Its value now, for people."""
        return written(self.name, self.now)

    @property
    def written_before(self) -> str:
        """Its value before, for people."""
        return written(self.name, self.before)

    @property
    def sentence(self) -> str:
        """What it says, in one line."""
        way = "risen" if self.now > self.before else "fallen"
        span = "last week" if self.weeks == 1 else f"the last {self.weeks} weeks"
        return (
            f"{self.source}: {MEASURES[self.name].words}: {way} from "
            f"{self.written_before} to {self.written_now} in {span} "
            f"({self.n_now:,} against {self.n_before:,})."
        )


def written(name: str, value: float) -> str:
    """Write a value of a measure for people."""
    return f"{value:,.0f}" if MEASURES[name].is_relative else f"{value:.1%}"


@dataclass(frozen=True)
class Compared:
    """Windows beside the weeks before them; arrays of the shape (window, …).

    Parameters
    ----------
    score : ndarray
        The difference in standard errors, its sign that of the change; NaN without enough.
    now, before, n_now, n_before : ndarray
        Values, and of how many.
    """

    score: np.ndarray
    now: np.ndarray
    before: np.ndarray
    n_now: np.ndarray
    n_before: np.ndarray


def changes(table: pd.DataFrame, last: int) -> list[Change]:
    """Return each signal of each source as of a week, the alarms first.

    Parameters
    ----------
    table : DataFrame
        With `week`, `source`, `signal`, `n`, `total` and `squares`; a week without a row has
        nothing.
    last : int
        The number of the last week that is over.
    """
    rows = table[table[NAME].isin(list(MEASURES)) & (table[WEEK] <= last)]
    pairs = sorted(
        set(zip(rows[SOURCE], rows[NAME], strict=True)),
        key=lambda pair: (pair[0] != ALL, pair[0], list(MEASURES).index(pair[1])),
    )
    weeks = range(last - REFERENCE - max(WINDOWS) + 1, last + 1)
    n, total, squares = _by_week(rows, weeks, pairs)
    measures = [MEASURES[name] for _, name in pairs]
    share = np.array([measure.is_share for measure in measures], dtype=bool)
    compared = compare(n, total, squares, share)
    alarms = alarming(compared, measures)
    order = {State.ALARM: 0, State.QUIET: 1, State.TOO_FEW: 2}
    outcome = [_change(pair, k, compared, alarms) for k, pair in enumerate(pairs)]
    return sorted(outcome, key=lambda one: order[one.state])


def compare(n: np.ndarray, total: np.ndarray, squares: np.ndarray, share: np.ndarray) -> Compared:
    """Compare the last weeks with those before.

    Parameters
    ----------
    n, total, squares : ndarray, shape (n_weeks, …, n_signals)
        Numbers, sums and sums of squares.
    share : ndarray of bool, shape (n_signals,)
        Which are shares.
    """
    parts = [_window(n, total, squares, share, weeks) for weeks in WINDOWS]
    return Compared(*(np.stack(part) for part in zip(*parts, strict=True)))


def alarming(compared: Compared, measures: Sequence[Measure]) -> np.ndarray:
    """Return which windows of which signals raise an alarm, with one rate for all together."""
    floors = np.array([measure.floor for measure in measures])
    of_decisions = np.array([measure.of_decisions for measure in measures], dtype=bool)
    enough = ~np.isnan(compared.score)
    bar = np.full(compared.score.shape, np.inf)
    shares = ((of_decisions, SHARE_OF_DECISIONS), (~of_decisions, 1 - SHARE_OF_DECISIONS))
    for group, of_all in shares:
        # How many tests there are depends on sizes alone, never on what they say.
        n_tests = np.maximum((enough & group).sum(axis=(0, -1)), 1)
        least = -ndtri(FALSE_ALARMS * of_all / n_tests / 2)
        bar = np.where(group, np.asarray(least)[None, ..., None], bar)
    with np.errstate(invalid="ignore"):
        of_before = np.array([measure.is_relative for measure in measures], dtype=bool)
        floors = np.where(of_before, floors * compared.before, floors)
        matters = np.abs(compared.now - compared.before) >= floors
        outcome: np.ndarray = enough & matters & (np.abs(compared.score) > bar)
    return outcome


def _window(
    n: np.ndarray, total: np.ndarray, squares: np.ndarray, share: np.ndarray, weeks: int
) -> tuple[np.ndarray, ...]:
    now = slice(len(n) - weeks, len(n))
    then = slice(max(len(n) - weeks - REFERENCE, 0), len(n) - weeks)
    n1, t1, q1 = (part[now].sum(axis=0) for part in (n, total, squares))
    n0, t0, q0 = (part[then].sum(axis=0) for part in (n, total, squares))
    with np.errstate(divide="ignore", invalid="ignore"):
        m1, m0 = t1 / n1, t0 / n0
        together = (t1 + t0) / (n1 + n0)
        own = np.maximum(q1 - n1 * m1**2 + q0 - n0 * m0**2, 0) / (n1 + n0 - 2)
        spread = np.where(share, together * (1 - together), own)
        by_mean = (m1 - m0) / np.sqrt(spread * (1 / n1 + 1 / n0))
        score = np.where(share, _of_shares(n1, t1, n0, t0), by_mean)
        score = score / np.sqrt(_dispersion(n[then], total[then], m0, spread))
    score = np.where(m1 == m0, 0.0, score)
    enough = (n1 >= LEAST_NOW) & (n0 >= LEAST_BEFORE)
    enough = enough & ((n[then] > 0).sum(axis=0) >= LEAST_WEEKS)
    return np.where(enough, score, np.nan), m1, m0, n1, n0


def _of_shares(n1: np.ndarray, t1: np.ndarray, n0: np.ndarray, t0: np.ndarray) -> np.ndarray:
    """Return the signed root of the likelihood ratio: near normal also where few are hit."""

    def log(total: np.ndarray, n: np.ndarray) -> np.ndarray:
        outcome: np.ndarray = xlogy(total, total / n) + xlogy(n - total, 1 - total / n)
        return outcome

    ratio = log(t1, n1) + log(t0, n0) - log(t1 + t0, n1 + n0)
    outcome: np.ndarray = np.sign(t1 / n1 - t0 / n0) * np.sqrt(2 * np.maximum(ratio, 0))
    return outcome


def _dispersion(
    n: np.ndarray, total: np.ndarray, mean: np.ndarray, spread: np.ndarray
) -> np.ndarray:
    """Return by how much weeks vary more than chance explains; 1 where that is not evident."""
    by_week = np.where(n > 0, (total - n * mean) ** 2 / np.maximum(n, 1), 0.0)
    free = np.maximum((n > 0).sum(axis=0) - 1, 1)
    outcome: np.ndarray = np.maximum(
        by_week.sum(axis=0) / spread / chdtri(free, _DISPERSION_QUANTILE), 1.0
    )
    return np.where(np.isfinite(outcome), outcome, 1.0)


def _by_week(
    rows: pd.DataFrame, weeks: range, pairs: Sequence[tuple[str, str]]
) -> list[np.ndarray]:
    """Put a table's numbers into arrays of the shape (week, pair); 0 where there is nothing."""
    recent = rows[rows[WEEK].isin(weeks)]
    place = {pair: k for k, pair in enumerate(pairs)}
    pair_of = zip(recent[SOURCE], recent[NAME], strict=True)
    column = np.array([place[pair] for pair in pair_of], dtype=int)
    week = recent[WEEK].to_numpy(dtype=int) - weeks.start
    arrays = []
    for name in (N, TOTAL, SQUARES):
        array = np.zeros((len(weeks), len(pairs)))
        np.add.at(array, (week, column), recent[name].to_numpy(dtype=float))
        arrays.append(array)
    return arrays


def _change(pair: tuple[str, str], k: int, compared: Compared, alarms: np.ndarray) -> Change:
    enough = ~np.isnan(compared.score[:, k])
    which = np.flatnonzero(alarms[:, k]) if alarms[:, k].any() else np.flatnonzero(enough)
    place = int(which[0]) if len(which) else 0
    state = State.ALARM if alarms[:, k].any() else State.QUIET if enough.any() else State.TOO_FEW
    now, before = (
        float(np.nan_to_num(value[place, k])) for value in (compared.now, compared.before)
    )
    sizes = (int(value[place, k]) for value in (compared.n_now, compared.n_before))
    return Change(*pair, state, WINDOWS[place], now, before, *sizes)
